"""`havklo kill`: cancels every open order of an account, now."""

from typing import Annotated, Final

from cyclopts import App, Parameter

from havklo._run import run
from havklo.cli._order_lines import Lines
from havklo.cli._trading import PLACES, Json, KeyFile, Live, Place, Where, Yes, choose, confirm, trading

__all__ = ["app", "kill"]

_MORE: Final = f"""\
It cancels all open orders of the account, whoever has placed them. Programs
that go on trading place new ones: stop them first. Inside a program,
kraken.orders.kill() also locks the program's own orders.

{PLACES}
Examples:
  havklo kill --venue ws://127.0.0.1:8900/v2
  havklo kill --live --yes
"""

app: App = App(name="kill", usage="Usage: havklo kill [OPTIONS]", help_epilogue=_MORE)


@app.default
def kill(
    *,
    reason: Annotated[str, Parameter(metavar="TEXT")] = "havklo kill",
    venue: Where = "sim",
    live: Live = False,
    yes: Yes = False,
    key_file: KeyFile = None,
    json: Json = False,
) -> int:
    """Cancel every open order of an account.

    Args:
        reason: What for; it is shown.
        venue: Where: sim, or a simulator's URL.
        live: At Kraken itself.
        yes: Confirm it beforehand.
        key_file: A TOML file with the API key.
        json: One JSON object a line.

    Returns:
        The exit code: 2 if an order is open all the same.

    Raises:
        ConfigurationError: A value that can't be, or no confirmation.
        HavkloError: It could not be done.
    """
    place = choose(venue, live=live, key_file=key_file)
    confirm(place, "all open orders of the account are about to be canceled", yes=yes)
    return run(_kill(place, reason, json=json))


async def _kill(place: Place, reason: str, *, json: bool) -> int:
    lines = Lines(place.name, json=json)
    async with trading(place) as kraken:
        before = list(kraken.orders.open.values())
        await kraken.orders.kill(reason)
        for order in before:
            lines.order(order)
        left = len(kraken.orders.open)
        canceled = len(before) - left
        lines.say("killed", f"{canceled} canceled, {left} open: {reason}", canceled=canceled, open=left, reason=reason)
        return 2 if left else 0
