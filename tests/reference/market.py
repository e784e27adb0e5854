"""The exchange's side of a story: a book of texts that writes its own messages, with Kraken's sum."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal

from reference.checksum import checksum

Level = tuple[str, str]
Levels = Sequence[Level]


def level_text(price: str, qty: str) -> str:
    """One level as Kraken writes it."""
    return f'{{"price":{price},"qty":{qty}}}'


def book_text(
    kind: str,
    symbol: str,
    bids: Iterable[Level] = (),
    asks: Iterable[Level] = (),
    *,
    checksum: int | str | None,
    timestamp: str | None = None,
) -> str:
    """A book frame in Kraken's own key order; without a checksum or a timestamp where there is none."""
    lists = (",".join(level_text(*level) for level in side) for side in (bids, asks))
    text = '{{"channel":"book","type":"{}","data":[{{"symbol":"{}","bids":[{}],"asks":[{}]'
    text = text.format(kind, symbol, *lists)
    text += "" if checksum is None else f',"checksum":{checksum}'
    text += "" if timestamp is None else f',"timestamp":"{timestamp}"'
    return text + "}]}"


class Market:
    """What the exchange holds inside a subscription's window.

    It applies what the story's author says happened and looks for no sense in it: a story about a broken rule
    needs an exchange that breaks it.
    """

    def __init__(self, symbol: str, bids: Levels, asks: Levels, *, depth: int = 10) -> None:
        self.symbol = symbol
        self.depth = depth
        self.bids, self.asks = dict(bids), dict(asks)
        self.clock = 0

    @property
    def sum(self) -> int:
        """Kraken's checksum of the book as it stands."""
        return checksum(self.window("bids"), self.window("asks"))

    def window(self, side: Literal["bids", "asks"]) -> list[Level]:
        """One side inside the depth, best first."""
        levels = self.bids if side == "bids" else self.asks
        ranked = sorted(levels.items(), key=lambda level: Decimal(level[0]), reverse=side == "bids")
        return ranked[: self.depth]

    def snapshot(self) -> str:
        """The whole window as a frame."""
        return self._frame("snapshot", self.window("bids"), self.window("asks"))

    def update(self, bids: Levels = (), asks: Levels = ()) -> str:
        """Applies changes in order and gives the frame that tells of them."""
        for levels, changes in ((self.bids, bids), (self.asks, asks)):
            for price, qty in changes:
                if Decimal(qty) == 0:
                    levels.pop(price, None)
                else:
                    levels[price] = qty
        self.bids, self.asks = dict(self.window("bids")), dict(self.window("asks"))
        return self._frame("update", bids, asks)

    def _frame(self, kind: str, bids: Levels, asks: Levels) -> str:
        self.clock += 1
        stamp = f"2026-08-02T04:23:42.{self.clock:06}Z"
        return book_text(kind, self.symbol, bids, asks, checksum=self.sum, timestamp=stamp)


# The documented example (PROTOCOL 3.1), whose sum is 3310070434.
BTC_BIDS: Levels = (
    ("45283.5", "0.10000000"),
    ("45283.4", "1.54582015"),
    ("45282.1", "0.10000000"),
    ("45281.0", "0.10000000"),
    ("45280.3", "1.54592586"),
    ("45279.0", "0.07990000"),
    ("45277.6", "0.03310103"),
    ("45277.5", "0.30000000"),
    ("45277.3", "1.54602737"),
    ("45276.6", "0.15445238"),
)
BTC_ASKS: Levels = (
    ("45285.2", "0.00100000"),
    ("45286.4", "1.54571953"),
    ("45286.6", "1.54571109"),
    ("45289.6", "1.54560911"),
    ("45290.2", "0.15890660"),
    ("45291.8", "1.54553491"),
    ("45294.7", "0.04454749"),
    ("45296.1", "0.35380000"),
    ("45297.5", "0.09945542"),
    ("45299.5", "0.18772827"),
)
ETH_BIDS: Levels = (("1877.29", "2.41130000"), ("1877.26", "1.78314068"), ("1877.25", "0.47001888"))
ETH_ASKS: Levels = (("1877.30", "2.39751185"), ("1877.44", "0.15962993"))


def bitcoin() -> Market:
    """BTC/USD with ten levels a side: the documented example."""
    return Market("BTC/USD", BTC_BIDS, BTC_ASKS)


def ether() -> Market:
    """ETH/USD, a thin book."""
    return Market("ETH/USD", ETH_BIDS, ETH_ASKS)


def ladder(best: str, step: str, count: int, *, qty: str = "1.0000000") -> list[Level]:
    """A regular side: `count` levels from `best` by `step` (negative for bids), no two neighbours alike."""
    return [(str(Decimal(best) + Decimal(step) * index), f"{qty}{index % 9 + 1}") for index in range(count)]


def deep(depth: int = 25) -> Market:
    """XRP/USD with a filled window of `depth` levels a side."""
    bids, asks = ladder("1.08100", "-0.00001", depth), ladder("1.08110", "0.00001", depth)
    return Market("XRP/USD", bids, asks, depth=depth)
