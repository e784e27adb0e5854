"""`havklo order`: places, changes, cancels and lists orders."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final, Literal

from cyclopts import App, Parameter

from havklo._run import run
from havklo.cli._checks import check_seconds
from havklo.cli._order_form import Kind, asked
from havklo.cli._order_lines import Lines, order_text
from havklo.cli._output import complain
from havklo.cli._trading import PLACES, Json, KeyFile, Live, Place, Where, Yes, choose, confirm, trading
from havklo.client import Client
from havklo.errors import ConfigurationError, HavkloError, WaitTimeout
from havklo.instruments import Side, canonical

__all__ = ["amend", "app", "cancel", "list_orders", "place"]

_FAILED: Final = 2

_PLACE: Final = f"""\
Numbers are sent with the digits that are typed. The order is checked against
the pair's increments and minimums first, and an error says the nearest valid
value. With --wait the command shows what becomes of the order; what is still
open then stays open. With --key the same order is never placed twice, however
often the command is run.

{PLACES}
Examples:
  havklo order place BTC/USD buy --qty 0.01 --type market --wait 5
  havklo order place BTC/USD sell --qty 0.01 --price 90000 --post-only
  havklo order place BTC/USD sell --qty 0.01 --type stop-loss --trigger 50000
  havklo order place ETH/USD buy --qty 1 --price 1500 --validate --json
"""

_ID: Final = f"""\
An order is named by its order_id or its cl_ord_id, as list shows them.

{PLACES}
Examples:
"""

_AMEND: Final = f"""\
{_ID}  havklo order amend OABCDE-FGHIJ-KLMNOP --price 45284.0 --venue ws://127.0.0.1:8900/v2
"""

_CANCEL: Final = f"""\
{_ID}  havklo order cancel OABCDE-FGHIJ-KLMNOP --venue ws://127.0.0.1:8900/v2
  havklo order cancel --all --live
"""

_LIST: Final = f"""\
Open orders, whoever has placed them.

{PLACES}
Examples:
  havklo order list --venue ws://127.0.0.1:8900/v2
  havklo order list --live --json
"""

_MORE: Final = f"""\
{PLACES}
havklo order COMMAND --help tells more about each.

Examples:
  havklo order place BTC/USD buy --qty 0.01 --type market
  havklo order list --venue ws://127.0.0.1:8900/v2
  havklo order cancel --all --live
"""

app: App = App(name="order", usage="Usage: havklo order COMMAND", help_epilogue=_MORE)

_Number = Annotated[str | None, Parameter(metavar="N")]
_Flag = Annotated[bool, Parameter(negative="", show_default=False)]
_Distance = Literal["static", "pct", "quote"]


@app.command(
    name="place",
    help_epilogue=_PLACE,
    usage="Usage: havklo order place SYMBOL buy|sell [OPTIONS]",
)
def place(
    symbol: str,
    side: Side,
    /,
    *,
    kind: Annotated[Kind, Parameter(name="--type", metavar="TYPE")] = "limit",
    qty: _Number = None,
    price: _Number = None,
    cash_qty: _Number = None,
    display_qty: _Number = None,
    trigger: _Number = None,
    trigger_type: _Distance | None = None,
    price_type: _Distance | None = None,
    reference: Literal["last", "index"] | None = None,
    time_in_force: Literal["gtc", "ioc", "fok"] | None = None,
    post_only: _Flag = False,
    reduce_only: _Flag = False,
    margin: _Flag = False,
    fee_preference: Literal["base", "quote"] | None = None,
    cl_ord_id: Annotated[str | None, Parameter(metavar="ID")] = None,
    key: Annotated[str | None, Parameter(metavar="KEY")] = None,
    validate: _Flag = False,
    wait: Annotated[float | None, Parameter(metavar="SECONDS")] = None,
    venue: Where = "sim",
    live: Live = False,
    yes: Yes = False,
    key_file: KeyFile = None,
    json: Json = False,
) -> int:
    """Place an order.

    Args:
        symbol: The pair, such as BTC/USD.
        side: buy or sell.
        kind: The order's type, in Kraken's words: limit, market, iceberg, stop-loss, stop-loss-limit, take-profit,
            take-profit-limit, trailing-stop, trailing-stop-limit or settle-position.
        qty: How much, in the base asset.
        price: The worst price.
        cash_qty: For a market order to buy: what to spend, instead of --qty.
        display_qty: What an iceberg shows at a time.
        trigger: The price that starts the order, or its distance.
        trigger_type: What --trigger is: static (a price), pct or quote (a distance).
        price_type: The same for --price, of a trailing-stop-limit.
        reference: The price that is watched: last or index.
        time_in_force: gtc (until canceled), ioc (at once) or fok (at once and all of it).
        post_only: It may not take.
        reduce_only: It may only reduce a position.
        margin: It trades a position.
        fee_preference: The asset that the fee is taken in.
        cl_ord_id: An id of one's own.
        key: An idempotency key: one key, one order.
        validate: Have it checked by the exchange, and place nothing.
        wait: Show what becomes of it for so many seconds, or until it has ended.
        venue: Where: sim, or a simulator's URL.
        live: At Kraken itself.
        yes: Confirm it beforehand.
        key_file: A TOML file with the API key.
        json: One JSON object a line.

    Returns:
        The exit code: 2 if the order was refused.

    Raises:
        ConfigurationError: A value that can't be, or no confirmation.
        HavkloError: It could not be placed.
    """
    check_seconds(wait)
    numbers = {"qty": qty, "price": price, "cash_qty": cash_qty, "display_qty": display_qty, "trigger": trigger}
    words = {
        "trigger_type": trigger_type,
        "price_type": price_type,
        "reference": reference,
        "time_in_force": time_in_force,
        "fee_preference": fee_preference,
        "cl_ord_id": cl_ord_id,
    }
    flags = {"post_only": post_only, "reduce_only": reduce_only, "margin": margin}
    given = {name: value for name, value in {**numbers, **words}.items() if value is not None}
    request = asked(kind, canonical(symbol), side, {**given, **{name: True for name, on in flags.items() if on}})
    where = choose(venue, live=live, key_file=key_file, symbols=[symbol])
    if not validate:
        size = " ".join(text for text in (qty or cash_qty, request.symbol, kind, price) if text)
        confirm(where, f"{side} {size}", yes=yes)

    async def doing(kraken: Client, lines: Lines) -> int:
        order = await kraken.orders.place(request, validate=validate, key=key)
        if validate:
            lines.say("valid", f"{side} {request.symbol} {kind}: valid, not placed", symbol=request.symbol, side=side)
            return 0
        lines.order(order)
        if wait is not None:
            told = order_text(order)
            try:
                await order.done(timeout=wait)
            except WaitTimeout:
                lines.say(
                    "waiting", f"{order.order_id} is open after {wait:g} s, and stays so", order_id=order.order_id
                )
            for fill in order.fills():
                lines.fill(order, fill)
            if order_text(order) != told:
                lines.order(order)
        return _FAILED if order.state == "rejected" else 0

    return run(_with(where, doing, json=json))


@app.command(name="amend", help_epilogue=_AMEND, usage="Usage: havklo order amend ID [OPTIONS]")
def amend(
    order: str,
    /,
    *,
    qty: _Number = None,
    price: _Number = None,
    display_qty: _Number = None,
    trigger: _Number = None,
    post_only: _Flag = False,
    venue: Where = "sim",
    live: Live = False,
    yes: Yes = False,
    key_file: KeyFile = None,
    json: Json = False,
) -> int:
    """Change an open order; it keeps its ids and, where Kraken can, its place in the queue.

    Args:
        order: Its order_id or cl_ord_id.
        qty: All of it, what was filled included.
        price: The worst price.
        display_qty: What an iceberg shows at a time.
        trigger: What starts it.
        post_only: It may not take now.
        venue: Where: sim, or a simulator's URL.
        live: At Kraken itself.
        yes: Confirm it beforehand.
        key_file: A TOML file with the API key.
        json: One JSON object a line.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: A value that can't be, or no confirmation.
        HavkloError: There is no such order, or it could not be changed.
    """
    numbers = {"qty": qty, "price": price, "display_qty": display_qty, "trigger": trigger}
    changes: dict[str, Any] = {name: value for name, value in numbers.items() if value is not None}
    if post_only:
        changes["post_only"] = True
    if not changes:
        raise ConfigurationError("nothing is to be changed", hint="--qty, --price, --display-qty or --trigger")
    where = choose(venue, live=live, key_file=key_file)
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in changes.items())
    confirm(where, f"order {order}: {said}", yes=yes)

    async def doing(kraken: Client, lines: Lines) -> int:
        found = kraken.orders[order]
        await found.amend(**changes)
        lines.order(found)
        return 0

    return run(_with(where, doing, json=json))


@app.command(name="cancel", help_epilogue=_CANCEL, usage="Usage: havklo order cancel ID... [OPTIONS]")
def cancel(
    *orders: str,
    every: Annotated[bool, Parameter(name="--all", negative="", show_default=False)] = False,
    venue: Where = "sim",
    live: Live = False,
    yes: Yes = False,
    key_file: KeyFile = None,
    json: Json = False,
) -> int:
    """Cancel orders.

    Args:
        orders: Their order_ids or cl_ord_ids.
        every: All open orders of the account.
        venue: Where: sim, or a simulator's URL.
        live: At Kraken itself.
        yes: Confirm it beforehand.
        key_file: A TOML file with the API key.
        json: One JSON object a line.

    Returns:
        The exit code: 2 if one of them could not be canceled.

    Raises:
        ConfigurationError: No order, or no confirmation.
        HavkloError: It could not be done.
    """
    if bool(orders) == every:
        raise ConfigurationError("which orders is not said", hint="name them, or all of them with --all")
    where = choose(venue, live=live, key_file=key_file)
    confirm(where, "all open orders are about to be canceled" if every else f"cancel {', '.join(orders)}", yes=yes)

    async def doing(kraken: Client, lines: Lines) -> int:
        if every:
            count = await kraken.orders.cancel_all()
            lines.say("canceled", f"{count} canceled", count=count)
            return 0
        code = 0
        for name in orders:
            try:
                found = kraken.orders[name]
                await found.cancel()
            except HavkloError as error:
                complain(error)
                code = _FAILED
            else:
                lines.order(found)
        return code

    return run(_with(where, doing, json=json))


@app.command(name="list", help_epilogue=_LIST, usage="Usage: havklo order list [OPTIONS]")
def list_orders(
    *,
    symbol: Annotated[str | None, Parameter(metavar="SYMBOL")] = None,
    venue: Where = "sim",
    live: Live = False,
    key_file: KeyFile = None,
    json: Json = False,
) -> int:
    """List open orders.

    Args:
        symbol: Only of this pair.
        venue: Where: sim, or a simulator's URL.
        live: At Kraken itself.
        key_file: A TOML file with the API key.
        json: One JSON object a line.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: A value that can't be.
        HavkloError: They could not be had.
    """
    where = choose(venue, live=live, key_file=key_file, symbols=[] if symbol is None else [symbol])

    async def doing(kraken: Client, lines: Lines) -> int:
        meant = None if symbol is None else await kraken.resolve(symbol)
        found = [order for order in kraken.orders.open.values() if meant in {None, order.symbol}]
        for order in found:
            lines.order(order)
        if not found and not json:
            lines.say("none", "no open orders")
        return 0

    return run(_with(where, doing, json=json))


async def _with(where: Place, doing: Callable[[Client, Lines], Coroutine[Any, Any, int]], *, json: bool) -> int:
    async with trading(where) as kraken:
        return await doing(kraken, Lines(where.name, json=json))
