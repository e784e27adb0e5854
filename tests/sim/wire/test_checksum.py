"""The reference checksum against Kraken's own numbers."""

import json
import os
from pathlib import Path

import pytest

from havklo.sim.wire.checksum import checksum, digits

# The example of Kraken's guide to the book's checksum, as text; its sum is part of the guide.
ASKS = """45285.2 0.00100000; 45286.4 1.54571953; 45286.6 1.54571109; 45289.6 1.54560911; 45290.2 0.15890660;
45291.8 1.54553491; 45294.7 0.04454749; 45296.1 0.35380000; 45297.5 0.09945542; 45299.5 0.18772827"""
BIDS = """45283.5 0.10000000; 45283.4 1.54582015; 45282.1 0.10000000; 45281.0 0.10000000; 45280.3 1.54592586;
45279.0 0.07990000; 45277.6 0.03310103; 45277.5 0.30000000; 45277.3 1.54602737; 45276.6 0.15445238"""

CAPTURES = (
    ("tradingsystem__spot_v2_book_BTCUSD_d10.jsonl", 10),
    ("crossbook__spot_v2_book_ETHUSD_d25.jsonl", 25),
    ("crossbook__spot_v2_book_XRPUSD_d25.jsonl", 25),
)


def levels(text: str) -> list[tuple[str, str]]:
    """Read "price qty; price qty"."""
    return [(price, qty) for price, qty in (level.split() for level in text.split(";"))]


def test_documented_example() -> None:
    """The documentation's book has the documentation's sum."""
    assert checksum(levels(BIDS), levels(ASKS)) == 3310070434


def test_eleventh_level_does_not_count() -> None:
    """The sum covers the ten best levels, however many there are."""
    deeper = [*levels(BIDS), ("45000.0", "1.00000000")]
    assert checksum(deeper, levels(ASKS)) == 3310070434


@pytest.mark.parametrize(
    ("price", "qty", "expected"),
    [
        ("0.0000123456", "0.00005100", "1234565100"),
        ("64525.1", "12.00000000", "6452511200000000"),
        ("7", "3", "73"),
    ],
)
def test_digits(price: str, qty: str, expected: str) -> None:
    """Points and leading zeros go, trailing zeros stay."""
    assert digits(price, qty) == expected


@pytest.mark.parametrize(("name", "depth"), CAPTURES)
def test_real_captures(name: str, depth: int, naive_book: type) -> None:
    """Every message of a real capture verifies, so the reference and the naive client can be trusted."""
    folder = os.environ.get("HAVKLO_CAPTURES")
    if not folder:
        pytest.skip("HAVKLO_CAPTURES does not name the folder of captures")
    book = naive_book(depth, strict=True)
    for line in (Path(folder) / name).read_text().splitlines():
        frame = line[line.index('"frame":') + 8 : -1]
        if json.loads(frame).get("channel") == "book":
            assert book.apply(frame), frame
    assert book.messages > 1_000
