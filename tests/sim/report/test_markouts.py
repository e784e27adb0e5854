"""The naive maker: when it is filled, and what that was worth."""

import pytest

from havklo.sim.report import Markout, Markouts

SECOND = 1_000_000


def joined(ahead: int = 50) -> Markouts:
    """It has joined 1,000 bid and 1,002 offered, behind 50 lots each."""
    markouts = Markouts((1, 10))
    markouts.on_quote(1_000, ahead, 1_002, ahead, 0)
    return markouts


def fills(markouts: Markouts, horizon: int = 1) -> int:
    """How many fills there were, once all can be judged."""
    markouts.close(1_000 * SECOND)
    return markouts.result(horizon).fills


@pytest.mark.parametrize(("qty", "filled"), [(50, 0), (51, 1)])
def test_it_queues_behind_what_was_there(qty: int, filled: int) -> None:
    """Only what goes beyond the quantity ahead reaches it."""
    markouts = joined()
    markouts.on_trade("sell", 1_000, qty, SECOND)
    assert fills(markouts) == filled


def test_each_trade_shortens_the_queue() -> None:
    """Two trades of 30 are more than 50 ahead, whatever came in behind in between."""
    markouts = joined()
    markouts.on_trade("sell", 1_000, 30, SECOND)
    markouts.on_quote(1_000, 900, 1_002, 50, SECOND)
    markouts.on_trade("sell", 1_000, 30, 2 * SECOND)
    assert fills(markouts) == 1


def test_withdrawals_shorten_the_queue() -> None:
    """No more can be ahead than there is."""
    markouts = joined()
    markouts.on_quote(1_000, 5, 1_002, 50, SECOND)
    markouts.on_trade("sell", 1_000, 6, 2 * SECOND)
    assert fills(markouts) == 1


def test_a_trade_beyond_its_price_fills_it() -> None:
    """Whoever sells lower has sold to it first, at its own price."""
    markouts = joined()
    markouts.on_trade("sell", 999, 1, SECOND)
    markouts.on_quote(999, 50, 1_002, 50, SECOND)
    assert fills(markouts) == 1
    assert markouts.result(1).mean == pytest.approx((1_000.5 - 1_000) / 1_000 * 10_000)


def test_other_trades_do_not_concern_it() -> None:
    """A buyer takes offers, and only those from the maker's price on."""
    markouts = joined()
    markouts.on_trade("buy", 1_000, 500, SECOND)
    assert fills(markouts) == 0


def test_a_better_price_makes_it_move() -> None:
    """It leaves its place and joins the new best, behind what is there."""
    markouts = joined()
    markouts.on_quote(1_001, 20, 1_002, 50, SECOND)
    markouts.on_trade("sell", 1_001, 20, 2 * SECOND)
    markouts.on_quote(1_000, 50, 1_002, 50, 2 * SECOND)
    markouts.on_trade("sell", 1_000, 1, 3 * SECOND)
    assert fills(markouts) == 1
    assert markouts.result(1).mean == 0.0, "at 1,001 it was the best alone, and first"


def test_worth() -> None:
    """The middle after so many seconds, against the price paid; a seller gains when it falls."""
    markouts = joined(ahead=0)
    markouts.on_trade("sell", 1_000, 1, 0)
    markouts.on_quote(1_000, 9, 1_002, 0, 0)
    markouts.on_trade("buy", 1_002, 1, 0)
    markouts.on_quote(1_000, 9, 1_002, 9, SECOND // 2)
    markouts.on_quote(980, 9, 984, 9, 3 * SECOND)
    markouts.close(20 * SECOND)
    soon, later = markouts.result(1), markouts.result(10)
    assert (soon.seconds, soon.fills, later.fills) == (1, 2, 2)
    assert soon.mean == pytest.approx((1 / 1_000 + 1 / 1_002) / 2 * 10_000)
    assert later.mean == pytest.approx((-18 / 1_000 + 20 / 1_002) / 2 * 10_000)


def test_fills_of_the_same_seconds_share_their_fate() -> None:
    """A hundred fills that all saw the same move are no better known than one."""
    markouts = joined(ahead=0)
    for number in range(1, 101):
        markouts.on_trade("sell", 1_000, 1, number)
        markouts.on_quote(1_000, 0, 1_002, 0, number)
    markouts.on_quote(1_000, 0, 1_022, 0, 15 * SECOND)
    markouts.on_trade("sell", 1_000, 1, 15 * SECOND)
    markouts.on_quote(1_000, 0, 1_022, 0, 15 * SECOND + 1)
    markouts.close(60 * SECOND)
    result = markouts.result(1)
    assert result.fills == 101
    assert result.error == pytest.approx(abs(10 - result.mean) * 100 * 2**0.5 / 101, rel=0.01)
    assert Markouts().result(10) == Markout(10, 0, 0.0, 0.0)
