"""The judge: what the client tells is compared with the simulator's own books and its own tape."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from havklo import Simulator
from soak.client import TOP
from soak.telling import End, Gap, Quote, Read, State, Told, decode

__all__ = ["Judge", "Tape"]

_Row = tuple[str, str, str]


@dataclass
class Tape:
    """One symbol's trades: those that happened, and those that the client knows of.

    Attributes:
        happened: Side, price and quantity, by number.
        told: The numbers that were handed out.
        named: The numbers that a gap has named.
        repaired: How many were taken from a later snapshot.
        again: How many were handed out twice.
        wrong: How many were not as they had been.
        quote: The latest price that a ticker said.
    """

    happened: dict[int, _Row] = field(default_factory=dict[int, _Row])
    told: set[int] = field(default_factory=set[int])
    named: set[int] = field(default_factory=set[int])
    repaired: int = 0
    again: int = 0
    wrong: int = 0
    quote: str = ""

    @property
    def silent(self) -> list[int]:
        """Trades from the first that the client knew of on, of which it has said nothing."""
        known = self.told | self.named
        return [number for number in self.happened if number not in known and number > min(known, default=0)]

    @property
    def is_quoted(self) -> bool:
        """Whether the ticker says the price of the last trade."""
        return not self.happened or self.happened[max(self.happened)][1] == self.quote


@dataclass
class Judge:
    """Takes the client's lines, one by one."""

    simulator: Simulator
    judged: Counter[bool] = field(default_factory=Counter[bool])
    too_late: int = 0
    wrong: list[Read] = field(default_factory=list[Read])
    states: list[State] = field(default_factory=list[State])
    tapes: dict[str, Tape] = field(default_factory=lambda: defaultdict(Tape))
    end: End | None = None

    def take(self, line: bytes) -> None:
        """Judge a line of the client."""
        match decode(line):
            case Read() as read:
                self._read(read)
            case Told() as told:
                self._told(told)
            case Gap(symbol, first, last):
                tape = self.tapes[symbol]
                self.look(symbol)
                tape.named.update(range(first, (max(tape.happened, default=first) if last is None else last) + 1))
            case Quote(symbol, last):
                self.tapes[symbol].quote = last
            case State() as state:
                self.states.append(state)
            case End() as end:
                self.end = end

    def look(self, symbol: str) -> None:
        """Copy what is new on the exchange's own tape."""
        happened, pair = self.tapes[symbol].happened, self.simulator._kraken.exchange.pairs[symbol]
        for trade in reversed(self.simulator.trades(symbol)):
            if trade.trade_id in happened:
                break
            price = _text(trade.price, pair.price_precision)
            happened[trade.trade_id] = trade.side, price, _text(trade.qty, pair.qty_precision)

    def _read(self, read: Read) -> None:
        try:
            bids, asks = self.simulator.ladder(read.symbol, TOP, read.timestamp)
        except LookupError:
            self.too_late += 1
            return
        self.judged[read.after_update] += 1
        if (tuple(bids), tuple(asks)) != (read.bids, read.asks):
            self.wrong.append(read)

    def _told(self, told: Told) -> None:
        tape = self.tapes[told.symbol]
        if told.trade_id not in tape.happened:
            self.look(told.symbol)
        tape.wrong += tape.happened.get(told.trade_id) != (told.side, told.price, told.qty)
        tape.again += told.trade_id in tape.told
        tape.repaired += told.is_repair
        tape.told.add(told.trade_id)


def _text(number: int, precision: int) -> str:
    digits = str(number).rjust(precision + 1, "0")
    return f"{digits[:-precision]}.{digits[-precision:]}" if precision else digits
