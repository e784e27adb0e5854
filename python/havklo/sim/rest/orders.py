"""An order as OpenOrders, ClosedOrders and QueryOrders show it."""

from typing import Final

from havklo.sim.accounts.money import SCALE
from havklo.sim.rest.views import OrderView
from havklo.sim.symbols import Pair
from havklo.sim.wire.frames import decimal

__all__ = ["leverage", "money", "order", "seconds"]

_STATUS: Final = {"pending_new": "pending", "new": "open", "partially_filled": "open", "filled": "closed"}
_SECOND: Final = 1_000_000_000


def order(view: OrderView, pair: Pair, *, trades: bool = False) -> dict[str, object]:
    """The object that stands under the order's id; with `trades`, the ids of its fills are in it."""
    fee, flag = _fee(view, pair)
    conditional = view.trigger_price is not None
    fields: dict[str, object] = {
        "refid": None,
        "userref": view.userref,
        "status": _STATUS.get(view.status, view.status),
        "opentm": seconds(view.opened_ns),
        "starttm": seconds(view.effective_ns),
        "expiretm": seconds(view.expire_ns),
        "descr": _description(view, pair),
        "vol": decimal(view.qty, pair.qty_precision),
        "vol_exec": decimal(view.filled, pair.qty_precision),
        "cost": money(view.cost, pair.cost_precision),
        "fee": fee,
        "price": decimal(_average(view, pair), pair.price_precision),
        "stopprice": decimal(view.trigger_price or 0, pair.price_precision),
        "limitprice": decimal((conditional and view.limit_price) or 0, pair.price_precision),
        "misc": "",
        "oflags": f"{flag},post" if view.post_only else flag,
    }
    if view.cl_ord_id is not None:
        fields["cl_ord_id"] = view.cl_ord_id
    if view.closed_ns is not None:
        fields["closetm"] = seconds(view.closed_ns)
        fields["reason"] = view.reason
    if trades and view.executions:
        fields["trades"] = [fill.exec_id for fill in view.executions]
    return fields


def _description(view: OrderView, pair: Pair) -> dict[str, object]:
    prices = [decimal(price, pair.price_precision) for price in (view.trigger_price, view.limit_price) if price]
    # The words of the type with the prices that belong to them: "stop loss 2677.00 -> limit 2577.00".
    words = " ".join([view.order_type.removesuffix("-limit").replace("-", " "), *prices[:1]])
    if len(prices) > 1:
        words += f" -> limit {prices[1]}"
    times = f"{leverage(pair)}:1" if view.margin else "none"
    sentence = f"{view.side} {decimal(view.qty, pair.qty_precision)} {pair.altname} @ {words}"
    return {
        "pair": pair.altname,
        "type": view.side,
        "ordertype": view.order_type,
        "price": prices[0] if prices else "0",
        "price2": prices[1] if len(prices) > 1 else "0",
        "leverage": times,
        "order": f"{sentence} with {times} leverage" if view.margin else sentence,
        "close": "",
    }


def _fee(view: OrderView, pair: Pair) -> tuple[str, str]:
    """The fee, and the flag that tells its asset: what was wanted, or what it was taken in instead."""
    in_base = view.fee_preference == "base"
    if view.fees and (pair.base if in_base else pair.quote) not in view.fees:
        in_base = not in_base
    if in_base:
        return money(view.fees.get(pair.base, 0), pair.qty_precision), "fcib"
    return money(view.fees.get(pair.quote, 0), pair.cost_precision), "fciq"


def _average(view: OrderView, pair: Pair) -> int:
    """The average price of the fills in ticks, rounded half up."""
    if not view.filled:
        return 0
    dividend = view.cost * 10 ** (pair.price_precision + pair.qty_precision)
    divisor = view.filled * 10**SCALE
    return (2 * dividend + divisor) // (2 * divisor)


def money(units: int, precision: int) -> str:
    """An amount with so many decimals."""
    return decimal(units // 10 ** (SCALE - precision), precision)


def seconds(moment: int | None) -> float:
    """A moment as Kraken's REST writes it; 0 for none."""
    return (moment or 0) / _SECOND


def leverage(pair: Pair) -> int:
    """How many times its own money a position of a pair may be worth."""
    return int(1 / pair.margin_initial)
