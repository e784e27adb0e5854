"""What was measured on the real Kraken, and within which limits a simulated market counts as alike.

The figures come from five captures of live spot books, 5,874 update messages of BTC/USD, ETH/USD and XRP/USD
at depths 10 and 25, recorded from 2024 to 2026. Where captures differ, the limits are the lowest and the
highest of them.
"""

from dataclasses import dataclass
from typing import Final

__all__ = ["MEASURED", "SOURCE", "Figure"]

SOURCE: Final = "five captures of live books, 5,874 updates, 2024 to 2026"


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measured figure.

    Attributes:
        title: What it is.
        kraken: The measurement in words.
        low: The least that counts as alike.
        high: The most.
        percent: Whether it is a share.
    """

    title: str
    kraken: str
    low: float
    high: float
    percent: bool = False

    def agrees(self, value: float) -> bool:
        """Whether a value lies within the limits."""
        return self.low <= value <= self.high

    def text(self, value: float) -> str:
        """A value of this kind."""
        return f"{100 * value:.2f} %" if self.percent else f"{value:.2f}"


MEASURED: Final = {
    "entries": Figure(title="entries per message", kraken="1.3 to 1.9", low=1.3, high=1.95),
    "removals": Figure(title="removals among entries", kraken="18 to 26 %", low=0.18, high=0.26, percent=True),
    "refilled": Figure(
        title="removals whose refill is the next entry", kraken="100 % (2,156)", low=1.0, high=1.0, percent=True
    ),
    "truncated": Figure(
        title="messages that push a level out unsaid", kraken="26 to 50 %", low=0.26, high=0.5, percent=True
    ),
    "two_sided": Figure(title="messages about both sides", kraken="0.12 % (7)", low=0.0, high=0.003, percent=True),
    "repeated": Figure(
        title="messages that repeat a price", kraken="0 to 0.8 % (22)", low=0.0, high=0.01, percent=True
    ),
    "resent": Figure(title="entries that change nothing", kraken="0", low=0.0, high=0.0),
    "empty": Figure(title="messages that change nothing", kraken="0", low=0.0, high=0.0),
    "short": Figure(title="messages that leave a side short", kraken="0", low=0.0, high=0.0),
    "deeper": Figure(title="messages, for one at depth 10", kraken="1.9 (BTC/USD)", low=1.7, high=2.1),
    "backwards": Figure(title="timestamps that go backwards", kraken="0", low=0.0, high=0.0),
}
"""By the name of the statistic."""
