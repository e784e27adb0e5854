"""Each invariant can be violated, and then says so."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from dst import holding, judge, keys, links, orders, streams
from dst.journal import Journal
from dst.keys import Keys
from dst.queues import Place, place_of
from dst.virtual import SECOND, VirtualClock
from dst.wire import Wire
from havklo._engine import Engine
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


BOOK = Engine().track("BTC/USD", channel="level3")
LIVE = b'{"channel":"level3","type":"snapshot","data":[{"symbol":"BTC/USD","checksum":0,"bids":[],"asks":[]}]}'
LIVE_ENGINE = Engine()
LIVE_BOOK = LIVE_ENGINE.track("BTC/USD", channel="level3")
LIVE_ENGINE.receive(LIVE, 0)
PLACE = Place("exact", 1, 5, 12, 0)


def position(orders_ahead: int) -> Any:
    """A place behind so many."""
    return SimpleNamespace(orders_ahead=orders_ahead, qty_ahead=orders_ahead)


def change(before: int, after: int, stamp: str) -> Any:
    """What is told of a tracked order."""
    return SimpleNamespace(
        symbol="BTC/USD", order_id="O", before=position(before), after=position(after), timestamp=stamp
    )


def test_a_place_in_a_queue() -> None:
    """It is counted at its price, and exact in the ten best levels."""
    queue = [(100, "a", 5), (100, "b", 7), (101, "c", 3), *((101 + level, f"d{level}", 1) for level in range(1, 12))]
    assert place_of(queue, 1) == PLACE
    assert place_of(queue, 2) == Place("exact", 0, 0, 3, 1)
    assert place_of(queue, len(queue) - 1) == Place("bounded", 0, 0, 1, 12)


TOKEN = b'{"method":"subscribe","req_id":%d,"params":{"channel":"level3","symbol":%b,"depth":%d,"token":"T"}}'
INVALID = b'{"channel":"level3","error":"ESession:Invalid session","method":"subscribe","req_id":1,"success":false}'


def test_tokens_and_cost(journal: Journal) -> None:
    """A refused token that is shown again is found on whichever connection, and so is what costs too much."""
    judge = Keys("a client", journal, {"T": 5})
    judge.expired_at.append(6)
    judge.asks(1, TOKEN % (1, b'["BTC/USD"]', 10), 7)
    judge.hears(2, INVALID, 8)  # another connection has a request of its own with this number
    assert journal.counts["tokens refused"] == 0
    judge.hears(1, INVALID, 9)
    judge.hears(1, INVALID[:40], 9)
    assert (journal.counts["tokens refused"], judge.may_fail(0)) == (1, False)
    assert rules(journal) == []
    judge.asks(2, TOKEN % (1, b'["BTC/USD"]', 10), 10)
    judge.asks(2, TOKEN.replace(b"subscribe", b"unsubscribe") % (2, b'["BTC/USD"]', 10), 10)
    assert rules(journal) == ["a refused token"]
    judge.asks(1, TOKEN.replace(b'"T"', b'"U"') % (3, b'["A/B","C/D"]', 1000), SECOND // 2)
    assert rules(journal)[1:] == ["over the budget"]
    judge.asks(1, TOKEN.replace(b'"T"', b'"U"') % (3, b'["A/B","C/D"]', 1000), 2 * SECOND)
    assert len(rules(journal)) == 2


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
        (lambda it: keys.never_after_it_was_refused(it, "a client", 8, 7), "a refused token"),
        (lambda it: keys.refused_for_a_reason(it, "a client", 8, 7), "a token too old"),
        (lambda it: keys.within_the_budget(it, "a client", 201), "over the budget"),
        (lambda it: keys.never_too_dear(it, "a client", peace=60 * SECOND + 1), "refused for its cost"),
        (lambda it: orders.is_in_its_place(it, "BTC/USD", "O", PLACE, None), "a wrong place"),
        (lambda it: orders.never_shows_a_token(it, "the token is secret", {"secret": 0}), "a token is shown"),
        (lambda it: orders.are_the_orders(it, BOOK, ([], []), ([(1, "O", 1)], [])), "a wrong queue"),
        (lambda it: orders.are_the_orders(it, BOOK, None, ([], [])), "a message that never was"),
        (lambda it: orders.refuses_orders(it, LIVE_BOOK), "an unproven read"),
        (lambda it: orders.goes_on(it, change(0, 1, "a"), change(2, 1, "b")), "a change left out"),
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
        lambda it: keys.never_after_it_was_refused(it, "a client", 7, 7),
        lambda it: keys.refused_for_a_reason(it, "a client", 7, 7),
        lambda it: keys.within_the_budget(it, "a client", 200),
        lambda it: keys.never_too_dear(it, "a client", peace=60 * SECOND),
        lambda it: orders.is_in_its_place(it, "BTC/USD", "O", PLACE, PLACE),
        lambda it: orders.never_shows_a_token(it, "nothing", {"secret": 0}),
        lambda it: orders.are_the_orders(it, BOOK, ([], []), ([], [])),
        lambda it: orders.refuses_orders(it, BOOK),
        lambda it: orders.goes_on(it, change(0, 1, "a"), change(1, 0, "b")),
        lambda it: orders.goes_on(it, change(0, 1, "a"), change(0, 2, "a")),
    ],
)
def test_kept(journal: Journal, judge: Callable[[Journal], None]) -> None:
    """What may be is not."""
    judge(journal)
    assert rules(journal) == []


@pytest.mark.parametrize(
    ("reason", "is_thin", "violated"),
    [("better_refill", True, False), ("better_refill", False, True), ("checksum", True, True)],
)
def test_a_desync_without_a_fault(journal: Journal, reason: str, is_thin: bool, violated: bool) -> None:  # plain facts
    """Only what rules about refills say of a market that has nothing to refill from is nobody's fault."""
    judge.never_lost_without_a_fault(journal, None, "A/B", reason, is_thin=is_thin)
    assert rules(journal) == ["a desync without a fault"] * violated
