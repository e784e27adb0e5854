"""The command line's root. Each command stands in its own file, which is imported when it is called."""

from typing import Final

from cyclopts import App

__all__ = ["app"]

_EXAMPLES: Final = """\
Examples:

  havklo demo                        a simulated book proves itself, breaks and
                                     heals; no network is needed
  havklo book BTC/USD --depth 25     the live book
  havklo trades BTC/USD ETH/USD      trades as they happen; ticker and ohlc, too
  havklo order place BTC/USD buy --qty 0.01 --type market
                                     an order with play money; order list,
                                     order cancel, balances and kill, too
  havklo sim                         a simulated Kraken to connect a program to
  havklo serve                       the browser apps, on this machine
  havklo verify capture.jsonl        prove recorded frames once more
  havklo study queue sim             queues and fill probabilities, as one page
  havklo doctor                      what works here, and what to do about the
                                     rest

havklo COMMAND --help tells more about each.
"""


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - only --version needs it

    return version("havklo")


app: App = App(
    name="havklo",
    help="Kraken order books that prove themselves, on every message.",
    help_epilogue=_EXAMPLES,
    help_format="plaintext",
    version=_version,
    version_format="plaintext",
    suppress_keyboard_interrupt=False,
    result_action="return_value",
)

app.command("havklo.cli.demo:app", name="demo", help="Watch a simulated book prove itself, break and heal.")
app.command("havklo.cli.book:app", name="book", help="Show an order book live, with its proof.")
app.command("havklo.cli.trades:app", name="trades", help="Show trades as they happen.")
app.command("havklo.cli.ticker:app", name="ticker", help="Show best prices, last trades and the last 24 hours.")
app.command("havklo.cli.ohlc:app", name="ohlc", help="Show candles.")
app.command("havklo.cli.order:app", name="order", help="Place, change, cancel and list orders.")
app.command("havklo.cli.balances:app", name="balances", help="Show an account's balances.")
app.command("havklo.cli.kill:app", name="kill", help="Cancel every open order of an account, now.")
app.command("havklo.cli.sim:app", name="sim", help="Run a simulated Kraken on this machine.")
app.command("havklo.cli.serve:app", name="serve", help="Serve the browser apps and their market.")
app.command("havklo.cli.verify:app", name="verify", help="Prove recorded frames once more.")
app.command("havklo.cli.study:app", name="study", help="Study queues, and how good fill probabilities are.")
app.command("havklo.cli.doctor:app", name="doctor", help="Check this machine and the way to Kraken.")
