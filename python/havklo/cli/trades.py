"""`havklo trades`: the trades of one or several symbols as they happen."""

import contextlib
from collections import deque
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Final, Self, TypeAlias, final

from cyclopts import App, Parameter

from havklo._protocol.stamps import epoch_ns
from havklo._run import run
from havklo.channels import trade
from havklo.cli import _palette as palette
from havklo.cli._checks import check_seconds
from havklo.cli._feed import VENUES, FeedStage, JsonStage, able, check_count, follow, venue_of
from havklo.cli._output import results
from havklo.cli._view import clock_text, number
from havklo.cli._view import count as how_many
from havklo.events import Trade, TradeGap

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["app", "trades"]

Event: TypeAlias = Trade | TradeGap

_SCALE: Final = 200  # of so many trades the largest fills the bar
_BAR: Final = 24
_BLOCKS: Final = " ▏▎▍▌▋▊▉█"

_MORE: Final = f"""\
Each line is a trade: its time, the symbol, the side of who took, the price, the
quantity, and a bar that compares quantities. Kraken numbers the trades of each
symbol, so a lost one is noticed: it is taken from a later snapshot ("repair"),
or what is missing is said in a line of its own. It runs until Ctrl-C.

--json prints one object a line: event is trade or trade_gap; prices and
quantities are texts with every digit that Kraken sent.

{VENUES}
Examples:
  havklo trades BTC/USD
  havklo trades BTC/USD ETH/USD --snapshot --venue sim
  havklo trades XBTUSD --json --count 100
"""

app: App = App(name="trades", usage="Usage: havklo trades SYMBOL... [OPTIONS]", help_epilogue=_MORE)


@app.default
def trades(
    symbol: str,
    /,
    *more: str,
    snapshot: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    venue: Annotated[str, Parameter(metavar="live|sim|URL")] = "live",
    seconds: Annotated[float | None, Parameter(metavar="N")] = None,
    count: Annotated[int | None, Parameter(metavar="N")] = None,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Show trades as they happen.

    Args:
        symbol: A pair, such as BTC/USD; XBTUSD is understood, too.
        more: More pairs.
        snapshot: Begin with the last 50 trades of each.
        venue: Where they come from: live, sim, or the URL of a public endpoint.
        seconds: End after so many seconds.
        count: End after so many trades.
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
        code = run(follow(chosen, trade(*symbols, snapshot=snapshot), stage, seconds=seconds, count=count))
    return code


def _open_stage(*, json: bool) -> FeedStage[Event]:
    if json:
        return JsonStage()
    console = results()
    return TapeStage(console, coloured=able(console))


@final
class TapeStage:
    """Trades as lines that scroll: with colours and bars on a terminal, plain elsewhere.

    Args:
        console: Where to.
        coloured: Whether it is a terminal.
    """

    def __init__(self, console: "Console", *, coloured: bool) -> None:
        self._console = console
        self._coloured = coloured
        self._taken: list[Event] = []
        self._sizes: dict[str, deque[Decimal]] = {}
        self._widths = {"symbol": 7, "price": 8, "qty": 10}
        self._trades = 0
        self._missing: list[TradeGap] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.draw()
        if self._trades or self._missing:
            said = f"{how_many(self._trades, 'trade')}, {how_many(len(self._missing), 'gap')}"
            self._console.print(said, markup=False, soft_wrap=True)

    def take(self, event: Event) -> None:
        """Keep an event for the next drawing."""
        self._taken.append(event)
        if isinstance(event, TradeGap):
            self._missing.append(event)
        else:
            self._trades += 1

    def draw(self) -> None:
        """Print what has been kept."""
        for event in self._taken:
            if not self._coloured:
                self._console.file.write(f"{plain(event)}\n")
            elif isinstance(event, TradeGap):
                self._console.print(plain(event), style=f"bold {palette.WARN}", markup=False, soft_wrap=True)
            else:
                self._console.print(self._line(event), no_wrap=True, overflow="crop")
        self._taken.clear()
        self._console.file.flush()

    def _line(self, event: Trade) -> "Text":
        from rich.text import Text  # noqa: PLC0415 - only who has a terminal pays for it

        sizes = self._sizes.setdefault(event.symbol, deque(maxlen=_SCALE))
        sizes.append(event.qty)
        cells = {"symbol": event.symbol, "price": number(event.price), "qty": number(event.qty)}
        for name, cell in cells.items():
            self._widths[name] = max(self._widths[name], len(cell))
        bought = event.side == "buy"
        colour, bar = (palette.BID, palette.BID_BAR) if bought else (palette.ASK, palette.ASK_BAR)
        return Text.assemble(
            (clock_text(_moment(event)), palette.FAINT),
            (f"  {cells['symbol']:{self._widths['symbol']}}", palette.SOFT),
            (f"  {event.side:4}", colour),
            (f"  {cells['price']:>{self._widths['price']}}", f"bold {colour}"),
            (f"  {cells['qty']:>{self._widths['qty']}}  ", palette.BRIGHT),
            (f"{_bar(event.qty, max(sizes)):{_BAR}}", bar),
            (_aside(event), palette.FAINT),
        )


def plain(event: Event) -> str:
    """An event as a line of ASCII."""
    if isinstance(event, TradeGap):
        which = f"trade {event.first}" if event.first == event.last else f"trades {event.first} to {event.last}"
        which = which if event.count is not None else f"trades up to {event.last}"
        what = f"{which} missing" if event.last is not None else f"trades from {event.first} on missing"
        return f"{clock_text(event.recv_ns)} {event.symbol} GAP: {what}: {event.reason}"
    said = f"{event.side} {number(event.qty)} at {number(event.price)}, {event.ord_type} #{event.trade_id}"
    return f"{clock_text(_moment(event))} {event.symbol} {said}{_aside(event)}"


def _moment(event: Trade) -> int:
    """When it happened; when it came, if nobody says."""
    return epoch_ns(event.timestamp) or event.recv_ns


def _aside(event: Trade) -> str:
    return "" if event.source == "live" else f" ({event.source})"


def _bar(qty: Decimal, largest: Decimal) -> str:
    """A bar as long as the quantity's root is of the largest one's: sizes differ by powers of ten."""
    eighths = round(float(qty / largest) ** 0.5 * _BAR * 8) if largest else 0
    return "█" * (eighths // 8) + _BLOCKS[eighths % 8].strip()
