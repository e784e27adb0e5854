"""The study itself: one walk through the frames, from which everything is computed that a report says."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Final, Literal, final

import msgspec

from havklo._engine import Desync, Engine, Level3Book, Level3Update, MalformedFrame
from havklo._protocol.messages import Rows, decode
from havklo.analytics import Attribution, OrderLifetime, OrderLifetimes
from havklo.errors import CaptureError, ConfigurationError
from havklo.events import Trade
from havklo.study.contest import MODELS, contest
from havklo.study.lives import LEAST_ENDED, lifetimes
from havklo.study.pressure import Pressure
from havklo.study.queues import Queues
from havklo.study.report import Lifetimes, QueueLengths, QueueReport
from havklo.study.shadows import Said, Shadow, Shadows
from havklo.study.tape import Tape, Told, moment

__all__ = ["HORIZONS", "study"]

HORIZONS: Final = (1.0, 5.0, 30.0)
"""The horizons that are studied if none are named, in seconds."""

_SECOND: Final = 1_000_000_000
_SIDES: Final[tuple[Literal["bid", "ask"], ...]] = ("bid", "ask")
_LEVELS: Final = 2
_HOLE: Final = 600 * _SECOND
_SETTLED: Final = 2 * _SECOND
_TOLD_EVERY: Final = 512
_SHORT: Final = 600.0


def study(
    tape: Tape,
    *,
    within: Sequence[float] = HORIZONS,
    split: float = 0.5,
    on_progress: Callable[[float], object] | None = None,
) -> QueueReport:
    """Study the queues of a tape, and how good fill probabilities are on it.

    Every second a shadow order is placed in thought at the back of both best prices and one price deeper. The book
    says at that moment how likely it is to be filled, and what becomes of it is seen later. Only those of the second
    part are scored; no prediction knows anything that came after it.

    Args:
        tape: The frames: `Recorded("capture.jsonl")` or `Simulated(10)`.
        within: The horizons in seconds: one to six, at most 600.
        split: Which part of the time only teaches, from its beginning.
        on_progress: Called now and then with the part of the tape that was read, from 0 to 1.

    Returns:
        What was found.

    Raises:
        ConfigurationError: A horizon can't be, or `split` is not between 0 and 1.
        CaptureError: The file can't be read to its end.
    """
    if not within or len(set(within)) < len(within) or len(within) > 6 or not all(0 < each <= 600 for each in within):
        raise ConfigurationError("within is one to six different numbers of seconds, above 0 and at most 600")
    if not 0.0 < split < 1.0:
        raise ConfigurationError(f"split is a number between 0 and 1, not {split!r}")
    walk = _Walk(tape, tuple(sorted(float(each) for each in within)))
    for number, told in enumerate(tape):
        walk.take(told)
        if on_progress is not None and number % _TOLD_EVERY == 0:
            on_progress(tape.position)
    return walk.report(split)


class _Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot without orders: whoever is still in view has been seen for the last time."""

    symbol: str
    timestamp_ns: int
    recv_ns: int
    depth: int
    type: str = "snapshot"
    changes: tuple[object, ...] = ()
    top: None = None
    best_bid: None = None
    best_ask: None = None
    conflated: int = 0


@final
class _Walk:
    """Takes frame by frame, and keeps what the report needs."""

    def __init__(self, tape: Tape, within: tuple[float, ...]) -> None:
        source = tape.source
        self._tape = tape
        self._within = within
        self._engine = Engine()
        self._book: Level3Book = self._engine.track(source.symbol, source.depth, channel="level3")
        self._book.learn(horizons=within)
        self._attributions = (Attribution(trades=False), Attribution(trades=False))
        self._lifetimes = OrderLifetimes(source.symbol, attribution=self._attributions[1])
        self._shadows = Shadows(max(within))
        self._queues = Queues()
        self._pressure = Pressure()
        self._lives: list[OrderLifetime] = []
        self._counts: Counter[str] = Counter()
        self._began_ns: int | None = None
        self._now_ns = 0
        self._next_ns = 0

    def take(self, told: Told) -> None:
        """Take one frame."""
        if told.channel == "trades":
            for each in self._attributions:
                if not each.trades:
                    each.trades = True
                    each.interrupted(max(self._now_ns, told.at_ns))
            return
        self._pass(told.at_ns)
        if told.channel == "trade":
            self._trades(told)
            return
        # The arrival is the exchange's time, so that studies of one market agree whoever recorded it.
        try:
            event = self._engine.receive(told.data, self._now_ns)
        except MalformedFrame as error:
            raise CaptureError(self._tape.source.name, str(error)) from error
        if isinstance(event, Level3Update):
            self._update(event)
        elif isinstance(event, Desync):
            self._counts["desyncs"] += 1
            self._shadows.lose(self._now_ns)
            self._queues.lose()
            self._take_lives(self._lifetimes.feed(event))
        else:
            self._counts["ignored"] += 1

    def report(self, split: float) -> QueueReport:
        """Everything that was found."""
        source = self._tape.source
        end_ns, began_ns = self._now_ns, self._began_ns or self._now_ns
        self._decide(end_ns + 2 * _SETTLED)
        last = _Nothing(
            symbol=source.symbol,
            timestamp_ns=end_ns,
            recv_ns=end_ns + 2 * _SETTLED,
            depth=source.depth,
        )
        self._take_lives(self._lifetimes.feed(last))
        split_ns = began_ns + round((end_ns - began_ns) * split)
        contests = tuple(
            contest(
                self._shadows.all,
                within,
                begin_ns=began_ns,
                split_ns=split_ns,
                # A trade may come after the message that it explains, by as long as it takes to settle.
                seen_ns=end_ns - (_SETTLED if self._has_trades else 0),
            )
            for within in self._within
        )
        lives = lifetimes(self._lives)
        return QueueReport(
            source=source,
            seconds=(end_ns - began_ns) / _SECOND,
            messages=self._counts["messages"],
            desyncs=self._counts["desyncs"],
            ignored=self._counts["ignored"],
            trades=self._counts["trades"],
            has_trades=self._has_trades,
            split=(split_ns - began_ns) / _SECOND,
            shadows=len(self._shadows.all),
            contests=contests,
            queues=QueueLengths(
                lengths=tuple(sorted(self._queues.lengths.items())),
                ahead=tuple(sorted(self._queues.ahead.items())),
                rates=tuple(self._queues.rates()),
                joined=tuple(self._queues.joined()),
            ),
            lifetimes=lives,
            warnings=tuple(self._warnings((end_ns - began_ns) / _SECOND, lives)),
        )

    @property
    def _has_trades(self) -> bool:
        return self._attributions[0].trades

    def _pass(self, at_ns: int) -> None:
        """Let time pass, with all shadow orders that are placed until then: the book is still as it was before.

        Over a hole that is longer than any horizon nothing is placed: nobody has looked, or a clock went wrong.
        """
        if self._began_ns is not None and at_ns > self._next_ns + _HOLE:
            self._shadows.lose(self._now_ns)
            self._queues.lose()
            self._next_ns = at_ns + _SECOND
        while self._began_ns is not None and self._next_ns <= at_ns:
            if self._book.state == "live":
                self._place(self._next_ns)
            self._next_ns += _SECOND
        self._now_ns = max(self._now_ns, at_ns)

    def _place(self, at_ns: int) -> None:
        book = self._book
        self._queues.sample(book)
        for side in _SIDES:
            levels = book.bids(_LEVELS) if side == "bid" else book.asks(_LEVELS)
            better = Decimal(0)
            for level, (price, qty) in enumerate(levels):
                orders = book.orders(side, level)
                ahead = float(better + qty)
                self._shadows.place(
                    Shadow(
                        side=side,
                        price=price,
                        level=level,
                        placed_ns=at_ns,
                        ahead={order.order_id for order in orders},
                        orders_ahead=len(orders),
                        qty_ahead=ahead,
                        said=self._said(side, price, orders[0].order_qty),
                        no_cancels={each: self._pressure.fills(side, ahead, each) for each in self._within},
                    )
                )
                better += qty

    def _said(self, side: Literal["bid", "ask"], price: Decimal, qty: Decimal) -> dict[tuple[float, str], Said]:
        said: dict[tuple[float, str], Said] = {}
        for within in self._within:
            for model in MODELS:
                found = self._book.fill_probability(side=side, price=price, qty=qty, within=within, model=model)
                said[within, model] = Said(p=found.p, calibrated=found.calibrated)
        return said

    def _update(self, update: Level3Update) -> None:
        now_ns = self._now_ns
        self._counts["messages"] += 1
        if self._began_ns is None:
            self._began_ns = now_ns
            self._next_ns = now_ns + _SECOND
        if update.type == "snapshot":
            self._shadows.lose(now_ns)
            self._queues.lose()
        decided = self._attributions[0].feed(update)
        self._shadows.update(update, self._book, self._attributions[0].latest, now_ns)
        self._queues.update(update, self._book, now_ns)
        self._pressure.update(update, now_ns)
        self._shadows.decide(decided)
        self._queues.decide(decided)
        self._take_lives(self._lifetimes.feed(update))

    def _trades(self, told: Told) -> None:
        try:
            message = decode(told.data, self._now_ns)
        except MalformedFrame as error:
            raise CaptureError(self._tape.source.name, str(error)) from error
        if not isinstance(message, Rows):
            return
        self.take(Told("trades", told.at_ns, b""))
        for row in message.rows:
            if not isinstance(row, Trade) or row.symbol != self._tape.source.symbol or message.snapshot:
                continue
            self._counts["trades"] += 1
            at_ns = moment(row.timestamp) or self._now_ns
            if self._book.state == "live":
                self._book.traded("buy" if row.side == "buy" else "sell", row.price, row.qty, at_ns)
            self._pressure.trade(row, at_ns)
            decided = self._attributions[0].feed(row)
            self._shadows.decide(decided)
            self._queues.decide(decided)
            self._take_lives(self._lifetimes.feed(row))

    def _decide(self, now_ns: int) -> None:
        decided = self._attributions[0].tick(now_ns)
        self._shadows.decide(decided)
        self._queues.decide(decided)

    def _take_lives(self, rows: Sequence[OrderLifetime]) -> None:
        self._lives.extend(rows)
        self._queues.lived(rows)

    def _warnings(self, seconds: float, lives: Lifetimes) -> Iterator[str]:
        if self._tape.source.kind == "simulated":
            yield "this is a simulated market: nothing here was measured on Kraken"
        if not self._has_trades:
            yield (
                "there are no trades in it: whether the first order of the best price was filled or canceled is not "
                "known, so shadow orders whose fate hangs on that are left out, which makes fills look rarer"
            )
        if self._counts["desyncs"]:
            yield f"{self._counts['desyncs']} messages were not proven; what was under way then is left out"
        if seconds < _SHORT:
            yield f"small sample: {seconds:.0f} s of one market"
        ended = lives.orders - lives.censored
        if ended < LEAST_ENDED:
            yield f"only {ended} orders were seen to end: too few for curves of their lives, which want {LEAST_ENDED}"
