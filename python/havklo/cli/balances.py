"""`havklo balances`: what an account has."""

from typing import Final

from cyclopts import App

from havklo._run import run
from havklo.cli._order_lines import Lines
from havklo.cli._trading import PLACES, Json, KeyFile, Live, Place, Where, choose, trading

__all__ = ["app", "balances"]

_MORE: Final = f"""\
Every asset that the account has had, with each digit. --json prints one object
an asset.

{PLACES}
Examples:
  havklo balances
  havklo balances --venue ws://127.0.0.1:8900/v2
  havklo balances --live --key-file kraken.toml --json
"""

app: App = App(name="balances", usage="Usage: havklo balances [OPTIONS]", help_epilogue=_MORE)


@app.default
def balances(*, venue: Where = "sim", live: Live = False, key_file: KeyFile = None, json: Json = False) -> int:
    """Show an account's balances.

    Args:
        venue: Where: sim, or a simulator's URL.
        live: At Kraken itself.
        key_file: A TOML file with the API key.
        json: One JSON object a line.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: A value that can't be.
        HavkloError: The balances could not be had.
    """
    run(_show(choose(venue, live=live, key_file=key_file), json=json))
    return 0


async def _show(place: Place, *, json: bool) -> None:
    lines = Lines(place.name, json=json)
    async with trading(place) as kraken:
        found = sorted(kraken.balances.values(), key=lambda balance: balance.asset)
        width = max((len(balance.asset) for balance in found), default=0)
        for balance in found:
            lines.balance(balance, width)
