"""What a program is like: drawn from the seed, so that every seed has other users."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from havklo import Client
from havklo.events import Desync
from havklo.venues import Venue

__all__ = ["DEPTHS", "Taste", "draw_depth"]

Decision = Literal["resync", "report"]

DEPTHS: Final = (10, 25, 100, 500, 1000)
_DEPTH_WEIGHTS: Final = (60, 28, 10, 1.5, 0.5)


def draw_depth(rng: random.Random) -> int:
    """Draw a book's depth; deep ones are rare, for they cost the most."""
    return rng.choices(DEPTHS, _DEPTH_WEIGHTS)[0]


def _patiently(attempt: int) -> float:
    """Wait a second longer each time."""
    return float(min(attempt, 8))


@dataclass(frozen=True, kw_only=True)
class Taste:
    """What a program is like.

    Attributes:
        on_desync: What it does about a desync: always the same, or now this and now that.
        queue: How many events its iterations keep.
        reprove_every: How often its books are proven anew, or None.
        connects: How many attempts to connect its client may make in ten minutes.
        breaker_failures: After how many failures in a row its client waits.
        reconnect: Its own pauses between attempts, or None.
        pause: How many seconds pass between two of its actions, on average.
        share: Which part of the symbols it reads.
    """

    on_desync: Literal["resync", "report", "either"] = "resync"
    queue: int = 1024
    reprove_every: float | None = None
    connects: int = 120
    breaker_failures: int = 5
    reconnect: Callable[[int], float] | None = None
    pause: float = 3.0
    share: float = 1.0

    @classmethod
    def draw(cls, rng: random.Random, number: int) -> "Taste":
        """Draw one; the first program of a run reads every symbol."""
        return cls(
            on_desync=rng.choices(("resync", "report", "either"), (6, 2, 2))[0],  # type: ignore[arg-type]
            queue=rng.choice((2, 16, 1024)),
            reprove_every=rng.choice((None, None, 20.0, 60.0)),
            connects=rng.choice((120, 120, 120, 120, 40)),
            breaker_failures=rng.choice((5, 5, 2)),
            reconnect=rng.choice((None, None, None, _patiently)),
            pause=rng.choice((1.0, 3.0, 10.0)),
            share=1.0 if number == 1 else rng.choice((0.5, 1.0, 1.0)),
        )

    def client(self, venue: Venue, decide: Callable[[Desync], Decision], **others: Any) -> Client:
        """Make the client that suits it.

        Args:
            venue: Where it connects.
            decide: Decides about each desync, if that differs.
            **others: What else its client is told.
        """
        options: dict[str, Any] = {} if self.reconnect is None else {"reconnect": self.reconnect}
        return Client(
            venue,
            on_desync=decide if self.on_desync == "either" else self.on_desync,
            queue=self.queue,
            reprove_every=self.reprove_every,
            connects_per_10_minutes=self.connects,
            breaker_failures=self.breaker_failures,
            **options,
            **others,
        )
