"""Makers: how long their orders live, icebergs, and the sides they favour."""

from havklo.sim.market.ladder import Order, Side
from havklo.sim.market.matching import ADD, DELETE, Kind
from havklo.sim.symbols import pairs


def test_the_risk_of_being_withdrawn_falls_with_age(crowd: type) -> None:
    """Per second, a young order is withdrawn many times as often as an old one."""
    (pair,) = pairs(["ETH/USD"])
    here = crowd(pair, rate=100.0)
    born: dict[int, int] = {}
    lives: list[tuple[float, bool]] = []

    def on_step(_side: Side, rank: int, order: Order, _total: int, _before: int, kind: Kind) -> None:
        if kind == ADD and rank < 10 and not here.market.moving:
            born[order.id] = here.now_ns
        elif kind == DELETE and order.id in born and not here.market.moving:
            lives.append(((here.now_ns - born.pop(order.id)) / 1e9, not here.market.fills))

    here.market.on_step = on_step
    here.run(120)
    lives += [((here.now_ns - at) / 1e9, False) for at in born.values()]

    def hazard(start: float, end: float) -> float:
        at_risk = sum(min(life, end) - start for life, _ in lives if life > start)
        return sum(withdrawn and start <= life < end for life, withdrawn in lives) / at_risk

    assert hazard(0, 0.5) > 3 * hazard(2, 5) > 5 * hazard(20, 60) > 0


def test_icebergs(crowd: type) -> None:
    """A few of the new orders hide most of themselves, and show again after a fill."""
    (pair,) = pairs(["BTC/USD"])
    here = crowd(pair)
    icebergs: list[Order] = []
    plain = refills = 0

    def on_step(_side: Side, rank: int, order: Order, _total: int, _before: int, kind: Kind) -> None:
        nonlocal plain
        if kind == ADD and rank < 10 and not here.market.moving:
            if order.peak:
                assert order.qty == order.peak
                assert order.peak <= order.hidden <= 9 * order.peak
                icebergs.append(order)
            else:
                plain += 1

    here.market.on_step = on_step
    for _ in range(12_000):
        here.event()
        refills += any(fill.maker.peak and not fill.done for fill in here.market.fills)
    assert 0.01 < len(icebergs) / plain < 0.06
    assert refills > 10
