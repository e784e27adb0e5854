"""Intervals by resampling blocks of time: cases that are close in time share their luck."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, final

from havklo.analytics.scores import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Blocks"]

_TAIL: Final = 0.025


@final
class Blocks:
    """The same drawing of blocks for all that is computed of a set of cases, so that differences are of one drawing.

    Args:
        times: When each case was, in seconds.
        block: How many seconds are drawn together.
        resamples: How often the blocks are drawn anew.
        seed: Of the drawing.
    """

    def __init__(self, times: Sequence[float], block: float, *, resamples: int = 1000, seed: int = 0) -> None:
        import numpy as np  # noqa: PLC0415  # heavy, and loaded when a study is scored

        numbers = np.floor(np.asarray(times, dtype=np.float64) / block)
        _, self._of = np.unique(numbers, return_inverse=True)
        self.count: int = int(self._of.max()) + 1 if self._of.size else 0
        draw = np.random.default_rng(seed)
        shares = np.full(self.count, 1.0 / max(1, self.count))
        self._weights: NDArray[np.int64] = draw.multinomial(self.count, shares, size=resamples)
        self._cases = self._sums(np.ones(self._of.size))

    def mean(self, values: "NDArray[np.float64]") -> Interval:
        """The mean of one number for each case."""
        import numpy as np  # noqa: PLC0415

        drawn = self._weights @ self._sums(values) / (self._weights @ self._cases)
        low, high = np.quantile(drawn, [_TAIL, 1 - _TAIL])
        return Interval(mean=float(values.mean()), low=float(low), high=float(high))

    def share(self, hits: "NDArray[np.float64]", chosen: "NDArray[np.bool_]") -> tuple[float, float]:
        """The interval of the mean over chosen cases; drawings without any of them do not count."""
        import numpy as np  # noqa: PLC0415

        cases = self._weights @ self._sums(chosen.astype(np.float64))
        sums = self._weights @ self._sums(np.where(chosen, hits, 0.0))
        low, high = np.quantile(sums[cases > 0] / cases[cases > 0], [_TAIL, 1 - _TAIL])
        return float(low), float(high)

    def calibration_error(self, errors: "NDArray[np.float64]", bins: "NDArray[np.int64]") -> Interval:
        """The expected calibration error over bins that stay as they are.

        Drawn anew, it is larger than it is here by about as much as it is here larger than the truth, so the interval
        is turned round (the basic bootstrap) and nothing of it is below 0.

        Args:
            errors: Predicted less observed, case by case.
            bins: The number of each case's bin.
        """
        import numpy as np  # noqa: PLC0415

        one_hot = (bins[:, None] == np.arange(int(bins.max()) + 1)).astype(np.float64)
        sums = np.zeros((self.count, one_hot.shape[1]))
        np.add.at(sums, self._of, one_hot * errors[:, None])
        here = float(np.abs(sums.sum(axis=0)).sum() / errors.size)
        drawn = np.abs(self._weights @ sums).sum(axis=1) / (self._weights @ self._cases)
        low, high = np.quantile(drawn, [_TAIL, 1 - _TAIL])
        return Interval(mean=here, low=max(0.0, 2 * here - float(high)), high=max(0.0, 2 * here - float(low)))

    def _sums(self, values: "NDArray[np.float64]") -> "NDArray[np.float64]":
        import numpy as np  # noqa: PLC0415

        sums: NDArray[np.float64] = np.zeros(self.count)
        np.add.at(sums, self._of, values)
        return sums
