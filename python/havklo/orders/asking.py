"""A request about orders from its turn on the rate counter to its answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, final

import msgspec

from havklo._protocol.refusals import refusal
from havklo._protocol.tokens import INVALID_SESSION
from havklo.errors import ExchangeError, OrderRejected
from havklo.orders.pacing import Turn

if TYPE_CHECKING:
    from havklo._protocol.trading.effects import Ask
    from havklo._protocol.trading.record import Record
    from havklo.orders.desk import Desk

__all__ = ["Request", "ask", "error_of", "refused"]


@final
class Request(msgspec.Struct, frozen=True):
    """A request that is to go out.

    Attributes:
        method: What is asked for.
        build: Makes its parameters for a deadline in Kraken's words.
        turns: What it counts on the rate counter.
        records: The orders that it is about.
        deadline: After how many seconds Kraken shall not carry it out any more.
        check: Raises if it is not to go out any more.
    """

    method: str
    build: Callable[[str], Mapping[str, object]]
    turns: Sequence[Turn]
    records: "Sequence[Record]"
    deadline: float
    check: Callable[[], None]


async def ask(desk: "Desk", request: Request, end: int, told: Callable[[], bool]) -> "Ask":
    """Send a request in its turn, and wait until it is answered, or enough is said about it, or until `end`.

    What is not answered is never sent again here. What was refused for its token was not taken, and goes out once more
    with a fresh one.

    Args:
        desk: Where it is sent from.
        request: The request.
        end: When waiting has taken too long.
        told: Whether enough is said, answer or not.

    Raises:
        Disconnected: It could not be sent in time.
        HeadroomExceeded: The rate counter has no room for it in time.
        RequestTimeout: It was refused for its token, and there was no other one in time.
    """
    sent = await _send(desk, request, end)
    sent.again = True
    try:
        await desk.until(lambda: sent.is_settled or told(), end)
        if error_of(sent) != INVALID_SESSION:
            return sent
        await desk.renew_token(sent, end)
        last = await _send(desk, request, end)
    except BaseException:
        # Whoever waited does so no more, for whatever reason; the orders must not wait for ever.
        if error_of(sent) == INVALID_SESSION:
            desk.perform(desk.account.given_up(sent))
        raise
    finally:
        sent.again = False
    await desk.until(lambda: last.is_settled or told(), end)
    return last


async def _send(desk: "Desk", request: Request, end: int) -> "Ask":
    """Send a request in its turn; one that could not be sent waits for the connection.

    Raises:
        Disconnected: It could not be sent in time.
        HeadroomExceeded: The rate counter has no room for it in time.
    """
    while True:
        await desk.ready(end)
        request.check()
        charges = [await desk.pacer.take(turn, end, request.check) for turn in request.turns]
        text, until = desk.deadline(request.deadline)
        sent = desk.send(request.method, request.build(text), request.records, until=until, charges=charges)
        if sent is not None:
            return sent


def error_of(sent: "Ask") -> str | None:
    """Kraken's no to a request, if that was its answer."""
    return next((answer.error for answer in sent.answers if answer.error is not None), None)


def refused(words: str) -> ExchangeError:
    """The error for Kraken's words; refusals that are not known are those of orders here."""
    error = refusal(words)
    return OrderRejected(words, detail=error.detail) if type(error) is ExchangeError else error
