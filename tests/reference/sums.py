"""The cases behind `vectors/checksum`: ladders, the text under the sum, and the sum."""

from typing import NamedTuple

from reference.checksum import checksum, checksum_text
from reference.market import BTC_ASKS, BTC_BIDS, Levels, ladder


class Case(NamedTuple):
    """One ladder; `documented` is the sum Kraken's own pages print for it."""

    name: str
    why: str
    bids: Levels
    asks: Levels
    documented: int | None = None

    def as_json(self) -> dict[str, object]:
        """The case as it stands in a file."""
        text, total = checksum_text(self.bids, self.asks), checksum(self.bids, self.asks)
        assert self.documented in (None, total), f"{self.name}: Kraken documents {self.documented}, not {total}"
        sides = {"bids": [list(level) for level in self.bids], "asks": [list(level) for level in self.asks]}
        return {"name": self.name, "why": self.why, **sides, "text": text, "checksum": total}


# Kraken's page prints 0.566 and 18097.1547; its own sum holds only with the zeros that the wire has.
MATIC_BIDS: Levels = (
    ("0.5666", "4831.75496356"),
    ("0.5665", "6658.22734739"),
    ("0.5664", "18724.91513344"),
    ("0.5663", "11563.92544914"),
    ("0.5662", "14006.65365711"),
    ("0.5661", "17454.85679807"),
    ("0.5660", "18097.15470000"),
    ("0.5659", "33644.89175666"),
    ("0.5658", "148.34640000"),
    ("0.5657", "606.70854372"),
)
MATIC_ASKS: Levels = (
    ("0.5668", "4410.79769741"),
    ("0.5669", "4655.40412487"),
    ("0.5670", "49844.89424998"),
    ("0.5671", "24306.41678000"),
    ("0.5672", "29783.25223475"),
    ("0.5673", "57234.71239278"),
    ("0.5674", "45065.04744000"),
    ("0.5675", "5912.76380354"),
    ("0.5676", "42514.92434778"),
    ("0.5677", "36304.08470220"),
)
LONG_BIDS: Levels = (
    ("1234567890123456789.012345678", "9876543210987654321.098765432"),
    ("1234567890123456789.012345677", "1000000000000000000.000000000"),
)
LONG_ASKS: Levels = (("1234567890123456789.012345679", "9999999999999999999.999999999"),)
MICRO_BIDS: Levels = (("0.0000071230", "4294967296.12345"), ("0.0000071229", "9999999999.99999"))
MICRO_ASKS: Levels = (("0.0000071231", "8589934592.00001"), ("0.0000071240", "1000000000.00000"))

CASES = (
    Case("documented, BTC/USD", "The worked example of Kraken's guide.", BTC_BIDS, BTC_ASKS, 3310070434),
    Case(
        "documented, MATIC/USD snapshot",
        "Prices below one: the zero before the point is stripped, trailing zeros are not.",
        MATIC_BIDS,
        MATIC_ASKS,
        2439117997,
    ),
    Case(
        "documented, MATIC/USD update",
        "The same after one bid changed: 0.5657 stands at 1098.39475580.",
        (*MATIC_BIDS[:-1], ("0.5657", "1098.39475580")),
        MATIC_ASKS,
        2114181697,
    ),
    Case("fewer than ten levels", "A thin book: the sum covers what there is.", BTC_BIDS[:3], BTC_ASKS[:1]),
    Case("one level", "The shortest book with two sides.", BTC_BIDS[:1], BTC_ASKS[:1]),
    Case("no bids", "Only asks are summed.", (), BTC_ASKS),
    Case("no asks", "Only bids are summed.", BTC_BIDS, ()),
    Case("nothing at all", "The sum of no text is 0.", (), ()),
    Case(
        "more than ten levels",
        "The sum covers the ten best of each side, whatever the depth.",
        (*BTC_BIDS, ("45276.5", "1.00000000"), ("45276.4", "2.00000000")),
        (*BTC_ASKS, ("45300.0", "3.00000000")),
        3310070434,
    ),
    Case("28 significant digits", "No number of this kind survives a float.", LONG_BIDS, LONG_ASKS),
    Case("micro prices", "Leading zeros vanish on both sides of the point.", MICRO_BIDS, MICRO_ASKS),
    Case(
        "whole numbers",
        "No decimals, nothing to strip.",
        ladder("4528350", "-5", 10, qty="1"),
        ladder("4528360", "5", 10, qty="2"),
    ),
    Case(
        "mixed decimals",
        "Digits count as sent: 0.50 and 0.5 are worth the same and sum differently.",
        (("12.50", "0.50"), ("12.4000", "0.5")),
        (("13", "1"), ("13.1", "1.00")),
    ),
)
