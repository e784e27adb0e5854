"""What the stories leave out: the corners of a session, each a few steps long."""

import json
from typing import Any

import msgspec
import pytest

from havklo._protocol import actions
from havklo._protocol.life import Life, Timings
from havklo._protocol.messages import (
    Ack,
    BookLost,
    BookProven,
    Heartbeat,
    Malformed,
    Pong,
    Refusal,
    StatusReport,
    Unknown,
)
from havklo._protocol.session import Session
from havklo.channels import Topic
from havklo.errors import SubscribeTimeout, SubscriptionError
from havklo.events import Connected, ConnectionLost, Refused, Resync, Status, SubscriptionLost

SECOND = 1_000_000_000
BTC = Topic("book", "BTC/USD", 10)
ETH = Topic("book", "ETH/USD", 10)


def ack(topic: Topic, req_id: int | None, method: Any = "subscribe") -> Ack:
    """Kraken's yes."""
    return Ack(method=method, channel=topic.channel, symbol=topic.symbol, req_id=req_id)


def snapshot(topic: Topic) -> BookProven:
    """The engine's word about a snapshot."""
    return BookProven(symbol=topic.symbol, snapshot=True)


def opened(*topics: Topic, timings: Timings | None = None) -> Session:
    """A session that is connected and has asked for its topics."""
    session = Session(lambda: 0.0, timings=timings or Timings())
    session.subscribe(topics, 0)
    session.connected(0)
    return session


def live(*topics: Topic) -> Session:
    """A session whose topics are live and settled."""
    session = opened(*topics)
    for topic in topics:
        session.receive(ack(topic, 1), 1)
        session.receive(snapshot(topic), 2)
        for _ in range(5):
            session.receive(BookProven(symbol=topic.symbol), 3)
    return session


def requests(done: list[actions.Action]) -> list[tuple[str, list[str]]]:
    """The method and the symbols of everything that is sent."""
    sent = [json.loads(action.payload) for action in done if isinstance(action, actions.Send)]
    return [(request["method"], request.get("params", {}).get("symbol", [])) for request in sent]


def events_of(done: list[actions.Action]) -> list[actions.SessionEvent]:
    """What the user is told."""
    return [action.event for action in done if isinstance(action, actions.Emit)]


def test_wanted_twice_is_wanted_once() -> None:
    """A topic that is wanted already is neither tracked nor asked for again."""
    session = live(BTC)
    assert session.subscribe([BTC], 4) == []


def test_attention_is_only_for_books_that_are_not_settled() -> None:
    """After five verified updates the session need not hear of a book any more."""
    session = opened(BTC, ETH)
    attention = session.attention
    session.receive(snapshot(BTC), 1)
    for _ in range(4):
        session.receive(BookProven(symbol="BTC/USD"), 2)
    assert attention == {"BTC/USD", "ETH/USD"}
    session.receive(BookProven(symbol="BTC/USD"), 3)
    assert attention == {"ETH/USD"}
    session.receive(BookLost(symbols=("BTC/USD",), reason="checksum"), 4)
    assert attention == {"BTC/USD", "ETH/USD"}
    assert session.attention is attention


def test_a_live_book_needs_no_second_snapshot() -> None:
    """An unexpected snapshot of a live book is fine, and no news."""
    session = live(BTC)
    assert session.receive(snapshot(BTC), 4) == []


def test_messages_about_nothing_known_do_nothing() -> None:
    """Facts and acks for topics that are not here are ignored, and so are channels that are not known."""
    session = live(BTC)
    for message in (
        snapshot(ETH),
        BookLost(symbols=("ETH/USD",), reason="checksum"),
        ack(ETH, 1),
        ack(BTC, 77, "unsubscribe"),
        ack(BTC, None, "unsubscribe"),
        Ack(method="subscribe", channel="status"),
        Pong(),
        Heartbeat(),
        Unknown(channel="trade"),
    ):
        assert session.receive(message, 4) == []


def test_a_book_that_is_being_resynchronised_can_not_be_lost_again() -> None:
    """A desync that comes while the resync is under way changes nothing."""
    session = live(BTC)
    session.receive(BookLost(symbols=("BTC/USD",), reason="checksum"), 4)
    assert session.receive(BookLost(symbols=("BTC/USD",), reason="unknown_delete"), 5) == []


def test_an_unmatched_refusal_is_told() -> None:
    """An error ack that belongs to nothing under way becomes an event, never silence."""
    session = live(BTC)
    told = session.receive(Refusal(error="Malformed request"), 4)
    assert events_of(told) == [Refused(error="Malformed request", method=None, symbol=None)]
    stray = Refusal(error="Currency pair not supported A/B", method="subscribe", symbol="A/B", req_id=9)
    assert events_of(session.receive(stray, 5)) == [
        Refused(error="Currency pair not supported A/B", method="subscribe", symbol="A/B")
    ]


def test_a_refusal_without_id_and_symbol_means_the_only_request_under_way() -> None:
    """It fails that request's topics; with two requests under way nobody can say which, and it is told."""
    session = opened(BTC)
    failed = session.receive(Refusal(error="Subscription depth not supported", method="subscribe"), 1)
    assert [type(action) for action in failed] == [actions.Untrack, actions.Fail, actions.Close]

    session = opened(BTC)
    session.subscribe([ETH], 1)
    told = session.receive(Refusal(error="Subscription depth not supported", method="subscribe"), 2)
    assert [type(event) for event in events_of(told)] == [Refused]


def test_a_refusal_of_an_acknowledged_topic_needs_its_symbol() -> None:
    """What has its ack is not meant by an error ack that names no symbol."""
    session = opened(BTC, ETH)
    session.receive(ack(BTC, 1), 1)
    failed = session.receive(Refusal(error="no", method="subscribe", req_id=1), 2)
    assert [action.topic for action in failed if isinstance(action, actions.Fail)] == [ETH]


@pytest.mark.parametrize(
    ("symbol", "hint"),
    [("XBT/USD", "BTC and DOGE"), ("XDG/USD", "BTC and DOGE"), ("btc/usd", "upper case"), ("FOO/BAR", None)],
)
def test_refused_symbols_come_with_advice(symbol: str, hint: str | None) -> None:
    """Kraken's own words are kept; for common mistakes the hint says what to write instead."""
    session = opened(Topic("book", symbol, 10))
    words = f"Currency pair not supported {symbol}"
    done = session.receive(Refusal(error=words, method="subscribe", symbol=symbol, req_id=1), 1)
    (error,) = [action.error for action in done if isinstance(action, actions.Fail)]
    assert type(error) is SubscriptionError
    assert (error.error, error.symbol, error.channel) == (words, symbol, "book")
    assert error.hint is None if hint is None else hint in (error.hint or "")


def test_refused_after_it_was_live() -> None:
    """When Kraken refuses a topic on the way back, its subscription is lost, and that is told."""
    session = live(BTC, ETH)
    session.disconnected("gone", 20 * SECOND)
    session.connected(20 * SECOND)
    refusal = Refusal(error="Currency pair not supported BTC/USD", method="subscribe", symbol="BTC/USD")
    done = session.receive(refusal, 21 * SECOND)
    assert [type(action) for action in done] == [actions.Untrack, actions.Fail, actions.Emit]
    (event,) = events_of(done)
    assert isinstance(event, SubscriptionLost)
    assert (event.symbol, event.error.message) == ("BTC/USD", f"book BTC/USD: {refusal.error}")


def test_already_subscribed_is_taken_back_first() -> None:
    """If Kraken says a topic is there already, it is unsubscribed and asked for anew."""
    session = opened(BTC)
    done = session.receive(Refusal(error="Already subscribed", method="subscribe", req_id=1), 1)
    assert requests(done) == [("unsubscribe", ["BTC/USD"])]


def test_a_refused_unsubscribe_is_as_good_as_an_ack() -> None:
    """What is not subscribed need not be waited for."""
    session = live(BTC)
    session.receive(BookLost(symbols=("BTC/USD",), reason="checksum"), 4)
    done = session.receive(Refusal(error="Subscription Not Found", method="unsubscribe", req_id=2), 5)
    assert requests(done) == [("subscribe", ["BTC/USD"])]


def test_one_missing_ack_does_not_hold_the_others_for_ever() -> None:
    """Topics of one unsubscribe go on together: with the last ack, or after two seconds."""
    session = live(BTC, ETH)
    session.receive(Malformed(detail="?"), 4)
    assert session.receive(ack(ETH, 2, "unsubscribe"), 5) == []
    done = session.tick(4 + 2 * SECOND)
    assert requests(done) == [("subscribe", ["BTC/USD", "ETH/USD"])]


def test_malformed_while_a_snapshot_is_awaited() -> None:
    """The malformed frame may have been the awaited snapshot, so an acknowledged topic is asked for anew."""
    session = opened(BTC, ETH)
    session.receive(ack(BTC, 1), 1)
    done = session.receive(Malformed(detail="?"), 2)
    assert requests(done) == [("unsubscribe", ["BTC/USD"])]


def test_no_answer_at_all() -> None:
    """A subscribe that is neither acknowledged nor answered is repeated, and the timeout says so."""
    session = opened(BTC)
    for second in (2, 4):
        session.receive(Heartbeat(), second * SECOND)
    assert requests(session.tick(5 * SECOND)) == [("unsubscribe", ["BTC/USD"])]
    session.receive(Heartbeat(), 6 * SECOND)
    assert requests(session.tick(7 * SECOND)) == [("subscribe", ["BTC/USD"])]
    session.receive(Heartbeat(), 9 * SECOND)
    done = session.tick(10 * SECOND)
    (error,) = [action.error for action in done if isinstance(action, actions.Fail)]
    assert isinstance(error, SubscribeTimeout)
    assert error.seconds == 10
    assert error.error == "no verified snapshot within 10 s; no answer came"


def test_a_timeout_of_ones_own() -> None:
    """The patience of a subscription can be chosen with it."""
    session = Session(lambda: 0.0)
    session.subscribe([BTC], 0, timeout=SECOND)
    assert session.next_deadline == SECOND
    done = session.tick(SECOND)
    (error,) = [action.error for action in done if isinstance(action, actions.Fail)]
    assert error.error == "no verified snapshot within 1 s"


def test_unsubscribed_while_asked_for() -> None:
    """Taking a topic back before its snapshot ends it without a word."""
    session = opened(BTC, ETH)
    done = session.unsubscribe([ETH], 1)
    assert [type(action) for action in done] == [actions.Untrack, actions.Send]
    assert session.unsubscribe([ETH], 2) == []
    assert session.load == 2
    session.receive(ack(ETH, 2, "unsubscribe"), 3)
    assert session.load == 1


def test_unsubscribed_and_never_acknowledged() -> None:
    """After two seconds an unwanted topic is forgotten, ack or not."""
    session = live(BTC, ETH)
    session.unsubscribe([BTC], 4)
    session.tick(4 + 2 * SECOND)
    assert session.load == 1


def test_one_symbol_has_one_depth() -> None:
    """A connection that carries a symbol has no room for its other depths, until it is taken back."""
    session = live(BTC)
    deeper = Topic("book", "BTC/USD", 25)
    assert (session.can_carry(deeper), session.can_carry(ETH)) == (False, True)
    session.unsubscribe([BTC], 4)
    assert session.can_carry(deeper)


def test_another_depth_is_another_topic() -> None:
    """A topic is taken back only as it was asked for."""
    session = live(BTC)
    assert session.unsubscribe([Topic("book", "BTC/USD", 25)], 4) == []


def test_unsubscribed_before_the_connection_stands() -> None:
    """Nothing is sent, and the attempt to connect is called off."""
    session = Session(lambda: 0.0)
    session.subscribe([BTC], 0)
    done = session.unsubscribe([BTC], 1)
    assert [type(action) for action in done] == [actions.Untrack, actions.Close]
    assert session.next_deadline is None
    assert session.disconnected("called off", 2) == []


def test_an_unwanted_topic_does_not_survive_its_connection() -> None:
    """With the connection goes the unsubscribe; if nothing else is wanted, nothing is restored."""
    session = live(BTC)
    session.unsubscribe([BTC], 4)
    done = session.disconnected("gone", 5)
    assert [type(action) for action in done] == [actions.Suspend]
    assert session.next_deadline is None
    done = session.subscribe([ETH], 6)
    assert [type(action) for action in done] == [actions.Track, actions.Connect]


def test_a_resync_on_request() -> None:
    """A live book can be asked to prove itself anew; one that is not live is on its way already."""
    session = live(BTC)
    done = session.resync(["BTC/USD", "ETH/USD"], 4)
    assert requests(done) == [("unsubscribe", ["BTC/USD"])]
    assert session.resync(["BTC/USD"], 5) == []
    session.receive(ack(BTC, 2, "unsubscribe"), 6)
    (event,) = events_of(session.receive(snapshot(BTC), 7))
    assert isinstance(event, Resync)
    assert event.reason == "asked"
    assert session.resyncs == 1


def test_a_late_snapshot_heals_before_the_retry() -> None:
    """While the next attempt is still waiting, the old subscription's own snapshot is as good."""
    session = live(BTC)
    session.receive(BookLost(symbols=("BTC/USD",), reason="checksum"), 4)
    session.receive(ack(BTC, 2, "unsubscribe"), 5)
    session.receive(BookLost(symbols=("BTC/USD",), reason="checksum"), 6)
    (event,) = events_of(session.receive(snapshot(BTC), 7))
    assert isinstance(event, Resync)
    assert session.receive(Heartbeat(), SECOND) == []


def test_a_stalled_book_that_is_reported_is_left_alone() -> None:
    """A stall and a disconnect do not resync what the user wanted to decide about, until it reconnects."""
    session = live(BTC)
    session.receive(BookLost(symbols=("BTC/USD",), reason="checksum", resync=False), 4)
    session.tick(4 * SECOND)
    assert session.receive(Heartbeat(), 5 * SECOND) == []
    session.disconnected("gone", 20 * SECOND)
    assert requests(session.connected(20 * SECOND)) == [("subscribe", ["BTC/USD"])]


def test_settled_books_do_not_count_further() -> None:
    """Further updates of a live book change nothing, should the shell tell of them."""
    session = live(BTC)
    assert session.receive(BookProven(symbol="BTC/USD"), 9) == []


def test_heard_ends_a_stall() -> None:
    """The shell may know of a read before a message of it has come."""
    session = live(BTC)
    session.tick(4 * SECOND)
    assert requests(session.heard(5 * SECOND)) == [("unsubscribe", ["BTC/USD"])]
    assert session.heard(5 * SECOND) == []


def test_status_after_the_handshake() -> None:
    """A status that comes with the handshake is told after the connection's own news, a later one at once."""
    session = Session(lambda: 0.0)
    session.subscribe([BTC], 0)
    assert session.receive(StatusReport(system="online"), 1) == []
    assert [type(event) for event in events_of(session.connected(2))] == [Connected, Status]
    assert [type(event) for event in events_of(session.receive(StatusReport(system="x"), 3))] == [Status]


def test_the_ack_of_an_older_unsubscribe_counts_for_nothing() -> None:
    """While a second unsubscribe is under way, the first one's late ack does not let the subscribe go."""
    session = live(BTC)
    session.receive(BookLost(symbols=("BTC/USD",), reason="checksum"), SECOND)
    assert requests(session.tick(3 * SECOND)) == [("subscribe", ["BTC/USD"])]
    session.receive(BookLost(symbols=("BTC/USD",), reason="checksum"), 3 * SECOND)
    assert requests(session.tick(4 * SECOND)) == [("unsubscribe", ["BTC/USD"])]
    assert session.receive(ack(BTC, 2, "unsubscribe"), 4 * SECOND + 1) == []
    assert requests(session.receive(ack(BTC, 4, "unsubscribe"), 4 * SECOND + 2)) == [("subscribe", ["BTC/USD"])]


def test_each_loss_of_a_stable_connection_is_the_first() -> None:
    """A connection that has held for ten seconds is replaced at once, however often that happens."""
    session = live(BTC)
    for number in range(1, 5):
        (lost,) = events_of(session.disconnected("gone", number * 20 * SECOND))
        assert isinstance(lost, ConnectionLost)
        assert lost.retry_in_ns == 0
        session.connected(number * 20 * SECOND)
    (lost,) = events_of(session.disconnected("gone", 81 * SECOND))
    assert isinstance(lost, ConnectionLost)
    assert lost.retry_in_ns == SECOND // 2


def test_no_attention_for_what_is_not_wanted() -> None:
    """The session does not wait for books that were taken back or have failed."""
    session = opened(BTC, ETH)
    session.unsubscribe([BTC], 1)
    session.receive(Refusal(error="no", method="subscribe", symbol="ETH/USD", req_id=1), 2)
    assert session.attention == set()


def test_disconnected_twice_is_once() -> None:
    """The second report of the same end changes nothing."""
    session = live(BTC)
    session.disconnected("gone", 4)
    session.connected(5)
    session.disconnected("gone", 6)
    assert session.disconnected("gone", 7) == []
    assert session.reconnects == 1


def test_reproofs_are_spread() -> None:
    """Books that were proven together are not proven anew together."""
    draws = iter([0.0, 0.8])
    session = Session(lambda: next(draws), timings=Timings(reprove_every=60 * SECOND))
    session.subscribe([BTC, ETH], 0)
    session.connected(0)
    session.receive(snapshot(BTC), 0)
    session.receive(snapshot(ETH), 0)
    for second in range(2, 48, 2):
        session.receive(Heartbeat(), second * SECOND)
    assert requests(session.tick(48 * SECOND)) == [("unsubscribe", ["ETH/USD"])]


def test_repr_tells_the_state() -> None:
    """A session shows its connection and where each topic stands."""
    session = live(BTC)
    session.receive(BookLost(symbols=("BTC/USD",), reason="checksum"), 4)
    assert repr(session) == "<Session 0 open [book BTC/USD at depth 10: unsubscribing]>"
    life = Life(BTC, 0, SECOND, Timings(), lambda: 0.0)
    assert repr(life) == "<Life book BTC/USD at depth 10: queued>"
    life.wanted = False
    assert repr(life) == "<Life book BTC/USD at depth 10: queued, unwanted>"


def test_actions_are_frozen() -> None:
    """An action can't be changed after it was said."""
    with pytest.raises(AttributeError):
        actions.Close("why").reason = "why not"  # type: ignore[misc]
    assert msgspec.json.encode(actions.Track(BTC)).startswith(b'{"do":"track"')
