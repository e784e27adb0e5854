"""`havklo sim`: a simulated Kraken on this machine."""

import contextlib
from typing import TYPE_CHECKING, Annotated, Final, final

from cyclopts import App, Parameter

from havklo._run import run
from havklo.cli._checks import check_seconds
from havklo.cli._output import results
from havklo.cli._view import count
from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.live import Live

    from havklo.sim import Simulator, SimulatorStatistics

__all__ = ["app", "sim"]

_PLAIN_EVERY: Final = 10.0  # seconds between two status lines where no terminal is
_LIVE_EVERY: Final = 0.5
_LAST_PORT: Final = 65_535

_MORE: Final = """\
It speaks Kraken's WebSocket v2, on this machine only: status, instrument, book
at every depth, heartbeat and ping. The first five symbols are BTC/USD, ETH/USD,
XRP/USD, PEPE/USD and MINA/GBP; further ones are generated. Equal seeds trade
equally. It runs until Ctrl-C.

Examples:
  havklo sim
  havklo sim --symbols 20 --rate 2000 --fault-every 1
  havklo book BTC/USD --venue ws://127.0.0.1:8900/v2
"""

app = App(name="sim", usage="Usage: havklo sim [OPTIONS]", help_epilogue=_MORE)


@app.default
def sim(
    *,
    symbols: Annotated[int, Parameter(metavar="N")] = 5,
    rate: Annotated[float, Parameter(metavar="MSGS")] = 100.0,
    seed: Annotated[int, Parameter(metavar="S")] = 7,
    port: Annotated[int, Parameter(metavar="P")] = 8900,
    fault_every: Annotated[float | None, Parameter(metavar="SECONDS")] = None,
    seconds: Annotated[float | None, Parameter(metavar="N")] = None,
) -> int:
    """Run a simulated Kraken: real limit-order markets, Kraken's protocol, faults on demand.

    Args:
        symbols: How many symbols are traded.
        rate: Book messages a second over all symbols, as seen at depth 10.
        seed: The seed of all trading.
        port: The port to listen on; 0 takes any free one.
        fault_every: Drop or corrupt a message, or cut a connection, this often.
        seconds: End after so many seconds.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: A value that can't be, or a port that is taken.
    """
    check_seconds(seconds)
    if not 0 <= port <= _LAST_PORT:
        raise ConfigurationError(f"{port} is no port", hint="a port is a number up to 65535; 0 takes any free one")
    # aiohttp takes a while to load, so that --help does without.
    from havklo.sim import serve  # noqa: PLC0415

    with _Status() as status, contextlib.suppress(KeyboardInterrupt):  # which is how it is meant to end
        run(
            serve(
                symbols=symbols,
                rate=rate,
                seed=seed,
                port=port,
                fault_every=fault_every,
                seconds=seconds,
                on_ready=status.begin,
                on_status=status.show,
                status_every=_LIVE_EVERY,
            )
        )
    return 0


@final
class _Status:
    """Says where the simulator listens, then how it is doing: in place on a terminal, else now and then."""

    def __init__(self) -> None:
        self._console = results()
        self._live: Live | None = None
        self._simulator: Simulator | None = None
        self._last: SimulatorStatistics | None = None

    def __enter__(self) -> "_Status":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._live is not None:
            self._live.stop()
        if self._simulator is not None:
            statistics = self._simulator.statistics()
            self._say(f"ended after {statistics.messages:,} messages")

    def begin(self, simulator: "Simulator") -> None:
        """It is running."""
        self._simulator = simulator
        names = simulator.symbols
        listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        self._say(f"simulated Kraken at {simulator.url}")
        self._say(f"{len(names)} symbols: {listed}; seed {simulator.seed}, {simulator.rate:g} messages a second")
        if self._console.is_terminal:
            from rich.live import Live  # noqa: PLC0415

            self._live = Live(console=self._console, auto_refresh=False)
            self._live.start()

    def show(self, statistics: "SimulatorStatistics") -> None:
        """How it is doing."""
        since = self._last.seconds if self._last else 0.0
        if self._live is None and statistics.seconds - since < _PLAIN_EVERY:
            return
        line = self._line(statistics)
        self._last = statistics
        if self._live is None:
            self._say(line)
        else:
            self._live.update(line, refresh=True)

    def _line(self, now: "SimulatorStatistics") -> str:
        last = self._last
        seconds = now.seconds - (last.seconds if last else 0.0)
        rate = (now.messages - (last.messages if last else 0)) / seconds if seconds > 0 else 0.0
        faults = ", ".join(f"{times} {kind}" for kind, times in sorted(now.faults.items()) if times) or "none"
        trouble = ""
        if now.skipped:
            trouble += f" | {count(now.skipped, 'message')} left out: this machine is too slow"
        if now.overflows:
            trouble += f" | {count(now.overflows, 'client')} cut off for reading too slowly"
        return (
            f"{now.seconds:5.0f} s | {rate:,.0f} msg/s | {now.connections} connections, "
            f"{now.subscriptions} books | {now.frames:,} frames sent | faults: {faults}{trouble}"
        )

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)
