"""The instrument channel."""

import json
from decimal import Decimal

from havklo.sim.channels.instrument import instrument_snapshot, instrument_update
from havklo.sim.symbols import Pair, pairs

BTC = Pair(
    symbol="BTC/USD",
    price_precision=1,
    qty_precision=8,
    price=645_250,
    gap=6,
    spread=2,
    size=4_000_000,
    qty_min=5_000,
    marginable=True,
)


def test_update() -> None:
    """One pair in Kraken's order of keys, its small numbers with exponents; no asset."""
    assert instrument_update(BTC, "post_only").decode() == (
        '{"channel":"instrument","type":"update","data":{"assets":[],"pairs":[{"symbol":"BTC/USD","base":"BTC",'
        '"quote":"USD","status":"post_only","qty_precision":8,"qty_increment":1e-08,"price_precision":1,'
        '"cost_precision":5,"marginable":true,"has_index":false,"ws_display_price_precision":1,"cost_min":0.5,'
        '"margin_initial":0.2,"tick_size":0.1,"price_increment":0.1,"qty_min":5e-05}]}}'
    )


def test_snapshot() -> None:
    """Every asset once, every pair with its state."""
    listed = pairs(5)
    statuses = {pair.symbol: "online" for pair in listed} | {"ETH/USD": "maintenance"}
    message = json.loads(instrument_snapshot(listed, statuses), parse_float=Decimal)
    assert (message["channel"], message["type"]) == ("instrument", "snapshot")
    data = message["data"]
    assert [asset["id"] for asset in data["assets"]] == ["BTC", "ETH", "GBP", "MINA", "PEPE", "USD", "XRP"]
    assert data["assets"][0] == {
        "id": "BTC",
        "status": "enabled",
        "precision": 10,
        "precision_display": 8,
        "borrowable": True,
        "collateral_value": Decimal("1.0"),
    }
    assert {asset["id"]: asset["borrowable"] for asset in data["assets"]}["MINA"] is False
    assert [(pair["symbol"], pair["status"]) for pair in data["pairs"]] == [
        ("BTC/USD", "online"),
        ("ETH/USD", "maintenance"),
        ("XRP/USD", "online"),
        ("PEPE/USD", "online"),
        ("MINA/GBP", "online"),
    ]
    for pair, row in zip(listed, data["pairs"], strict=True):
        assert row["qty_min"] == Decimal(pair.qty_min).scaleb(-pair.qty_precision)
        assert row["price_increment"] == row["tick_size"] == Decimal(1).scaleb(-pair.price_precision)
        assert ("margin_initial" in row) == pair.marginable
