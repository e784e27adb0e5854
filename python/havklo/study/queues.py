"""What queues at the best prices are like: how long, who joins where, and at which place orders are canceled."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, Literal, final

import msgspec

from havklo._engine import Level3Book, Level3Update
from havklo._protocol.attribution import Reduction
from havklo.analytics import OrderLifetime

__all__ = ["LAST_PLACE", "Joined", "PlaceRate", "Queues"]

LAST_PLACE: Final = 10
"""The last place that is told apart; it stands for all further back, too."""

_SECOND: Final = 1e9


class PlaceRate(msgspec.Struct, frozen=True, kw_only=True):
    """How often orders at one place of the best queues are canceled.

    Attributes:
        place: How many orders stand before; the last one stands for all further back.
        seconds: For how many seconds an order was seen there, over all of them.
        cancels: How many of them were canceled there.
        per_second: Cancels of an order a second.
        low: The lower end of its 95 % interval, as if cancels were independent.
        high: The upper end.
    """

    place: int
    seconds: float
    cancels: int
    per_second: float
    low: float
    high: float


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the orders that joined a best price behind so many others.

    Attributes:
        place: How many stood before it; the last one stands for all further back. At 0 it made a new best price.
        joined: How many orders.
        canceled: How many of them were canceled.
        filled: How many were filled.
        unknown: How many were one or the other.
        other: How many were amended, or still there when they were seen last.
        share: The cancel ratio: of those that were canceled or filled, the share that was canceled; None if none was.
        low: The lower end of its 95 % interval, as if orders were independent, and all unknown ones were filled.
        high: The upper end, as if all unknown ones were canceled.
    """

    place: int
    joined: int
    canceled: int
    filled: int
    unknown: int
    other: int
    share: float | None
    low: float | None
    high: float | None


@final
class Queues:
    """Gathers what is told of the queues at both best prices."""

    def __init__(self) -> None:
        self.lengths: Counter[int] = Counter()
        self.ahead: Counter[int] = Counter()
        self._exposure = [0.0] * (LAST_PLACE + 1)
        self._cancels = [0] * (LAST_PLACE + 1)
        self._counts = (0, 0)
        self._since_ns: int | None = None
        self._joined: dict[str, int] = {}
        self._fates: dict[int, Counter[str]] = {place: Counter() for place in range(LAST_PLACE + 1)}

    def sample(self, book: Level3Book) -> None:
        """Look how long both queues are; called at fixed times."""
        for side in _SIDES:
            self.lengths[book.order_count(side, 0)] += 1

    def update(self, update: Level3Update, book: Level3Book, at_ns: int) -> None:
        """Take one message of the book."""
        self._expose(at_ns)
        self._counts = (book.order_count("bid", 0), book.order_count("ask", 0))
        if update.type == "snapshot":
            return
        for change in update.changes:
            if change.event == "add" and change.reason == "new" and change.level == 0:
                self.ahead[change.orders_ahead] += 1
                self._joined[change.order_id] = min(change.orders_ahead, LAST_PLACE)

    def decide(self, reductions: Iterable[Reduction]) -> None:
        """Learn why orders left."""
        for reduction in reductions:
            if reduction.level == 0 and reduction.gone and reduction.cause == "cancel":
                self._cancels[min(reduction.orders_ahead, LAST_PLACE)] += 1

    def lived(self, lifetimes: Iterable[OrderLifetime]) -> None:
        """Learn how orders ended."""
        for life in lifetimes:
            place = self._joined.pop(life.order_id, None) if life.origin == "new" else None
            if place is not None:
                self._fates[place][life.fate] += 1

    def lose(self) -> None:
        """Learn that messages are missing."""
        self._since_ns = None

    def rates(self) -> list[PlaceRate]:
        """How often orders are canceled, by their place."""
        rows: list[PlaceRate] = []
        for place, (seconds, cancels) in enumerate(zip(self._exposure, self._cancels, strict=True)):
            if seconds > 0:
                low, high = _poisson(cancels)
                rows.append(
                    PlaceRate(
                        place=place,
                        seconds=seconds,
                        cancels=cancels,
                        per_second=cancels / seconds,
                        low=low / seconds,
                        high=high / seconds,
                    )
                )
        return rows

    def joined(self) -> list[Joined]:
        """What became of those that joined, by the place at which they did."""
        return [_joined(place, fates) for place, fates in self._fates.items() if fates]

    def _expose(self, at_ns: int) -> None:
        if self._since_ns is not None:
            seconds = max(0, at_ns - self._since_ns) / _SECOND
            for count in self._counts:
                for place in range(min(count, LAST_PLACE)):
                    self._exposure[place] += seconds
                self._exposure[LAST_PLACE] += seconds * max(0, count - LAST_PLACE)
        self._since_ns = at_ns


_SIDES: Final[tuple[Literal["bid", "ask"], ...]] = ("bid", "ask")
_Z: Final = 1.959964


def _joined(place: int, fates: Counter[str]) -> Joined:
    canceled, filled, unknown = fates["canceled"], fates["filled"], fates["unknown"]
    ended, decided = canceled + filled + unknown, canceled + filled
    return Joined(
        place=place,
        joined=fates.total(),
        canceled=canceled,
        filled=filled,
        unknown=unknown,
        other=fates.total() - ended,
        share=canceled / decided if decided else None,
        low=_wilson(canceled, ended)[0] if ended else None,
        high=_wilson(canceled + unknown, ended)[1] if ended else None,
    )


def _wilson(hits: int, cases: int) -> tuple[float, float]:
    """The interval of a share (Wilson 1927)."""
    share, spread = hits / cases, _Z**2 / cases
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * ((share * (1 - share) + spread / 4) / cases) ** 0.5 / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def _poisson(count: int) -> tuple[float, float]:
    """The interval of a count (Byar's approximation of the exact one)."""
    more = count + 1
    low = count * (1 - 1 / (9 * count) - _Z / (3 * count**0.5)) ** 3 if count else 0.0
    return max(0.0, low), more * (1 - 1 / (9 * more) + _Z / (3 * more**0.5)) ** 3
