"""Stoikov's micro-price: where the mid price is expected to go, given the best quotes' imbalance and the spread."""

from typing import TYPE_CHECKING, Final, final

import msgspec

from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MicropriceModel"]

_ROUNDS: Final = 500
_ENOUGH: Final = 1e-12


@final
class MicropriceModel(msgspec.Struct, frozen=True, kw_only=True):
    """The adjustment `g(I, S)` by which the micro-price differs from the mid price (Stoikov, SSRN 2970694, 2017).

    The micro-price is the limit of the expected mid price after its k-th change, given the bids' share of the best
    quantities `I = Qb / (Qb + Qa)` and the spread `S`. States are a bucket of I and a spread in ticks; the adjustment
    is in ticks, and that of a mirrored state is its opposite, for the data are used mirrored as well.

    Attributes:
        adjustment: g in ticks, a row for each spread of 1, 2, ... ticks and a column for each bucket of I; NaN for
            a state that no data showed.
        observations: How many steps each state was fitted to, mirrored ones included.
        tick: The price increment.
    """

    adjustment: "NDArray[np.float64]"
    observations: "NDArray[np.int64]"
    tick: float

    @classmethod
    def fit(
        cls,
        bid: "ArrayLike",
        bid_qty: "ArrayLike",
        ask: "ArrayLike",
        ask_qty: "ArrayLike",
        *,
        tick: float,
        buckets: int = 10,
        spreads: int = 3,
    ) -> "MicropriceModel":
        """Estimate it from the quotes after each message of a book, in their order.

        Args:
            bid: The best bids.
            bid_qty: Their quantities.
            ask: The best asks.
            ask_qty: Their quantities.
            tick: The price increment.
            buckets: Into how many parts I is cut.
            spreads: Up to how many ticks spreads count; steps from or to a wider one are left out.

        Raises:
            ConfigurationError: An argument can't be meant, or the data show no change of the mid price from each state.
        """
        import numpy as np  # noqa: PLC0415  # heavy, and few programs need it

        columns = [np.asarray(values, dtype=np.float64) for values in (bid, bid_qty, ask, ask_qty)]
        if any(column.ndim != 1 or column.shape != columns[0].shape for column in columns):
            raise ConfigurationError("there is one bid, bid_qty, ask and ask_qty for each message")
        if not tick > 0 or buckets < 1 or spreads < 1:
            raise ConfigurationError("tick is above 0, and there is at least one bucket and one spread")
        bids, bid_qtys, asks, ask_qtys = columns
        with np.errstate(invalid="ignore", divide="ignore"):
            share = bid_qtys / (bid_qtys + ask_qtys)
            width = np.rint((asks - bids) / tick)
        known = np.isfinite(share) & (width >= 1) & (width <= spreads)
        bucket = np.minimum(np.where(known, share, 0.0) * buckets, buckets - 1).astype(np.int64)
        line = np.where(known, width, 1).astype(np.int64) - 1
        state, mirrored = line * buckets + bucket, line * buckets + (buckets - 1 - bucket)
        halves = np.rint((bids + asks) / tick)  # twice the mid price in ticks is a whole number
        steps = known[:-1] & known[1:]
        move = np.diff(np.where(known, halves, 0.0))[steps] / 2
        froms = np.concatenate((state[:-1][steps], mirrored[:-1][steps]))
        tos = np.concatenate((state[1:][steps], mirrored[1:][steps]))
        adjustment, seen = _solve(froms, tos, np.concatenate((move, -move)), buckets * spreads)
        shape = (spreads, buckets)
        return cls(adjustment=adjustment.reshape(shape), observations=seen.reshape(shape), tick=tick)

    def price(
        self, bid: "ArrayLike", bid_qty: "ArrayLike", ask: "ArrayLike", ask_qty: "ArrayLike"
    ) -> "NDArray[np.float64]":
        """Give the micro-price of quotes, `mid + tick * g(I, S)`.

        Args:
            bid: The best bids.
            bid_qty: Their quantities.
            ask: The best asks.
            ask_qty: Their quantities.

        Returns:
            One price for each; NaN for a state that no data showed, or a spread beyond the model's.
        """
        import numpy as np  # noqa: PLC0415  # heavy, and few programs need it

        bids, bid_qtys, asks, ask_qtys = (
            np.asarray(values, dtype=np.float64) for values in (bid, bid_qty, ask, ask_qty)
        )
        spreads, buckets = self.adjustment.shape
        with np.errstate(invalid="ignore", divide="ignore"):
            share = bid_qtys / (bid_qtys + ask_qtys)
            width = np.rint((asks - bids) / self.tick)
        known = np.isfinite(share) & (width >= 1) & (width <= spreads)
        column = np.minimum(np.where(known, share, 0.0) * buckets, buckets - 1).astype(np.int64)
        row = np.where(known, width, 1).astype(np.int64) - 1
        adjustment = np.where(known, self.adjustment[row, column], np.nan)
        return (bids + asks) / 2 + self.tick * adjustment


def _solve(
    froms: "NDArray[np.int64]", tos: "NDArray[np.int64]", move: "NDArray[np.float64]", states: int
) -> "tuple[NDArray[np.float64], NDArray[np.int64]]":
    """`G* = sum over k of B^k G1`, with `G1 = (1 - Q)^-1 E[move]` and `B = (1 - Q)^-1 R` over the states seen."""
    import numpy as np  # noqa: PLC0415  # heavy, and few programs need it

    counts = np.bincount(froms, minlength=states)
    seen = np.flatnonzero(counts)
    place = np.full(states, -1, dtype=np.int64)
    place[seen] = np.arange(seen.size)
    inside = place[tos] >= 0  # the data may end in a state that they never leave
    froms, tos, move = place[froms[inside]], place[tos[inside]], move[inside]
    size = seen.size
    total = np.bincount(froms, minlength=size)
    stays, moves = np.zeros((size, size)), np.zeros((size, size))
    np.add.at(stays, (froms[move == 0], tos[move == 0]), 1.0)
    np.add.at(moves, (froms[move != 0], tos[move != 0]), 1.0)
    drift = np.bincount(froms, weights=move, minlength=size)
    if not size or not bool(total.all()):
        raise ConfigurationError("the quotes are too few to fit a micro-price to")
    left = np.diag(total.astype(np.float64)) - stays
    try:
        first, further = np.linalg.solve(left, drift), np.linalg.solve(left, moves)
    except np.linalg.LinAlgError as error:
        raise ConfigurationError(
            "from some state the mid price never changes: too little data, or too many states"
        ) from error
    adjustment, term = np.zeros(size), first
    for _ in range(_ROUNDS):
        adjustment = adjustment + term
        term = further @ term
        if float(np.abs(term).max()) < _ENOUGH:
            break
    else:
        raise ConfigurationError("the expected mid price does not settle: too little data, or too many states")
    result = np.full(states, np.nan)
    result[seen] = adjustment
    return result, counts.astype(np.int64)
