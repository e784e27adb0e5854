"""havklo's engine, driven as its own client drives it: one call a frame, an event back."""

from collections.abc import Iterator, Sequence

from havklo._engine import BookUpdate, Engine
from peers import Peer
from stream import SYMBOL


class Proven:
    """One engine with one book."""

    def __init__(self, depth: int, snapshot: bytes) -> None:
        self.engine = Engine()
        self.book = self.engine.track(SYMBOL, depth)
        assert isinstance(self.engine.receive(snapshot, 0), BookUpdate)

    def run(self, messages: Sequence[bytes]) -> int:
        """Handle every message."""
        before = self.book.statistics().verified
        receive = self.engine.receive
        for message in messages:
            receive(message, 0)
        return self.book.statistics().verified - before


def read(running: Proven) -> tuple[str, dict[str, object]]:
    """Read the best bid as users do."""
    return "book.best_bid", {"book": running.book}


def hold(frames: Iterator[bytes]) -> object:
    """Keep every symbol's book in one engine, as one connection would."""
    engine = Engine()
    for frame in frames:
        symbol = frame.partition(b'"symbol":"')[2].partition(b'"')[0].decode()
        if b'"snapshot"' in frame:
            engine.track(symbol, 10)
        assert isinstance(engine.receive(frame, 0), BookUpdate)
    return engine


PEER = Peer(name="havklo", package=None, make=Proven, read=read, hold=hold, module="havklo")
