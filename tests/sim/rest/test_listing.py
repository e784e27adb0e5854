"""Assets and pairs under REST's names."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

import pytest

from havklo.sim.rest.listing import asset_pairs, assets
from havklo.sim.symbols import Pair, pairs

LISTED = {pair.symbol: pair for pair in pairs(8)}

# The fields of a real answer.
FIELDS = {
    "altname",
    "wsname",
    "aclass_base",
    "base",
    "aclass_quote",
    "quote",
    "lot",
    "cost_decimals",
    "pair_decimals",
    "lot_decimals",
    "lot_multiplier",
    "leverage_buy",
    "leverage_sell",
    "fees",
    "fees_maker",
    "fee_volume_currency",
    "margin_call",
    "margin_stop",
    "ordermin",
    "costmin",
    "tick_size",
    "status",
    "long_position_limit",
    "short_position_limit",
}


def of(pair: Pair) -> dict[str, Any]:
    """What is told about a pair."""
    found = asset_pairs({pair.symbol: pair}, [])
    assert found is not None
    return cast("dict[str, Any]", found[pair.restname])


def test_bitcoin() -> None:
    """Every field, with Kraken's own values where they are known."""
    fields = of(LISTED["BTC/USD"])
    assert set(fields) == FIELDS
    assert fields["fees"] == [
        [0, 0.4],
        [10_000, 0.35],
        [50_000, 0.24],
        [100_000, 0.22],
        [250_000, 0.2],
        [500_000, 0.18],
        [1_000_000, 0.16],
        [2_500_000, 0.14],
        [5_000_000, 0.12],
        [10_000_000, 0.1],
    ]
    assert [rate for _, rate in fields["fees_maker"]] == [0.25, 0.2, 0.14, 0.12, 0.1, 0.08, 0.06, 0.04, 0.02, 0.0]
    some = ("altname", "wsname", "base", "quote", "pair_decimals", "lot_decimals", "cost_decimals")
    assert [fields[name] for name in some] == ["XBTUSD", "XBT/USD", "XXBT", "ZUSD", 1, 8, 5]
    assert [fields[name] for name in ("ordermin", "costmin", "tick_size")] == ["0.00005", "0.5", "0.1"]
    assert fields["leverage_buy"] == fields["leverage_sell"] == [2, 3, 4, 5]
    assert fields["long_position_limit"] == fields["short_position_limit"] == 77


def test_without_margin() -> None:
    """No leverage and no limit for a position; small and large numbers have no exponents."""
    fields = of(LISTED["PEPE/USD"])
    assert fields["leverage_buy"] == []
    assert set(fields) == FIELDS - {"long_position_limit", "short_position_limit"}
    assert (fields["ordermin"], fields["tick_size"]) == ("1000000000", "0.0000000001")
    assert of(replace(LISTED["PEPE/USD"], cost_min=Decimal("1E+1")))["costmin"] == "10"


@pytest.mark.parametrize("name", ["BTC/USD", "XBT/USD", "XBTUSD", "XXBTZUSD"])
def test_names_of_a_pair(name: str) -> None:
    """It is found under all of them, and answered under one, or under the new name if it was asked for by that."""
    found = asset_pairs(LISTED, [name, "SIM008EUR"])
    assert found is not None
    assert list(found) == ["BTC/USD" if name == "BTC/USD" else "XXBTZUSD", "SIM008EUR"]


def test_all_pairs() -> None:
    """No name means every pair, in the order of the listing."""
    found = asset_pairs(LISTED, [])
    assert found is not None
    assert list(found) == [pair.restname for pair in LISTED.values()]
    assert asset_pairs(LISTED, ["BTC/USD", "nonsense"]) is None


def test_assets() -> None:
    """The old ones have other names in REST, the new ones have not."""
    found = assets(LISTED.values(), [])
    assert found is not None
    altnames = {name: cast("dict[str, Any]", fields)["altname"] for name, fields in found.items()}
    assert altnames == {
        "XXBT": "XBT",
        "ZUSD": "USD",
        "XETH": "ETH",
        "XXRP": "XRP",
        "PEPE": "PEPE",
        "MINA": "MINA",
        "ZGBP": "GBP",
        "SIM006": "SIM006",
        "SIM007": "SIM007",
        "SIM008": "SIM008",
        "ZEUR": "EUR",
    }
    assert found["XXBT"] == {
        "aclass": "currency",
        "altname": "XBT",
        "decimals": 10,
        "display_decimals": 5,
        "status": "enabled",
    }
    assert [list(assets(LISTED.values(), [name]) or {}) for name in ("BTC", "XBT", "XXBT")] == [["XXBT"]] * 3
    assert assets(LISTED.values(), ["DOT"]) is None
