"""A simulated Kraken that runs on a laptop: real limit-order markets, Kraken's protocol, faults on demand.

From the inside out, each part in its own file:

    ladder      one side of a book: price levels with queues of orders
    market      price-time matching; an event is a row of steps
    agents      makers, takers and investors, seeded
    symbols     what is listed
    feed        steps → level-2 entries, one window per depth
    checksum    Kraken's sum, from its description alone
    wire        frames as bytes
    exchange    all markets and their true past, no I/O
    faults hub  what goes wrong on the way, and who gets which frame
    conversation  requests → answers, one per connection, no I/O
    server      the sockets
    simulator   the public face: a venue
    serve       the core of `havklo sim`

It shares no code with the engine that it judges: nothing here imports the engine, the session or the client.
"""

from havklo.sim.delivery.faults import Fault, FaultKind, Injection
from havklo.sim.serve import serve
from havklo.sim.simulator import Simulator, SimulatorStatistics

__all__ = ["Fault", "FaultKind", "Injection", "Simulator", "SimulatorStatistics", "serve"]
