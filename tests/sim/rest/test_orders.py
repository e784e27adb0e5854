"""Orders as OpenOrders and ClosedOrders show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, cast

from havklo.sim.accounts.money import units
from havklo.sim.rest.orders import order
from havklo.sim.symbols import NAMED

SECOND = 1_000_000_000


class Fill(NamedTuple):
    """A fill."""

    exec_id: str
    trade_id: int = 7
    price: int = 700_000
    qty: int = 5_000
    cost: int = units("3.5")
    fee: tuple[str, int] = ("USD", units("0.014"))
    maker: bool = True
    now_ns: int = 1_733_815_270_370_054_000


@dataclass(kw_only=True)
class Some:
    """An order: a limit order to buy 0.0001 BTC for 70,000.0, if nothing else is said."""

    order_id: str = "OXVPSU-Q726F-L3SDEP"
    symbol: str = "BTC/USD"
    side: Literal["buy", "sell"] = "buy"
    order_type: str = "limit"
    status: str = "new"
    reason: str | None = None
    qty: int = 10_000
    filled: int = 0
    cost: int = 0
    fees: Mapping[str, int] = field(default_factory=dict[str, int])
    fee_preference: Literal["base", "quote"] = "quote"
    executions: Sequence[Fill] = ()
    limit_price: int | None = 700_000
    trigger_price: int | None = None
    post_only: bool = False
    margin: bool = False
    cl_ord_id: str | None = None
    userref: int | None = None
    opened_ns: int = 1_733_815_269_370_054_000
    effective_ns: int | None = None
    expire_ns: int | None = None
    closed_ns: int | None = None


def test_trades() -> None:
    """The ids of its fills are only in it where they are asked for, and where there are any."""
    filled = Some(executions=[Fill("T1"), Fill("T2")])
    assert order(filled, NAMED[0], trades=True)["trades"] == ["T1", "T2"]
    assert "trades" not in order(filled, NAMED[0])
    assert "trades" not in order(Some(), NAMED[0], trades=True)


def shown(some: Some) -> dict[str, Any]:
    """What REST shows of it."""
    return order(some, NAMED[0])


def described(some: Some) -> tuple[Any, ...]:
    """How its description reads."""
    fields = cast("dict[str, Any]", shown(some)["descr"])
    return fields["price"], fields["price2"], fields["order"]


def test_open() -> None:
    """Beside Kraken's own sample."""
    assert shown(Some(cl_ord_id="1234")) == {
        "refid": None,
        "userref": None,
        "cl_ord_id": "1234",
        "status": "open",
        "opentm": 1733815269.370054,
        "starttm": 0,
        "expiretm": 0,
        "descr": {
            "pair": "XBTUSD",
            "type": "buy",
            "ordertype": "limit",
            "price": "70000.0",
            "price2": "0",
            "leverage": "none",
            "order": "buy 0.00010000 XBTUSD @ limit 70000.0",
            "close": "",
        },
        "vol": "0.00010000",
        "vol_exec": "0.00000000",
        "cost": "0.00000",
        "fee": "0.00000",
        "price": "0.0",
        "stopprice": "0.0",
        "limitprice": "0.0",
        "misc": "",
        "oflags": "fciq",
    }


def test_closed() -> None:
    """When and why, what it came to, and at which average price."""
    fields = shown(
        Some(
            status="canceled",
            reason="User requested",
            closed_ns=1_733_815_270 * SECOND,
            filled=3_000,
            cost=units("2.09999"),
            fees={"USD": units("0.0084")},
            userref=-5,
        )
    )
    some = ("status", "reason", "closetm", "vol_exec", "cost", "fee", "price", "oflags", "userref")
    assert [fields[name] for name in some] == [
        "canceled",
        "User requested",
        1733815270.0,
        "0.00003000",
        "2.09999",
        "0.00840",
        "69999.7",
        "fciq",
        -5,
    ]


def test_status() -> None:
    """REST has words of its own."""
    known = ("pending_new", "new", "partially_filled", "filled", "canceled", "expired")
    assert [shown(Some(status=status))["status"] for status in known] == [
        "pending",
        "open",
        "open",
        "closed",
        "canceled",
        "expired",
    ]


def test_fees() -> None:
    """The flag tells what the fee was taken in: what was wanted, unless that was not possible."""
    both = {"BTC": 100, "USD": units("0.5")}
    cases = [
        (Some(fee_preference="base"), "0.00000000", "fcib"),
        (Some(fee_preference="base", fees=both), "0.00000001", "fcib"),
        (Some(fee_preference="quote", fees=both), "0.50000", "fciq"),
        (Some(fee_preference="base", fees={"USD": units("0.5")}), "0.50000", "fciq"),
        (Some(fee_preference="quote", fees={"BTC": 100}), "0.00000001", "fcib"),
    ]
    for some, fee, flag in cases:
        assert (shown(some)["fee"], shown(some)["oflags"]) == (fee, flag)
    assert shown(Some(post_only=True))["oflags"] == "fciq,post"


def test_descriptions() -> None:
    """Each type in words, with its prices in their order."""
    assert described(Some(order_type="market", limit_price=None)) == ("0", "0", "buy 0.00010000 XBTUSD @ market")
    assert described(Some(order_type="stop-loss", limit_price=None, trigger_price=650_000, side="sell")) == (
        "65000.0",
        "0",
        "sell 0.00010000 XBTUSD @ stop loss 65000.0",
    )
    limited = Some(order_type="take-profit-limit", limit_price=640_000, trigger_price=650_000, margin=True)
    assert described(limited) == (
        "65000.0",
        "64000.0",
        "buy 0.00010000 XBTUSD @ take profit 65000.0 -> limit 64000.0 with 5:1 leverage",
    )
    assert (shown(limited)["stopprice"], shown(limited)["limitprice"]) == ("65000.0", "64000.0")


def test_times() -> None:
    """When it takes effect, and when it ends."""
    fields = shown(Some(effective_ns=3 * SECOND, expire_ns=5 * SECOND))
    assert (fields["starttm"], fields["expiretm"]) == (3, 5)
