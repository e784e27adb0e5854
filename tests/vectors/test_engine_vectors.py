"""The engine, through its Python binding, gives every answer that the vectors tell."""

import json
from typing import Any

import pytest

from havklo._engine import Book, BookNotLive, BookUpdate, Desync, Engine, MalformedFrame
from reference.judge import agrees, answer, consistent, plain, rows
from reference.make_vectors import FOLDER
from reference.market import book_text

STORIES = [
    pytest.param(story, id=f"{path.stem}: {story['name']}")
    for path in sorted((FOLDER / "frames").glob("*.json"))
    for story in json.loads(path.read_text())
]
CASES = json.loads((FOLDER / "checksum" / "book.json").read_text())


def _engine(story: dict[str, Any]) -> tuple[Engine, dict[str, Book]]:
    engine = Engine(rules=story["rules"]) if "rules" in story else Engine()
    books: dict[str, Book] = {}
    for book in story["track"]:
        precision = tuple(book["precision"]) if "precision" in book else None
        books[book["symbol"]] = engine.track(book["symbol"], depth=book["depth"], precision=precision)
    return engine, books


@pytest.mark.parametrize("story", STORIES)
def test_a_story_is_as_the_engine_sees_it(story: dict[str, Any]) -> None:
    """Every step of a story has the answer that its file tells, and reads only answer while they may."""
    engine, books = _engine(story)
    for index, step in enumerate(story["steps"]):
        match step:
            case {"frame": frame, "expect": expect}:
                said = answer(engine, frame.encode(), index)
                assert agrees(said, expect), f"step {index}: {frame[:300]}\nsaid {said}\nnot  {expect}"
            case {"suspend": symbol, "reason": reason}:
                engine.suspend(symbol, reason)
                assert all(
                    (str(book.state), book.reason) == ("awaiting", reason)
                    for name, book in books.items()
                    if symbol in (None, name) and str(book.state) != "closed"
                )
            case {"untrack": symbol}:
                engine.untrack(symbol)
            case {"track": {"symbol": symbol, "depth": depth}}:
                books[symbol] = engine.track(symbol, depth=depth)
            case {"read": expected}:
                _check_read(books[expected["symbol"]], expected)
            case _:
                pytest.fail(f"an unknown step: {step}")


def _check_read(book: Book, expected: dict[str, Any]) -> None:
    assert str(book.state) == expected["state"]
    if expected["bids"] is None:
        assert book.top is None
        for read in (book.bids, book.asks, book.snapshot, lambda: book.best_bid, lambda: book.spread):
            with pytest.raises(BookNotLive) as caught:
                read()
            assert str(caught.value.state) == expected["state"]
        return
    assert (rows(book.bids()), rows(book.asks())) == (expected["bids"], expected["asks"])
    snapshot = book.snapshot()
    assert (rows(snapshot.bids), rows(snapshot.asks)) == (expected["bids"], expected["asks"])


@pytest.mark.parametrize("story", STORIES)
def test_a_story_at_once(story: dict[str, Any]) -> None:
    """`receive_many` gives the results of `receive`, in order, with a malformed frame in its place."""
    engine, _ = _engine(story)
    one: list[BookUpdate | Desync | MalformedFrame | None] = []
    frames = [step["frame"].encode() for step in story["steps"] if "frame" in step]
    for index, frame in enumerate(frames):
        try:
            one.append(engine.receive(frame, index))
        except MalformedFrame as error:
            one.append(error)
    engine, _ = _engine(story)
    many = engine.receive_many([(frame, index) for index, frame in enumerate(frames)])
    assert [repr(result) for result in many] == [repr(result) for result in one]


@pytest.mark.parametrize("story", STORIES)
def test_an_update_tells_what_its_book_tells(story: dict[str, Any]) -> None:
    """Best levels, sum and times of an update are those of its book at that instant."""
    engine, _ = _engine(story)
    for index, step in enumerate(story["steps"]):
        if "update" in step.get("expect", ""):
            result = engine.receive(step["frame"].encode(), index)
            assert isinstance(result, BookUpdate)
            assert consistent(result, engine.book(result.symbol))
        elif "frame" in step:
            answer(engine, step["frame"].encode(), index)
        elif "suspend" in step:
            engine.suspend(step["suspend"], step["reason"])
        elif "untrack" in step:
            engine.untrack(step["untrack"])
        elif "track" in step:
            engine.track(step["track"]["symbol"], step["track"]["depth"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_checksum_case_holds(case: dict[str, Any]) -> None:
    """A snapshot of the ladder is proven with its sum, and not with another."""
    engine = Engine()
    engine.track("BTC/USD", depth=25)
    text = book_text("snapshot", "BTC/USD", case["bids"], case["asks"], checksum=case["checksum"])
    result = engine.receive(text.encode(), 0)
    assert isinstance(result, BookUpdate)
    assert result.checksum == case["checksum"]
    wrong = book_text("snapshot", "BTC/USD", case["bids"], case["asks"], checksum=case["checksum"] ^ 1)
    said = plain(engine, engine.receive(wrong.encode(), 0))
    sums = {"expected": case["checksum"] ^ 1, "computed": case["checksum"]}
    assert said == {"desync": {"symbols": ["BTC/USD"], "reason": "checksum", **sums}}
