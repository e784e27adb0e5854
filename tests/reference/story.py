"""Stories: frames in order, with what comes of each.

The author says by the method called what kind of answer a frame must get; the reference fills in the details,
and the two must agree.
"""

from collections.abc import Callable, Iterable
from typing import Any

from reference.book import Desync, Texts, Update
from reference.engine import Malformed, ReferenceEngine, Result

Json = dict[str, Any]


def plain_result(result: Result) -> Json | str:
    """A result as it stands in a vector."""
    if result is None:
        return "none"
    if isinstance(result, Malformed):
        return "malformed"
    if isinstance(result, Desync):
        return {
            "desync": {
                "symbols": list(result.symbols),
                "reason": result.reason,
                "expected": result.expected,
                "computed": result.computed,
            }
        }
    return {
        "update": {
            "symbol": result.symbol,
            "type": result.type,
            "bids": _rows(result.bids),
            "asks": _rows(result.asks),
            "checksum": result.checksum,
            "crossed": result.crossed,
            "timestamp": result.timestamp,
        }
    }


def _rows(levels: Texts) -> list[list[str]]:
    return [list(level) for level in levels]


class Story:
    """One story; each method adds a step and insists that the reference sees it as the author does."""

    def __init__(
        self,
        name: str,
        why: str,
        *track: Json,
        rules: Iterable[str] | None = None,
    ) -> None:
        self.name = name
        self.why = why
        self.track_list = list(track) or [{"symbol": "BTC/USD", "depth": 10}]
        self.rules = None if rules is None else list(rules)
        self.steps: list[Json] = []
        self.engine = ReferenceEngine() if rules is None else ReferenceEngine(self.rules or ())
        for book in self.track_list:
            self._track(book)

    def lives(self, frame: str, *, crossed: bool = False) -> Update:
        """The frame is verified and its book live."""
        result = self._frame(frame)
        self._insist(isinstance(result, Update) and result.crossed is crossed, frame, result)
        assert isinstance(result, Update)
        return result

    def desyncs(self, frame: str, reason: str, *symbols: str) -> Desync:
        """The frame takes books out of step: the first tracked one where none are named."""
        result = self._frame(frame)
        named = symbols or (self.track_list[0]["symbol"],)
        self._insist(isinstance(result, Desync) and result.symbols == named, frame, result)
        assert isinstance(result, Desync)
        self._insist(result.reason == reason, frame, result)
        return result

    def ignores(self, *frames: str) -> None:
        """Nothing comes of these frames."""
        for frame in frames:
            self._insist((result := self._frame(frame)) is None, frame, result)

    def refuses(self, *frames: str) -> None:
        """These frames are malformed and nobody's fault."""
        for frame in frames:
            self._insist(isinstance(result := self._frame(frame), Malformed), frame, result)

    def reads(self, symbol: str, state: str) -> None:
        """A look at a book between frames: its ladder is there only while it is live."""
        book = self.engine.books.get(symbol) or self.engine.closed[symbol]
        self._insist(book.state == state, f"read {symbol}", book.state)
        live = state == "live"
        ladders = {side: _rows(book.ladder(side)) if live else None for side in ("bids", "asks")}
        self.steps.append({"read": {"symbol": symbol, "state": state, **ladders}})

    def suspend(self, symbol: str | None, reason: str) -> None:
        """Takes one book, or all, back to awaiting."""
        self.engine.suspend(symbol)
        self.steps.append({"suspend": symbol, "reason": reason})

    def untrack(self, symbol: str) -> None:
        """Closes a book."""
        self.engine.untrack(symbol)
        self.steps.append({"untrack": symbol})

    def track(self, symbol: str, depth: int = 10) -> None:
        """Starts another book in the midst of the story."""
        book = {"symbol": symbol, "depth": depth}
        self._track(book)
        self.steps.append({"track": book})

    def as_json(self) -> Json:
        """The story as it stands in a file."""
        story: Json = {"name": self.name, "why": self.why, "track": self.track_list}
        if self.rules is not None:
            story["rules"] = self.rules
        return {**story, "steps": self.steps}

    def _track(self, book: Json) -> None:
        precision = tuple(book["precision"]) if "precision" in book else None
        self.engine.track(book["symbol"], book["depth"], precision)

    def _frame(self, frame: str) -> Result:
        result = self.engine.receive(frame.encode())
        self.steps.append({"frame": frame, "expect": plain_result(result)})
        return result

    def _insist(self, agreed: bool, step: str, result: object) -> None:
        if not agreed:
            raise AssertionError(f"{self.name}: the reference sees {step[:400]} otherwise: {result}")


class Chapter:
    """The stories of one file; a story is a function whose docstring says why it is told."""

    def __init__(self) -> None:
        self._tellers: list[Callable[[], Story]] = []

    def story(
        self, name: str, *track: Json, rules: Iterable[str] | None = None
    ) -> Callable[[Callable[[Story], None]], None]:
        """Adds a story of books to track: BTC/USD at depth 10 where none are named."""

        def add(tell: Callable[[Story], None]) -> None:
            def told() -> Story:
                story = Story(name, " ".join((tell.__doc__ or "").split()), *track, rules=rules)
                tell(story)
                return story

            self._tellers.append(told)

        return add

    def tell(self) -> list[Story]:
        """All stories, in the order of the file."""
        return [told() for told in self._tellers]
