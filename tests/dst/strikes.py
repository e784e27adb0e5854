"""What can strike anybody's connections, drawn one by one from what is frequent in a seed and what never comes."""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable

from dst.exchange import House
from dst.journal import Journal
from dst.virtual import SECOND

__all__ = ["Kinds", "Strikes"]

Kinds = tuple[tuple[Callable[[], object], float], ...]
"""What strikes, and how often it does where nothing is drawn otherwise."""


class Strikes(ABC):
    """Draws what goes wrong, and when.

    Args:
        house: The exchange.
        journal: The run's account.
        rng: Decides about everything.
    """

    def __init__(self, house: House, journal: Journal, rng: random.Random) -> None:
        self._house = house
        self._journal = journal
        self._clock = house.clock
        self._random = rng
        self._every = 1.0
        self._kinds: list[Callable[[], object]] = []
        self._weights: list[float] = []

    # -- what each has of its own

    @abstractmethod
    def _may_strike(self) -> bool:
        """Whether it is a time of faults."""

    @abstractmethod
    def _connection(self) -> int | None:
        """Choose a connection of those who suffer; None if they have none."""

    # -- when

    def _draw_climate(self, kinds: Kinds) -> None:
        """A seed has its own climate: some kinds are frequent in it, others never come."""
        self._kinds = [kind for kind, _ in kinds]
        self._weights = [weight * self._random.choice((0.0, 0.5, 1.0, 1.0, 4.0)) for _, weight in kinds]
        if not any(self._weights):
            self._weights = [weight for _, weight in kinds]

    def _strike(self) -> None:
        if self._may_strike():
            self._random.choices(self._kinds, self._weights)[0]()
        self._clock.call_in(round(self._random.expovariate(1 / self._every) * SECOND), self._strike)

    # -- what strikes

    def _lose_acks(self) -> None:
        connection = self._connection()
        if connection is not None:
            count = self._random.choice((1, 2, 10))
            method = self._random.choice(("subscribe", "unsubscribe"))
            cut = self._random.random() < 0.1
            self._house.faults.inject("lose_ack", None, count, connection=connection, method=method, cut=cut)

    def _stall_a_connection(self) -> None:
        connection = self._connection()
        if connection is not None:
            seconds = self._random.choice((1.0, 3.2, 5.0, 12.0))
            self._house.faults.inject("stall", connection=connection, seconds=seconds)

    def _disconnect(self) -> None:
        connection = self._connection()
        if connection is not None:
            code = self._random.choice((None, None, 1000, 1001, 1012))
            self._house.faults.inject("disconnect", connection=connection, code=code)

    def _half_open(self) -> None:
        connection = self._connection()
        if connection is not None:
            self._house.faults.inject("half_open", connection=connection)

    def _slow_reader(self) -> None:
        connection = self._connection()
        if connection is not None:
            rate = self._random.choice((2_000, 20_000))
            order = self._house.faults.inject("slow_reader", connection=connection, bytes_per_second=rate)
            self._clock.call_in(round(self._random.uniform(1, 20) * SECOND), order.cancel)

    def _too_many_requests(self) -> None:
        connection = self._connection()
        if connection is not None:
            self._house.faults.inject("rate_limit", connection=connection, seconds=self._random.choice((0.5, 3.0)))
