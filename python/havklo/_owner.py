"""What a connection needs from its client."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from havklo._engine import Book, BookStatistics, Desync
from havklo._protocol.actions import MarketEvent, SessionEvent
from havklo._protocol.messages import AccountRow, Answer
from havklo._protocol.tokens import Token
from havklo.channels import Topic
from havklo.errors import HavkloError
from havklo.events import Moved

if TYPE_CHECKING:
    from havklo.connection import Connection

__all__ = ["Owner"]


class Owner(Protocol):
    """What a connection needs from its client."""

    def tracked(self, topic: Topic, book: Book) -> None:
        """Learn of a topic's book, not live yet."""

    def retired(self, statistics: BookStatistics) -> None:
        """Learn what a book has counted that is closed now."""

    def completed(self, topic: Topic) -> None:
        """Learn that a topic is live for the first time."""

    def deliver(self, topic: Topic, told: Sequence[MarketEvent]) -> None:
        """Give events of a topic to whoever reads it."""

    def account_rows(self, topic: Topic, rows: Sequence[AccountRow], recv_ns: int, *, snapshot: bool) -> None:
        """Hand what Kraken says of the account to whoever keeps it."""

    def answered(self, answer: Answer) -> None:
        """Hand an answer to whoever has asked about orders."""

    def failed(self, topic: Topic, error: HavkloError) -> None:
        """Learn that a topic is not wanted any more, and why."""

    def emit(self, event: SessionEvent | Desync | Moved) -> None:
        """Tell the user."""

    def wants_resync(self, desync: Desync, /) -> bool:
        """Decide about a desync."""
        ...

    def lost(self, source: "Connection", desync: Desync, *, resync: bool) -> None:
        """Pass a desync to the connections that carry the books."""

    def need_token(self, connection: "Connection", refused: Token | None) -> None:
        """Get a WebSocket token, and give it to the connection; another one than that which was refused."""

    def drop_token(self, token: Token) -> None:
        """Give a token to nobody any more: it was refused."""

    def crash(self, error: Exception, /) -> None:
        """End the client: a handler, or the client itself, has failed."""
