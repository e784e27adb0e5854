"""The rate counter's proof, a few seconds of it, and that it would notice."""

from decimal import Decimal
from typing import Any

import pytest
import trading_counter
from msgspec.structs import replace

from havklo._protocol.trading.counter import RateCounter


async def test_never_below_and_never_refused() -> None:
    """As fast as the client lets it, with answers that are held up."""
    verdict = await trading_counter.prove("starter", 3.0, seed=5)
    assert verdict.good, verdict
    assert verdict.looks > 200  # each a comparison; how many there are is the machine's affair


async def test_a_counter_that_is_too_low_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a tenth, which is nothing where orders are refused, and yet wrong."""
    headroom = RateCounter.headroom

    def lower(self: RateCounter, *arguments: Any, **options: Any) -> Any:
        room = headroom(self, *arguments, **options)
        return replace(room, value=room.value * Decimal("0.9"))

    monkeypatch.setattr(RateCounter, "headroom", lower)
    verdict = await trading_counter.prove("starter", 2.0, seed=5)
    assert verdict.below > 0
    assert not verdict.good
