"""What one connection's client asks the exchange for, and whether it may: the invariants of requests."""

import json
from collections import defaultdict, deque
from typing import Any, Final, final

from dst.journal import Journal
from dst.virtual import SECOND

__all__ = ["Wire"]

_ACK_PATIENCE: Final = 2 * SECOND
_WINDOW: Final = 10 * SECOND
_MOST: Final = 50
"""Subscribes and unsubscribes of one topic within ten seconds, the user's own wishes aside."""

_MOST_OF_ALL: Final = 120
"""The same of a whole connection: a burst of 20, and 10 a second."""

_DATA: Final = b'{"channel":"'
_METHOD: Final = b'"method":"'


@final
class Wire:
    """One connection as its client must see it: what it has asked for, what was answered.

    Args:
        number: The connection.
        journal: Where violations go.
        books: The channel of the books that it carries, if any.

    Attributes:
        depths: The depth at which each book was last asked for.
        asked_at: When that was.
        mixed: The symbols of books that were asked for anew before their unsubscribe was acknowledged: until the new
            subscribe is, frames of the old subscription may still come.
    """

    def __init__(self, number: int, journal: Journal, books: str = "book") -> None:
        self.depths: dict[str, int] = {}
        self.asked_at: dict[str, int] = {}
        self.mixed: set[str] = set()
        self._number = number
        self._books = books
        self._journal = journal
        self._asked: dict[tuple[str, str], int] = {}
        self._leaving: dict[tuple[str, str], tuple[int, int]] = {}
        self._refused: set[tuple[str, str]] = set()
        self._times: defaultdict[tuple[str, str], deque[int]] = defaultdict(deque)
        self._requests: deque[int] = deque()
        self._wishes: defaultdict[str, deque[int]] = defaultdict(deque)

    def wished(self, symbol: str, now: int) -> None:
        """Note that the user has asked for something about a symbol."""
        self._wishes[symbol].append(now)

    def sent(self, payload: bytes, now: int) -> None:
        """Judge what the client sends."""
        request = json.loads(payload)
        method, params, req_id = request["method"], request.get("params", {}), request["req_id"]
        self._journal.counts[f"sent {method}"] += 1
        if method not in ("subscribe", "unsubscribe"):
            return
        self._requests.append(now)
        self.paced(_recent(self._requests, now), sum(_recent(row, now) for row in self._wishes.values()))
        channel = params["channel"]
        for symbol in params.get("symbol", ("",)):
            topic = (channel, symbol)
            if method == "subscribe":
                self._subscribed(topic, req_id, now)
                if channel == self._books:
                    self.depths[symbol], self.asked_at[symbol] = params["depth"], now
            else:
                self._unsubscribed(topic, req_id, now)
            self._count(topic, now)

    def heard(self, frame: bytes) -> None:
        """Take note of an answer that has reached the client."""
        if frame.startswith(_DATA) and _METHOD not in frame:
            return
        try:
            answer: dict[str, Any] = json.loads(frame)
        except ValueError:
            return  # it was cut: to the client it is no answer
        if answer.get("method") not in ("subscribe", "unsubscribe"):
            return
        result = answer.get("result") or {}
        symbol, req_id = answer.get("symbol") or result.get("symbol"), answer.get("req_id")
        if answer["method"] == "unsubscribe":
            for topic, (_, asked_by) in list(self._leaving.items()):
                if asked_by == req_id and symbol in (None, topic[1]):
                    del self._leaving[topic]
        else:
            for topic, asked_by in self._asked.items():
                if asked_by == req_id and symbol in (None, topic[1]):
                    self._answered(topic, success=answer.get("success") is True)

    def _answered(self, topic: tuple[str, str], *, success: bool) -> None:
        if not success:
            self._refused.add(topic)
        elif topic[0] == self._books:
            self.mixed.discard(topic[1])

    def _subscribed(self, topic: tuple[str, str], req_id: int, now: int) -> None:
        self.never_twice(topic)
        self.never_before_the_ack(topic, now)
        self._asked[topic] = req_id
        if self._leaving.pop(topic, None) is not None and topic[0] == self._books:
            self.mixed.add(topic[1])
        self._refused.discard(topic)

    def _unsubscribed(self, topic: tuple[str, str], req_id: int, now: int) -> None:
        self.never_what_was_not_asked_for(topic)
        self._asked.pop(topic, None)
        self._refused.discard(topic)
        self._leaving[topic] = (now, req_id)

    def _count(self, topic: tuple[str, str], now: int) -> None:
        times = self._times[topic]
        times.append(now)
        self.bounded(topic, _recent(times, now), _recent(self._wishes[topic[1]], now))

    # -- the invariants

    def never_twice(self, topic: tuple[str, str]) -> None:
        """No two subscriptions of one symbol and channel on one connection."""
        if topic in self._asked and topic not in self._refused:
            self._journal.violate("subscribed twice", f"{' '.join(topic)} on connection {self._number}")

    def never_before_the_ack(self, topic: tuple[str, str], now: int) -> None:
        """No subscribe before the unsubscribe's ack, or two seconds."""
        since = self._leaving.get(topic)
        if since is not None and now - since[0] < _ACK_PATIENCE:
            waited = (now - since[0]) / SECOND
            self._journal.violate(
                "subscribed before the ack",
                f"{' '.join(topic)} on connection {self._number}, {waited:.3f} s after its unsubscribe",
            )

    def never_what_was_not_asked_for(self, topic: tuple[str, str]) -> None:
        """Only what is subscribed is taken back."""
        if topic not in self._asked:
            self._journal.violate("taken back for nothing", f"{' '.join(topic)} on connection {self._number}")

    def bounded(self, topic: tuple[str, str], requests: int, wishes: int) -> None:
        """No more than so many requests about a topic within ten seconds."""
        if requests > _MOST + 2 * wishes:
            self._journal.violate(
                "too many requests",
                f"{requests} about {' '.join(topic)} on connection {self._number} within 10 s, {wishes} wishes",
            )

    def paced(self, requests: int, wishes: int) -> None:
        """No more than so many requests on a connection within ten seconds."""
        if requests > _MOST_OF_ALL + 2 * wishes:
            self._journal.violate(
                "too many requests", f"{requests} on connection {self._number} within 10 s, {wishes} wishes"
            )


def _recent(instants: deque[int], now: int) -> int:
    """How many of them lie within the last ten seconds; older ones are forgotten."""
    while instants and instants[0] < now - _WINDOW:
        instants.popleft()
    return len(instants)
