"""What the user wants of a connection, and the requests that get it there, gathered and paced."""

from collections.abc import Callable, Iterable, Iterator
from typing import final

from havklo import events
from havklo._protocol.actions import Action, Complete, DropToken, Emit, Fail, Send, SendSecret, Suspend, Track, Untrack
from havklo._protocol.admission import Admission
from havklo._protocol.blame import is_final, is_too_many, meant_by, refusal_error, token_error
from havklo._protocol.life import ON_THE_WIRE, Life, Phase
from havklo._protocol.limits import Bucket
from havklo._protocol.lives import Lives
from havklo._protocol.messages import Ack, Refusal
from havklo._protocol.requests import Method, Requests
from havklo._protocol.timings import Timings
from havklo._protocol.tokens import INVALID_SESSION, Token, may_resend
from havklo.channels import Topic
from havklo.errors import HavkloError, SubscribeTimeout, SubscriptionError

__all__ = ["Wants"]

_SECOND = 1_000_000_000


@final
class Wants:
    """Moves each topic's `Life` by what is asked and answered, and gathers what falls due together into one request.

    Methods that need the connection say so; the session calls them only while it is open.

    Args:
        lives: The connection's topics.
        timings: The session's patience.
        random: Gives numbers in [0, 1).
        requests: Writes the connection's requests.
        admission: Lets those go out that need a token.

    Attributes:
        sent: How many subscribes and unsubscribes have gone out.
    """

    def __init__(
        self,
        lives: Lives,
        timings: Timings,
        random: Callable[[], float],
        requests: Requests,
        admission: Admission,
    ) -> None:
        self.sent = 0
        self._lives = lives
        self._timings = timings
        self._random = random
        self._requests = requests
        self._admission = admission
        self._pace = Bucket(timings.requests_per_second, timings.requests_burst)
        self._paced_until: int | None = None

    def can_want(self, topic: Topic) -> bool:
        """Whether the topic's channel and symbol are free, or being taken back."""
        life = self._lives.get(*topic.key)
        return life is None or not life.wanted

    # -- what the user wants -----------------------------------------------------------------

    def want(self, topics: Iterable[Topic], now: int, timeout: int) -> list[Action]:
        """Add topics that may take `timeout` to become live; those wanted already stay as they are."""
        actions: list[Action] = []
        for topic in topics:
            life = self._lives.get(*topic.key)
            if life is None:
                self._lives.add(Life(topic, now, timeout, self._timings, self._random))
            elif life.wanted:
                continue
            else:
                life.renew(topic, now, timeout)
                self._lives.watch(life)
            actions += _track(topic)
        return actions

    def unwant(self, topics: Iterable[Topic], now: int, *, is_open: bool) -> list[Action]:
        """Take topics back."""
        lives = [life for life in map(self._wanted, topics) if life is not None]
        actions = [action for life in lives for action in self._untrack(life)]
        return actions + self._take_off_the_wire(lives, now, is_open=is_open)

    def release(self, topics: Iterable[Topic]) -> list[Life]:
        """Let go of topics that go on elsewhere; the connection is not open, so none of them is live."""
        lives = [life for life in map(self._wanted, topics) if life is not None]
        for life in lives:
            self._lives.forget(life)
        return lives

    def adopt(self, lives: Iterable[Life], now: int) -> None:
        """Take over topics that another connection has let go of."""
        for life in lives:
            former = self._lives.get(*life.topic.key)
            life.queue(now) if former is None else life.follow(former)
            self._lives.add(life)

    def resync(self, channel: str, symbols: Iterable[str], now: int) -> None:
        """Plan a fresh snapshot of live or reported topics."""
        for symbol in symbols:
            life = self._lives.get(channel, symbol)
            if life is None or self._lives.break_off(life, "asked", now):
                continue
            if life.phase is Phase.REPORTED:
                life.resync(now)
                self._lives.watch(life)

    def give_up(self, life: Life, words: str, now: int, *, is_open: bool) -> list[Action]:
        """Want a topic no more that does not become live."""
        topic = life.topic
        error = SubscribeTimeout(topic.symbol or None, topic.channel, life.timeout / _SECOND, words)
        ending: list[Action] = [*self._untrack(life), Fail(topic, error)]
        return ending + self._take_off_the_wire([life], now, is_open=is_open)

    def renew_token(self, token: Token, now: int) -> None:
        """Break off what was asked for with a token that is not good any more; another one is fetched for it."""
        for life in self._lives:
            if life.token == token:
                self._admission.not_again(token)
                self._lives.break_off(life, "token", now)

    # -- what becomes of the connection ------------------------------------------------------

    def flush(self, now: int, token: Token | None = None) -> list[Action]:
        """Send what is due, at the pace that requests have; the connection is open.

        Args:
            now: The time.
            token: A token that has just come, for what needs one.
        """
        actions: list[Action] = []
        self._paced_until = None
        for group in self._due(Phase.BROKEN, now):
            if not self._may_send(now):
                return actions
            books = tuple(life.topic.symbol for life in group if life.is_book and life.wanted)
            actions += [Suspend(books, "resyncing")] if books else []
            actions.append(self._take_back(group, now))
        for group in self._due(Phase.QUEUED, now):
            if not self._may_send(now):
                return actions
            if group[0].topic.needs_token:
                actions += self._ask_with_token(group, token, now)
            else:
                req_id, payload = self._requests.subscribe(life.topic for life in group)
                for life in group:
                    life.ask(req_id, now)
                actions.append(self._sent(Send(payload), now))
        return actions

    def token_came(self, token: Token, now: int, *, is_open: bool) -> list[Action]:
        """Take a token that was asked for, and send what has waited for it if the connection is still open."""
        again = self._admission.came(token)
        return [*again] if again or not is_open else self.flush(now, token)

    def token_failed(self, error: HavkloError, now: int) -> list[Action]:
        """Take note that no token can be had: for good, or for now."""
        at = self._admission.failed(error, now)
        actions: list[Action] = []
        for life in self._lives.all():
            if not self._may_wait_for_token(life) or life.due is None or life.due > now:
                continue
            if is_final(error):
                actions += self._fail(life, token_error(life.topic, error))
            else:
                life.queue(at)
        return actions

    def offline(self, reason: str, now: int) -> None:
        """Begin anew: the connection is gone, and with it everything that was on the wire."""
        for life in self._lives.all():
            if not life.wanted:
                self._lives.forget(life)
                continue
            self._lives.lose(life, reason, now)
            life.unconfirmed = False  # no old subscription speaks over a new connection
            life.queue(now)
            self._lives.watch(life)

    def malformed(self, now: int) -> None:
        """Lose every live topic: the frame may have been any one's, or the snapshot of one that awaits it."""
        for life in self._lives:
            if not self._lives.break_off(life, "malformed", now) and life.phase is Phase.SUBSCRIBING and life.acked:
                life.resync(now)
                self._lives.watch(life)

    def stall(self, now: int) -> None:
        """Lose every live topic, and resync only when the connection speaks again."""
        for life in self._lives:
            if self._lives.lose(life, "stalled", now):
                life.await_sign_of_life()
                self._lives.watch(life)

    def resume(self, now: int) -> None:
        """Let the resyncs go that a stall held back."""
        for life in self._lives:
            if life.phase is Phase.BROKEN and life.due is None:
                life.resync(now)

    # -- what Kraken answers -----------------------------------------------------------------

    def acked(self, ack: Ack, now: int) -> list[Action]:
        """Take an ack; one that belongs to no request under way is ignored."""
        life = self._lives.get(ack.channel, ack.symbol or "")
        if life is None or ack.req_id not in (None, life.req_id):
            return []
        if ack.method == "unsubscribe":
            if life.phase is Phase.UNSUBSCRIBING:
                self._released(life, now)
            return []
        if life.phase is not Phase.SUBSCRIBING:
            return []
        life.answered(ack.time_out, now)
        if life.topic.needs_token:
            self._admission.accepted(now)
        if not life.is_sparse or life.complete:
            return []
        # A pair without trades has no snapshot; from here on nothing is lost unnoticed.
        life.fulfil()
        return [Complete(life.topic)]

    def refused(self, refusal: Refusal, now: int) -> list[Action]:
        """Take an error ack: by its request's id and its symbol, as far as it names them."""
        lives = meant_by(refusal, self._lives)
        # Whatever has become of the request: its token is not good any more.
        token = self._admission.refused(refusal.req_id) if refusal.error == INVALID_SESSION else None
        actions: list[Action] = [] if token is None else [DropToken(token)]
        if not lives:
            event = events.Refused(error=refusal.error, method=refusal.method, symbol=refusal.symbol)
            return [*actions, Emit(event)]
        words = refusal.error.lower()
        for life in lives:
            if is_too_many(refusal.error):
                life.slow_down(refusal.error, now)
                self._go_on(life.req_id, now)
                if life.topic.needs_token:
                    self._admission.too_much(now)
            elif life.phase is Phase.UNSUBSCRIBING:
                # What Kraken says is not subscribed is as good as unsubscribed.
                self._released(life, now)
            elif "already subscribed" in words:
                life.trouble = refusal.error
                life.resync(now)
            elif life.token is not None and may_resend(refusal.error, 1 + life.renewed):
                life.trouble = refusal.error
                life.renewed = True
                life.queue(now)
            else:
                actions += self._fail(life, refusal_error(life.topic, refusal.error))
        return actions

    # -- time --------------------------------------------------------------------------------

    def tick(self, now: int, trouble: str | None, *, is_open: bool) -> tuple[list[Action], list[Life]]:
        """Let pass what has come to its time; gives also what is acknowledged, but may have no snapshot."""
        actions: list[Action] = []
        snapshotless: list[Life] = []
        for life in self._lives.all():
            if life.give_up_at is not None and now >= life.give_up_at and life.wanted:
                words = f"no verified snapshot within {life.timeout / _SECOND:g} s"
                why = life.trouble or trouble
                actions += self.give_up(life, f"{words}; {why}" if why else words, now, is_open=is_open)
            if is_open and life.due is not None and now >= life.due:
                if life.phase is Phase.SUBSCRIBING and life.acked and life.is_sparse:
                    snapshotless.append(life)
                else:
                    self._pass_due(life, now)
        return actions, snapshotless

    def deadline(self, *, is_open: bool) -> int | None:
        """When `tick` or `flush` next has something to do."""
        instants = [life.give_up_at for life in self._lives if life.give_up_at is not None and life.wanted]
        if is_open:
            # What is due but has to wait for its turn is done by then.
            paced = self._paced_until
            waits = self._admission.awaits_token
            dues = [
                life.due
                for life in self._lives
                if life.due is not None and not (waits and self._may_wait_for_token(life))
            ]
            instants += dues if paced is None else [max(due, paced) for due in dues]
        return min(instants, default=None)

    def _pass_due(self, life: Life, now: int) -> None:
        if life.phase is Phase.UNSUBSCRIBING:
            life.unconfirmed = True
            self._released(life, now)
        elif life.phase is Phase.SUBSCRIBING:
            life.trouble = "acknowledged, but no snapshot came" if life.acked else "no answer came"
            life.resync(now)
        elif self._lives.lose(life, "reprove", now):
            life.resync_at_once(now)
            self._lives.watch(life)

    # -- its own -----------------------------------------------------------------------------

    def _released(self, life: Life, now: int) -> None:
        """Go on after an unsubscribe: with all topics of its request together, so that one subscribe does."""
        if life.wanted:
            life.queue(None)
        else:
            self._lives.forget(life)
        self._go_on(life.req_id, now)

    def _go_on(self, req_id: int | None, now: int) -> None:
        """Let those go that wait for the others of their unsubscribe, once none of these is awaited any more."""
        group = [other for other in self._lives if other.req_id == req_id]
        if not any(other.phase is Phase.UNSUBSCRIBING for other in group):
            for other in group:
                if other.phase is Phase.QUEUED and other.due is None:
                    other.queue(now)

    def _fail(self, life: Life, error: SubscriptionError) -> list[Action]:
        topic, had_been_live = life.topic, life.complete
        actions: list[Action] = [*self._untrack(life), Fail(topic, error)]
        if had_been_live:
            lost = events.SubscriptionLost(symbol=topic.symbol, channel=topic.channel, error=error)
            actions.append(Emit(lost))
        self._lives.forget(life)
        return actions

    def _take_off_the_wire(self, lives: list[Life], now: int, *, is_open: bool) -> list[Action]:
        sent = [life for life in lives if is_open and life.phase in ON_THE_WIRE]
        # Not paced: each topic is taken back once, and only after it was asked for.
        actions = [self._take_back(group, now) for group in self._groups(sent)]
        for life in lives:
            if not (is_open and life.phase is Phase.UNSUBSCRIBING):
                self._lives.forget(life)
        return actions

    def _take_back(self, group: list[Life], now: int) -> Action:
        topics, token = [life.asked for life in group], group[0].token
        if token is None:
            req_id, payload = self._requests.unsubscribe(topics)
            action: Action = Send(payload)
        else:
            req_id, action = self._secretly("unsubscribe", topics, token)
        for life in group:
            life.take_back(req_id, now)
        return self._sent(action, now)

    def _ask_with_token(self, group: list[Life], token: Token | None, now: int) -> list[Action]:
        """Ask for as many of a group as may be asked for now; without a token, for a token."""
        admitted = self._admission.admit(group, now)
        if not admitted:
            return []
        if token is None:
            return [*self._admission.need(admitted, now)]
        req_id, action = self._secretly("subscribe", [life.topic for life in admitted], token)
        for life in admitted:
            life.ask(req_id, now, token)
        self._admission.went_out(admitted, now)
        return [self._sent(action, now)]

    def _secretly(self, method: Method, topics: Iterable[Topic], token: Token) -> tuple[int, Action]:
        req_id, payload = self._requests.with_token(method, topics, token)
        return req_id, SendSecret(payload)

    def _sent(self, action: Action, now: int) -> Action:
        self.sent += 1
        self._pace.take(now)
        return action

    def _may_wait_for_token(self, life: Life) -> bool:
        return life.phase is Phase.QUEUED and life.topic.needs_token

    def _may_send(self, now: int) -> bool:
        ready = self._pace.allows(now)
        self._paced_until = ready if ready > now else None
        return ready <= now

    def _due(self, phase: Phase, now: int) -> Iterator[list[Life]]:
        return self._groups(
            life for life in self._lives if life.phase is phase and life.due is not None and now >= life.due
        )

    def _groups(self, lives: Iterable[Life]) -> Iterator[list[Life]]:
        """Gather lives that can share a request: those that differ in nothing but their symbol."""
        groups: dict[object, list[Life]] = {}
        for life in lives:
            topic = life.topic if life.phase is Phase.QUEUED else life.asked
            groups.setdefault(topic.kind, []).append(life)
        size = self._timings.symbols_per_request
        for group in groups.values():
            for start in range(0, len(group), size):
                yield group[start : start + size]

    def _wanted(self, topic: Topic) -> Life | None:
        life = self._lives.get(*topic.key)
        return life if life is not None and life.wanted and life.topic == topic else None

    def _untrack(self, life: Life) -> list[Action]:
        life.wanted = False
        self._lives.watch(life)
        return _untracked(life.topic)


def _track(topic: Topic) -> list[Action]:
    return [Track(topic)] if topic.is_book else []


def _untracked(topic: Topic) -> list[Action]:
    return [Untrack(topic)] if topic.is_book else []
