"""How long orders live and how they end: lifetimes by fate, their cumulative incidence, fleeting orders."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final, final

import msgspec

from havklo.analytics._lives import Fate, Left, Life, Lives, Origin
from havklo.analytics._metric import Metric, Windowed
from havklo.analytics._shapes import Attributing, Clock, Kind, OrdersMessage, Reduction, kind_of, nanoseconds, ratio
from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Fate",
    "FleetingOrders",
    "FleetingShare",
    "Incidence",
    "OrderLifetime",
    "OrderLifetimes",
    "Origin",
    "cumulative_incidence",
]

_SECOND: Final = 1e9
_DECIDED: Final[dict[str, Fate]] = {"trade": "filled", "cancel": "canceled"}


class OrderLifetime(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One order's time in view.

    Attributes:
        symbol: The symbol.
        order_id: Kraken's id.
        side: "bid" or "ask".
        limit_price: Its price.
        qty: Its quantity when it came into view, in units of the base currency.
        origin: "new": it was placed; "amend": it was moved or changed, which ended its life before; "seen": it was
            there already, in a snapshot or beyond the edge of the subscription's depth.
        start_ns: When it came into view, on the metric's clock.
        end_ns: When it left.
        age_ns: How old it was when it came into view, by Kraken's times: 0 unless `origin` is "seen".
        fate: "filled", "canceled" or "amended"; "unknown": it left as the first of the best level, by a trade or a
            cancel; "censored": it was still there when it was seen last.
    """

    symbol: str
    order_id: str
    side: str
    limit_price: Decimal
    qty: Decimal
    origin: Origin
    start_ns: int
    end_ns: int
    age_ns: int
    fate: Fate

    @property
    def duration(self) -> float:
        """How old it became, in seconds; of a censored one, at least that."""
        return (self.end_ns - self.start_ns + self.age_ns) / _SECOND

    @property
    def entry(self) -> float:
        """From which age on it was in view, in seconds: the left truncation of a survival analysis."""
        return self.age_ns / _SECOND


@final
class OrderLifetimes(Metric[OrderLifetime]):
    """Tells the life of each order of a level-3 book when it ends.

    Orders that were there before (a snapshot's, or those that come in over the edge of the depth) are not births: they
    are left-truncated, and count from the age at which they came into view. Leaving over that edge is censoring, and so
    is a break in the book unless the next snapshot has the order unchanged. An amend ends a life and begins another. A
    partial fill ends none.

    An order that leaves as the first of the best level was filled or canceled, and the book does not say which. With an
    `Attribution`, and trades fed as well, its row waits until they have settled that; `end_ns` stays when it left.

    Args:
        symbol: Kraken's name for the pair.
        attribution: What settles by the trades who took the first order; nobody else may feed it.
        clock: Whose time counts.

    Raises:
        ConfigurationError: There is no such clock.
    """

    _takes = frozenset({Kind.ORDERS, Kind.TRADE, Kind.GAP})

    def __init__(self, symbol: str, *, attribution: Attributing | None = None, clock: Clock = "exchange") -> None:
        super().__init__(symbol, clock=clock)
        self._attribution = attribution
        self._lives = Lives()
        self._undecided: dict[tuple[str, int], OrderLifetime] = {}

    @property
    def alive(self) -> int:
        """How many orders are in view."""
        return len(self._lives)

    def feed(self, event: object) -> tuple[OrderLifetime, ...]:
        """Take the next event; gives the rows that became certain with it.

        Args:
            event: Any event of `havklo.events`, or a record of the same shape.
        """
        told = super().feed(event)
        if self._attribution is not None and self._is_mine(kind_of(type(event)), event):
            self._settle(self._attribution.feed(event))
        return told + self._told()

    def tick(self, now_ns: int) -> tuple[OrderLifetime, ...]:
        """Tell how late it is on the metric's clock.

        Args:
            now_ns: The time, in nanoseconds since the epoch.
        """
        told = super().tick(now_ns)
        if self._attribution is not None:
            self._settle(self._attribution.tick(now_ns))
        return told + self._told()

    def _pass(self, now: int, kind: Kind) -> None:
        if kind is not Kind.TRADE:  # lives are of the book's messages
            super()._pass(now, kind)

    def _settle(self, reductions: Iterable[Reduction]) -> None:
        for reduction in reductions:
            life = self._undecided.pop((reduction.order_id, reduction.recv_ns), None)
            if life is not None:
                self._rows.append(msgspec.structs.replace(life, fate=_DECIDED.get(reduction.cause, "unknown")))

    def _orders(self, message: OrdersMessage, now: int | None) -> None:
        if now is None or self._now is None:
            return
        for event in self._lives.take(message, self._now):
            if not isinstance(event, Left):
                continue
            row = _lifetime(self.symbol, event)
            if row.fate == "unknown" and self._attribution is not None:
                self._undecided[row.order_id, message.recv_ns] = row
            else:
                self._rows.append(row)

    def _lose(self) -> None:
        self._lives.lose()


class FleetingShare(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How many of the orders placed in one window were taken back at once.

    Attributes:
        symbol: The symbol.
        start_ns: Where the window begins, on the metric's clock.
        born_before_ns: Where it ends; it is not in it.
        end_ns: When all that was placed in it had lived for the limit.
        placed: How many orders were placed.
        fleeting: How many of them were canceled sooner than the limit.
        unknown: How many left sooner than it by a trade or a cancel.
        unseen: How many went out of sight sooner than it.
        whole: Whether the book was known from the window's beginning until all had lived for the limit.
    """

    symbol: str
    start_ns: int
    born_before_ns: int
    end_ns: int
    placed: int
    fleeting: int
    unknown: int
    unseen: int
    whole: bool

    @property
    def share(self) -> tuple[float, float]:
        """The least and the most that the share can be, without those out of sight; NaN if no order is left."""
        seen = self.placed - self.unseen
        return ratio(self.fleeting, seen), ratio(self.fleeting + self.unknown, seen)


class _Born(msgspec.Struct, gc=False):
    order_id: str
    at: int
    fate: Fate | None = None


@final
class FleetingOrders(Windowed[FleetingShare]):
    """Tells the share of orders that are canceled within a moment, by the window in which they were placed.

    Hasbrouck and Saar (2009) call those fleeting that live for less than two seconds; 0.1 s by default. An amend is
    no cancel, and an amended order is not placed again.

    Args:
        symbol: Kraken's name for the pair.
        limit: An order that lives for less is fleeting, in seconds.
        window: The length of a window in seconds; closed on the left.
        clock: Whose time counts.

    Raises:
        ConfigurationError: An argument can't be meant.
    """

    _takes = frozenset({Kind.ORDERS})

    def __init__(self, symbol: str, *, limit: float = 0.1, window: float = 60.0, clock: Clock = "exchange") -> None:
        super().__init__(symbol, window=window, clock=clock)
        self._limit = nanoseconds(limit, "limit")
        self._lives = Lives()
        self._births: deque[_Born] = deque()
        self._young: dict[str, _Born] = {}
        self._known_since: int | None = None

    def _pass(self, now: int, kind: Kind) -> None:
        super()._pass(now - self._limit, kind)  # a window is judged when its youngest order has had its time

    def _orders(self, message: OrdersMessage, now: int | None) -> None:
        if now is None or self._now is None:
            return
        here = self._now + self._limit
        for event in self._lives.take(message, here):
            if isinstance(event, Life):
                if event.origin == "new":
                    born = self._young[event.order_id] = _Born(event.order_id, here)
                    self._births.append(born)
            else:
                born = self._young.pop(event.life.order_id, None)
                if born is not None and event.end_ns - born.at < self._limit:
                    born.fate = event.fate
        if message.type == "snapshot" or not self._lives.is_known:
            self._known_since = here if self._lives.is_known else None

    def _lose(self) -> None:
        self._lives.lose()
        self._known_since = None

    def _close(self, start: int, end: int) -> None:
        fates: list[Fate | None] = []
        while self._births and self._births[0].at < end:
            born = self._births.popleft()
            if born.at >= start:
                fates.append(born.fate)
            if self._young.get(born.order_id) is born:
                del self._young[born.order_id]
        self._rows.append(
            FleetingShare(
                symbol=self.symbol,
                start_ns=start,
                born_before_ns=end,
                end_ns=end + self._limit,
                placed=len(fates),
                fleeting=fates.count("canceled"),
                unknown=fates.count("unknown"),
                unseen=fates.count("censored"),
                whole=self._known_since is not None and self._known_since <= start,
            )
        )


class Incidence(msgspec.Struct, frozen=True, kw_only=True):
    """How orders end, by age.

    Attributes:
        times: The ages at which orders ended, rising, in seconds.
        at_risk: How many orders were in view at each.
        surviving: The probability to outlive each (Kaplan and Meier's, over all fates).
        by_fate: The probability to have ended so by each; with `surviving` they sum up to 1.
    """

    times: "NDArray[np.float64]"
    at_risk: "NDArray[np.int64]"
    surviving: "NDArray[np.float64]"
    by_fate: "Mapping[str, NDArray[np.float64]]"


def cumulative_incidence(durations: "ArrayLike", fates: Sequence[str], entries: "ArrayLike | None" = None) -> Incidence:
    """Estimate how orders end by age, each fate competing with the others (Aalen and Johansen, 1978).

    One minus Kaplan and Meier's estimate with the other fates as censoring would be too high: an order that was
    canceled can't be filled later.

    Args:
        durations: How old each order became, in seconds: `OrderLifetime.duration`.
        fates: How each ended; "censored" if it was still there.
        entries: From which age on each was in view: `OrderLifetime.entry`; 0 by default.

    Returns:
        The estimate; without any end, empty arrays.

    Raises:
        ConfigurationError: The lengths differ, or a duration is less than its entry or not a number.
    """
    import numpy as np  # noqa: PLC0415  # heavy, and few programs need it

    ages = np.asarray(durations, dtype=np.float64)
    seen = np.zeros_like(ages) if entries is None else np.asarray(entries, dtype=np.float64)
    names = np.array(fates, dtype=object)
    if ages.ndim != 1 or not ages.shape == seen.shape == names.shape:
        raise ConfigurationError("there is one fate and one entry for each duration")
    if not bool(((ages >= seen) & (seen >= 0)).all()):
        raise ConfigurationError("no duration is less than its entry, and no entry less than 0")
    watched = (ages > seen) | (seen == 0)  # who left as it came into view was never at risk
    ages, seen, names = ages[watched], seen[watched], names[watched]
    ended = names != "censored"
    times = np.unique(ages[ended])
    lived = np.sort(ages)
    late = np.sort(seen[seen > 0])
    at_risk = (lived.size - np.searchsorted(lived, times)) - (late.size - np.searchsorted(late, times))
    kinds = sorted({str(name) for name in names[ended]})
    counts = {
        kind: np.bincount(np.searchsorted(times, ages[ended & (names == kind)]), minlength=times.size) for kind in kinds
    }
    ends = np.bincount(np.searchsorted(times, ages[ended]), minlength=times.size)
    surviving: NDArray[np.float64] = np.cumprod(1.0 - ends / at_risk, dtype=np.float64)
    before = np.concatenate(([1.0], surviving[:-1])) if times.size else surviving
    by_fate = {kind: np.cumsum(before * count / at_risk) for kind, count in counts.items()}
    return Incidence(times=times, at_risk=at_risk.astype(np.int64), surviving=surviving, by_fate=by_fate)


def _lifetime(symbol: str, left: Left) -> OrderLifetime:
    life = left.life
    return OrderLifetime(
        symbol=symbol,
        order_id=life.order_id,
        side=life.side,
        limit_price=life.price,
        qty=life.qty,
        origin=life.origin,
        start_ns=life.start_ns,
        end_ns=left.end_ns,
        age_ns=life.age_ns,
        fate=left.fate,
    )
