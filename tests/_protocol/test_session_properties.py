"""What holds for sessions whatever happens: a machine plays Kraken, the engine, the network, the shell and the user."""

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from _protocol.far_end import Key
from _protocol.world import CONNECTS, LINES, SECOND, TIMINGS, World
from havklo._protocol.messages import BookLost, Malformed, Refusal, StatusReport, Unreadable
from havklo._protocol.session import LinkState
from havklo.channels import Topic

TOPICS = (
    Topic("book", "BTC/USD", 10),
    Topic("book", "ETH/USD", 10),
    Topic("book", "XRP/USD", 10),
    Topic("trade", "BTC/USD"),
    Topic("trade", "ETH/USD"),
    Topic("ticker", "BTC/USD", event_trigger="bbo"),
    Topic("ohlc", "BTC/USD", interval=1),
    Topic("ohlc", "BTC/USD", interval=5),
    Topic("instrument", ""),
)
WORDS = {"rate": "Exceeded msg rate", "refused": "Currency pair not supported", "already": "Already subscribed"}
KEYS = tuple(dict.fromkeys(topic.key for topic in TOPICS))
answers = st.sampled_from(("ack", "ack", "ack", "ack", "lost", "refused", "rate", "rate", "already"))
fates = st.sampled_from(("in order", "in order", "lost", "twice", "backwards"))
earlies = st.sampled_from((None, None, "online", "maintenance"))
lines, topics, keys, picks = st.sampled_from(LINES), st.sampled_from(TOPICS), st.sampled_from(KEYS), st.integers(0, 99)


class SessionMachine(World, RuleBasedStateMachine):
    """Lets anything happen to two sessions that can happen to them."""

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        World.__init__(self)

    def linked(self, link: str) -> list[int]:
        """The connections that stand so."""
        return [line for line in LINES if self.ends[line].link == link]

    def served(self, state: str) -> list[tuple[int, Key]]:
        """The topics that stand so with Kraken, and their connections."""
        return [(line, key) for line in LINES for key, has in self.ends[line].server.items() if has == state]

    # -- the user ----------------------------------------------------------------------------------------------

    @initialize(chosen=st.lists(topics, min_size=3), line=lines)
    def begin(self, chosen: list[Topic], line: int) -> None:
        """Most stories begin with topics that are live."""
        self.subscribe(chosen, line)
        self.behave()

    @rule(chosen=st.lists(topics, min_size=1, max_size=5), line=lines)
    def subscribe(self, chosen: list[Topic], line: int) -> None:
        """The user wants topics: on any connection, but on the one that is just taking them back if there is one."""
        plan: dict[int, list[Topic]] = {}
        for topic in chosen:
            if self.wanted.get(topic.key, topic) != topic:
                continue
            carrying = [n for n in LINES if self.sessions[n].lives.get(*topic.key) is not None]
            place = carrying[0] if carrying else line
            plan.setdefault(place, []).append(topic)
            if topic.key not in self.wanted:
                self.want(topic, place)
        for place, some in plan.items():
            self.carry_out(place, self.sessions[place].subscribe(some, self.now))

    @precondition(lambda self: self.wanted)
    @rule(chosen=st.sets(picks, min_size=1, max_size=2))
    def unsubscribe(self, chosen: set[int]) -> None:
        """The user wants topics no more."""
        wanted = list(self.wanted)
        keys = {wanted[number % len(wanted)] for number in chosen}
        for line in LINES:
            some = [topic for key, topic in self.wanted.items() if key in keys and self.home[key] == line]
            for topic in some:
                self.asked_at.pop(topic.key, None)
                self.left_to_the_user.discard(topic.key)
                del self.wanted[topic.key]
            self.carry_out(line, self.sessions[line].unsubscribe(some, self.now))
            for topic in some:
                del self.home[topic.key]

    @rule(key=keys)
    def resync(self, key: Key) -> None:
        """The user wants a fresh snapshot."""
        self.left_to_the_user.discard(key)
        for line in LINES:
            self.carry_out(line, self.sessions[line].resync([key[1]], self.now, key[0]))

    # -- the client --------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.linked("open")) == 1)
    @rule(chosen=st.sets(keys, min_size=1))
    def move(self, chosen: set[Key]) -> None:
        """Topics of a connection that does not stand go to one that does and has room."""
        (target,) = self.linked("open")
        source = 1 - target
        some = [topic for key, topic in self.wanted.items() if key in chosen and self.home[key] == source]
        some = [topic for topic in some if self.sessions[target].lives.get(*topic.key) is None]
        done, lives = self.sessions[source].release(some)
        assert [life.topic for life in lives] == some
        self.carry_out(source, done)
        self.home.update((topic.key, target) for topic in some)
        self.carry_out(target, self.sessions[target].adopt(lives, self.now))

    # -- the network and the time ------------------------------------------------------------------------------

    @precondition(lambda self: self.linked("connecting"))
    @rule(pick=picks, success=st.sampled_from((True, True, True, False)), early=earlies)
    def connection_attempt_ends(self, pick: int, success: bool, early: str | None) -> None:
        """The attempt to connect succeeds or fails; a status may come with the handshake."""
        connecting = self.linked("connecting")
        line = connecting[pick % len(connecting)]
        end, session = self.ends[line], self.sessions[line]
        if early is not None:
            end.slow = early == "maintenance"
            self.say(line, StatusReport(system=early))
        if success:
            self.open(line, early=early is not None)
        else:
            end.hang_up(self.now)
            self.carry_out(line, session.disconnected("refused", self.now))

    @precondition(lambda self: self.linked("open"))
    @rule(pick=picks, code=st.sampled_from((None, None, 1001, 1012, 1013)))
    def connection_ends(self, pick: int, code: int | None) -> None:
        """The connection is lost."""
        standing = self.linked("open")
        line = standing[pick % len(standing)]
        end = self.ends[line]
        end.slow = end.slow or code in {1012, 1013}
        end.hang_up(self.now)
        self.left_to_the_user -= {key for key in self.left_to_the_user if self.home[key] == line}
        self.carry_out(line, self.sessions[line].disconnected("lost", self.now, code))

    @rule(milliseconds=st.sampled_from((1, 40, 300, 501, 1000, 2000, 4000)))
    def time_passes(self, milliseconds: int) -> None:
        """Time passes, and nobody says anything."""
        self.pass_time(milliseconds * 1_000_000)

    @rule(seconds=st.sampled_from((1, 1, 2, 5, 12)), well=st.sampled_from((True, True, False)))
    def time_goes_well(self, seconds: int, well: bool) -> None:
        """Time passes on connections that stand, on which Kraken does all that is asked, or only beats."""
        for _ in range(seconds):
            if well:
                self.behave()
            self.pass_time(SECOND)
            for line in self.linked("open"):
                self.beat(line)

    # -- Kraken and the engine ---------------------------------------------------------------------------------

    @precondition(lambda self: self.linked("open"))
    @rule(pick=picks, status=st.sampled_from((None, None, "maintenance", "online")))
    def sign_of_life(self, pick: int, status: str | None) -> None:
        """Kraken is there, and may say how it is."""
        standing = self.linked("open")
        line = standing[pick % len(standing)]
        if status is None:
            self.beat(line)
        else:
            self.ends[line].slow = status == "maintenance"
            self.say(line, StatusReport(system=status))

    @precondition(lambda self: any(end.asked for end in self.ends))
    @rule(pick=picks, answer=answers, partly=st.booleans())
    def answer(self, pick: int, answer: str, partly: bool) -> None:
        """Kraken answers a request, for all of its symbols or for some, or does not."""
        asked = [(line, number) for line in LINES for number in range(len(self.ends[line].asked))]
        line, number = asked[pick % len(asked)]
        end = self.ends[line]
        if answer == "ack":
            self.ack(line, number)
            return
        request = end.asked.pop(number)
        if partly:
            self.acknowledge(line, request, request.keys[0])
        for key in request.keys[partly:]:
            if answer != "lost" and end.link == "open" and end.refuse(request, key, answer):
                words, method = WORDS[answer], request.method
                self.say(line, Refusal(error=words, method=method, symbol=key[1] or None, req_id=request.req_id))

    @precondition(lambda self: self.served("snapshot due"))
    @rule(pick=picks, good=st.sampled_from((True, True, True, False)), behind=st.integers(0, 2))
    def snapshot_comes(self, pick: int, good: bool, behind: int) -> None:
        """Kraken's snapshot comes."""
        due = self.served("snapshot due")
        line, key = due[pick % len(due)]
        self.snapshot(line, key, good=good, behind=behind)

    @precondition(lambda self: self.served("streaming"))
    @rule(pick=picks, count=st.integers(1, 6))
    def updates(self, pick: int, count: int) -> None:
        """Updates come."""
        streaming = self.served("streaming")
        for _ in range(count):
            self.update(*streaming[pick % len(streaming)])

    @precondition(lambda self: any(key[0] == "trade" for end in self.ends for key in end.server))
    @rule(pick=picks, batches=st.lists(st.tuples(st.integers(1, 9), fates), min_size=1, max_size=4))
    def people_trade(self, pick: int, batches: list[tuple[int, str]]) -> None:
        """Trades happen; whoever is subscribed hears of them, in order or not, or does not."""
        heard = [key[1] for end in self.ends for key in end.server if key[0] == "trade"]
        symbol = heard[pick % len(heard)]
        for count, fate in batches:
            first = self.traded[symbol] + 1
            self.traded[symbol] += count
            numbers = list(range(first, first + count))
            messages = {"lost": [], "twice": [numbers, numbers], "backwards": [numbers[::-1]]}
            self.trade(symbol, messages.get(fate, [numbers]))

    @precondition(lambda self: any(self.engine_live.values()))
    @rule(pick=picks, resync=st.sampled_from((True, True, True, False)))
    def desync(self, pick: int, resync: bool) -> None:
        """An update does not fit."""
        live = [key for key, is_live in self.engine_live.items() if is_live]
        key = live[pick % len(live)]
        self.engine_live[key] = False
        if not resync:
            self.left_to_the_user.add(key)
        self.say(self.home[key], BookLost(symbols=(key[1],), reason="checksum", resync=resync))

    @precondition(lambda self: self.linked("open"))
    @rule(pick=picks, channel=st.sampled_from((None, "trade", "ticker", "ohlc", "instrument")))
    def nonsense(self, pick: int, channel: str | None) -> None:
        """A frame can't be read, or the rows of one."""
        standing = self.linked("open")
        message = Malformed(detail="?") if channel is None else Unreadable(channel=channel, detail="?")
        self.say(standing[pick % len(standing)], message)

    # -- what always holds -------------------------------------------------------------------------------------

    @invariant()
    def every_subscription_ends_in_time(self) -> None:
        """A new subscription is complete or has failed ten seconds after it was asked for, wherever it went."""
        for key, asked_at in self.asked_at.items():
            assert self.now - asked_at <= TIMINGS.subscribe_timeout, key

    @invariant()
    def no_trade_is_held_back_for_long(self) -> None:
        """Ten seconds after a trade came it has been told, with or without those before it."""
        for key in self.wanted:
            life = self.sessions[self.home[key]].lives.get(*key)
            assert life is not None
            since = None if life.tape is None else life.tape.waiting_since
            assert since is None or self.now - since <= TIMINGS.trades_within, key

    @invariant()
    def what_is_wanted_is_at_home(self) -> None:
        """Each topic is with the session that it was given to, and with no other; an idle one has none at all."""
        for line, session in enumerate(self.sessions):
            mine = {key for key, home in self.home.items() if home == line}
            assert {life.topic.key for life in session.lives if life.wanted} == mine
            assert (session.link is LinkState.IDLE) is (len(session.lives) == 0)
            assert (session.link is LinkState.OPEN) is (self.ends[line].link == "open")

    @invariant()
    def nothing_wanted_is_forgotten(self) -> None:
        """What is not live is on its way: there is a deadline, or a connection is being made."""
        for key in self.wanted.keys() - self.left_to_the_user:
            session = self.sessions[self.home[key]]
            assert session.next_deadline is not None or self.ends[self.home[key]].link == "connecting", key
            assert key[0] != "book" or self.engine_live[key] or key[1] in session.attention, key

    @invariant()
    def no_live_book_without_a_subscription(self) -> None:
        """A live book has a subscription behind it, and exactly the wanted books are tracked."""
        assert set(self.engine_live) == {key for key in self.wanted if key[0] == "book"}
        for key, is_live in self.engine_live.items():
            assert not is_live or self.ends[self.home[key]].server.get(key) == "streaming", key

    @invariant()
    def connects_keep_to_the_window(self) -> None:
        """In no minute are there more attempts to connect than both sessions together may make."""
        assert len([at for at in self.connects if self.now - at < 60 * SECOND]) <= CONNECTS

    def teardown(self) -> None:
        """Once Kraken is well, all that is wanted is live before long."""
        for _ in range(150):
            self.behave()
            if all(self.is_live(key) for key in self.wanted.keys() - self.left_to_the_user):
                return
            self.pass_time(SECOND)
            for line in LINES:
                if self.ends[line].link == "open":
                    self.beat(line)
        raise AssertionError(f"not live: {self.sessions}")


TestSession = SessionMachine.TestCase
TestSession.settings = settings(max_examples=120, stateful_step_count=60, deadline=None)
