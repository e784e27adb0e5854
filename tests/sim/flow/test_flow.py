"""The crowd as a whole: limits, statistics, bunches of trades, bad luck of whoever waits, crashes, and accounts."""

from itertools import pairwise
from statistics import fmean

import pytest

from havklo.errors import ConfigurationError
from havklo.sim.channels.book import BookFeed
from havklo.sim.flow import CALM, NORMAL, VOLATILE, Regime
from havklo.sim.market.ladder import ASK, BID, Order, Side
from havklo.sim.market.matching import Kind
from havklo.sim.report import BookTally, Markouts, TradeTally
from havklo.sim.symbols import NAMED, Pair, pairs
from havklo.sim.wire.frames import decimal

REGIMES = [CALM, NORMAL, VOLATILE]
LIQUID = [pair for pair in NAMED if not pair.thin]


def by_name(value: Pair | Regime) -> str:
    """A parameter's name."""
    return value.symbol if isinstance(value, Pair) else value.name


@pytest.mark.parametrize("pair", LIQUID, ids=by_name)
def test_liquid_books_fill_every_window(crowd: type, pair: Pair) -> None:
    """A liquid side never has fewer than 1,000 levels, is never crossed, and no price is below one tick."""
    here = crowd(pair, regime=VOLATILE)
    for _ in range(6_000):
        here.event()
        assert min(len(here.bids), len(here.asks)) > 1_000
    assert max(len(here.bids), len(here.asks)) <= pair.levels[2]
    assert here.bids.at(-1).price >= 1
    assert 0 < here.asks.keys[0] + here.bids.keys[0] < 0.01 * pair.price


@pytest.mark.parametrize("regime", REGIMES, ids=by_name)
def test_thin_books_stay_thin(crowd: type, regime: Regime) -> None:
    """The illiquid pair never fills the shallowest window and never loses a side."""
    (pair,) = pairs(["MINA/GBP"])
    here = crowd(pair, regime=regime, rate=2.0)
    for _ in range(8_000):
        here.event()
        assert 2 <= len(here.bids) < 10
        assert 2 <= len(here.asks) < 10
    assert 1_000 < here.middle < 10_000


@pytest.mark.parametrize("pair", NAMED, ids=by_name)
def test_quantities_fit_64_bits(crowd: type, pair: Pair) -> None:
    """Levels stay below 2^63 lots; the micro-price token's orders pass 2^53."""
    here = crowd(pair)
    most = 0
    for _ in range(3_000):
        here.event()
        most = max(most, *(level.qty for side in here.market.sides for level in side.top(10)))
    assert most < 2**63
    if pair.symbol == "PEPE/USD":
        assert most > 2**53
        assert len(decimal(most, pair.qty_precision).split(".")[0]) >= 10


@pytest.mark.parametrize("regime", REGIMES, ids=by_name)
def test_measured_statistics(crowd: type, regime: Regime) -> None:
    """Entries, removals, refills, two-sided messages and repeated prices come as often as in real captures."""
    for seed, pair in enumerate([LIQUID[0], *pairs(["SIM/EUR"])]):
        here = crowd(pair, seed=seed, regime=regime)
        feed = BookFeed(pair, here.market)
        here.market.on_step = feed.on_step
        tallies = {depth: BookTally(depth) for depth in (10, 25)}
        for depth, tally in tallies.items():
            feed.open(depth)
            tally.on_book(feed.snapshot(depth, here.now_ns))
        visible = 0
        for _ in range(4_000):
            feed.begin()
            here.event()
            visible += feed.visible
            for depth, frame in feed.messages(here.now_ns):
                tallies[int(depth)].on_book(frame)
        assert visible > 0.75 * 4_000, "what nobody sees costs as much as what is seen"
        assert tallies[25].messages > 1.05 * tallies[10].messages
        for tally in tallies.values():
            figures = tally.figures()
            assert 1.3 <= figures["entries"] <= 1.9
            assert 0.18 <= figures["removals"] <= 0.26
            assert figures["refilled"] == 1.0
            assert 0 < figures["two_sided"] < 0.005
            assert 0 < figures["repeated"] < 0.02
            assert 0.25 < figures["truncated"] < 0.5
            assert figures["empty"] == figures["resent"] == figures["short"] == 0


def test_thin_books_lose_as_many_levels_as_full_ones(crowd: type) -> None:
    """The share of removals does not depend on whether a window is full."""
    (pair,) = pairs(["MINA/GBP"])
    here = crowd(pair, rate=2.0)
    feed = BookFeed(pair, here.market)
    here.market.on_step = feed.on_step
    feed.open(10)
    tally = BookTally(10)
    tally.on_book(feed.snapshot(10, here.now_ns))
    for _ in range(5_000):
        feed.begin()
        here.event()
        for _, frame in feed.messages(here.now_ns):
            tally.on_book(frame)
    assert 0.2 <= tally.figures()["removals"] <= 0.28
    assert tally.empty == 0


def test_same_seed_same_steps(crowd: type) -> None:
    """Every step is a function of the seed."""

    def steps(seed: int) -> list[tuple[int, ...]]:
        here = crowd(LIQUID[0], seed=seed)
        seen: list[tuple[int, ...]] = []

        def on_step(side: Side, rank: int, order: Order, total: int, before: int, kind: Kind) -> None:
            seen.append((side, rank, order.id, order.price, total, before, kind, here.now_ns))

        here.market.on_step = on_step
        for _ in range(500):
            here.event()
        return seen

    assert steps(4) == steps(4) != steps(5)


def test_it_trades_while_the_clock_stands(crowd: type) -> None:
    """An event is an event, whatever the time: quotes change, trades happen, the value moves."""
    here = crowd(LIQUID[0])
    value, fills = here.flow.value, 0
    for _ in range(1_000):
        here.market.begin(here.now_ns)
        here.flow.act(here.now_ns)
        fills += len(here.market.fills)
    assert fills > 20
    assert here.flow.value != value


def bunches(here: object, seconds: int) -> tuple[float, float]:
    """Variance over mean of takers per second, and the mean rate of events."""
    tally = TradeTally(0)
    start = here.now_ns
    while here.now_ns < start + seconds * 10**9:
        here.event()
        for fill in here.market.fills:
            tally.on_trade("buy" if fill.taker.side == BID else "sell", fill.qty, (here.now_ns - start) // 1_000)
    return tally.clustering(seconds * 10**6)[0], here.events / seconds


def test_trades_come_in_bunches(crowd: type, lonely: Regime) -> None:
    """Takers bring takers; without followers they would come one by one. The mean rate stays what it was."""
    clustered, busy = bunches(crowd(LIQUID[1]), 400)
    scattered, quiet = bunches(crowd(LIQUID[1], regime=lonely), 400)
    assert clustered > 1.5
    assert 0.75 < scattered < 1.25
    assert busy == pytest.approx(40, rel=0.05)
    assert quiet == pytest.approx(40, rel=0.05)


@pytest.mark.parametrize(("regime", "rate", "seconds"), [(CALM, 60, 250), (NORMAL, 40, 250), (VOLATILE, 30, 120)])
def test_waiting_at_the_best_price_does_not_pay(crowd: type, regime: Regime, rate: float, seconds: int) -> None:
    """Whoever naively joins the best bid and ask loses by it, on average, after one second and after ten."""
    means: dict[int, list[float]] = {1: [], 10: []}
    for seed in (1, 2, 3):
        for pair in LIQUID[:2]:
            here = crowd(pair, seed=seed, regime=regime, rate=rate)
            markouts = Markouts()
            while here.now_ns < seconds * 10**9:
                here.event()
                now_us = here.now_ns // 1_000
                for fill in here.market.fills:
                    markouts.on_trade("buy" if fill.taker.side == BID else "sell", fill.price, fill.qty, now_us)
                bid, ask = here.bids.at(0), here.asks.at(0)
                markouts.on_quote(bid.price, bid.qty, ask.price, ask.qty, now_us)
            for horizon, row in means.items():
                result = markouts.result(horizon)
                assert result.fills > 50
                row.append(result.mean)
    assert max(means[1]) < 0
    assert fmean(means[10]) < 0
    assert sum(mean < 0 for mean in means[10]) >= 5


def test_regimes_differ(crowd: type) -> None:
    """The more nervous the day, the further the price moves and the wider the spread."""
    moves: list[float] = []
    widths: list[float] = []
    for regime in REGIMES:
        here = crowd(LIQUID[0], regime=regime, rate=40 / regime.activity)
        middles: list[float] = []
        spreads: list[int] = []
        for _ in range(60):
            here.run(1)
            middles.append(here.middle)
            spreads.append(here.asks.keys[0] + here.bids.keys[0])
        moves.append(fmean(abs(b - a) for a, b in pairwise(middles)))
        widths.append(fmean(spreads))
    assert moves == sorted(moves)
    assert moves[2] > 2 * moves[1]
    assert widths == sorted(widths)


def test_a_flash_crash_falls_and_recovers(crowd: type) -> None:
    """The price falls after the value within seconds, in a burst of events, and comes back within minutes."""
    here = crowd(LIQUID[1])
    here.run(10)
    start, events = here.middle, here.events
    here.flow.crash(0.03)
    lowest = start
    end = here.now_ns + 15 * 10**9
    while here.now_ns < end:
        here.event()
        lowest = min(lowest, here.middle)
        assert min(len(here.bids), len(here.asks)) > 1_000
    assert lowest < 0.98 * start
    assert here.events - events > 2 * 15 * here.rate
    here.run(200)
    assert here.middle == pytest.approx(start, rel=0.004)


@pytest.mark.parametrize("fraction", [0, -0.1, 0.51, float("nan")])
def test_impossible_crashes(crowd: type, fraction: float) -> None:
    """A crash is a part of the price, and not more than half of it."""
    with pytest.raises(ConfigurationError, match="above 0 and at most"):
        crowd(LIQUID[0]).flow.crash(fraction)


def test_accounts_orders_are_left_alone(crowd: type) -> None:
    """The crowd fills an account's orders like any other, and never withdraws, resizes or moves one."""
    here = crowd(LIQUID[0], regime=VOLATILE)
    orders: dict[int, tuple[Order, int]] = {}
    filled: dict[int, int] = {}
    for number in range(6_000):
        if number % 20 == 0:
            here.market.begin(here.now_ns)
            side: Side = BID if number % 40 else ASK
            ladder = here.market.sides[side]
            # On existing levels and between them, up to the best.
            price = ladder.at(number // 20 % 12).price - ladder.sign * (number // 40 % 2)
            if not here.market.crosses(side, price):
                order_id = here.market.submit(side, price, 2_000_000, owner=7).order_id
                orders[order_id] = here.market.orders[order_id], price
        here.event()
        for fill in here.market.fills:
            assert fill.taker.owner == 0
            if fill.maker.owner:
                filled[fill.maker.id] = filled.get(fill.maker.id, 0) + fill.qty
    assert len(filled) > 50
    for order_id, (order, price) in orders.items():
        assert order.price == price
        assert order.qty + filled.get(order_id, 0) == 2_000_000
        assert (order_id in here.market.orders) == (order.qty > 0)


def test_accounts_cannot_push_the_crowd_out(crowd: type) -> None:
    """Where accounts hold more levels than a thin side usually has, the crowd goes on and does not pile up."""
    (pair,) = pairs(["MINA/GBP"])
    here = crowd(pair, rate=2.0)
    here.market.begin(here.now_ns)
    for number in range(12):
        here.market.submit(BID, 500 - number, 10**10, owner=3)
        here.market.submit(ASK, 30_000 + number, 10**10, owner=3)
    trades = 0
    for _ in range(5_000):
        here.event()
        trades += bool(here.market.fills)
    crowds = [order for order in here.market.orders.values() if not order.owner]
    assert 4 < len(crowds) < 100
    assert trades > 100
    assert here.asks.keys[0] + here.bids.keys[0] < 0.2 * pair.price


def test_a_wild_guess_does_not_stretch_the_book(crowd: type) -> None:
    """An account's bid at one tick attracts nobody."""
    here = crowd(LIQUID[0])
    here.market.begin(here.now_ns)
    here.market.submit(BID, 1, 10**8, owner=3)
    for _ in range(8_000):
        here.event()
    assert len(here.bids.find(1).orders) == 1
    assert 1_100 < len(here.bids) < 1_300
    assert here.bids.keys[-2] - here.bids.keys[0] < 0.2 * LIQUID[0].price
