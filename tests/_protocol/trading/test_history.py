"""What REST tells, read from literal answers."""

import json
from decimal import Decimal

import pytest

from havklo._protocol.trading.history import earliest_close, fills, orders
from havklo.events import Fee, Fill, OrderState

CLOSED = json.loads(
    """{"OB5VMB-B4U2U-DK2WRW":{"refid":null,"userref":120,"status":"closed","reason":null,"opentm":1688148493.7708,
    "closetm":1688148610.0482,"starttm":0,"expiretm":0,"descr":{"pair":"XBTGBP","type":"buy","ordertype":"stop-loss-limit",
    "price":"23700.0","price2":"23696.5"},
    "vol":"0.00100000","vol_exec":"0.00100000","cost":"23.69","fee":"0.06","price":"23696.0","misc":"",
    "oflags":"fciq","trades":["T1","T2"],"cl_ord_id":"n1"},
    "O2":{"status":"canceled","reason":"User requested","opentm":1688148493,"descr":null,"vol":"1","vol_exec":"0",
    "cost":"0","fee":"0","oflags":"fcib,post","userref":0},
    "O3":{"status":"nonsense","vol":"1","vol_exec":"0","cost":"0","fee":"0"},
    "O4":{"status":"open","vol":"x","vol_exec":"0","cost":"0","fee":"0"},"O5":7}""",
    parse_float=Decimal,
)


def test_orders() -> None:
    """What is there is read, what can't be is left out."""
    first, second = orders(CLOSED)
    assert (first.order_id, first.cl_ord_id, first.userref, first.state) == (
        "OB5VMB-B4U2U-DK2WRW",
        "n1",
        120,
        OrderState.FILLED,
    )
    assert (first.side, first.order_type, first.qty) == ("buy", "stop-loss-limit", Decimal("0.001"))
    assert first.limit_price == Decimal("23696.5")
    assert (first.cum_cost, first.fee, first.fee_in_base) == (Decimal("23.69"), Decimal("0.06"), False)
    assert (first.opened, first.opened_ns) == ("2023-06-30T18:08:13.770800Z", 1_688_148_493_770_800_000)
    assert (first.closed_ns, first.trades) == (1_688_148_610_048_200_000, ("T1", "T2"))
    assert (second.state, second.reason, second.fee_in_base, second.userref) == (
        OrderState.CANCELED,
        "User requested",
        True,
        None,
    )
    assert (second.closed_ns, second.trades, second.side) == (None, (), "")
    assert earliest_close([first, second]) == first.closed_ns
    assert earliest_close([second]) is None
    assert orders("nothing") == []


@pytest.mark.parametrize(
    ("description", "limit"),
    [
        ({"ordertype": "limit", "price": "60000.10", "price2": "0"}, Decimal("60000.10")),
        ({"ordertype": "iceberg", "price": "60000", "price2": "0"}, Decimal(60000)),
        ({"ordertype": "take-profit-limit", "price": "7", "price2": "6.5"}, Decimal("6.5")),
        ({"ordertype": "stop-loss-limit", "price": "7", "price2": "-2.5%"}, None),
        ({"ordertype": "market", "price": "0", "price2": "0"}, None),
        ({"ordertype": "limit", "price": "0"}, None),
        ({"ordertype": "stop-loss-limit"}, None),
    ],
)
def test_limits(description: dict[str, str], limit: Decimal | None) -> None:
    """A limit is where the type has it, and only if it is a price."""
    row = {"status": "open", "vol": "1", "vol_exec": "0", "cost": "0", "fee": "0", "descr": description}
    assert orders({"O1": row})[0].limit_price == limit


def test_fills() -> None:
    """Oldest first, each with its fee in its own asset; none that was not asked for."""
    answer = {
        "T2": {
            "ordertxid": "O1",
            "time": Decimal("1688148610.5"),
            "price": "100.5",
            "vol": "0.2",
            "cost": "20.1",
            "fee": "1",
        },
        "T1": {
            "ordertxid": "O1",
            "time": 1688148609,
            "price": "100",
            "vol": "0.1",
            "cost": "10",
            "fee": "0.5",
            "trade_id": 40274859,
            "maker": True,
        },
        "T3": {"price": "100"},
        "T4": {"price": "1", "vol": "1", "cost": "1", "fee": "0", "maker": False},
    }
    found = fills(answer, fee_assets={"T1": "USD", "T2": "EUR", "T3": "USD", "T4": "BTC", "T5": "USD"})
    assert [(fill.exec_id, fill.fees[0].asset) for fill in found] == [("T4", "BTC"), ("T1", "USD"), ("T2", "EUR")]
    assert found[1] == Fill(
        exec_id="T1",
        trade_id=40274859,
        price=Decimal(100),
        qty=Decimal("0.1"),
        cost=Decimal(10),
        fees=(Fee("USD", Decimal("0.5")),),
        liquidity_ind="m",
        timestamp="2023-06-30T18:10:09.000000Z",
    )
    assert [fill.liquidity_ind for fill in found] == ["t", "m", None]
    assert found[0].timestamp == ""
    assert fills(answer, fee_assets={"T2": "EUR"}) == found[2:]
