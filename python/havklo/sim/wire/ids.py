"""Kraken-form ids: `OXXXXX-XXXXX-XXXXXX` for orders, `T…` for trades and amends, `L…` for ledger entries.

An id is made from a number and nothing else, so that equal seeds give equal ids and no two numbers give the
same one.
"""

from typing import Final, Literal, final

__all__ = ["Ids"]

_ALPHABET: Final = "234567ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BITS: Final = 80  # sixteen letters behind the first one
_PAIRS: Final = [second + first for first in _ALPHABET for second in _ALPHABET]  # by ten bits, the low five first
_MASK: Final = (1 << _BITS) - 1
# Odd, so that multiplying permutes the numbers below 2^80: neighbours do not look alike, and none collide.
_FACTOR: Final = 0x5_1A96_D3F7_B1C2_E68D | 1


@final
class Ids:
    """The ids of one exchange.

    Args:
        seed: Equal seeds, equal ids.
    """

    def __init__(self, seed: int) -> None:
        self._shift = (seed * 0x9E37_79B9_7F4A_7C15 + 0x632B_E59B_D9B4_E019) & _MASK

    def text(self, kind: Literal["O", "T", "L"], number: int) -> str:
        """The id of a number: 17 letters in three groups, of which the first tells the kind."""
        value = (number * _FACTOR + self._shift) & _MASK
        word = kind
        for _ in range(8):
            word += _PAIRS[value & 1023]
            value >>= 10
        return f"{word[:6]}-{word[6:11]}-{word[11:]}"
