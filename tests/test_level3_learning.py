"""A level-3 book that learns how its orders are filled, fed by the simulated exchange without sockets."""

from math import inf, isnan

import pytest

from havklo._engine import Engine, Level3Book
from havklo.errors import BookNotLive, ConfigurationError, OrderNotInBook
from havklo.sim.exchange import Exchange
from havklo.sim.symbols import pairs

SECOND = 1_000_000_000


class Market:
    """One symbol's level-3 book beside the exchange that it is of."""

    def __init__(self, *, seed: int = 3, depth: int = 10) -> None:
        self.exchange = Exchange(pairs(1), seed=seed, start_ns=1_800_000_000 * SECOND)
        self.symbol = next(iter(self.exchange.pairs))
        self.key = ("level3", self.symbol, depth)
        self.exchange.open(self.key, 0)
        self.engine = Engine()
        self.book: Level3Book = self.engine.track(self.symbol, depth, channel="level3")
        self.frames = [self.exchange.snapshot(self.key, 0)]
        self.exchange.publish = lambda _key, frame: self.frames.append(frame)
        self.run(0)

    def run(self, seconds: float) -> None:
        """Let the market go on, and the book with it."""
        end = self.exchange.due() + round(seconds * SECOND)
        while seconds and self.exchange.due() < end:
            self.exchange.step(self.exchange.due())
        for frame in self.frames:
            self.engine.receive(frame, 1)
        self.frames.clear()


def test_a_book_learns_from_the_first_question_on() -> None:
    """Before it has seen anything there is no number; later there is one, with an interval, labelled as it is."""
    market = Market()
    order = market.book.orders("bid", 0)[0].order_id
    assert not market.book.learns
    assert isnan(market.book.fill_probability(order, within=10).p)
    assert market.book.learns
    market.run(60)
    first = market.book.orders("bid", 0)[0].order_id
    for model in ("auto", "cst"):
        said = market.book.fill_probability(first, within=10, model=model)
        assert 0 <= said.low <= said.p <= said.high <= 1
        assert (said.model, said.calibrated, said.amount, said.until) == (model, False, "first_touch", "price_held")


def test_the_farther_back_the_less_likely() -> None:
    """A hypothetical order at the back of the best bid is filled no sooner than the one before it."""
    market = Market()
    market.book.learn(half_life=None, horizons=[5.0])
    market.run(60)
    queue = market.book.orders("bid", 0)
    best = market.book.best_bid
    assert best is not None
    chances = [market.book.fill_probability(order.order_id, within=5, model="cst").p for order in queue]
    new = market.book.fill_probability(side="bid", price=best.price, qty="0.1", within=5, model="cst").p
    assert chances == sorted(chances, reverse=True)
    assert new <= chances[-1]


def test_orders_that_were_pushed_out_are_ahead_of_nobody() -> None:
    """What a shallow book was not told to its end does not count: it says what a deeper one of the market says."""
    shallow, deep = Market(seed=7, depth=10), Market(seed=7, depth=100)
    for market in (shallow, deep):
        market.book.learn()
        market.run(180)
    for side in ("bid", "ask"):
        chances = [
            market.book.fill_probability(market.book.orders(side, 0)[0].order_id, within=1, model="cst").p
            for market in (shallow, deep)
        ]
        assert min(chances) > 0.5
        assert abs(chances[0] - chances[1]) < 0.1


def test_own_orders_are_not_ahead() -> None:
    """Whoever owns the first order is not behind it."""
    market = Market()
    market.book.learn()
    market.run(60)
    side = "bid" if market.book.order_count("bid", 0) > 1 else "ask"
    while market.book.order_count(side, 0) < 2:
        market.run(1)
    first, second = market.book.orders(side, 0)[:2]
    before = market.book.fill_probability(second.order_id, within=2, model="cst").p
    market.book.own(first.order_id)
    assert market.book.fill_probability(second.order_id, within=2, model="cst").p >= before


def test_trades_are_believed() -> None:
    """A book that is told of trades has a rate of them; none of another price scale or of nothing."""
    market = Market()
    market.book.learn(half_life=None)
    market.run(5)
    ask = market.book.best_ask
    assert ask is not None
    now_ns = market.exchange.due()
    for second in range(50):
        market.book.traded("buy", ask.price, "0.5", now_ns + second)
    market.run(5)
    near = market.book.fill_probability(market.book.orders("ask", 0)[0].order_id, within=5, model="cst")
    assert near.n_events >= 1


def test_what_can_not_be_asked() -> None:
    """Each question that has no answer says why."""
    market = Market()
    book = market.book
    bid, ask = book.best_bid, book.best_ask
    assert bid is not None
    assert ask is not None
    with pytest.raises(OrderNotInBook, match="OXXXXX") as refused:
        book.fill_probability("OXXXXX-XXXXX-XXXXXX", within=1)
    assert refused.value.order_id == "OXXXXX-XXXXX-XXXXXX"
    with pytest.raises(ConfigurationError, match="traded at once"):
        book.fill_probability(side="bid", price=ask.price, qty=1, within=1)
    with pytest.raises(ConfigurationError, match="does not reach"):
        book.fill_probability(side="bid", price=1, qty=1, within=1)
    for wrong in (
        {"within": 0},
        {"within": float("nan")},
        {"within": 1, "model": "best"},
        {"within": 1, "until": "then"},
    ):
        with pytest.raises(ConfigurationError):
            book.fill_probability(side="bid", price=bid.price, qty=1, **wrong)
    with pytest.raises(ConfigurationError, match="of an order_id, or of"):
        book.fill_probability(within=1, side="bid")
    with pytest.raises(ConfigurationError, match="float"):
        book.fill_probability(side="bid", price=1.5, qty=1, within=1)  # pyright: ignore[reportArgumentType]
    for half_life in (0.0, -1.0, inf):
        with pytest.raises(ConfigurationError, match="half_life"):
            book.learn(half_life=half_life)
    market.engine.suspend(market.symbol)
    with pytest.raises(BookNotLive):
        book.fill_probability(side="bid", price=bid.price, qty=1, within=1)


def test_learning_goes_on_after_a_resync() -> None:
    """A lost book interrupts what is learned, and a snapshot takes it up again."""
    market = Market()
    market.book.learn()
    market.run(30)
    market.engine.suspend(market.symbol, "stalled")
    market.frames.append(market.exchange.snapshot(market.key, market.exchange.due()))
    market.run(1)
    assert market.book.learns
    said = market.book.fill_probability(market.book.orders("ask", 0)[0].order_id, within=10)
    assert not isnan(said.p)
