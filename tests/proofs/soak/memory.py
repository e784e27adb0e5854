"""Whether a process has grown once it was warm."""

from collections.abc import Sequence
from statistics import median
from typing import Final

__all__ = ["ALLOWED", "judge"]

ALLOWED: Final = 5 << 20  # bytes
WARM_UP: Final = 120  # seconds
TENTHS: Final = 10
SHORTEST: Final = 300  # seconds: with less, a tenth after warming up is too little to tell


def judge(samples: Sequence[int]) -> tuple[str, bool | None]:
    """Compare the last tenth with the one after warming up.

    Args:
        samples: Bytes, one a second from the start.

    Returns:
        The figures in words, and whether it stayed flat; None if that can't be told.
    """
    if not samples:
        return "unknown", None
    if len(samples) < SHORTEST:
        return f"{samples[-1] / 2**20:.1f} MB at the end; not judged, that takes {SHORTEST / 60:g} minutes", None
    tenth = len(samples) // TENTHS
    early, late = median(samples[WARM_UP : WARM_UP + tenth]), median(samples[-tenth:])
    grown = late - early
    text = f"{early / 2**20:.1f} MB after warming up, {late / 2**20:.1f} MB at the end: {grown / 2**20:+.2f} MB"
    return text, grown < ALLOWED
