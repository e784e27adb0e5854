"""What the stories leave out: the corners of a session, each a few steps long."""

import msgspec
import pytest

from _protocol.corners import BTC, ETH, SECOND, ack, beat, events_of, live, opened, requests, snapshot
from havklo._protocol import actions
from havklo._protocol.life import Life
from havklo._protocol.messages import (
    Ack,
    Alive,
    BookLost,
    BookProven,
    Malformed,
    Pong,
    Refusal,
    StatusReport,
    Unknown,
)
from havklo._protocol.session import Session
from havklo._protocol.timings import Timings
from havklo.events import Connected, ConnectionLost, Resync, Status


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
        Unknown(channel="trade"),
    ):
        assert session.receive(message, 4) == []
    assert beat(session, 5) == []


def test_a_book_that_is_being_resynchronised_can_not_be_lost_again() -> None:
    """A desync that comes while the resync is under way changes nothing."""
    session = live(BTC)
    session.receive(BookLost(symbols=("BTC/USD",), reason="checksum"), 4)
    assert session.receive(BookLost(symbols=("BTC/USD",), reason="unknown_delete"), 5) == []


def test_malformed_while_a_snapshot_is_awaited() -> None:
    """The malformed frame may have been the awaited snapshot, so an acknowledged topic is asked for anew."""
    session = opened(BTC, ETH)
    session.receive(ack(BTC, 1), 1)
    done = session.receive(Malformed(detail="?"), 2)
    assert requests(done) == [("unsubscribe", ["BTC/USD"])]


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
    assert beat(session, SECOND) == []


def test_a_stalled_book_that_is_reported_is_left_alone() -> None:
    """A stall and a disconnect do not resync what the user wanted to decide about, until it reconnects."""
    session = live(BTC)
    session.receive(BookLost(symbols=("BTC/USD",), reason="checksum", resync=False), 4)
    session.tick(4 * SECOND)
    assert beat(session, 5 * SECOND) == []
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
        session.receive(Alive(), second * SECOND)
    assert requests(session.tick(48 * SECOND)) == [("unsubscribe", ["ETH/USD"])]


def test_what_can_be_asked_at_any_time() -> None:
    """A session says since when it is connected, whether that is silent, when it tries again, and what it has sent."""
    session = opened(BTC)
    assert (session.opened_at, session.reconnect_at, session.is_stalled, session.requests) == (0, None, False, 1)
    session.tick(3 * SECOND)
    assert session.is_stalled
    session.disconnected("gone", 4 * SECOND)
    session.disconnected("refused", 4 * SECOND)
    assert (session.opened_at, session.reconnect_at, session.is_stalled) == (None, 4 * SECOND + SECOND // 2, False)


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
