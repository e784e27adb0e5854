"""What a page that reads too slowly is sent in place of everything, decided without any I/O.

Every frame goes into the page's own queue, untouched and unread, and from there onto its socket. Nothing else happens
as long as the page keeps up. When its queue is full something has to give way, and a book from which one update is
missing would be a wrong one; so it is whole streams that go: all queued frames of books are taken out, and the books
concerned have lapsed. No further update of theirs is let through. Once the page has caught up, each is subscribed anew
on its behalf, and the fresh snapshot is the next thing it sees of that book. In between it holds a book that was
proven, and is as old as its last message says.

A ticker is replaced by a later one, and a heartbeat left out. Trades and answers must not be lost: if these alone fill
the queue, or a fresh snapshot does not come, the page's connection is closed with 1013 (try again later), and every
client knows how to heal from that. Closing at once would be simpler, but a page with twenty books on a slow phone would
then do nothing but reconnect, and twenty snapshots at once are just what it can't take.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final, Literal, final

import msgspec

__all__ = ["Lane", "Overflow"]

_FIRST_ID: Final = 9_000_000_000_000_000
"""Ids of the gateway's own requests begin here, which a page's will not reach; a double holds them."""


class Overflow(Exception):
    """The page can't be helped but by a new connection."""


class _Row(msgspec.Struct, gc=False):
    symbol: str = ""


class _Frame(msgspec.Struct, gc=False):
    """What has to be known of a frame."""

    channel: str = ""
    type: str = ""
    data: list[_Row] = []
    method: str = ""
    req_id: int | None = None
    success: bool | None = None


class _Params(msgspec.Struct, gc=False):
    channel: str = ""
    symbol: list[str] = []
    depth: int = 10


class _Request(msgspec.Struct, gc=False):
    """What has to be known of a page's request."""

    method: str = ""
    params: _Params = msgspec.field(default_factory=_Params)


_frames: Final = msgspec.json.Decoder(_Frame)
_requests: Final = msgspec.json.Decoder(_Request)
_NOTHING: Final = _Frame()
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_Stage = Literal["behind", "leaving", "joining"]
"""Of a lapsed book. behind: the page has not caught up; leaving: the old subscription is being ended; joining: the
snapshot of a new one is awaited."""


@final
class Lane:
    """The way of frames to one page.

    Args:
        most_frames: How many frames may wait.
        most_bytes: How many bytes they may be.

    Attributes:
        sent: How many frames were taken to be sent.
        left_out: How many frames were not.
        lapses: How often a book has lapsed.
    """

    def __init__(self, *, most_frames: int = 4_096, most_bytes: int = 8 << 20) -> None:
        self.sent: int = 0
        self.left_out: int = 0
        self.lapses: int = 0
        self._most = (most_frames, most_bytes)
        self._queue: deque[bytes] = deque()
        self._bytes = 0
        self._depths: dict[str, int] = {}
        self._lapsed: dict[str, _Stage] = {}
        self._numbers: dict[str, int] = {}
        self._asked: dict[int, str] = {}
        self._last_id = _FIRST_ID

    def __repr__(self) -> str:
        return f"<Lane with {len(self._queue)} frames, {len(self._lapsed)} books lapsed>"

    @property
    def lapsed(self) -> Mapping[str, int]:
        """The books of which the page sees nothing for now, each with the number of its lapse."""
        return {symbol: self._numbers[symbol] for symbol in self._lapsed}

    def put(self, frame: bytes) -> Sequence[bytes]:
        """Take a frame from Kraken's side.

        Returns:
            What is to be asked there because of it.

        Raises:
            Overflow: There is no room, and nothing that can give way.
        """
        if (self._lapsed or self._asked) and (held := self._hold(frame)) is not None:
            return held
        self._queue.append(frame)
        self._bytes += len(frame)
        if len(self._queue) > self._most[0] or self._bytes > self._most[1]:
            self._make_room()
        return ()

    def take(self) -> bytes | None:
        """Give the next frame for the page; None: it has had them all."""
        if not self._queue:
            return None
        frame = self._queue.popleft()
        self._bytes -= len(frame)
        self.sent += 1
        return frame

    def caught_up(self) -> Sequence[bytes]:
        """The page has read everything: give what is to be asked at Kraken's side for the books that have lapsed."""
        requests: list[bytes] = []
        for symbol, stage in self._lapsed.items():
            if stage == "behind":
                self._lapsed[symbol] = "leaving"
                requests.append(self._request("unsubscribe", symbol))
        return requests

    def clear(self) -> None:
        """Give up what waits."""
        self.left_out += len(self._queue)
        self._queue.clear()
        self._bytes = 0

    def asked(self, request: bytes) -> None:
        """Learn what the page has asked for: a book that lapses is subscribed again as it was."""
        try:
            read = _requests.decode(request)
        except _UNREADABLE:
            return  # it is not the gateway that answers
        if read.params.channel != "book":
            return
        for symbol in read.params.symbol:
            if read.method == "subscribe":
                self._depths[symbol] = read.params.depth
            elif read.method == "unsubscribe":
                self._depths.pop(symbol, None)
                self._lapsed.pop(symbol, None)

    def _hold(self, frame: bytes) -> Sequence[bytes] | None:
        """Keep a frame back that the page is not to see; None: it is to."""
        read = _read(frame)
        if read.req_id is not None and read.req_id in self._asked:
            return self._acknowledged(read, read.req_id)
        if read.channel != "book" or not read.data or (symbol := read.data[0].symbol) not in self._lapsed:
            return None
        if self._lapsed[symbol] == "joining" and read.type == "snapshot":
            del self._lapsed[symbol]
            return None
        self.left_out += 1
        return ()

    def _acknowledged(self, read: _Frame, req_id: int) -> Sequence[bytes]:
        """An answer to a request of the gateway's own, which the page has never made."""
        symbol = self._asked.pop(req_id)
        stage = self._lapsed.get(symbol)
        if read.method == "unsubscribe" and stage == "leaving":
            # A refusal says that there was no subscription any more: a new one is due all the same.
            self._lapsed[symbol] = "joining"
            return (self._request("subscribe", symbol),)
        if read.method == "subscribe" and stage == "joining" and read.success is False:
            raise Overflow(f"{symbol} could not be subscribed anew")
        return ()

    def _make_room(self) -> None:
        kept: deque[bytes] = deque()
        tickers: set[str] = set()
        lapsing: set[str] = set()
        for frame in reversed(self._queue):
            read = _read(frame)
            symbol = read.data[0].symbol if read.data else ""
            if read.channel == "book" and symbol:
                lapsing.add(symbol)
            elif read.channel != "heartbeat" and not (read.channel == "ticker" and symbol in tickers):
                kept.appendleft(frame)
                if read.channel == "ticker":
                    tickers.add(symbol)
        self.left_out += len(self._queue) - len(kept)
        self._queue, self._bytes = kept, sum(map(len, kept))
        for symbol in lapsing:
            if symbol not in self._depths:
                raise Overflow(f"{symbol} is sent, and was never asked for")
            self.lapses += 1
            self._lapsed[symbol], self._numbers[symbol] = "behind", self.lapses
        if 2 * len(kept) > self._most[0] or 2 * self._bytes > self._most[1]:
            raise Overflow("it reads too slowly")

    def _request(self, method: Literal["subscribe", "unsubscribe"], symbol: str) -> bytes:
        self._last_id += 1
        self._asked[self._last_id] = symbol
        params = {"channel": "book", "symbol": [symbol], "depth": self._depths[symbol]}
        return msgspec.json.encode({"method": method, "params": params, "req_id": self._last_id})


def _read(frame: bytes) -> _Frame:
    """Read a frame; one that can't be read goes its way, for the page has to judge it."""
    try:
        return _frames.decode(frame)
    except _UNREADABLE:
        return _NOTHING
