"""A key's WebSocket token, fetched once for all who need it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar, final

from havklo._protocol.tokens import Token, TokenState, may_resend
from havklo._rest.rest import Rest
from havklo.clock import Clock
from havklo.credentials import Credentials
from havklo.errors import InvalidSession

__all__ = ["Tokens"]

T = TypeVar("T")


class _Flight:
    """A request for a token that is under way, and how many wait for it."""

    def __init__(self, task: asyncio.Task[Token]) -> None:
        self.task = task
        self.waiting = 0


@final
class Tokens:
    """The tokens of one key.

    However many ask at the same time, one request is made. If it fails, all of them learn it, and the next one who
    asks makes another. Who is cancelled leaves the others alone; when nobody waits any more, the request is cancelled.

    Args:
        rest: Where tokens are fetched.
        credentials: Whose.
        clock: By which they age.
    """

    def __init__(self, rest: Rest, credentials: Credentials, clock: Clock) -> None:
        self._rest = rest
        self._credentials = credentials
        self._clock = clock
        self._state = TokenState()
        self._flight: _Flight | None = None

    def __repr__(self) -> str:
        return f"<Tokens of {self._credentials!r}{', fetching' if self._flight else ''}>"

    async def get(self) -> Token:
        """Give a token that may begin a subscription or a connection: the last one, or a fresh one if it is too old.

        Raises:
            RestError: There was no answer that can be used.
            ExchangeError: Kraken gives none: `PermissionDenied`, `InvalidKey` and so on.
        """
        token = self._state.usable(self._clock.now())
        if token is not None:
            return token
        flight = self._flight
        if flight is None:
            flight = self._flight = _Flight(asyncio.get_running_loop().create_task(self._fetch()))
            flight.task.add_done_callback(self._landed)
        flight.waiting += 1
        try:
            # Without the shield, the first one who is cancelled would cancel the request of all.
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                self._leave(flight)
                flight.task.cancel()

    async def refused(self, token: Token) -> Token:
        """Give another token than one that Kraken has refused with `ESession:Invalid session`.

        However many were refused together, one request is made.

        Raises:
            RestError: There was no answer that can be used.
            ExchangeError: Kraken gives none.
        """
        self.drop(token)
        return await self.get()

    def drop(self, token: Token) -> None:
        """Give a token to nobody any more that Kraken has refused."""
        self._state.refused(token)

    async def use(self, request: Callable[[Token], Awaitable[T]]) -> T:
        """Make a request with a token, and if it is refused for the token, once more with a fresh one.

        Args:
            request: Makes the request, and raises `InvalidSession` if Kraken refuses the token.

        Raises:
            InvalidSession: The fresh token was refused, too.
            RestError: A token was needed, and there was no answer that can be used.
            ExchangeError: A token was needed, and Kraken gives none.
        """
        attempt = 1
        while True:
            token = await self.get()
            try:
                return await request(token)
            except InvalidSession as error:
                self.drop(token)
                if not may_resend(error.error, attempt):
                    raise
            attempt += 1

    async def _fetch(self) -> Token:
        asked = self._clock.now()
        token, expires_in = await self._rest.websockets_token(self._credentials)
        self._state.fetched(token, asked, expires_in)
        return token

    def _landed(self, task: asyncio.Task[Token]) -> None:
        if self._flight is not None and self._flight.task is task:
            self._flight = None
        if not task.cancelled():
            # Looked at, so that nobody is told of an error that all who waited have been given.
            task.exception()

    def _leave(self, flight: _Flight) -> None:
        if self._flight is flight:
            self._flight = None
