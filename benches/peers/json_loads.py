"""The standard library's json alone: the yardstick of most hand-written clients."""

import json
from collections.abc import Sequence

from peers import Peer


class Yardstick:
    """Decodes, and keeps no book."""

    def __init__(self, _depth: int, snapshot: bytes) -> None:
        json.loads(snapshot)

    def run(self, messages: Sequence[bytes]) -> None:
        """Handle every message."""
        loads = json.loads
        for message in messages:
            loads(message)


PEER = Peer(name="json.loads", package=None, make=Yardstick, verifies="no", note="decodes only, no book")
