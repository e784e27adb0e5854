"""What goes wrong during a soak: a random fault of the public channels now and then."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from havklo import Simulator
from havklo.sim.delivery.kinds import FaultKind, Options

__all__ = ["HARMS", "Harm", "strike"]

CHANNELS: Final = ("book", "trade", "ticker")


@dataclass(frozen=True, kw_only=True, slots=True)
class Harm:
    """One of the faults that may come.

    Attributes:
        kind: Which kind.
        weight: How often it comes, compared with the others.
        by_symbol: Whether it strikes the messages of one symbol.
        channels: The channels whose messages it may strike.
        options: What else is said about it.
    """

    kind: FaultKind
    weight: float
    by_symbol: bool = False
    channels: Sequence[str] = CHANNELS
    options: Options = field(default_factory=Options)


HARMS: Final = (
    Harm(kind="drop", weight=6, by_symbol=True),
    Harm(kind="duplicate", weight=3, by_symbol=True),
    Harm(kind="reorder", weight=3, by_symbol=True),
    # Only of books: an altered digit of a trade or a ticker can't be seen, for they have no checksum.
    Harm(kind="corrupt", weight=5, by_symbol=True, channels=("book",)),
    Harm(kind="truncate", weight=1, by_symbol=True),
    Harm(kind="delay", weight=2, by_symbol=True, options={"seconds": 1.0}),
    Harm(kind="stall", weight=1, by_symbol=True, options={"seconds": 4.0}),
    Harm(kind="stall", weight=1, options={"role": "public", "seconds": 4.0}),
    Harm(kind="lose_ack", weight=1, options={"method": "subscribe"}),
    Harm(kind="lose_ack", weight=1, options={"method": "unsubscribe"}),
    Harm(kind="disconnect", weight=1, options={"role": "public"}),
    Harm(kind="disconnect", weight=1, options={"role": "public", "code": 1012}),
    Harm(kind="half_open", weight=0.5, options={"role": "public"}),
    Harm(kind="slow_reader", weight=0.5, options={"role": "public", "bytes_per_second": 20_000}),
    Harm(kind="refuse", weight=1),
    Harm(kind="rate_limit", weight=1),
    Harm(kind="maintenance", weight=0.3, options={"seconds": 1.0}),
    Harm(kind="cancel_only", weight=0.3, options={"seconds": 1.0}),
    Harm(kind="post_only", weight=0.3, options={"seconds": 1.0}),
)
SLOW: Final = 6.0  # seconds that a slow reader is slow


def strike(simulator: Simulator, chance: random.Random, harms: Sequence[Harm], mixed: int) -> None:
    """Order one random fault.

    Args:
        simulator: Where.
        chance: Chooses.
        harms: What may come.
        mixed: How many of the symbols have trades and tickers, too.
    """
    harm = chance.choices(harms, [each.weight for each in harms])[0]
    options, symbol = harm.options.copy(), None
    if harm.by_symbol:
        options["channel"] = chance.choice(harm.channels if mixed else ("book",))
        symbol = chance.choice(simulator.symbols if options["channel"] == "book" else simulator.symbols[:mixed])
    order = simulator.inject(harm.kind, symbol, **options)
    if harm.kind == "slow_reader":
        clock = simulator.clock
        clock.call_at(clock.now() + round(SLOW * 1e9), order.cancel)
