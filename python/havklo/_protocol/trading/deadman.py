"""The dead man's switch: a timer at Kraken that cancels all orders of the account unless it is set anew in time.

Kraken's cancel_all_orders_after is one timer for the whole account, whoever set it and whoever placed the orders.
Here it is set anew while the client is healthy, and left to lapse when it is not.
"""

from typing import Final, final

from havklo.errors import ConfigurationError

__all__ = ["WARNING", "DeadMan"]

WARNING: Final = (
    "the dead man's switch is the whole account's: when it goes off, the orders of other programs are canceled, too, "
    "and programs that set it differently overrule each other"
)
"""What a user is told who turns it on."""

_SECOND: Final = 1_000_000_000
_DAY: Final = 86_400
_TRIES: Final = 4  # between two settings, if one fails


@final
class DeadMan:
    """Says when the switch is to be set and to what, and knows from when on it may have gone off.

    One setting is on its way at a time. Each counts from when it was sent, as Kraken's own timer can't have begun
    earlier; a setting without an answer is not relied on. All times are monotonic nanoseconds.

    Args:
        timeout_s: After how many seconds without a new setting Kraken cancels; Kraken suggests 60.
        every_s: After how many seconds it is set anew; Kraken suggests 15 to 30.

    Attributes:
        trigger_time: When it goes off by Kraken's clock, as its last answer says; None while it is not set.

    Raises:
        ConfigurationError: The timeout is no whole number of seconds below a day, or not longer than `every_s`.
    """

    def __init__(self, timeout_s: int = 60, every_s: float = 20) -> None:
        if isinstance(timeout_s, bool) or not 0 < timeout_s < _DAY or timeout_s != int(timeout_s):
            raise ConfigurationError(
                f"a dead man's switch of {timeout_s!r} s can't be set",
                hint="whole seconds, from 1 to 86399; Kraken suggests 60",
            )
        if not 0 < every_s < timeout_s:
            raise ConfigurationError(
                f"a dead man's switch of {timeout_s} s can't be set anew every {every_s!r} s",
                hint="more often than its timeout; Kraken suggests every 15 to 30 s for 60 s",
            )
        self.trigger_time: str | None = None
        self._timeout = int(timeout_s)
        self._every = int(every_s * _SECOND)
        self._due: int | None = None  # when it is to be set next; None: as soon as may be
        self._sent: tuple[int, int] | None = None  # when what is on its way was sent, and its timeout
        self._from: int | None = None  # since when it may be running
        self._before: int | None = None  # the same, before what is on its way was sent
        self._off = False

    def __repr__(self) -> str:
        state = "off" if self._from is None else "on"
        return f"<DeadMan of {self._timeout} s: {state}>"

    @property
    def lapses_at(self) -> int | None:
        """From when on it may have gone off, if it is not set anew; None: it is not set."""
        return None if self._from is None else self._from + self._timeout * _SECOND

    @property
    def next_deadline(self) -> int | None:
        """When `due` may have something to say next; None: not before an answer has come, or not any more."""
        return None if self._sent is not None or self._done else self._due or 0

    def due(self, now: int, *, healthy: bool) -> int | None:
        """The timeout in seconds that is to be sent now; 0 turns it off; None: nothing.

        Args:
            now: The present.
            healthy: Whether the client can stand by its orders. If not, the switch is left to lapse.
        """
        if self._sent is not None or self._done or (self._due is not None and now < self._due):
            return None
        if self._off:
            return 0
        return self._timeout if healthy else None

    def disarm(self) -> None:
        """Have it turned off with the next `due`, healthy or not, and not set again."""
        self._off = True
        self._due = None

    def sent(self, now: int) -> None:
        """Note that what `due` has said is on its way."""
        timeout = 0 if self._off else self._timeout
        self._sent = now, timeout
        self._before = self._from
        if timeout and self._from is None:
            self._from = now

    def acked(self, trigger_time: str) -> None:
        """Note that Kraken has set or turned off the switch.

        Args:
            trigger_time: The answer's `triggerTime`.
        """
        if self._sent is None:
            return
        (begun, timeout), self._sent = self._sent, None
        self._from = begun if timeout else None
        self.trigger_time = trigger_time if timeout else None
        self._due = None if self._off else begun + self._every

    def failed(self, now: int, *, refused: bool = False) -> None:
        """Note that a setting may not have come about: what held before may still hold.

        It is tried again a quarter of the usual time later.

        Args:
            now: The present.
            refused: Whether Kraken said no; otherwise its answer will not come, and it may have come about.
        """
        if refused and self._sent is not None:
            self._from = self._before
        self._sent = None
        self._due = now + self._every // _TRIES

    def lapsed(self, now: int) -> bool:
        """Whether it may have gone off; until it is set anew, Kraken has it turned off then."""
        lapses_at = self.lapses_at
        return lapses_at is not None and now >= lapses_at

    @property
    def _done(self) -> bool:
        return self._off and self._from is None
