"""What stands between a key and an answer: credentials, and REST requests without one."""

from typing import final

from havklo.errors.base import HavkloError

__all__ = [
    "CredentialsError",
    "HttpError",
    "HttpRateLimited",
    "MalformedAnswer",
    "RestError",
    "RestTimeout",
    "RestUnreachable",
]

_EXCERPT = 200


@final
class CredentialsError(HavkloError, ValueError):
    """An API key that can't be used: it is missing, malformed, or in a file that others can read.

    What was given is never repeated.

    Attributes:
        source: Where the key was looked for: "the arguments", "the environment", or a file's path.
    """

    def __init__(self, source: str, problem: str, *, hint: str | None = None) -> None:
        super().__init__(f"{source}: {problem}", hint=hint)
        self.source = source


class RestError(HavkloError):
    """A REST request got no answer that can be used.

    Attributes:
        request: Which one, such as "POST /0/private/GetWebSocketsToken".
        sent: Whether Kraken may have received it; what it received it may also have carried out.
    """

    def __init__(self, request: str, problem: str, *, sent: bool = True, hint: str | None = None) -> None:
        super().__init__(f"{request}: {problem}", hint=hint)
        self.request = request
        self.sent = sent


@final
class RestUnreachable(RestError):
    """No connection came about, or it broke before the answer was there."""


@final
class RestTimeout(RestError):
    """The answer did not come in time.

    Attributes:
        seconds: How long was waited.
    """

    def __init__(self, request: str, seconds: float, *, sent: bool = True, hint: str | None = None) -> None:
        super().__init__(request, f"no answer within {seconds:g} s", sent=sent, hint=hint)
        self.seconds = seconds


class HttpError(RestError):
    """The answer has another HTTP status than 200; Kraken's own refusals have 200, so this comes from before it.

    Attributes:
        status: The HTTP status.
        retry_after: After how many seconds to try again, if the answer says so.
    """

    def __init__(self, request: str, status: int, *, retry_after: float | None = None, hint: str | None = None) -> None:
        super().__init__(request, f"HTTP {status}", hint=hint)
        self.status = status
        self.retry_after = retry_after


@final
class HttpRateLimited(HttpError):
    """HTTP 429: too many requests from this address."""


@final
class MalformedAnswer(RestError):
    """The answer is not of Kraken's form.

    Attributes:
        detail: What was wrong with it.
        excerpt: The first 200 bytes of the answer; empty for a signed request, whose answer may be secret.
    """

    def __init__(self, request: str, detail: str, answer: bytes = b"", *, hint: str | None = None) -> None:
        super().__init__(request, f"the answer is not Kraken's: {detail}", hint=hint)
        self.detail = detail
        self.excerpt: bytes = answer[:_EXCERPT]
