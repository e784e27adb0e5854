"""The pairs that the simulator lists: five with a character of their own, and any number of generated ones.

Everything is an integer: prices in ticks of 10^-price_precision, quantities in lots of 10^-qty_precision.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from havklo.errors import ConfigurationError

__all__ = ["NAMED", "Pair", "generate", "pairs", "rest_asset"]

_FORM: Final = re.compile(r"[A-Z0-9.]{1,16}/[A-Z0-9.]{1,16}")

# What REST calls the assets of Kraken's first years.
_CLASSIC: Final = {"BTC": "XXBT", "ETH": "XETH", "XRP": "XXRP", "USD": "ZUSD", "EUR": "ZEUR", "GBP": "ZGBP"}

# A liquid side never has fewer than 1,000 levels, so that the deepest window, 1,000, is always full. Below
# the first number orders are added first of all, the second is what investors aim at, beyond the third they
# only cancel.
_LIQUID: Final = (1_060, 1_160, 1_320)
# An illiquid side never fills the shallowest window, 10.
_THIN: Final = (3, 6, 9)


def _old(asset: str) -> str:
    return "XBT" if asset == "BTC" else asset


def rest_asset(asset: str) -> str:
    """An asset's name in REST, like XXBT for BTC; the newer ones have no other name."""
    return _CLASSIC.get(asset, asset)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """A listed pair and the character of its market.

    Attributes:
        symbol: The name on the wire, like BTC/USD.
        price_precision: Decimals of a price.
        qty_precision: Decimals of a quantity.
        price: The price around which the market lives, in ticks.
        gap: The usual distance of two neighbouring levels near the touch, in ticks.
        spread: The usual distance of best bid and best ask, in ticks.
        size: The median order, in lots.
        qty_min: The smallest order, in lots.
        levels: How many levels a side has: at least, usually, at most.
        weight: How busy the pair is beside the others.
        cost_precision: Decimals of what a trade costs.
        cost_min: The least that an order may be worth, in the quote asset.
        marginable: Whether it can be traded on margin.
        margin_initial: The part of a margin trade that an account has to have itself.
        index: Its number in the listing, from 0.
    """

    symbol: str
    price_precision: int
    qty_precision: int
    price: int
    gap: int
    spread: int
    size: int
    qty_min: int
    levels: tuple[int, int, int] = _LIQUID
    weight: float = 1.0
    cost_precision: int = 5
    cost_min: Decimal = Decimal("0.5")
    marginable: bool = False
    margin_initial: Decimal = Decimal("0.2")
    index: int = 0

    @property
    def base(self) -> str:
        """The asset that is bought and sold."""
        return self.symbol.partition("/")[0]

    @property
    def quote(self) -> str:
        """The asset that prices are in."""
        return self.symbol.partition("/")[2]

    @property
    def altname(self) -> str:
        """The REST name for people, like XBTUSD."""
        return _old(self.base) + _old(self.quote)

    @property
    def wsname(self) -> str:
        """The name in version 1 of the protocol, like XBT/USD."""
        return f"{_old(self.base)}/{_old(self.quote)}"

    @property
    def restname(self) -> str:
        """The REST name for programs, like XXBTZUSD."""
        return rest_asset(self.base) + rest_asset(self.quote) if self.base in _CLASSIC else self.altname

    @property
    def thin(self) -> bool:
        """Whether the sides are shorter than the shallowest window."""
        return self.levels[2] < 10


NAMED: Final = (
    Pair(
        symbol="BTC/USD",
        price_precision=1,
        qty_precision=8,
        price=645_250,
        gap=6,
        spread=2,
        size=4_000_000,
        qty_min=5_000,
        weight=4.0,
        marginable=True,
    ),
    Pair(
        symbol="ETH/USD",
        price_precision=2,
        qty_precision=8,
        price=187_730,
        gap=5,
        spread=2,
        size=90_000_000,
        qty_min=200_000,
        weight=3.0,
        marginable=True,
    ),
    Pair(
        symbol="XRP/USD",
        price_precision=5,
        qty_precision=8,
        price=108_100,
        gap=4,
        spread=2,
        size=90_000_000_000,
        qty_min=300_000_000,
        weight=2.0,
        marginable=True,
    ),
    # Billions of a token worth a thousandth of a cent: lots beyond 2^53 and prices that begin with five
    # zeros.
    Pair(
        symbol="PEPE/USD",
        price_precision=10,
        qty_precision=8,
        price=123_456,
        gap=6,
        spread=3,
        size=250_000_000_000_000_000,
        qty_min=100_000_000_000_000_000,
        weight=2.0,
    ),
    Pair(
        symbol="MINA/GBP",
        price_precision=4,
        qty_precision=8,
        price=3_120,
        gap=6,
        spread=9,
        size=30_000_000_000,
        qty_min=500_000_000,
        levels=_THIN,
        weight=0.2,
    ),
)

_BY_SYMBOL: Final = {pair.symbol: pair for pair in NAMED}


def pairs(symbols: int | Sequence[str]) -> tuple[Pair, ...]:
    """The pairs for a number of symbols, or for their names.

    Args:
        symbols: How many, the named ones first; or which: a name that is not one of the named pairs gets a
            character that depends on the name only.

    Raises:
        ConfigurationError: No symbol, a repeated one, or a name that is not like BASE/QUOTE in capitals.
    """
    if isinstance(symbols, int):
        if symbols < 1:
            raise ConfigurationError(f"a simulator lists at least one symbol, not {symbols}")
        more = (
            f"SIM{number:03}/{'EUR' if number % 4 == 0 else 'USD'}" for number in range(len(NAMED) + 1, symbols + 1)
        )
        return _numbered([*NAMED[:symbols], *(generate(name) for name in more)])
    names = [symbols] if isinstance(symbols, str) else list(symbols)
    if not names or len(set(names)) != len(names):
        raise ConfigurationError("a simulator lists at least one symbol, and each of them once")
    return _numbered([_BY_SYMBOL.get(name) or generate(name) for name in names])


def _numbered(listed: list[Pair]) -> tuple[Pair, ...]:
    return tuple(replace(pair, index=index) for index, pair in enumerate(listed))


def generate(symbol: str) -> Pair:
    """A liquid pair whose character depends on nothing but its name."""
    if not _FORM.fullmatch(symbol):
        raise ConfigurationError(
            f"{symbol!r} is not a symbol", hint="symbols are like BTC/USD: base and quote in capitals"
        )
    rng = random.Random(f"pair {symbol}")
    price_precision = rng.randint(1, 8)
    qty_precision = rng.choice((5, 8, 8))
    price = rng.randint(40_000, 900_000)
    # The median order is worth about a thousand of the quote currency.
    size = max(1_000, 1_000 * 10 ** (price_precision + qty_precision) // price)
    return Pair(
        symbol=symbol,
        price_precision=price_precision,
        qty_precision=qty_precision,
        price=price,
        gap=rng.randint(4, 7),
        spread=rng.randint(1, 4),
        size=size,
        qty_min=5 * 10 ** max(0, len(str(size)) - 4),
    )
