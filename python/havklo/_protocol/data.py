"""What becomes of a connection's data: books that engines prove or lose, trades, and all that has no checksum."""

from collections.abc import Iterable, Iterator
from typing import cast, final

from havklo import events
from havklo._protocol.actions import Action, Check, Deliver, DeliverAccount, Discard, Emit, Suspend
from havklo._protocol.life import Life, Phase
from havklo._protocol.lives import Lives
from havklo._protocol.messages import AccountRows, Activity, BookLost, BookProven, Row, Rows
from havklo._protocol.tape import Tape
from havklo._protocol.timings import Timings
from havklo.events import Candle, Trade

__all__ = ["Data"]

_SNAPSHOTS_ASKED = 3  # how often a snapshot is asked for that could fill a hole in the trades


@final
class Data:
    """Moves lives by what the channels say.

    Args:
        lives: The connection's topics.
        timings: The session's patience.
    """

    def __init__(self, lives: Lives, timings: Timings) -> None:
        self._lives = lives
        self._timings = timings
        self._check_at: int | None = None

    @property
    def due(self) -> int | None:
        """When to look for unusual silences."""
        return self._check_at

    def start(self, now: int) -> None:
        """Begin to look for silences: there is a connection."""
        self._check_at = now + self._timings.quiet_every

    def stop(self) -> None:
        """Stop looking."""
        self._check_at = None

    # -- books -------------------------------------------------------------------------------

    def proven(self, message: BookProven, now: int) -> list[Action]:
        """Take the engine's word that a book message is verified."""
        life = self._lives.get(message.channel, message.symbol)
        if life is None:
            return []
        if life.phase in (Phase.UNSUBSCRIBING, Phase.QUEUED) or (life.phase is Phase.SUBSCRIBING and life.unconfirmed):
            # The old subscription still speaks; its successor's snapshot is what counts.
            return [Suspend((message.symbol,), "resyncing"), Discard()]
        if not message.snapshot:
            self._count_update(life)
            return []
        if life.is_live:
            return []
        actions = self._lives.revive(life, now)
        if message.crossed:
            actions.append(Emit(events.CrossedBook(symbol=message.symbol)))
        return actions

    def lost(self, message: BookLost, now: int) -> list[Life]:
        """Take the engine's word that books are desynchronised; gives those that have failed too often to go on."""
        hopeless: list[Life] = []
        for symbol in message.symbols:
            life = self._lives.get(message.channel, symbol)
            if life is None or not life.wanted:
                continue
            if life.phase is Phase.SUBSCRIBING:
                if life.count_bad_snapshot(message.reason):
                    hopeless.append(life)
                else:
                    life.resync(now)
            elif self._lives.lose(life, message.reason, now):
                life.resync(now) if message.resync else life.report()
                self._lives.watch(life)
        return hopeless

    # -- channels without checksums ----------------------------------------------------------

    def rows(self, message: Rows, now: int) -> list[Action]:
        """Take events of a channel; those of a symbol that is not wanted are of no interest."""
        actions: list[Action] = []
        for symbol, rows in _by_symbol(message):
            life = self._lives.get(message.channel, symbol)
            if life is None or not life.wanted or _is_stranger(rows[0], life):
                continue
            life.hear(now)
            if life.tape is not None:
                actions += self._trades(life, life.tape, cast("list[Trade]", rows), message, now)
                continue
            actions.append(Deliver(life.topic, tuple(rows)))
            if life.phase is Phase.SUBSCRIBING and (message.snapshot or (life.is_sparse and life.acked)):
                actions += self._lives.revive(life, now)
            else:
                self._count_update(life)
        return actions

    def account(self, message: AccountRows, now: int) -> list[Action]:
        """Take what a numbered channel says; after a number that was left out nothing counts but a fresh snapshot."""
        life = self._lives.get(message.channel, "")
        if life is None or not life.wanted:
            return []
        life.hear(now)
        if life.phase is Phase.SUBSCRIBING:
            return self._first(life, message, now)
        if not life.is_live:
            return []
        expected, got = life.sequence, message.sequence
        if expected is not None and got is not None and got != expected:
            if got < expected:
                return []  # it comes twice
            self._lives.break_off(life, "gap", now)
            return [Emit(events.ExecutionGap(channel=message.channel, expected=expected, got=got))]
        life.sequence = None if got is None else got + 1
        self._count_update(life)
        return [_handed(life, message)]

    def unreadable(self, channel: str, now: int) -> None:
        """Lose all topics of a channel, for a message of one of them could not be read."""
        for life in self._lives:
            if life.topic.channel == channel:
                self._lives.break_off(life, "malformed", now)

    def without_snapshot(self, life: Life, now: int) -> list[Action]:
        """Go on with trades or candles of which no snapshot came: there may never have been a trade on this pair."""
        if life.tape is not None and life.tape.has_hole and life.attempts < _SNAPSHOTS_ASKED:
            life.trouble = "acknowledged, but no snapshot came"
            life.resync(now)
            return []
        told = () if life.tape is None else tuple(life.tape.give_up())
        delivered: list[Action] = [Deliver(life.topic, told)] if told else []
        return delivered + self._lives.revive(life, now)

    # -- time --------------------------------------------------------------------------------

    def overdue_trades(self, now: int) -> list[Action]:
        """Tell what has been held back for long enough."""
        actions: list[Action] = []
        for life, tape in self._holding():
            if now >= self._release_at(tape):
                actions.append(Deliver(life.topic, tuple(tape.give_up())))
        return actions

    def deadline(self) -> int | None:
        """When trades will have been held back for long enough."""
        return min((self._release_at(tape) for _, tape in self._holding()), default=None)

    def look_for_silence(self, now: int) -> list[Action]:
        """Look whether a topic is unusually silent; of books, ask."""
        if self._check_at is None or now < self._check_at:
            return []
        self._check_at = now + self._timings.quiet_every
        actions: list[Action] = []
        books: dict[str, list[str]] = {}
        for life in self._lives:
            if not life.is_live:
                continue
            if life.is_book:
                books.setdefault(life.topic.channel, []).append(life.topic.symbol)
            else:
                actions += self._judge(life, life.messages, now - life.heard_at, now)
        return actions + [Check(tuple(symbols), channel) for channel, symbols in books.items()]

    def activity(self, message: Activity, now: int) -> list[Action]:
        """Take the answer about the books."""
        actions: list[Action] = []
        for symbol, (messages, age) in message.books.items():
            life = self._lives.get(message.channel, symbol)
            if life is not None and life.is_live:
                actions += self._judge(life, messages, age, now)
        return actions

    def _first(self, life: Life, message: AccountRows, now: int) -> list[Action]:
        if message.snapshot:
            life.sequence = None if message.sequence is None else message.sequence + 1
            return [_handed(life, message), *self._lives.revive(life, now)]
        if life.acked:
            life.trouble = "its snapshot is missing"
            life.resync(now)
        return []

    def _judge(self, life: Life, messages: int, age: int, now: int) -> list[Action]:
        if not life.rhythm.is_unusual(messages, age, now):
            return []
        self._lives.break_off(life, "silent", now)
        return [Emit(events.Silent(symbol=life.topic.symbol, channel=life.topic.channel, silent_ns=age))]

    def _trades(self, life: Life, tape: Tape, trades: list[Trade], message: Rows, now: int) -> list[Action]:
        if message.snapshot:
            told = tuple(tape.snapshot(trades))
            actions: list[Action] = [Deliver(life.topic, told)] if told else []
            return actions + (self._lives.revive(life, now) if life.phase is Phase.SUBSCRIBING else [])
        passed, has_hole = tape.live(trades, now)
        if has_hole:
            self._lives.break_off(life, "gap", now)
        else:
            self._count_update(life)
        return [Deliver(life.topic, tuple(passed))] if passed else []

    def _count_update(self, life: Life) -> None:
        if life.phase is Phase.SETTLING:
            life.count_update()
            self._lives.watch(life)

    def _holding(self) -> Iterator[tuple[Life, Tape]]:
        """The topics whose trades are held back; those of one that nobody wants any more will never be told."""
        for life in self._lives:
            if life.tape is not None and life.tape.waiting_since is not None and life.wanted:
                yield life, life.tape

    def _release_at(self, tape: Tape) -> int:
        return (tape.waiting_since or 0) + self._timings.trades_within


def _handed(life: Life, message: AccountRows) -> DeliverAccount:
    return DeliverAccount(life.topic, message.rows, message.snapshot, message.recv_ns)


def _is_stranger(row: Row, life: Life) -> bool:
    """Whether a candle is of another interval, that has just been taken back for this one."""
    return isinstance(row, Candle) and row.interval != life.topic.interval


def _by_symbol(message: Rows) -> Iterable[tuple[str, list[Row]]]:
    """Sort a message's rows by symbol, for a snapshot may be of several; without any it is nobody's."""
    if message.channel == "instrument":
        return (("", list(message.rows)),)
    sorted_rows: dict[str, list[Row]] = {}
    for row in message.rows:
        sorted_rows.setdefault(cast("Trade", row).symbol, []).append(row)
    return sorted_rows.items()
