"""Channels: descriptions of what to subscribe to."""

from typing import Any

import pytest

from havklo import ConfigurationError
from havklo.channels import BOOK_DEPTHS, Channel, Topic, book


def test_equal_channels() -> None:
    """Channels are values: equal ones are equal, and can be keys."""
    assert book("BTC/USD") == book("BTC/USD", depth=10) == Channel("book", ("BTC/USD",), 10)
    assert book("BTC/USD") != book("BTC/USD", depth=25)
    assert len({book("BTC/USD"), book("BTC/USD"), book("ETH/USD")}) == 2
    with pytest.raises(AttributeError):
        book("BTC/USD").depth = 25  # type: ignore[misc]


def test_topics() -> None:
    """A channel consists of one topic per symbol."""
    first, second = book("BTC/USD", "ETH/USD", depth=25).topics
    assert (first, str(second)) == (Topic("book", "BTC/USD", 25), "book ETH/USD at depth 25")
    assert (first.key, str(Topic("trade", "BTC/USD"))) == (("book", "BTC/USD"), "trade BTC/USD")


@pytest.mark.parametrize("depth", BOOK_DEPTHS)
def test_depths(depth: int) -> None:
    """Kraken's five depths are taken."""
    assert book("BTC/USD", depth=depth).depth == depth


@pytest.mark.parametrize("depth", [0, -1, 5, 11, 5000, "10", None, True])
def test_other_depths(depth: Any) -> None:
    """Any other depth is refused at once, with those that there are."""
    with pytest.raises(ConfigurationError, match="10, 25, 100, 500, 1000"):
        book("BTC/USD", depth=depth)


@pytest.mark.parametrize("symbol", ["", "/", "BTC/", "/USD", "BTC/USD/EUR", " BTC/USD", "BTC/USD\n"])
def test_what_is_no_symbol(symbol: str) -> None:
    """A symbol's form is checked before anything is sent; whether it is listed, Kraken says."""
    with pytest.raises(ConfigurationError, match="is no symbol"):
        book(symbol)


def test_symbols_are_needed_once() -> None:
    """No symbol at all and a symbol twice are mistakes."""
    with pytest.raises(ConfigurationError, match="at least one"):
        book()  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match="'BTC/USD' is named twice"):
        book("BTC/USD", "ETH/USD", "BTC/USD")
    assert book("AAPLx/USD").symbols == ("AAPLx/USD",)
