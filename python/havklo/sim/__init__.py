"""A simulated Kraken that runs on a laptop: real limit-order markets, Kraken's protocol, faults on demand.

From the inside out, each part in its own folder or file:

    symbols       what is listed
    rules         what nobody knows for certain about Kraken, as options
    market        price-time matching of one pair; an event is a row of steps
    flow          who trades: makers, takers, investors, and those who know more; seeded
    channels      from steps, reports and ledger entries to messages
    wire          frames, the checksum, ids and moments as texts
    listing       one pair: its market, its crowd, its feeds
    exchange      all pairs, whose turn it is, and what state they are in
    accounts      a double-entry ledger, holds, margin, fees, rate counters, keys and tokens
    trading       the desk: orders of accounts from the request to the last report
    rest          the few REST calls that go with it
    conversation  requests → answers, one per connection
    delivery      who reads what, and everything that can go wrong on the way
    kraken        all of this joined, still without any I/O
    server        the sockets
    scenario      what happens when
    drive         the timers that let it all go on
    simulator     the public face: a venue
    service       the core of `havklo sim`
    report        what the markets are like, beside what was measured on real ones

It shares no code with the engine that it judges: nothing here imports the engine, the session or the client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from havklo.sim.delivery.faults import Fault, FaultKind, Injection
    from havklo.sim.rules import Rules, Texts
    from havklo.sim.service import serve
    from havklo.sim.simulator import Simulator, SimulatorStatistics

__all__ = ["Fault", "FaultKind", "Injection", "Rules", "Simulator", "SimulatorStatistics", "Texts", "serve"]

_HOME = {
    "Fault": "delivery.faults",
    "FaultKind": "delivery.faults",
    "Injection": "delivery.faults",
    "Rules": "rules",
    "Simulator": "simulator",
    "SimulatorStatistics": "simulator",
    "Texts": "rules",
    "serve": "service",
}


def __getattr__(name: str) -> Any:
    """Load a public name's module when it is asked for: one part can be had without all others."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
