"""Bugs put into the client by hand, each as a patch for one run: what the simulation must find."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import MappingProxyType
from typing import Any, Final, final
from weakref import WeakKeyDictionary

import havklo._lines
from havklo._engine import Book, Engine
from havklo._protocol.actions import Action, Send
from havklo._protocol.breaker import Breaker
from havklo.channels import BOOK_DEPTHS
from havklo.connection import Connection

__all__ = ["PLANTS"]

_LOST: Final = 40  # of so many subscribes on a connection, one is lost


@contextmanager
def _patched(owner: Any, name: str, value: object) -> Iterator[None]:
    """Have another value in a place for a while."""
    real = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, real)


@final
class _NeverTruncates:
    """An engine that keeps every book deeper than it was subscribed, so that levels stay which should be cut off."""

    def __init__(self, **options: Any) -> None:
        self._engine = Engine(**options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def track(self, symbol: str, depth: int = 10, **options: Any) -> Book:
        """Track at the next larger depth."""
        deeper = min((each for each in BOOK_DEPTHS if each > depth), default=depth)
        return self._engine.track(symbol, deeper, **options)


def truncation() -> AbstractContextManager[None]:
    """Books are not truncated to their depth after a message."""
    return _patched(havklo._lines, "Engine", _NeverTruncates)


@contextmanager
def resubscribe() -> Iterator[None]:
    """Now and then a subscribe is not sent, and nobody waits for its answer."""
    carry_out = Connection._carry_out
    counts: WeakKeyDictionary[Connection, int] = WeakKeyDictionary()

    def lose_some(connection: Connection, action: Action) -> None:
        if isinstance(action, Send) and b'"subscribe"' in action.payload:
            count = counts[connection] = counts.get(connection, 0) + 1
            if count % _LOST == 0:
                for life in connection.session.lives:
                    if life.req_id is not None and b'"req_id":%d,' % life.req_id in action.payload:
                        life.due = None
                return
        carry_out(connection, action)

    with _patched(Connection, "_carry_out", lose_some):
        yield


def breaker() -> AbstractContextManager[None]:
    """A breaker that has opened never closes again, and counts failures as if they were all in a row."""
    return _patched(Breaker, "succeeded", _learns_nothing)


def _learns_nothing(_breaker: Breaker) -> bool:
    return False


PLANTS: Final[Mapping[str, Callable[[], AbstractContextManager[None]]]] = MappingProxyType(
    {"truncation": truncation, "resubscribe": resubscribe, "breaker": breaker}
)
