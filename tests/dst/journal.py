"""What happened in a run: a digest of everything, the last events for whoever has to look, and what was violated."""

import hashlib
from collections import Counter, deque
from typing import NamedTuple, final

from dst.virtual import SECOND, VirtualClock

__all__ = ["Journal", "Violation"]


class Violation(NamedTuple):
    """Something that must never happen has happened.

    Attributes:
        rule: The invariant.
        text: What it was, in a sentence.
        at: The virtual instant, in nanoseconds.
        number: How many frames had arrived by then.
    """

    rule: str
    text: str
    at: int
    number: int

    def __str__(self) -> str:
        return f"{self.rule}: {self.text} (at {self.at / SECOND:.6f} s, after {self.number:,} messages)"


@final
class Journal:
    """Keeps a run's account.

    Args:
        clock: The run's time.
        keep: How many of the last events are kept.

    Attributes:
        messages: How many frames have arrived at the clients.
        violations: What was violated; the run ends with the first.
        counts: Everything that is only counted.
    """

    def __init__(self, clock: VirtualClock, keep: int = 200) -> None:
        self.messages = 0
        self.violations: list[Violation] = []
        self.counts: Counter[str] = Counter()
        self._clock = clock
        self._digest = hashlib.blake2b(digest_size=16)
        self._last: deque[tuple[int, str, bytes]] = deque(maxlen=keep)
        self._began = clock.now()

    @property
    def digest(self) -> str:
        """One number for all that has happened: runs with the same have had the same events at the same instants."""
        return self._digest.hexdigest()

    def frame(self, way: str, payload: bytes) -> None:
        """Write down a frame that has arrived at a client, or at the exchange."""
        now = self._clock.now()
        self._digest.update(b"%d%s" % (now, way.encode()))
        self._digest.update(payload)
        self._last.append((now, way, payload))

    def note(self, what: str, text: str) -> None:
        """Write down anything else."""
        self.frame(what, text.encode())

    def violate(self, rule: str, text: str) -> None:
        """Write down that something must not have happened."""
        self.note("VIOLATED", f"{rule}: {text}")
        self.violations.append(Violation(rule, text, self._clock.now() - self._began, self.messages))

    def last(self) -> list[str]:
        """Give the last events as lines."""
        return [
            f"{(at - self._began) / SECOND:12.6f}  {what:10}  {payload.decode(errors='replace')}"
            for at, what, payload in self._last
        ]
