"""orjson alone: the yardstick. It decodes the bytes into dicts and does nothing with them."""

from collections.abc import Sequence

import orjson

from peers import Peer


class Yardstick:
    """Decodes, and keeps no book."""

    def __init__(self, _depth: int, snapshot: bytes) -> None:
        orjson.loads(snapshot)

    def run(self, messages: Sequence[bytes]) -> None:
        """Handle every message."""
        loads = orjson.loads
        for message in messages:
            loads(message)


PEER = Peer(name="orjson.loads", package="orjson", make=Yardstick, verifies="no", note="decodes only, no book")
