"""The median, the slowest hundredth and the worst of the latest so many durations."""

from collections import deque
from typing import TYPE_CHECKING, final

import msgspec

from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Quantiles", "Samples"]


class Quantiles(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A summary of the latest durations, each of which really occurred (nearest rank).

    Attributes:
        p50: Half of them took at most so many nanoseconds.
        p99: Of a hundred, 99 took at most so many nanoseconds.
        max: The longest, in nanoseconds.
        count: How many durations these are; not how many there ever were.
    """

    p50: int
    p99: int
    max: int
    count: int


@final
class Samples:
    """Keeps the latest durations, and sorts them only when it is asked.

    Args:
        capacity: How many it keeps.

    Raises:
        ConfigurationError: The capacity is not at least 1.

    Attributes:
        add: Take a duration in nanoseconds; the oldest one makes room. It is the ring's own method, for it runs with
            every message.
    """

    __slots__ = ("_values", "add")

    def __init__(self, capacity: int = 1024) -> None:
        if capacity < 1:
            raise ConfigurationError(f"a summary is of at least one duration, not {capacity!r}")
        self._values: deque[int] = deque(maxlen=capacity)
        self.add: Callable[[int], None] = self._values.append

    @classmethod
    def joined(cls, several: "Iterable[Samples]") -> "Samples":
        """Give what several keep as one."""
        kept = [value for samples in several for value in samples]
        joined = cls(max(1, len(kept)))
        for value in kept:
            joined.add(value)
        return joined

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> "Iterator[int]":
        return iter(self._values)

    def summary(self) -> Quantiles | None:
        """Summarise what is kept, or None while that is nothing."""
        ordered = sorted(self._values)
        if not ordered:
            return None
        return Quantiles(p50=_rank(ordered, 50), p99=_rank(ordered, 99), max=ordered[-1], count=len(ordered))


def _rank(ordered: list[int], percent: int) -> int:
    return ordered[(len(ordered) * percent + 99) // 100 - 1]
