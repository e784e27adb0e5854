"""Where the gateway's market comes from: a simulated Kraken, Kraken itself, or a recording."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from havklo.errors import ConfigurationError
from havklo.instruments import canonical
from havklo.venues import LIVE, Venue

if TYPE_CHECKING:
    from havklo.credentials import Credentials
    from havklo.sim import Simulator

__all__ = ["POPULAR", "Source", "live", "recorded", "simulated"]

POPULAR: Final = ("BTC/USD", "ETH/USD", "SOL/USD", "XRP/USD", "DOGE/USD")
"""What is shown of Kraken where nothing else is said."""

_NAME: Final = re.compile(r"[\w][\w.-]*\.jsonl")


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A market for pages.

    Attributes:
        kind: What it is.
        symbols: What pages show of it.
        venue: Where it is; None of a recording, which pages play themselves.
        simulator: The venue if it is a simulator, which can be asked for faults.
        credentials: The API key for what needs one, or None.
        recording: The file that is played.
    """

    kind: Literal["sim", "kraken", "replay"]
    symbols: tuple[str, ...] = ()
    venue: Venue | None = None
    simulator: "Simulator | None" = None
    credentials: "Credentials | None" = None
    recording: Path | None = None


def simulated(simulator: "Simulator") -> Source:
    """The market of a simulator; it starts and stops with the gateway, unless it runs already.

    What needs an API key uses the first of its own accounts.
    """
    from havklo.credentials import Credentials  # noqa: PLC0415 - it is not needed for the other sources

    account = next(iter(simulator.accounts.values()), None)
    return Source(
        kind="sim",
        symbols=simulator.symbols,
        venue=simulator,
        simulator=simulator,
        credentials=None if account is None else Credentials(account.key, account.secret),
    )


def live(symbols: Sequence[str] = POPULAR, *, credentials: "Credentials | None" = None, venue: Venue = LIVE) -> Source:
    """Kraken's market.

    Args:
        symbols: What pages show.
        credentials: An API key for level 3; without it there is none.
        venue: Kraken, or another that speaks like it.

    Raises:
        ConfigurationError: There is no symbol.
    """
    names = tuple(dict.fromkeys(canonical(symbol) for symbol in symbols))
    if not names:
        raise ConfigurationError("there is no symbol to show", hint="--symbols BTC/USD,ETH/USD")
    return Source(kind="kraken", symbols=names, venue=venue, credentials=credentials)


def recorded(path: Path) -> Source:
    """A recording, as `havklo verify` reads it.

    Raises:
        ConfigurationError: It is not there, or its name can't stand in an address.
    """
    if not path.is_file():
        raise ConfigurationError(f"there is no file {path}", hint="--replay FILE plays a recording")
    if not _NAME.fullmatch(path.name):
        raise ConfigurationError(
            f"{path.name!r} can't stand in an address",
            hint="rename it: letters, digits, - and _, with .jsonl at the end",
        )
    return Source(kind="replay", recording=path)
