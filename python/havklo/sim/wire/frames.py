"""What several channels write: decimals, the book's messages, the heartbeat.

The numbers of market data are bare JSON numbers, padded to the pair's precisions.
"""

from collections.abc import Iterable

__all__ = ["book_message", "decimal", "heartbeat"]


def decimal(value: int, scale: int) -> str:
    """An integer of 10^-scale units as a decimal with exactly that many places, also for zero: 0.00000000."""
    text = str(value)
    if len(text) <= scale:
        text = text.zfill(scale + 1)
    return f"{text[:-scale]}.{text[-scale:]}" if scale else text


def book_message(
    kind: str, symbol: str, bids: Iterable[str], asks: Iterable[str], *, checksum: int, timestamp: str
) -> bytes:
    """A book snapshot or update of exactly one symbol."""
    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}","bids":[{",".join(bids)}],'
        f'"asks":[{",".join(asks)}],"checksum":{checksum},"timestamp":"{timestamp}"}}]}}'
    ).encode("ascii")


def heartbeat() -> bytes:
    """The sign of life."""
    return b'{"channel":"heartbeat"}'
