"""`havklo study`: research on queues and fill probabilities, from a capture or the simulator to one page."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, final

from cyclopts import App, Parameter

from havklo.cli._output import errors, results
from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.progress import Progress

    from havklo.analytics.scores import Interval
    from havklo.study import Contest, QueueReport, Tape

__all__ = ["app", "queue"]

_PATIENCE: Final = 2.0  # seconds without a progress bar
_TITLE: Final = "report"

_MORE: Final = """\
queue places a shadow order every second at the back of both best prices and
one price deeper, asks each model how likely it is to be filled, and sees what
becomes of it. The first half of the time only teaches, the second is scored.
--out DIR writes report.html, which needs nothing else, its pictures as PNG files,
and report.json with all that they show. That needs matplotlib:
pip install 'havklo[research]'

Examples:
  havklo study queue sim --minutes 30 --seed 3 --out simulated
  havklo study queue monday.jsonl --within 1 10 60 --out monday
  havklo study queue sim --minutes 2 --json
"""

_QUEUE_MORE: Final = """\
A capture is a text file with one received frame a line, of the level3 channel
and of the trade channel. Without trades it is not known whether the first
order of the best price was filled or canceled.

Examples:
  havklo study queue sim --minutes 30 --seed 3 --out simulated
  havklo study queue monday.jsonl --within 1 10 60 --out monday
  havklo study queue sim --minutes 2 --json
"""

app: App = App(name="study", usage="Usage: havklo study queue FILE|sim [OPTIONS]", help_epilogue=_MORE)


@app.command(name="queue", usage="Usage: havklo study queue FILE|sim [OPTIONS]", help_epilogue=_QUEUE_MORE)
def queue(
    source: Annotated[str, Parameter(metavar="FILE|sim")],
    /,
    *,
    minutes: Annotated[float | None, Parameter(metavar="N")] = None,
    messages: Annotated[int | None, Parameter(metavar="N")] = None,
    symbol: Annotated[str | None, Parameter(metavar="SYMBOL")] = None,
    depth: Annotated[Literal[10, 100, 1000] | None, Parameter(metavar="N")] = None,
    seed: Annotated[int | None, Parameter(metavar="S")] = None,
    within: Annotated[Sequence[float], Parameter(metavar="SECONDS", negative="", consume_multiple=True)] = (
        1.0,
        5.0,
        30.0,
    ),
    out: Annotated[Path | None, Parameter(metavar="DIR")] = None,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Study the queues of one symbol, and how good fill probabilities are on it.

    Args:
        source: A capture, or sim: a simulated market in virtual time.
        minutes: How much of the simulated market; 10 if nothing is said.
        messages: After so many messages of its book it ends.
        symbol: Which symbol; BTC/USD of the simulator, the first one of a capture.
        depth: Price levels; 100 of the simulator, of a capture only if it does not tell.
        seed: The simulator's seed; 7 if not given.
        within: The horizons, one to six.
        out: A folder for the page and its pictures.
        json: One JSON object instead of tables.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: A value that can't be, no matplotlib, or a place that can't be written to.
        CaptureError: The capture can't be read.
    """
    # All this takes a while to load, so that --help does without.
    from havklo.study import encode, study  # noqa: PLC0415

    if out is not None:
        _check_matplotlib()
    tape = _tape(source, minutes=minutes, messages=messages, symbol=symbol, depth=depth, seed=seed)
    with _ProgressBar(f"{tape.source.symbol}") as bar:
        report = study(tape, within=within, on_progress=bar.show)
    written = [] if out is None else _write(report, out)
    if json:
        print(encode(report).decode())  # noqa: T201 - for programs: no console may wrap or colour it
    else:
        _tell(report, written)
    return 0


def _tape(
    source: str,
    *,
    minutes: float | None,
    messages: int | None,
    symbol: str | None,
    depth: int | None,
    seed: int | None,
) -> "Tape":
    from havklo.study import Recorded, Simulated  # noqa: PLC0415

    if source != "sim":
        if minutes is not None or messages is not None or seed is not None:
            raise ConfigurationError(
                "--minutes, --messages and --seed are about the simulator", hint="havklo study queue sim"
            )
        return Recorded(source, symbol=symbol, depth=depth)
    return Simulated(
        minutes,
        messages=messages,
        symbol=symbol or "BTC/USD",
        depth=depth or 100,
        seed=7 if seed is None else seed,
    )


def _check_matplotlib() -> None:
    """Refuse before the work rather than after it.

    Raises:
        ConfigurationError: It is not installed.
    """
    from havklo.study.charts import check  # noqa: PLC0415

    check()


def _write(report: "QueueReport", place: Path) -> list[Path]:
    from havklo.study import encode  # noqa: PLC0415
    from havklo.study.charts import charts  # noqa: PLC0415
    from havklo.study.page import page  # noqa: PLC0415

    drawn = charts(report)
    files = {f"{_TITLE}.html": page(report, drawn).encode(), f"{_TITLE}.json": encode(report) + b"\n"}
    files |= {f"{chart.name}.png": chart.png() for chart in drawn}
    written = [place / name for name in files]
    try:
        place.mkdir(parents=True, exist_ok=True)
        for path, content in zip(written, files.values(), strict=True):
            path.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"can't write to {place}: {error.strerror or error}") from error
    return written


def _tell(report: "QueueReport", written: list[Path]) -> None:
    from havklo.study.page import facts  # noqa: PLC0415

    console = results()
    console.print(f"{report.source.symbol}, {facts(report)}", markup=False, soft_wrap=True)
    for warning in report.warnings:
        console.print(f"note: {warning}", markup=False, soft_wrap=True, style="yellow")
    for contest in report.contests:
        console.print()
        console.print(_line(contest), markup=False, soft_wrap=True, style="bold")
        for warning in contest.warnings:
            console.print(f"note: {warning}", markup=False, soft_wrap=True, style="yellow")
        if not contest.is_thin:
            console.print(_table(contest))
    if written:
        console.print()
        for path in written:
            console.print(f"written: {path}", markup=False, soft_wrap=True)


def _line(contest: "Contest") -> str:
    filled = "" if contest.filled is None else f", {contest.filled:.1%} filled"
    return f"within {contest.within:g} s: {contest.cases:,} shadow orders{filled}"


def _table(contest: "Contest") -> Any:
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("model", no_wrap=True)
    for name in ("Brier", "log-loss", "calibration error", "bias", "Brier less base rate"):
        table.add_column(name, justify="right", no_wrap=True)
    for score in contest.scores:
        table.add_row(
            score.model,
            _cell(score.brier, "{:.4f}"),
            _cell(score.log_loss, "{:.3f}"),
            _cell(score.calibration_error, "{:.3f}"),
            _cell(score.bias, "{:+.3f}"),
            _cell(score.brier_less_base, "{:+.4f}"),
        )
    return table


def _cell(interval: "Interval", form: str) -> str:
    from rich.markup import escape  # noqa: PLC0415

    return escape(f"{form.format(interval.mean)} [{form.format(interval.low)}, {form.format(interval.high)}]")


@final
class _ProgressBar:
    """Shows how far the work is, if that takes long and somebody is watching."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._started = time.monotonic()
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, part: float) -> None:
        """Show that this part of the work is done, from 0 to 1."""
        if self._progress is None:
            if time.monotonic() - self._started < _PATIENCE:
                return
            self._progress = self._begin()
        self._progress.update(self._progress.task_ids[0], completed=part)

    def _begin(self) -> "Progress":
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        console = errors()
        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        progress.add_task(self._name, total=1.0)
        progress.start()
        return progress
