"""Moments as texts: RFC3339 with microseconds, as most messages carry them, or with nanoseconds."""

from datetime import UTC, datetime
from functools import lru_cache

__all__ = ["micros", "nanos", "rfc3339"]


@lru_cache(maxsize=64)
def _second(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def rfc3339(epoch_us: int) -> str:
    """The text of a moment given in microseconds since the epoch."""
    seconds, fraction = divmod(epoch_us, 1_000_000)
    return f"{_second(seconds)}.{fraction:06d}Z"


def nanos(epoch_ns: int) -> str:
    """The text of a moment given in nanoseconds since the epoch, with all nine digits."""
    seconds, fraction = divmod(epoch_ns, 1_000_000_000)
    return f"{_second(seconds)}.{fraction:09d}Z"


def micros(text: str) -> int:
    """The moment of such a text, in microseconds since the epoch."""
    moment = datetime.fromisoformat(text)
    return int(moment.replace(microsecond=0).timestamp()) * 1_000_000 + moment.microsecond
