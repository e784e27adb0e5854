"""Proves a capture: every frame of its books, of level 2 or 3, goes through the engine as it would have on the wire."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, final

import msgspec

from havklo._captures import GIVEN_UP, Capture, Frame, given_up
from havklo._engine import BookUpdate, Desync, DesyncReason, Engine, Level3Update, MalformedFrame
from havklo.errors import CaptureError, ConfigurationError

__all__ = ["FirstDesync", "Verdict", "prove"]

_Channel: TypeAlias = Literal["book", "level3"]

_BATCH: Final = 1_024
# How nearly every frame begins; whatever differs is read key by key.
_USUAL: Final = b'{"channel":"book","type":"update",'
_USUAL_LEVEL3: Final = b'{"channel":"level3","type":"update",'


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstDesync:
    """Where a file stopped being proven for the first time.

    Attributes:
        line: The line, from 1.
        channel: `book`, or `level3` for a book of single orders.
        symbol: The book.
        reason: What was broken.
        detail: That as a sentence.
    """

    line: int
    channel: _Channel
    symbol: str
    reason: DesyncReason
    detail: str


@dataclass(kw_only=True, slots=True)
class Verdict:
    """What came of one capture.

    `frames` counts book frames: snapshots and updates of the `book` and the `level3` channel. Each of them is
    verified, desynchronised its book, or was ignored, because its book was not live.

    Attributes:
        path: The file, as given.
        depths: Depth by channel and symbol: a capture may have both books of a symbol.
        frames: Book frames.
        verified: Those that were proven.
        desyncs: Those that were not, by reason.
        ignored: Those that came while their book was not live, or for a book nobody had subscribed to.
        first: The first desync.
        seconds: How long it took, reading the file included.
        hint: What may help against the desyncs.
    """

    path: str
    depths: dict[tuple[_Channel, str], int] = field(default_factory=dict[tuple[_Channel, str], int])
    frames: int = 0
    verified: int = 0
    desyncs: Counter[DesyncReason] = field(default_factory=Counter[DesyncReason])
    ignored: int = 0
    first: FirstDesync | None = None
    seconds: float = 0.0
    hint: str | None = None

    @property
    def frames_per_second(self) -> int:
        """How many book frames were proven a second."""
        return round(self.frames / self.seconds) if self.seconds else 0


def prove(
    path: str,
    *,
    depth: int | None = None,
    precision: tuple[int, int] | None = None,
    on_progress: Callable[[int], object] | None = None,
) -> Verdict:
    """Prove a capture from its first line to its last.

    Args:
        path: The file.
        depth: The depth of books that no subscription in the file tells about; 10 if None.
        precision: Decimals of price and quantity, for numbers that have lost their trailing zeros.
        on_progress: Called now and then with the bytes read so far.

    Raises:
        CaptureError: The file can't be read to its end, or holds no book frame.
    """
    capture = Capture(path)
    prover = _Prover(capture, Verdict(path=path), depth, precision)
    verdict = prover.verdict
    started = time.perf_counter()
    try:
        for frame in capture:
            if prover.take(frame) and on_progress is not None:
                on_progress(capture.position)
        prover.flush()
    except CaptureError as error:
        raise prover.stopped(error) from error.__cause__
    verdict.seconds = time.perf_counter() - started
    if not capture.position:
        raise capture.wrong(None, "the file is empty")
    if not verdict.frames:
        raise capture.wrong(
            None,
            "no book frame is in it",
            hint="verify proves the book and the level3 channel of Kraken's WebSocket v2",
        )
    verdict.hint = prover.hint()
    return verdict


class _Ack(msgspec.Struct, gc=False):
    channel: str = ""
    symbol: str | None = None
    depth: int | None = None


class _Entry(msgspec.Struct, gc=False):
    """A level, or an order of level 3, which has its price by another name."""

    price: msgspec.Raw = msgspec.Raw(b"")
    limit_price: msgspec.Raw = msgspec.Raw(b"")


class _Named(msgspec.Struct, gc=False):
    symbol: str
    bids: list[_Entry] = []
    asks: list[_Entry] = []

    @property
    def width(self) -> int:
        """How many levels its longer side has."""
        return max(len({bytes(each.limit_price or each.price) for each in side}) for side in (self.bids, self.asks))


class _Head(msgspec.Struct, gc=False):
    channel: str | None = None
    type: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"[]")
    method: str | None = None
    success: bool | None = None
    result: msgspec.Raw = msgspec.Raw(b"{}")


_heads: Final = msgspec.json.Decoder(_Head)
_acks: Final = msgspec.json.Decoder(_Ack)
_snapshots: Final = msgspec.json.Decoder(list[_Named])


@final
class _Prover:
    """Keeps the books of one capture, and the count."""

    def __init__(
        self, capture: Capture, verdict: Verdict, depth: int | None, precision: tuple[int, int] | None
    ) -> None:
        self.verdict = verdict
        self._capture = capture
        self._depth = depth
        self._precision = precision
        # An engine keeps a symbol's book of one level; a capture may have both.
        self._engines: dict[_Channel, Engine] = {"book": Engine(), "level3": Engine()}
        self._batch: list[tuple[_Channel, Frame]] = []
        self._widths: dict[tuple[_Channel, str], int] = {}

    def take(self, frame: Frame) -> bool:
        """Take the next frame; True when a batch of them was proven."""
        channel: _Channel | None
        if frame.data.startswith(_USUAL):
            channel = "book"
        elif frame.data.startswith(_USUAL_LEVEL3):
            channel = "level3"
        else:
            channel = self._other(frame)
        if channel is None:
            return False
        self._batch.append((channel, frame))
        if len(self._batch) < _BATCH:
            return False
        self.flush()
        return True

    def flush(self) -> None:
        """Prove what has been taken."""
        batch, self._batch = self._batch, []
        verdict = self.verdict
        results = {
            channel: iter(engine.receive_many([(each.data, each.recv_ns) for of, each in batch if of == channel]))
            for channel, engine in self._engines.items()
        }
        for channel, frame in batch:
            result = next(results[channel])
            if isinstance(result, MalformedFrame):
                raise self._capture.wrong(frame.line, str(result)) from result
            verdict.frames += 1
            if isinstance(result, BookUpdate | Level3Update):
                verdict.verified += 1
            elif result is None:
                verdict.ignored += 1
            else:
                self._note(frame.line, channel, result)

    def stopped(self, error: CaptureError) -> CaptureError:
        """The same error, or an earlier one, with what is known of the file's part before it."""
        try:
            self.flush()
        except CaptureError as earlier:
            error = earlier
        if error.line is None or error.hint is not None:
            return error
        verdict = self.verdict
        desyncs = verdict.desyncs.total()
        hint = f"before it {verdict.verified} of {verdict.frames} book frames are proven, {desyncs} desynced"
        return CaptureError(error.path, error.detail, line=error.line, hint=hint)

    def hint(self) -> str | None:
        """What may help against the desyncs."""
        verdict = self.verdict
        if verdict.first is None:
            return None
        book = verdict.first.channel, verdict.first.symbol
        if verdict.first.reason is DesyncReason.CHECKSUM and not verdict.verified and self._precision is None:
            return (
                "not one frame was proven: if the numbers went through floats, their trailing zeros can be "
                "given back with --precision P,Q, the pair's decimals of price and quantity"
            )
        width = self._widths.get(book, 0)
        if width > verdict.depths.get(book, width):
            fitting = f"its snapshot has {width} levels a side: try --depth {width}"
            return f"no subscription is in the file, and {fitting}"
        return None

    def _note(self, line: int, channel: _Channel, desync: Desync) -> None:
        self.verdict.desyncs[desync.reason] += 1
        if self.verdict.first is None:
            self.verdict.first = FirstDesync(
                line=line, channel=channel, symbol=desync.symbol, reason=desync.reason, detail=desync.detail
            )

    def _other(self, frame: Frame) -> _Channel | None:
        """Tell the channel of an unusual frame, if it is one of books; what it says about subscriptions is heeded."""
        try:
            head = _heads.decode(frame.data)
            if head.method is not None:
                if head.success:
                    self._heed(head.method, _acks.decode(head.result), frame.line)
                return None
        except msgspec.ValidationError:
            return None  # JSON, but nothing of these channels
        except msgspec.DecodeError as error:
            raise self._capture.wrong(frame.line, f"the frame is not JSON ({error})") from error
        except GIVEN_UP as error:
            raise self._capture.wrong(frame.line, given_up(error)) from error
        channel = _channel(head.channel)
        if channel is not None and head.type == "snapshot":
            self._meet(channel, head.data, frame.line)
        return channel

    def _heed(self, method: str, ack: _Ack, line: int) -> None:
        channel, symbol = _channel(ack.channel), ack.symbol
        if channel is None or symbol is None:
            return
        known = self.verdict.depths.get((channel, symbol))
        if method == "unsubscribe" and known is not None:
            self.flush()
            self._engines[channel].suspend(symbol, "unsubscribed")
        elif method == "subscribe" and (known is None or ack.depth not in (None, known)):
            self._track(channel, symbol, ack.depth, line)

    def _meet(self, channel: _Channel, data: msgspec.Raw, line: int) -> None:
        """A snapshot of a book whose subscription is not in the file."""
        try:
            named = _snapshots.decode(data)
        except msgspec.ValidationError:
            return  # the engine says what is wrong with it
        except GIVEN_UP as error:
            raise self._capture.wrong(line, given_up(error)) from error
        for book in named:
            if (channel, book.symbol) not in self.verdict.depths:
                self._track(channel, book.symbol, None, line)
                if self._depth is None:
                    self._widths[channel, book.symbol] = book.width

    def _track(self, channel: _Channel, symbol: str, depth: int | None, line: int) -> None:
        self.flush()
        chosen = depth or self._depth or 10
        try:
            self._engines[channel].track(symbol, chosen, self._precision, channel)
        except ConfigurationError as error:
            raise self._capture.wrong(line, str(error)) from error
        self.verdict.depths[channel, symbol] = chosen
        self._widths.pop((channel, symbol), None)


def _channel(name: str | None) -> _Channel | None:
    """The channel of this name, if it is one of books."""
    return name if name == "book" or name == "level3" else None  # noqa: PLR1714  # a set would not narrow the type
