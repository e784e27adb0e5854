"""The judge of trades: each trade of the simulator's tape must be handed out once, in order, or be named as missing."""

from collections import defaultdict
from decimal import Decimal
from typing import Any, Final, final

from havklo import Client
from havklo.channels import trade
from havklo.events import ConnectionLost, Malformed, Resync, Silent, Stalled, Trade, TradeGap
from havklo.sim.listing import Listing
from matrix.venue import SECOND, FarKraken

__all__ = ["Trades"]

GRACE: Final = SECOND // 4  # what was sent so long ago should have arrived
_SIGNS: Final = (Malformed, Stalled, ConnectionLost, Silent, Resync, TradeGap)

_Row = tuple[str, Decimal, Decimal]


@final
class Trades:
    """Keeps the exchange's tape, and crosses out what the client hands out.

    Attributes:
        noticed: When the client gave a sign that something was wrong, in monotonic nanoseconds.
    """

    def __init__(self, far: FarKraken, kraken: Client, _seed: int) -> None:
        self.noticed: list[int] = []
        self._far = far
        self._kraken = kraken
        self._tape: dict[str, dict[int, _Row]] = defaultdict(dict)
        self._since: dict[str, int] = {}
        self._due: dict[tuple[str, int], int] = {}  # trades that are to come, and when each happened
        self._ahead: set[tuple[str, int]] = set()  # told or named before they happened, by an altered number
        self._last: dict[str, int] = {}
        self._told = self._repaired = self._reported = self._silent = 0
        self._again = self._unordered = self._altered = self._needless = 0
        exchange = far.kraken.exchange
        settle = exchange.settle

        def settled(listing: Listing, now_ns: int) -> None:
            settle(listing, now_ns)
            self._happened(listing)

        exchange.settle = settled
        kraken.on(Trade, self._handed_out)
        kraken.on(TradeGap, self._named)
        for sign in _SIGNS:
            kraken.on(sign, self._sign)

    async def subscribe(self) -> None:
        """Subscribe to all there is; from now on nothing may be missing."""
        await self._kraken.subscribe(trade(*self._far.symbols), timeout=60.0)
        self._since = {symbol: self._far.listing(symbol).trade.next_id for symbol in self._far.symbols}

    def read(self) -> None:
        """Do nothing: trades come by themselves."""

    def is_well(self) -> bool:
        """Whether all is subscribed, and nothing overdue."""
        oldest = next(iter(self._due.values()), None)
        is_late = oldest is not None and self._far.clock.now() - oldest >= GRACE
        return self._far.is_subscribed and not is_late

    def write_off(self) -> None:
        """Count what is overdue as lost without a word."""
        horizon = self._far.clock.now() - GRACE
        lost = [key for key, moment in self._due.items() if moment <= horizon]
        self._silent += len(lost)
        for key in lost:
            del self._due[key]

    async def end(self) -> None:
        """Do nothing: all of it can be compared at any time."""

    def figures(self) -> dict[str, Any]:
        """What came out: counts of trades."""
        self.write_off()
        return {
            "told": self._told,
            "repaired": self._repaired,
            "reported": self._reported,
            "silent": self._silent,
            "again": self._again,
            "unordered": self._unordered,
            "altered": self._altered,
            "needless": self._needless,
        }

    def _happened(self, listing: Listing) -> None:
        symbol, pair = listing.pair.symbol, listing.pair
        fresh = listing.trade.next_id - listing.first_trade_id
        for each in list(listing.trade.trades)[-fresh:]:
            price, qty = Decimal(each.price), Decimal(each.qty)
            row = (each.side, price.scaleb(-pair.price_precision), qty.scaleb(-pair.qty_precision))
            self._tape[symbol][each.trade_id] = row
            is_new = (symbol, each.trade_id) not in self._ahead
            if is_new and each.trade_id >= self._since.get(symbol, each.trade_id + 1):
                self._due[symbol, each.trade_id] = self._far.clock.now()

    def _handed_out(self, event: Trade) -> None:
        symbol, number = event.symbol, event.trade_id
        self._told += 1
        last = self._last.get(symbol)
        if last is not None and number != last + 1:
            self._again += number <= last
            self._unordered += number > last
        self._last[symbol] = number
        if event.source != "snapshot":
            self._altered += self._tape[symbol].get(number) != (event.side, event.price, event.qty)
        if number not in self._tape[symbol]:
            self._ahead.add((symbol, number))
        elif self._due.pop((symbol, number), None) is not None and event.source == "repair":
            self._repaired += 1

    def _named(self, gap: TradeGap) -> None:
        tape = self._tape[gap.symbol]
        newest = max(tape, default=0)
        last = newest if gap.last is None else gap.last
        lost = sum(self._due.pop((gap.symbol, number), None) is not None for number in range(gap.first, last + 1))
        self._reported += lost
        self._needless += not lost
        self._ahead.update((gap.symbol, number) for number in range(max(gap.first, newest + 1), last + 1))
        # What comes next may be the first of another row of numbers.
        self._last[gap.symbol] = last
        if gap.last is None:
            del self._last[gap.symbol]

    def _sign(self, _event: object) -> None:
        self.noticed.append(self._far.clock.now())
