"""Kraken's book checksum, written down from its description and from nothing else.

This is the simulator's own arithmetic on texts. It shares no line with the engine that clients use, so that
an agreement between the two means something.
"""

from collections.abc import Iterable
from zlib import crc32

__all__ = ["checksum", "crc", "digits"]

_LEVELS = 10


def digits(price: str, qty: str) -> str:
    """What one level adds to the sum: both decimals as sent, without points and without leading zeros."""
    return price.replace(".", "").lstrip("0") + qty.replace(".", "").lstrip("0")


def crc(asks: str, bids: str) -> int:
    """The sum over the digits of the ten best asks, lowest first, then the ten best bids, highest first."""
    return crc32((asks + bids).encode("ascii"))


def checksum(bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]]) -> int:
    """The sum of a book whose sides are given best level first, as pairs of price and quantity as sent."""
    top_asks = [digits(*level) for level, _ in zip(asks, range(_LEVELS), strict=False)]
    top_bids = [digits(*level) for level, _ in zip(bids, range(_LEVELS), strict=False)]
    return crc("".join(top_asks), "".join(top_bids))
