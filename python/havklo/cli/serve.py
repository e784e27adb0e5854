"""`havklo serve`: the browser apps and their market, on this machine."""

import asyncio
import contextlib
import os
import signal
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import App, Parameter

from havklo._run import run
from havklo.cli._checks import check_seconds
from havklo.cli._output import complain, results
from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    from havklo.credentials import Credentials
    from havklo.serve import Gateway, Source

__all__ = ["app", "serve", "tell_links"]

_RATE: Final = 100.0
_SEED: Final = 7
_SIMULATED: Final = 5

_MORE: Final = """\
It prints a link for each app. The links hold a token that is made anew at each
start: without it nobody gets a market from here. The apps check every message
of a book themselves, with Kraken's own checksum.

Venues:
  sim      a simulated Kraken of its own, no network needed (the default); its
           faults can be ordered from the apps
  kraken   Kraken itself, no account needed

Level 3 and places in queues need an API key, which stays in this process: the
simulator has its own; for Kraken give --key FILE, or set KRAKEN_API_KEY and
KRAKEN_API_SECRET. It listens on this machine only; another --host needs
--allow-remote. It runs until Ctrl-C.

Examples:
  havklo serve
  havklo serve --open --symbols 20 --rate 2000
  havklo serve --venue kraken --symbols BTC/USD,ETH/USD
  havklo serve --replay capture.jsonl
"""

app: App = App(name="serve", usage="Usage: havklo serve [OPTIONS]", help_epilogue=_MORE)


@app.default
def serve(
    *,
    venue: Annotated[Literal["sim", "kraken"], Parameter(metavar="sim|kraken")] = "sim",
    symbols: Annotated[str | None, Parameter(metavar="N|NAMES")] = None,
    rate: Annotated[float | None, Parameter(metavar="MSGS")] = None,
    seed: Annotated[int | None, Parameter(metavar="S")] = None,
    replay: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    port: Annotated[int, Parameter(metavar="P")] = 8901,
    host: Annotated[str, Parameter(metavar="ADDRESS")] = "127.0.0.1",
    allow_remote: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    token: Annotated[str | None, Parameter(metavar="TOKEN")] = None,
    key: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    apps: Annotated[Path | None, Parameter(metavar="FOLDER")] = None,
    open_browser: Annotated[bool, Parameter(name="--open", negative="", show_default=False)] = False,
    seconds: Annotated[float | None, Parameter(metavar="N")] = None,
) -> int:
    """Serve the browser apps, and the market that they show.

    Args:
        venue: Where the market comes from: sim or kraken.
        symbols: Which symbols, with commas between them; of the simulator also how many, 5 if not given.
        rate: Book messages a second of the simulator over all symbols; 100 if not given.
        seed: The seed of the simulator's chance; 7 if not given.
        replay: Play a recording instead.
        port: The port to listen on; 0 takes any free one.
        host: The address to listen on.
        allow_remote: Let other machines in: whoever knows the token sees what you see.
        token: What the links hold; a random one if not given.
        key: A file with the API key for level 3 on Kraken; the environment's if not given.
        apps: Where the apps were built, if not into the package.
        open_browser: Open the apps in the browser.
        seconds: End after so many seconds.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: A value that can't be, a port that is taken, or the apps are not built.
        CredentialsError: The API key can't be read.
    """
    check_seconds(seconds)
    # aiohttp takes a while to load, so that --help does without.
    from havklo.serve import Gateway  # noqa: PLC0415
    from havklo.serve.apps import APPS  # noqa: PLC0415

    source = _source(venue=venue, symbols=symbols, rate=rate, seed=seed, replay=replay, key=key)
    gateway = Gateway(
        source, host=host, port=port, token=token, apps=APPS if apps is None else apps, allow_remote=allow_remote
    )

    def tell() -> None:
        if allow_remote:
            complain(f"warning: {host} may be reached from other machines; whoever knows the token sees what you see")
        tell_links(gateway, source)
        if open_browser:
            webbrowser.open(next(iter(gateway.links.values()), gateway.url))

    with contextlib.suppress(KeyboardInterrupt):  # which is how it is meant to end
        run(_serve(gateway, tell, seconds))
    return 0


def tell_links(gateway: "Gateway", source: "Source") -> None:
    """Print where the apps are; people and programs wait for these lines."""
    console = results()
    what = {"sim": "a simulated Kraken", "kraken": "Kraken", "replay": f"the recording {source.recording}"}[source.kind]
    listed = ", ".join(source.symbols[:5]) + (f" and {len(source.symbols) - 5} more" if len(source.symbols) > 5 else "")
    lines = [f"the browser apps show {what}{f': {listed}' if listed else ''}"]
    lines += [f"  {name:7}  {link}" for name, link in gateway.links.items()]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    console.file.flush()


async def _serve(gateway: "Gateway", tell: Callable[[], None], seconds: float | None) -> None:
    stopped = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # Windows has no such signal
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with gateway:
        tell()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stopped.wait()


def _source(
    *,
    venue: Literal["sim", "kraken"],
    symbols: str | None,
    rate: float | None,
    seed: int | None,
    replay: Path | None,
    key: Path | None,
) -> "Source":
    """Where the market comes from.

    Raises:
        ConfigurationError: The options do not go together.
        CredentialsError: The API key can't be read.
    """
    from havklo.serve import live, recorded, simulated  # noqa: PLC0415
    from havklo.serve.sources import POPULAR  # noqa: PLC0415

    if (venue == "kraken" or replay is not None) and (rate is not None or seed is not None):
        raise ConfigurationError("--rate and --seed are the simulator's", hint="havklo serve --venue sim")
    if replay is not None:
        if symbols is not None or venue == "kraken":
            raise ConfigurationError("a recording has its own symbols", hint="havklo serve --replay FILE")
        return recorded(replay)
    names = None if symbols is None else [name.strip() for name in symbols.split(",") if name.strip()]
    if venue == "kraken":
        return live(POPULAR if names is None else names, credentials=_credentials(key))
    if key is not None:
        raise ConfigurationError("the simulator has its own key", hint="keep your real ones away from it")
    from havklo.sim import Simulator  # noqa: PLC0415

    meant = int(symbols) if symbols is not None and symbols.isdecimal() else names
    return simulated(
        Simulator(
            _SIMULATED if meant is None else meant,
            rate=_RATE if rate is None else rate,
            seed=_SEED if seed is None else seed,
        )
    )


def _credentials(key: Path | None) -> "Credentials | None":
    """The API key: the file's, or the environment's if there is one.

    Raises:
        CredentialsError: It can't be read.
    """
    from havklo.credentials import Credentials  # noqa: PLC0415

    if key is not None:
        return Credentials.from_file(key)
    return Credentials.from_env() if "KRAKEN_API_KEY" in os.environ else None
