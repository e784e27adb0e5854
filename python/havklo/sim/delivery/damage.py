"""Frames broken on purpose: one digit changed, or cut in the middle.

The digit changed in a book or level3 message always belongs to something that the message leaves among the
ten best levels, or to the checksum itself, so that the checksum can't hold: a fault nobody could notice
would prove nothing. Other messages have no checksum; any digit of a number will do.
"""

import random
import re
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = ["Tops", "corrupt", "truncate"]

Tops = tuple[Sequence[tuple[str, str]], Sequence[tuple[str, str]]]
"""The ten best bids and asks as texts: price and quantity."""

Span = tuple[int, int]

_LEVEL: Final = re.compile(rb'\{"price":([0-9.]+),"qty":([0-9.]+)\}')
_ORDER: Final = re.compile(
    rb'\{[^{}]*"order_id":"([^"]+)"[^{}]*"limit_price":([0-9.]+)[^{}]*"order_qty":([0-9.]+)[^{}]*\}'
)
_CHECKSUM: Final = re.compile(rb'"checksum":([0-9]+)')
_TEXT_OR_NUMBER: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|(-?[0-9][0-9.eE+-]*)')


def corrupt(frame: bytes, tops: Tops, rng: random.Random) -> bytes | None:
    """Change one digit of a frame; None if it has no number.

    Args:
        frame: A message.
        tops: Of a book or level3 message: the ten best bids and asks that it leads to. Else two empty rows.
        rng: Chooses the digit.
    """
    places: Sequence[Span]
    checksum = _CHECKSUM.search(frame)
    if checksum is None:
        places = [match.span(1) for match in _TEXT_OR_NUMBER.finditer(frame) if match[1]]
    else:
        proven = _proven_orders if b'"limit_price"' in frame else _proven_levels
        places = list(proven(frame, tops))
        if not places or rng.random() < 1 / 3:
            # Its last digits, so that it remains a 32-bit number.
            places = [(max(checksum.start(1), checksum.end(1) - 5), checksum.end(1))]
    return _with_another_digit(frame, rng.choice(places), rng) if places else None


def truncate(frame: bytes, rng: random.Random) -> bytes:
    """Cut a frame somewhere in its middle half, which leaves broken JSON."""
    return frame[: rng.randint(len(frame) // 4, len(frame) * 3 // 4)]


def _with_another_digit(frame: bytes, span: Span, rng: random.Random) -> bytes:
    at = rng.choice([at for at in range(*span) if frame[at : at + 1].isdigit()])
    # A leading zero would be broken JSON, which is another kind of fault.
    leading = not frame[at - 1 : at].isdigit() and frame[at + 1 : at + 2].isdigit()
    new = rng.choice([digit for digit in b"0123456789" if digit != frame[at] and not (leading and digit == 48)])
    return b"%b%c%b" % (frame[:at], new, frame[at + 1 :])


def _proven_levels(frame: bytes, tops: Tops) -> Iterable[Span]:
    """Where the numbers stand that decide about the ten best: each price's last entry, if it is there."""
    asks_begin = frame.index(b'"asks":')
    for is_ask, top in enumerate(tops):
        proven = {(price.encode(), qty.encode()) for price, qty in top}
        last = {entry[1]: entry for entry in _LEVEL.finditer(frame) if (entry.start() > asks_begin) == is_ask}
        for entry in last.values():
            if (entry[1], entry[2]) in proven:
                yield from (entry.span(1), entry.span(2))


def _proven_orders(frame: bytes, tops: Tops) -> Iterable[Span]:
    """The same for orders: the last that is told of each, if it stays, at one of the ten best prices.

    A client may go by an order's id alone when it is modified, and never look at the price again: there only
    the quantity is sure to be noticed.
    """
    asks_begin = frame.index(b'"asks":')
    for is_ask, top in enumerate(tops):
        proven = {price.encode() for price, _ in top}
        last = {entry[1]: entry for entry in _ORDER.finditer(frame) if (entry.start() > asks_begin) == is_ask}
        for entry in last.values():
            if entry[2] in proven and b'"event":"delete"' not in entry[0]:
                yield entry.span(3)
                if b'"event":"modify"' not in entry[0]:
                    yield entry.span(2)
