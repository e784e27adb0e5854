"""The gateway behind `havklo serve`: the browser apps, and the market that they show, on one local port.

From the outside in, each part in its own file:

    gateway     all of this on one port
    guard       who may ask: the token of this start, the page's origin, the host's name
    refusals    how a refusal looks as JSON or as a page
    apps        the built apps as files, with what a browser has to be told about them
    sources     where the market comes from: the simulator, Kraken, or a recording
    relay       `/v2`: a page's connection and Kraken's, joined
    conflation  what a page that reads too slowly is sent in place of everything
    queues      `/relay`: what needs an API key, which stays on this side
    faults      `/sim/faults`: what a page may ask the simulator to do wrong
    figures     `/health` and `/metrics`

It stands on the client's public API, and on the simulator's.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from havklo.serve.gateway import Gateway
    from havklo.serve.sources import Source, live, recorded, simulated

__all__ = ["Gateway", "Source", "live", "recorded", "simulated"]

_HOME = {"Gateway": "gateway", "Source": "sources", "live": "sources", "recorded": "sources", "simulated": "sources"}


def __getattr__(name: str) -> Any:
    """Load a public name's module when it is asked for: aiohttp takes a while."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
