"""Models against each other, walking forward: each predicts from what was known when an order was placed.

The estimator's predictions were made at that moment. The baselines get the same: what had become of earlier shadow
orders by then. The first part of the time only teaches, the second is scored.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, Literal, final

from havklo.study.blocks import Blocks
from havklo.study.queues import LAST_PLACE
from havklo.study.report import Bin, Contest, PlaceFills, Score
from havklo.study.shadows import Shadow, outcome

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BASE", "MODELS", "NO_CANCELS", "TABLE", "contest"]

MODELS: Final[tuple[Literal["auto", "cst", "empirical"], ...]] = ("auto", "cst", "empirical")
TABLE: Final = "20-bin table"
NO_CANCELS: Final = "no cancels"
BASE: Final = "base rate"

_SECOND: Final = 1_000_000_000
_SETTLED: Final = 2 * _SECOND
"""For so long trades may still explain what happened before."""
_BINS: Final = 20
_REFIT: Final = 10 * _SECOND
_RELIABILITY: Final = 10
_BLOCK: Final = 300.0
_FLOOR: Final = 1e-6
# Below these a warning is in place, below those nothing is shown.
_FEW_CASES, _LEAST_CASES = 300, 100
_FEW_BLOCKS, _LEAST_BLOCKS = 20, 5
_FEW_FILLS, _LEAST_FILLS = 30, 10


def contest(shadows: Sequence[Shadow], within: float, *, begin_ns: int, split_ns: int, seen_ns: int) -> Contest:
    """Score all models at one horizon.

    Args:
        shadows: All shadow orders, in the order in which they were placed.
        within: The horizon in seconds.
        begin_ns: When the first part begins.
        split_ns: When the second begins: only orders placed from then on are scored.
        seen_ns: Up to when it is known what became of orders.
    """
    import numpy as np  # noqa: PLC0415  # heavy, and loaded when a study is scored

    past = _Past(within)
    times: list[float] = []
    outcomes: list[bool] = []
    places: list[int] = []
    said: dict[str, list[float]] = {name: [] for name in (*MODELS, TABLE, NO_CANCELS, BASE)}
    calibrated: dict[str, int] = dict.fromkeys(MODELS, 0)
    unseen = unpredicted = 0
    for shadow in shadows:
        past.reach(shadow.placed_ns)
        so = outcome(shadow, within, seen_ns)
        if so is not None:
            past.expect(shadow, filled=so)
        if shadow.placed_ns < split_ns:
            continue
        if so is None:
            unseen += 1
            continue
        row = past.predict(shadow.qty_ahead)
        row[NO_CANCELS] = shadow.no_cancels[within]
        row |= {name: shadow.said[within, name].p for name in MODELS}
        if len(row) < len(said) or any(np.isnan(p) for p in row.values()):
            unpredicted += 1
            continue
        times.append((shadow.placed_ns - begin_ns) / _SECOND)
        outcomes.append(so)
        places.append(-1 if shadow.level else min(shadow.orders_ahead, LAST_PLACE))
        for name, p in row.items():
            said[name].append(p)
        for name in MODELS:
            calibrated[name] += shadow.said[within, name].calibrated
    block = min(_BLOCK, max(2 * within, (seen_ns - split_ns) / _SECOND / _FEW_BLOCKS, 1.0))
    blocks = Blocks(times, block) if times else None
    observed = np.asarray(outcomes, dtype=np.float64)
    return Contest(
        within=within,
        cases=len(times),
        filled=float(observed.mean()) if times else None,
        unseen=unseen,
        unpredicted=unpredicted,
        block=block,
        blocks=blocks.count if blocks else 0,
        places=() if blocks is None else tuple(_places(np.asarray(places), observed, blocks)),
        scores=() if blocks is None else tuple(_scores(said, calibrated, observed, blocks)),
        is_thin=_is_thin(observed, blocks),
        warnings=tuple(_warnings(observed, blocks)),
    )


@final
class _Past:
    """What had become of earlier shadow orders by the moment at which one is placed."""

    def __init__(self, within: float) -> None:
        # Filled ones are known sooner than others; waiting for all of them alike keeps the share true.
        self._wait = round(within * _SECOND) + _SETTLED
        self._expected: deque[tuple[int, float, bool]] = deque()
        self._ahead: list[float] = []
        self._filled: list[bool] = []
        self._starts: NDArray[np.float64] | None = None
        self._means: NDArray[np.float64] | None = None
        self._fitted_ns = 0

    def expect(self, shadow: Shadow, *, filled: bool) -> None:
        """Take an order into what will be known once its time is over."""
        self._expected.append((shadow.placed_ns + self._wait, shadow.qty_ahead, filled))

    def reach(self, now_ns: int) -> None:
        """Let time pass."""
        while self._expected and self._expected[0][0] <= now_ns:
            _, ahead, filled = self._expected.popleft()
            self._ahead.append(ahead)
            self._filled.append(filled)
        if self._ahead and (self._starts is None or now_ns >= self._fitted_ns + _REFIT):
            self._fit()
            self._fitted_ns = now_ns

    def predict(self, ahead: float) -> dict[str, float]:
        """What the past says; nothing if there is none yet."""
        if self._starts is None or self._means is None:
            return {}
        import numpy as np  # noqa: PLC0415

        place = int(np.searchsorted(self._starts, ahead, side="right"))
        return {BASE: sum(self._filled) / len(self._filled), TABLE: float(self._means[place])}

    def _fit(self) -> None:
        """Make the table: bins with equally many orders by the quantity ahead of them."""
        import numpy as np  # noqa: PLC0415

        ahead = np.asarray(self._ahead)
        rising = np.argsort(ahead, kind="stable")
        filled = np.asarray(self._filled, dtype=np.float64)[rising]
        bins = min(_BINS, ahead.size)
        cuts = ahead.size * np.arange(bins + 1) // bins
        self._starts = ahead[rising][cuts[1:-1]]
        self._means = np.add.reduceat(filled, cuts[:-1]) / np.diff(cuts)


def _scores(
    said: dict[str, list[float]], calibrated: dict[str, int], observed: "NDArray[np.float64]", blocks: Blocks
) -> Iterable[Score]:
    import numpy as np  # noqa: PLC0415

    predicted = {name: np.asarray(values) for name, values in said.items()}
    base = (predicted[BASE] - observed) ** 2
    for name, p in predicted.items():
        squares = (p - observed) ** 2
        clipped = np.clip(p, _FLOOR, 1 - _FLOOR)
        losses = -np.where(observed > 0, np.log(clipped), np.log1p(-clipped))
        bins = _equal_mass(p, min(_RELIABILITY, p.size))
        yield Score(
            model=name,
            brier=blocks.mean(squares),
            log_loss=blocks.mean(losses),
            calibration_error=blocks.calibration_error(p - observed, bins),
            bias=blocks.mean(p - observed),
            brier_less_base=blocks.mean(squares - base),
            calibrated=calibrated[name] / p.size if name in calibrated else None,
            reliability=tuple(_reliability(p, observed, bins, blocks)),
        )


def _reliability(
    predicted: "NDArray[np.float64]", observed: "NDArray[np.float64]", bins: "NDArray[np.int64]", blocks: Blocks
) -> Iterable[Bin]:
    for number in range(int(bins.max()) + 1):
        chosen = bins == number
        low, high = blocks.share(observed, chosen)
        yield Bin(
            predicted=float(predicted[chosen].mean()),
            observed=float(observed[chosen].mean()),
            low=low,
            high=high,
            count=int(chosen.sum()),
        )


def _places(places: "NDArray[np.int64]", observed: "NDArray[np.float64]", blocks: Blocks) -> Iterable[PlaceFills]:
    for place in range(LAST_PLACE + 1):
        chosen = places == place
        if chosen.any():
            low, high = blocks.share(observed, chosen)
            yield PlaceFills(
                place=place, count=int(chosen.sum()), filled=float(observed[chosen].mean()), low=low, high=high
            )


def _equal_mass(predicted: "NDArray[np.float64]", bins: int) -> "NDArray[np.int64]":
    """The number of each case's bin: bins with equally many cases, by what was predicted."""
    import numpy as np  # noqa: PLC0415

    of = np.empty(predicted.size, dtype=np.int64)
    cuts = predicted.size * np.arange(bins + 1) // bins
    of[np.argsort(predicted, kind="stable")] = np.repeat(np.arange(bins), np.diff(cuts))
    return of


def _rarer(observed: "NDArray[np.float64]") -> int:
    """How often the rarer outcome was seen."""
    fills = int(observed.sum())
    return min(fills, observed.size - fills)


def _is_thin(observed: "NDArray[np.float64]", blocks: Blocks | None) -> bool:
    enough = observed.size >= _LEAST_CASES and _rarer(observed) >= _LEAST_FILLS
    return not enough or blocks is None or blocks.count < _LEAST_BLOCKS


def _warnings(observed: "NDArray[np.float64]", blocks: Blocks | None) -> Iterable[str]:
    if blocks is None:
        yield "nothing to score: no shadow order of the second part was predicted and seen to its end"
        return
    fills, rarer = int(observed.sum()), _rarer(observed)
    if _is_thin(observed, blocks):
        yield (
            f"too little to judge by: {observed.size} shadow orders, {fills} of them filled, in {blocks.count} blocks "
            f"of time; it takes {_LEAST_CASES}, {_LEAST_FILLS} of each outcome, and {_LEAST_BLOCKS}"
        )
        return
    if observed.size < _FEW_CASES:
        yield f"small sample: {observed.size} shadow orders"
    if rarer < _FEW_FILLS:
        what = "filled" if fills <= observed.size - fills else "not filled"
        yield f"only {rarer} of {observed.size} shadow orders were {what}, so little can be told apart"
    if blocks.count < _FEW_BLOCKS:
        yield f"only {blocks.count} blocks of time: the intervals are rough, and too narrow rather than too wide"
