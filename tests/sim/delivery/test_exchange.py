"""Faults that the exchange and its accounts carry out."""

from typing import Any

import pytest


@pytest.mark.parametrize("mode", ["maintenance", "cancel_only", "post_only"])
@pytest.mark.parametrize("symbol", [None, "BTC/USD"])
def test_a_mode_for_a_time(rig: Any, mode: Any, symbol: Any) -> None:
    """The exchange, or one pair, gets into it and comes back by itself."""
    order = rig.faults.inject(mode, symbol, seconds=30)
    assert rig.modes == [(mode, symbol)]
    (fault,) = rig.faults.log
    assert (fault.kind, fault.symbol, fault.connection, fault.frame) == (mode, symbol or "", 0, None)
    assert fault.until_ns == rig.now_ns + 30_000_000_000
    rig.clock.advance(30)
    assert rig.modes == [(mode, symbol), ("online", symbol)]
    assert (order.active, len(order.faults)) == (False, 1)


def test_until_it_is_taken_back(rig: Any) -> None:
    """Without a time it lasts until it is cancelled."""
    order = rig.faults.inject("maintenance")
    rig.clock.advance(1_000_000)
    assert (order.active, order.faults[0].until_ns) == (True, None)
    order.cancel()
    order.cancel()
    assert rig.modes == [("maintenance", None), ("online", None)]


def test_modes_that_overlap(rig: Any) -> None:
    """The last one ordered counts, and behind it those that still last; pairs are on their own."""
    rig.faults.inject("maintenance", seconds=10)
    rig.faults.inject("cancel_only", seconds=2)
    rig.faults.inject("post_only", "BTC/USD", seconds=1)
    rig.clock.advance(10)
    assert rig.modes == [
        ("maintenance", None),
        ("cancel_only", None),
        ("post_only", "BTC/USD"),
        ("online", "BTC/USD"),
        ("maintenance", None),
        ("online", None),
    ]


@pytest.mark.parametrize("account", [None, "alice"])
def test_expire_token(rig: Any, account: Any) -> None:
    """It happens at once."""
    order = rig.faults.inject("expire_token", account=account)
    assert rig.expired == [account]
    assert (order.active, rig.faults.pending, rig.faults.counts) == (False, [], {"expire_token": 1})
