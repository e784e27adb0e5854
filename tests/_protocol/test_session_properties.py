"""What holds for a session whatever happens to it: a machine plays Kraken, the engine, the network and the user."""

import json
from collections import defaultdict

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from havklo._protocol import actions
from havklo._protocol.messages import Ack, BookLost, BookProven, Heartbeat, Malformed, Message, Refusal
from havklo._protocol.session import Session
from havklo.channels import Topic

SECOND = 1_000_000_000
SYMBOLS = ("BTC/USD", "ETH/USD", "XRP/USD")
symbols = st.sampled_from(SYMBOLS)


class SessionMachine(RuleBasedStateMachine):
    """Carries out a session's actions faithfully, and checks each of them."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(lambda: 0.5)
        self.now = 0
        self.link = "idle"
        self.asked_at: dict[str, int] = {}
        self.wanted: set[str] = set()
        self.engine_live: dict[str, bool] = {}
        self.left_to_the_user: set[str] = set()
        self.server: dict[str, str] = {}
        self.requests: list[tuple[str, int, list[str]]] = []
        self.unacked: dict[str, int] = {}
        self.sent_at: defaultdict[str, list[int]] = defaultdict(list)
        self.connects: list[int] = []
        self.last_read = 0
        self.latest: dict[str, int] = {}

    # -- carrying out ------------------------------------------------------------------------------------------

    def carry_out(self, done: list[actions.Action]) -> None:  # noqa: C901  # an arm per action
        """Do what the session says, as its shell would."""
        for action in done:
            match action:
                case actions.Connect():
                    assert self.link == "idle", "one attempt at a time"
                    self.link = "connecting"
                    self.connects.append(self.now)
                case actions.Close():
                    assert self.link != "idle", "there is something to close"
                    self.hang_up()
                case actions.Send(payload):
                    assert self.link == "open", "nothing is sent into a closed connection"
                    self.take_request(json.loads(payload))
                case actions.Track(topic):
                    self.engine_live[topic.symbol] = False
                case actions.Untrack(topic):
                    del self.engine_live[topic.symbol]
                case actions.Suspend(some, _):
                    for symbol in SYMBOLS if some is None else some:
                        if symbol in self.engine_live:
                            self.engine_live[symbol] = False
                case actions.Complete(topic):
                    assert self.engine_live[topic.symbol], "complete means live"
                    del self.asked_at[topic.symbol]
                case actions.Fail(topic, _):
                    self.asked_at.pop(topic.symbol, None)
                    self.wanted.remove(topic.symbol)
                case actions.Emit() | actions.Discard():
                    pass

    def take_request(self, request: dict[str, object]) -> None:
        """Be Kraken's ear, and judge what comes."""
        params, req_id = request.get("params"), request["req_id"]
        assert isinstance(req_id, int)
        if not isinstance(params, dict):
            return
        for symbol in params["symbol"]:
            self.sent_at[symbol].append(self.now)
            if request["method"] == "subscribe":
                assert self.server.get(symbol) is None, "never subscribed twice"
                since = self.now - self.unacked.get(symbol, -(10**18))
                assert since >= 2 * SECOND, "no subscribe before the unsubscribe's ack or two seconds"
                self.server[symbol] = "snapshot due"
                self.left_to_the_user.discard(symbol)
            else:
                assert self.server.get(symbol) is not None, "only what is subscribed is taken back"
                self.server.pop(symbol)
                self.unacked[symbol] = self.now
            self.latest[symbol] = req_id
        self.requests.append((str(request["method"]), req_id, list(params["symbol"])))

    def hang_up(self) -> None:
        """Forget what belongs to the connection."""
        self.link = "idle"
        self.server.clear()
        self.requests.clear()
        self.unacked.clear()

    def say(self, message: Message) -> None:
        """Let the session hear something."""
        self.last_read = self.now
        self.carry_out(self.session.receive(message, self.now))

    # -- the user ----------------------------------------------------------------------------------------------

    @rule(chosen=st.sets(symbols, min_size=1))
    def subscribe(self, chosen: set[str]) -> None:
        """The user wants topics."""
        for symbol in chosen - self.wanted:
            self.asked_at[symbol] = self.now
            self.wanted.add(symbol)
            self.left_to_the_user.discard(symbol)
        self.carry_out(self.session.subscribe([Topic("book", symbol, 10) for symbol in chosen], self.now))

    @rule(symbol=symbols)
    def unsubscribe(self, symbol: str) -> None:
        """The user wants a topic no more."""
        self.wanted.discard(symbol)
        self.asked_at.pop(symbol, None)
        self.carry_out(self.session.unsubscribe([Topic("book", symbol, 10)], self.now))

    @rule(symbol=symbols)
    def resync(self, symbol: str) -> None:
        """The user wants a fresh snapshot."""
        self.left_to_the_user.discard(symbol)
        self.carry_out(self.session.resync([symbol], self.now))

    # -- the network and the time ------------------------------------------------------------------------------

    @precondition(lambda self: self.link == "connecting")
    @rule(success=st.booleans())
    def connection_attempt_ends(self, success: bool) -> None:
        """The attempt to connect succeeds or fails."""
        if success:
            self.link = "open"
            self.carry_out(self.session.connected(self.now))
        else:
            self.hang_up()
            self.carry_out(self.session.disconnected("refused", self.now))

    @precondition(lambda self: self.link == "open")
    @rule()
    def connection_ends(self) -> None:
        """The connection is lost."""
        self.hang_up()
        self.left_to_the_user.clear()
        self.carry_out(self.session.disconnected("lost", self.now))

    @rule(milliseconds=st.sampled_from((1, 40, 300, 501, 1000, 2000, 4000)))
    def time_passes(self, milliseconds: int) -> None:
        """Time passes; whenever a deadline comes the shell ticks."""
        end = self.now + milliseconds * 1_000_000
        for _ in range(1000):
            due = self.session.next_deadline
            if due is None or due > end:
                break
            self.now = max(self.now, due)
            self.carry_out(self.session.heard(self.last_read))
            self.carry_out(self.session.tick(self.now))
        else:
            raise AssertionError("the deadline must move on when its time has come")
        self.now = end

    # -- Kraken and the engine ---------------------------------------------------------------------------------

    @precondition(lambda self: self.link == "open")
    @rule()
    def heartbeat(self) -> None:
        """Kraken is there."""
        self.say(Heartbeat())

    @precondition(lambda self: self.requests)
    @rule(number=st.integers(0, 9), answer=st.sampled_from(("ack", "ack", "ack", "lost", "refused", "rate")))
    def answer(self, number: int, answer: str) -> None:
        """Kraken answers a request, for all of its symbols, or does not."""
        method, req_id, some = self.requests.pop(number % len(self.requests))
        for symbol in some:
            if answer == "ack":
                self.unacked.pop(symbol, None) if method == "unsubscribe" else None
                self.say(Ack(method=method, channel="book", symbol=symbol, req_id=req_id))  # type: ignore[arg-type]
            elif answer != "lost" and method == "subscribe" and self.can_be_refused(symbol, req_id):
                del self.server[symbol]
                words = "Exceeded msg rate" if answer == "rate" else "Currency pair not supported"
                self.say(Refusal(error=words, method=method, symbol=symbol, req_id=req_id))
            if self.link != "open":
                break

    def can_be_refused(self, symbol: str, req_id: int) -> bool:
        """Kraken refuses before it sends a snapshot, or not at all."""
        return self.server.get(symbol) == "snapshot due" and self.latest[symbol] == req_id

    @rule(symbol=symbols, good=st.booleans(), crossed=st.booleans())
    def snapshot(self, symbol: str, good: bool, crossed: bool) -> None:
        """Kraken's snapshot comes, and the engine judges it."""
        if self.server.get(symbol) != "snapshot due" or symbol not in self.engine_live:
            return
        self.server[symbol] = "streaming"
        if good:
            self.engine_live[symbol] = True
            self.say(BookProven(symbol=symbol, snapshot=True, crossed=crossed))
        else:
            self.engine_live[symbol] = False
            self.say(BookLost(symbols=(symbol,), reason="checksum"))

    @rule(symbol=symbols, count=st.integers(1, 6))
    def updates(self, symbol: str, count: int) -> None:
        """Updates come; the engine verifies them while the book is live."""
        for _ in range(count):
            if self.engine_live.get(symbol) and symbol in self.session.attention:
                self.say(BookProven(symbol=symbol))

    @rule(symbol=symbols, resync=st.sampled_from((True, True, True, False)))
    def desync(self, symbol: str, resync: bool) -> None:
        """An update does not fit."""
        if self.engine_live.get(symbol):
            self.engine_live[symbol] = False
            if not resync:
                self.left_to_the_user.add(symbol)
            self.say(BookLost(symbols=(symbol,), reason="checksum", resync=resync))

    @precondition(lambda self: self.link == "open")
    @rule()
    def malformed(self) -> None:
        """A frame can't be read."""
        self.say(Malformed(detail="?"))

    # -- what always holds -------------------------------------------------------------------------------------

    @invariant()
    def every_subscription_ends_in_time(self) -> None:
        """A new subscription is complete or has failed ten seconds after it was asked for."""
        for symbol, asked_at in self.asked_at.items():
            assert self.now - asked_at <= 10 * SECOND, symbol

    @invariant()
    def nothing_wanted_is_forgotten(self) -> None:
        """A wanted book that is not live is on its way: there is a deadline, or a connection is being made."""
        for symbol in self.wanted - self.left_to_the_user:
            if not self.engine_live.get(symbol):
                assert self.session.next_deadline is not None or self.link == "connecting", symbol
                assert symbol in self.session.attention, symbol

    @invariant()
    def no_live_book_without_a_subscription(self) -> None:
        """A live book has a subscription behind it."""
        for symbol, is_live in self.engine_live.items():
            assert not is_live or self.server.get(symbol) == "streaming", symbol

    @invariant()
    def requests_are_bounded(self) -> None:
        """No symbol is asked for or taken back more than 50 times within ten seconds, the user's own wishes aside."""
        for symbol, instants in self.sent_at.items():
            assert len([at for at in instants if self.now - at <= 10 * SECOND]) <= 50, symbol

    @invariant()
    def the_engine_tracks_what_is_wanted(self) -> None:
        """Exactly the wanted books are tracked."""
        assert set(self.engine_live) == self.wanted


TestSession = SessionMachine.TestCase
TestSession.settings = settings(max_examples=150, stateful_step_count=80, deadline=None)
