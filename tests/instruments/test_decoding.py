"""Assets and pairs read straight from what Kraken, and the simulated Kraken, sends."""

import json
from decimal import Decimal

import msgspec
import pytest

from havklo.instruments import Asset, Pair, Pairs
from havklo.sim.channels.instrument import instrument_snapshot, instrument_update
from havklo.sim.symbols import pairs


class _Data(msgspec.Struct):
    assets: tuple[Asset, ...]
    pairs: tuple[Pair, ...]


class _Message(msgspec.Struct):
    data: _Data


_asset = msgspec.json.Decoder(Asset, strict=False)
_pair = msgspec.json.Decoder(Pair, strict=False)
_message = msgspec.json.Decoder(_Message, strict=False)

FULL = (
    b'{"symbol":"BTC/USD","base":"BTC","quote":"USD","status":"online","qty_precision":8,"qty_increment":1e-08,'
    b'"price_precision":1,"cost_precision":5,"marginable":true,"has_index":true,"cost_min":0.5,"margin_initial":0.2,'
    b'"position_limit_long":300,"position_limit_short":240.5,"ws_display_price_precision":2,"tick_size":0.1,'
    b'"price_increment":0.1,"qty_min":5e-05}'
)
LEAST = b'{"symbol":"BTC/USD","base":"BTC","quote":"USD","price_precision":1,"qty_precision":8}'


def test_every_field() -> None:
    """All of a pair's fields, each number exact."""
    assert _pair.decode(FULL) == Pair(
        symbol="BTC/USD",
        base="BTC",
        quote="USD",
        status="online",
        price_precision=1,
        qty_precision=8,
        price_increment=Decimal("0.1"),
        qty_increment=Decimal("0.00000001"),
        qty_min=Decimal("0.00005"),
        cost_precision=5,
        cost_min=Decimal("0.5"),
        tick_size=Decimal("0.1"),
        marginable=True,
        margin_initial=Decimal("0.2"),
        position_limit_long=Decimal(300),
        position_limit_short=Decimal("240.5"),
        has_index=True,
        ws_display_price_precision=2,
    )


def test_an_asset() -> None:
    """All of an asset's fields; `class` is a word of Python and has another name."""
    assert _asset.decode(
        b'{"id":"AAPLx","status":"enabled","precision":10,"precision_display":5,"borrowable":true,"collateral_value":0.9,'
        b'"margin_rate":2.5e-02,"class":"tokenized_asset","multiplier":1.000000000000000001}'
    ) == Asset(
        id="AAPLx",
        status="enabled",
        precision=10,
        precision_display=5,
        borrowable=True,
        collateral_value=Decimal("0.9"),
        margin_rate=Decimal("0.025"),
        asset_class="tokenized_asset",
        multiplier=Decimal("1.000000000000000001"),
    )
    assert _asset.decode(b'{"id":"NEW"}') == Asset(id="NEW", status="unknown", precision=None, borrowable=False)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1e-08", "1E-8"),
        ("1E-8", "1E-8"),
        ("5e-05", "0.00005"),
        ('"0.50"', "0.50"),
        ("0.5", "0.5"),
        ("5", "5"),
        ("1e+3", "1E+3"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
    ],
)
def test_numbers(text: str, number: str) -> None:
    """Numbers and texts, with exponents or without, become the decimals that they say."""
    pair = _pair.decode(LEAST[:-1] + f',"cost_min":{text},"qty_increment":{text}}}'.encode())
    assert str(pair.cost_min) == str(pair.qty_increment) == str(Decimal(number))


def test_what_is_new() -> None:
    """Fields that are not known are passed over, words that are not known are carried through."""
    more = b',"status":"half_open","fee_tier":{"maker":[1,2]},"execution_venue":"international","qty_max":null}'
    assert _pair.decode(LEAST[:-1] + more).status == "half_open"
    assert _asset.decode(b'{"id":"X","status":"frozen","minter":[{"a":1}]}').status == "frozen"


def test_what_is_left_out() -> None:
    """Increments follow from the older tick size or the precisions; what nothing is known of says so."""
    pair = _pair.decode(LEAST)
    assert (pair.price_increment, pair.qty_increment, pair.qty_min) == (Decimal("0.1"), Decimal("1E-8"), 0)
    assert (pair.status, pair.cost_min, pair.tick_size, pair.marginable) == ("unknown", None, None, False)
    assert _pair.decode(LEAST[:-1] + b',"tick_size":0.5}').price_increment == Decimal("0.5")
    assert _pair.decode(LEAST[:-1] + b',"tick_size":0.5,"price_increment":0.25}').price_increment == Decimal("0.25")
    assert _pair.decode(LEAST[:-1] + b',"tick_size":0,"price_increment":0.0}').price_increment == Decimal("0.1")
    tens = LEAST.replace(b'"price_precision":1', b'"price_precision":-1')
    assert _pair.decode(tens).price("64525.17", "passive", side="buy") == 64520


def test_a_nonsensical_precision() -> None:
    """It does not spoil the message that it stands in; only the pair's own prices can't be had."""
    pair = _pair.decode(LEAST.replace(b'"price_precision":1', b'"price_precision":99999999999999999999'))
    assert pair.qty("0.5") == Decimal("0.5")
    with pytest.raises(ValueError, match="prices in steps of 0"):
        pair.price(1, "nearest")


@pytest.mark.parametrize("missing", ["symbol", "base", "quote", "price_precision", "qty_precision"])
def test_what_can_not_be_left_out(missing: str) -> None:
    """A pair has a name and precisions."""
    fields = json.loads(LEAST)
    del fields[missing]
    with pytest.raises(msgspec.ValidationError, match=missing):
        _pair.decode(json.dumps(fields))


def test_values_never_change() -> None:
    """Records are frozen, compare by value, and are not touched by having been used."""
    pair, same = _pair.decode(FULL), _pair.decode(FULL)
    pair.price(1, "nearest")
    assert pair == same
    assert hash(pair) == hash(same)
    assert msgspec.structs.replace(pair, price_increment=Decimal("0.5")).price("1.2", "nearest") == 1
    with pytest.raises(AttributeError):
        pair.status = "delisted"


def test_the_simulated_kraken() -> None:
    """Its snapshot of 40 pairs says of each what the simulator trades by; so does an update."""
    listed = pairs(40)
    statuses = {pair.symbol: "online" for pair in listed} | {"ETH/USD": "post_only"}
    data = _message.decode(instrument_snapshot(listed, statuses)).data
    assert {asset.id for asset in data.assets} == {name for pair in listed for name in (pair.base, pair.quote)}
    assert all(asset.status == "enabled" and asset.precision == 10 for asset in data.assets)
    found = Pairs(data.pairs)
    assert list(found) == [pair.symbol for pair in listed]
    for pair in listed:
        seen = found[pair.symbol]
        assert (seen.base, seen.quote, seen.status) == (pair.base, pair.quote, statuses[pair.symbol])
        assert seen.price_increment == Decimal(1).scaleb(-pair.price_precision)
        assert seen.qty_increment == Decimal(1).scaleb(-pair.qty_precision)
        assert seen.qty_min == Decimal(pair.qty_min).scaleb(-pair.qty_precision)
        assert (seen.cost_min, seen.marginable) == (pair.cost_min, pair.marginable)
        opening = Decimal(pair.price).scaleb(-pair.price_precision)
        assert str(seen.check_price(opening)) == str(opening)
    changed = _message.decode(instrument_update(listed[0], "cancel_only")).data
    assert found.updated(changed.pairs)["XBTUSD"].status == "cancel_only"
