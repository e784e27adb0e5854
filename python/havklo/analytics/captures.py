"""Recorded frames as events: the same metrics run over a capture, the simulator and Kraken itself."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias, final

import msgspec

from havklo._captures import GIVEN_UP, Capture, Frame, given_up
from havklo._engine import BookUpdate, Desync, Engine, MalformedFrame
from havklo._protocol.messages import Rows, Unreadable, decode
from havklo.analytics._metric import Metric
from havklo.errors import ConfigurationError
from havklo.events import Trade, TradeGap

if TYPE_CHECKING:
    import os

    from havklo._engine import Level3Update

__all__ = ["Recorded", "read", "replay"]

_USUAL: Final = {
    "book": b'{"channel":"book","type":"update",',
    "level3": b'{"channel":"level3","type":"update",',
}
_MISSING: Final = "not in the capture"


def read(
    path: "str | os.PathLike[str]", *, depth: int | None = None, precision: tuple[int, int] | None = None
) -> "Iterator[Recorded]":
    """Read a capture as the events that a client would have told, in the order of the file.

    Book frames of level 2 and 3 go through the engine, so each is proven anew; symbols and depths come from the
    subscriptions that Kraken confirms in the file. Trades that are missing between two others are told as a
    `TradeGap`. Other channels are passed over.

    Args:
        path: A text file with one received frame a line, as `havklo verify` takes it.
        depth: The depth of books whose subscription is not in the file; 10 by default.
        precision: Decimals of price and quantity, for numbers that have lost their trailing zeros.

    Yields:
        BookUpdate, Level3Update, Desync, Trade and TradeGap.

    Raises:
        CaptureError: The file can't be read to its end.
    """
    reader = _Reader(Capture(path), depth, precision)
    return reader.events()


def replay(events: Iterable[object], *metrics: Metric[Any]) -> Iterator[Any]:
    """Feed events to metrics; gives their rows in the order in which they become certain.

    Args:
        events: Events in the order of their arrival, such as `read` gives.
        metrics: The metrics. They keep what they know, so a second call goes on where the first ended.

    Yields:
        The rows.
    """
    for event in events:
        for metric in metrics:
            yield from metric.feed(event)


class _Result(msgspec.Struct, gc=False):
    channel: str = ""
    symbol: str | None = None
    depth: int | None = None


class _Named(msgspec.Struct, gc=False):
    symbol: str


class _Head(msgspec.Struct, gc=False):
    channel: str | None = None
    type: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"[]")
    method: str | None = None
    success: bool | None = None
    result: msgspec.Raw = msgspec.Raw(b"{}")


_heads: Final = msgspec.json.Decoder(_Head)
_results: Final = msgspec.json.Decoder(_Result)
_snapshots: Final = msgspec.json.Decoder(list[_Named])


@final
class _Reader:
    """Keeps the books of one capture."""

    def __init__(self, capture: Capture, depth: int | None, precision: tuple[int, int] | None) -> None:
        self._capture = capture
        self._depth = depth or 10
        self._precision = precision
        # An engine keeps a symbol's book of one level; a capture may have both.
        self._engines = {"book": Engine(), "level3": Engine()}
        self._depths: dict[tuple[str, str], int] = {}
        self._latest: dict[str, int] = {}

    def events(self) -> "Iterator[Recorded]":
        """Read the file once."""
        for frame in self._capture:
            try:
                yield from self._frame(frame)
            except (MalformedFrame, ConfigurationError, msgspec.DecodeError) as error:
                raise self._capture.wrong(frame.line, str(error)) from error
            except GIVEN_UP as error:
                raise self._capture.wrong(frame.line, given_up(error)) from error

    def _frame(self, frame: Frame) -> "Iterator[Recorded]":
        channel = next((name for name, usual in _USUAL.items() if frame.data.startswith(usual)), None)
        if channel is None:
            channel = self._other(frame)
        if channel in self._engines:
            event = self._engines[channel].receive(frame.data, frame.recv_ns)
            if event is not None:
                yield event
        elif channel == "trade":
            yield from self._trades(frame)

    def _other(self, frame: Frame) -> str | None:
        """Tell an unusual frame's channel; what it says about subscriptions is heeded."""
        try:
            head = _heads.decode(frame.data)
            if head.method is not None:
                if head.success:
                    self._heed(head.method, _results.decode(head.result))
                return None
            if head.type == "snapshot" and head.channel in self._engines:
                for book in _snapshots.decode(head.data):
                    if (head.channel, book.symbol) not in self._depths:
                        self._track(head.channel, book.symbol, self._depth)
        except msgspec.ValidationError:
            return None  # JSON, but nothing of these channels
        return head.channel

    def _heed(self, method: str, result: _Result) -> None:
        channel, symbol = result.channel, result.symbol
        if channel not in self._engines or symbol is None:
            return
        known = self._depths.get((channel, symbol))
        if method == "unsubscribe" and known is not None:
            self._engines[channel].suspend(symbol, "unsubscribed")
        elif method == "subscribe" and (known is None or result.depth not in (None, known)):
            self._track(channel, symbol, result.depth or self._depth)

    def _track(self, channel: str, symbol: str, depth: int) -> None:
        self._engines[channel].track(symbol, depth, self._precision, channel)
        self._depths[channel, symbol] = depth

    def _trades(self, frame: Frame) -> "Iterator[Trade | TradeGap]":
        message = decode(frame.data, frame.recv_ns)
        if isinstance(message, Unreadable):
            raise self._capture.wrong(frame.line, message.detail)
        if not isinstance(message, Rows):
            return
        known = set(
            self._latest
        )  # a first snapshot tells what happened before the subscription, a later what was missed
        for row in message.rows:
            if isinstance(row, Trade):
                source = "live" if not message.snapshot else "repair" if row.symbol in known else "snapshot"
                yield from self._trade(msgspec.structs.replace(row, source=source))

    def _trade(self, trade: Trade) -> "Iterator[Trade | TradeGap]":
        latest, number = self._latest.get(trade.symbol), trade.trade_id
        if trade.source == "repair" and latest is not None and number <= latest:
            return
        if trade.source != "snapshot" and latest is not None and number > latest + 1:
            yield TradeGap(
                symbol=trade.symbol,
                first=latest + 1,
                last=number - 1,
                count=number - latest - 1,
                reason=_MISSING,
                recv_ns=trade.recv_ns,
            )
        self._latest[trade.symbol] = number
        yield trade


Recorded: TypeAlias = "BookUpdate | Level3Update | Desync | Trade | TradeGap"
"""What `read` gives."""
