"""The race of two queues by Cont, Stoikov and Talreja, simulated: own order filled, or the other side gone first."""

import numpy as np

__all__ = ["histories"]

LIMIT, CANCEL, MARKET = 1.85, 0.71, 0.94
"""Table 2 of their paper at distance 1, per minute."""


def histories(
    queue: int, opposite: int, count: int, *, until: float, censoring: float, seed: int
) -> list[tuple[float, str]]:
    """How long each race was watched and how that ended; the own order is the last of its queue and never canceled.

    Args:
        queue: Orders up to the own one.
        opposite: Orders at the best price of the other side.
        count: How many races.
        until: Nobody watches longer.
        censoring: Rate at which they are lost sight of, for no reason.
        seed: Of the drawing.
    """
    draw = np.random.default_rng(seed)
    own = np.full(count, queue)
    other = np.full(count, opposite)
    now = np.zeros(count)
    lost = np.minimum(draw.exponential(1.0 / censoring, count), until)
    ended = np.full(count, "censored", dtype=object)
    active = np.arange(count)
    while active.size:
        leave = MARKET + (own[active] - 1) * CANCEL
        shrink = MARKET + other[active] * CANCEL
        total = leave + shrink + LIMIT
        now[active] += draw.exponential(1.0, active.size) / total
        drawn = draw.random(active.size) * total
        in_time = now[active] < lost[active]
        own[active[in_time & (drawn < leave)]] -= 1
        shrinks = (drawn >= leave) & (drawn < leave + shrink)
        other[active[in_time & shrinks]] -= 1
        other[active[in_time & (drawn >= leave + shrink)]] += 1
        ended[active[own[active] == 0]] = "filled"
        ended[active[other[active] == 0]] = "away"
        active = active[in_time & (own[active] > 0) & (other[active] > 0)]
    times = np.where(ended == "censored", lost, now)
    return list(zip(times.tolist(), ended.tolist(), strict=True))
