"""A market's messages, told to a fill model; and the question that a probe asks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from havklo.analytics.estimator import FillModel
    from worlds.market import Market, Step
    from worlds.probes import Probe

__all__ = ["feed", "query"]


def feed(model: FillModel, market: Market, steps: Iterable[Step], *, trades: bool = True) -> int:
    """Tell a model what a market does, from its snapshot on; return the number of messages."""
    now_ns, bids, asks, orders = market.snapshot()
    model.snapshot(now_ns, bids, asks, orders)
    messages = 0
    for step in steps:
        if step.trade_first and trades:
            _tell(model, step)
        model.message(step.now_ns, step.bids, step.asks, step.rows)
        if not step.trade_first and trades:
            _tell(model, step)
        messages += 1
    return messages


def query(probe: Probe) -> dict[str, Any]:
    """What `FillModel.probability` is asked about a probe, beside the model, the horizon and the definition."""
    return {
        "side": "bid" if probe.side == 0 else "ask",
        "level": probe.level,
        "ahead": probe.better + probe.ahead,
        "opposite": probe.opposite,
    }


def _tell(model: FillModel, step: Step) -> None:
    for taker, price, qty in step.trade:
        model.trade(step.now_ns, taker, price, qty)
