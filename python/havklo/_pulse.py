"""How long messages take: from the exchange to the socket's read, and from there until everyone was told."""

from typing import final

from havklo._engine import BookUpdate, Level3Update
from havklo._protocol.quantiles import Samples
from havklo._protocol.stamps import epoch_ns
from havklo.clock import Clock

__all__ = ["Pulse"]

_EVERY = 10_000_000


@final
class Pulse:
    """Measures one book message in ten milliseconds; a closer look would itself take time.

    Args:
        clock: Whose time counts.

    Attributes:
        latency: From the exchange's stamp in a message to its socket read, by two clocks.
        processing: From that read until handlers and queues had the message.
    """

    def __init__(self, clock: Clock) -> None:
        self.latency: Samples = Samples()
        self.processing: Samples = Samples()
        self._epoch_ns = clock.epoch_ns

    def beat(self, update: BookUpdate | Level3Update, recv_ns: int) -> int:
        """Measure a message that was just passed on; gives the time from which the next one may be."""
        self.processing.add(self._epoch_ns() - recv_ns)
        if update.timestamp is not None and (stamp := epoch_ns(update.timestamp)) is not None:
            self.latency.add(recv_ns - stamp)
        return recv_ns + _EVERY
