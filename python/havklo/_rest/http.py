"""One HTTP request by aiohttp; importing this module imports aiohttp."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final, final

import aiohttp
import msgspec
from yarl import URL

from havklo._rest.calls import Answer, Call
from havklo.errors import RestUnreachable

__all__ = ["Foreign", "Http"]


def _user_agent() -> str:
    try:
        return f"havklo/{version('havklo')}"
    except PackageNotFoundError:
        return "havklo"  # it is on the path, and not installed


_USER_AGENT: Final = _user_agent()
_HARMLESS: Final = (OSError, aiohttp.ClientConnectionError)


@final
class Foreign(Exception):
    """Stands for an exception of aiohttp, or of what is below it, that met a signed request.

    The exception itself has the request's headers in its fields or in its frames, and may quote the answer.

    Attributes:
        kind: The exception's name.
    """

    def __init__(self, error: BaseException) -> None:
        words = f": {error}" if isinstance(error, _HARMLESS) and str(error) else ""
        self.kind = type(error).__name__
        super().__init__(f"{self.kind}{words}")


@final
class Http:
    """Connections to one server, kept open for a while. Certificates are verified, redirects are not followed.

    It has no timeouts of its own: whoever calls it limits the time.
    """

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None),
            headers={"User-Agent": _USER_AGENT, "Accept": "application/json"},
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    def __repr__(self) -> str:
        return f"<Http {'closed' if self._session.closed else 'open'}>"

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def perform(self, call: Call) -> Answer:
        """Make a request; cancelling it closes its connection.

        Raises:
            RestUnreachable: No connection came about, or it broke before the answer was there.
        """
        private = call.signed is not None
        try:
            return await self._perform(call)
        except (aiohttp.ClientError, OSError) as error:
            cause = Foreign(error) if private else error
        except BaseException as error:
            if private:
                # A cancellation, for one, has come through frames of aiohttp that have the headers in variables.
                error.__traceback__ = error.__cause__ = error.__context__ = None
            raise
        # Not in the handler, where the foreign exception would come along as the context.
        raise RestUnreachable(call.name, str(cause) or type(cause).__name__, sent=call.sent) from cause

    async def _perform(self, call: Call) -> Answer:
        call.sent = True
        try:
            async with self._session.request(
                call.method,
                URL(call.url, encoded=True),
                data=call.body(),
                headers=call.headers(),
                allow_redirects=False,
            ) as response:
                body = msgspec.Raw(await response.read())
                headers = response.headers
                return Answer(response.status, body, headers.get("Retry-After", ""), headers.get("Server", ""))
        except aiohttp.ClientConnectorError:
            call.sent = False
            raise
