"""Pairs that the tests of instruments share."""

from decimal import Decimal

import pytest

from havklo.instruments import Pair, Pairs


def listed(symbol: str, **fields: object) -> Pair:
    """A pair of which only the name, and what is given, matters."""
    base, _, quote = symbol.partition("/")
    precisions = {"price_precision": 2, "qty_precision": 8}
    return Pair(symbol=symbol, base=base, quote=quote, **(precisions | fields))


@pytest.fixture
def btc() -> Pair:
    """Bitcoin, as Kraken lists it."""
    return Pair(
        symbol="BTC/USD",
        base="BTC",
        quote="USD",
        status="online",
        price_precision=1,
        qty_precision=8,
        price_increment=Decimal("0.1"),
        qty_increment=Decimal("1E-8"),
        qty_min=Decimal("0.00005"),
        cost_precision=5,
        cost_min=Decimal("0.5"),
    )


@pytest.fixture
def kraken() -> Pairs:
    """A small listing with the names that have a history, and two that are easily confused."""
    symbols = (
        *("ETH/USD", "ETH/EUR", "ETH/BTC", "ETH/USDT", "BTC/USD", "BTC/EUR", "BTC/USDT", "BCH/USD", "BAT/USD"),
        *("DOGE/USD", "DOGE/BTC", "XRP/GBP", "XMR/EUR", "EUR/USD", "USDT/USD", "SOL/USD", "AAPLx/USD", "1INCH/EUR"),
    )
    return Pairs(listed(symbol) for symbol in symbols)
