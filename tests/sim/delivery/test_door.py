"""Who may connect, and how fast requests may come."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo.sim.delivery.door import Refusal
from havklo.sim.rules import Rules, Texts

HERE, THERE = "127.0.0.1", "::1"


def test_refuse_a_number_of_attempts(rig: Any) -> None:
    """So many attempts get 503, from wherever they come."""
    order = rig.faults.inject("refuse", count=2)
    knocks = [rig.door.knock(address, "public") for address in (HERE, THERE, HERE)]
    assert knocks == [Refusal(503, 1), Refusal(503, 1), None]
    assert [(fault.kind, fault.role, fault.connection) for fault in order.faults] == [("refuse", "public", 0)] * 2
    assert not order.active


def test_refuse_for_a_time(rig: Any) -> None:
    """While it lasts, one endpoint is shut."""
    order = rig.faults.inject("refuse", role="private", seconds=10)
    rig.clock.advance(2.5)
    assert [rig.door.knock(HERE, role) for role in ("private", "private", "public")] == [
        Refusal(503, 8),
        Refusal(503, 8),
        None,
    ]
    rig.clock.advance(7.5)
    assert rig.door.knock(HERE, "private") is None
    assert [fault.until_ns for fault in order.faults] == [rig.now_ns] * 2
    assert not order.active


def test_ban(rig: Any) -> None:
    """A ban answers 429 for ten minutes unless another time is given, and comes before a refusal."""
    rig.faults.inject("refuse")
    rig.faults.inject("ban")
    assert rig.door.knock(HERE, "public") == Refusal(429, 600)
    rig.clock.advance(600)
    assert rig.door.knock(HERE, "public") == Refusal(503, 1)
    short = rig.faults.inject("ban", seconds=3)
    assert rig.door.knock(HERE, "level3") == Refusal(429, 3)
    short.cancel()
    assert rig.door.knock(HERE, "level3") is None
    assert rig.faults.counts == {"ban": 2, "refuse": 1}


def test_too_many_attempts(make_rig: Any) -> None:
    """One attempt too many within the window bans its address, not others, and for as long as it says."""
    rig = make_rig(Rules(connects=3, connects_seconds=10, ban_seconds=60))
    for _ in range(3):
        assert rig.door.knock(HERE, "public") is None
        rig.clock.advance(1)
    assert rig.door.knock(HERE, "private") == Refusal(429, 60)
    assert rig.door.knock(THERE, "private") is None
    rig.clock.advance(59.5)
    assert rig.door.knock(HERE, "public") == Refusal(429, 1)
    rig.clock.advance(0.5)
    assert [rig.door.knock(HERE, "public") for _ in range(4)] == [None, None, None, Refusal(429, 60)]
    assert list(rig.faults.log) == [], "nobody has ordered this"


def test_refused_attempts_count(make_rig: Any) -> None:
    """Who hammers at a door that is shut is banned for it."""
    rig = make_rig(Rules(connects=2))
    rig.faults.inject("refuse", seconds=5)
    statuses = [rig.door.knock(HERE, "public").status for _ in range(3)]
    assert statuses == [503, 503, 429]


def test_no_limit(make_rig: Any) -> None:
    """Without the rule anybody may come as often as he likes."""
    rig = make_rig(Rules(connects=None))
    assert not any(rig.door.knock(HERE, "public") for _ in range(1_000))


@given(st.lists(st.integers(0, 30), max_size=50))
def test_the_window_slides(make_rig: Any, waits: Any) -> None:
    """At any time as many attempts as were let in during the last ten seconds are counted, no more."""
    rig = make_rig(Rules(connects=4, connects_seconds=10, ban_seconds=7))
    admitted: list[int] = []
    now = banned_until = 0
    for wait in waits:
        rig.clock.advance(wait)
        now += wait
        refusal = rig.door.knock(HERE, "public")
        if now >= banned_until and len([at for at in admitted if at > now - 10]) >= 4:
            banned_until, admitted = now + 7, []
        assert (refusal is not None) == (now < banned_until)
        if refusal is None:
            admitted.append(now)


def test_rate_limit_for_a_time(rig: Any) -> None:
    """Each request is answered that there are too many; the log has request and answer."""
    link, _ = rig.connect()
    order = rig.faults.inject("rate_limit", seconds=4)
    answer = rig.door.refusal(link, b'{"method":"ping"}')
    assert answer == b'{"Error":"Exceeded msg rate"}'
    assert rig.door.refusal(link, b"x") == answer
    (fault, _) = order.faults
    assert (fault.kind, fault.connection, fault.frame, fault.sent) == ("rate_limit", 1, b'{"method":"ping"}', (answer,))
    assert fault.until_ns - fault.at_ns == 4_000_000_000
    rig.clock.advance(4)
    assert rig.door.refusal(link, b"x") is None


def test_rate_limit_a_number_of_requests(make_rig: Any) -> None:
    """Counted on the connection that it strikes first, in the words of the rules."""
    rig = make_rig(Rules(texts=Texts(msg_rate="EGeneral:Too many")))
    (public, _), (one, _), (other, _) = (rig.connect(role=role) for role in ("public", "private", "private"))
    rig.faults.inject("rate_limit", role="private", count=2)
    refusals = [rig.door.refusal(link, b"x") for link in (public, one, other, one, one)]
    refused = b'{"Error":"EGeneral:Too many"}'
    assert refusals == [None, refused, None, refused, None]


@pytest.mark.parametrize(("requests", "burst", "pause"), [(5.0, 5, 0.2), (1.0, 1, 1.0), (0.5, 1, 2.0), (2.5, 2, 0.4)])
def test_a_limit_of_requests(make_rig: Any, requests: float, burst: int, pause: float) -> None:
    """A connection has so many requests a second; those beyond are refused and cost nothing."""
    rig = make_rig(Rules(requests=requests))
    (link, _), (other, _) = rig.connect(), rig.connect()
    rig.clock.advance(10)
    refusals = [rig.door.refusal(link, b"x") is not None for _ in range(burst + 3)]
    assert refusals == [False] * burst + [True] * 3
    assert rig.door.refusal(other, b"x") is None
    for _ in range(3):
        rig.clock.advance(pause)
        assert rig.door.refusal(link, b"x") is None
        assert rig.door.refusal(link, b"x") is not None
    assert list(rig.faults.log) == []
    rig.leave(link)
