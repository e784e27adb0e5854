"""What the commands that trade share: which venue is meant, whose key is used, and the confirmation for real money."""

import contextlib
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Annotated, Final, NamedTuple, TypeAlias, final

from cyclopts import Parameter

from havklo.cli._feed import venue_of
from havklo.cli._output import errors
from havklo.client import Client
from havklo.credentials import Credentials
from havklo.errors import ConfigurationError, CredentialsError
from havklo.instruments import canonical
from havklo.venues import LIVE, UrlVenue, Venue

__all__ = ["PLACES", "Json", "KeyFile", "Live", "Place", "Where", "Yes", "choose", "trading"]

PLACES: Final = """\
Where:
  --venue sim        a simulated Kraken of its own, with play money, which ends
                     with the command (the default)
  --venue ws://...   the simulated Kraken at this address, such as havklo sim's
  --live             Kraken itself, with real money: what changes anything asks
                     for a confirmation, or takes --yes

Except for --venue sim an API key is needed: KRAKEN_API_KEY and
KRAKEN_API_SECRET, or --key-file. Every line begins with its venue.
"""
"""The part of a command's help about where it trades."""

_ANSWER: Final = "live"
_SYMBOLS: Final = ("BTC/USD", "ETH/USD")

Where: TypeAlias = Annotated[str, Parameter(metavar="sim|URL")]
Live: TypeAlias = Annotated[bool, Parameter(negative="", show_default=False)]
Yes: TypeAlias = Annotated[bool, Parameter(negative="", show_default=False)]
KeyFile: TypeAlias = Annotated[Path | None, Parameter(metavar="FILE")]
Json: TypeAlias = Annotated[bool, Parameter(negative="", show_default=False)]


@final
class Place(NamedTuple):
    """Where a command trades, and as whom.

    Attributes:
        name: What stands before each line: sim, the URL, or LIVE.
        venue: The venue.
        credentials: The key; None: the simulator of the command's own has one.
    """

    name: str
    venue: Venue
    credentials: Credentials | None


def choose(venue: str, *, live: bool, key_file: Path | None, symbols: Sequence[str] = ()) -> Place:
    """Give the place that is meant.

    Args:
        venue: sim, or a URL.
        live: Whether Kraken itself is meant.
        key_file: Where the key stands, if not in the environment.
        symbols: What a simulator of one's own has to list.

    Raises:
        ConfigurationError: Kraken is meant, but not by `--live`; or both are named; or the URL is none.
        CredentialsError: There is no key, or none that can be used.
    """
    if live and venue != "sim":
        raise ConfigurationError(f"--live is Kraken itself, --venue {venue} is not", hint="leave one of them out")
    if venue == "live":
        raise ConfigurationError("trading at Kraken itself needs --live", hint="--venue sim has play money")
    if live or venue != "sim":
        place = LIVE if live else UrlVenue(venue)
        return Place("LIVE" if live else venue, place, _credentials(key_file))
    if key_file is not None:
        raise ConfigurationError("--venue sim has a key of its own", hint="--key-file belongs to --live or a URL")
    listed = tuple(dict.fromkeys((*map(canonical, symbols), *_SYMBOLS)))
    return Place("sim", venue_of("sim", listed), None)


def confirm(place: Place, what: str, *, yes: bool) -> None:
    """Have it confirmed before anything is changed with real money.

    Args:
        place: Where.
        what: What is about to happen, in words.
        yes: Whether it is confirmed already.

    Raises:
        ConfigurationError: It was not confirmed.
    """
    if place.venue is not LIVE or yes:
        return
    if not sys.stdin.isatty():
        raise ConfigurationError("real money needs a confirmation, and nobody is here to give it", hint="--yes is one")
    console = errors()
    console.print(f"LIVE: {what}", markup=False, soft_wrap=True)
    console.print(f'this is real money: type "{_ANSWER}" to go on: ', end="", markup=False)
    if sys.stdin.readline().strip() != _ANSWER:
        raise ConfigurationError("it was not confirmed; nothing was done")


@contextlib.asynccontextmanager
async def trading(place: Place) -> AsyncGenerator[Client]:
    """A client whose orders and balances are known; what is open when it ends stays open."""
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(place.venue)
        credentials, keys = place.credentials, None
        if credentials is None:
            credentials = _of_simulator(place.venue)
            # An exchange of one's own forgets its orders when it ends, and so must the keys that stand for them.
            keys = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "orders.keys"
        kraken = await stack.enter_async_context(
            Client(place.venue, credentials=credentials, order_keys=keys, on_exit="leave")
        )
        await kraken.orders.start()
        yield kraken


def _of_simulator(venue: Venue) -> Credentials:
    from havklo.sim import Simulator  # noqa: PLC0415 - only this venue needs it

    if not isinstance(venue, Simulator):
        raise CredentialsError("the command line", "there is no API key")
    account = next(iter(venue.accounts.values()))
    return Credentials(account.key, account.secret)


def _credentials(key_file: Path | None) -> Credentials:
    return Credentials.from_env() if key_file is None else Credentials.from_file(key_file)
