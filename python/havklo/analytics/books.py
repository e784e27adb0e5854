"""What a book says at one instant: the price of size, the size of a move, and where between the quotes the price is."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, Context, Decimal
from typing import Final, Literal, TypeAlias

import msgspec

from havklo.analytics._arguments import Number, check_levels, check_side, positive
from havklo.analytics._shapes import EXACT, NAN
from havklo.errors import ConfigurationError
from havklo.events import Book, BookSnapshot, Level

__all__ = [
    "MoveSize",
    "Side",
    "SweepCost",
    "bid_share",
    "imbalance",
    "microprice",
    "size_to_move",
    "sweep",
    "weighted_mid",
]

Side: TypeAlias = Literal["buy", "sell"]

_ROUNDED: Final = Context(prec=28)
_DOWN: Final = Context(prec=28, rounding=ROUND_DOWN)
_BPS: Final = 10_000


class SweepCost(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What taking from a book at once would cost, or bring. Fees are not included, nothing is extrapolated.

    Attributes:
        side: "buy" takes from the asks, "sell" from the bids.
        filled: How much of it the book holds, in units of the base currency.
        unfilled: The rest, for which the book is too thin; None where a `cost` was asked for.
        cost: What `filled` costs, or brings, in the quote currency; exact.
        unspent: What of the asked cost the book has nothing to sell for, or to buy; None where a `qty` was asked for.
        price: The volume-weighted average price `cost / filled`, to 28 significant digits; None if nothing is filled.
        worst: The last price that is touched, or None.
        mid: The mid price of the same instant; None while a side is empty.
        slippage: `d * (cost - mid * filled)` in the quote currency, with d = 1 for a buy and -1 for a sell: what
            it costs beyond the mid price; None without a mid price.
        tick: The price increment that was given, or None.
        levels: How many levels are touched.
        proven: Whether only levels that the checksum covers are touched.
    """

    side: Side
    filled: Decimal
    unfilled: Decimal | None
    cost: Decimal
    unspent: Decimal | None
    price: Decimal | None
    worst: Decimal | None
    mid: Decimal | None
    slippage: Decimal | None
    tick: Decimal | None
    levels: int
    proven: bool

    @property
    def slippage_bps(self) -> float:
        """The slippage in hundredths of a per cent of what the mid price would have cost; NaN without either."""
        if self.slippage is None or self.mid is None or not self.filled:
            return NAN
        return float(_ROUNDED.divide(EXACT.multiply(self.slippage, _BPS), EXACT.multiply(self.mid, self.filled)))

    @property
    def slippage_ticks(self) -> float:
        """The slippage of the average price in price increments; NaN without a mid price, a fill or a tick."""
        if self.slippage is None or self.tick is None or not self.filled:
            return NAN
        return float(_ROUNDED.divide(self.slippage, EXACT.multiply(self.tick, self.filled)))


class MoveSize(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What must be taken from a book at once so that its best price becomes a given one, or a worse.

    Attributes:
        side: "buy" takes from the asks, "sell" from the bids.
        qty: All that stands at better prices, in units of the base currency; if `exhausted`, it takes at least that.
        cost: What it costs, or brings, in the quote currency; exact.
        target: The price.
        next_price: The best price afterwards: the target or the next beyond it; None if `exhausted`.
        levels: How many levels are taken whole.
        exhausted: Whether the book as subscribed does not reach as far.
        proven: Whether the checksum covers all these levels and `next_price`.
    """

    side: Side
    qty: Decimal
    cost: Decimal
    target: Decimal
    next_price: Decimal | None
    levels: int
    exhausted: bool
    proven: bool


def sweep(
    book: Book | BookSnapshot,
    side: Side,
    *,
    qty: Number | None = None,
    cost: Number | None = None,
    tick: Number | None = None,
) -> SweepCost:
    """Tell what it costs to take a quantity, or how much a sum takes, at once: "VWAP to fill", sweep cost, slippage.

    All of it is of one instant and exact but for the average price, and for `filled` where a cost buys a part of a
    level (28 significant digits, rounded down; lots are the business of `pair.qty`).

    Args:
        book: A live book of level 2 or 3, or a snapshot of one.
        side: "buy" or "sell".
        qty: How much, in units of the base currency. Either this or `cost`; never a float.
        cost: For how much, in the quote currency.
        tick: The pair's price increment, for `slippage_ticks`.

    Raises:
        BookNotLive: The book is not proven now.
        ConfigurationError: The arguments can't be meant.
    """
    check_side(side)
    if (qty is None) == (cost is None):
        raise ConfigurationError("a sweep is of a qty or of a cost", hint='sweep(book, "buy", qty="10")')
    increment = None if tick is None else positive(tick, "tick")
    wanted = None if qty is None else positive(qty, "qty")
    money = None if cost is None else positive(cost, "cost")
    snapshot = _snapshot(book)
    levels = snapshot.asks if side == "buy" else snapshot.bids
    filled = spent = Decimal(0)
    touched: list[Level] = []
    for level in levels:
        part = _part(level, wanted, money, filled, spent)
        if not part:
            break
        touched.append(level)
        filled = EXACT.add(filled, part)
        whole_rest = money is not None and part < level.qty
        spent = money if whole_rest and money is not None else EXACT.add(spent, EXACT.multiply(part, level.price))
    mid = _mid(snapshot)
    return SweepCost(
        side=side,
        filled=filled,
        unfilled=None if wanted is None else EXACT.subtract(wanted, filled),
        cost=spent,
        unspent=None if money is None else EXACT.subtract(money, spent),
        price=_ROUNDED.divide(spent, filled) if filled else None,
        worst=touched[-1].price if touched else None,
        mid=mid,
        slippage=None if mid is None else _signed(side, EXACT.subtract(spent, EXACT.multiply(mid, filled))),
        tick=increment,
        levels=len(touched),
        proven=all(level.proven for level in touched),
    )


def size_to_move(
    book: Book | BookSnapshot,
    side: Side,
    *,
    bps: Number | None = None,
    ticks: int | None = None,
    to: Number | None = None,
    tick: Number | None = None,
) -> MoveSize | None:
    """Tell how much must be taken at once so that the best price of that side moves so far.

    Distances count from the best price that would be taken first: a buy moves the best ask up, a sell the best bid
    down.

    Args:
        book: A live book of level 2 or 3, or a snapshot of one.
        side: "buy" or "sell".
        bps: How far, in hundredths of a per cent of that best price. One of `bps`, `ticks` and `to`.
        ticks: How far, in price increments; needs `tick`.
        to: The price itself.
        tick: The pair's price increment.

    Returns:
        The size, or None if that side of the book is empty.

    Raises:
        BookNotLive: The book is not proven now.
        ConfigurationError: The arguments can't be meant.
    """
    check_side(side)
    if sum(given is not None for given in (bps, ticks, to)) != 1:
        raise ConfigurationError("a move is given by one of bps, ticks and to")
    if (ticks is None) != (tick is None):
        raise ConfigurationError("ticks and tick belong together", hint="tick=pair.price_increment")
    snapshot = _snapshot(book)
    levels = snapshot.asks if side == "buy" else snapshot.bids
    if not levels:
        return None
    best = levels[0].price
    if to is not None:
        target = positive(to, "to")
    elif tick is not None and ticks is not None:
        distance = EXACT.multiply(positive(tick, "tick"), positive(ticks, "ticks"))
        target = EXACT.add(best, _signed(side, distance))
    else:
        distance = EXACT.multiply(best, positive(bps if bps is not None else 0, "bps")).scaleb(-4, EXACT)
        target = EXACT.add(best, _signed(side, distance))
    qty = cost = Decimal(0)
    proven, taken, next_price = True, 0, None
    for level in levels:
        if level.price >= target if side == "buy" else level.price <= target:
            next_price, proven = level.price, proven and level.proven
            break
        taken += 1
        proven = proven and level.proven
        qty = EXACT.add(qty, level.qty)
        cost = EXACT.add(cost, EXACT.multiply(level.price, level.qty))
    return MoveSize(
        side=side,
        qty=qty,
        cost=cost,
        target=target,
        next_price=next_price,
        levels=taken,
        exhausted=next_price is None,
        proven=proven,
    )


def imbalance(book: Book, levels: int = 1) -> Decimal | None:
    """Give the queue imbalance `(Qb - Qa) / (Qb + Qa)` over the best levels a side, from -1 to 1 (OBI).

    Args:
        book: A live book.
        levels: How many levels a side.

    Returns:
        It to 28 significant digits; None of an empty book.

    Raises:
        BookNotLive: The book is not proven now.
        ConfigurationError: No level was asked for.
    """
    return book.imbalance(levels)


def bid_share(book: Book | BookSnapshot, levels: int = 1) -> Decimal | None:
    """Give the bids' share `Qb / (Qb + Qa)` of what stands at the best levels, from 0 to 1.

    This is the imbalance I of Stoikov's micro-price (SSRN 2970694); `imbalance` is `2 * I - 1`.

    Args:
        book: A live book, or a snapshot of one.
        levels: How many levels a side.

    Returns:
        It to 28 significant digits; None of an empty book.

    Raises:
        BookNotLive: The book is not proven now.
        ConfigurationError: No level was asked for.
    """
    check_levels(levels)
    snapshot = _snapshot(book, levels)
    bids, asks = _total(snapshot.bids[:levels]), _total(snapshot.asks[:levels])
    both = EXACT.add(bids, asks)
    return _ROUNDED.divide(bids, both) if both else None


def microprice(book: Book) -> Decimal | None:
    """Give `Pa * I + Pb * (1 - I)` with the best quotes' own `I`: what much of the industry calls the microprice.

    Stoikov's micro-price, which is estimated from data, is `MicropriceModel`.

    Args:
        book: A live book.

    Returns:
        It to 28 significant digits; None while a side is empty.

    Raises:
        BookNotLive: The book is not proven now.
    """
    return book.microprice


def weighted_mid(book: Book | BookSnapshot, levels: int = 1) -> Decimal | None:
    """Give `Pa * I + Pb * (1 - I)` with the best prices, and with `I` as the bids' share over several levels.

    Args:
        book: A live book, or a snapshot of one.
        levels: How many levels a side `I` is made of; with one it is `microprice`.

    Returns:
        It to 28 significant digits; None while a side is empty.

    Raises:
        BookNotLive: The book is not proven now.
        ConfigurationError: No level was asked for.
    """
    check_levels(levels)
    snapshot = _snapshot(book, levels)
    if not snapshot.bids or not snapshot.asks:
        return None
    bids, asks = _total(snapshot.bids[:levels]), _total(snapshot.asks[:levels])
    weighted = EXACT.add(EXACT.multiply(snapshot.asks[0].price, bids), EXACT.multiply(snapshot.bids[0].price, asks))
    return _ROUNDED.divide(weighted, EXACT.add(bids, asks))


def _part(level: Level, wanted: Decimal | None, money: Decimal | None, filled: Decimal, spent: Decimal) -> Decimal:
    """How much of a level is taken."""
    if wanted is not None:
        return min(level.qty, EXACT.subtract(wanted, filled))
    rest = EXACT.subtract(money or Decimal(0), spent)
    if EXACT.multiply(level.qty, level.price) <= rest:
        return level.qty
    return _DOWN.divide(rest, level.price)


def _snapshot(book: Book | BookSnapshot, levels: int | None = None) -> BookSnapshot:
    return book if isinstance(book, BookSnapshot) else book.snapshot(levels)


def _mid(snapshot: BookSnapshot) -> Decimal | None:
    if not snapshot.bids or not snapshot.asks:
        return None
    return EXACT.divide(EXACT.add(snapshot.bids[0].price, snapshot.asks[0].price), Decimal(2))


def _total(levels: Sequence[Level]) -> Decimal:
    total = Decimal(0)
    for level in levels:
        total = EXACT.add(total, level.qty)
    return total


def _signed(side: Side, value: Decimal) -> Decimal:
    return value if side == "buy" else EXACT.minus(value)
