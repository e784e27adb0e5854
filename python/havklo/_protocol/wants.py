"""All topics that one connection should carry, and the requests that get them there."""

from collections.abc import Callable, Iterable, Iterator
from typing import final

from havklo import events
from havklo._protocol.actions import Action, Complete, Discard, Emit, Fail, Send, Suspend, Track, Untrack
from havklo._protocol.life import ON_THE_WIRE, Life, Phase, Timings
from havklo._protocol.messages import Ack, BookLost, BookProven, Refusal
from havklo._protocol.requests import Requests
from havklo.channels import Topic
from havklo.errors import SubscribeTimeout, SubscriptionError

__all__ = ["Wants"]

_SECOND = 1_000_000_000
_LIVE = (Phase.SETTLING, Phase.LIVE)


@final
class Wants:
    """Moves each topic's `Life`, and gathers what falls due together into one request.

    Methods that need the connection say so; the session calls them only while it is open.

    Args:
        timings: The session's patience.
        random: Gives numbers in [0, 1).
        requests: Writes the connection's requests.
    """

    def __init__(self, timings: Timings, random: Callable[[], float], requests: Requests) -> None:
        self.attention: set[str] = set()
        self.resyncs = 0
        self._timings = timings
        self._random = random
        self._requests = requests
        self._lives: dict[tuple[str, str], Life] = {}

    def __len__(self) -> int:
        return len(self._lives)

    def __iter__(self) -> Iterator[Life]:
        return iter(self._lives.values())

    def can_want(self, topic: Topic) -> bool:
        """Whether the topic's channel and symbol are free, or being taken back."""
        life = self._lives.get(topic.key)
        return life is None or not life.wanted

    def want(self, topics: Iterable[Topic], now: int, timeout: int) -> list[Action]:
        """Add topics that may take `timeout` to become live; those wanted already stay as they are."""
        actions: list[Action] = []
        for topic in topics:
            life = self._lives.get(topic.key)
            if life is None:
                self._lives[topic.key] = Life(topic, now, timeout, self._timings, self._random)
            elif life.wanted:
                continue
            else:
                life.renew(topic, now, timeout)
            self.attention.add(topic.symbol)
            actions.append(Track(topic))
        return actions

    def unwant(self, topics: Iterable[Topic], now: int, *, is_open: bool) -> list[Action]:
        """Take topics back."""
        lives = [life for life in map(self._wanted, topics) if life is not None]
        actions: list[Action] = [self._untrack(life) for life in lives]
        return actions + self._take_off_the_wire(lives, now, is_open=is_open)

    def flush(self, now: int) -> list[Action]:
        """Send what is due; the connection is open."""
        actions: list[Action] = []
        for group in self._due(Phase.BROKEN, now):
            actions.append(Suspend(tuple(life.topic.symbol for life in group), "resyncing"))
            actions.append(self._take_back(group, now))
        for group in self._due(Phase.QUEUED, now):
            req_id, payload = self._requests.subscribe(life.topic for life in group)
            for life in group:
                life.ask(req_id, now)
            actions.append(Send(payload))
        return actions

    def offline(self, reason: str, now: int) -> None:
        """Begin anew: the connection is gone, and with it everything that was on the wire."""
        for life in list(self._lives.values()):
            if not life.wanted:
                self._forget(life)
                continue
            self._lose_if_live(life, reason, now)
            life.queue(now)
            self._watch(life)

    def malformed(self, now: int) -> None:
        """Lose every live topic: the frame may have been any one's, or the snapshot of one that awaits it."""
        for life in self:
            if self._lose_if_live(life, "malformed", now) or (life.phase is Phase.SUBSCRIBING and life.acked):
                life.resync(now)
                self._watch(life)

    def stall(self, now: int) -> None:
        """Lose every live topic, and resync only when the connection speaks again."""
        for life in self:
            if self._lose_if_live(life, "stalled", now):
                life.await_sign_of_life()
                self._watch(life)

    def resume(self, now: int) -> None:
        """Let the resyncs go that a stall held back."""
        for life in self:
            if life.phase is Phase.BROKEN and life.due is None:
                life.resync(now)

    def resync(self, symbols: Iterable[str], now: int) -> None:
        """Plan a fresh snapshot for live or reported books."""
        for symbol in symbols:
            life = self._lives.get(("book", symbol))
            if life is not None and (life.phase in _LIVE or life.phase is Phase.REPORTED):
                self._lose_if_live(life, "asked", now)
                life.resync(now)
                self._watch(life)

    def acked(self, ack: Ack, now: int) -> list[Action]:
        """Take an ack; one that belongs to no request under way is ignored."""
        life = self._lives.get((ack.channel, ack.symbol or ""))
        if life is None or ack.req_id not in (None, life.req_id):
            return []
        if ack.method == "subscribe":
            life.acked = True
        elif life.phase is Phase.UNSUBSCRIBING:
            self._released(life, now)
        return []

    def refused(self, refusal: Refusal, now: int) -> list[Action]:
        """Take an error ack: by its request's id and its symbol, as far as it names them."""
        lives = self._meant_by(refusal)
        if not lives:
            event = events.Refused(error=refusal.error, method=refusal.method, symbol=refusal.symbol)
            return [Emit(event)]
        actions: list[Action] = []
        words = refusal.error.lower()
        for life in lives:
            if life.phase is Phase.UNSUBSCRIBING:
                # What Kraken says is not subscribed is as good as unsubscribed.
                self._released(life, now)
            elif "exceeded msg rate" in words:
                life.requeue(refusal.error, now)
            elif "already subscribed" in words:
                life.trouble = refusal.error
                life.resync(now)
            else:
                actions += self._fail(life, _refusal_error(life.topic, refusal.error))
        return actions

    def proven(self, message: BookProven, now: int) -> list[Action]:
        """Take the engine's word that a book message is verified."""
        life = self._lives.get((message.channel, message.symbol))
        if life is None:
            return []
        if life.phase in (Phase.UNSUBSCRIBING, Phase.QUEUED):
            # The old subscription still speaks; its successor's snapshot is what counts.
            return [Suspend((message.symbol,), "resyncing"), Discard()]
        if not message.snapshot:
            if life.phase is Phase.SETTLING:
                life.count_update()
                self._watch(life)
            return []
        if life.phase in _LIVE:
            return []
        return self._snapshot(life, message, now)

    def lost(self, message: BookLost, now: int) -> list[Action]:
        """Take the engine's word that books are desynchronised."""
        actions: list[Action] = []
        for symbol in message.symbols:
            life = self._lives.get((message.channel, symbol))
            if life is None or not life.wanted:
                continue
            if life.phase is Phase.SUBSCRIBING:
                if life.count_bad_snapshot(message.reason):
                    words = f"{self._timings.bad_snapshots} snapshots in a row failed: {message.reason}"
                    actions += self._give_up(life, words, now, is_open=True)
                else:
                    life.resync(now)
            elif self._lose_if_live(life, message.reason, now):
                life.resync(now) if message.resync else life.report()
                self._watch(life)
        return actions

    def tick(self, now: int, trouble: str | None, *, is_open: bool) -> list[Action]:
        """Let pass what has come to its time."""
        actions: list[Action] = []
        for life in list(self._lives.values()):
            if life.give_up_at is not None and now >= life.give_up_at and life.wanted:
                words = f"no verified snapshot within {life.timeout / _SECOND:g} s"
                why = life.trouble or trouble
                actions += self._give_up(life, f"{words}; {why}" if why else words, now, is_open=is_open)
            elif is_open and life.due is not None and now >= life.due:
                self._pass_due(life, now)
        return actions

    def deadline(self, *, is_open: bool) -> int | None:
        """When `tick` next has something to do."""
        instants = [life.give_up_at for life in self if life.give_up_at is not None and life.wanted]
        if is_open:
            instants += [life.due for life in self if life.due is not None]
        return min(instants, default=None)

    def _pass_due(self, life: Life, now: int) -> None:
        if life.phase is Phase.UNSUBSCRIBING:
            self._released(life, now)
        elif life.phase is Phase.SUBSCRIBING:
            life.trouble = "acknowledged, but no snapshot came" if life.acked else "no answer came"
            life.resync(now)
        elif self._lose_if_live(life, "reprove", now):
            life.resync_at_once(now)
            self._watch(life)

    def _snapshot(self, life: Life, message: BookProven, now: int) -> list[Action]:
        first = not life.complete
        took = life.prove(now)
        self._watch(life)
        actions: list[Action] = []
        if first:
            actions.append(Complete(life.topic))
        else:
            self.resyncs += 1
            healed = events.Resync(
                symbol=message.symbol, reason=life.reason, attempts=max(1, life.attempts), took_ns=took
            )
            actions.append(Emit(healed))
        if message.crossed:
            actions.append(Emit(events.CrossedBook(symbol=message.symbol)))
        return actions

    def _released(self, life: Life, now: int) -> None:
        """Go on after an unsubscribe: with all topics of its request together, so that one subscribe does."""
        if life.wanted:
            life.queue(None)
        else:
            self._forget(life)
        group = [other for other in self if other.req_id == life.req_id]
        if not any(other.phase is Phase.UNSUBSCRIBING for other in group):
            for other in group:
                other.queue(now)

    def _meant_by(self, refusal: Refusal) -> list[Life]:
        waiting = Phase.UNSUBSCRIBING if refusal.method == "unsubscribe" else Phase.SUBSCRIBING
        lives = [life for life in self if life.phase is waiting]
        if refusal.symbol is not None:
            lives = [life for life in lives if life.topic.symbol == refusal.symbol]
        else:
            lives = [life for life in lives if not life.acked]
        if refusal.req_id is not None:
            return [life for life in lives if life.req_id == refusal.req_id]
        # Without an id and a symbol only a single request under way can be meant.
        single = refusal.symbol is not None or len({life.req_id for life in lives}) == 1
        return lives if single and refusal.method is not None else []

    def _give_up(self, life: Life, words: str, now: int, *, is_open: bool) -> list[Action]:
        topic = life.topic
        error = SubscribeTimeout(topic.symbol, topic.channel, life.timeout / _SECOND, words)
        ending = [self._untrack(life), Fail(topic, error)]
        return ending + self._take_off_the_wire([life], now, is_open=is_open)

    def _fail(self, life: Life, error: SubscriptionError) -> list[Action]:
        topic, had_been_live = life.topic, life.complete
        actions: list[Action] = [self._untrack(life), Fail(topic, error)]
        if had_been_live:
            lost = events.SubscriptionLost(symbol=topic.symbol, channel=topic.channel, error=error)
            actions.append(Emit(lost))
        self._forget(life)
        return actions

    def _take_off_the_wire(self, lives: list[Life], now: int, *, is_open: bool) -> list[Action]:
        sent = [life for life in lives if is_open and life.phase in ON_THE_WIRE]
        actions = [self._take_back(group, now) for group in _alike(sent)]
        for life in lives:
            if not (is_open and life.phase is Phase.UNSUBSCRIBING):
                self._forget(life)
        return actions

    def _take_back(self, group: list[Life], now: int) -> Action:
        req_id, payload = self._requests.unsubscribe(life.topic for life in group)
        for life in group:
            life.take_back(req_id, now)
        return Send(payload)

    def _due(self, phase: Phase, now: int) -> Iterator[list[Life]]:
        return _alike(life for life in self if life.phase is phase and life.due is not None and now >= life.due)

    def _lose_if_live(self, life: Life, reason: str, now: int) -> bool:
        if life.phase not in _LIVE:
            return False
        life.lose(reason, now)
        return True

    def _wanted(self, topic: Topic) -> Life | None:
        life = self._lives.get(topic.key)
        return life if life is not None and life.wanted and life.topic == topic else None

    def _untrack(self, life: Life) -> Action:
        life.wanted = False
        self.attention.discard(life.topic.symbol)
        return Untrack(life.topic)

    def _forget(self, life: Life) -> None:
        self._lives.pop(life.topic.key, None)

    def _watch(self, life: Life) -> None:
        if life.phase is Phase.LIVE:
            self.attention.discard(life.topic.symbol)
        else:
            self.attention.add(life.topic.symbol)


def _alike(lives: Iterable[Life]) -> Iterator[list[Life]]:
    """Group lives that can share a request: those that differ in nothing but their symbol."""
    groups: dict[tuple[str, int | None], list[Life]] = {}
    for life in lives:
        groups.setdefault((life.topic.channel, life.topic.depth), []).append(life)
    return iter(groups.values())


def _refusal_error(topic: Topic, error: str) -> SubscriptionError:
    hint = None
    if "not supported" in error and ("XBT" in topic.symbol or "XDG" in topic.symbol):
        hint = "Kraken's v2 names are BTC and DOGE, not XBT and XDG"
    elif "not supported" in error and topic.symbol != topic.symbol.upper():
        hint = "Kraken's symbols are upper case, such as BTC/USD"
    return SubscriptionError(topic.symbol, topic.channel, error, hint=hint)
