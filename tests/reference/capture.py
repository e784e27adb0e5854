"""Captures: a received frame a line, inside `{"rx_ns": ..., "frame": ...}`.

The frame's text is cut out verbatim: once parsed, its numbers would have lost their trailing zeros.
"""

from collections.abc import Iterator
from pathlib import Path

_KEY = '"frame":'


def frames(path: Path) -> Iterator[bytes]:
    """The frames of a capture, byte for byte as they were received."""
    for line in path.read_text().splitlines():
        # The frame is the last member of its line, so what follows it is the line's own closing brace.
        start = line.index(_KEY) + len(_KEY)
        yield line[start : line.rindex("}")].encode()
