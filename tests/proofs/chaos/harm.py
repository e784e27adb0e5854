"""What goes wrong: a random fault of the private endpoint now and then."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from havklo import Simulator
from havklo.sim.delivery.injection import Injection
from havklo.sim.delivery.kinds import FaultKind, Options

__all__ = ["HARMS", "Harm", "strike"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Harm:
    """One of the faults that may come.

    Attributes:
        kind: Which kind.
        weight: How often it comes, compared with the others.
        channels: The channels whose frames it may strike; none: it is not said.
        most: How many frames in a row at most.
        options: What else is said about it.
    """

    kind: FaultKind
    weight: float
    channels: Sequence[str] = ()
    most: int = 1
    options: Options = field(default_factory=Options)


_FRAMES: Final = ("executions", "balances")
_ALL: Final = ("executions", "balances", "ack")

HARMS: Final = (
    Harm(kind="drop", weight=4, channels=_FRAMES, most=3),
    Harm(kind="duplicate", weight=4, channels=_ALL, most=3),
    Harm(kind="reorder", weight=4, channels=_ALL),
    Harm(kind="truncate", weight=1, channels=_FRAMES),
    Harm(kind="delay", weight=2, channels=_ALL, most=3, options={"seconds": 0.7}),
    Harm(kind="lose_ack", weight=4, options={"method": "add_order"}, most=2),
    Harm(kind="lose_ack", weight=4, options={"method": "add_order", "cut": True}),
    Harm(kind="lose_ack", weight=2, options={"method": "amend_order"}),
    Harm(kind="lose_ack", weight=2, options={"method": "cancel_order"}),
    Harm(kind="lose_ack", weight=1, options={"method": "subscribe", "role": "private"}),
    Harm(kind="disconnect", weight=3, options={"role": "private"}),
    Harm(kind="disconnect", weight=2, options={"role": "private", "code": 1012}),
    Harm(kind="disconnect", weight=1, options={"role": "public"}),
    Harm(kind="half_open", weight=0.5, options={"role": "private"}),
    Harm(kind="stall", weight=1, options={"role": "private", "seconds": 2.0}),
    Harm(kind="refuse", weight=1, options={"role": "private", "seconds": 1.5}),
    Harm(kind="expire_token", weight=2),
    Harm(kind="maintenance", weight=0.3, options={"seconds": 0.5}),
    Harm(kind="cancel_only", weight=0.3, options={"seconds": 0.5}),
)


def strike(simulator: Simulator, chance: random.Random, harms: Sequence[Harm] = HARMS) -> Injection:
    """Order one random fault.

    Args:
        simulator: Where.
        chance: Chooses.
        harms: What may come.

    Returns:
        The order, which waits for something to strike.
    """
    harm = chance.choices(harms, [each.weight for each in harms])[0]
    options = harm.options.copy()
    if harm.channels:
        options |= {"role": "private", "channel": chance.choice(harm.channels)}
    return simulator.inject(harm.kind, None, chance.randint(1, harm.most), **options)
