"""`havklo ohlc`: candles of one or several symbols, drawn and in figures."""

import contextlib
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self, final

from cyclopts import App, Parameter

from havklo._run import run
from havklo.channels import ohlc as ohlc_channel
from havklo.cli._checks import check_seconds
from havklo.cli._feed import VENUES, FeedStage, JsonStage, LineStage, able, check_count, follow, venue_of
from havklo.cli._output import results
from havklo.cli._view import number
from havklo.events import Candle

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["app", "ohlc"]

_KEPT: Final = 400  # candles a symbol: more than any terminal is wide

_MORE: Final = f"""\
It begins with the candles that Kraken still has; the last one is still forming,
and comes again with each of its changes. Where no terminal is, it prints a line
for each. It runs until Ctrl-C.

--json prints one object a line; prices and quantities are texts with every
digit that Kraken sent.

{VENUES}
Examples:
  havklo ohlc BTC/USD
  havklo ohlc BTC/USD ETH/USD --interval 60
  havklo ohlc BTC/USD --venue sim --json --count 10
"""

app: App = App(name="ohlc", usage="Usage: havklo ohlc SYMBOL... [OPTIONS]", help_epilogue=_MORE)


@app.default
def ohlc(
    symbol: str,
    /,
    *more: str,
    interval: Annotated[Literal[1, 5, 15, 30, 60, 240, 1440, 10080, 21600], Parameter(metavar="MINUTES")] = 1,
    venue: Annotated[str, Parameter(metavar="live|sim|URL")] = "live",
    seconds: Annotated[float | None, Parameter(metavar="N")] = None,
    count: Annotated[int | None, Parameter(metavar="N")] = None,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Show candles.

    Args:
        symbol: A pair, such as BTC/USD; XBTUSD is understood, too.
        more: More pairs.
        interval: The minutes of a candle: 1, 5, 15, 30, 60, 240, 1440, 10080 or 21600.
        venue: Where they come from: live, sim, or the URL of a public endpoint.
        seconds: End after so many seconds.
        count: End after so many messages, those of the past included.
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
    code = 0
    with contextlib.suppress(KeyboardInterrupt), _open_stage(json=json) as stage:
        code = run(follow(chosen, ohlc_channel(*symbols, interval=interval), stage, seconds=seconds, count=count))
    return code


def _open_stage(*, json: bool) -> FeedStage[Candle]:
    if json:
        return JsonStage()
    console = results()
    return ChartStage(console) if able(console) else LineStage(console, plain)


@final
class ChartStage:
    """A chart and a table a symbol, updated in place; the last picture stays on the screen."""

    def __init__(self, console: "Console") -> None:
        from rich.live import Live  # noqa: PLC0415 - only who has a terminal pays for it

        self._console = console
        self._candles: dict[str, dict[str, Candle]] = {}
        self._changed = False
        self._live = Live(console=console, auto_refresh=False, vertical_overflow="crop")

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.draw()
        self._live.stop()

    def take(self, event: Candle) -> None:
        """Put it into its place."""
        candles = self._candles.setdefault(event.symbol, {})
        candles[event.interval_begin] = event
        if len(candles) > _KEPT:
            del candles[min(candles)]  # such stamps sort as they follow each other
        self._changed = True

    def draw(self) -> None:
        """Draw the pictures, if anything in them has changed."""
        if self._changed:
            from rich.text import Text  # noqa: PLC0415

            from havklo.cli._candles import picture  # noqa: PLC0415

            self._changed = False
            width, height = self._console.size
            room = max(1, (height - 1) // len(self._candles))
            pictures = [
                picture(
                    symbol, sorted(candles.values(), key=lambda each: each.interval_begin), width=width, height=room
                )
                for symbol, candles in self._candles.items()
            ]
            self._live.update(Text("\n").join(pictures), refresh=True)


def plain(event: Candle) -> str:
    """A candle as a line of ASCII."""
    prices = " ".join(f"{name} {number(getattr(event, name))}" for name in ("open", "high", "low", "close"))
    traded = f"volume {number(event.volume)} in {event.trades} trades"
    return f"{event.interval_begin} {event.symbol} {event.interval} min {prices} | {traded}"
