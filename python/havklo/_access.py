"""A client's way to WebSocket tokens: its API key, and REST for nothing but this."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, final

from havklo.errors import CredentialsError, EndpointUnavailable, HavkloError, RestError
from havklo.venues import Role, UrlVenue, Venue

if TYPE_CHECKING:
    from havklo._protocol.tokens import Token
    from havklo._rest.rest import Rest
    from havklo._rest.tokens import Tokens
    from havklo.credentials import Credentials

__all__ = ["Access"]


class Asker(Protocol):
    """Whoever needs a token."""

    def token_came(self, token: "Token") -> None:
        """Take it."""

    def token_failed(self, error: HavkloError) -> None:
        """Learn that it can't be had now."""


@final
class Access:
    """Fetches tokens for the connections of a client; without credentials, none.

    Args:
        venue: Where they are good.
        credentials: Whose they are, or None.
        crash: Is told when something fails that may not: the callable for a one-time password.
    """

    def __init__(self, venue: Venue, credentials: "Credentials | None", crash: Callable[[Exception], None]) -> None:
        self._venue = venue
        self._credentials = credentials
        self._crash = crash
        self._rest: Rest | None = None
        self._tokens: Tokens | None = None
        self._fetching: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Access by {self._credentials!r}>"

    async def check(self, role: Role) -> None:
        """Refuse an endpoint that this client can't use, before anything is sent to it.

        Raises:
            EndpointUnavailable: The venue does not offer it, or no REST for its tokens.
            CredentialsError: It needs an API key, and the client has none.
        """
        if role == "public":
            self._venue.endpoint(role)
            return
        await self._look(role)
        self._venue.endpoint(role)
        self._venue.endpoint("rest")
        if self._credentials is None:
            raise _no_key()

    def fetch(self, asker: Asker, refused: "Token | None") -> None:
        """Get a token and give it to who asks, or the reason why there is none.

        Args:
            asker: Who asks.
            refused: A token that Kraken has refused, which it is not to be.
        """
        task = asyncio.get_running_loop().create_task(self._fetch(asker, refused))
        self._fetching.add(task)
        task.add_done_callback(self._fetching.discard)

    async def private(self, path: str, params: "Mapping[str, str | int]") -> Any:
        """Make a signed REST request.

        Raises:
            RestError: There was no answer that can be used.
            ExchangeError: Kraken refused.
            CredentialsError: The client has no API key.
        """
        self._open()
        if self._rest is None or self._credentials is None:
            raise _no_key()
        return await self._rest.private(path, params, self._credentials)

    def drop(self, token: "Token") -> None:
        """Give a token to nobody any more: it was refused."""
        if self._tokens is not None:
            self._tokens.drop(token)

    async def close(self) -> None:
        """Fetch no more."""
        fetching = tuple(self._fetching)
        for task in fetching:
            task.cancel()
        if fetching:
            await asyncio.wait(fetching)
        if self._rest is not None:
            await self._rest.close()

    async def _look(self, role: Role) -> None:
        """Ask the server behind a bare URL what it is, if nobody knows yet."""
        venue = self._venue
        if not isinstance(venue, UrlVenue) or venue.unknown is None:
            return
        # Few clients need it, and importing havklo stays light.
        from havklo._rest.probe import is_simulator  # noqa: PLC0415

        try:
            venue.learn(is_simulator=await is_simulator(venue.unknown, venue.clock))
        except RestError as error:
            raise EndpointUnavailable(role, venue.name) from error

    async def _fetch(self, asker: Asker, refused: "Token | None") -> None:
        try:
            tokens = self._open()
            token = await (tokens.get() if refused is None else tokens.refused(refused))
        except HavkloError as error:
            asker.token_failed(error)
        except Exception as error:  # noqa: BLE001  # the user's own; it ends the client with this very exception
            self._crash(error)
        else:
            asker.token_came(token)

    def _open(self) -> "Tokens":
        if self._tokens is None:
            # Few clients need it, and importing havklo stays light.
            from havklo._rest.rest import Rest  # noqa: PLC0415
            from havklo._rest.tokens import Tokens  # noqa: PLC0415

            if self._credentials is None:
                raise _no_key()
            self._rest = Rest(self._venue.endpoint("rest"), self._venue.clock)
            self._tokens = Tokens(self._rest, self._credentials, self._venue.clock)
        return self._tokens


def _no_key() -> CredentialsError:
    return CredentialsError(
        "the client",
        "it has no API key, and this needs one",
        hint="Client(credentials=Credentials.from_env()); for level 3 the key needs no permission to trade",
    )
