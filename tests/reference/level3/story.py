"""Stories about level 3: frames in order, with what comes of each.

The author says by the method called what kind of answer a frame must get; the reference fills in the details, and
the two must agree.
"""

from collections.abc import Callable, Iterable
from typing import Any

from reference.book import Desync
from reference.engine import Malformed
from reference.level3.book import Update
from reference.level3.engine import ReferenceEngine, Result
from reference.level3.plain import Json, plain_positions, plain_result
from reference.level3.telling import Priority


class Story:
    """One story; each method adds a step and insists that the reference sees it as the author does."""

    def __init__(self, name: str, why: str, *track: Json, rules: Iterable[str] | None, priority: Priority) -> None:
        self.name = name
        self.why = why
        self.track_list = list(track) or [{"symbol": "BTC/USD", "depth": 10}]
        self.rules = None if rules is None else list(rules)
        self.priority = priority
        self.steps: list[Json] = []
        self.engine = ReferenceEngine() if rules is None else ReferenceEngine(self.rules or ())
        for book in self.track_list:
            self._track(book)

    def lives(self, frame: str, *reasons: str, crossed: bool = False) -> Update:
        """The frame is verified and its book live; `reasons` are those of its changes, where the author names them."""
        result = self._frame(frame)
        self._insist(isinstance(result, Update) and result.crossed is crossed, frame, result)
        assert isinstance(result, Update)
        told = tuple(change.reason for change in result.changes)
        self._insist(not reasons or told == reasons, frame, told)
        return result

    def desyncs(self, frame: str, reason: str, *symbols: str) -> Desync:
        """The frame takes books out of step: the first tracked one where none are named."""
        result = self._frame(frame)
        named = symbols or (self.track_list[0]["symbol"],)
        self._insist(isinstance(result, Desync) and (result.symbols, result.reason) == (named, reason), frame, result)
        assert isinstance(result, Desync)
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
        """A look at a book between frames: its ladders and places are there only while it is live."""
        book = self.engine.books.get(symbol) or self.engine.closed[symbol]
        self._insist(book.state == state, f"read {symbol}", book.state)
        ladders: Json = {"bids": None, "asks": None, "places": None}
        if state == "live":
            bids, asks = ([list(level) for level in book.ladder(side)] for side in ("bid", "ask"))
            ladders = {"bids": bids, "asks": asks, "places": plain_positions(book)}
        self.steps.append({"read": {"symbol": symbol, "state": state, **ladders}})

    def finds(self, symbol: str, qty_down: str, qty_up: str, price: str) -> None:
        """By now the messages have proven what becomes of amended orders; only an engine has to find out."""
        told = {"qty_down": qty_down, "qty_up": qty_up, "price": price}
        self.steps.append({"priority": {"symbol": symbol, **told}})

    def suspend(self, symbol: str | None, reason: str) -> None:
        """Takes one book, or all, back to awaiting."""
        self.engine.suspend(symbol)
        self.steps.append({"suspend": symbol, "reason": reason})

    def untrack(self, symbol: str) -> None:
        """Closes a book."""
        self.engine.untrack(symbol)
        self.steps.append({"untrack": symbol})

    def as_json(self) -> Json:
        """The story as it stands in a file."""
        story: Json = {"name": self.name, "why": self.why, "track": self.track_list}
        if self.rules is not None:
            story["rules"] = self.rules
        if self.priority != Priority():
            story["exchange"] = vars(self.priority)
        return {**story, "steps": self.steps}

    def _track(self, book: Json) -> None:
        precision = tuple(book["precision"]) if "precision" in book else None
        self.engine.track(book["symbol"], book["depth"], precision, self.priority)

    def _frame(self, frame: str) -> Result:
        result = self.engine.receive(frame.encode())
        book = self.engine.books[result.symbol] if isinstance(result, Update) else None
        expect: Any = plain_result(result, book)
        if isinstance(result, Desync) and result.reason == "checksum" and '"event":"modify"' in frame:
            # Which sum is told depends on the answer that was tried first, and that is each engine's own affair.
            expect["desync"]["computed"] = None
        self.steps.append({"frame": frame, "expect": expect})
        return result

    def _insist(self, agreed: bool, step: str, result: object) -> None:
        if not agreed:
            raise AssertionError(f"{self.name}: the reference sees {step[:600]} otherwise: {result}")


class Chapter:
    """The stories of one file; a story is a function whose docstring says why it is told."""

    def __init__(self) -> None:
        self._tellers: list[Callable[[], Story]] = []

    def story(
        self, name: str, *track: Json, rules: Iterable[str] | None = None, priority: Priority | None = None
    ) -> Callable[[Callable[[Story], None]], None]:
        """Adds a story of books to track: BTC/USD at depth 10 where none are named."""

        def tell_it(tell: Callable[[Story], None]) -> None:
            def told() -> Story:
                why = " ".join((tell.__doc__ or "").split())
                story = Story(name, why, *track, rules=rules, priority=priority or Priority())
                tell(story)
                return story

            self._tellers.append(told)

        return tell_it

    def tell(self) -> list[Story]:
        """All stories, in the order of the file."""
        return [told() for told in self._tellers]
