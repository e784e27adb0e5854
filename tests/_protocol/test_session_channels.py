"""The corners of a session whose channels have no checksum, of its gate, and of topics that go elsewhere."""

import json
from typing import Any

from havklo._protocol import actions
from havklo._protocol.breaker import Breaker, BreakerState
from havklo._protocol.gate import Gate
from havklo._protocol.messages import Ack, Activity, Alive, Malformed, Refusal, StatusReport, Unreadable, decode
from havklo._protocol.session import LinkState, Session
from havklo._protocol.timings import Timings
from havklo.channels import Topic
from havklo.events import BreakerChanged, ConnectionLost, Resync, Silent, Stalled, Status, TradeGap

SECOND = 1_000_000_000
BTC = Topic("trade", "BTC/USD")
ETH = Topic("trade", "ETH/USD")
TICKER = Topic("ticker", "BTC/USD", event_trigger="trades")
MINUTES = Topic("ohlc", "BTC/USD", interval=1)
HOURS = Topic("ohlc", "BTC/USD", interval=60)
QUIET = Timings(ping_first=3600 * SECOND, quiet_every=3600 * SECOND)


def rows(channel: str, *data: dict[str, Any], snapshot: bool = False) -> Any:
    """A channel's message, as it comes from the wire."""
    kind = "snapshot" if snapshot else "update"
    return decode(json.dumps({"channel": channel, "type": kind, "data": data}).encode(), 1)


def trades(*numbers: int, symbol: str = "BTC/USD", snapshot: bool = False) -> Any:
    """A message of trades; later numbers are later."""
    data = [
        {
            "symbol": symbol,
            "side": "buy",
            "price": 1.5,
            "qty": 1,
            "ord_type": "limit",
            "trade_id": number,
            "timestamp": f"2026-11-22T00:00:00.{number:06}Z",
        }
        for number in numbers
    ]
    return rows("trade", *data, snapshot=snapshot)


def ticker(*, snapshot: bool = False) -> Any:
    """A message of the ticker."""
    names = ("bid", "bid_qty", "ask", "ask_qty", "last", "volume", "vwap", "low", "high", "change", "change_pct")
    return rows("ticker", {"symbol": "BTC/USD"} | dict.fromkeys(names, 1), snapshot=snapshot)


def candles(*intervals: int, snapshot: bool = False) -> Any:
    """A message of candles."""
    names = ("open", "high", "low", "close", "vwap", "trades", "volume")
    fixed = {"symbol": "BTC/USD", "interval_begin": "2026-11-22T00:00:00.000000000Z"} | dict.fromkeys(names, 1)
    return rows("ohlc", *(fixed | {"interval": interval} for interval in intervals), snapshot=snapshot)


def ack(topic: Topic, req_id: int | None, method: Any = "subscribe") -> Ack:
    """Kraken's yes."""
    return Ack(method=method, channel=topic.channel, symbol=topic.symbol or None, req_id=req_id)


def opened(*topics: Topic, timings: Timings = QUIET, gate: Gate | None = None) -> Session:
    """A session that is connected and has asked for its topics."""
    session = Session(lambda: 0.0, timings=timings, gate=gate)
    session.subscribe(topics, 0)
    session.connected(0)
    return session


def requests(done: list[actions.Action]) -> list[str]:
    """The methods of everything that is sent."""
    return [json.loads(action.payload)["method"] for action in done if isinstance(action, actions.Send)]


def told(done: list[actions.Action]) -> list[int | tuple[int, int | None]]:
    """The numbers of the trades and gaps that are delivered."""
    events = [event for action in done if isinstance(action, actions.Deliver) for event in action.events]
    return [(event.first, event.last) if isinstance(event, TradeGap) else event.trade_id for event in events]  # type: ignore[union-attr]


def events_of(done: list[actions.Action], kind: type) -> list[Any]:
    """What the user is told of this kind."""
    return [action.event for action in done if isinstance(action, actions.Emit) and isinstance(action.event, kind)]


# -- trades ------------------------------------------------------------------------------------------------------------


def test_trades_of_a_topic_that_was_taken_back_are_nobodys() -> None:
    """What was held back for the sake of missing trades is not told once nobody wants it, nor does it wake anyone."""
    session = opened(BTC, ETH, timings=Timings(ping_first=3600 * SECOND, unsubscribe_ack=60 * SECOND))
    for topic in (BTC, ETH):
        session.receive(ack(topic, 1), 1)
        session.receive(trades(50, symbol=topic.symbol, snapshot=True), 1)
    session.receive(trades(53), SECOND)
    session.unsubscribe([BTC], 2 * SECOND)
    for second in range(3, 15):
        done = session.receive(Alive(), second * SECOND) + session.tick(second * SECOND)
        assert told(done) == []
        assert session.next_deadline is not None
        assert session.next_deadline > second * SECOND


def test_an_ack_counts_only_while_it_is_awaited() -> None:
    """A late ack of a subscribe completes nothing that was taken back meanwhile, whether it names its id or not."""
    for req_id in (1, None):
        session = opened(BTC, ETH)
        session.unsubscribe([BTC], 1)
        assert session.receive(ack(BTC, req_id), 2) == []
        assert session.receive(ack(BTC, 2, "unsubscribe"), 3) == []
        assert session.load == 1


def test_trades_are_complete_with_whatever_comes_first() -> None:
    """Ack or snapshot: the other one is no news."""
    session = opened(BTC)
    assert session.receive(ack(BTC, 1), 1) == [actions.Complete(BTC)]
    assert session.receive(ack(BTC, 1), 2) == []
    session = opened(BTC)
    done = session.receive(trades(1, snapshot=True), 1)
    assert [type(action) for action in done] == [actions.Deliver, actions.Complete]
    assert session.receive(ack(BTC, 1), 2) == []


def test_trades_of_one_message_go_to_their_topics() -> None:
    """A snapshot may be of several symbols; one that is not wanted is of no interest."""
    session = opened(BTC, ETH)
    both = rows("trade", *(row | {"symbol": name} for name in ("BTC/USD", "ETH/USD", "XRP/USD") for row in [ROW]))
    done = session.receive(ack(BTC, 1), 1) + session.receive(ack(ETH, 1), 1)
    assert done == [actions.Complete(BTC), actions.Complete(ETH)]
    assert session.receive(both, 2) == []
    assert [len(life.tape._held) for life in session.lives if life.tape is not None] == [1, 1]


ROW = {
    "side": "sell",
    "price": 2,
    "qty": 1,
    "ord_type": "market",
    "trade_id": 7,
    "timestamp": "2026-11-22T00:00:00.000007Z",
}


def test_a_pair_that_nobody_trades_is_not_asked_for_all_the_time() -> None:
    """Its snapshots have no trades, so it stays silent; the looks come ever later, up to about an hour apart."""
    patient = Timings(ping_first=99 * 3600 * SECOND, stall_after=99 * 3600 * SECOND, quiet_every=60 * SECOND)
    session, now, subscribes, silences = opened(BTC, timings=patient), 0, 0, 0
    session.receive(ack(BTC, 1), 0)
    while now < 12 * 3600 * SECOND:
        now = session.next_deadline or 0
        done = session.tick(now)
        silences += len(events_of(done, Silent))
        sent = [json.loads(action.payload) for action in done if isinstance(action, actions.Send)]
        for request in sent:
            subscribes += request["method"] == "subscribe"
            done = session.receive(ack(BTC, request["req_id"], request["method"]), now)
            sent += [json.loads(action.payload) for action in done if isinstance(action, actions.Send)]
    assert 10 <= silences == subscribes <= 20


def test_a_gap_while_the_resync_waits_changes_nothing() -> None:
    """A second hole comes while the first one's repair is under way."""
    session = opened(BTC)
    session.receive(ack(BTC, 1), 1)
    session.receive(trades(50, snapshot=True), 1)
    assert requests(session.receive(trades(53), 2)) == ["unsubscribe"]
    assert session.receive(trades(55), 3) == []


# -- what has rows and no checksum -------------------------------------------------------------------------------------


def test_candles_of_another_interval_are_not_this_ones() -> None:
    """While one interval is taken back for another, the old one still speaks; it is never passed off as the new one."""
    session = opened(MINUTES)
    session.receive(ack(MINUTES, 1), 1)
    session.receive(candles(1, snapshot=True), 2)
    session.unsubscribe([MINUTES], 3)
    session.subscribe([HOURS], 4)
    assert session.receive(candles(1), 5) == []
    session.receive(ack(MINUTES, 2, "unsubscribe"), 6)
    assert session.receive(candles(1, snapshot=True), 7) == []
    done = session.receive(candles(60, 60, snapshot=True), 8)
    assert [type(action) for action in done] == [actions.Deliver, actions.Complete]
    assert [action.topic for action in done] == [HOURS, HOURS]  # type: ignore[union-attr]


def test_updates_before_the_snapshot_are_passed_on() -> None:
    """They are what Kraken says; the topic is live only with its snapshot."""
    session = opened(TICKER)
    (done,) = session.receive(ticker(), 1)
    assert isinstance(done, actions.Deliver)
    done = session.receive(ticker(snapshot=True), 2)
    assert [type(action) for action in done] == [actions.Deliver, actions.Complete]


def test_rows_that_nobody_could_read_touch_their_channel_only() -> None:
    """Its live topics are subscribed anew; those that still await a snapshot go on waiting, other channels stay."""
    session = opened(BTC, TICKER, MINUTES)
    session.receive(ticker(snapshot=True), 1)
    session.receive(trades(1, snapshot=True), 1)
    done = session.receive(Unreadable(channel="ticker", detail="no symbol"), 2)
    assert requests(done) == ["unsubscribe"]
    assert [life.phase.value for life in session.lives] == ["settling", "unsubscribing", "subscribing"]


def test_a_malformed_frame_may_have_been_a_snapshot_of_any_channel() -> None:
    """What is live and what awaits its snapshot is asked for anew, each kind in its own request."""
    session = opened(BTC, TICKER, MINUTES)
    for req_id, topic in enumerate((BTC, TICKER, MINUTES), 1):
        session.receive(ack(topic, req_id), 1)
    session.receive(ticker(snapshot=True), 1)
    assert requests(session.receive(Malformed(detail="?"), 2)) == ["unsubscribe"] * 3


def test_a_stall_is_for_all_channels() -> None:
    """Nothing that is silent can be relied on, whether an engine keeps it or not."""
    session = opened(BTC, TICKER)
    session.receive(ticker(snapshot=True), 1)
    session.receive(trades(1, snapshot=True), 1)
    assert events_of(session.tick(4 * SECOND), Stalled)
    assert requests(session.receive(Alive(), 5 * SECOND)) == ["unsubscribe", "unsubscribe"]
    session.receive(ack(TICKER, 5, "unsubscribe"), 5 * SECOND + 1)
    (healed,) = events_of(session.receive(ticker(snapshot=True), 5 * SECOND + 2), Resync)
    assert (healed.channel, healed.reason) == ("ticker", "stalled")


def test_a_resync_on_request_is_for_one_channel() -> None:
    """The symbol's other channels go on."""
    session = opened(BTC, TICKER)
    session.receive(ticker(snapshot=True), 1)
    session.receive(trades(1, snapshot=True), 1)
    (done,) = session.resync(["BTC/USD"], 2, "ticker")
    assert isinstance(done, actions.Send)
    assert json.loads(done.payload)["params"] == {
        "channel": "ticker",
        "symbol": ["BTC/USD"],
        "event_trigger": "trades",
    }


def test_the_answer_about_a_book_that_is_gone() -> None:
    """It is ignored."""
    assert opened(TICKER).receive(Activity(books={"BTC/USD": (7, 3600 * SECOND)}), 1) == []


def test_a_refusal_without_an_id_and_several_channels() -> None:
    """It may have been any one's, so it is told and nothing is failed."""
    session = opened(TICKER, MINUTES)
    words = "Currency pair not supported BTC/USD"
    (done,) = session.receive(Refusal(error=words, method="subscribe", symbol="BTC/USD"), 1)
    assert isinstance(done, actions.Emit)
    done = session.receive(Refusal(error=words, method="subscribe", symbol="BTC/USD", channel="ohlc"), 2)
    assert [type(action) for action in done] == [actions.Fail]


# -- the gate ----------------------------------------------------------------------------------------------------------


def test_two_statuses_with_the_handshake() -> None:
    """Both are told, in their order; what they did to the breaker is told even if the attempt fails after all."""
    gate = Gate(breaker=Breaker(failures=1, cool_down=SECOND))
    session = Session(lambda: 0.0, timings=QUIET, gate=gate)
    session.subscribe([BTC], 0)
    session.disconnected("refused", 0)
    session.tick(SECOND)
    done = session.receive(StatusReport(system="online"), SECOND)
    assert [event.state for event in events_of(done, BreakerChanged)] == ["closed"]
    assert session.receive(StatusReport(system="post_only"), SECOND) == []
    done = session.connected(SECOND)
    assert [event.system for event in events_of(done, Status)] == ["online", "post_only"]


def test_maintenance_that_comes_with_the_handshake_counts() -> None:
    """The next attempts are five seconds apart, however early Kraken has said so, until a connection stands again."""
    session = Session(lambda: 0.0, timings=QUIET)
    session.subscribe([BTC], 0, timeout=3600 * SECOND)
    session.receive(StatusReport(system="maintenance"), 0)
    session.connected(0)
    waits = [event.retry_in_ns for event in events_of(session.disconnected("gone", SECOND), ConnectionLost)]
    for second in (6, 11):
        session.tick(second * SECOND)
        waits += [e.retry_in_ns for e in events_of(session.disconnected("refused", second * SECOND), ConnectionLost)]
    assert waits == [5 * SECOND] * 3
    session.tick(16 * SECOND)
    session.connected(16 * SECOND)
    session.receive(StatusReport(system="online"), 16 * SECOND)
    (lost,) = events_of(session.disconnected("gone", 36 * SECOND), ConnectionLost)
    assert lost.retry_in_ns == 0


def test_a_restart_is_not_over_before_a_connection_stands() -> None:
    """After close code 1012 all attempts keep their distance, and not only the first."""
    session = opened(BTC)
    session.receive(ack(BTC, 1), 0)
    waits: list[int] = []
    for number, (reason, code) in enumerate([("restart", 1012), ("refused", None), ("refused", None)]):
        (lost,) = events_of(session.disconnected(reason, number * 5 * SECOND, code), ConnectionLost)
        waits.append(lost.retry_in_ns)
        session.tick((number + 1) * 5 * SECOND)
    assert waits == [5 * SECOND] * 3


def test_a_restart_counts_even_if_nothing_was_wanted_just_then() -> None:
    """Whoever comes back is served at once; if that fails, the distance is kept."""
    session = opened(BTC)
    session.unsubscribe([BTC], 1)
    assert events_of(session.disconnected("restart", 2, 1012), ConnectionLost) == []
    session.subscribe([BTC], 3)
    (lost,) = events_of(session.disconnected("refused", 4), ConnectionLost)
    assert lost.retry_in_ns == 5 * SECOND


def test_a_connection_called_off_before_its_first_word_was_no_proof() -> None:
    """Nobody knows what would have become of it, so its place as the breaker's probe stays taken for a cool-down."""
    for is_open in (False, True):
        gate = Gate(breaker=Breaker(failures=1, cool_down=9 * SECOND))
        session = Session(lambda: 0.0, timings=QUIET, gate=gate)
        session.subscribe([BTC], 0, timeout=60 * SECOND)
        session.disconnected("refused", 0)
        session.tick(9 * SECOND)
        assert gate.breaker.state is BreakerState.HALF_OPEN
        if is_open:
            session.connected(9 * SECOND)
        session.unsubscribe([BTC], 10 * SECOND)
        session.tick(12 * SECOND)
        assert session.link is LinkState.IDLE
        assert gate.breaker.state is BreakerState.HALF_OPEN
        assert gate.allows(12 * SECOND) == 13 * SECOND
        assert gate.allows(18 * SECOND) == 18 * SECOND


# -- topics that go elsewhere ------------------------------------------------------------------------------------------


def test_an_adopted_topic_waits_for_what_is_being_taken_back() -> None:
    """Its subscribe does not go out before the ack of an unsubscribe that is still under way there."""
    source = Session(lambda: 0.0, timings=QUIET, connection=1)
    source.subscribe([MINUTES], 0)
    done, lives = source.release([MINUTES])
    assert done == [actions.Close("nothing is subscribed")]
    for late in (False, True):
        target = opened(HOURS, BTC)
        target.unsubscribe([HOURS], 1)
        assert target.adopt(lives, 2) == []
        done = target.tick(1 + 2 * SECOND) if late else target.receive(ack(HOURS, 3, "unsubscribe"), 3)
        (sent,) = [json.loads(action.payload) for action in done if isinstance(action, actions.Send)]
        assert (sent["method"], sent["params"]["interval"]) == ("subscribe", 1)


def test_releasing_what_is_not_there() -> None:
    """Nothing happens, and nothing is handed over."""
    session = Session(lambda: 0.0, timings=QUIET)
    session.subscribe([BTC], 0)
    assert session.release([ETH, Topic("ohlc", "BTC/USD", interval=5)]) == ([], [])
    assert session.link is LinkState.CONNECTING
