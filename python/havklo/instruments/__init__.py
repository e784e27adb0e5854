"""What Kraken lists: assets, pairs with the prices and sizes that are valid for them, and the names they go by."""

from havklo.instruments._grid import Number
from havklo.instruments._names import canonical, is_canonical
from havklo.instruments._pair import Asset, Pair, Rounding, Side
from havklo.instruments._pairs import Pairs

__all__ = ["Asset", "Number", "Pair", "Pairs", "Rounding", "Side", "canonical", "is_canonical"]
