"""The user's own limits: what no order may pass, whatever a program has worked out.

A limit that can't be told, for want of a price or of a proven book, counts as passed.
"""

from collections import deque
from collections.abc import Mapping
from decimal import ROUND_CEILING, Context, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple, cast, final

import msgspec

from havklo.errors import ConfigurationError
from havklo.errors.trading import RiskLimitExceeded, TradingLocked
from havklo.instruments import Pair, Side, canonical
from havklo.orders.requests import OrderRequest, Triggered

if TYPE_CHECKING:
    from havklo import Book

__all__ = ["Risk", "RiskLimits"]

_SECOND: Final = 1_000_000_000
_BPS: Final = 10_000
_EXACT: Final = Context(prec=100)
_ROUGH: Final = Context(prec=28, rounding=ROUND_CEILING)  # never less than it is


@final
class RiskLimits(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """What no order may pass; None: no such limit. Numbers are Decimals or whole numbers.

    Attributes:
        max_qty: The largest order of each pair, in its base asset; pairs that are not in it have no such limit.
        max_notional: What one order may be worth, by the asset that its price is in. An order without a price of its
            own is worth what the verified book asks for it.
        collar_bps: How much worse than the middle of the verified book a price may be, in hundredths of a percent:
            higher to buy, lower to sell. For an order that waits for a named price it counts from that one. Of a market
            order it is the average price that the book has for all of it.
        max_open: How many orders may be open, of all pairs together.
        max_per_second: How many orders may be placed in any second.
        symbols: The pairs that may be traded.
        needs_live_book: Whether orders of a pair need its verified book to be live.

    Raises:
        ConfigurationError: A limit is a float, not finite, not above 0, or a symbol is none.
    """

    max_qty: Mapping[str, Decimal] | None = None
    max_notional: Mapping[str, Decimal] | None = None
    collar_bps: Decimal | None = None
    max_open: int | None = None
    max_per_second: int | None = None
    symbols: frozenset[str] | None = None
    needs_live_book: bool = False

    def __post_init__(self) -> None:
        if self.max_qty is not None:
            sizes = {canonical(name): _limit("max_qty", value) for name, value in self.max_qty.items()}
            msgspec.structs.force_setattr(self, "max_qty", sizes)
        if self.max_notional is not None:
            worths = {name.upper(): _limit("max_notional", value) for name, value in self.max_notional.items()}
            msgspec.structs.force_setattr(self, "max_notional", worths)
        for name in ("collar_bps", "max_open", "max_per_second"):
            given: object = getattr(self, name)
            if given is not None:
                value = _limit(name, given, whole=name != "collar_bps")
                msgspec.structs.force_setattr(self, name, value if name == "collar_bps" else int(value))
        if self.symbols is not None:
            msgspec.structs.force_setattr(self, "symbols", frozenset(canonical(name) for name in self.symbols))


@final
class Risk:
    """Holds orders against limits, and locks them when told to.

    Args:
        limits: The limits; None: there are none, but the lock works.
    """

    def __init__(self, limits: RiskLimits | None = None) -> None:
        self.limits: RiskLimits = limits or RiskLimits()
        self.locked: str | None = None
        self._placed: deque[int] = deque()

    def __repr__(self) -> str:
        return f"<Risk {f'locked: {self.locked}' if self.locked else 'open'}>"

    def lock(self, reason: str) -> None:
        """Let no order out until `unlock`; the first reason stays."""
        self.locked = self.locked or reason or "locked"

    def unlock(self) -> None:
        """Let orders out again."""
        self.locked = None

    def check(self, request: OrderRequest, pair: Pair, *, now: int, open_orders: int, book: "Book | None") -> None:
        """Refuse an order that passes a limit; one that does not counts as placed.

        Args:
            request: The order, as `checks.check` gives it.
            pair: What it trades.
            now: Monotonic nanoseconds.
            open_orders: How many orders are open already, those that are on their way included.
            book: The verified book of the pair, if there is one.

        Raises:
            TradingLocked: No order may go out at present.
            RiskLimitExceeded: It passes a limit.
        """
        self._check_lock()
        limits = self.limits
        if limits.symbols is not None and pair.symbol not in limits.symbols:
            raise RiskLimitExceeded("symbols", pair.symbol, ", ".join(sorted(limits.symbols)), symbol=pair.symbol)
        live = self._live(pair.symbol, book)
        self._check_terms(_asked(request, live), pair, live)
        if limits.max_open is not None and open_orders >= limits.max_open:
            raise RiskLimitExceeded("max_open", open_orders + 1, limits.max_open, symbol=pair.symbol)
        self._check_pace(pair.symbol, now)

    def check_amend(
        self, pair: Pair, side: Side, *, qty: Decimal, price: Decimal | None, waits: bool = False, book: "Book | None"
    ) -> None:
        """Refuse a change after which an order would pass a limit.

        Args:
            pair: What it trades.
            side: The order's side.
            qty: All of it after the change.
            price: Its limit after the change, if it has one that is a price.
            waits: Whether it waits for a price that would start it.
            book: The verified book of the pair, if there is one.

        Raises:
            TradingLocked: Nothing but cancels may go out at present.
            RiskLimitExceeded: It passes a limit.
        """
        self._check_lock()
        live = self._live(pair.symbol, book)
        self._check_terms(_Terms(side=side, qty=qty, limit=price, waits=waits), pair, live)

    def _check_lock(self) -> None:
        if self.locked is not None:
            raise TradingLocked(self.locked)

    def _live(self, symbol: str, book: "Book | None") -> "Book | None":
        """The book, if it is live."""
        if book is not None and book.state == "live":
            return book
        if self.limits.needs_live_book:
            state = "no book" if book is None else str(book.state)
            raise RiskLimitExceeded(
                "needs_live_book", state, "live", symbol=symbol, hint="a book subscription of the pair keeps one"
            )
        return None

    def _check_terms(self, terms: "_Terms", pair: Pair, live: "Book | None") -> None:
        limits, symbol = self.limits, pair.symbol
        most = (limits.max_qty or {}).get(symbol)
        if most is not None and (terms.qty is None or terms.qty > most):
            raise RiskLimitExceeded("max_qty", terms.qty, most, symbol=symbol)
        price = terms.limit or terms.trigger or _swept(terms, live)
        most = (limits.max_notional or {}).get(pair.quote.upper())
        if most is not None:
            worth = terms.cash
            if worth is None and price is not None and terms.qty is not None:
                worth = _EXACT.multiply(terms.qty, price)
            if worth is None or worth > most:
                raise RiskLimitExceeded("max_notional", worth, most, symbol=symbol)
        if limits.collar_bps is not None and (terms.limit is not None or not terms.waits):
            base = terms.trigger or (None if live is None else live.mid)
            bps = None if base is None or price is None else _worse(terms.side, price, base)
            if bps is None or bps > limits.collar_bps:
                raise RiskLimitExceeded("collar_bps", bps, limits.collar_bps, symbol=symbol)

    def _check_pace(self, symbol: str, now: int) -> None:
        most = self.limits.max_per_second
        if most is None:
            return
        placed = self._placed
        while placed and placed[0] <= now - _SECOND:
            placed.popleft()
        if len(placed) >= most:
            seconds = (placed[len(placed) - most] + _SECOND - now) / _SECOND
            raise RiskLimitExceeded(
                "max_per_second", len(placed) + 1, most, symbol=symbol, hint=f"there is room in {seconds:.3f} s"
            )
        placed.append(now)


@final
class _Terms(NamedTuple):
    """What the limits look at: prices only where they are prices, not distances."""

    side: Side
    qty: Decimal | None
    cash: Decimal | None = None
    limit: Decimal | None = None
    trigger: Decimal | None = None
    waits: bool = False


def _asked(request: OrderRequest, live: "Book | None") -> _Terms:
    """What an order asks for."""
    qty = _number(request, "qty")
    cash = _number(request, "cash_qty")
    if qty is None and cash is not None:
        # The most that it can buy.
        ask = None if live is None else live.best_ask
        qty = None if ask is None else _ROUGH.divide(cash, ask.price)
    return _Terms(
        side=request.side,
        qty=qty,
        cash=cash,
        limit=_number(request, "price") if getattr(request, "price_type", "static") == "static" else None,
        trigger=_number(request, "trigger") if getattr(request, "trigger_type", "static") == "static" else None,
        waits=isinstance(request, Triggered),
    )


def _swept(terms: _Terms, live: "Book | None") -> Decimal | None:
    """The average price that the book has for all of an order, or None if it is too thin or not proven."""
    if live is None or terms.qty is None:
        return None
    sweep = live.vwap(terms.side, terms.qty)
    return None if sweep.unfilled else sweep.price


def _worse(side: Side, price: Decimal, base: Decimal) -> Decimal:
    """By how many hundredths of a percent a price is worse than another one."""
    distance = _ROUGH.subtract(price, base) if side == "buy" else _ROUGH.subtract(base, price)
    return _ROUGH.divide(_ROUGH.multiply(distance, Decimal(_BPS)), base)


def _number(request: OrderRequest, name: str) -> Decimal | None:
    return cast("Decimal | None", getattr(request, name, None))


def _limit(name: str, value: object, *, whole: bool = False) -> Decimal:
    """A limit as a Decimal."""
    if not isinstance(value, Decimal | int) or isinstance(value, bool):
        raise ConfigurationError(f"{name} of {value!r} is no exact number", hint='limits are like Decimal("0.5"), or 5')
    exact = Decimal(value)
    if not exact.is_finite() or exact <= 0 or (whole and exact != int(exact)):
        raise ConfigurationError(
            f"{name} of {value!r} is no limit", hint="limits are above 0; counts are whole numbers"
        )
    return exact
