"""A margin position's arithmetic."""

from havklo.sim.accounts.position import Position
from havklo.sim.symbols import NAMED

PAIR = NAMED[0]
FLAT = Position(PAIR.symbol)


def test_opens_and_grows() -> None:
    """Its cost adds up, and a fifth of it is margin, rounded up."""
    long = FLAT.after(PAIR, 10, 1_001)
    assert long == Position(PAIR.symbol, 10, 1_001, 201)
    assert long.after(PAIR, 5, 499) == Position(PAIR.symbol, 15, 1_500, 300)
    assert FLAT.after(PAIR, -10, 1_000) == Position(PAIR.symbol, -10, 1_000, 200)


def test_closes_in_proportion() -> None:
    """A fill against it leaves that part of the cost that is still open, whatever the fill cost."""
    short = FLAT.after(PAIR, -10, 1_000)
    assert short.after(PAIR, 4, 9) == Position(PAIR.symbol, -6, 600, 120)
    assert short.after(PAIR, 10, 9) == FLAT


def test_flips() -> None:
    """What a fill has left after closing opens the opposite, at the fill's own price."""
    long = FLAT.after(PAIR, 10, 1_000)
    assert long.after(PAIR, -15, 3_000) == Position(PAIR.symbol, -5, 1_000, 200)


def test_profit() -> None:
    """A long one gains when its quantity is worth more, a short one when less."""
    assert FLAT.after(PAIR, 10, 1_000).profit(1_100) == 100
    assert FLAT.after(PAIR, -10, 1_000).profit(1_100) == -100
    assert FLAT.profit(0) == 0


def test_wallet() -> None:
    """A long one has given its cost, a short one has taken it."""
    assert FLAT.after(PAIR, 10, 1_000).borrowed == -1_000
    assert FLAT.after(PAIR, -10, 1_000).borrowed == 1_000
    assert FLAT.borrowed == 0
