"""One symbol's trades in the order of their numbers: what is missing is noticed, repaired or named."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias, final

from msgspec.structs import replace

from havklo.events import Trade, TradeGap

__all__ = ["Tape", "Told"]

Told: TypeAlias = Trade | TradeGap

_BEYOND = "beyond the snapshot"
_NO_SNAPSHOT = "no snapshot came"
_TOO_MANY = "too many held back"
_ANEW = "numbered anew"


@final
class Tape:
    """Puts trades in order by `trade_id`, which Kraken counts for each pair (PROTOCOL: "sequence per pair").

    What comes after a hole is held back until a snapshot, which has the last 50 trades, has filled it, or until it is
    clear that none will: then a `TradeGap` names what is missing. So whoever reads has every trade once and in order,
    or knows which ones he does not have.

    Args:
        symbol: The symbol.
        hold: How many trades are held back at most.

    Attributes:
        last: The number of the last trade told, or None before the first.
        waiting_since: Since when trades are held back, or None.
        repaired: How many trades were taken from a later snapshot.
        missing: How many trades are known to be missing.
    """

    __slots__ = (
        "_expecting",
        "_held",
        "_hold",
        "_last_stamp",
        "_since",
        "_symbol",
        "last",
        "missing",
        "repaired",
        "waiting_since",
    )

    def __init__(self, symbol: str, *, hold: int = 1000) -> None:
        self.last: int | None = None
        self.waiting_since: int | None = None
        self.repaired: int = 0
        self.missing: int = 0
        self._symbol = symbol
        self._hold = hold
        self._held: dict[int, Trade] = {}
        self._expecting = True
        self._last_stamp = ""
        self._since: str | None = None

    def __repr__(self) -> str:
        return f"<Tape {self._symbol} up to {self.last}, {len(self._held)} held back>"

    @property
    def has_hole(self) -> bool:
        """Whether trades are missing between the last one told and one that is held back."""
        last = self._told_up_to
        newer = [] if last is None else [number - last for number in self._held if number > last]
        return max(newer, default=0) > len(newer)

    @property
    def _told_up_to(self) -> int | None:
        """The number after which nothing may be missing, or None if nothing was promised yet."""
        return 0 if self.last is None and self._since is not None else self.last

    def begin(self, stamp: str | None) -> None:
        """Learn when the subscription began, by the server's clock: from then on no trade may be lost."""
        if self.last is None and self._since is None:
            self._since = stamp

    def expect_snapshot(self) -> None:
        """Hold back what comes, for a snapshot is under way that may have what was missed."""
        self._expecting = True

    def live(self, trades: Iterable[Trade], now: int) -> tuple[Sequence[Told], bool]:
        """Take an update; gives what can be told now, and whether a snapshot is needed."""
        told: list[Told] = []
        doubtful = False
        for trade in trades:
            number = trade.trade_id
            last = self._told_up_to
            if self._expecting or (last is not None and number > last + 1):
                self._held[number] = trade
                self.waiting_since = now if self.waiting_since is None else self.waiting_since
            elif self.last is None or number == self.last + 1:
                self._tell(trade, told)
                self._release(told)
            else:
                # Seen before; or Kraken counts anew, which a snapshot will show.
                doubtful = doubtful or trade.timestamp > self._last_stamp
        if len(self._held) > self._hold:
            told += self.give_up(_TOO_MANY, max(trade.recv_ns for trade in self._held.values()))
        return told, doubtful or (bool(self._held) and not self._expecting)

    def snapshot(self, trades: Sequence[Trade]) -> list[Told]:
        """Take a snapshot: after it nothing is held back any more."""
        told: list[Told] = []
        first, known = self.last is None, self._held
        newest = max(trades, key=_number, default=None)
        if newest is not None and self.last is not None and self._counts_anew(newest):
            gap = TradeGap(
                symbol=self._symbol,
                first=self.last + 1,
                last=None,
                count=None,
                reason=_ANEW,
                recv_ns=newest.recv_ns,
            )
            told.append(gap)
            self.last = min(map(_number, trades)) - 1
            known = {number: trade for number, trade in known.items() if number <= newest.trade_id + self._hold}
        if first:
            # What an older subscription still had to say is history like the rest of it.
            known = {number: self._as_history(trade) for number, trade in known.items()}
        found = [replace(trade, source="snapshot" if first and self._is_old(trade) else "repair") for trade in trades]
        oldest = min(found, key=_number, default=None)
        if oldest is not None and oldest.source == "snapshot":
            # What happened before that is nobody's loss.
            self.last = min([oldest.trade_id, *known]) - 1
        self._held = {trade.trade_id: trade for trade in found} | known
        return told + self.give_up(_BEYOND, newest.recv_ns if newest is not None else 0)

    def give_up(self, reason: str = _NO_SNAPSHOT, recv_ns: int = 0) -> list[Told]:
        """Tell all that is held back, with a gap wherever trades are missing."""
        told: list[Told] = []
        held, self._held = self._held, {}
        self._expecting, self.waiting_since = False, None
        for number in sorted(held):
            trade, last = held[number], self._told_up_to
            if last is not None and number <= last:
                continue
            if last is not None and number > last + 1:
                # Before the first trade told nobody knows how many of those that are missing came before the promise.
                count = None if self.last is None else number - last - 1
                self.missing += count or 0
                gap = TradeGap(
                    symbol=self._symbol,
                    first=last + 1,
                    last=number - 1,
                    count=count,
                    reason=reason,
                    recv_ns=recv_ns or trade.recv_ns,
                )
                told.append(gap)
            self.repaired += trade.source == "repair"
            self._tell(trade, told)
        return told

    def _is_old(self, trade: Trade) -> bool:
        """Whether a trade happened before the subscription."""
        return self._since is None or trade.timestamp <= self._since

    def _as_history(self, trade: Trade) -> Trade:
        return replace(trade, source="snapshot") if self._since is not None and self._is_old(trade) else trade

    def _counts_anew(self, newest: Trade) -> bool:
        """Whether the latest trade has a lower number than one that happened before it."""
        return self.last is not None and newest.trade_id < self.last and newest.timestamp > self._last_stamp

    def _release(self, told: list[Told]) -> None:
        """Tell what was held back and now follows."""
        while self._held and self.last is not None and (trade := self._held.pop(self.last + 1, None)) is not None:
            self._tell(trade, told)
        if not self._held:
            self.waiting_since = None

    def _tell(self, trade: Trade, told: list[Told]) -> None:
        self.last, self._last_stamp = trade.trade_id, trade.timestamp
        told.append(trade)


def _number(trade: Trade) -> int:
    return trade.trade_id
