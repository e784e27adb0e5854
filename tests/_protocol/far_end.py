"""Kraken's end of one connection, for property tests: it takes requests, and judges whether they may be made."""

from collections.abc import Mapping
from typing import Any, Literal

from havklo._protocol.timings import Timings
from havklo.channels import Topic

__all__ = ["Asked", "FarEnd", "Key"]

SECOND = 1_000_000_000
Key = tuple[str, str]


class Asked:
    """One request that was not answered yet.

    Attributes:
        method: What it asks for.
        req_id: Its id.
        keys: The channel and symbol of each of its topics.
    """

    def __init__(self, method: Literal["subscribe", "unsubscribe"], req_id: int, keys: list[Key]) -> None:
        self.method = method
        self.req_id = req_id
        self.keys = keys


class FarEnd:
    """Takes what a session sends, as Kraken would, and fails the test when it may not be sent.

    Args:
        timings: The session's own, for the pace that requests must keep.

    Attributes:
        link: "idle", "connecting" or "open".
        server: What is subscribed: "snapshot due" or "streaming".
        options: With which options it is, or was last.
        asked: Requests to be answered.
        pings: Pings to be answered.
        latest: The id of the latest request for each topic.
        last_read: When the session last heard of anything.
        slow: Whether Kraken has asked for distance between attempts to connect.
        not_before: When the next attempt may be made.
    """

    def __init__(self, timings: Timings) -> None:
        self.link = "idle"
        self.server: dict[Key, str] = {}
        self.options: dict[Key, dict[str, Any]] = {}
        self.asked: list[Asked] = []
        self.pings: list[int] = []
        self.latest: dict[Key, int] = {}
        self.last_read = 0
        self.slow = False
        self.not_before = 0
        self._timings = timings
        self._unacked: dict[Key, int] = {}
        self._paced: list[int] = []

    def hang_up(self, now: int) -> None:
        """Forget what belongs to the connection."""
        self.link = "idle"
        self.server.clear()
        self.asked.clear()
        self.pings.clear()
        self._unacked.clear()
        self.not_before = now + self._timings.slow_down if self.slow else now

    def dial(self, now: int) -> None:
        """Take an attempt to connect."""
        assert self.link == "idle", "one attempt at a time"
        assert now >= self.not_before, "not so fast while Kraken restarts"
        self.link = "connecting"

    def take(self, request: dict[str, Any], wanted: Mapping[Key, Topic], now: int) -> None:
        """Take a request."""
        assert self.link == "open", "nothing is sent into a closed connection"
        method, req_id, params = request["method"], request["req_id"], request.get("params")
        if params is None:
            assert method == "ping"
            self.pings.append(req_id)
            return
        keys = [(params["channel"], symbol) for symbol in params.get("symbol", [""])]
        assert len(keys) <= self._timings.symbols_per_request
        assert len(set(keys)) == len(keys), "each topic once"
        if any(key in wanted for key in keys):
            self._judge_pace(now)
        for key in keys:
            options = {name: params.get(name) for name in ("depth", "interval", "event_trigger")}
            if method == "subscribe":
                self._subscribe(key, options, wanted[key], now)
            else:
                self._unsubscribe(key, options, now)
            self.latest[key] = req_id
        self.asked.append(Asked(method, req_id, keys))

    def acked(self, request: Asked, key: Key) -> None:
        """Note that a request's ack has gone out."""
        if request.method == "unsubscribe" and self.latest[key] == request.req_id:
            self._unacked.pop(key, None)

    def refuse(self, request: Asked, key: Key, answer: str) -> bool:
        """Take a request back: a subscribe before its snapshot was sent, an unsubscribe only if there were too many."""
        if self.latest[key] != request.req_id:
            return False
        if request.method == "subscribe":
            refused = self.server.get(key) == "snapshot due"
            if refused and answer != "already":
                del self.server[key]
            return refused
        if answer == "rate" and key in self._unacked:
            del self._unacked[key]
            self.server[key] = "streaming"
            return True
        return False

    def _subscribe(self, key: Key, options: dict[str, Any], topic: Topic, now: int) -> None:
        assert key not in self.server, "never subscribed twice"
        since = now - self._unacked.get(key, -(10**18))
        assert since >= self._timings.unsubscribe_ack, "no subscribe before the unsubscribe's ack or two seconds"
        assert options == {"depth": topic.depth, "interval": topic.interval, "event_trigger": topic.event_trigger}
        self.server[key], self.options[key] = "snapshot due", options

    def _unsubscribe(self, key: Key, options: dict[str, Any], now: int) -> None:
        assert key in self.server, "only what is subscribed is taken back"
        assert options == self.options[key], "and as it was asked for"
        del self.server[key]
        self._unacked[key] = now

    def _judge_pace(self, now: int) -> None:
        """Never more than a burst, and what the rate gives back since."""
        self._paced.append(now)
        rate, burst = self._timings.requests_per_second, self._timings.requests_burst
        for number, since in enumerate(reversed(self._paced), 1):
            assert number <= burst + rate * (now - since) / SECOND, "requests keep their pace"
