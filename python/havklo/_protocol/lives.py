"""All topics of one connection, and the moves that several parts of a session make with them."""

from collections.abc import Iterator
from typing import final

from havklo import events
from havklo._protocol.actions import Action, Complete, Emit
from havklo._protocol.life import Life, Phase

__all__ = ["Lives"]


@final
class Lives:
    """Keeps each topic's `Life` by channel and symbol.

    Attributes:
        attention: The symbols of which each book message counts now; one set, that changes in place.
        resyncs: How many topics were made live again.
    """

    def __init__(self) -> None:
        self.attention: set[str] = set()
        self.resyncs: int = 0
        self._lives: dict[tuple[str, str], Life] = {}

    def __len__(self) -> int:
        return len(self._lives)

    def __iter__(self) -> Iterator[Life]:
        return iter(self._lives.values())

    def all(self) -> list[Life]:
        """Give all of them, so that some may be forgotten on the way."""
        return list(self._lives.values())

    def get(self, channel: str, symbol: str) -> Life | None:
        """Give the life of a channel and symbol, wanted or not."""
        return self._lives.get((channel, symbol))

    def add(self, life: Life) -> None:
        """Keep one more."""
        self._lives[life.topic.key] = life
        self.watch(life)

    def forget(self, life: Life) -> None:
        """Keep one less."""
        self._lives.pop(life.topic.key, None)
        if life.is_book:
            self.attention.discard(life.topic.symbol)

    def watch(self, life: Life) -> None:
        """Attend to a book's messages as long as it is not live and settled."""
        if life.is_book:
            if life.phase is Phase.LIVE or not life.wanted:
                self.attention.discard(life.topic.symbol)
            else:
                self.attention.add(life.topic.symbol)

    def lose(self, life: Life, reason: str, now: int) -> bool:
        """Note that a topic is not live any more; False if it was not."""
        if not life.is_live:
            return False
        life.lose(reason, now)
        return True

    def break_off(self, life: Life, reason: str, now: int) -> bool:
        """Lose a live topic and plan its resync; False if it was not live."""
        if not self.lose(life, reason, now):
            return False
        life.resync(now)
        self.watch(life)
        return True

    def revive(self, life: Life, now: int) -> list[Action]:
        """Note that a topic is live: for the first time, or again."""
        first, restored = not life.complete, life.lost
        took = life.prove(now)
        self.watch(life)
        if first:
            return [Complete(life.topic)]
        if not restored:
            return []
        self.resyncs += 1
        healed = events.Resync(
            symbol=life.topic.symbol,
            reason=life.reason,
            attempts=max(1, life.attempts),
            took_ns=took,
            channel=life.topic.channel,
        )
        return [Emit(healed)]
