"""Reading captures: which lines hold a frame, byte for byte, and which are no lines of a capture."""

from pathlib import Path

import pytest

from havklo._captures import Capture
from havklo.errors import CaptureError

FRAME = '{"channel":"book","data":[{"price":1.500000,"qty":1e-08,"n":12345678901234567890.10}]}'

LINES = {
    "wrapped": (f'{{"rx_ns":17,"frame":{FRAME}}}', 17, FRAME),
    "keys behind the frame": (f'{{"frame":{FRAME},"rx_ns":17,"dir":"rx"}}', 17, FRAME),
    "white space": (f'  {{ "rx_ns" : 17 , "frame" :  {FRAME} , "label":"x" }} \r', 17, FRAME),
    "seconds": (f'{{"t":1626994927.5,"frame":{FRAME}}}', 1_626_994_927_500_000_000, FRAME),
    "whole seconds": (f'{{"t":2,"frame":{FRAME}}}', 2_000_000_000, FRAME),
    "nanoseconds before seconds": (f'{{"t":2,"rx_ns":5,"frame":{FRAME}}}', 5, FRAME),
    "no time": (f'{{"frame":{FRAME}}}', 0, FRAME),
    "null time": (f'{{"rx_ns":null,"t":null,"dir":null,"frame":{FRAME}}}', 0, FRAME),
    "a string of text": ('{"rx_ns":1,"frame":"{\\"price\\":1.50}"}', 1, '{"price":1.50}'),
    "bare": (FRAME, 0, FRAME),
    "spaces inside": ('{"frame": { "price" : 1.50 }}', 0, '{ "price" : 1.50 }'),
}

WRONG = {
    "nonsense": ("nonsense", "not JSON"),
    "cut off": ('{"frame":{"channel":"book"', "not JSON (Input data was truncated)"),
    "a list": ("[1]", "Expected `object`, got `array`"),
    "no frame": ('{"rx_ns":1}', "the line has no frame"),
    "null frame": ('{"frame":null}', "the frame is no JSON object"),
    "a list as frame": ('{"frame":[1]}', "the frame is no JSON object"),
    "text as frame": ('{"frame":"hello"}', "the frame is no JSON object"),
    "time as text": ('{"rx_ns":"1","frame":{}}', "Expected `int | null`, got `str` - at `$.rx_ns`"),
    "a time before 1970": ('{"rx_ns":-1,"frame":{}}', "the time is none that nanoseconds since 1970 can tell"),
    "too late a time": (f'{{"rx_ns":{2**63},"frame":{{}}}}', "the time is none"),
    "endless seconds": ('{"t":1e300,"frame":{}}', "the time is none"),
    "seconds before 1970": ('{"t":-1.5,"frame":{}}', "the time is none"),
}


@pytest.mark.parametrize(("line", "recv_ns", "frame"), LINES.values(), ids=LINES)
def test_a_line_holds_a_frame(tmp_path: Path, line: str, recv_ns: int, frame: str) -> None:
    """The frame's text comes out as it stands, with the time of its arrival."""
    path = tmp_path / "capture.jsonl"
    path.write_text(f"{line}\n")
    assert list(Capture(path)) == [(1, recv_ns, frame.encode())]


@pytest.mark.parametrize(("line", "detail"), WRONG.values(), ids=WRONG)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, detail: str) -> None:
    """What is no line of a capture is an error that names file and line, after the frames before it."""
    path = tmp_path / "capture.jsonl"
    path.write_text(f"{FRAME}\n\n{line}\n{FRAME}\n")
    frames = iter(Capture(path))
    assert next(frames).line == 1
    with pytest.raises(CaptureError, match=r"capture\.jsonl:3: ") as caught:
        next(frames)
    assert (caught.value.path, caught.value.line) == (str(path), 3)
    assert caught.value.detail.startswith(detail)


def test_what_was_sent_is_left_out(tmp_path: Path) -> None:
    """Our own requests, empty lines and a byte order mark are no frames; lines keep their numbers."""
    path = tmp_path / "capture.jsonl"
    path.write_bytes(
        b"\xef\xbb\xbf" + f'{FRAME}\n\n  \n{{"dir":"tx","frame":{{"method":"ping"}}}}\n{{"frame":{FRAME}}}'.encode()
    )
    capture = Capture(path)
    assert [frame.line for frame in capture] == [1, 5]
    assert capture.position == capture.size == path.stat().st_size


def test_a_capture_is_read_again(tmp_path: Path) -> None:
    """Each iteration begins at the beginning."""
    path = tmp_path / "capture.jsonl"
    path.write_text(f"{FRAME}\n" * 3)
    capture = Capture(path)
    assert list(capture) == list(capture)
    assert len(list(capture)) == 3


@pytest.mark.parametrize(
    ("name", "detail"), [("missing.jsonl", "can't be read: No such file or directory"), (".", "can't be read: Is a")]
)
def test_a_file_that_is_none(tmp_path: Path, name: str, detail: str) -> None:
    """A file that can't be opened is an error without a line, and with the system's own words."""
    with pytest.raises(CaptureError) as caught:
        list(Capture(tmp_path / name))
    assert caught.value.line is None
    assert caught.value.detail.startswith(detail)
    assert isinstance(caught.value.__cause__, OSError)


def test_the_size_of_a_file_that_is_none(tmp_path: Path) -> None:
    """There is no size of a file that is not there."""
    with pytest.raises(CaptureError, match="No such file"):
        _ = Capture(tmp_path / "missing.jsonl").size
