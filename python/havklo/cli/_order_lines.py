"""How orders, fills and balances are written: a line that begins with its venue, or a JSON object."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, final

import msgspec

from havklo.cli._output import results
from havklo.cli._view import number

if TYPE_CHECKING:
    from havklo.events import Balance
    from havklo.orders import Fill, Order

__all__ = ["Lines", "order_text"]


@final
class Lines:
    """Writes lines about one venue.

    Args:
        venue: The venue's name.
        json: Whether programs read them.
    """

    def __init__(self, venue: str, *, json: bool) -> None:
        self._venue = venue
        self._json = json
        self._console = results()

    def say(self, kind: str, text: str, **fields: object) -> None:
        """Write one thing.

        Args:
            kind: What it is, in one word, for programs.
            text: The same for people.
            **fields: The same for programs; numbers keep every digit.
        """
        if not self._json:
            self._console.print(f"{self._venue}: {text}", markup=False, soft_wrap=True)
            return
        row = {"event": kind, "venue": self._venue, **{name: _plain(value) for name, value in fields.items()}}
        print(msgspec.json.encode(row).decode(), flush=True)  # noqa: T201 - for programs: no console may wrap it

    def order(self, order: "Order", *, kind: str = "order") -> None:
        """Write an order as it stands."""
        self.say(kind, order_text(order), **_order_fields(order))

    def fill(self, order: "Order", fill: "Fill") -> None:
        """Write a fill."""
        fees = {fee.asset: fee.qty for fee in fill.fees}
        text = f"{order.order_id} fill {number(fill.qty)} at {number(fill.price)}{_fees(fees)}"
        self.say(
            "fill",
            text,
            order_id=order.order_id,
            exec_id=fill.exec_id,
            symbol=order.symbol,
            side=order.side,
            qty=fill.qty,
            price=fill.price,
            cost=fill.cost,
            fees=fees,
            timestamp=fill.timestamp,
        )

    def balance(self, balance: "Balance", width: int = 0) -> None:
        """Write what there is of an asset."""
        wallets = {f"{each.type}/{each.id}": each.balance for each in balance.wallets}
        text = f"{balance.asset:<{width}} {number(balance.balance)}"
        self.say("balance", text, asset=balance.asset, balance=balance.balance, wallets=wallets)


def order_text(order: "Order") -> str:
    """An order in one line."""
    name = order.order_id or order.cl_ord_id
    size = "" if order.order_qty is None else f" {number(order.order_qty)}"
    price = "" if order.limit_price is None else f" at {number(order.limit_price)}"
    text = f"{name} {order.side}{size} {order.symbol} {order.order_type}{price}: {order.state}"
    if order.cum_qty:
        average = "" if order.avg_price is None else f" at {number(order.avg_price)} on average"
        text += f", filled {number(order.cum_qty)}{average}{_fees(order.fees)}"
    return f"{text} ({order.reason})" if order.reason else text


def _order_fields(order: "Order") -> dict[str, object]:
    names = ("order_id", "cl_ord_id", "key", "symbol", "side", "order_type", "order_qty", "limit_price", "cum_qty")
    more = ("avg_price", "cost", "fees", "reason")
    fields: dict[str, object] = {name: getattr(order, name) for name in (*names, *more)}
    return {**fields, "state": str(order.state)}


def _fees(fees: Mapping[str, Decimal]) -> str:
    paid = " and ".join(f"{number(qty)} {asset}" for asset, qty in fees.items() if qty)
    return f", fees {paid}" if paid else ""


def _plain(value: object) -> Any:
    """A value with its decimals as texts, digit for digit."""
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return value
