"""Who is told of what: the handlers of a client by event type, and its client-wide iterations."""

import inspect
from collections.abc import Callable
from typing import Any, final, get_args

from havklo import events
from havklo._queues import EventQueue, Iteration
from havklo._spreads import Spreads
from havklo.errors import ConfigurationError, HavkloError
from havklo.venues import Role

__all__ = ["Handlers"]

Handler = Callable[[Any], object]

_EVENT_TYPES = frozenset(get_args(events.Event))


@final
class Handlers:
    """Calls handlers in the receive path, in the order in which they were added, then feeds the iterations.

    Args:
        on_change: Is called after each change of what wants the updates of books: these take the shortest way, without
            passing through here.
        spreads: Makes `Spread` events of book messages, if anybody wants them.
    """

    def __init__(self, on_change: Callable[[], None], spreads: Spreads) -> None:
        self._on_change = on_change
        self._spreads = spreads
        self._handlers: dict[type, tuple[Handler, ...]] = {}
        self._streams: list[EventQueue[events.Event]] = []
        self._watchers: tuple[Handler, ...] = ()
        self._ended: HavkloError | bool = False
        self._dropped = 0

    def for_updates(self, role: Role) -> tuple[Handler, ...]:
        """Give all that wants the updates of the books that an endpoint serves."""
        kind = events.Level3Update if role == "level3" else events.BookUpdate
        streams = tuple(stream.put for stream in self._streams)
        wants_spreads = self._streams or self._handlers.get(events.Spread)
        spread: tuple[Handler, ...] = (self._spread,) if wants_spreads else ()
        return self._handlers.get(kind, ()) + streams + spread + self._watchers

    @property
    def pending(self) -> int:
        """How many events the iterations have still to read."""
        return sum(map(len, self._streams))

    @property
    def dropped(self) -> int:
        """How many events the iterations have dropped."""
        return self._dropped + sum(stream.dropped for stream in self._streams)

    def add(self, event: type, handler: Handler) -> None:
        """Call `handler` with each event of this very type.

        Raises:
            ConfigurationError: The type is no event's, or the handler is a coroutine function.
        """
        if event not in _EVENT_TYPES:
            raise ConfigurationError(
                f"{event!r} is no event", hint="the types of events are listed in havklo.events.Event"
            )
        if inspect.iscoroutinefunction(handler):
            raise ConfigurationError(
                f"{handler!r} is a coroutine function, and handlers are called synchronously",
                hint="iterate over the events instead, or have the handler put them into a queue",
            )
        self._handlers[event] = (*self._handlers.get(event, ()), handler)
        self._on_change()

    def remove(self, event: type, handler: Handler) -> None:
        """Stop calling `handler` for this type; does nothing if it is not called."""
        kept = [other for other in self._handlers.get(event, ()) if other != handler]
        self._handlers[event] = tuple(kept)
        self._on_change()

    def hears(self, event: type) -> bool:
        """Whether anybody would be told of an event of this type."""
        return bool(self._streams or self._watchers or self._handlers.get(event))

    def tell(self, event: events.Event) -> None:
        """Pass on an event that is no book's update."""
        for handle in self._handlers.get(type(event), ()):
            handle(event)
        for stream in self._streams:
            stream.put(event)
        for watch in self._watchers:
            watch(event)

    def watch(self, watcher: Handler) -> None:
        """Call `watcher` after every event, when all others were told."""
        self._watchers = (*self._watchers, watcher)
        self._on_change()

    def unwatch(self, watcher: Handler) -> None:
        """Call `watcher` no more."""
        self._watchers = tuple(other for other in self._watchers if other is not watcher)
        self._on_change()

    def iterate(self, limit: int) -> Iteration[events.Event]:
        """Begin an iteration over everything."""
        queue = EventQueue[events.Event](limit)
        if self._ended is False:
            self._streams.append(queue)
            self._on_change()
        else:
            queue.close(None if self._ended is True else self._ended)
        return Iteration(queue, lambda: self._end_stream(queue))

    def make_room(self, limit: int) -> None:
        """Let each iteration keep at least so many events from now on."""
        for stream in self._streams:
            stream.limit = max(stream.limit, limit)

    def end(self, error: HavkloError | None) -> None:
        """End all iterations, once each has read what it has."""
        if self._ended is False:
            self._ended = error or True
            for stream in self._streams:
                stream.close(error)

    def _spread(self, update: events.BookUpdate | events.Level3Update) -> None:
        self._spreads.feed(update, self.tell)

    def _end_stream(self, queue: EventQueue[events.Event]) -> None:
        if queue in self._streams:
            self._streams.remove(queue)
            self._dropped += queue.dropped
            self._on_change()
