"""Where a study's frames come from: a capture, or the simulated exchange in virtual time, without sockets."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol, final

import msgspec

from havklo._captures import GIVEN_UP, Capture, Frame, given_up
from havklo._protocol.stamps import epoch_ns
from havklo.channels import LEVEL3_DEPTHS
from havklo.errors import CaptureError, ConfigurationError
from havklo.instruments import canonical

if TYPE_CHECKING:
    import os

__all__ = ["Recorded", "Simulated", "Source", "Tape", "Told", "moment"]

_SECOND: Final = 1_000_000_000
_LAST_NS: Final = 2**62  # with room for horizons after it
_START: Final = 1_800_000_000 * _SECOND
_RATE: Final = 50.0
_MINUTES: Final = 10.0
_DAY: Final = 24 * 60.0


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What a study was made of.

    Attributes:
        kind: "simulated" or "recorded".
        name: The file, or what the simulator was told.
        symbol: The symbol.
        depth: Price levels a side.
        seed: The simulator's seed; None for a capture.
    """

    kind: Literal["simulated", "recorded"]
    name: str
    symbol: str
    depth: int
    seed: int | None = None


class Told(NamedTuple):
    """One frame of level 3 or of trades.

    Attributes:
        channel: "level3" or "trade"; for the confirmation of a subscription to trades, "trades".
        at_ns: The time that the exchange gives it, in nanoseconds since the epoch; where it gives none, that of the
            frame's arrival; 0 where neither is known.
        data: Its bytes.
    """

    channel: Literal["level3", "trade", "trades"]
    at_ns: int
    data: bytes


class Tape(Protocol):
    """Something that tells frames of one symbol in the order of their arrival."""

    @property
    def source(self) -> Source:
        """What it is; complete before the first frame is asked for."""
        ...

    @property
    def position(self) -> float:
        """How much of it the latest iteration has told, from 0 to 1."""
        ...

    def __iter__(self) -> Iterator[Told]: ...


@final
class Simulated:
    """Some minutes of a simulated market; equal arguments give equal frames.

    Args:
        minutes: How long, in virtual time; 10 if nothing is said, at most a day.
        messages: After so many of the book it ends, if that is earlier.
        symbol: Which market; see `havklo.sim.symbols`.
        seed: The seed of all chance.
        rate: Book messages a second, as a reader of depth 10 counts them.
        depth: 10, 100 or 1000 price levels a side.

    Raises:
        ConfigurationError: An argument can't be meant.
    """

    def __init__(
        self,
        minutes: float | None = None,
        *,
        messages: int | None = None,
        symbol: str = "BTC/USD",
        seed: int = 7,
        rate: float = _RATE,
        depth: int = 100,
    ) -> None:
        span = minutes if minutes is not None else _MINUTES if messages is None else _DAY
        if not 0.0 < span <= _DAY:
            raise ConfigurationError(f"minutes is a number above 0 and at most a day's, not {span:g}")
        if messages is not None and messages < 1:
            raise ConfigurationError(f"messages is a number from 1 on, not {messages}")
        if not 0.0 < rate <= 10_000.0:
            raise ConfigurationError(f"a rate is messages a second, above 0 and at most 10000, not {rate:g}")
        _check_depth(depth)
        self._span = round(span * 60 * _SECOND)
        self._messages = messages
        self._rate = rate
        self._done = 0.0
        long = f"{span:g} min" if minutes is not None or messages is None else ""
        name = ", ".join(filter(None, [long, f"{messages:,} messages" if messages else "", f"seed {seed}"]))
        name += f", {rate:g} messages/s"
        self.source: Source = Source(kind="simulated", name=name, symbol=canonical(symbol), depth=depth, seed=seed)

    def __repr__(self) -> str:
        return f"<Simulated {self.source.symbol}, {self.source.name}>"

    @property
    def position(self) -> float:
        """How much of it the latest iteration has told, from 0 to 1."""
        return min(1.0, self._done)

    def __iter__(self) -> Iterator[Told]:
        """Play it from its beginning."""
        # The simulator takes a while to load, and a capture does without it.
        from havklo.sim.exchange import Exchange  # noqa: PLC0415
        from havklo.sim.symbols import pairs  # noqa: PLC0415

        symbol, depth, seed = self.source.symbol, self.source.depth, self.source.seed or 0
        self._done = 0.0
        exchange = Exchange(pairs([symbol]), seed=seed, rate=self._rate, start_ns=_START)
        waiting: list[tuple[str, bytes]] = []
        exchange.publish = lambda key, frame: waiting.append((key[0], frame))
        book = ("level3", symbol, depth)
        exchange.open(book, _START)
        exchange.open(("trade", symbol, 0), _START)
        yield Told("trades", _START, b"")
        yield Told("level3", _START, exchange.snapshot(book, _START))
        told, most = 1, self._messages
        while (now := exchange.due()) < _START + self._span and (most is None or told < most):
            exchange.step(now)
            self._done = max((now - _START) / self._span, 0.0 if most is None else told / most)
            for channel, frame in waiting:
                told += channel == "level3"
                yield Told("level3" if channel == "level3" else "trade", now, frame)
            waiting.clear()
        self._done = 1.0


class _Row(msgspec.Struct, gc=False):
    symbol: str = ""
    timestamp: str | None = None


class _Result(msgspec.Struct, gc=False):
    channel: str = ""
    symbol: str | None = None
    depth: int | None = None


class _Head(msgspec.Struct, gc=False):
    channel: str | None = None
    type: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"[]")
    method: str | None = None
    success: bool | None = None
    result: msgspec.Raw = msgspec.Raw(b"{}")


_heads: Final = msgspec.json.Decoder(_Head)
_rows: Final = msgspec.json.Decoder(list[_Row])
_results: Final = msgspec.json.Decoder(_Result)


@final
class Recorded:
    """A capture with frames of level 3 and, so that fills can be told from cancels, of trades.

    Args:
        path: A text file with one received frame a line, as `havklo verify` takes it.
        symbol: Which symbol of it; by default the first that has level 3.
        depth: The subscription's depth, if the file does not tell; 10 by default.

    Raises:
        ConfigurationError: The symbol or the depth can't be meant.
        CaptureError: The file can't be read, or has no level 3 of the symbol.
    """

    def __init__(self, path: "str | os.PathLike[str]", *, symbol: str | None = None, depth: int | None = None) -> None:
        if depth is not None:
            _check_depth(depth)
        self._capture = Capture(path)
        self._size = self._capture.size
        wanted = None if symbol is None else canonical(symbol)
        found = self._find(wanted, depth or LEVEL3_DEPTHS[0])
        self.source: Source = Source(kind="recorded", name=self._capture.path.name, symbol=found[0], depth=found[1])

    def __repr__(self) -> str:
        return f"<Recorded {self.source.symbol}, {self.source.name}>"

    @property
    def position(self) -> float:
        """How much of it the latest iteration has told, from 0 to 1."""
        return self._capture.position / self._size if self._size else 1.0

    def __iter__(self) -> Iterator[Told]:
        """Read it from its beginning.

        Raises:
            CaptureError: A line of it can't be read.
        """
        for frame in self._capture:
            try:
                told = self._told(frame)
            except msgspec.ValidationError:
                continue  # JSON, but nothing of these channels
            except msgspec.DecodeError as error:
                raise self._capture.wrong(frame.line, str(error)) from error
            except GIVEN_UP as error:
                raise self._capture.wrong(frame.line, given_up(error)) from error
            if told is not None:
                yield told

    def _told(self, frame: Frame) -> Told | None:
        head = _heads.decode(frame.data)
        if head.method is not None:
            result = _results.decode(head.result)
            confirms = head.method == "subscribe" and head.success and result.channel == "trade"
            return Told("trades", frame.recv_ns, b"") if confirms and result.symbol == self.source.symbol else None
        if head.channel not in ("level3", "trade") or head.type not in ("snapshot", "update"):
            return None
        rows = [row for row in _rows.decode(head.data) if row.symbol == self.source.symbol]
        if not rows:
            return None
        stamp = rows[-1].timestamp
        told = None if stamp is None else moment(stamp)
        return Told("level3" if head.channel == "level3" else "trade", told or frame.recv_ns, frame.data)

    def _find(self, wanted: str | None, depth: int) -> tuple[str, int]:
        """The symbol and the depth, by the first subscription or snapshot of level 3."""
        depths: dict[str, int] = {}
        for frame in self._capture:
            if b'"level3"' not in frame.data:
                continue
            try:
                head = _heads.decode(frame.data)
                if head.method == "subscribe" and head.success:
                    result = _results.decode(head.result)
                    if result.channel == "level3" and result.symbol is not None:
                        told = depths.setdefault(result.symbol, result.depth or depth)
                        if told not in LEVEL3_DEPTHS:
                            raise self._capture.wrong(frame.line, f"Kraken serves no level 3 of depth {told}")
                elif head.channel == "level3" and head.type == "snapshot":
                    for row in _rows.decode(head.data):
                        if wanted in (None, row.symbol):
                            return row.symbol, depths.get(row.symbol, depth)
            except (msgspec.DecodeError, *GIVEN_UP):
                continue  # whoever reads the whole file says what is wrong with it
        raise self._nothing(wanted)

    def _nothing(self, wanted: str | None) -> CaptureError:
        of = "" if wanted is None else f" of {wanted}"
        hint = "record the level3 channel from its snapshot on, and the trade channel with it"
        return self._capture.wrong(None, f"has no snapshot of level 3{of}", hint=hint)


def moment(stamp: str) -> int | None:
    """A timestamp in nanoseconds since the epoch; None for what is none, or lies beyond what 64 bits can tell."""
    at_ns = epoch_ns(stamp)
    return at_ns if at_ns is not None and 0 <= at_ns <= _LAST_NS else None


def _check_depth(depth: int) -> None:
    if depth not in LEVEL3_DEPTHS:
        raise ConfigurationError(
            f"Kraken serves no level 3 of depth {depth!r}", hint=f"the depths are {', '.join(map(str, LEVEL3_DEPTHS))}"
        )
