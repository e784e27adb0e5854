"""A REST request and its answer, as they pass between what makes them and what carries them."""

from typing import TYPE_CHECKING, Final, final

import msgspec

if TYPE_CHECKING:
    from havklo._protocol.auth import SignedRequest

__all__ = ["Answer", "Call"]

_FORM: Final = "application/x-www-form-urlencoded"


@final
class Call:
    """One request: a public one, or a signed one.

    Attributes:
        method: GET or POST.
        url: Its whole address.
        name: What it is called in errors and logs.
        signed: A private one's form and signature.
        sent: Whether it may have reached the server.
    """

    __slots__ = ("method", "name", "sent", "signed", "url")

    def __init__(self, method: str, path: str, url: str) -> None:
        self.method = method
        self.url = url
        self.name = f"{method} {path}"
        self.signed: SignedRequest | None = None
        self.sent = False

    def __repr__(self) -> str:
        return f"<Call {self.name}>"

    def headers(self) -> dict[str, str]:
        """Give the headers of this request alone."""
        return {} if self.signed is None else {**self.signed.headers(), "Content-Type": _FORM}

    def body(self) -> bytes | None:
        """Give the body, if it has one."""
        return None if self.signed is None else self.signed.body()


@final
class Answer:
    """What came back.

    Attributes:
        status: The HTTP status.
        body: The body; as `Raw` it does not show what is in it, for that may be secret.
        retry_after: After how many seconds to try again, if the server says so.
        software: Which software the server says that it is; empty if it does not.
    """

    __slots__ = ("body", "retry_after", "software", "status")

    def __init__(self, status: int, body: msgspec.Raw, retry_after: str, software: str = "") -> None:
        self.status = status
        self.body = body
        self.retry_after = float(retry_after) if retry_after.isdecimal() else None
        self.software = software

    def __repr__(self) -> str:
        return f"<Answer {self.status}>"
