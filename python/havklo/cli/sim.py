"""`havklo sim`: a simulated Kraken on this machine."""

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final, final

from cyclopts import App, Parameter

from havklo._run import run
from havklo.cli._checks import check_seconds
from havklo.cli._output import errors, results
from havklo.cli._view import count
from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.live import Live

    from havklo.sim import Simulator, SimulatorStatistics
    from havklo.sim.scenario import Scenario, Settings

__all__ = ["app", "sim"]

_PLAIN_EVERY: Final = 10.0  # seconds between two status lines where no terminal is
_LIVE_EVERY: Final = 0.5
_LAST_PORT: Final = 65_535
_REPORT_SECONDS: Final = 60.0

_MORE: Final = """\
It speaks Kraken's spot WebSocket v2 and the few REST calls that go with it, on
this machine only: market data, accounts with play money, orders. The first five
symbols are BTC/USD, ETH/USD, XRP/USD, PEPE/USD and MINA/GBP; further ones are
generated. Equal seeds trade equally. It runs until Ctrl-C.

A scenario says what the market is like and what goes wrong when. What else is
given here wins over what the scenario says.

Examples:
  havklo sim
  havklo sim --symbols 20 --rate 2000 --fault-every 1
  havklo sim --symbols BTC/USD,ETH/USD --account alice --account bob:pro
  havklo sim --scenario flash-crash --speed 10
  havklo sim --report --seconds 600
  havklo book BTC/USD --venue ws://127.0.0.1:8900/v2
"""

app: App = App(name="sim", usage="Usage: havklo sim [OPTIONS]", help_epilogue=_MORE)


@app.default
def sim(
    *,
    symbols: Annotated[str | None, Parameter(metavar="N|NAMES")] = None,
    rate: Annotated[float | None, Parameter(metavar="MSGS")] = None,
    seed: Annotated[int | None, Parameter(metavar="S")] = None,
    speed: Annotated[float | None, Parameter(metavar="X")] = None,
    port: Annotated[int, Parameter(metavar="P")] = 8900,
    scenario: Annotated[str | None, Parameter(metavar="NAME|FILE")] = None,
    account: Annotated[Sequence[str], Parameter(metavar="NAME[:TIER]", negative="", show_default=False)] = (),
    fault_every: Annotated[float | None, Parameter(metavar="SECONDS")] = None,
    seconds: Annotated[float | None, Parameter(metavar="N")] = None,
    report: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    list_scenarios: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Run a simulated Kraken: real limit-order markets, Kraken's protocol, accounts, faults on demand.

    Args:
        symbols: How many symbols are traded, 5 if not given; or which, with commas between them.
        rate: Book messages a second over all symbols, as seen at depth 10; 100 if not given.
        seed: The seed of all chance; 7 if not given.
        speed: How many times faster than the clock on the wall; 1 if not given.
        port: The port to listen on; 0 takes any free one.
        scenario: What happens when: a ready scenario's name, or a TOML file.
        account: Open an account with play money; may be given several times. A tier is starter, intermediate
            or pro.
        fault_every: Order a random fault this often.
        seconds: End after so many seconds.
        report: Serve nothing: trade for --seconds of virtual time, 60 if not given, and show what the market
            is like beside what was measured on Kraken.
        list_scenarios: Show the ready scenarios and end.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: A value that can't be, or a port that is taken.
    """
    check_seconds(seconds)
    if not 0 <= port <= _LAST_PORT:
        raise ConfigurationError(f"{port} is no port", hint="a port is a number up to 65535; 0 takes any free one")
    if list_scenarios:
        return _list_scenarios()
    # All this takes a while to load, so that --help does without.
    from havklo.sim.scenario import AccountPlan, Scenario  # noqa: PLC0415
    from havklo.sim.service import serve  # noqa: PLC0415

    played = None if scenario is None else Scenario.load(scenario)
    settings: Settings = {} if played is None else played.settings()
    if symbols is not None:
        settings["symbols"] = _symbols(symbols)
    if rate is not None:
        settings["rate"] = rate
    if seed is not None:
        settings["seed"] = seed
    if speed is not None:
        settings["speed"] = speed
    if account:
        settings["accounts"] = tuple(AccountPlan.parse(text) for text in account)
    if report:
        return _report(settings, played, seconds)
    with (
        _Status(played, settings.get("speed", 1.0)) as status,
        contextlib.suppress(KeyboardInterrupt),  # which is how it is meant to end
    ):
        run(
            serve(
                **settings,
                scenario=played,
                port=port,
                fault_every=fault_every,
                seconds=seconds,
                on_ready=status.begin,
                on_status=status.show,
                status_every=_LIVE_EVERY,
            )
        )
    return 0


def _symbols(text: str) -> int | tuple[str, ...]:
    """How many, or which."""
    try:
        return int(text)
    except ValueError:
        return tuple(text.split(","))


def _list_scenarios() -> int:
    from havklo.sim.scenario import Scenario  # noqa: PLC0415

    width = max(map(len, Scenario.names()))
    for name in Scenario.names():
        results().print(f"{name:{width}}  {Scenario.load(name).title}", markup=False, soft_wrap=True)
    return 0


def _report(settings: "Settings", scenario: "Scenario | None", seconds: float | None) -> int:
    """Measure a market in virtual time; of a scenario count its settings and the mood that it begins with."""
    from rich.progress import Progress  # noqa: PLC0415

    from havklo.sim.flow import NORMAL  # noqa: PLC0415
    from havklo.sim.report import render  # noqa: PLC0415
    from havklo.sim.report import run as measure  # noqa: PLC0415

    console = errors()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("trading", total=1.0)
        report = measure(
            settings.get("symbols", 5),
            seed=settings.get("seed", 7),
            rate=settings.get("rate", 100.0),
            seconds=_REPORT_SECONDS if seconds is None else seconds,
            regime=NORMAL if scenario is None else scenario.mood,
            progress=lambda done: bar.update(task, completed=done),
        )
    results().print(render(report), markup=False, soft_wrap=True, end="")
    return 0


@final
class _Status:
    """Says where the simulator listens, then how it is doing: in place on a terminal, else now and then."""

    def __init__(self, scenario: "Scenario | None" = None, speed: float = 1.0) -> None:
        self._console = results()
        self._scenario = scenario
        self._speed = speed
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
        self._say(f"simulated Kraken at {simulator.url}")
        self._say(f"  private  {simulator.private_url}")
        self._say(f"  level3   {simulator.level3_url}")
        self._say(f"  REST     {simulator.rest_url}")
        for name, account in simulator.accounts.items():
            self._say(f"account {name}, {account.tier.name}: play money")
            self._say(f"  API key     {account.key}")
            self._say(f"  API secret  {account.secret}")
        if simulator.accounts:
            self._say("these keys belong to this simulator and open nothing else; keep your real ones away from it")
        self._say(self._trading(simulator))
        if self._console.is_terminal:
            from rich.live import Live  # noqa: PLC0415

            self._live = Live(console=self._console, auto_refresh=False)
            self._live.start()

    def show(self, statistics: "SimulatorStatistics") -> None:
        """How it is doing."""
        since = self._last.seconds if self._last else 0.0
        if self._live is None and statistics.seconds - since < _PLAIN_EVERY * self._speed:
            return
        line = self._line(statistics)
        self._last = statistics
        if self._live is None:
            self._say(line)
        else:
            self._live.update(line, refresh=True)

    def _trading(self, simulator: "Simulator") -> str:
        names = simulator.symbols
        listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        words = [f"{len(names)} symbols: {listed}; seed {simulator.seed}, {simulator.rate:g} messages a second"]
        if self._speed != 1:
            words.append(f"{self._speed:g} times as fast as the clock on the wall")
        if self._scenario is not None:
            words.append(f"scenario {self._scenario.name}")
        return ", ".join(words)

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
            f"{now.subscriptions} subscriptions | {now.frames:,} frames sent | faults: {faults}{trouble}"
        )

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)
