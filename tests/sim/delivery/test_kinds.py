"""What can be ordered, and what can't."""

from typing import Any

import pytest

from havklo.errors import ConfigurationError
from havklo.sim.delivery.faults import FAULTS, Chance
from havklo.sim.delivery.kinds import KINDS

NEEDED: dict[str, Any] = {"seconds": 5, "bytes_per_second": 100}
VALUES: dict[str, Any] = {
    **NEEDED,
    "channel": "trade",
    "connection": 3,
    "role": "private",
    "account": "alice",
    "method": "add_order",
    "code": 1001,
    "cut": True,
}


def needed(kind: Any) -> dict[str, Any]:
    """The least that has to be said."""
    return {name: NEEDED[name] for name in KINDS[kind].needs}


@pytest.mark.parametrize("kind", FAULTS)
def test_each_kind_takes_what_it_says(rig: Any, kind: Any) -> None:
    """Everything a kind takes is accepted, everything else is refused with what there is."""
    takes = set(KINDS[kind].takes)
    rig.faults.inject(kind, **needed(kind))
    for name, value in {**VALUES, "symbol": "BTC/USD", "count": 2}.items():
        options = needed(kind) | {name: value}
        if name in takes:
            rig.faults.inject(kind, **options)
        else:
            with pytest.raises(
                ConfigurationError, match=rf"{kind} does not take {name} \(it takes .*{KINDS[kind].takes[0]}"
            ):
                rig.faults.inject(kind, **options)


@pytest.mark.parametrize("kind", [kind for kind in FAULTS if KINDS[kind].needs])
def test_what_is_needed(rig: Any, kind: Any) -> None:
    """A stall without a time is no stall."""
    with pytest.raises(ConfigurationError, match=f"{kind} needs {KINDS[kind].needs[0]}"):
        rig.faults.inject(kind)


def test_nothing_is_as_good_as_none(rig: Any) -> None:
    """Whoever hands options on does not have to leave out what was not given."""
    nothing = dict.fromkeys(VALUES) | {"cut": False}
    assert rig.faults.inject("drop", **nothing).remaining == 1


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("explode", {}, "'explode' is not a fault .*drop, duplicate"),
        ("drop", {"count": 0}, "at least once, not 0 times"),
        ("drop", {"count": True}, "at least once"),
        ("drop", {"channel": "weather"}, "'weather' is not a channel .*book"),
        ("drop", {"role": "futures"}, "'futures' is not a role .*public, private, level3"),
        ("drop", {"connection": 0}, "connection is a whole number from 1 on, not 0"),
        ("lose_ack", {"method": "ping"}, "'ping' is not a method"),
        ("stall", {"seconds": 0}, "a time above 0, not 0"),
        ("stall", {"seconds": float("nan")}, "a time above 0"),
        ("slow_reader", {"bytes_per_second": 0.5}, "bytes_per_second is a whole number"),
        ("disconnect", {"code": 1006}, "1006 can't be sent as a close code"),
        ("refuse", {"count": 2, "seconds": 3}, "either count or seconds"),
    ],
)
def test_impossible_values(rig: Any, kind: Any, options: Any, words: str) -> None:
    """What can never work is refused, and nothing is ordered."""
    with pytest.raises(ConfigurationError, match=words):
        rig.faults.inject(kind, **options)
    assert rig.faults.pending == []


def test_impossible_chances() -> None:
    """What may come up at random is checked before it does."""
    with pytest.raises(ConfigurationError, match="stall needs seconds"):
        Chance(kind="stall")
    with pytest.raises(ConfigurationError, match="a weight is above 0"):
        Chance(kind="drop", weight=0)
