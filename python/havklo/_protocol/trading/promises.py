"""What has to follow: an ack promises a report, a fill an entry of the ledger, and the other way round.

A message that was lost shows when the next one comes. Where none comes, only what was promised can tell.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, final

from havklo._protocol.trading.effects import Effect, Resubscribe

__all__ = ["Promises", "Twins"]

_PATIENCE: Final = 2_000_000_000
_REMEMBERED: Final = 1_024
_MISSES: Final = 3


@final
class Promises:
    """Has a channel subscribed anew that does not say what it has to."""

    def __init__(self) -> None:
        self._open: deque[tuple[int, str, Callable[[], bool]]] = deque()

    def __repr__(self) -> str:
        return f"<Promises: {len(self._open)}>"

    def expect(self, channel: str, kept: Callable[[], bool], now: int) -> None:
        """Expect something of a channel within two seconds; `kept` says whether it has come."""
        self._open.append((now + _PATIENCE, channel, kept))

    def forget(self, channel: str) -> None:
        """Expect nothing of a channel any more: its snapshot has said how things are."""
        self._open = deque(each for each in self._open if each[1] != channel)

    def tick(self, now: int) -> list[Effect]:
        """Look after what should have come by now."""
        missing: dict[str, None] = {}
        while self._open and self._open[0][0] <= now:
            _, channel, kept = self._open.popleft()
            if not kept():
                missing[channel] = None
        return [Resubscribe(channel) for channel in missing]

    @property
    def due(self) -> int | None:
        """When `tick` next has something to do."""
        return self._open[0][0] if self._open else None


@final
class Twins:
    """Fills and their entries in the ledger, which go by the same id.

    Where ids of one side are never found on the other, three times in a row, they do not belong together after all,
    and nothing is expected any more.

    Args:
        promises: Where what is missing is expected.
    """

    def __init__(self, promises: Promises) -> None:
        self._promises = promises
        self._fills = _Seen()
        self._entries = _Seen()

    def __repr__(self) -> str:
        return f"<Twins {len(self._fills)} fills, {len(self._entries)} entries>"

    def knows_fill(self, exec_id: str) -> bool:
        """Whether a fill was told lately."""
        return exec_id in self._fills

    def filled(self, exec_id: str, now: int, *, expect: bool) -> None:
        """Note a fill; `expect` its entries in the ledger."""
        self._note(exec_id, self._fills, self._entries, "balances" if expect else None, now)

    def entered(self, ref_id: str, now: int, *, expect: bool) -> None:
        """Note a trade's entry in the ledger; `expect` the fill."""
        self._note(ref_id, self._entries, self._fills, "executions" if expect else None, now)

    def _note(self, name: str, mine: "_Seen", other: "_Seen", channel: str | None, now: int) -> None:
        if name in mine:
            return
        mine.add(name)
        if name in other:
            other.misses = 0
        elif channel is not None and other.misses < _MISSES:
            self._promises.expect(channel, lambda: other.has_come(name), now)


@final
class _Seen:
    """The ids that one side has told lately."""

    def __init__(self) -> None:
        self.misses = 0
        self._order: deque[str] = deque()
        self._names: set[str] = set()

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> None:
        self._order.append(name)
        self._names.add(name)
        if len(self._order) > _REMEMBERED:
            self._names.discard(self._order.popleft())

    def has_come(self, name: str) -> bool:
        """Whether it has, counting when not."""
        come = name in self._names
        self.misses = 0 if come else self.misses + 1
        return come
