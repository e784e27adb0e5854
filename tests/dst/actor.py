"""Whoever uses a client in a run: when it does something, what it has under way, and how it ends."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from dst.exchange import House
from dst.journal import Journal
from dst.network import Network
from dst.taste import Taste
from dst.virtual import SECOND
from havklo import Client
from havklo.errors import HavkloError

__all__ = ["Actor"]


class Actor(ABC):
    """One client and what is done with it.

    Args:
        house: The exchange.
        journal: The run's account.
        number: Which one, for the journal.
        taste: What it is like.
        network: Its way to the exchange.
        rng: Decides what it does, and when.
        pause: How many seconds pass between two of its actions, on average.

    Attributes:
        is_quiet: Whether it does nothing more of its own accord.
    """

    def __init__(
        self,
        house: House,
        journal: Journal,
        *,
        number: int,
        taste: Taste,
        network: Network,
        rng: random.Random,
        pause: float,
    ) -> None:
        self.number = number
        self.taste = taste
        self.network = network
        self.is_quiet = False
        self._house = house
        self._clock = house.clock
        self._journal = journal
        self._random = rng
        self._pause = pause
        self._has_left = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._leave: asyncio.Future[None] | None = None
        self._kraken: Client | None = None

    @property
    def kraken(self) -> Client:
        """The client, once it runs."""
        assert self._kraken is not None
        return self._kraken

    async def run(self) -> None:
        """Live, from the beginning to the end."""
        client = self._client()
        self._leave = asyncio.get_running_loop().create_future()
        async with client as kraken:
            self._kraken = kraken
            self._begin(kraken)
            self._schedule()
            await self._leave
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._end()

    def leave(self) -> None:
        """Come to the end."""
        self._has_left = True
        if self._leave is not None and not self._leave.done():
            self._leave.set_result(None)

    def settle_down(self) -> None:
        """Do nothing more of one's own accord."""
        self.is_quiet = True

    # -- what each has of its own

    @abstractmethod
    def _client(self) -> Client:
        """Make the client."""

    @abstractmethod
    def _begin(self, kraken: Client) -> None:
        """Be told of everything, and want the first things."""

    @abstractmethod
    def _do(self) -> None:
        """Do something."""

    def _end(self) -> None:  # noqa: B027  # only who has books wants something of it
        """Want nothing any more."""

    def _fail(self, error: HavkloError) -> None:
        """Take an error of something that was under way: nobody expects one."""
        self._journal.violate("an error", f"{type(error).__name__}: {error}")

    # -- how it does it

    def _schedule(self) -> None:
        pause = self._random.expovariate(1 / self._pause)
        self._clock.call_in(round(pause * SECOND), self._act)

    def _act(self) -> None:
        if not self._has_left:
            self._do()
            self._schedule()

    def _start(self, coroutine: Any) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._guard(coroutine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guard(self, coroutine: Any) -> None:
        """Let nothing that goes wrong go unseen."""
        try:
            await coroutine
        except HavkloError as error:
            self._fail(error)


Acts = tuple[tuple[Callable[[], None], float], ...]
"""What can be done, and how often it is."""
