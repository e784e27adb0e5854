"""A fill as TradesHistory and QueryTrades show it."""

from collections.abc import Iterable
from typing import NamedTuple, final

from havklo.sim.rest.orders import leverage, money, seconds
from havklo.sim.rest.views import FillView, OrderView
from havklo.sim.symbols import Pair
from havklo.sim.wire.frames import decimal

__all__ = ["Trade", "latest_first", "trade"]


@final
class Trade(NamedTuple):
    """A fill, and the order that it is of."""

    order: OrderView
    fill: FillView


def latest_first(orders: Iterable[OrderView]) -> list[Trade]:
    """The fills of some orders, the last one first."""
    trades = [Trade(order, fill) for order in orders for fill in order.executions]
    trades.sort(key=lambda each: (each.fill.now_ns, each.fill.trade_id), reverse=True)
    return trades


def trade(of: Trade, pair: Pair) -> dict[str, object]:
    """The object that stands under the fill's id. Its fee is in the asset that the order's `oflags` tell."""
    order, fill = of
    asset, units = fill.fee
    margin = int(fill.cost * pair.margin_initial) if order.margin else 0
    return {
        "ordertxid": order.order_id,
        "pair": pair.restname,
        "aclass": "forex",
        "time": seconds(fill.now_ns),
        "type": order.side,
        "ordertype": order.order_type,
        "price": decimal(fill.price, pair.price_precision),
        "cost": money(fill.cost, pair.cost_precision),
        "fee": money(units, pair.qty_precision if asset == pair.base else pair.cost_precision),
        "vol": decimal(fill.qty, pair.qty_precision),
        "margin": money(margin, pair.cost_precision),
        "leverage": str(leverage(pair)) if order.margin else "0",
        "misc": "",
        "trade_id": fill.trade_id,
        "maker": fill.maker,
    }
