"""havklo's engine with a book of orders, driven as its own client drives it: one call a frame, an event back."""

from collections.abc import Sequence

from havklo._engine import Engine, Level3Update
from peers import Peer
from stream import SYMBOL


class Proven:
    """One engine with one level-3 book."""

    def __init__(self, depth: int, snapshot: bytes) -> None:
        self.engine = Engine()
        self.book = self.engine.track(SYMBOL, depth, channel="level3")
        assert isinstance(self.engine.receive(snapshot, 0), Level3Update)

    def run(self, messages: Sequence[bytes]) -> int:
        """Handle every message."""
        before = self.book.statistics().verified
        receive = self.engine.receive
        for message in messages:
            receive(message, 0)
        return self.book.statistics().verified - before


PEER = Peer(name="havklo", package=None, make=Proven)
