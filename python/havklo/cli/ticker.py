"""`havklo ticker`: the best prices, the last trade and the last 24 hours of one or several symbols."""

import contextlib
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self, final

from cyclopts import App, Parameter

from havklo._run import run
from havklo.channels import ticker as ticker_channel
from havklo.cli import _palette as palette
from havklo.cli._checks import check_seconds
from havklo.cli._feed import VENUES, FeedStage, JsonStage, LineStage, able, check_count, follow, venue_of
from havklo.cli._output import results
from havklo.cli._view import clock_text, number, quantity
from havklo.events import Ticker

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

__all__ = ["app", "ticker"]

_UP: Final = "▲"
_DOWN: Final = "▼"
_NAMES: Final = ("symbol", "last", "bid", "ask", "spread", "24 h", "low", "high", "volume", "trades")

_MORE: Final = f"""\
One row a symbol, updated in place: {_UP} and {_DOWN} mark what has risen or fallen since
the row's last change. Volume is of 24 hours and in units of the base asset.
Where no terminal is, it prints a line for each message. It runs until Ctrl-C.

--json prints one object a line; prices and quantities are texts with every
digit that Kraken sent.

{VENUES}
Examples:
  havklo ticker BTC/USD ETH/USD
  havklo ticker BTC/USD --event-trigger bbo --venue sim
  havklo ticker XBTUSD --json --count 1
"""

app: App = App(name="ticker", usage="Usage: havklo ticker SYMBOL... [OPTIONS]", help_epilogue=_MORE)


@app.default
def ticker(
    symbol: str,
    /,
    *more: str,
    event_trigger: Annotated[Literal["trades", "bbo"], Parameter(metavar="trades|bbo")] = "trades",
    venue: Annotated[str, Parameter(metavar="live|sim|URL")] = "live",
    seconds: Annotated[float | None, Parameter(metavar="N")] = None,
    count: Annotated[int | None, Parameter(metavar="N")] = None,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Show best prices, last trades and the last 24 hours.

    Args:
        symbol: A pair, such as BTC/USD; XBTUSD is understood, too.
        more: More pairs.
        event_trigger: What makes it speak: every trade, or every change of the best bid and ask.
        venue: Where it comes from: live, sim, or the URL of a public endpoint.
        seconds: End after so many seconds.
        count: End after so many messages.
        json: One JSON object a line.

    Returns:
        The exit code: 2 if some of the symbols could not be had.

    Raises:
        ConfigurationError: A value that can't be.
        HavkloError: Nothing could be subscribed, or it was lost for good.
    """
    check_seconds(seconds)
    check_count(count)
    symbols = (symbol, *more)
    chosen = venue_of(venue, symbols)
    channel = ticker_channel(*symbols, event_trigger=event_trigger)
    code = 0
    with contextlib.suppress(KeyboardInterrupt), _open_stage(json=json) as stage:
        code = run(follow(chosen, channel, stage, seconds=seconds, count=count))
    return code


def _open_stage(*, json: bool) -> FeedStage[Ticker]:
    if json:
        return JsonStage()
    console = results()
    return TableStage(console) if able(console) else LineStage(console, plain)


@final
class TableStage:
    """A table that is updated in place, and stays on the screen at the end."""

    def __init__(self, console: "Console") -> None:
        from rich.live import Live  # noqa: PLC0415 - only who has a terminal pays for it

        self._latest: dict[str, Ticker] = {}
        self._marks: dict[tuple[str, str], int] = {}
        self._changed = False
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.draw()
        self._live.stop()

    def take(self, event: Ticker) -> None:
        """Put it into its row, and note what has risen and fallen."""
        before = self._latest.get(event.symbol)
        self._latest[event.symbol] = event
        self._changed = True
        if before is not None:
            for name in ("last", "bid", "ask"):
                change = getattr(event, name) - getattr(before, name)
                if change:
                    self._marks[event.symbol, name] = 1 if change > 0 else -1

    def draw(self) -> None:
        """Draw the table, if anything in it has changed."""
        if self._changed:
            self._changed = False
            self._live.update(self._table(), refresh=True)

    def _table(self) -> "Table":
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=palette.FAINT)
        for name in _NAMES:
            table.add_column(name, justify="left" if name == "symbol" else "right", no_wrap=True)
        for symbol, event in self._latest.items():
            table.add_row(
                Text(symbol, style=palette.BRIGHT),
                *(self._price(symbol, name, getattr(event, name)) for name in ("last", "bid", "ask")),
                Text(number(event.ask - event.bid), style=palette.SOFT),
                Text(_percent(event.change_pct), style=_colour(event.change_pct)),
                Text(number(event.low), style=palette.SOFT),
                Text(number(event.high), style=palette.SOFT),
                Text(quantity(event.volume), style=palette.SOFT),
                Text("" if event.trades is None else f"{event.trades:,}", style=palette.SOFT),
            )
        return table

    def _price(self, symbol: str, name: str, price: Decimal) -> "Text":
        from rich.text import Text  # noqa: PLC0415

        mark = self._marks.get((symbol, name), 0)
        sign = {1: _UP, -1: _DOWN, 0: " "}[mark]
        return Text.assemble((number(price), f"bold {palette.BRIGHT}" if name == "last" else ""), (sign, _colour(mark)))


def plain(event: Ticker) -> str:
    """A ticker as a line of ASCII."""
    day = f"24 h {_percent(event.change_pct)} {number(event.low)} to {number(event.high)} volume {number(event.volume)}"
    best = f"bid {number(event.bid)} x {number(event.bid_qty)} ask {number(event.ask)} x {number(event.ask_qty)}"
    return f"{clock_text(event.recv_ns)} {event.symbol} last {number(event.last)} {best} | {day}"


def _percent(change: Decimal) -> str:
    return f"{change:+f} %"


def _colour(change: Decimal | int) -> str:
    return palette.BID if change > 0 else palette.ASK if change < 0 else palette.SOFT
