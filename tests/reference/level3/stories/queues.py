"""What messages do to queues: orders come, are filled, leave, move; levels come in from outside and are pushed out."""

from reference.level3.documented import ASKS, BIDS, SUM
from reference.level3.market import NOW, Market, add, bitcoin, deep, delete, ether, modify
from reference.level3.story import Chapter, Story

QUEUES = Chapter()

ETH = {"symbol": "ETH/USD", "depth": 10}
XRP = {"symbol": "XRP/USD", "depth": 100}
BID = [order_id for order_id, *_ in BIDS]
ASK = [order_id for order_id, *_ in ASKS]
"""The ids of the documented book: BID[0:8] share the best price, ASK[0:4] the best ask."""


def _live(story: Story) -> Market:
    market = bitcoin()
    story.lives(market.snapshot())
    return market


@QUEUES.story("the documented snapshot")
def _(story: Story) -> None:
    """Kraken's own example: every order of ten levels is in the sum, in the order of its queue."""
    update = story.lives(bitcoin().snapshot())
    assert update.checksum == SUM
    story.reads("BTC/USD", "live")


@QUEUES.story("an order is added at the back")
def _(story: Story) -> None:
    """A new order is the last at its price, whatever its quantity; at a new price it is the first."""
    market = _live(story)
    story.lives(market.update(bids=[add("ONEW-1", "44939.4", "0.00000001")]), "new")
    story.lives(market.update(bids=[add("ONEW-2", "44939.4", "99.00000000")]), "new")
    story.lives(market.update(asks=[add("ONEW-3", "44978.5", "0.10000000")]), "new")
    story.reads("BTC/USD", "live")


@QUEUES.story("an order is filled in part")
def _(story: Story) -> None:
    """The quantity falls while the timestamp stays: a fill, and the place is kept."""
    market = _live(story)
    story.lives(market.update(bids=[modify(BID[0], "0.50000000")]), "fill")
    story.lives(market.update(bids=[modify(BID[0], "0.00000001")]), "fill")
    # Nothing forbids that one further back is told of; where it stands is its own affair.
    story.lives(market.update(bids=[modify(BID[4], "0.24000000")]), "fill")
    story.reads("BTC/USD", "live")


@QUEUES.story("an order leaves")
def _(story: Story) -> None:
    """The first of the best level may have been traded; any other can only have been cancelled."""
    market = _live(story)
    story.lives(market.update(bids=[delete(BID[0])]), "unknown")
    story.lives(market.update(bids=[delete(BID[3])]), "cancel")
    story.lives(market.update(bids=[delete(BID[1]), delete(BID[2])]), "unknown", "unknown")
    story.lives(market.update(bids=[delete(BID[7])]), "cancel")
    # The first at its price, but not at the best one.
    story.lives(market.update(bids=[delete(BID[10])]), "cancel")
    story.lives(market.update(asks=[delete(ASK[0])]), "unknown")
    story.reads("BTC/USD", "live")


@QUEUES.story("a whole level leaves, and the next one comes in")
def _(story: Story) -> None:
    """Every order of the level that enters from outside comes as an add; none of them is new."""
    market = _live(story)
    entering = [add("OUT-1", "44900.1", "0.40000000"), add("OUT-2", "44900.1", "0.30000000")]
    story.lives(market.update(bids=[delete(BID[8]), *entering]), "cancel", "edge", "edge")
    # A level of several orders leaves one by one, and only the last takes it away.
    leaving = [delete(order) for order in ASK[:4]]
    entering = [add("OUT-3", "44990.0", "1.00000000"), add("OUT-4", "44990.0", "1.00000000")]
    story.lives(market.update(asks=[*leaving, *entering]), *["unknown"] * 4, "edge", "edge")
    # In a message of its own the same would be a new order.
    story.lives(market.update(asks=[add("ONEW-1", "44990.0", "1.00000000")]), "new")
    story.reads("BTC/USD", "live")


@QUEUES.story("a taker sweeps two levels")
def _(story: Story) -> None:
    """An entry per order, and after each level that went the one that came in; the last order is only filled."""
    market = _live(story)
    first = [delete(order) for order in ASK[:4]]
    first.append(add("OUT-1", "44980.0", "0.10000000"))
    second = [delete(ASK[4]), add("OUT-2", "44981.0", "0.20000000"), add("OUT-3", "44981.0", "0.30000000")]
    last = [modify(ASK[5], "0.00000001")]
    reasons = [*["unknown"] * 4, "edge", "unknown", "edge", "edge", "fill"]
    story.lives(market.update(asks=[*first, *second, *last]), *reasons)
    story.reads("BTC/USD", "live")


@QUEUES.story("an order comes between, and a level is pushed out")
def _(story: Story) -> None:
    """Nobody tells of the orders that the window has lost; whoever reads has to forget them at the message's end."""
    market = _live(story)
    update = story.lives(market.update(bids=[add("ONEW-1", "44938.0", "0.10000000")]), "new")
    assert update.pushed_out == (BID[20],)
    # Told of again as it comes in later, it is the same order, and not a repeated one.
    returns = add(BID[20], "44901.9", "0.00088982", "2024-01-08T12:26:42.883315043Z")
    story.lives(market.update(bids=[delete("ONEW-1"), returns]), "cancel", "edge")
    story.reads("BTC/USD", "live")


@QUEUES.story("a level is pushed out and changes before the message ends")
def _(story: Story) -> None:
    """Beyond the depth, orders are held until the message ends, and may be told of until then."""
    market = _live(story)
    inserted = add("ONEW-1", "44938.0", "0.10000000")
    story.lives(market.update(bids=[inserted, delete(BID[20])]), "new", "cancel")
    market = _live(story)
    story.lives(market.update(bids=[inserted, modify(BID[20], "0.00000002")]), "new", "fill")
    market = _live(story)
    joins = add("ONEW-2", "44901.9", "0.50000000")
    update = story.lives(market.update(bids=[inserted, joins]), "new", "new")
    assert update.pushed_out == (BID[20], "ONEW-2")
    story.reads("BTC/USD", "live")


@QUEUES.story("a refill is pushed out and comes back")
def _(story: Story) -> None:
    """What level 2 was seen to do: a refill that an insert has pushed out is sent again after the next delete."""
    market = _live(story)
    refill = [add("OUT-1", "44900.1", "0.40000000"), add("OUT-2", "44900.1", "0.30000000")]
    again = [
        add("OUT-1", "44900.1", "0.40000000", "2026-08-02T04:23:42.000000002Z"),
        add("OUT-2", "44900.1", "0.30000000", "2026-08-02T04:23:42.000000002Z"),
    ]
    entries = [
        delete(BID[8]),
        *refill,
        add("ONEW-1", "44938.0", "0.10000000"),
        delete(BID[9]),
        *again,
    ]
    story.lives(market.update(bids=entries), "cancel", "edge", "edge", "new", "cancel", "edge", "edge")
    story.reads("BTC/USD", "live")


@QUEUES.story("an order gets a new price, told as one modify")
def _(story: Story) -> None:
    """It stands at the end of the new price's queue: of a level that is there, or of one that comes with it."""
    market = _live(story)
    story.lives(market.update(bids=[modify(BID[0], "0.88968699", price="44930.2", stamp=NOW)]), "amend")
    story.lives(market.update(bids=[modify(BID[1], "0.10000000", price="44935.0", stamp=NOW)]), "amend")
    # The level it leaves goes with it, and the next one comes in.
    moved = modify(BID[9], "0.35630000", price="44939.4", stamp=NOW)
    entering = add(BID[20], "44901.9", "0.00088982", "2024-01-08T12:26:42.883315043Z")
    story.lives(market.update(bids=[moved, entering]), "amend", "edge")
    story.reads("BTC/USD", "live")


@QUEUES.story("an order gets a new price, told as a delete and an add")
def _(story: Story) -> None:
    """The same id leaves and comes in one message: an amend, both of it, and neither a cancel nor a new order."""
    market = _live(story)
    entries = [delete(BID[3]), add(BID[3], "44919.6", "0.14296323")]
    update = story.lives(market.update(bids=entries), "amend", "amend")
    assert update.changes[1].entered_ns < update.changes[1].timestamp_ns
    # It left a level that went with it: the next one comes in between.
    entries = [delete(BID[8]), add("OUT-1", "44900.1", "0.40000000"), add(BID[8], "44919.6", "0.03346877")]
    story.lives(market.update(bids=entries), "amend", "edge", "amend")
    # Comes in a later message what left in an earlier one, it is new.
    story.lives(market.update(bids=[delete(BID[4])]), "cancel")
    story.lives(market.update(bids=[add(BID[4], "44939.4", "0.25000000")]), "new")
    story.reads("BTC/USD", "live")


@QUEUES.story("an order that is alone at its price goes and comes back there")
def _(story: Story) -> None:
    """The level is gone for an instant, and what follows the delete is no refill."""
    market = _live(story)
    entries = [delete(BID[8]), add(BID[8], "44937.1", "0.50000000")]
    story.lives(market.update(bids=entries), "amend", "amend")
    story.reads("BTC/USD", "live")


@QUEUES.story("a taker rests with what is left")
def _(story: Story) -> None:
    """One message touches both sides: asks are taken, and the rest stands at the best bid."""
    market = _live(story)
    taken = [*(delete(order) for order in ASK[:4]), add("OUT-1", "44980.0", "0.10000000")]
    story.lives(
        market.update(bids=[add("OTAKER", "44939.5", "0.70000000")], asks=taken),
        "new",
        *["unknown"] * 4,
        "edge",
    )
    story.reads("BTC/USD", "live")


@QUEUES.story("a thin book", ETH)
def _(story: Story) -> None:
    """A side that the snapshot did not fill has nothing outside: what comes is new, and what leaves leaves a gap."""
    market = ether()
    story.lives(market.snapshot())
    story.lives(market.update(bids=[delete("OE1"), add("ON1", "1877.25", "1.00000000")]), "unknown", "new")
    story.lives(market.update(bids=[delete("OE2"), delete("OE3"), delete("ON1")]), "unknown", "unknown", "unknown")
    story.lives(market.update(asks=[delete("OE4"), delete("OE5")]), "unknown", "unknown")
    story.reads("ETH/USD", "live")
    story.lives(market.update(bids=[add("ON2", "1877.20", "0.00000001")]), "new")
    story.reads("ETH/USD", "live")


@QUEUES.story("below the ten best levels", XRP)
def _(story: Story) -> None:
    """The sum does not cover what is deeper; places there are what the messages imply."""
    market = deep(25)
    story.lives(market.snapshot())
    story.lives(market.update(bids=[delete("OB14-1")]), "cancel")
    story.lives(market.update(bids=[modify("OB14-2", "0.10000000")]), "fill")
    story.lives(market.update(bids=[add("ON1", "1.08086", "1.00000000")]), "new")
    # Nine levels leave, and what stood at the eleventh rank is proven now.
    leaving = [delete(f"OB{rank}-{number}") for rank in range(9) for number in range(1, rank % 3 + 2)]
    entering = [add(f"OUT-{rank}", f"1.0{8000 - rank}", "1.00000000") for rank in range(9)]
    entries = []
    for rank in range(9):
        entries += [told for told in leaving if told.order_id.startswith(f"OB{rank}-")] + [entering[rank]]
    story.lives(market.update(bids=entries))
    story.reads("XRP/USD", "live")
