"""What there is to see of a watched book at one instant, and the words and figures for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from havklo.events import BookSnapshot, BookState, DesyncReason

__all__ = [
    "Note",
    "View",
    "age_text",
    "clock_text",
    "count",
    "mid_of",
    "number",
    "quantity",
    "signed_percent",
]

_SECOND: Final = 1_000_000_000
_COMPACT_FROM: Final = 10_000
_COMPACT: Final = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K"))
# Why a book that awaits its snapshot does so, where that has a word of its own.
_WAITS: Final = frozenset({"stalled", "disconnected", "resyncing"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A line of the log.

    Attributes:
        at_ns: When it happened, in epoch nanoseconds.
        kind: A word for it.
        text: The sentence.
    """

    at_ns: int
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A book as it is shown: what was last proven, and whether that still stands.

    Attributes:
        symbol: The symbol.
        depth: Levels a side, as subscribed.
        venue: Where it comes from.
        state: The book's state; None until it is subscribed.
        reason: Why it is not live.
        shown: The last proven state; None before the first.
        proven_depth: How many levels a side the checksum proves.
        verified: Messages proven.
        desyncs: Desyncs by reason.
        resyncs: How often it was made live again.
        age_ns: How old the last proven message is.
        microprice: The weighted mid price, if it is live.
        imbalance: The queue imbalance of ten levels, if it is live.
        held: Why the picture stands still, if it does.
    """

    symbol: str
    depth: int
    venue: str
    state: BookState | None = None
    reason: str | None = None
    shown: BookSnapshot | None = None
    proven_depth: int = 10
    verified: int = 0
    desyncs: Mapping[DesyncReason, int]
    resyncs: int = 0
    age_ns: int | None = None
    microprice: Decimal | None = None
    imbalance: Decimal | None = None
    held: str | None = None

    @property
    def live(self) -> bool:
        """Whether what is shown is proven now."""
        return self.state is BookState.LIVE

    @property
    def word(self) -> str:
        """The state in a word."""
        if self.state is None:
            return "connecting"
        if self.state is BookState.AWAITING and self.reason in _WAITS:
            return self.reason
        return self.state.value

    @property
    def trouble(self) -> str | None:
        """Why it is not live, as a sentence, unless the state's word says it all."""
        return None if self.live or self.reason in (None, self.word) else self.reason

    @property
    def proof(self) -> str:
        """What the counters say."""
        parts = [
            f"{self.verified:,} verified",
            count(sum(self.desyncs.values()), "desync") + _causes(self.desyncs),
            count(self.resyncs, "resync"),
        ]
        if self.age_ns is not None:
            parts.append(f"last message {age_text(self.age_ns)} ago")
        return ", ".join(parts)

    @property
    def reach(self) -> str:
        """Which levels are proven."""
        if self.shown is not None and not self.live:
            age = age_text(self.age_ns or 0)
            return f"not readable now: this is the last proven state, {age} old"
        if self.depth <= self.proven_depth:
            return "every level is proven by this checksum"
        return (
            f"levels 1-{self.proven_depth} are proven by this checksum, "
            f"{self.proven_depth + 1}-{self.depth} (~) only watched by structure"
        )


def _causes(desyncs: Mapping[DesyncReason, int]) -> str:
    if not desyncs:
        return ""
    return " (" + ", ".join(f"{times} {reason.value}" for reason, times in desyncs.items()) + ")"


def count(n: int, what: str) -> str:
    """A number of things."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def mid_of(shown: BookSnapshot) -> tuple[Decimal, Decimal] | None:
    """The spread and the mid price; None while a side is empty."""
    if not shown.bids or not shown.asks:
        return None
    bid, ask = shown.bids[0].price, shown.asks[0].price
    return ask - bid, (ask + bid) / 2


def number(value: Decimal) -> str:
    """A number with all its digits and never an exponent."""
    return f"{value:f}"


def quantity(value: Decimal) -> str:
    """A quantity: all digits below 10,000, short above."""
    if value < _COMPACT_FROM:
        return f"{value:f}"
    unit, letter = next((unit, letter) for unit, letter in _COMPACT if value >= unit)
    return f"{value / unit:.2f}{letter}"


def signed_percent(share: Decimal, minus: str = "-") -> str:
    """A share from -1 to 1 as a signed percentage."""
    percent = round(share * 100)
    return f"{minus if percent < 0 else '+'}{abs(percent)} %"


def age_text(nanoseconds: int) -> str:
    """An age, as exact as a reader needs it."""
    milliseconds = max(0, nanoseconds) / 1_000_000
    if milliseconds < 100:
        return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1_000:.1f} s"


def clock_text(epoch_ns: int) -> str:
    """The local time of day, with milliseconds."""
    moment = datetime.fromtimestamp(epoch_ns / _SECOND).astimezone()
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1_000:03d}"


def newest(notes: Iterable[Note], limit: int) -> list[Note]:
    """The last notes in the order of time."""
    return sorted(notes, key=lambda note: note.at_ns)[-limit:] if limit else []
