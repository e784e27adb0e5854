"""Captures: recorded frames in a text file, one a line, exactly as they came from the wire.

A line is `{"rx_ns": 1785644622178672600, "frame": {...}}`, in any order and with any further keys: `rx_ns` is
the arrival in nanoseconds, `t` the same in seconds, `"dir": "tx"` marks what was sent rather than received.
The frame may also be a string that holds its text, or the line may be the bare frame itself. A frame's text
is cut out of its line and never parsed on the way: once parsed, its numbers would have lost the digits that
the checksum is made of.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, final

import msgspec
from msgspec import UNSET, UnsetType

from havklo.errors import CaptureError

__all__ = ["GIVEN_UP", "Capture", "Frame", "given_up"]

GIVEN_UP: Final = (RecursionError, UnicodeDecodeError)
"""With these the decoder gives up a text, beside its own errors."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_SECOND: Final = 1_000_000_000
_LAST_NS: Final = 2**63 - 1


class Frame(NamedTuple):
    """One received frame.

    Attributes:
        line: The number of its line, from 1.
        recv_ns: When it came, in nanoseconds since the epoch; 0 where the line does not tell.
        data: Its bytes.
    """

    line: int
    recv_ns: int
    data: bytes


class _Line(msgspec.Struct, gc=False):
    """What is known of a line's keys."""

    frame: msgspec.Raw | UnsetType = UNSET
    rx_ns: int | None = None
    t: float | None = None
    dir: str | None = None


_lines: Final = msgspec.json.Decoder(_Line)
_texts: Final = msgspec.json.Decoder(str)


@final
class Capture:
    """A capture file; iterating over it reads it once more from its beginning.

    Args:
        path: The file.

    Attributes:
        path: The file.
        position: How many bytes of it the latest iteration has read.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.position = 0

    def __repr__(self) -> str:
        return f"<Capture {self.path}>"

    @property
    def size(self) -> int:
        """Its size in bytes.

        Raises:
            CaptureError: There is no such file.
        """
        try:
            return self.path.stat().st_size
        except OSError as error:
            raise self._unreadable(error) from error

    def __iter__(self) -> Iterator[Frame]:
        """Read the received frames, in their order.

        Raises:
            CaptureError: The file can't be read, or a line of it is no line of a capture.
        """
        self.position = 0
        number = 0
        try:
            with self.path.open("rb") as file:
                for number, text in enumerate(file, 1):
                    self.position += len(text)
                    frame = _cut(text.removeprefix(_BYTE_ORDER_MARK) if number == 1 else text, number)
                    if frame is not None:
                        yield frame
        except OSError as error:
            raise self._unreadable(error) from error
        except msgspec.DecodeError as error:
            raise self.wrong(number, _sentence(error)) from error
        except GIVEN_UP as error:
            raise self.wrong(number, given_up(error)) from error

    def wrong(self, line: int | None, detail: str, *, hint: str | None = None) -> CaptureError:
        """Make the error that says what is wrong with the file, or with a line of it."""
        return CaptureError(str(self.path), detail, line=line, hint=hint)

    def _unreadable(self, error: OSError) -> CaptureError:
        return self.wrong(None, f"can't be read: {error.strerror or error}")


def _cut(text: bytes, number: int) -> Frame | None:
    """The frame of a line; None for an empty line and for what was sent.

    Raises:
        msgspec.DecodeError: The line is none of a capture.
    """
    if text.isspace():
        return None
    line = _lines.decode(text)
    if line.dir == "tx":
        return None
    if isinstance(line.frame, UnsetType):
        if line.dir is not None or line.rx_ns is not None or line.t is not None:
            raise msgspec.ValidationError("the line has no frame")
        return Frame(number, 0, text.strip())
    data = bytes(line.frame)
    if data.startswith(b'"'):
        data = _texts.decode(data).encode()
    if not data.startswith(b"{"):
        raise msgspec.ValidationError("the frame is no JSON object")
    return Frame(number, _arrival(line), data)


def _arrival(line: _Line) -> int:
    if line.rx_ns is not None:
        recv_ns = line.rx_ns
    elif line.t is not None:
        # Beyond what nanoseconds since 1970 can be, a float may even be too large for an integer.
        recv_ns = round(line.t * _SECOND) if abs(line.t) < _LAST_NS / _SECOND else -1
    else:
        recv_ns = 0
    if not 0 <= recv_ns <= _LAST_NS:
        raise msgspec.ValidationError("the time is none that nanoseconds since 1970 can tell")
    return recv_ns


def given_up(error: Exception) -> str:
    """Why the decoder gave up."""
    return "JSON that is nested too deeply" if isinstance(error, RecursionError) else "the text is not UTF-8"


def _sentence(error: msgspec.DecodeError) -> str:
    if isinstance(error, msgspec.ValidationError):
        return str(error)
    return f"not JSON ({str(error).removeprefix('JSON is malformed: ')})"
