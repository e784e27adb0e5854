"""`havklo verify`: proves recorded frames once more."""

import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, final

import msgspec
from cyclopts import App, Parameter

from havklo.cli._output import complain, errors, results
from havklo.cli._proof import Verdict, prove
from havklo.errors import CaptureError, ConfigurationError

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["verify"]

_PATIENCE: Final = 2.0  # seconds without a progress bar
_MAX_DECIMALS: Final = 28

_MORE: Final = """\
A capture is a text file with one received frame a line, wrapped or bare:
  {"rx_ns": 1785644622178672600, "frame": {"channel": "book", ...}}
Symbols and depths come from the subscriptions that Kraken confirms in it. Level 2
(the book channel) and level 3 are proven alike, in one file, too.

What is counted:
  frames     book frames: snapshots and updates of the book and level3 channels
  verified   those whose checksum holds and that break no structural rule
  desyncs    those that do not; their book is given up until a snapshot
  ignored    those that came while their book was given up, or for no book
  frames/s   book frames a second, reading the file included
--json prints file, frames, verified, desyncs, ignored, frames_per_second.

Exit code: 0 if all is proven, 1 if a book desynced or nothing is proven, 2 if a
file could not be read to its end (the others are proven all the same).

Examples:
  havklo verify monday.jsonl tuesday.jsonl
  havklo verify --json captures/*.jsonl
  havklo verify --precision 1,8 parsed-through-floats.jsonl
"""


app: App = App(name="verify", usage="Usage: havklo verify FILE... [OPTIONS]", help_epilogue=_MORE)


@app.default
def verify(
    *files: Annotated[Path, Parameter(negative="")],
    depth: Annotated[Literal[10, 25, 100, 500, 1000] | None, Parameter(metavar="N")] = None,
    precision: Annotated[str | None, Parameter(metavar="P,Q")] = None,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Prove recorded frames once more.

    Args:
        files: The captures.
        depth: The depth of books whose subscription is not in the file; 10 if not given.
        precision: Decimals of price and quantity, to re-pad numbers that lost trailing zeros in floats.
        json: One JSON object per file and line instead of a table.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: The precision is no pair of numbers, or no file was named.
    """
    if not files:
        raise ConfigurationError("no file was named", hint="havklo verify FILE...")
    decimals = _decimals(precision)
    verdicts: list[Verdict] = []
    broken: list[CaptureError] = []
    with _ProgressBar(files) as bar:
        for index, file in enumerate(files):
            try:
                verdict = prove(str(file), depth=depth, precision=decimals, on_progress=bar.at(index))
            except CaptureError as error:
                broken.append(error)
                continue
            verdicts.append(verdict)
    if json:
        _print_json(verdicts)
    else:
        _print_table(verdicts)
    for each in broken:
        complain(each)
    return 2 if broken else int(any(verdict.desyncs or not verdict.verified for verdict in verdicts))


def _decimals(precision: str | None) -> tuple[int, int] | None:
    if precision is None:
        return None
    parts = [part.strip() for part in precision.split(",")]
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise ConfigurationError(
            f"{precision!r} is no precision",
            hint="it is two numbers such as 1,8: the decimals of price and quantity",
        )
    price, qty = (int(part) for part in parts)
    if max(price, qty) > _MAX_DECIMALS:
        raise ConfigurationError(f"a precision has at most {_MAX_DECIMALS} decimals, not {max(price, qty)}")
    return price, qty


def _print_json(verdicts: list[Verdict]) -> None:
    for verdict in verdicts:
        row = {
            "file": verdict.path,
            "frames": verdict.frames,
            "verified": verdict.verified,
            "desyncs": verdict.desyncs.total(),
            "ignored": verdict.ignored,
            "frames_per_second": verdict.frames_per_second,
        }
        print(msgspec.json.encode(row).decode())  # noqa: T201 - for programs: no console may wrap or colour it


def _print_table(verdicts: list[Verdict]) -> None:
    if not verdicts:
        return
    from rich.table import Table  # noqa: PLC0415 - not needed with --json
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("file", overflow="fold")
    table.add_column("symbol", overflow="fold")
    for name in ("depth", "frames", "verified", "desyncs", "ignored", "frames/s"):
        table.add_column(name, justify="right", no_wrap=True)
    for verdict in verdicts:
        desyncs = verdict.desyncs.total()
        table.add_row(
            verdict.path,
            _shortened([_named(*book) for book in verdict.depths]) or "none subscribed",
            _range(verdict.depths.values()),
            f"{verdict.frames:,}",
            Text(f"{verdict.verified:,}", style="green" if verdict.verified == verdict.frames else ""),
            Text(f"{desyncs:,}", style="bold red" if desyncs else ""),
            f"{verdict.ignored:,}",
            f"{verdict.frames_per_second:,}",
        )
    console = results()
    console.print(table)
    for verdict in verdicts:
        if not verdict.verified and verdict.first is None:
            console.print()
            console.print(f"{verdict.path}: nothing is proven: no snapshot is in it", markup=False, soft_wrap=True)
        if verdict.first is not None:
            first = verdict.first
            reasons = ", ".join(f"{count} by {reason}" for reason, count in verdict.desyncs.most_common())
            console.print()
            book = _named(first.channel, first.symbol)
            console.print(
                f"{verdict.path}:{first.line}: {book} desynced: {first.detail} ({reasons} in all)",
                markup=False,
                soft_wrap=True,
            )
            if verdict.hint:
                console.print(f"  hint: {verdict.hint}", markup=False, soft_wrap=True)


def _named(channel: str, symbol: str) -> str:
    """A book's name for people: its symbol, and its level where that is not the usual one."""
    return symbol if channel == "book" else f"{symbol} level 3"


def _shortened(symbols: list[str]) -> str:
    shown = ", ".join(symbols[:3])
    return f"{shown} and {len(symbols) - 3} more" if len(symbols) > 3 else shown


def _range(depths: Collection[int]) -> str:
    if not depths:
        return ""
    least, most = min(depths), max(depths)
    return str(least) if least == most else f"{least}-{most}"


@final
class _ProgressBar:
    """Shows how far the work is, if that takes long and somebody is watching."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._sizes = [file.stat().st_size if file.is_file() else 0 for file in files]
        self._names = [file.name for file in files]
        self._started = time.monotonic()
        self._progress: Progress | None = None

    def __enter__(self) -> "_ProgressBar":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def at(self, index: int) -> Callable[[int], None]:
        """The callback for one file."""
        before = sum(self._sizes[:index])
        return lambda position: self._show(self._names[index], before + position)

    def _show(self, name: str, done: int) -> None:
        if self._progress is None:
            if time.monotonic() - self._started < _PATIENCE:
                return
            self._progress = self._begin()
        self._progress.update(self._progress.task_ids[0], completed=done, description=name)

    def _begin(self) -> "Progress":
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        console = errors()
        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        progress.add_task("", total=sum(self._sizes))
        progress.start()
        return progress
