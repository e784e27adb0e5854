"""Each invariant can be violated, and then says so."""

from collections.abc import Callable

import pytest

from dst import holding, links, streams
from dst.journal import Journal
from dst.virtual import SECOND, VirtualClock
from dst.wire import Wire
from havklo.events import TradeGap

SUBSCRIBE = b'{"method":"subscribe","req_id":%d,"params":{"channel":"book","symbol":["BTC/USD"],"depth":10}}'
UNSUBSCRIBE = b'{"method":"unsubscribe","req_id":%d,"params":{"channel":"book","symbol":["BTC/USD"],"depth":10}}'
ACK = b'{"method":"unsubscribe","req_id":%d,"result":{"channel":"book","symbol":"BTC/USD"},"success":true}'
REFUSED = b'{"error":"Exceeded msg rate","method":"subscribe","req_id":%d,"success":false,"symbol":"BTC/USD"}'


@pytest.fixture
def journal() -> Journal:
    """An empty account."""
    return Journal(VirtualClock())


@pytest.fixture
def wire(journal: Journal) -> Wire:
    """A fresh connection."""
    return Wire(1, journal)


def rules(journal: Journal) -> list[str]:
    """What was violated."""
    return [violation.rule for violation in journal.violations]


def test_a_proper_conversation(wire: Wire, journal: Journal) -> None:
    """Subscribe, unsubscribe, wait for the ack or two seconds, subscribe again; after a refusal at once."""
    wire.sent(SUBSCRIBE % 1, 0)
    wire.heard(REFUSED % 1)
    wire.sent(SUBSCRIBE % 2, SECOND)
    wire.sent(UNSUBSCRIBE % 3, 2 * SECOND)
    wire.heard(ACK % 3)
    wire.sent(SUBSCRIBE % 4, 2 * SECOND)
    wire.sent(UNSUBSCRIBE % 5, 3 * SECOND)
    wire.sent(SUBSCRIBE % 6, 5 * SECOND)
    assert rules(journal) == []
    assert wire.depths == {"BTC/USD": 10}


def test_subscribed_twice(wire: Wire, journal: Journal) -> None:
    """No two subscriptions of a symbol on one connection."""
    wire.sent(SUBSCRIBE % 1, 0)
    wire.sent(SUBSCRIBE % 2, SECOND)
    assert rules(journal) == ["subscribed twice"]


def test_subscribed_before_the_ack(wire: Wire, journal: Journal) -> None:
    """Another request's ack does not count."""
    wire.sent(SUBSCRIBE % 1, 0)
    wire.sent(UNSUBSCRIBE % 2, 0)
    wire.heard(ACK % 1)
    wire.sent(SUBSCRIBE % 3, 2 * SECOND - 1)
    assert rules(journal) == ["subscribed before the ack"]


def test_taken_back_for_nothing(wire: Wire, journal: Journal) -> None:
    """Only what was asked for is taken back."""
    wire.sent(UNSUBSCRIBE % 1, 0)
    assert rules(journal) == ["taken back for nothing"]


@pytest.mark.parametrize(("wishes", "violated"), [(0, True), (10, False)])
def test_too_many_requests(wire: Wire, journal: Journal, wishes: int, violated: bool) -> None:
    """More than fifty about a topic in ten seconds, the user's own wishes aside."""
    for _ in range(wishes):
        wire.wished("BTC/USD", 0)
    for number in range(30):
        wire.sent(SUBSCRIBE % (2 * number), number)
        wire.sent(UNSUBSCRIBE % (2 * number + 1), number)
        wire.heard(ACK % (2 * number + 1))
    assert ("too many requests" in rules(journal)) == violated


def test_too_many_requests_of_a_connection(wire: Wire, journal: Journal) -> None:
    """More than 120 in ten seconds, about whatever topics."""
    for number in range(121):
        wire.sent(SUBSCRIBE.replace(b"BTC", b"C%d" % number) % number, number)
    assert rules(journal) == ["too many requests"]


GAP = TradeGap(symbol="BTC/USD", first=5, last=7, count=3, reason="beyond the snapshot", recv_ns=0)


@pytest.mark.parametrize(
    ("judge", "rule"),
    [
        (lambda it: links.never_too_many_connects(it, "a client", 121, 120), "too many connects"),
        (lambda it: links.never_through_an_open_breaker(it, "a client", "open", 0, 0), "through an open breaker"),
        (lambda it: links.never_through_an_open_breaker(it, "a client", "half_open", 2, 0), "through an open breaker"),
        (lambda it: links.legal_move(it, "a client", "closed", "half_open"), "an illegal move of the breaker"),
        (lambda it: links.closes_in_time(it, "a client", "open", links.HEALING + 1), "the breaker does not close"),
        (lambda it: streams.follows(it, "BTC/USD", 5, 6), "a lost trade"),
        (lambda it: streams.begins_in_time(it, "BTC/USD", 5, 6), "a lost trade"),
        (lambda it: streams.is_the_trade(it, "BTC/USD", 5, (1, 2, "buy"), (1, 3, "buy")), "a wrong trade"),
        (lambda it: streams.is_an_honest_gap(it, GAP, 50), "a gap without need"),
        (lambda it: streams.all_are_told(it, "BTC/USD", 5, 6), "a lost trade"),
        (lambda it: streams.ends_with_the_truth(it, "ticker BTC/USD", 5, 6), "not the truth in the end"),
        (lambda it: holding.ends_in_time(it, ["BTC/USD"], 10 * SECOND + 1), "a subscribe without end"),
    ],
)
def test_violated(journal: Journal, judge: Callable[[Journal], None], rule: str) -> None:
    """What must not be is told."""
    judge(journal)
    assert rules(journal) == [rule]


@pytest.mark.parametrize(
    "judge",
    [
        lambda it: links.never_too_many_connects(it, "a client", 120, 120),
        lambda it: links.never_through_an_open_breaker(it, "a client", "half_open", 2, links.COOL_DOWN),
        lambda it: links.closes_in_time(it, "a client", "open", links.HEALING),
        lambda it: streams.follows(it, "BTC/USD", None, 6),
        lambda it: streams.begins_in_time(it, "BTC/USD", 5, 5),
        lambda it: streams.is_an_honest_gap(it, GAP, 58),
        lambda it: holding.ends_in_time(it, ["BTC/USD"], 10 * SECOND),
    ],
)
def test_kept(journal: Journal, judge: Callable[[Journal], None]) -> None:
    """What may be is not."""
    judge(journal)
    assert rules(journal) == []
