"""Who reads which stream: each frame's way to its subscribers, who share its bytes."""

from typing import Protocol, final

from havklo.sim.delivery.topics import ANSWER, Key, Topic

__all__ = ["ANSWER", "Hub", "Key", "Subscriber", "Topic"]


class Subscriber(Protocol):
    """A connection as hub and conversation need it."""

    @property
    def number(self) -> int:
        """Its number, counted from 1."""
        ...

    @property
    def role(self) -> str:
        """Its endpoint: public, private or level3."""
        ...

    def send(self, frame: bytes, topic: Topic = ANSWER) -> None:
        """Put a frame on its way."""

    def abort(self) -> None:
        """Cut it without a word."""


@final
class _Stream:
    """One stream's subscribers, as a tuple: nobody who joins or leaves disturbs a frame that is going out."""

    __slots__ = ("subscribers", "topic")

    def __init__(self, key: Key) -> None:
        self.topic = Topic(key[0], key[1])
        self.subscribers: tuple[Subscriber, ...] = ()


@final
class Hub:
    """All subscriptions.

    Attributes:
        frames: How many frames were put on their way.
    """

    def __init__(self) -> None:
        self.frames: int = 0
        self._streams: dict[Key, _Stream] = {}

    def __repr__(self) -> str:
        return f"<Hub {self.subscriptions} subscriptions>"

    @property
    def subscriptions(self) -> int:
        """How many there are."""
        return sum(len(stream.subscribers) for stream in self._streams.values())

    def targets(self, channel: str) -> list[tuple[str, int]]:
        """Every subscription to a channel as (symbol, connection number), in a fixed order."""
        return sorted(
            (symbol, subscriber.number)
            for (name, symbol, _), stream in self._streams.items()
            for subscriber in stream.subscribers
            if name == channel
        )

    def depth(self, number: int, topic: Topic) -> int:
        """At which depth a connection reads a book; 0 if it does not, or not of a book."""
        return next(
            (
                depth
                for (channel, symbol, depth), stream in self._streams.items()
                if isinstance(depth, int)
                and channel in ("book", "level3")
                and (channel, symbol) == topic
                and any(subscriber.number == number for subscriber in stream.subscribers)
            ),
            0,
        )

    def join(self, subscriber: Subscriber, key: Key) -> None:
        """From now on a connection gets a stream's frames."""
        stream = self._streams.setdefault(key, _Stream(key))
        if subscriber not in stream.subscribers:
            stream.subscribers += (subscriber,)

    def leave(self, subscriber: Subscriber, key: Key) -> None:
        """A connection gets no more of them."""
        stream = self._streams.get(key)
        if stream is None:
            return
        stream.subscribers = tuple(each for each in stream.subscribers if each is not subscriber)
        if not stream.subscribers:
            del self._streams[key]

    def publish(self, key: Key, frame: bytes) -> None:
        """Send a frame to everybody who reads its stream."""
        stream = self._streams.get(key)
        if stream is None:
            return
        topic = stream.topic
        for subscriber in stream.subscribers:
            subscriber.send(frame, topic)
        self.frames += len(stream.subscribers)
