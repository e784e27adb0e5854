"""The level-3 vectors: the reference writes them, and the engine, through its Python binding, gives every answer."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from havklo._engine import BookNotLive, Desync, Engine, Level3Book, Level3Update, MalformedFrame
from reference.level3 import judge
from reference.level3.engine import ReferenceEngine
from reference.level3.make_vectors import FOLDER, render
from reference.level3.plain import plain_result
from reference.level3.telling import Priority

Json = dict[str, Any]
STORIES = [
    pytest.param(story, id=f"{path.stem}: {story['name']}")
    for path in sorted(FOLDER.glob("*.json"))
    for story in json.loads(path.read_text())
]


def test_the_files_are_what_the_stories_say() -> None:
    """Writing the vectors anew changes nothing, so that no file is edited by hand and no story forgotten."""
    assert {path.name: path.read_text() for path in FOLDER.glob("*.json")} == render()


@pytest.mark.parametrize("story", STORIES)
def test_a_story_is_as_the_reference_sees_it(story: Json) -> None:
    """Every frame of a story, read back from its file, has the answer that the file tells."""
    engine = ReferenceEngine(story["rules"]) if "rules" in story else ReferenceEngine()
    for book in story["track"]:
        engine.track(book["symbol"], book["depth"], book.get("precision"), Priority(**story.get("exchange", {})))
    for step in story["steps"]:
        match step:
            case {"frame": frame, "expect": expect}:
                result = engine.receive(frame.encode())
                book = engine.books.get(expect["update"]["symbol"]) if "update" in expect else None
                assert judge.agrees(plain_result(result, book), expect)
            case {"suspend": symbol}:
                engine.suspend(symbol)
            case {"untrack": symbol}:
                engine.untrack(symbol)
            case {"read": {"symbol": symbol, "state": state}}:
                assert (engine.books.get(symbol) or engine.closed[symbol]).state == state
            case _:
                assert "priority" in step


@pytest.mark.parametrize("story", STORIES)
def test_a_story_is_as_the_engine_sees_it(story: Json) -> None:
    """Every step of a story has the answer that its file tells, and reads only answer while they may."""
    engine, books = _engine(story)
    for index, step in enumerate(story["steps"]):
        match step:
            case {"frame": frame, "expect": expect}:
                said = judge.answer(engine, frame.encode(), index)
                assert judge.agrees(said, expect), f"step {index}: {frame[:600]}\n{judge.difference(said, expect)}"
            case {"suspend": symbol, "reason": reason}:
                engine.suspend(symbol, reason)
            case {"untrack": symbol}:
                engine.untrack(symbol)
            case {"read": expected}:
                _check_read(books[expected["symbol"]], expected)
            case {"priority": {"symbol": symbol, "qty_down": down, "qty_up": up, "price": price}}:
                found = books[symbol].priority
                assert (found.qty_down, found.qty_up, found.price) == (down, up, price), found.evidence
            case _:
                pytest.fail(f"an unknown step: {step}")


@pytest.mark.parametrize("story", STORIES)
def test_a_story_at_once(story: Json) -> None:
    """`receive_many` gives the results of `receive`, in order, with a malformed frame in its place."""
    engine, _ = _engine(story)
    frames = [step["frame"].encode() for step in story["steps"] if "frame" in step]
    one: list[object] = []
    for index, frame in enumerate(frames):
        try:
            one.append(engine.receive(frame, index))
        except MalformedFrame as error:
            one.append(error)
    engine, _ = _engine(story)
    many = engine.receive_many([(frame, index) for index, frame in enumerate(frames)])
    assert [repr(result) for result in many] == [repr(result) for result in one]
    for ours, theirs in zip(many, one, strict=True):
        if isinstance(ours, Level3Update) and isinstance(theirs, Level3Update):
            assert [judge.plain_change(change) for change in ours.changes] == [
                judge.plain_change(change) for change in theirs.changes
            ]


@pytest.mark.parametrize("story", STORIES)
def test_an_update_tells_what_its_book_tells(story: Json) -> None:
    """Best levels, sum and times of an update are those of its book at that instant; a lost book tells nothing."""
    for result, book in _followed(story):
        if isinstance(result, Level3Update):
            bids, asks = judge.levels(book)
            best_bid, best_ask = (book.bids(1) or [None])[0], (book.asks(1) or [None])[0]
            assert (result.best_bid, result.best_ask) == (best_bid, best_ask) == (book.best_bid, book.best_ask)
            assert (result.top is None) is (not bids or not asks)
            assert (result.checksum, result.timestamp, result.crossed) == (book.checksum, book.timestamp, book.crossed)
            assert (result.symbol, result.depth, result.recv_ns) == (book.symbol, book.depth, book.recv_ns)
        else:
            assert str(book.state) == "desynced"


def _followed(story: Json) -> Iterator[tuple[Level3Update | Desync, Level3Book]]:
    """What comes of a story's frames, each with its book as it stands then."""
    engine, books = _engine(story)
    for index, step in enumerate(story["steps"]):
        if "frame" in step:
            try:
                result = engine.receive(step["frame"].encode(), index)
            except MalformedFrame:
                continue
            if isinstance(result, Level3Update | Desync):
                yield result, books[result.symbol]
        elif "suspend" in step:
            engine.suspend(step["suspend"], step["reason"])
        elif "untrack" in step:
            engine.untrack(step["untrack"])


def _engine(story: Json) -> tuple[Engine, dict[str, Level3Book]]:
    engine = Engine(rules=story["rules"]) if "rules" in story else Engine()
    books: dict[str, Level3Book] = {}
    for book in story["track"]:
        precision = tuple(book["precision"]) if "precision" in book else None
        books[book["symbol"]] = engine.track(book["symbol"], book["depth"], precision, channel="level3")
    return engine, books


def _check_read(book: Level3Book, expected: Json) -> None:
    assert str(book.state) == expected["state"]
    if expected["bids"] is None:
        for read in (
            book.bids,
            lambda: book.orders("bid"),
            lambda: book.order("OB1"),
            lambda: book.queue_position("OB1"),
            lambda: book.order_count("bid", 0),
            lambda: book.priority,
        ):
            with pytest.raises(BookNotLive) as caught:
                read()
            assert str(caught.value.state) == expected["state"]
        return
    bids, asks = ([[price, qty] for price, qty in side] for side in judge.levels(book))
    assert (bids, asks) == (expected["bids"], expected["asks"])
    assert judge.positions(book) == expected["places"]
