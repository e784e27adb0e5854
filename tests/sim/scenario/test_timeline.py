"""What is due, in the course of time."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo.sim.flow import CALM, VOLATILE
from havklo.sim.scenario.events import Crash, Event, FaultOrder, Recurring, RegimeChange, SystemChange
from havklo.sim.scenario.timeline import Timeline

MOOD = RegimeChange(at=0.0, regime=CALM)
CRASH = Crash(at=20.0, symbol="BTC/USD", fraction=0.05)
STOP = SystemChange(at=30.0, system="maintenance")


def moments(events: list[Event]) -> list[float]:
    """When they happen."""
    return [event.at for event in events]


def test_each_event_is_due_once() -> None:
    """From its own instant on, and not again."""
    timeline = Timeline([MOOD, CRASH, STOP])
    assert timeline.next_at == 0.0
    assert timeline.due(0.0) == [MOOD]
    assert timeline.due(19.9) == []
    assert timeline.next_at == 20.0
    assert timeline.due(1e6) == [CRASH, STOP]
    assert timeline.next_at is None
    assert timeline.due(2e6) == []


def test_nothing_at_all() -> None:
    """An empty timeline has nothing to say, whether it repeats or not."""
    assert Timeline([]).next_at is None
    assert Timeline([], repeat_every=10.0).due(1e9) == []


def test_rounds() -> None:
    """The second round is the first one, later."""
    timeline = Timeline([MOOD, CRASH], repeat_every=60.0)
    assert moments(timeline.due(139.0)) == [0.0, 20.0, 60.0, 80.0, 120.0]
    assert timeline.next_at == 140.0


def test_faults_again_and_again() -> None:
    """From the first until the last moment, both included."""
    fault = Recurring(
        first=5.0, every=2.5, until=10.0, kinds={"delay": 1}, symbol="BTC/USD", count=3, options={"seconds": 0.5}
    )
    timeline = Timeline([], [fault])
    assert timeline.due(100.0) == [
        FaultOrder(at=at, kind="delay", symbol="BTC/USD", count=3, options={"seconds": 0.5}, row=0)
        for at in (5.0, 7.5, 10.0)
    ]


def test_faults_without_end() -> None:
    """They need no end, and no drift comes in: the n-th is n intervals after the first."""
    timeline = Timeline([CRASH], [Recurring(first=0.1, every=0.1, until=None, kinds={"drop": 1})])
    faults = [event for event in timeline.due(1000.0) if isinstance(event, FaultOrder)]
    assert moments(faults[:3]) == [0.1, 0.2, pytest.approx(0.3)]
    assert len(faults) in (9_999, 10_000)
    assert faults[5_000].at == 0.1 + 5_000 * 0.1


def test_kinds_by_chance() -> None:
    """Equal seeds choose equally; over many the weights show; a kind without weight never comes."""

    def kinds(seed: int) -> list[str]:
        fault = Recurring(first=1.0, every=1.0, until=2_000.0, kinds={"drop": 3, "corrupt": 1})
        return [event.kind for event in Timeline([], [fault], seed=seed).due(1e9) if isinstance(event, FaultOrder)]

    assert kinds(1) == kinds(1) != kinds(2)
    assert set(kinds(1)) == {"drop", "corrupt"}
    assert 1_400 < kinds(1).count("drop") < 1_600


@given(
    once=st.lists(st.floats(0, 99), max_size=5),
    again=st.lists(st.tuples(st.floats(0, 99), st.floats(1, 50)), max_size=3),
    repeat=st.sampled_from([None, 100.0, 250.0]),
    steps=st.lists(st.floats(0, 100), max_size=20),
)
def test_however_it_is_asked(
    once: list[float], again: list[tuple[float, float]], repeat: float | None, steps: list[float]
) -> None:
    """In small steps or at once, all the same events come, in the order of time."""
    events = [RegimeChange(at=at, regime=VOLATILE) for at in sorted(once)]
    faults = [Recurring(first=first, every=every, until=None, kinds={"drop": 1}) for first, every in again]
    slow = Timeline(events, faults, repeat_every=repeat)
    now, found = 0.0, slow.due(0.0)
    for step in steps:
        now += step
        found += slow.due(now)
    assert found == Timeline(events, faults, repeat_every=repeat).due(now)
    assert all(before.at <= after.at <= now for before, after in pairwise(found))
    assert slow.next_at is None or slow.next_at > now
