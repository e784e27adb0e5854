"""The engine and the reference see the same frames and must say the same, whatever the frames are.

The same examples are tried in every run, so that a red run means a change; `HAVKLO_EXAMPLES=5000` looks for new ones.
"""

import os
from random import Random
from typing import Any

from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from havklo._engine import Book, Engine
from properties.exchange import DAMAGES, SYMBOLS, Exchange, damaged, dressed, stranger
from reference.book import RULES
from reference.engine import ReferenceEngine
from reference.judge import agrees, answer, rows
from reference.story import plain_result

EXAMPLES = int(os.environ.get("HAVKLO_EXAMPLES", "0"))
SEEDS = st.integers(0, 2**32)


class Connection(RuleBasedStateMachine):
    """One connection with up to three books, as the engine keeps them and as the reference does.

    A rule that needs a live book has a snapshot sent first, as a session would: most steps are about books in
    use.
    """

    @initialize(
        rules=st.one_of(st.just(set(RULES)), st.sets(st.sampled_from(RULES))),
        depths=st.lists(st.sampled_from((10, 10, 25)), min_size=3, max_size=3),
        precision=st.sampled_from((None, None, (1, 8), (0, 4), (5, 8))),
        seed=SEEDS,
    )
    def connect(self, rules: set[str], depths: list[int], precision: tuple[int, int] | None, seed: int) -> None:
        """Some structural rules are on, mostly all; one book may have its precisions told."""
        self.engine, self.reference = Engine(rules=sorted(rules)), ReferenceEngine(rules)
        self.books: dict[str, Book] = {}
        self.exchanges: dict[str, Exchange] = {}
        self.precision: dict[str, tuple[int, int] | None] = {SYMBOLS[0]: precision}
        self.depths = dict(zip(SYMBOLS, depths, strict=True))
        self.clock = 0
        for symbol in SYMBOLS:
            self.track(symbol, seed)

    @rule(symbol=st.sampled_from(SYMBOLS), seed=SEEDS)
    def track(self, symbol: str, seed: int) -> None:
        """A book is tracked, perhaps anew, in another market."""
        depth, precision = self.depths[symbol], self.precision.get(symbol)
        self.books[symbol] = self.engine.track(symbol, depth=depth, precision=precision)
        self.reference.track(symbol, depth, precision)
        self.exchanges[symbol] = Exchange(symbol, depth, Random(seed))

    @rule(symbol=st.sampled_from((*SYMBOLS, None)), close=st.booleans())
    def interrupt(self, symbol: str | None, close: bool) -> None:
        """A book is closed or suspended, or all are."""
        if symbol is not None and symbol not in self.reference.books:
            return
        if close and symbol is not None:
            self.engine.untrack(symbol)
            self.reference.untrack(symbol)
        else:
            self.engine.suspend(symbol, "a test")
            self.reference.suspend(symbol)

    @rule(symbol=st.sampled_from(SYMBOLS), seed=SEEDS)
    def snapshot(self, symbol: str, seed: int) -> None:
        """A snapshot comes in some dress."""
        self._frame(dressed(self.exchanges[symbol].snapshot(), Random(seed)))

    @rule(symbol=st.sampled_from(SYMBOLS), seeds=st.lists(SEEDS, min_size=1, max_size=8))
    def trade(self, symbol: str, seeds: list[int]) -> None:
        """A few lawful messages come as Kraken writes them."""
        for seed in seeds:
            exchange = self._in_use(symbol, seed)
            self._frame(exchange.update(*exchange.event()))

    @rule(symbol=st.sampled_from(SYMBOLS), seed=SEEDS)
    def trade_in_other_clothes(self, symbol: str, seed: int) -> None:
        """A lawful message comes in some dress."""
        exchange = self._in_use(symbol, seed)
        self._frame(dressed(exchange.update(*exchange.event()), exchange.random))

    @rule(symbol=st.sampled_from(SYMBOLS), seed=SEEDS)
    def lawless(self, symbol: str, seed: int) -> None:
        """A message breaks the structural rules, while its sum holds."""
        exchange = self._in_use(symbol, seed)
        self._frame(exchange.update(*exchange.lawless()))

    @rule(symbol=st.sampled_from(SYMBOLS), seed=SEEDS)
    def lost(self, symbol: str, seed: int) -> None:
        """A lawful message never arrives, and the next one does."""
        exchange = self._in_use(symbol, seed)
        exchange.update(*exchange.event())
        self._frame(exchange.update(*exchange.event()))

    @rule(symbol=st.sampled_from(SYMBOLS), seed=SEEDS, snapshot=st.booleans(), dress=st.booleans())
    def damaged(self, symbol: str, seed: int, snapshot: bool, dress: bool) -> None:
        """A message is damaged on the way."""
        exchange = self._in_use(symbol, seed)
        text = exchange.snapshot() if snapshot else exchange.update(*exchange.event())
        self._frame(damaged(dressed(text, exchange.random) if dress else text, exchange.random))

    @rule(frame=st.one_of(st.binary(max_size=60), SEEDS.map(lambda seed: stranger(Random(seed)).encode())))
    def noise(self, frame: bytes) -> None:
        """A frame comes that is no book's, or bytes that mean nothing."""
        self._bytes(frame)

    @invariant()
    def the_books_are_the_same(self) -> None:
        """State and ladders of every book agree, and only a live book answers."""
        for symbol, book in getattr(self, "books", {}).items():
            expected = self.reference.books.get(symbol) or self.reference.closed[symbol]
            assert str(book.state) == expected.state
            assert (book.top is None) or expected.state == "live"
            if expected.state == "live":
                ladders: tuple[Any, Any] = (expected.ladder("bids"), expected.ladder("asks"))
                said = ([tuple(row) for row in rows(side)] for side in (book.bids(), book.asks()))
                assert tuple(map(tuple, said)) == ladders
                assert book.crossed is expected.crossed

    def _in_use(self, symbol: str, seed: int) -> Exchange:
        """The market of a tracked book, which is live if it can be; `seed` decides what happens next."""
        if symbol not in self.reference.books:
            self.track(symbol, seed)
        exchange = self.exchanges[symbol]
        # The same seed later in a story shall not do the same again.
        exchange.random = Random(f"{seed} {self.clock}")
        if self.reference.books[symbol].state != "live":
            self._frame(exchange.snapshot())
        return exchange

    def _frame(self, text: str) -> None:
        self._bytes(text.encode())

    def _bytes(self, frame: bytes) -> None:
        self.clock += 1
        expected = plain_result(self.reference.receive(frame))
        said = answer(self.engine, frame, self.clock)
        assert agrees(said, expected), f"{frame!r}\nsaid {said}\nnot  {expected}"


def _settings(examples: int) -> settings:
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        deadline=None,
        stateful_step_count=40,
        # A counterexample tells its frame and both answers; making it small would take minutes of every red run.
        phases=[phase for phase in Phase if EXAMPLES or phase is not Phase.shrink],
    )


TestConnection = Connection.TestCase
TestConnection.settings = _settings(80)


@given(depth=st.sampled_from((10, 25)), seed=SEEDS, kind=st.sampled_from(DAMAGES))
@_settings(300)
def test_a_damaged_frame_does_no_more_than_the_reference_says(depth: int, seed: int, kind: Any) -> None:
    """Each kind of damage to a frame for a live book beside another has just the effect it should have."""
    random = Random(seed)
    exchange, other = Exchange("BTC/USD", depth, random), Exchange("ETH/USD", depth, random)
    engine, reference = Engine(), ReferenceEngine()
    for market in (exchange, other):
        engine.track(market.symbol, depth=depth)
        reference.track(market.symbol, depth)
        snapshot = market.snapshot().encode()
        assert agrees(answer(engine, snapshot), plain_result(reference.receive(snapshot)))
    text = dressed(exchange.update(*exchange.event()), random)
    for frame in (kind(text, random), exchange.snapshot(), other.update(*other.event())):
        expected = plain_result(reference.receive(frame.encode()))
        said = answer(engine, frame.encode())
        assert agrees(said, expected), f"{frame}\nsaid {said}\nnot  {expected}"


@given(seed=SEEDS)
@_settings(6)
def test_a_frame_cut_anywhere(seed: int) -> None:
    """Every beginning of a frame is refused or put to its book as by the reference; none is believed."""
    random = Random(seed)
    exchange = Exchange("BTC/USD", 10, random)
    snapshot = exchange.snapshot().encode()
    frame = dressed(exchange.update(*exchange.event()), random).strip().encode()
    engine, reference = Engine(), ReferenceEngine()
    engine.track("BTC/USD")
    reference.track("BTC/USD")
    for end in range(len(frame)):
        engine.receive(snapshot, 0)
        reference.receive(snapshot)
        expected = plain_result(reference.receive(frame[:end]))
        assert "update" not in expected
        assert agrees(answer(engine, frame[:end]), expected), (frame[:end], expected)


@given(
    frame=st.one_of(st.binary(), st.text().map(str.encode), st.binary().map(lambda tail: b'{"channel":"book",' + tail))
)
@_settings(500)
def test_any_bytes_are_refused_or_ignored(frame: bytes) -> None:
    """No bytes raise anything but MalformedFrame, and none of these makes or breaks a book."""
    assume(b'"level3"' not in frame)  # another channel to this reference, but one that the engine reads
    engine, reference = Engine(), ReferenceEngine()
    book = engine.track("BTC/USD")
    reference.track("BTC/USD")
    expected = plain_result(reference.receive(frame))
    assert agrees(answer(engine, frame), expected)
    assert str(book.state) == reference.books["BTC/USD"].state


def test_an_oversized_frame_is_refused() -> None:
    """Megabytes of levels, digits, brackets or nothing are malformed, without harm to other books."""
    engine = Engine()
    engine.track("BTC/USD")
    engine.track("ETH/USD")
    other = Exchange("ETH/USD", 10, Random(1))
    engine.receive(other.snapshot().encode(), 0)
    head = '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":['
    bodies = (
        '{"price":1,"qty":1},' * 100_000,
        '{"price":' + "1" * 2_000_000,
        '{"price":0.' + "0" * 2_000_000 + "1",
        "[" * 2_000_000,
        " " * 2_000_000,
        '{"x":"' + "x" * 2_000_000,
    )
    for body in bodies:
        said = answer(engine, (head + body).encode())
        assert agrees(said, {"desync": {"symbols": ["BTC/USD"], "reason": "malformed"}})
    assert "update" in answer(engine, other.update(*other.event()).encode())
