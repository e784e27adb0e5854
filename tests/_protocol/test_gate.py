"""The way to an endpoint: its breaker and the client's window in one."""

from havklo._protocol.breaker import Breaker
from havklo._protocol.gate import Gate
from havklo._protocol.limits import Window
from havklo.events import BreakerChanged

SECOND = 1_000_000_000


def test_the_later_of_both_counts() -> None:
    """An attempt has to fit into the window, and the breaker has to let it through."""
    gate = Gate("level3", Breaker(failures=1, cool_down=30 * SECOND), Window(limit=1, span=60 * SECOND))
    assert gate.allows(5) == 5
    assert gate.began(5) == []
    assert gate.allows(6) == 5 + 60 * SECOND
    assert gate.failed(40 * SECOND) == [
        BreakerChanged(role="level3", state="open", failures=1, retry_in_ns=30 * SECOND)
    ]
    assert gate.allows(41 * SECOND) == 70 * SECOND


def test_what_changes_is_told() -> None:
    """Each change of the breaker once, with the role and the time to wait."""
    gate = Gate(breaker=Breaker(failures=2, cool_down=30 * SECOND))
    assert gate.failed(0) == []
    (opened,) = gate.failed(SECOND)
    assert (opened.role, opened.state, opened.failures, opened.retry_in_ns) == ("public", "open", 2, 30 * SECOND)
    (probing,) = gate.began(31 * SECOND)
    assert (probing.state, probing.retry_in_ns) == ("half_open", 0)
    assert gate.allows(32 * SECOND) == 33 * SECOND
    (closed,) = gate.succeeded(33 * SECOND)
    assert (closed.state, closed.failures, closed.retry_in_ns) == ("closed", 0, 0)
    assert gate.succeeded(34 * SECOND) == []


def test_roles_share_a_window() -> None:
    """What one endpoint uses up the others don't have."""
    window = Window(limit=2, span=60 * SECOND)
    public, private = Gate("public", window=window), Gate("private", window=window)
    public.began(0)
    private.began(1)
    assert public.allows(2) == 60 * SECOND


def test_repr() -> None:
    """A gate shows where it leads, its breaker and its window."""
    assert repr(Gate()) == "<Gate to public: <Breaker closed, 0 failures>, <Window of 120 in 600 s>>"
