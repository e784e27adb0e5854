"""The check of the engine: it has to prove the order book that Kraken's documentation works through."""

from typing import Final

from havklo._engine import BookUpdate, Engine
from havklo.cli._doctor.check import Check
from havklo.errors import HavkloError

__all__ = ["engine"]

_SUM: Final = 3310070434
_ASKS: Final = (
    "45285.2 0.00100000, 45286.4 1.54571953, 45286.6 1.54571109, 45289.6 1.54560911, 45290.2 0.15890660, "
    "45291.8 1.54553491, 45294.7 0.04454749, 45296.1 0.35380000, 45297.5 0.09945542, 45299.5 0.18772827"
)
_BIDS: Final = (
    "45283.5 0.10000000, 45283.4 1.54582015, 45282.1 0.10000000, 45281.0 0.10000000, 45280.3 1.54592586, "
    "45279.0 0.07990000, 45277.6 0.03310103, 45277.5 0.30000000, 45277.3 1.54602737, 45276.6 0.15445238"
)


def engine(claimed: int = _SUM) -> Check:
    """Whether the engine proves a book whose checksum is known.

    Args:
        claimed: The checksum that is told to it.
    """
    under_test = Engine()
    under_test.track("BTC/USD", 10)
    try:
        outcome = under_test.receive(_frame(claimed), 0)
    except HavkloError as error:
        outcome, detail = None, error.message
    else:
        detail = getattr(outcome, "detail", "nothing came out of it")
    figures = {"module": Engine.__module__, "checksum": claimed}
    if type(outcome) is BookUpdate:
        proven = f"proves the book of Kraken's documentation, checksum {claimed}"
        return Check(name="engine", outcome="ok", detail=proven, figures=figures)
    return Check(
        name="engine",
        outcome="fail",
        detail=f"does not prove the book of Kraken's documentation: {detail}",
        advice="the compiled part does not fit this machine: pip install --force-reinstall havklo",
        figures=figures,
    )


def _frame(claimed: int) -> bytes:
    bids, asks = (
        ",".join('{{"price":{},"qty":{}}}'.format(*level.split()) for level in side.split(","))
        for side in (_BIDS, _ASKS)
    )
    return (
        f'{{"channel":"book","type":"snapshot","data":[{{"symbol":"BTC/USD","bids":[{bids}],"asks":[{asks}],'
        f'"checksum":{claimed},"timestamp":"2023-10-06T17:35:55.440295Z"}}]}}'
    ).encode()
