"""The reference writes the vectors, agrees with real captures, and reads JSON as Python does."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from reference.book import Desync
from reference.capture import frames
from reference.checksum import checksum, checksum_text
from reference.engine import ReferenceEngine
from reference.json_text import BrokenTextError, Members, Number, Value, read
from reference.make_vectors import FOLDER, render
from reference.story import plain_result

CAPTURES = os.environ.get("HAVKLO_CAPTURES")
STORIES = [
    pytest.param(story, id=f"{path.stem}: {story['name']}")
    for path in sorted((FOLDER / "frames").glob("*.json"))
    for story in json.loads(path.read_text())
]


def test_the_files_are_what_the_stories_say() -> None:
    """Writing the vectors anew changes nothing, so that no file is edited by hand and no story forgotten."""
    on_disk = {f"{path.parent.name}/{path.name}": path for path in FOLDER.glob("*/*.json")}
    ours = {name: path.read_text() for name, path in on_disk.items() if name.startswith(("checksum/", "frames/"))}
    assert ours == render()


@pytest.mark.parametrize("story", STORIES)
def test_a_story_is_as_the_reference_sees_it(story: dict[str, Any]) -> None:
    """Every step of a story, read back from its file, has the answer that the file tells."""
    engine = ReferenceEngine(story["rules"]) if "rules" in story else ReferenceEngine()
    for book in story["track"]:
        engine.track(book["symbol"], book["depth"], book.get("precision"))
    for step in story["steps"]:
        match step:
            case {"frame": frame, "expect": expect}:
                assert plain_result(engine.receive(frame.encode())) == expect
            case {"suspend": symbol}:
                engine.suspend(symbol)
            case {"untrack": symbol}:
                engine.untrack(symbol)
            case {"track": {"symbol": symbol, "depth": depth}}:
                engine.track(symbol, depth)
            case {"read": {"symbol": symbol, "state": state}}:
                assert (engine.books.get(symbol) or engine.closed[symbol]).state == state
            case _:
                pytest.fail(f"an unknown step: {step}")


@pytest.mark.parametrize(
    "case", json.loads((FOLDER / "checksum" / "book.json").read_text()), ids=lambda case: case["name"]
)
def test_a_checksum_case_holds(case: dict[str, Any]) -> None:
    """Text and sum of a ladder are what its file tells; the documented ones are Kraken's own."""
    bids, asks = ([(price, qty) for price, qty in case[side]] for side in ("bids", "asks"))
    assert checksum_text(bids, asks) == case["text"]
    assert checksum(bids, asks) == case["checksum"]


@pytest.mark.skipif(not CAPTURES, reason="HAVKLO_CAPTURES names no folder of captures")
@pytest.mark.parametrize(
    ("name", "book", "expected"),
    [
        ("tradingsystem__spot_v2_book_BTCUSD_d10", ("BTC/USD", 10), {"Update": 1254}),
        ("crossbook__spot_v2_book_ETHUSD_d25", ("ETH/USD", 25), {"Update": 1129}),
        ("crossbook__spot_v2_book_XRPUSD_d25", ("XRP/USD", 25), {"Update": 1147}),
        ("tradingsystem__spot_v2_book_BTCUSD_d10_gap_sample", ("BTC/USD", 10), {"Update": 41, "checksum": 1}),
        ("pythonkrakensdk__spot_v2_book_BTCUSD_d10_floatparsed", ("BTC/USD", 10, (1, 8)), {"Update": 510}),
        ("pythonkrakensdk__spot_v2_book_BTCUSD_d10_floatparsed", ("BTC/USD", 10), {"checksum": 1}),
    ],
)
def test_a_capture_is_proven(name: str, book: tuple[Any, ...], expected: dict[str, int]) -> None:
    """Real frames verify to the last one without an alarm; a hole is found, and floats need precisions."""
    engine = ReferenceEngine()
    engine.track(*book)
    results = [engine.receive(frame) for frame in frames(Path(CAPTURES or "", f"{name}.jsonl"))]
    kinds = (result.reason if isinstance(result, Desync) else type(result).__name__ for result in results if result)
    assert Counter(kinds) == expected


def _as_json_has_it(value: Value) -> object:
    match value:
        case Members(pairs):
            return {key: _as_json_has_it(member) for key, member in pairs}
        case list():
            return [_as_json_has_it(element) for element in value]
        case Number(token):
            return token
        case _:
            return value


def _python_reads(text: str) -> object:
    def refuse(word: str) -> object:
        raise ValueError(word)

    return json.loads(text, parse_int=str, parse_float=str, parse_constant=refuse)


@pytest.mark.parametrize("story", STORIES)
def test_the_reader_agrees_with_python(story: dict[str, Any]) -> None:
    """What the strict reader takes, `json` takes alike, and what it refuses but for its own limits, too."""
    for frame in (step["frame"] for step in story["steps"] if "frame" in step):
        try:
            value = read(frame.encode())
        except BrokenTextError as error:
            if "nested" not in str(error) and "surrogate" not in str(error):
                with pytest.raises(ValueError, match=r"."):
                    _python_reads(frame)
        else:
            assert _as_json_has_it(value) == _python_reads(frame)
