"""The corners of what is asked for and taken back: refusals, acks that are late or missing, patience that ends."""

import json

import pytest

from _protocol.corners import BTC, ETH, QUIET, SECOND, ack, beat, events_of, live, opened, requests, snapshot
from havklo._protocol import actions
from havklo._protocol.messages import (
    Alive,
    BookLost,
    Malformed,
    Refusal,
)
from havklo._protocol.session import Session
from havklo.channels import Topic
from havklo.errors import SubscribeTimeout, SubscriptionError
from havklo.events import Refused, Resync, SubscriptionLost


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


def test_a_refusal_keeps_krakens_words() -> None:
    """The error says what Kraken said and what was asked for, and gives advice where there is some."""
    session = opened(BTC)
    words = "Currency pair not supported BTC/USD"
    done = session.receive(Refusal(error=words, method="subscribe", symbol="BTC/USD", req_id=1), 1)
    (error,) = [action.error for action in done if isinstance(action, actions.Fail)]
    assert type(error) is SubscriptionError
    assert (error.error, error.symbol, error.channel) == (words, "BTC/USD", "book")
    assert "upper case" in (error.hint or "")


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


def test_no_answer_at_all() -> None:
    """A subscribe that is neither acknowledged nor answered is repeated, and the timeout says so."""
    session = opened(BTC)
    for second in (2, 4):
        session.receive(Alive(), second * SECOND)
    assert requests(session.tick(5 * SECOND)) == [("unsubscribe", ["BTC/USD"])]
    session.receive(Alive(), 6 * SECOND)
    assert requests(session.tick(7 * SECOND)) == [("subscribe", ["BTC/USD"])]
    session.receive(Alive(), 9 * SECOND)
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


def test_the_ack_of_an_older_unsubscribe_counts_for_nothing() -> None:
    """While a second unsubscribe is under way, the first one's late ack does not let the subscribe go."""
    session = live(BTC)
    session.receive(BookLost(symbols=("BTC/USD",), reason="checksum"), SECOND)
    assert requests(session.tick(3 * SECOND)) == [("subscribe", ["BTC/USD"])]
    session.receive(BookLost(symbols=("BTC/USD",), reason="checksum"), 3 * SECOND)
    assert requests(session.tick(4 * SECOND)) == [("unsubscribe", ["BTC/USD"])]
    assert session.receive(ack(BTC, 2, "unsubscribe"), 4 * SECOND + 1) == []
    assert requests(session.receive(ack(BTC, 4, "unsubscribe"), 4 * SECOND + 2)) == [("subscribe", ["BTC/USD"])]


def test_what_falls_due_together_is_done_together() -> None:
    """The patience of a subscription ends as that for its unsubscribe's ack does; nothing is left to do after it."""
    session = Session(lambda: 0.0, timings=QUIET)
    session.subscribe([BTC], 0)
    session.connected(3 * SECOND)
    for second in (5, 7):
        beat(session, second * SECOND)
    assert requests(session.tick(8 * SECOND)) == [("unsubscribe", ["BTC/USD"])]
    beat(session, 9 * SECOND)
    done = session.tick(10 * SECOND)
    assert [type(action) for action in done] == [actions.Untrack, actions.Fail, actions.Close]
    assert session.next_deadline is None


def test_an_unsubscribe_without_an_ack_leaves_its_subscription_in_doubt() -> None:
    """The next snapshot may still be the old one's, until the new subscribe has its ack."""
    session = live(BTC)
    session.receive(BookLost(symbols=("BTC/USD",), reason="checksum"), SECOND)
    assert requests(session.tick(3 * SECOND)) == [("subscribe", ["BTC/USD"])]
    done = session.receive(snapshot(BTC), 3 * SECOND + 1)
    assert done == [actions.Suspend(("BTC/USD",), "resyncing"), actions.Discard()]
    session.receive(ack(BTC, 3), 3 * SECOND + 2)
    assert [type(event) for event in events_of(session.receive(snapshot(BTC), 3 * SECOND + 3))] == [Resync]


@pytest.mark.parametrize("refused_first", [False, True])
def test_a_request_that_was_one_too_many_for_some(refused_first: bool) -> None:
    """What was not taken back is taken back again, a little later; the others do not wait for it, nor it for them."""
    session = live(BTC, ETH)
    assert requests(session.receive(Malformed(detail="?"), 4)) == [("unsubscribe", ["BTC/USD", "ETH/USD"])]
    answers = (
        Refusal(error="Exceeded msg rate", method="unsubscribe", symbol="BTC/USD", req_id=2),
        ack(ETH, 2, "unsubscribe"),
    )
    done = [action for answer in answers[:: 1 if refused_first else -1] for action in session.receive(answer, 5)]
    assert requests(done) == [("subscribe", ["ETH/USD"])]
    beat(session, SECOND)
    assert requests(session.tick(SECOND)) == [("unsubscribe", ["BTC/USD"])]
    assert requests(session.receive(ack(BTC, 4, "unsubscribe"), SECOND + 1)) == [("subscribe", ["BTC/USD"])]


def test_what_is_taken_back_again_is_what_was_asked_for() -> None:
    """Whoever wants another depth meanwhile gets it after the first one has been taken back as it was."""
    session = live(BTC, ETH)
    session.unsubscribe([BTC], 4)
    session.receive(Refusal(error="Exceeded msg rate", method="unsubscribe", symbol="BTC/USD", req_id=2), 5)
    deeper = Topic("book", "BTC/USD", 25)
    assert [type(action) for action in session.subscribe([deeper], 6)] == [actions.Track]
    beat(session, SECOND)
    (sent,) = [action for action in session.tick(SECOND) if isinstance(action, actions.Send)]
    assert json.loads(sent.payload)["params"] == {"channel": "book", "symbol": ["BTC/USD"], "depth": 10}
    done = session.receive(ack(BTC, 3, "unsubscribe"), SECOND + 1)
    (sent,) = [action for action in done if isinstance(action, actions.Send)]
    assert json.loads(sent.payload)["params"]["depth"] == 25


def test_what_nobody_wants_is_taken_back_again_all_the_same() -> None:
    """A subscription that Kraken still serves is not forgotten, nor is its closed book touched."""
    session = live(BTC, ETH)
    session.unsubscribe([BTC], 4)
    session.receive(Refusal(error="Exceeded msg rate", method="unsubscribe", symbol="BTC/USD", req_id=2), 5)
    beat(session, SECOND)
    (sent,) = session.tick(SECOND)
    assert requests([sent]) == [("unsubscribe", ["BTC/USD"])]
    session.receive(ack(BTC, 3, "unsubscribe"), SECOND + 1)
    assert session.load == 1
