"""`havklo doctor`: what works on this machine and on the way to Kraken, what does not, and what to do about it."""

import math
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, final

from cyclopts import App, Parameter

from havklo._rest.rest import Rest
from havklo._run import run
from havklo.channels import book
from havklo.cli._doctor.check import Check, failed, skipped
from havklo.cli._doctor.examination import Examination, Subject
from havklo.cli._doctor.live import judge, watch
from havklo.cli._doctor.report import Report, encode, private_words, render, without
from havklo.cli._feed import VENUES, venue_of
from havklo.cli._output import errors, results
from havklo.cli._view import count
from havklo.credentials import Credentials
from havklo.errors import ConfigurationError, HavkloError
from havklo.venues import Venue

if TYPE_CHECKING:
    from rich.console import Console

    from havklo.cli._doctor.watch import Observed

__all__ = ["app", "doctor"]

_SYMBOLS: Final = "BTC/USD,ETH/USD,XRP/USD"
_STYLES: Final = {"ok": "green", "warn": "bold yellow", "fail": "bold red", "skip": "dim"}
_NAME: Final = 22  # columns
_PATIENCE: Final = 5.0  # seconds for a step of the network

_MORE: Final = f"""\
One line a check: ok, warn (it works, but not for everything), fail, or skip (it
could not be looked at), and under it what to do. Looked at are the versions,
this Python and system, the engine, the event loop; each host's name, TLS and
certificate; the clock, against the server's; Kraken's state and announced
maintenance; a WebSocket with five pings; and whether KRAKEN_API_KEY and
KRAKEN_API_SECRET hold well-formed credentials, which are never shown.

--live N follows books, trades and tickers for N seconds more and writes a
report with all figures, as Markdown with its JSON, that is worth attaching to a
bug report: there are no keys, no host name and no user name in it.
--credentials also fetches a token with the key. Its nonce is in nanoseconds: a
program that uses the same key with lower ones is refused from then on.

{VENUES}
Exit code: 0 if nothing failed, 1 if something did.

Examples:
  havklo doctor
  havklo doctor --live 60 --symbols BTC/USD,ETH/USD --report report.md
  havklo doctor --venue sim --json
"""

app: App = App(name="doctor", usage="Usage: havklo doctor [OPTIONS]", help_epilogue=_MORE)


@app.default
def doctor(
    *,
    live: Annotated[float | None, Parameter(metavar="N")] = None,
    symbols: Annotated[str, Parameter(metavar="A,B,C")] = _SYMBOLS,
    report: Annotated[Path | None, Parameter(metavar="PATH")] = None,
    credentials: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    venue: Annotated[str, Parameter(metavar="live|sim|URL")] = "live",
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Check this machine and the way to Kraken, and say what to do.

    Args:
        live: Follow live data for so many seconds more, and write a report.
        symbols: Which symbols then.
        report: The report's file; without --live it has the checks only.
        credentials: Fetch a token with the key in the environment.
        venue: What is looked at: live, sim, or the URL of a public endpoint.
        json: One JSON document instead of lines.

    Returns:
        The exit code: 0 if nothing failed.

    Raises:
        ConfigurationError: A value that can't be, or a report that can't be written.
    """
    if live is not None and not (live > 0 and math.isfinite(live)):
        raise ConfigurationError(f"--live is a positive number of seconds, not {live:g}")
    wanted = tuple(symbol.strip() for symbol in symbols.split(","))
    book(*wanted)  # which refuses what can't be symbols
    visit = _Visit(
        venue_of(venue, wanted), symbols=wanted, live=live, credentials=credentials, environment=os.environ, quiet=json
    )
    target = _target(report, live)
    try:
        run(visit.make())
    except KeyboardInterrupt:
        if visit.seen is None:
            raise
    found = visit.report(symbols)
    if json:
        print(encode(found))  # noqa: T201 - for programs: no console may wrap or colour it
    else:
        _conclude(found.checks)
    if target is not None:
        _write(target, render(found), errors() if json else results())
    return int(found.outcome == "fail")


@final
class _Visit:
    """One run: all checks, and the live data if that is wanted."""

    def __init__(
        self,
        venue: Venue,
        *,
        symbols: Sequence[str],
        live: float | None,
        credentials: bool,
        environment: Mapping[str, str],
        quiet: bool,
    ) -> None:
        self.seen: Observed | None = None
        self._venue = venue
        self._symbols = symbols
        self._live = live
        self._credentials = credentials
        self._environment = environment
        self._console = None if quiet else results()
        self._checks: list[Check] = []
        self._advice: str | None = None  # the latest: it is not said twice in a row
        self._addresses: Mapping[str, Sequence[str]] = {}
        self._name = venue.name
        self._made = datetime.now(UTC)

    async def make(self) -> None:
        """Make all checks, and say each as soon as it is made."""
        try:
            async with self._venue:
                await self._within()
        finally:
            self._add(judge(self.seen) if self.seen is not None else ())

    async def _within(self) -> None:
        async with AsyncExitStack() as stack:
            rest = None
            if "rest" in self._venue.endpoints:
                url = self._venue.endpoint("rest")
                rest = await stack.enter_async_context(Rest(url, self._venue.clock, timeout=_PATIENCE))
            examination = Examination(
                Subject(
                    venue=self._venue,
                    rest=rest,
                    wall=time.time_ns,
                    environment=self._environment,
                    token=_token_of(self._venue, rest) if self._credentials else None,
                    patience=_PATIENCE,
                )
            )
            self._addresses = examination.addresses
            async for check in examination.run():
                self._add([check])
        if self._live is not None and examination.connected:
            await self._watch(self._live, examination.offset_ns)
        elif self._live is not None:
            self._add([skipped("live data", "there is no WebSocket")])

    async def _watch(self, seconds: float, offset_ns: int | None) -> None:
        from rich.progress import Progress  # noqa: PLC0415 - only --live pays for it

        def done(seen: "Observed") -> None:
            self.seen = seen

        console, what = errors(), f"following {', '.join(self._symbols)} for {seconds:g} s"
        if self._console is not None and not console.is_terminal:
            self._console.print(what, markup=False, soft_wrap=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task(what, total=1.0)
            try:
                await watch(
                    self._venue,
                    self._symbols,
                    seconds,
                    offset_ns=offset_ns,
                    progress=lambda part: bar.update(task, completed=part),
                    done=done,
                )
            except HavkloError as error:
                self._add([failed("live data", error)])

    def report(self, symbols: str) -> Report:
        """The report of what was found, with nothing private in it."""
        configuration = {"symbols": symbols, "live": self._live, "credentials": self._credentials}
        made = self._made.strftime("%Y-%m-%dT%H:%M:%SZ")
        whole = Report.of(self._checks, made=made, venue=self._name, configuration=configuration, live=self.seen)
        return without(whole, private_words(self._addresses))

    def _add(self, checks: Sequence[Check]) -> None:
        for check in checks:
            self._checks.append(check)
            if self._console is not None:
                _say(self._console, check, said=self._advice)
            self._advice = check.advice


def _token_of(venue: Venue, rest: Rest | None) -> Callable[[], Awaitable[float]]:
    """What fetches a token with the key in the environment; a simulator's own account asks the simulator."""
    if rest is None:
        raise ConfigurationError(
            f"{venue.name} has no REST endpoint for --credentials", hint="--venue live and --venue sim have one"
        )

    async def fetch() -> float:
        # Only here, so that a key that is missing is this check's failure.
        accounts = getattr(venue, "accounts", None)
        account = next(iter(accounts.values())) if accounts else None
        credentials = Credentials.from_env() if account is None else Credentials(account.key, account.secret)
        _, seconds = await rest.websockets_token(credentials)
        return seconds

    return fetch


def _say(console: "Console", check: Check, *, said: str | None) -> None:
    from rich.text import Text  # noqa: PLC0415 - not needed with --json

    line = Text.assemble((f"{check.outcome:4}", _STYLES[check.outcome]), f"  {check.name:{_NAME}}  {check.detail}")
    console.print(line, soft_wrap=True)
    if check.advice and check.advice != said:
        console.print(f"      {'':{_NAME}}  what to do: {check.advice}", markup=False, soft_wrap=True)


def _conclude(checks: Sequence[Check]) -> None:
    outcomes = [check.outcome for check in checks]
    fails, warnings = outcomes.count("fail"), outcomes.count("warn")
    said = "all is well" if not fails + warnings else f"{count(fails, 'failure')}, {count(warnings, 'warning')}"
    results().print(f"{count(len(checks), 'check')}: {said}", markup=False, soft_wrap=True)


def _target(report: Path | None, live: float | None) -> Path | None:
    """Where the report goes; None if there is none to write."""
    if report is None and live is None:
        return None
    path = report or Path(f"havklo-doctor-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.md")
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        hint = "--report takes a file in a folder that you may write to"
        raise ConfigurationError(f"{path} can't be written", hint=hint)
    return path


def _write(path: Path, text: str, console: "Console") -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path} can't be written: {error.strerror}") from error
    console.print(f"report: {path}", markup=False, soft_wrap=True)
