"""Finding everything that is wrong with a request's numbers and words, with the nearest valid values."""

from collections.abc import Collection
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final, final

from havklo.errors import NumberTooLarge
from havklo.errors.trading import OrderInvalid, Problem
from havklo.instruments import Pair
from havklo.instruments._grid import Grid, shown, shown_product

__all__ = ["Findings"]

_WIDE: Final = Context(prec=128, rounding=ROUND_HALF_EVEN)
_ZERO: Final = Decimal(0)
_PERCENT: Final = 8
_MOST_DIGITS: Final = 28
_ORDINARY: Final = 12  # digits before the point
_PARTS: Final = 15  # of an iceberg, at most


@final
class Findings:
    """What is wrong with one request.

    Args:
        pair: What it trades.
    """

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.prefix = ""  # of the fields' names
        self._problems: list[Problem] = []

    def add(self, field: str, value: object, message: str, *nearest: Decimal) -> None:
        """Note a problem."""
        self._problems.append(Problem(self.prefix + field, value, message, nearest))

    def done(self) -> None:
        """End the search.

        Raises:
            OrderInvalid: There is a problem.
        """
        if self._problems:
            raise OrderInvalid(self.pair.symbol, self._problems)

    def word(self, field: str, value: object, options: Collection[str]) -> bool:
        """Expect one of some words; give whether it is."""
        if value in options:
            return True
        self.add(field, value, f"{field} is one of {', '.join(options)}, not {value!r}")
        return False

    def price(self, field: str, value: Decimal) -> bool:
        """Expect a price that is valid as it is; give whether it is."""
        pair = self.pair
        if _fits(value, pair.price_increment, pair.price_precision, _ZERO):
            return True
        return self._on_grid(
            field,
            value,
            Grid("price", pair.symbol, pair.quote, increment=pair.price_increment, decimals=pair.price_precision),
            pair.quote,
        )

    def size(self, field: str, value: Decimal, least: Decimal) -> bool:
        """Expect a quantity that is valid as it is and not below a minimum; give whether it is."""
        pair = self.pair
        if _fits(value, pair.qty_increment, pair.qty_precision, least):
            return True
        grid = Grid(
            "order size",
            pair.symbol,
            pair.base,
            increment=pair.qty_increment,
            decimals=pair.qty_precision,
            minimum=least,
        )
        return self._on_grid(field, value, grid, pair.base)

    def cash(self, field: str, value: Decimal, price: Decimal | None) -> None:
        """Expect an amount of the quote asset that is worth an order: the smallest at the price, if that is known."""
        pair = self.pair
        decimals = pair.price_precision if pair.cost_precision is None else pair.cost_precision
        step = Decimal((0, (1,), -decimals))
        least = self._cost_min if price is None else max(self._cost_min, _WIDE.multiply(price, pair.qty_min))
        grid = Grid("amount", pair.symbol, pair.quote, increment=step, decimals=decimals, minimum=least)
        self._on_grid(field, value, grid, pair.quote)

    def distance(self, field: str, value: Decimal, kind: str, *, above_zero: bool) -> None:
        """Expect a distance between prices, in percent or in the quote asset; it may be negative."""
        pair = self.pair
        step = pair.price_increment if kind == "quote" else Decimal((0, (1,), -_PERCENT))
        unit = pair.quote if kind == "quote" else "%"
        grid = Grid("distance", pair.symbol, unit, increment=step, decimals=0)
        if above_zero and value <= 0:
            self.add(field, value, f"{field} is a distance above 0, not {shown(value)}", grid.least)
            return
        around = self._around(field, abs(value), grid)
        if around and around[0] != abs(value):
            below, above = around if value > 0 else (-around[1], -around[0])
            nearest = [step for step in (below, above) if step > 0 or not above_zero]
            self.add(field, value, f"{field} can't be a distance of {shown(value)} {unit}", *nearest)

    def cost(self, field: str, qty: Decimal, price: Decimal) -> None:
        """Expect a quantity that is worth enough at a price."""
        pair, least = self.pair, self._cost_min
        if _WIDE.multiply(qty, price) >= least:
            return
        grid = Grid("order size", pair.symbol, pair.base, increment=pair.qty_increment, decimals=pair.qty_precision)
        try:
            nearest = [max(grid.multiple(least, "up", price), pair.qty_min)]
        except NumberTooLarge:
            nearest = []  # at such a price no quantity is worth enough
        self.add(
            field,
            qty,
            f"{shown(qty)} {pair.base} at {shown(price)} {pair.quote} is worth {shown_product(qty, price)} "
            f"{pair.quote}, and an order has to be worth {shown(least)}",
            *nearest,
        )

    def display(self, field: str, value: Decimal, qty: Decimal) -> None:
        """Expect an iceberg to show at least a fifteenth of itself, and no more than it is."""
        pair = self.pair
        if value > qty:
            self.add(field, value, f"an order of {shown(qty)} {pair.base} can't show {shown(value)}", qty)
        elif _WIDE.multiply(value, Decimal(_PARTS)) < qty:
            grid = Grid("order size", pair.symbol, pair.base, increment=pair.qty_increment, decimals=pair.qty_precision)
            least = grid.multiple(qty, "up", Decimal(_PARTS))
            self.add(field, value, f"an order of {shown(qty)} {pair.base} shows at least a fifteenth of it", least)

    @property
    def _cost_min(self) -> Decimal:
        return Decimal(0) if self.pair.cost_min is None else self.pair.cost_min

    def _on_grid(self, field: str, value: Decimal, grid: Grid, unit: str) -> bool:
        """Expect a multiple of an increment that is not below a minimum."""
        around = self._around(field, value, grid)
        if around is None:
            return False
        least = grid.least
        if value < least:
            self.add(field, value, f"{field} is at least {shown(least)} {unit}, not {shown(value)}", least)
            return False
        below, above = around
        if below != value:
            nearest = dict.fromkeys((max(below, least), above))
            self.add(field, value, f"{field} can't be {shown(value)} {unit}", *nearest)
            return False
        return True

    def _around(self, field: str, value: Decimal, grid: Grid) -> tuple[Decimal, Decimal] | None:
        """The multiples below and above a number."""
        try:
            return grid.multiple(value, "down"), grid.multiple(value, "up")
        except NumberTooLarge:
            self.add(field, value, f"{field} has more than {_MOST_DIGITS} digits")
            return None


def _fits(value: Decimal, step: Decimal, decimals: int, minimum: Decimal) -> bool:
    """Whether a number is certainly valid: the usual case, without the way to its neighbours."""
    return (
        value > _ZERO
        and value.adjusted() < _ORDINARY
        and decimals <= _MOST_DIGITS - _ORDINARY
        and step.is_finite()
        and step > _ZERO
        and value >= minimum
        and not _WIDE.remainder(value, step)
    )
