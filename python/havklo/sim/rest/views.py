"""What the REST answers need to know of orders and of the exchange."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Protocol

from havklo.sim.accounts.account import Account
from havklo.sim.symbols import Pair

__all__ = ["DeskView", "ExchangeView", "FillView", "OrderView"]


class FillView(Protocol):
    """One fill of an order, in the units that its order is in."""

    @property
    def exec_id(self) -> str:
        """Its id, like TXXXXX-XXXXX-XXXXXX."""
        ...

    @property
    def trade_id(self) -> int:
        """Its number in the pair's trade channel."""
        ...

    @property
    def price(self) -> int:
        """In ticks."""
        ...

    @property
    def qty(self) -> int:
        """In lots."""
        ...

    @property
    def cost(self) -> int:
        """In the quote asset."""
        ...

    @property
    def fee(self) -> tuple[str, int]:
        """What was taken for it: the asset, and how much of it."""
        ...

    @property
    def maker(self) -> bool:
        """Whether its order was resting."""
        ...

    @property
    def now_ns(self) -> int:
        """When."""
        ...


class OrderView(Protocol):
    """An order of an account, open or closed.

    Prices are in ticks, quantities in lots, money in units of 10^-10, moments in epoch nanoseconds.
    """

    @property
    def order_id(self) -> str:
        """Its id, like OXXXXX-XXXXX-XXXXXX."""
        ...

    @property
    def symbol(self) -> str:
        """Its pair, like BTC/USD."""
        ...

    @property
    def side(self) -> Literal["buy", "sell"]:
        """Its side."""
        ...

    @property
    def order_type(self) -> str:
        """Its type, like stop-loss-limit."""
        ...

    @property
    def status(self) -> str:
        """Its order_status in the executions channel."""
        ...

    @property
    def reason(self) -> str | None:
        """Why it was canceled or has expired."""
        ...

    @property
    def qty(self) -> int:
        """All of it."""
        ...

    @property
    def filled(self) -> int:
        """What of it was filled."""
        ...

    @property
    def cost(self) -> int:
        """What its fills cost, in the quote asset."""
        ...

    @property
    def fees(self) -> Mapping[str, int]:
        """Its fees by asset."""
        ...

    @property
    def fee_preference(self) -> Literal["base", "quote"]:
        """The asset that its fees are wanted in."""
        ...

    @property
    def executions(self) -> Sequence[FillView]:
        """Its fills, oldest first."""
        ...

    @property
    def limit_price(self) -> int | None:
        """Its limit."""
        ...

    @property
    def trigger_price(self) -> int | None:
        """Where it is triggered; of a trailing one, where it would be now."""
        ...

    @property
    def post_only(self) -> bool:
        """Whether it may only rest."""
        ...

    @property
    def margin(self) -> bool:
        """Whether it trades on margin."""
        ...

    @property
    def cl_ord_id(self) -> str | None:
        """The id that its owner gave it."""
        ...

    @property
    def userref(self) -> int | None:
        """The number that its owner gave it."""
        ...

    @property
    def opened_ns(self) -> int:
        """When it was accepted."""
        ...

    @property
    def effective_ns(self) -> int | None:
        """When it takes effect, if that was asked for."""
        ...

    @property
    def expire_ns(self) -> int | None:
        """When it expires, if that was asked for."""
        ...

    @property
    def closed_ns(self) -> int | None:
        """When it was filled, canceled or has expired."""
        ...


class DeskView(Protocol):
    """Where the orders are."""

    def open_orders(self, account: Account, /) -> Iterable[OrderView]:
        """An account's open orders."""
        ...

    def closed_orders(self, account: Account, /) -> Iterable[OrderView]:
        """An account's orders that are not open any more."""
        ...


class ExchangeView(Protocol):
    """What is listed, and in which mode."""

    @property
    def pairs(self) -> Mapping[str, Pair]:
        """The pairs by symbol."""
        ...

    @property
    def system(self) -> str:
        """online, maintenance, cancel_only or post_only."""
        ...
