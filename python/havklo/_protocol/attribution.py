"""Why an order got smaller or left: what level 3 leaves open is settled by the trades of another connection."""

from collections import deque
from collections.abc import Iterable
from decimal import Context, Decimal
from typing import Final, Literal, TypeAlias, final

import msgspec

from havklo._protocol.stamps import epoch_ns
from havklo.errors import ConfigurationError
from havklo.events import Level3Update, OrderChange, Trade, TradeGap

__all__ = ["Attribution", "Reduction", "ReductionCause"]

_SECOND: Final = 1_000_000_000
_SURE: Final = _SECOND // 20  # nobody else's trade of this very price and quantity was that close
_EXACT: Final = Context(prec=60)
_PROVEN: Final[dict[str, "ReductionCause"]] = {"fill": "trade", "cancel": "cancel", "amend": "amend"}

ReductionCause: TypeAlias = Literal["trade", "cancel", "amend", "unknown"]
"""Why an order has less than before."""

Key: TypeAlias = tuple[str, str, Decimal, Decimal]


class Reduction(msgspec.Struct, frozen=True, kw_only=True):
    """An order has less than before, or is gone.

    Attributes:
        number: Its number among the reductions of one `Attribution`, from 0.
        symbol: The symbol.
        side: "bid" or "ask".
        order_id: The order.
        price: Its price.
        qty: What it lost, in units of the base currency.
        gone: Whether nothing of it is left there.
        level: The rank of its price on its side when it happened, 0 for the best.
        orders_ahead: How many orders stood before it at its price.
        qty_ahead: Their quantity.
        cause: "trade", "cancel", "amend", or "unknown" where it can't be told.
        proven: Whether the level-3 message itself proves that; else it was concluded from the trades.
        trade_id: The trade, if one was found that fits.
        timestamp: The time of the level-3 message as Kraken sent it (RFC 3339), or None.
        timestamp_ns: The same in nanoseconds since the epoch.
        recv_ns: When that message came, in nanoseconds since the epoch.
    """

    number: int
    symbol: str
    side: str
    order_id: str
    price: Decimal
    qty: Decimal
    gone: bool
    level: int
    orders_ahead: int
    qty_ahead: Decimal
    cause: ReductionCause
    proven: bool = True
    trade_id: int | None = None
    timestamp: str | None = None
    timestamp_ns: int | None = None
    recv_ns: int = 0


class _Claim:
    """A reduction that a trade may explain; one that is proven takes its trade, so that no other can have it."""

    __slots__ = ("key", "reduction", "told")

    def __init__(self, key: Key, reduction: Reduction, *, told: bool) -> None:
        self.key = key
        self.reduction = reduction
        self.told = told


@final
class Attribution:
    """Says of every reduction of a level-3 book why it happened.

    Most messages prove it by themselves. When the first order of the best level is deleted, either a trade took it or
    its owner: then a trade of the same price and quantity, of a taker of the other side, that happened at most `window`
    before or after, makes it a trade, and each trade explains one order. One that happened at nearly the same time
    does so at once; one further away only if nothing closer has claimed it when the window has passed. Without any it
    is a cancel by then, or unknown if trades may be missing.

    If that order comes back to the same price in the same message, it was amended, or it is an iceberg whose shown part
    was filled: again a trade that fits tells, and without one it is an amend.

    Times are compared by the exchange's clock where both messages have its stamps. Waiting goes by the arrival of what
    is fed, and by `tick`. What is kept are the events of one window.

    Args:
        window: How far apart the two messages may be, in seconds.
        trades: Whether trades are fed, too; if not, nothing is waited for.

    Raises:
        ConfigurationError: The window is not above 0.

    Attributes:
        trades: Whether trades are fed; may change at any time.
        latest: All reductions of the latest level-3 message, in its order; those that wait for a trade are "unknown" or
            "amend", and not `proven`.
    """

    def __init__(self, *, window: float = 2.0, trades: bool = True) -> None:
        if not window > 0:
            raise ConfigurationError(f"a window is a time above 0, not {window!r}")
        self.trades: bool = trades
        self.latest: list[Reduction] = []
        self._count = 0
        self._window = round(window * _SECOND)
        self._claims: dict[Key, list[_Claim]] = {}
        self._waiting: deque[_Claim] = deque()
        self._trades: dict[Key, list[Trade]] = {}
        self._arrived: deque[tuple[Key, Trade]] = deque()
        self._doubt_until: int | None = None

    def __repr__(self) -> str:
        return f"<Attribution, {self.pending} pending>"

    @property
    def pending(self) -> int:
        """How many reductions wait for a trade."""
        return sum(not claim.told for claim in self._waiting)

    @property
    def due_ns(self) -> int | None:
        """When `tick` next has something to decide, in nanoseconds since the epoch, or None."""
        return next((claim.reduction.recv_ns + self._window for claim in self._waiting if not claim.told), None)

    def feed(self, event: Level3Update | Trade | TradeGap) -> list[Reduction]:
        """Take an event; gives the reductions that are decided now, those of earlier events first."""
        decided = self.tick(event.recv_ns)
        if self._doubt_until is None:
            self.interrupted(event.recv_ns)  # nobody knows what was traded before
        match event:
            case Trade():
                decided += self._trade(event)
            case TradeGap():
                self.interrupted(event.recv_ns)
            case _:
                decided += self._update(event)
        return decided

    def tick(self, now_ns: int) -> list[Reduction]:
        """Decide what has waited for long enough.

        Args:
            now_ns: The time, in nanoseconds since the epoch.
        """
        decided: list[Reduction] = []
        while self._waiting and self._waiting[0].reduction.recv_ns + self._window <= now_ns:
            claim = self._waiting.popleft()
            claims = self._claims.get(claim.key, [])
            if claim not in claims:
                continue  # a trade has claimed it
            claims.remove(claim)
            if not claims:
                del self._claims[claim.key]
            trade = self._closest(claim, self._window)
            if not claim.told:
                decided.append(self._conclude(claim.reduction, trade))
        while self._arrived and self._arrived[0][1].recv_ns + 2 * self._window <= now_ns:
            key, trade = self._arrived.popleft()
            self._take(key, trade)
        return decided

    def interrupted(self, now_ns: int) -> None:
        """Note that trades up to now may be missing: what they could explain is unknown, if they do not come."""
        self._doubt_until = max(now_ns, self._doubt_until or 0)

    # -- its own -----------------------------------------------------------------------------

    def _update(self, update: Level3Update) -> Iterable[Reduction]:
        self.latest = []
        if update.type == "snapshot":
            return
        changes = update.changes
        for place, change in enumerate(changes):
            lost = _EXACT.subtract(change.qty_before, change.order_qty)
            if change.event == "add" or lost <= 0:
                continue
            back = change.reason == "amend" and _comes_back(change, changes[place + 1 :])
            proven = change.reason in _PROVEN and not back
            reduction = _reduction(self._count, update, change, lost, proven=proven)
            self._count += 1
            self.latest.append(reduction)
            if proven and change.reason != "fill":
                yield reduction
                continue
            claim = _Claim((update.symbol, change.side, change.limit_price, lost), reduction, told=False)
            trade = self._closest(claim, _SURE)
            if trade is not None or proven or not self.trades:
                claim.told = True
                yield self._conclude(reduction, trade)
            if trade is None and self.trades:
                self._claims.setdefault(claim.key, []).append(claim)
                self._waiting.append(claim)

    def _trade(self, trade: Trade) -> Iterable[Reduction]:
        key = trade.symbol, "bid" if trade.side == "sell" else "ask", trade.price, trade.qty
        claims = self._claims.get(key, [])
        claim = min(claims, key=lambda each: _apart(each.reduction, trade), default=None)
        if claim is None or _apart(claim.reduction, trade) > _SURE:
            self._trades.setdefault(key, []).append(trade)
            self._arrived.append((key, trade))
            return
        claims.remove(claim)
        if not claims:
            del self._claims[key]
        if not claim.told:
            claim.told = True
            yield self._conclude(claim.reduction, trade)

    def _closest(self, claim: _Claim, within: int) -> Trade | None:
        """Take the trade that explains a reduction best, if one within this time does."""
        found = min(self._trades.get(claim.key, ()), key=lambda trade: _apart(claim.reduction, trade), default=None)
        if found is None or _apart(claim.reduction, found) > within:
            return None
        self._take(claim.key, found)
        return found

    def _take(self, key: Key, trade: Trade) -> None:
        trades = self._trades.get(key, [])
        if trade in trades:
            trades.remove(trade)
            if not trades:
                del self._trades[key]

    def _conclude(self, reduction: Reduction, trade: Trade | None) -> Reduction:
        if trade is not None:
            return msgspec.structs.replace(reduction, cause="trade", trade_id=trade.trade_id)
        if reduction.proven or reduction.cause == "amend":
            return reduction
        doubtful = not self.trades or reduction.recv_ns - self._window < (self._doubt_until or 0)
        return msgspec.structs.replace(reduction, cause="unknown" if doubtful else "cancel")


def _comes_back(change: OrderChange, later: Iterable[OrderChange]) -> bool:
    """Whether the first order of the best level, which has just left, comes back to its price."""
    if change.event != "delete" or change.level or change.orders_ahead:
        return False
    return any(
        other.event == "add" and other.order_id == change.order_id and other.limit_price == change.limit_price
        for other in later
    )


def _reduction(number: int, update: Level3Update, change: OrderChange, lost: Decimal, *, proven: bool) -> Reduction:
    return Reduction(
        number=number,
        symbol=update.symbol,
        side=change.side,
        order_id=change.order_id,
        price=change.limit_price,
        qty=lost,
        gone=change.event == "delete",
        level=change.level,
        orders_ahead=change.orders_ahead,
        qty_ahead=change.qty_ahead,
        cause=_PROVEN.get(change.reason, "unknown"),
        proven=proven,
        timestamp=update.timestamp,
        timestamp_ns=update.timestamp_ns,
        recv_ns=update.recv_ns,
    )


def _apart(reduction: Reduction, trade: Trade) -> int:
    """How far a trade is from a reduction: by the exchange's clock, or where it is not known by their arrival."""
    stamp = epoch_ns(trade.timestamp)
    if stamp is None or reduction.timestamp_ns is None:
        return abs(reduction.recv_ns - trade.recv_ns)
    return abs(reduction.timestamp_ns - stamp)
