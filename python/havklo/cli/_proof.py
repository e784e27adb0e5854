"""Proves a capture: every frame goes through the engine, as it would have on the wire."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, final

import msgspec

from havklo._captures import Capture, Frame
from havklo._engine import BookUpdate, Desync, DesyncReason, Engine, Level3Update, MalformedFrame
from havklo.errors import CaptureError, ConfigurationError

__all__ = ["FirstDesync", "Verdict", "prove"]

_BATCH: Final = 1_024
# How nearly every frame begins; whatever differs is read key by key.
_USUAL: Final = b'{"channel":"book","type":"update",'


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstDesync:
    """Where a file stopped being proven for the first time.

    Attributes:
        line: The line, from 1.
        symbol: The book.
        reason: What was broken.
        detail: That as a sentence.
    """

    line: int
    symbol: str
    reason: DesyncReason
    detail: str


@dataclass(kw_only=True, slots=True)
class Verdict:
    """What came of one capture.

    `frames` counts book frames: snapshots and updates of the `book` channel. Each of them is verified,
    desynchronised its book, or was ignored, because its book was not live.

    Attributes:
        path: The file, as given.
        depths: Depth by symbol.
        frames: Book frames.
        verified: Those that were proven.
        desyncs: Those that were not, by reason.
        ignored: Those that came while their book was not live, or for a book nobody had subscribed to.
        first: The first desync.
        seconds: How long it took, reading the file included.
        hint: What may help against the desyncs.
    """

    path: str
    depths: dict[str, int] = field(default_factory=dict[str, int])
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
            None, "no book frame is in it", hint="verify proves the book channel of Kraken's WebSocket v2"
        )
    verdict.hint = prover.hint()
    return verdict


class _Ack(msgspec.Struct, gc=False):
    channel: str = ""
    symbol: str | None = None
    depth: int | None = None


class _Named(msgspec.Struct, gc=False):
    symbol: str
    bids: list[msgspec.Raw] = []
    asks: list[msgspec.Raw] = []


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
        self._engine = Engine()
        self._batch: list[tuple[bytes, int]] = []
        self._lines: list[int] = []
        self._widths: dict[str, int] = {}

    def take(self, frame: Frame) -> bool:
        """Take the next frame; True when a batch of them was proven."""
        if not frame.data.startswith(_USUAL) and not self._is_book(frame):
            return False
        self._batch.append((frame.data, frame.recv_ns))
        self._lines.append(frame.line)
        if len(self._batch) < _BATCH:
            return False
        self.flush()
        return True

    def flush(self) -> None:
        """Prove what has been taken."""
        batch, lines = self._batch, self._lines
        self._batch, self._lines = [], []
        verdict = self.verdict
        for line, result in zip(lines, self._engine.receive_many(batch), strict=True):
            if isinstance(result, MalformedFrame):
                raise self._capture.wrong(line, str(result)) from result
            verdict.frames += 1
            if isinstance(result, BookUpdate | Level3Update):
                verdict.verified += 1
            elif result is None:
                verdict.ignored += 1
            else:
                self._note(line, result)

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
        symbol, reason = verdict.first.symbol, verdict.first.reason
        if reason is DesyncReason.CHECKSUM and not verdict.verified and self._precision is None:
            return (
                "not one frame was proven: if the numbers went through floats, their trailing zeros can be "
                "given back with --precision P,Q, the pair's decimals of price and quantity"
            )
        width = self._widths.get(symbol, 0)
        if width > verdict.depths.get(symbol, width):
            fitting = f"its snapshot has {width} levels a side: try --depth {width}"
            return f"no subscription is in the file, and {fitting}"
        return None

    def _note(self, line: int, desync: Desync) -> None:
        self.verdict.desyncs[desync.reason] += 1
        if self.verdict.first is None:
            self.verdict.first = FirstDesync(
                line=line, symbol=desync.symbol, reason=desync.reason, detail=desync.detail
            )

    def _is_book(self, frame: Frame) -> bool:
        """Whether a frame belongs to the book channel; what it says about subscriptions is heeded."""
        try:
            head = _heads.decode(frame.data)
            if head.method is not None:
                if head.success:
                    self._heed(head.method, _acks.decode(head.result), frame.line)
                return False
        except msgspec.ValidationError:
            return False  # JSON, but nothing of the book channel
        except msgspec.DecodeError as error:
            raise self._capture.wrong(frame.line, f"the frame is not JSON ({error})") from error
        if head.channel == "book" and head.type == "snapshot":
            self._meet(head.data, frame.line)
        return head.channel == "book"

    def _heed(self, method: str, ack: _Ack, line: int) -> None:
        if ack.channel != "book" or ack.symbol is None:
            return
        known = self.verdict.depths.get(ack.symbol)
        if method == "unsubscribe" and known is not None:
            self.flush()
            self._engine.suspend(ack.symbol, "unsubscribed")
        elif method == "subscribe" and (known is None or ack.depth not in (None, known)):
            self._track(ack.symbol, ack.depth, line)

    def _meet(self, data: msgspec.Raw, line: int) -> None:
        """A snapshot of a book whose subscription is not in the file."""
        try:
            named = _snapshots.decode(data)
        except msgspec.ValidationError:
            return  # the engine says what is wrong with it
        for book in named:
            if book.symbol not in self.verdict.depths:
                self._track(book.symbol, None, line)
                if self._depth is None:
                    self._widths[book.symbol] = max(len(book.bids), len(book.asks))

    def _track(self, symbol: str, depth: int | None, line: int) -> None:
        self.flush()
        chosen = depth or self._depth or 10
        try:
            self._engine.track(symbol, chosen, self._precision)
        except ConfigurationError as error:
            raise self._capture.wrong(line, str(error)) from error
        self.verdict.depths[symbol] = chosen
        self._widths.pop(symbol, None)
