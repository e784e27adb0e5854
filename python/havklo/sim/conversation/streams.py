"""Who is told about an account, and about the exchange as a whole."""

from collections.abc import Iterable, Mapping
from typing import Final, final

from havklo.sim.accounts.ledger import Entry
from havklo.sim.channels.balances import Balances
from havklo.sim.channels.executions import Executions
from havklo.sim.channels.instrument import instrument_update
from havklo.sim.channels.status import Announcement, status_message
from havklo.sim.delivery.hub import Hub, Key, Subscriber, Topic
from havklo.sim.delivery.topics import STATUS
from havklo.sim.exchange import Exchange

__all__ = ["INSTRUMENT", "Streams"]

INSTRUMENT: Final[Key] = ("instrument", "", 0)
_EXECUTIONS: Final = Topic("executions")
_BALANCES: Final = Topic("balances")


@final
class Streams:
    """Every stream of one simulator that is not a market's.

    Its methods fit the callbacks `Desk.on_report`, `Ledger.on_entry` and `Exchange.changed`.

    Args:
        exchange: The state of the engine and of the pairs.
        hub: Who reads about the pairs.
    """

    def __init__(self, exchange: Exchange, hub: Hub) -> None:
        self._exchange = exchange
        self._hub = hub
        self._executions: dict[int, dict[Subscriber, Executions]] = {}
        self._balances: dict[int, dict[Subscriber, Balances]] = {}
        self._connections: dict[Subscriber, int] = {}
        self._upcoming: tuple[Announcement, ...] = ()

    def __repr__(self) -> str:
        private = sum(map(len, self._executions.values())) + sum(map(len, self._balances.values()))
        return f"<Streams {len(self._connections)} connections, {private} private subscriptions>"

    def connect(self, subscriber: Subscriber, connection_id: int, now_ns: int) -> bytes:
        """A connection is there and hears of every change of status from now on; returns the first frame."""
        self._connections[subscriber] = connection_id
        return self._status(connection_id, now_ns)

    def disconnect(self, subscriber: Subscriber) -> None:
        """A connection is gone."""
        self._connections.pop(subscriber, None)

    def follow(self, account: int, subscriber: Subscriber, stream: Executions | Balances) -> None:
        """A connection reads about an account."""
        if isinstance(stream, Executions):
            self._executions.setdefault(account, {})[subscriber] = stream
        else:
            self._balances.setdefault(account, {})[subscriber] = stream

    def leave(self, account: int, subscriber: Subscriber, channel: str) -> None:
        """A connection reads no more about it."""
        readers = self._executions if channel == "executions" else self._balances
        readers.get(account, {}).pop(subscriber, None)

    def report(self, account: int, report: Mapping[str, object]) -> None:
        """Something has happened to one of an account's orders."""
        for subscriber, stream in tuple(self._executions.get(account, {}).items()):
            frame = stream.update(report)
            if frame is not None:
                subscriber.send(frame, _EXECUTIONS)

    def entry(self, entry: Entry) -> None:
        """An account's wallet has changed."""
        for subscriber, stream in tuple(self._balances.get(entry.account, {}).items()):
            subscriber.send(stream.update(entry), _BALANCES)

    def changed(self, symbol: str, now_ns: int) -> None:
        """The engine's state has changed, or with a symbol that pair's."""
        if symbol:
            pair = self._exchange.pairs[symbol]
            self._hub.publish(INSTRUMENT, instrument_update(pair, self._exchange.statuses[symbol]))
        else:
            self._tell_status(now_ns)

    def announce(self, upcoming: Iterable[Announcement], now_ns: int) -> None:
        """From now on this maintenance is ahead, and no other."""
        self._upcoming = tuple(upcoming)
        self._tell_status(now_ns)

    def _tell_status(self, now_ns: int) -> None:
        for subscriber, connection_id in tuple(self._connections.items()):
            subscriber.send(self._status(connection_id, now_ns), STATUS)

    def _status(self, connection_id: int, now_ns: int) -> bytes:
        return status_message(connection_id, self._exchange.system, self._upcoming, now_ns)
