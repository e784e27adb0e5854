"""Faults on the way to a client, by script or at random, and an exact log of each.

A fault strikes one delivery: one book update on its way to one connection. `drop` loses it, `disconnect`
cuts the connection in its place, `corrupt` changes one digit of it. The digit always belongs to a level
that the message leaves among the ten best, or to the checksum itself, so that the checksum can't hold: a
fault nobody could notice would prove nothing.
"""

import random
import re
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, final, get_args

from havklo.errors import ConfigurationError

__all__ = ["FAULTS", "Fault", "FaultKind", "Faults", "Injection", "corrupt"]

FaultKind = Literal["drop", "corrupt", "disconnect"]
FAULTS: Final[tuple[FaultKind, ...]] = get_args(FaultKind)

_LOG: Final = 10_000
_WEIGHTS: Final = (5, 4, 1)  # random faults: a lost connection is the rarest
_ENTRY: Final = re.compile(rb'\{"price":([0-9.]+),"qty":([0-9.]+)\}')
_CHECKSUM: Final = re.compile(rb'"checksum":([0-9]+)')

Tops = tuple[Iterable[tuple[str, str]], Iterable[tuple[str, str]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One fault that has happened.

    Attributes:
        kind: What was done.
        symbol: The book whose update it struck.
        depth: The depth of that book.
        connection: The number of the connection it was on its way to.
        timestamp: The update's own time.
        at_ns: When it was done, in epoch nanoseconds.
        frame: The update as it should have arrived.
        sent: What arrived instead, or None.
    """

    kind: FaultKind
    symbol: str
    depth: int
    connection: int
    timestamp: str
    at_ns: int
    frame: bytes
    sent: bytes | None


@final
@dataclass(kw_only=True, eq=False)
class Injection:
    """Faults that have been ordered, and those of them that have happened.

    Attributes:
        kind: What will be done.
        symbol: To updates of this book, or None for any.
        connection: On the way to this connection, or None for the first that comes.
        count: How often.
        faults: The faults that have happened.
    """

    kind: FaultKind
    symbol: str | None = None
    connection: int | None = None
    count: int = 1
    faults: list[Fault] = field(default_factory=list[Fault])
    bound: int | None = None

    @property
    def remaining(self) -> int:
        """How many are still to come."""
        return self.count - len(self.faults)

    def matches(self, connection: int, symbol: str) -> bool:
        """Whether this delivery is to be struck."""
        wanted = self.connection if self.connection is not None else self.bound
        return wanted in (None, connection) and self.symbol in (None, symbol)


@final
class Faults:
    """What is going to go wrong, and what did."""

    def __init__(self, seed: int) -> None:
        self.log: deque[Fault] = deque(maxlen=_LOG)
        self.counts: Counter[FaultKind] = Counter()
        self.pending: list[Injection] = []
        self._rng = random.Random(f"{seed} faults")

    def inject(
        self, kind: FaultKind, symbol: str | None = None, count: int = 1, connection: int | None = None
    ) -> Injection:
        """Order faults; each takes effect on the next delivery that matches.

        All of one order strike the same connection, the first that comes, so that `count` means updates in
        a row.
        """
        if kind not in FAULTS:
            raise ConfigurationError(f"{kind!r} is not a fault", hint=f"faults are {', '.join(FAULTS)}")
        if count < 1:
            raise ConfigurationError(f"a fault happens at least once, not {count} times")
        injection = Injection(kind=kind, symbol=symbol, connection=connection, count=count)
        self.pending.append(injection)
        return injection

    def random(self, targets: list[tuple[str, int]]) -> Injection | None:
        """Order one random fault for one of the (symbol, connection) pairs, unless there is none."""
        if not targets:
            return None
        symbol, connection = self._rng.choice(targets)
        kind = self._rng.choices(FAULTS, _WEIGHTS)[0]
        return self.inject(kind, symbol, connection=connection)

    def due(self, connection: int, symbol: str) -> Injection | None:
        """The order that strikes this delivery; the oldest first."""
        return next((order for order in self.pending if order.matches(connection, symbol)), None)

    def corrupted(self, frame: bytes, tops: Tops) -> bytes:
        """The frame with one digit changed."""
        return corrupt(frame, tops, self._rng)

    def happened(self, injection: Injection, fault: Fault) -> None:
        """Note a fault that was done."""
        injection.faults.append(fault)
        injection.bound = fault.connection
        self.log.append(fault)
        self.counts[fault.kind] += 1
        if not injection.remaining:
            self.pending.remove(injection)

    def forget(self, connection: int) -> None:
        """A connection has ended: orders for it alone are void, others strike the next one."""
        self.pending = [order for order in self.pending if order.connection != connection]
        for order in self.pending:
            if order.bound == connection:
                order.bound = None


def corrupt(frame: bytes, tops: Tops, rng: random.Random) -> bytes:
    """Change one digit of an update so that its checksum fails.

    Args:
        frame: A book update.
        tops: The ten best bids and asks that it leads to, as texts.
        rng: Chooses the digit.
    """
    checksum = _CHECKSUM.search(frame)
    places = _proven_numbers(frame, tops)
    if checksum is not None and (not places or rng.random() < 1 / 3):
        # Its last digits, so that it remains a 32-bit number.
        places = [(max(checksum.start(1), checksum.end(1) - 5), checksum.end(1))]
    start, end = rng.choice(places)
    at = rng.choice([at for at in range(start, end) if frame[at : at + 1].isdigit()])
    # A leading zero would be broken JSON, which is another kind of fault.
    leading = not frame[at - 1 : at].isdigit() and frame[at + 1 : at + 2].isdigit()
    new = rng.choice([digit for digit in b"0123456789" if digit != frame[at] and not (leading and digit == 48)])
    return b"%b%c%b" % (frame[:at], new, frame[at + 1 :])


def _proven_numbers(frame: bytes, tops: Tops) -> list[tuple[int, int]]:
    """Where the numbers stand that decide about the ten best: each price's last entry, if it is there."""
    asks_begin = frame.index(b'"asks":')
    places: list[tuple[int, int]] = []
    for is_ask, top in enumerate(tops):
        proven = {(price.encode(), qty.encode()) for price, qty in top}
        last = {entry[1]: entry for entry in _ENTRY.finditer(frame) if (entry.start() > asks_begin) == is_ask}
        for entry in last.values():
            if (entry[1], entry[2]) in proven:
                places += [entry.span(1), entry.span(2)]
    return places
