"""The instrument channel: what can be traded, and how. Its numbers are written with exponents."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from havklo.sim.channels.numbers import plain, plain_decimal
from havklo.sim.symbols import Pair

__all__ = ["WARNINGS", "instrument_snapshot", "instrument_update"]

WARNINGS: Final = ("tick_size is deprecated, use price_increment",)
_LEDGER_PRECISION: Final = 10  # every asset is booked in units of 10^-10
_DISPLAYED: Final = 4  # of an asset that is nothing but a pair's quote


def instrument_snapshot(pairs: Sequence[Pair], statuses: Mapping[str, str]) -> bytes:
    """Every asset and every pair.

    Args:
        pairs: What is listed.
        statuses: The state of each pair by its symbol.
    """
    names = sorted({name for pair in pairs for name in (pair.base, pair.quote)})
    return _message("snapshot", (_asset(name, pairs) for name in names), [_pair(p, statuses[p.symbol]) for p in pairs])


def instrument_update(pair: Pair, status: str) -> bytes:
    """A pair whose state has changed."""
    return _message("update", (), [_pair(pair, status)])


def _message(kind: str, assets: Iterable[str], pairs: Iterable[str]) -> bytes:
    return (
        f'{{"channel":"instrument","type":"{kind}","data":{{"assets":[{",".join(assets)}],"pairs":[{",".join(pairs)}]}}}}'
    ).encode("ascii")


def _asset(name: str, pairs: Sequence[Pair]) -> str:
    displayed = max([pair.qty_precision for pair in pairs if pair.base == name], default=_DISPLAYED)
    borrowable = any(pair.marginable for pair in pairs if name in (pair.base, pair.quote))
    return (
        f'{{"id":"{name}","status":"enabled","precision":{_LEDGER_PRECISION},"precision_display":{displayed},'
        f'"borrowable":{_flag(borrowable)},"collateral_value":1.0}}'
    )


def _pair(pair: Pair, status: str) -> str:
    tick = plain(1, pair.price_precision)
    margin = f'"margin_initial":{plain_decimal(pair.margin_initial)},' if pair.marginable else ""
    return (
        f'{{"symbol":"{pair.symbol}","base":"{pair.base}","quote":"{pair.quote}","status":"{status}",'
        f'"qty_precision":{pair.qty_precision},"qty_increment":{plain(1, pair.qty_precision)},'
        f'"price_precision":{pair.price_precision},"cost_precision":{pair.cost_precision},'
        f'"marginable":{_flag(pair.marginable)},"has_index":false,'
        f'"ws_display_price_precision":{pair.price_precision},"cost_min":{plain_decimal(pair.cost_min)},{margin}'
        f'"tick_size":{tick},"price_increment":{tick},"qty_min":{plain(pair.qty_min, pair.qty_precision)}}}'
    )


def _flag(value: bool) -> str:
    return "true" if value else "false"
