"""One cell of the matrix: a client, one channel, so many symbols, and one kind of fault again and again."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Protocol

import havklo._hub
from havklo import Client
from havklo.events import Moved
from havklo.sim.delivery.injection import Injection
from matrix.books import Books
from matrix.kinds import KINDS, PROVEN, Kind, Target
from matrix.orders import Orders
from matrix.tickers import Tickers
from matrix.trades import Trades
from matrix.trading import Trading
from matrix.venue import SECOND, FarKraken

__all__ = ["CHANNELS", "SIZES", "Cell", "Result", "play", "run"]

SIZES: Final = (1, 20, 200)
RATE: Final = (30.0, 0.6)  # messages a second over all symbols, and so many more for each symbol
DEPTH: Final = 25
CALM: Final = 1.5  # seconds without faults before the first strike, and after the last
NUDGE: Final = 0.1  # the crowd trades in the market that is struck, once in so many seconds
WARM: Final = 2  # trades of each market before anybody looks
PATIENCE: Final = 30.0  # seconds for a strike to find a frame
LAST: Final = 120.0  # seconds for what is under way in the end


class Judge(Protocol):
    """What a cell needs from the judge of its channel."""

    noticed: list[int]

    async def subscribe(self) -> None:
        """Subscribe to all there is."""

    def read(self) -> None:
        """Look at what the client says, at any instant."""

    def is_well(self) -> bool:
        """Whether all is as it should be."""
        ...

    def write_off(self) -> None:
        """Go on without what did not heal in time; it is counted."""

    async def end(self) -> None:
        """Come to rest, so that all can be compared."""

    def figures(self) -> dict[str, Any]:
        """What came out."""
        ...


CHANNELS: Final[dict[str, Callable[[FarKraken, Client, int], Judge]]] = {
    "book": Books,
    "level3": Orders,
    "trade": Trades,
    "ticker": Tickers,
    "trading": Trading,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """What is to be run.

    Attributes:
        kind: The fault's row, a key of `KINDS`.
        channel: The channel.
        symbols: How many symbols.
        seed: Same seed, same run.
    """

    kind: str
    channel: str
    symbols: int
    seed: int = 7

    def __str__(self) -> str:
        return f"{self.channel}, {self.symbols} symbols, {self.kind}, seed {self.seed}"


@dataclass(kw_only=True)
class Result:
    """What came of it; times are in virtual nanoseconds.

    Attributes:
        cell: What was run.
        uncalled: How many signs of trouble there were before the first fault.
        struck: Whose messages each fault was meant for.
        strikes: How many faults struck.
        missed: How many found nothing to strike.
        noticed: From each fault to the first sign that the client has seen it.
        recovered: From each fault to when all was well again, for those that did harm.
        unhealed: How many strikes were not healed in time.
        moved: How many symbols went to another connection.
        asked: How many subscribe messages followed.
        asked_symbols: How many symbols these named.
        figures: What the channel's judge says.
        took: Seconds on the wall.
    """

    cell: Cell
    uncalled: int = 0
    struck: list[str] = field(default_factory=list[str])
    strikes: int = 0
    missed: int = 0
    noticed: list[int] = field(default_factory=list[int])
    recovered: list[int] = field(default_factory=list[int])
    unhealed: int = 0
    moved: int = 0
    asked: int = 0
    asked_symbols: int = 0
    figures: dict[str, Any] = field(default_factory=dict[str, Any])
    took: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """All of it, for a file."""
        return asdict(self)


def run(cell: Cell) -> Result:
    """Run a cell to its end, on an event loop of its own."""
    return asyncio.run(play(cell))


async def play(cell: Cell, *, strikes: int | None = None) -> Result:
    """Run a cell.

    Args:
        cell: Which.
        strikes: How often its fault strikes; as often as its kind says by default.

    Raises:
        TimeoutError: The client was not subscribed within a minute of its own time, or did not come to rest.
    """
    began = time.monotonic()
    # The client's jitter is the only chance that no seed governs.
    chance, havklo._hub._random = havklo._hub._random, random.Random(f"{cell.seed} client").random
    try:
        result = await _play(cell, strikes)
    finally:
        havklo._hub._random = chance
    result.took = time.monotonic() - began
    return result


async def _play(cell: Cell, strikes: int | None) -> Result:
    kind = KINDS[cell.kind]
    rate = RATE[0] + RATE[1] * cell.symbols
    far = FarKraken(cell.symbols, seed=cell.seed, rate=rate, history=64 + 4_000 // cell.symbols, depth=DEPTH)
    result = Result(cell=cell)
    most = -(-cell.symbols * 2 // 3) if kind.spread else cell.symbols
    async with far.client(topics_per_connection=most) as kraken:

        def count(moved: Moved) -> None:
            result.moved += len(moved.symbols)

        kraken.on(Moved, count)
        judge = CHANNELS[cell.channel](far, kraken, cell.seed)
        far.warm_up(WARM)
        far.trade()
        subscribing = asyncio.ensure_future(judge.subscribe())
        if not await far.run(60.0, subscribing.done):
            subscribing.cancel()
            raise TimeoutError(f"{cell}: not subscribed within a minute")
        subscribing.result()
        await far.run(CALM)
        result.uncalled = len(judge.noticed)
        before = len(far.requests)
        chance = random.Random(f"{cell.seed} {cell.channel} {cell.kind} strikes")
        for number in range(kind.strikes if strikes is None else strikes):
            await _strike(far, judge, kind, cell.channel, chance.choice(far.symbols), number, result)
        ending = asyncio.ensure_future(judge.end())
        if not await far.run(LAST, ending.done):
            ending.cancel()
            raise TimeoutError(f"{cell}: it does not come to rest")
        ending.result()
        asked = [request for request in far.requests[before:] if request.method == "subscribe"]
        result.asked, result.asked_symbols = len(asked), sum(len(request.symbols) for request in asked)
        result.figures = judge.figures()
    return result


async def _strike(
    far: FarKraken, judge: Judge, kind: Kind, channel: str, symbol: str, number: int, result: Result
) -> None:
    """One fault: from its order until all is well again, and a little longer."""
    watch = _Watch(far, judge, symbol, until_trade=channel not in PROVEN)
    await watch.run(kind.rest)
    await watch.run(PATIENCE, lambda: bool(far.connections_of(channel)))
    target = Target(channel=channel, symbol=symbol, connection=far.connections_of(channel)[0], number=number)
    first, *_ = orders = kind.strike(far, target)
    if not await watch.run(PATIENCE, lambda: bool(first.faults)):
        result.missed += 1
        _cancel(orders)
        return
    result.strikes += 1
    result.struck.append(symbol)
    at = far.clock.now() - (far.clock.epoch_ns() - first.faults[0].at_ns)
    watch.last_ill = None
    await watch.run(kind.seconds + CALM)
    healed = await watch.run(kind.cured_within, judge.is_well)
    if not healed:
        result.unhealed += 1
        judge.write_off()
    await watch.run(CALM)
    _cancel(orders)
    if watch.last_ill is not None:
        result.recovered.append(watch.last_ill - at)
    sign = next((moment for moment in judge.noticed if moment >= at), None)
    if sign is not None:
        result.noticed.append(sign - at)


def _cancel(orders: list[Injection]) -> None:
    for order in orders:
        order.cancel()


class _Watch:
    """Lets time pass, has the struck market trade, and looks at the client all the while.

    Attributes:
        last_ill: When something was last not as it should be, on the monotonic clock.
    """

    def __init__(self, far: FarKraken, judge: Judge, symbol: str, *, until_trade: bool) -> None:
        self.last_ill: int | None = None
        self._far = far
        self._judge = judge
        self._symbol = symbol
        self._until_trade = until_trade
        self._nudge_at = far.clock.now()

    async def run(self, seconds: float, until: Callable[[], bool] | None = None) -> bool:
        """Let time pass, or until something holds; whether it does."""

        def look() -> bool:
            now = self._far.clock.now()
            if now >= self._nudge_at:
                self._nudge_at = now + round(NUDGE * SECOND)
                self._far.nudge(self._symbol, until_trade=self._until_trade)
                self._judge.read()
            if not self._judge.is_well():
                self.last_ill = now
            return until is not None and until()

        return await self._far.run(seconds, look) or until is None
