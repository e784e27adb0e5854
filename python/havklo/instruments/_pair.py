"""Assets and pairs as the instrument channel lists them, and what is a valid price or size of a pair."""

from decimal import Decimal, DecimalException
from functools import cached_property
from typing import Final, Literal, TypeAlias, final, overload

import msgspec

from havklo.errors import ConfigurationError
from havklo.instruments._grid import Grid, Number, Toward, shown, shown_product
from havklo.instruments._names import asset_name

__all__ = ["Asset", "Pair", "Rounding", "Side"]

Side: TypeAlias = Literal["buy", "sell"]
"""The side of an order."""

Rounding: TypeAlias = Literal["passive", "aggressive", "nearest"]
"""Away from the taker's side, toward it, or to whichever valid price is nearer."""

_TOWARD: Final[dict[tuple[object, object], Toward]] = {
    ("passive", "buy"): "down",
    ("passive", "sell"): "up",
    ("aggressive", "buy"): "up",
    ("aggressive", "sell"): "down",
    ("nearest", "buy"): "nearest",
    ("nearest", "sell"): "nearest",
    ("nearest", None): "nearest",
}
_MOST_DECIMALS: Final = 28


@final
class Asset(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One asset of the instrument channel.

    Attributes:
        id: Its name, such as BTC.
        status: enabled, depositonly, withdrawalonly, fundingtemporarilydisabled, disabled, workinprogress, or a word
            that is newer than this version; "unknown" where Kraken says nothing.
        precision: Decimals of the ledger.
        precision_display: Decimals that are meant to be shown.
        borrowable: Whether it can be borrowed.
        collateral_value: The part of its worth that counts as margin collateral, from 0 to 1.
        margin_rate: The rate at which borrowing it is charged.
        asset_class: Kraken's `class`, such as currency or tokenized_asset.
        multiplier: For tokenized assets: how many of the underlying one token stands for.
    """

    id: str
    status: str = "unknown"
    precision: int | None = None
    precision_display: int | None = None
    borrowable: bool = False
    collateral_value: Decimal | None = None
    margin_rate: Decimal | None = None
    asset_class: str | None = msgspec.field(default=None, name="class")
    multiplier: Decimal | None = None


@final
class Pair(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One pair of the instrument channel: how it is traded, and which prices and sizes are valid.

    Numbers are exact decimals, whether Kraken sent them as numbers or texts, with exponents or without. Where Kraken
    leaves an increment out, it is `tick_size`, or else one unit of the last decimal.

    Attributes:
        symbol: The name on the wire, such as BTC/USD.
        base: The asset that is bought and sold; quantities are in it.
        quote: The asset that prices and costs are in.
        status: online, cancel_only, post_only, limit_only, reduce_only, maintenance, delisted, work_in_progress, or
            a word that is newer than this version; "unknown" where Kraken says nothing.
        price_precision: Decimals of a price.
        qty_precision: Decimals of a quantity.
        price_increment: Valid prices are multiples of it, in `quote`.
        qty_increment: Valid quantities are multiples of it, in `base`.
        qty_min: The smallest order, in `base`; 0 where Kraken names none.
        cost_precision: Decimals of price times quantity.
        cost_min: What an order is worth at least, in `quote`, or None where Kraken names nothing.
        tick_size: The older name of `price_increment`, which Kraken calls deprecated.
        marginable: Whether it can be traded on margin.
        margin_initial: The part of a margin trade's cost that the account has to have itself, such as 0.2.
        position_limit_long: The largest margin position bought, in `base`.
        position_limit_short: The largest margin position sold, in `base`.
        has_index: Whether there is an index price, for triggers.
        ws_display_price_precision: Decimals that prices are meant to be shown with.
    """

    symbol: str
    base: str
    quote: str
    price_precision: int
    qty_precision: int
    status: str = "unknown"
    price_increment: Decimal = Decimal(0)
    qty_increment: Decimal = Decimal(0)
    qty_min: Decimal = Decimal(0)
    cost_precision: int | None = None
    cost_min: Decimal | None = None
    tick_size: Decimal | None = None
    marginable: bool = False
    margin_initial: Decimal | None = None
    position_limit_long: Decimal | None = None
    position_limit_short: Decimal | None = None
    has_index: bool = False
    ws_display_price_precision: int | None = None

    # `dict=True` above makes room for the two grids below, which are worked out once.

    def __post_init__(self) -> None:
        if self.price_increment.is_zero():
            increment = self.tick_size or _last_decimal(self.price_precision)
            msgspec.structs.force_setattr(self, "price_increment", increment)
        if self.qty_increment.is_zero():
            msgspec.structs.force_setattr(self, "qty_increment", _last_decimal(self.qty_precision))

    @overload
    def price(self, x: Number, rounding: Literal["nearest"], *, side: Side | None = None) -> Decimal: ...

    @overload
    def price(self, x: Number, rounding: Rounding, *, side: Side) -> Decimal: ...

    def price(self, x: Number, rounding: Rounding, *, side: Side | None = None) -> Decimal:
        """The valid price next to a number.

        A float is taken at its shortest repr, so the noise of float arithmetic counts: 0.1 + 0.2 is a little more than
        0.3 and, as the passive price of a sale, rounds up to the next increment.

        Args:
            x: Any positive number, in `quote`.
            rounding: "passive" rounds away from the taker's side: down to buy, up to sell. "aggressive" rounds toward
                it. "nearest" takes the nearer one, and half way between two the even multiple of the increment.
            side: The order's side; without it only "nearest" has a meaning.

        Returns:
            A multiple of `price_increment`, with `price_precision` decimals wherever these are enough for it.

        Raises:
            ConfigurationError: x is no number, not finite, a bool, not above 0 or rounds to 0; the lowest valid price
                is named. Or the rounding needs a side.
            NumberTooLarge: The price has more than 28 digits.
        """
        toward = _TOWARD.get((rounding, side))
        if toward is None:
            raise _no_direction(rounding, side)
        prices = self._prices
        return prices.snap(prices.read(x), toward)

    def qty(self, x: Number) -> Decimal:
        """The largest valid quantity that is not above a number.

        Args:
            x: Any positive number, in `base`. A float is taken at its shortest repr.

        Returns:
            A multiple of `qty_increment`, with `qty_precision` decimals wherever these are enough for it.

        Raises:
            ConfigurationError: x is no number, not finite, a bool, not above 0, or rounds to less than `qty_min`; the
                smallest valid quantity is named.
            NumberTooLarge: The quantity has more than 28 digits.
        """
        sizes = self._sizes
        return sizes.snap(sizes.read(x), "down")

    def qty_for(self, amount: str, price: Number | None = None) -> Decimal:
        """The largest valid quantity for an amount of money, or of the base asset. Fees are not counted.

        Args:
            amount: A number and one of the pair's assets, such as "250 USD" or "0.5 BTC".
            price: What one unit of `base` costs, in `quote`; any positive number. An amount in `quote` needs it. With
                it, `cost_min` is checked as well.

        Returns:
            For an amount in `quote`, the largest valid quantity that does not cost more at that price; for one in
            `base`, what `qty` says.

        Raises:
            ConfigurationError: The amount can't be read or is in another asset, the price is missing or not positive,
                or the quantity is below `qty_min` or worth less than `cost_min`; the smallest valid one is named.
            NumberTooLarge: The quantity has more than 28 digits.
        """
        value, asset = self._amount(amount)
        at = None if price is None else self._prices.read(price)
        sizes = self._sizes
        if asset == self.base.upper():
            if at is None:
                return sizes.snap(value, "down")
            qty = sizes.multiple(value, "down")
        elif at is None:
            raise ConfigurationError(
                f"how much {self.base} {amount!r} buys depends on the price",
                hint=f"say at which: pair.qty_for({amount!r}, price)",
            )
        else:
            qty = sizes.multiple(value, "down", at)
        self._check_order(qty, at, sizes)
        return qty

    def check_price(self, x: Decimal | int | str) -> Decimal:
        """A price that has to be valid as it is; nothing is rounded.

        Returns:
            The same number, with `price_precision` decimals wherever these are enough for it.

        Raises:
            ConfigurationError: It is not valid, and the two nearest valid prices are named; or it is a float, which is
                never an exact price.
            NumberTooLarge: It has more than 28 digits.
        """
        return self._prices.exactly(x)

    def check_qty(self, x: Decimal | int | str) -> Decimal:
        """A quantity that has to be valid as it is; nothing is rounded.

        Returns:
            The same number, with `qty_precision` decimals wherever these are enough for it.

        Raises:
            ConfigurationError: It is not valid, and the two nearest valid quantities are named, or the smallest; or it
                is a float, which is never an exact quantity.
            NumberTooLarge: It has more than 28 digits.
        """
        return self._sizes.exactly(x)

    @cached_property
    def _prices(self) -> Grid:
        return Grid("price", self.symbol, self.quote, increment=self.price_increment, decimals=self.price_precision)

    @cached_property
    def _sizes(self) -> Grid:
        return Grid(
            "order size",
            self.symbol,
            self.base,
            increment=self.qty_increment,
            decimals=self.qty_precision,
            minimum=self.qty_min,
        )

    def _amount(self, amount: object) -> tuple[Decimal, str]:
        """The number and the asset, in capitals, of a text like "250 USD"."""
        words = amount.split() if isinstance(amount, str) else ()
        hint = f'amounts are written like "250 {self.quote}" or "0.5 {self.base}"'
        if len(words) != 2:
            raise ConfigurationError(f"{shown(amount)} is no amount", hint=hint)
        asset = asset_name(words[1]).upper()
        if asset not in {self.base.upper(), self.quote.upper()}:
            raise ConfigurationError(f"{shown(amount)} is in an asset that {self.symbol} does not trade", hint=hint)
        try:
            value = Decimal(words[0])
        except DecimalException as error:
            raise ConfigurationError(f"{shown(amount)} is no amount", hint=hint) from error
        if not value.is_finite() or value <= 0:
            raise ConfigurationError(f"{shown(amount)} is no amount", hint=hint)
        return value, asset

    def _check_order(self, qty: Decimal, price: Decimal, sizes: Grid) -> None:
        """Refuse an order that is below one of the pair's two minimums."""
        floor = Decimal(0) if self.cost_min is None else self.cost_min
        if not floor.is_finite():
            raise ConfigurationError(f"{self.symbol} is listed with a cost_min of {floor}")
        least = max(sizes.least, sizes.multiple(floor, "up", price))
        if qty >= least:
            return
        if qty < sizes.least:
            what = f"at least {shown(sizes.least)} {self.base}, not {shown(qty)}"
        else:
            what = f"worth at least {shown(floor)} {self.quote}, not {shown_product(qty, price)}"
        raise ConfigurationError(
            f"an order of {self.symbol} is {what}",
            hint=f"at {shown(price)} {self.quote} the smallest is {shown(least)} {self.base}, "
            f"worth {shown_product(least, price)} {self.quote}",
        )


def _last_decimal(precision: int) -> Decimal:
    """One unit of the last of so many decimals; 0, which no method accepts, for a nonsensical number of them."""
    return Decimal((0, (1,), -precision)) if abs(precision) <= _MOST_DECIMALS else Decimal(0)


def _no_direction(rounding: object, side: object) -> ConfigurationError:
    if rounding in ("passive", "aggressive") and side is None:
        return ConfigurationError(
            f"whether {rounding} is up or down depends on the order's side",
            hint=f'pair.price(x, "{rounding}", side="buy") or side="sell"',
        )
    return ConfigurationError(
        f"{rounding!r} with side={side!r} is no way to round a price",
        hint='"passive", "aggressive" or "nearest", and side="buy" or "sell"',
    )
