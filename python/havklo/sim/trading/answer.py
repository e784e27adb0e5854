"""What the desk answers: one or several results or errors, without the envelope around them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from havklo.sim.trading.ticket import Ticket

__all__ = ["Answer", "identity"]

_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class Answer(NamedTuple):
    """One answer to a request.

    Attributes:
        success: Whether it was done.
        result: What came of it, if it was.
        error: Kraken's text, if it was not.
        fields: What else stands beside `success`, such as the order that could not be cancelled.
    """

    success: bool
    result: object = None
    error: str | None = None
    fields: Mapping[str, object] = _NOTHING


def identity(ticket: Ticket) -> dict[str, object]:
    """An order's ids as answers give them."""
    ids: dict[str, object] = {"order_id": ticket.order_id}
    if ticket.cl_ord_id is not None:
        ids["cl_ord_id"] = ticket.cl_ord_id
    if ticket.userref is not None:
        ids["order_userref"] = ticket.userref
    return ids
