"""Estimates over arrays, for research on columns; numpy is imported when one is called."""

from typing import TYPE_CHECKING

import msgspec

from havklo.analytics._shapes import nanoseconds
from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "MarkoutArrays",
    "markouts",
    "multi_level_order_flow_imbalance",
    "order_flow_imbalance",
    "window_sums",
]


class MarkoutArrays(msgspec.Struct, frozen=True, kw_only=True):
    """Spreads and impact of many trades, in hundredths of a per cent of the mid price before each.

    Attributes:
        mid: The mid price just before each trade; NaN where none was known.
        mid_after: The mid price at the horizon; NaN where the data end before it.
        effective_bps: `2 * d * (price - mid) / mid`.
        realized_bps: `2 * d * (price - mid_after) / mid`.
        impact_bps: `2 * d * (mid_after - mid) / mid`.
    """

    mid: "NDArray[np.float64]"
    mid_after: "NDArray[np.float64]"
    effective_bps: "NDArray[np.float64]"
    realized_bps: "NDArray[np.float64]"
    impact_bps: "NDArray[np.float64]"


def markouts(
    trade_ns: "ArrayLike",
    sign: "ArrayLike",
    price: "ArrayLike",
    book_ns: "ArrayLike",
    mid: "ArrayLike",
    *,
    horizon: float,
) -> MarkoutArrays:
    """Compute the same as `Markouts` over arrays, for one horizon and on one clock.

    Args:
        trade_ns: The trades' times, in nanoseconds.
        sign: 1 for a buy, -1 for a sell.
        price: The trades' prices.
        book_ns: The times from which mid prices hold, rising.
        mid: These mid prices; NaN from where the book is not known.
        horizon: How long after a trade to look, in seconds.

    Returns:
        One value a trade; NaN where a mid price is unknown, also after the last of them: what holds at a horizon
        is known only when a later time is among `book_ns`.

    Raises:
        ConfigurationError: The arrays do not fit, `book_ns` falls, or the horizon is not above 0.
    """
    import numpy as np  # noqa: PLC0415  # heavy, and few programs need it

    at, when = np.asarray(trade_ns, dtype=np.int64), np.asarray(book_ns, dtype=np.int64)
    d, p, m = (np.asarray(values, dtype=np.float64) for values in (sign, price, mid))
    ahead = nanoseconds(horizon, "a horizon")
    if at.ndim != 1 or when.ndim != 1 or not at.shape == d.shape == p.shape or when.shape != m.shape:
        raise ConfigurationError("there is one sign and one price for each trade, and one mid price for each book_ns")
    if bool((np.diff(when) < 0).any()):
        raise ConfigurationError("book_ns rises")
    steps = np.concatenate(([np.nan], m))
    before = steps[np.searchsorted(when, at, side="left")]
    after = steps[np.searchsorted(when, at + ahead, side="right")]
    last = when[-1] if when.size else np.iinfo(np.int64).min
    after = np.where(at + ahead < last, after, np.nan)
    scale = 2e4 * d / before
    effective, realized, impact = scale * (p - before), scale * (p - after), scale * (after - before)
    return MarkoutArrays(mid=before, mid_after=after, effective_bps=effective, realized_bps=realized, impact_bps=impact)


def order_flow_imbalance(
    bid: "ArrayLike", bid_qty: "ArrayLike", ask: "ArrayLike", ask_qty: "ArrayLike"
) -> "NDArray[np.float64]":
    """Compute the contribution `e` of each step of the quotes over arrays.

    Args:
        bid: The best bids, one for each message.
        bid_qty: Their quantities.
        ask: The best asks.
        ask_qty: Their quantities.

    Returns:
        One value for each message, in units of the quantities; NaN for the first one, and next to any NaN.

    Raises:
        ConfigurationError: The arrays do not fit.
    """
    import numpy as np  # noqa: PLC0415  # heavy, and few programs need it

    columns = [np.asarray(values, dtype=np.float64) for values in (bid, bid_qty, ask, ask_qty)]
    if any(column.shape != columns[0].shape or column.ndim not in (1, 2) for column in columns):
        raise ConfigurationError("there is one bid, bid_qty, ask and ask_qty for each message")
    result = np.full(columns[0].shape, np.nan)
    old, new = [column[:-1] for column in columns], [column[1:] for column in columns]
    (old_bid, old_bid_qty, old_ask, old_ask_qty), (new_bid, new_bid_qty, new_ask, new_ask_qty) = old, new
    e = np.where(new_bid >= old_bid, new_bid_qty, 0.0) - np.where(new_bid <= old_bid, old_bid_qty, 0.0)
    e = e - np.where(new_ask <= old_ask, new_ask_qty, 0.0) + np.where(new_ask >= old_ask, old_ask_qty, 0.0)
    unknown = np.isnan(np.stack([*old, *new])).any(axis=0)
    result[1:] = np.where(unknown, np.nan, e)
    return result


def multi_level_order_flow_imbalance(
    bid: "ArrayLike", bid_qty: "ArrayLike", ask: "ArrayLike", ask_qty: "ArrayLike"
) -> "NDArray[np.float64]":
    """Compute the contribution of each step at each level, from arrays of shape (messages, levels).

    Args:
        bid: The bids, best first.
        bid_qty: Their quantities.
        ask: The asks, best first.
        ask_qty: Their quantities.

    Returns:
        An array of the same shape, as `order_flow_imbalance` gives it for one level.

    Raises:
        ConfigurationError: The arrays do not fit.
    """
    import numpy as np  # noqa: PLC0415  # heavy, and few programs need it

    if np.ndim(bid) != 2:
        raise ConfigurationError("the arrays have a row for each message and a column for each level")
    return order_flow_imbalance(bid, bid_qty, ask, ask_qty)


def window_sums(
    time_ns: "ArrayLike", values: "ArrayLike", window: float
) -> "tuple[NDArray[np.int64], NDArray[np.float64]]":
    """Add up values by window of time, closed on the left and counted from the epoch, as the metrics' windows are.

    With `sign * qty` of trades this is the trade-flow imbalance, with `order_flow_imbalance` the OFI.

    Args:
        time_ns: When each value was, in nanoseconds; not falling.
        values: The values; a NaN makes its window's sum NaN.
        window: The length of a window in seconds.

    Returns:
        The beginnings of all windows from the first value's to the last one's, and their sums; 0 where none was.

    Raises:
        ConfigurationError: The arrays do not fit, time falls, or the window is not above 0.
    """
    import numpy as np  # noqa: PLC0415  # heavy, and few programs need it

    when, what = np.asarray(time_ns, dtype=np.int64), np.asarray(values, dtype=np.float64)
    width = nanoseconds(window, "window")
    if when.ndim != 1 or when.shape != what.shape:
        raise ConfigurationError("there is one value for each time")
    if bool((np.diff(when) < 0).any()):
        raise ConfigurationError("time does not fall")
    if not when.size:
        return np.empty(0, dtype=np.int64), np.empty(0)
    place = when // width
    place -= place[0]
    sums = np.zeros(int(place[-1]) + 1)
    np.add.at(sums, place, what)
    starts = (when[0] // width + np.arange(sums.size, dtype=np.int64)) * width
    return starts, sums
