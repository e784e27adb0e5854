"""Kraken's book checksum (PROTOCOL 3.1), built as text and summed by zlib."""

from collections.abc import Sequence
from zlib import crc32

from reference.numbers import digits

Texts = Sequence[tuple[str, str]]
"""Levels as (price, quantity) texts, best first."""

PROVEN = 10
"""How many levels of a side the sum covers, whatever the depth."""


def checksum_text(bids: Texts, asks: Texts) -> str:
    """The string under the sum: the ten best asks, then the ten best bids."""
    return "".join(digits(price) + digits(qty) for side in (asks, bids) for price, qty in side[:PROVEN])


def checksum(bids: Texts, asks: Texts) -> int:
    """The sum itself, unsigned."""
    return crc32(checksum_text(bids, asks).encode())
