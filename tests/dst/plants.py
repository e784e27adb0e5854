"""Bugs put into the client by hand, each as a patch for one run: what the simulation must find."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from types import MappingProxyType
from typing import Any, Final, final
from weakref import WeakKeyDictionary

import havklo._lines
from havklo._engine import Book, Engine
from havklo._protocol.actions import Action, Send
from havklo._protocol.breaker import Breaker
from havklo._protocol.budget import Budget
from havklo._protocol.tokens import TokenState
from havklo._protocol.trading.counter import RateCounter
from havklo.channels import BOOK_DEPTHS
from havklo.connection import Connection
from havklo.orders import asking

__all__ = ["PLANTS"]

_ORDERS: Final = b'{"channel":"level3","type":"update"'
_DELETE: Final = re.compile(rb'\{"event":"delete",[^{}]*\},(?=\{)')
_AMEND: Final = re.compile(
    rb'\{"event":"delete",("order_id":"[^"]+","limit_price":[0-9.]+,)[^{}]*\},\{"event":"add",(\1[^{}]*)\}'
)
_BECOMES_A_MODIFY: Final = rb'{"event":"modify",\2}'
_MISSED: Final = 40  # of so many deletes, one is missed
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


class _Misreads:
    """An engine that is given level-3 frames in which something was changed.

    Args:
        change: Changes a frame.
        **options: The engine's own.
    """

    def __init__(self, change: Callable[[bytes], bytes], **options: Any) -> None:
        self._engine = Engine(**options)
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def receive(self, frame: bytes, recv_ns: int) -> Any:
        """Take a frame, or what has become of it."""
        return self._engine.receive(self._change(frame) if frame.startswith(_ORDERS) else frame, recv_ns)


def requeue() -> AbstractContextManager[None]:
    """An order that is amended and goes to the back of its queue keeps its place."""
    return _patched(havklo._lines, "Engine", partial(_Misreads, lambda frame: _AMEND.sub(_BECOMES_A_MODIFY, frame)))


def delete() -> AbstractContextManager[None]:
    """Now and then a delete of an order is missed."""
    count = 0

    def miss_some(found: "re.Match[bytes]") -> bytes:
        nonlocal count
        count += 1
        return b"" if count % _MISSED == 0 else found[0]

    return _patched(havklo._lines, "Engine", partial(_Misreads, lambda frame: _DELETE.sub(miss_some, frame)))


def token() -> AbstractContextManager[None]:
    """A token that was refused is taken for good."""
    return _patched(TokenState, "refused", lambda _state, _token: None)


def budget() -> AbstractContextManager[None]:
    """What level-3 subscriptions cost is forgotten."""
    return _patched(Budget, "spend", lambda _budget, _cost, _now: None)


def resend() -> AbstractContextManager[None]:
    """An order whose answer was lost is sent once more."""
    ask = asking.ask

    async def insist(desk: Any, request: asking.Request, end: int, told: Callable[[], bool]) -> Any:
        sent = await ask(desk, request, end, told)
        return await ask(desk, request, end, told) if sent.lost and not told() else sent

    return _patched(asking, "ask", insist)


def free() -> AbstractContextManager[None]:
    """What is answered does not count on the rate counter any more."""
    return _patched(RateCounter, "ended", lambda counter, charge, _at, **_known: counter.withdrawn(charge))


PLANTS: Final[Mapping[str, Callable[[], AbstractContextManager[None]]]] = MappingProxyType(
    {
        "truncation": truncation,
        "resubscribe": resubscribe,
        "breaker": breaker,
        "requeue": requeue,
        "delete": delete,
        "token": token,
        "budget": budget,
        "resend": resend,
        "free": free,
    }
)
