"""What REST tells about the assets and pairs that are listed, under REST's own names."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from havklo.sim.accounts.fees import SPOT
from havklo.sim.accounts.money import SCALE
from havklo.sim.symbols import Pair, rest_asset

__all__ = ["asset_pairs", "assets"]

# The size of a position that would be worth about so much is given as its limit. Nothing enforces it.
_POSITION_WORTH: Final = 5_000_000


def assets(pairs: Iterable[Pair], names: Iterable[str]) -> dict[str, object] | None:
    """The assets with these names, whichever they are of BTC, XBT and XXBT; all for no names.

    Returns:
        The assets by REST name, or None if one is unknown.
    """
    known: dict[str, str] = {}
    for pair in pairs:
        old_base, _, old_quote = pair.wsname.partition("/")
        known[pair.base] = old_base
        known[pair.quote] = old_quote
    aliases = {alias: name for name, old in known.items() for alias in (name, old, rest_asset(name))}
    chosen = _chosen(names, aliases, known)
    return None if chosen is None else {rest_asset(name): _asset(known[name]) for name in chosen}


def asset_pairs(pairs: Mapping[str, Pair], names: Iterable[str]) -> dict[str, object] | None:
    """The pairs with these names, whichever they are of BTC/USD, XBT/USD, XBTUSD and XXBTZUSD; all for no names.

    Returns:
        The pairs, or None if one is unknown. A pair that was asked for as BTC/USD stands under that name, which
        is how clients that know no other find it; every other stands under its REST name.
    """
    aliases = {
        alias: symbol for symbol, pair in pairs.items() for alias in (symbol, pair.wsname, pair.altname, pair.restname)
    }
    names = list(names)
    chosen = _chosen(names, aliases, pairs)
    if chosen is None:
        return None
    return {symbol if symbol in names else pairs[symbol].restname: _pair(pairs[symbol]) for symbol in chosen}


def _chosen(names: Iterable[str], aliases: Mapping[str, str], everything: Iterable[str]) -> list[str] | None:
    names = list(names)
    if any(name not in aliases for name in names):
        return None
    return [aliases[name] for name in names] or list(everything)


def _asset(altname: str) -> dict[str, object]:
    return {
        "aclass": "currency",
        "altname": altname,
        "decimals": SCALE,
        "display_decimals": 5,
        "status": "enabled",
    }


def _pair(pair: Pair) -> dict[str, object]:
    fields: dict[str, object] = {
        "altname": pair.altname,
        "wsname": pair.wsname,
        "aclass_base": "currency",
        "base": rest_asset(pair.base),
        "aclass_quote": "currency",
        "quote": rest_asset(pair.quote),
        "lot": "unit",
        "cost_decimals": pair.cost_precision,
        "pair_decimals": pair.price_precision,
        "lot_decimals": pair.qty_precision,
        "lot_multiplier": 1,
        "leverage_buy": _leverages(pair),
        "leverage_sell": _leverages(pair),
        "fees": [[volume, _percent(taker)] for volume, _, taker in SPOT.steps],
        "fees_maker": [[volume, _percent(maker)] for volume, maker, _ in SPOT.steps],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": _text(pair.qty_min, pair.qty_precision),
        "costmin": f"{pair.cost_min.normalize():f}",
        "tick_size": _text(1, pair.price_precision),
        "status": "online",
    }
    if pair.marginable:
        limit = _POSITION_WORTH * 10**pair.price_precision // pair.price
        fields["long_position_limit"] = fields["short_position_limit"] = limit
    return fields


def _leverages(pair: Pair) -> list[int]:
    return list(range(2, int(1 / pair.margin_initial) + 1)) if pair.marginable else []


def _percent(rate: int) -> float:
    # Kraken writes a rate as a JSON number; nothing is reckoned with it.
    return rate / 10_000


def _text(value: int, precision: int) -> str:
    return f"{Decimal(value).scaleb(-precision).normalize():f}"
