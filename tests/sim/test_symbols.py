"""What is listed."""

from dataclasses import replace

import pytest

from havklo.errors import ConfigurationError
from havklo.sim.symbols import NAMED, generate, pairs


def test_named_pairs() -> None:
    """The five named pairs have the precisions they are known for."""
    assert {pair.symbol: (pair.price_precision, pair.qty_precision) for pair in NAMED} == {
        "BTC/USD": (1, 8),
        "ETH/USD": (2, 8),
        "XRP/USD": (5, 8),
        "PEPE/USD": (10, 8),
        "MINA/GBP": (4, 8),
    }
    assert [pair.symbol for pair in NAMED if pair.thin] == ["MINA/GBP"]


@pytest.mark.parametrize("n", [1, 3, 5, 6, 300])
def test_any_number(n: int) -> None:
    """As many pairs as asked for, the named ones first, each name once, each in Kraken's form."""
    listed = pairs(n)
    assert len({pair.symbol for pair in listed}) == n
    assert [replace(pair, index=0) for pair in listed[:5]] == list(NAMED[:n])
    assert [pair.index for pair in listed] == list(range(n))
    assert all(pair.symbol == f"{pair.base}/{pair.quote}" for pair in listed)
    assert all(0 < pair.qty_min <= pair.size and pair.price > 10 * pair.gap for pair in listed)


def test_by_name() -> None:
    """A name decides everything about its pair, in whatever company it is listed."""
    doge, btc = pairs(["DOGE/EUR", "BTC/USD"])
    assert btc == replace(NAMED[0], index=1)
    assert doge == generate("DOGE/EUR") == pairs("DOGE/EUR")[0]
    assert (doge.base, doge.quote, doge.thin) == ("DOGE", "EUR", False)
    assert doge != generate("DOGE/USD")


def test_rest_names() -> None:
    """REST and version 1 have names of their own for the first assets."""
    listed = pairs(["BTC/USD", "ETH/EUR", "MINA/GBP", "SIM006/USD"])
    assert [(pair.restname, pair.altname, pair.wsname) for pair in listed] == [
        ("XXBTZUSD", "XBTUSD", "XBT/USD"),
        ("XETHZEUR", "ETHEUR", "ETH/EUR"),
        ("MINAGBP", "MINAGBP", "MINA/GBP"),
        ("SIM006USD", "SIM006USD", "SIM006/USD"),
    ]


@pytest.mark.parametrize("symbols", [0, -3, [], ["BTC/USD", "BTC/USD"]])
def test_impossible_lists(symbols: int | list[str]) -> None:
    """No symbol at all, or one twice, is refused."""
    with pytest.raises(ConfigurationError, match="at least one symbol"):
        pairs(symbols)


@pytest.mark.parametrize("name", ["XBTUSD", "btc/usd", "BTC/", "BTC/USD ", "BTC/USD/EUR", '"/"'])
def test_impossible_names(name: str) -> None:
    """A name that Kraken could not have is refused, with a hint."""
    with pytest.raises(ConfigurationError, match=r"is not a symbol .*BTC/USD"):
        pairs([name])
