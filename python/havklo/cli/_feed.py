"""What the commands that follow a market share: its venue, the loop that reads it, and how its events are written."""

import asyncio
import contextlib
import sys
from collections.abc import Generator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, Generic, Protocol, Self, TypeVar, final

from havklo.cli._json import json_line
from havklo.cli._output import complain
from havklo.client import Client
from havklo.errors import ConfigurationError, SubscribeTimeout
from havklo.instruments import canonical, is_canonical
from havklo.subscription import Subscription
from havklo.venues import LIVE, UrlVenue, Venue

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from havklo.channels import Channel

__all__ = ["VENUES", "FeedStage", "JsonStage", "LineStage", "able", "advising", "check_count", "follow", "venue_of"]

VENUES: Final = """\
Venues:
  live       Kraken itself, no account needed (the default)
  sim        a simulated Kraken of its own, no network needed
  ws://...   the public endpoint at this address, such as havklo sim's
"""
"""The part of a command's help about `--venue`."""

FAILED: Final = 2
"""The exit code when some symbols could not be had; the others are shown all the same."""

_RATE: Final = 50.0
_QUEUE: Final = 65_536  # a terminal can be slow for a while
_TICK: Final = 0.1
_PATIENCE: Final = 10.0
_SECOND: Final = 1_000_000_000

E = TypeVar("E")
E_contra = TypeVar("E_contra", contravariant=True)


class FeedStage(Protocol[E_contra]):
    """Where events are shown."""

    def take(self, event: E_contra) -> None:
        """Take an event; called as soon as it is there."""

    def draw(self) -> None:
        """Show what has been taken since; called ten times a second."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@final
class JsonStage:
    """A JSON object a line, for programs."""

    def take(self, event: object) -> None:
        """Write an event."""
        print(json_line(event))  # noqa: T201 - for programs: no console may wrap or colour it

    def draw(self) -> None:
        """Let the reader have what was written."""
        sys.stdout.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


@final
class LineStage(Generic[E]):
    """A line for each event, where there is no terminal.

    Args:
        console: Where to.
        plain: Says an event in a line.
    """

    def __init__(self, console: "Console", plain: "Callable[[E], str]") -> None:
        self._console = console
        self._plain = plain

    def take(self, event: E) -> None:
        """Say an event."""
        # Not by the console's own means: it ends the program by itself when the reader has gone, even within a task.
        self._console.file.write(f"{self._plain(event)}\n")

    def draw(self) -> None:
        """Let the reader have what was written."""
        self._console.file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def able(console: "Console") -> bool:
    """Whether a console is a terminal that can be drawn on."""
    return console.is_terminal and not console.is_dumb_terminal and console.encoding.startswith("utf")


def check_count(count: int | None) -> None:
    """Refuse a number of events that can't be.

    Raises:
        ConfigurationError: It is not positive.
    """
    if count is not None and count < 1:
        raise ConfigurationError(f"--count is a number from 1 on, not {count}")


def venue_of(name: str, symbols: Sequence[str]) -> Venue:
    """Give the venue that is meant by `--venue`.

    Args:
        name: live, sim, or the URL of a public endpoint.
        symbols: What a simulator lists. A name that only a list of pairs can tell, such as XBTUSD, has to be one of
            those that it lists anyway.

    Raises:
        ConfigurationError: The name is none of these.
    """
    if name == "live":
        return LIVE
    if name != "sim":
        return UrlVenue(name)
    from havklo.sim import Simulator  # noqa: PLC0415 - only this venue needs it
    from havklo.sim.symbols import NAMED  # noqa: PLC0415

    meant = [canonical(symbol) for symbol in symbols]
    listed = [symbol for symbol in meant if is_canonical(symbol)]
    if len(listed) < len(meant):
        listed += [pair.symbol for pair in NAMED]
    listed = list(dict.fromkeys(listed))
    return Simulator(listed, rate=_RATE * len(listed))


@contextlib.contextmanager
def advising(venue: Venue) -> Generator[None]:
    """Say, when a subscription has waited in vain for Kraken, that there is a venue which needs no network."""
    try:
        yield
    except SubscribeTimeout as error:
        error.hint = "--venue sim needs no network" if venue is LIVE else error.hint
        raise


async def follow(
    venue: Venue,
    channel: "Channel[Subscription[E]]",
    stage: FeedStage[E],
    *,
    seconds: float | None,
    count: int | None,
) -> int:
    """Show a channel's events until the time is up, so many have come, or this is cancelled.

    Args:
        venue: Where they come from.
        channel: Of what.
        stage: Where they are shown.
        seconds: How long, once it is subscribed; None: until cancelled.
        count: How many; None: any number.

    Returns:
        The exit code: 2 if some of the symbols could not be subscribed.

    Raises:
        HavkloError: The channel could not be subscribed, or was lost for good.
    """
    async with Client(venue, queue=_QUEUE) as kraken:
        clock = kraken.clock
        with advising(venue):
            subscription = await kraken.subscribe(channel, timeout=_PATIENCE)
        began = clock.now()
        for error in subscription.errors.values():
            complain(error)
        reading = asyncio.create_task(_read(subscription, stage.take, count))
        try:
            async for now in clock.every(_TICK):
                stage.draw()
                if reading.done():
                    reading.result()
                    break
                if seconds is not None and now - began >= seconds * _SECOND:
                    break
        finally:
            reading.cancel()
            await asyncio.wait([reading])
        return FAILED if subscription.errors else 0


async def _read(subscription: Subscription[E], take: "Callable[[E], None]", count: int | None) -> None:
    left = count
    async for event in subscription:
        take(event)
        if left is not None:
            left -= 1
            if left == 0:
                return
