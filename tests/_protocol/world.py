"""A world for sessions to be tested in: Kraken, its engine, and a client that carries out what the sessions say."""

import json
from collections.abc import Iterable
from decimal import Decimal

from _protocol.far_end import Asked, FarEnd, Key
from havklo._protocol import actions
from havklo._protocol.breaker import Breaker
from havklo._protocol.gate import Gate
from havklo._protocol.limits import Window
from havklo._protocol.messages import Ack, Activity, Alive, BookLost, BookProven, Message, Pong, Row, Rows
from havklo._protocol.session import LinkState, Session
from havklo._protocol.timings import Timings
from havklo.channels import Topic
from havklo.events import BreakerChanged, Candle, Instruments, Ticker, Trade, TradeGap

__all__ = ["CONNECTS", "LINES", "SECOND", "TIMINGS", "World"]

SECOND = 1_000_000_000
LINES = (0, 1)
CONNECTS = 12  # attempts to connect that are allowed in a minute
TIMINGS = Timings(
    requests_per_second=2.0,
    requests_burst=4,
    symbols_per_request=2,
    quiet_every=2 * SECOND,
    quiet_floor=4 * SECOND,
    quiet_cap=8 * SECOND,
    ping_every=3 * SECOND,
    pong_within=4 * SECOND,
    reprove_every=40 * SECOND,
)
_STEPS = {
    ("closed", "open"),
    ("open", "half_open"),
    ("half_open", "open"),
    ("half_open", "closed"),
    ("open", "closed"),
}


class World:
    """Carries out the actions of two sessions faithfully, and checks each of them.

    Attributes:
        sessions: The sessions; they share one way to the endpoint.
        ends: Kraken's end of each one's connection.
        now: The time.
        wanted: What the user wants.
        home: The session that has it.
        asked_at: Since when what has not been live yet is wanted.
        engine_live: The books that the engine keeps, and whether they are live.
        left_to_the_user: Lost books that the user wanted to decide about.
        traded: How many trades there have been.
        connects: When attempts to connect were made.
    """

    def __init__(self) -> None:
        gate = Gate(breaker=Breaker(failures=3, cool_down=9 * SECOND), window=Window(CONNECTS, 60 * SECOND))
        self.sessions = [Session(lambda: 0.5, connection=line, timings=TIMINGS, gate=gate) for line in LINES]
        self.ends = [FarEnd(TIMINGS) for _ in LINES]
        self.now = 0
        self.wanted: dict[Key, Topic] = {}
        self.home: dict[Key, int] = {}
        self.asked_at: dict[Key, int] = {}
        self.engine_live: dict[Key, bool] = {}
        self.left_to_the_user: set[Key] = set()
        self.traded = dict.fromkeys(("BTC/USD", "ETH/USD"), 0)
        self.connects: list[int] = []
        self._engine_heard: dict[Key, tuple[int, int]] = {}
        self._read_to: dict[Key, int | None] = {}
        self._promised: dict[Key, int] = {}
        self._breaker = "closed"

    # -- carrying out ------------------------------------------------------------------------------------------

    def carry_out(self, line: int, done: list[actions.Action]) -> None:  # noqa: C901, PLR0912  # an arm per action
        """Do what a session says, as its shell would."""
        end = self.ends[line]
        for action in done:
            match action:
                case actions.Connect():
                    end.dial(self.now)
                    self.connects.append(self.now)
                case actions.Close():
                    assert end.link != "idle", "there is something to close"
                    end.hang_up(self.now)
                case actions.Send(payload):
                    mine = {key: topic for key, topic in self.wanted.items() if self.home[key] == line}
                    end.take(json.loads(payload), mine, self.now)
                    self.left_to_the_user -= {key for key, state in end.server.items() if state == "snapshot due"}
                case actions.Track(topic):
                    self.engine_live[topic.key] = False
                case actions.Untrack(topic):
                    del self.engine_live[topic.key]
                case actions.Suspend(some, _):
                    assert all(("book", symbol) in self.engine_live for symbol in some or ())
                    for key in self.engine_live:
                        if self.home[key] == line and (some is None or key[1] in some):
                            self.engine_live[key] = False
                case actions.Check(symbols):
                    heard = {symbol: self._engine_heard["book", symbol] for symbol in symbols}
                    self.say(line, Activity(books={s: (count, self.now - at) for s, (count, at) in heard.items()}))
                case actions.Deliver(topic, events):
                    assert self.wanted.get(topic.key) == topic, "only what is wanted is delivered"
                    assert self.home[topic.key] == line
                    self.read(topic, events)
                case actions.Complete(topic):
                    assert self.wanted[topic.key] == topic
                    assert topic.channel != "book" or self.engine_live[topic.key], "complete means live"
                    del self.asked_at[topic.key]
                case actions.Fail(topic, _):
                    self.forget(topic.key)
                case actions.Emit(BreakerChanged() as event):
                    assert (self._breaker, event.state) in _STEPS
                    self._breaker = event.state
                case actions.Emit() | actions.Discard():
                    continue

    def read(self, topic: Topic, events: Iterable[object]) -> None:
        """Read a topic, and find holes that were not named."""
        assert events
        for event in events:
            match event:
                case Trade(trade_id=number):
                    self._read_trades(topic.key, number, number)
                case TradeGap(first=first, last=last):
                    assert last is not None
                    self._read_trades(topic.key, first, last)
                case Candle(interval=interval):
                    assert interval == topic.interval, "candles are those that were asked for"
                case _:
                    assert topic.channel in {"ticker", "instrument"}

    def _read_trades(self, key: Key, first: int, last: int) -> None:
        """Each trade comes once, and none without a word; from the first ack on none is left out."""
        before = self._read_to[key]
        assert before in (None, first - 1)
        assert before is not None or first <= self._promised.get(key, first) + 1
        self._read_to[key] = last

    def want(self, topic: Topic, line: int) -> None:
        """The user wants a topic that is not wanted yet."""
        key = topic.key
        if self.sessions[line].link is LinkState.IDLE:
            self.ends[line].not_before = self.now  # whoever comes back is served at once
        self.wanted[key], self.home[key], self.asked_at[key], self._read_to[key] = topic, line, self.now, None
        self._promised.pop(key, None)

    def forget(self, key: Key) -> None:
        """A topic is not wanted any more."""
        self.asked_at.pop(key, None)
        self.left_to_the_user.discard(key)
        del self.wanted[key], self.home[key]

    def say(self, line: int, message: Message) -> None:
        """Let a session hear something."""
        self.ends[line].last_read = self.now
        self.carry_out(line, self.sessions[line].receive(message, self.now))

    def pass_time(self, nanoseconds: int) -> None:
        """Time passes; whenever a deadline comes the shell ticks, and what was due is done."""
        until = self.now + nanoseconds
        while True:
            dues = [(due, line) for line in LINES if (due := self.sessions[line].next_deadline) is not None]
            due, line = min(dues, default=(until + 1, 0))
            if due > until:
                break
            self.now = max(self.now, due)
            session = self.sessions[line]
            self.carry_out(line, session.heard(self.ends[line].last_read))
            self.carry_out(line, session.tick(self.now))
            assert session.next_deadline is None or session.next_deadline > self.now, "what was due is done"
        self.now = until

    # -- what Kraken does --------------------------------------------------------------------------------------

    def open(self, line: int, *, early: bool) -> None:
        """An attempt to connect succeeds."""
        end = self.ends[line]
        end.link, end.slow = "open", end.slow and early
        self.carry_out(line, self.sessions[line].connected(self.now))

    def ack(self, line: int, number: int) -> None:
        """Kraken acknowledges a request, symbol by symbol."""
        end = self.ends[line]
        request = end.asked.pop(number)
        for key in request.keys:
            if end.link == "open":
                self.acknowledge(line, request, key)

    def acknowledge(self, line: int, request: Asked, key: Key) -> None:
        """Kraken acknowledges a request for one symbol."""
        end, (channel, symbol) = self.ends[line], key
        end.acked(request, key)
        traded = self.traded.get(symbol, 0)
        if request.method == "subscribe" and end.latest[key] == request.req_id and self.home.get(key) == line:
            self._promised.setdefault(key, traded)
        ack = Ack(
            method=request.method,
            channel=channel,
            symbol=symbol or None,
            req_id=request.req_id,
            time_out=_stamp(traded),
        )
        self.say(line, ack)

    def snapshot(self, line: int, key: Key, *, good: bool = True, behind: int = 0) -> None:
        """A snapshot comes, if one is due; of a book the engine judges it, of trades it may be a little behind."""
        end = self.ends[line]
        if end.server.get(key) != "snapshot due" or self.home.get(key) != line:
            return
        channel, symbol = key
        end.server[key] = "streaming"
        if channel == "book":
            self.engine_live[key] = good
            self._engine_heard[key] = (1, self.now)
            fact = BookProven(symbol=symbol, snapshot=True, crossed=behind > 1)
            self.say(line, fact if good else BookLost(symbols=(symbol,), reason="checksum"))
        elif channel == "trade":
            last = self.traded[symbol] - behind
            self.say(line, trades(symbol, range(max(1, last - 3), last + 1), snapshot=True))
        else:
            self.say(line, rows(key, end.options[key]["interval"], snapshot=True))

    def update(self, line: int, key: Key) -> None:
        """An update comes, if the topic streams; the engine verifies those of books while they are live."""
        channel, symbol = key
        if self.ends[line].server.get(key) != "streaming" or self.home.get(key) != line:
            return
        if channel == "book" and self.engine_live[key]:
            messages, _ = self._engine_heard[key]
            self._engine_heard[key] = messages + 1, self.now
            if symbol in self.sessions[line].attention:
                self.say(line, BookProven(symbol=symbol))
        elif channel not in {"book", "trade"}:
            self.say(line, rows(key, self.ends[line].options[key]["interval"], snapshot=False))

    def trade(self, symbol: str, messages: Iterable[Iterable[int]]) -> None:
        """Whoever is subscribed to a symbol's trades hears of these."""
        for line in LINES:
            for numbers in messages:
                if ("trade", symbol) in self.ends[line].server:
                    self.say(line, trades(symbol, numbers, snapshot=False))

    def beat(self, line: int) -> None:
        """A heartbeat comes, and so do the pongs of all pings."""
        pings, self.ends[line].pings = self.ends[line].pings, []
        for req_id in pings:
            self.say(line, Pong(req_id=req_id, time_in=_stamp(0), time_out=_stamp(0)))
        self.say(line, Alive())

    def behave(self) -> None:
        """Do at once all that is due to be done, as a Kraken does that is well."""
        for line, end in enumerate(self.ends):
            if end.link == "connecting":
                self.open(line, early=False)
            while end.asked:
                self.ack(line, 0)
            for key in list(end.server):
                self.snapshot(line, key)
                self.update(line, key)

    def is_live(self, key: Key) -> bool:
        """Whether a topic's session takes it for live."""
        life = self.sessions[self.home[key]].lives.get(*key)
        return life is not None and life.is_live


def trades(symbol: str, numbers: Iterable[int], *, snapshot: bool) -> Rows:
    """A message of trades; later ones have later timestamps."""
    one = Decimal(1)
    made = [
        Trade(
            symbol=symbol,
            side="buy",
            price=one,
            qty=one,
            ord_type="limit",
            trade_id=number,
            timestamp=_stamp(number),
        )
        for number in numbers
    ]
    return Rows(channel="trade", snapshot=snapshot, rows=tuple(made))


def rows(key: Key, interval: int | None, *, snapshot: bool) -> Rows:
    """A message of any other channel."""
    one, (channel, symbol) = Decimal(1), key
    row: Row
    match channel:
        case "ticker":
            names = ("bid", "bid_qty", "ask", "ask_qty", "last", "volume", "vwap", "low", "high", "change")
            row = Ticker(symbol=symbol, change_pct=one, **dict.fromkeys(names, one))
        case "ohlc":
            prices = dict.fromkeys(("open", "high", "low", "close", "vwap", "volume"), one)
            row = Candle(symbol=symbol, trades=1, interval_begin="", interval=interval or 0, **prices)
        case _:
            row = Instruments()
    return Rows(channel=channel, snapshot=snapshot, rows=(row,))


def _stamp(number: int) -> str:
    """When a trade happened."""
    return f"2026-11-22T00:00:00.{number:06}Z"
