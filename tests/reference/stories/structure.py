"""The structural rules: what a sum over ten levels can't see, and each rule switched off."""

from reference.market import Level, Market, bitcoin, deep, ether
from reference.story import Chapter, Story

STRUCTURE = Chapter()

BTC = {"symbol": "BTC/USD", "depth": 10}
ETH = {"symbol": "ETH/USD", "depth": 10}
XRP = {"symbol": "XRP/USD", "depth": 25}
GONE = "0.00000000"

UNKNOWN_DELETE: list[Level] = [("45299.0", GONE)]
UNCHANGED: list[Level] = [("45286.4", "1.54571953")]
SHORT: list[Level] = [("45286.4", GONE)]
BETTER_REFILL: list[Level] = [("45286.4", GONE), ("45285.1", "0.40000000")]


def _live(story: Story) -> Market:
    market = bitcoin()
    story.lives(market.snapshot())
    return market


@STRUCTURE.story("unknown_delete")
def _(story: Story) -> None:
    """Rule 1: a level is deleted that is not held, though the sum holds."""
    story.desyncs(_live(story).update(asks=UNKNOWN_DELETE), "unknown_delete")
    # A level that this very message deleted is no longer held either.
    twice = [("45286.4", GONE), ("45299.6", "0.10000000"), ("45286.4", GONE), ("45299.7", "0.10000000")]
    story.desyncs(_live(story).update(asks=twice), "unknown_delete")
    # What is beyond the depth is held until the message ends.
    market = _live(story)
    story.lives(market.update(asks=[("45285.0", "0.10000000"), ("45299.5", GONE)]))


@STRUCTURE.story("unchanged_level")
def _(story: Story) -> None:
    """Rule 2: a level is sent again as it was, though the sum holds."""
    story.desyncs(_live(story).update(asks=UNCHANGED), "unchanged_level")
    story.desyncs(_live(story).update(bids=[("45283.5", "0.20000000")] * 2), "unchanged_level")
    # The worst level sent again is no refill where nothing was pushed out before.
    again = [("45286.4", GONE), ("45299.5", "0.18772827"), ("45299.6", "0.10000000")]
    story.desyncs(_live(story).update(asks=again), "unchanged_level")
    # Nor is it one where no delete stands directly before it.
    again = [("45285.0", "0.10000000"), ("45299.5", "0.18772827")]
    story.desyncs(_live(story).update(asks=again), "unchanged_level")
    # Deleted and inserted anew is no repetition.
    story.lives(_live(story).update(asks=[("45299.5", GONE), ("45299.5", "0.18772827")]))


@STRUCTURE.story("short_side")
def _(story: Story) -> None:
    """Rule 3: a side that the snapshot filled is short after a message, though the sum holds."""
    story.desyncs(_live(story).update(asks=SHORT), "short_side")
    story.desyncs(_live(story).update(bids=[("45276.6", GONE)]), "short_side")


@STRUCTURE.story("better_refill")
def _(story: Story) -> None:
    """Rule 4: what refills a side is better than the worst level held, though the sum holds."""
    story.desyncs(_live(story).update(asks=BETTER_REFILL), "better_refill")
    bids = [("45283.5", GONE), ("45276.7", "0.40000000")]
    story.desyncs(_live(story).update(bids=bids), "better_refill")
    # Each side is read by itself: the delete of a bid asks nothing of the asks.
    asks = [("45285.2", GONE), ("45299.6", "0.40000000")]
    story.lives(_live(story).update(bids=[("45283.5", GONE), ("45276.5", "0.10000000")], asks=asks))
    # Only the entry directly after a delete is a refill, and a delete is none.
    asks = [("45285.2", GONE), ("45286.4", GONE), ("45299.6", "0.40000000"), ("45285.3", "0.10000000")]
    story.lives(_live(story).update(asks=[*asks, ("45299.7", "0.50000000")]))


@STRUCTURE.story("all rules switched off", rules=[])
def _(story: Story) -> None:
    """Without rules only the sum watches, and here it holds."""
    for asks in (UNKNOWN_DELETE, UNCHANGED, SHORT, BETTER_REFILL):
        story.lives(_live(story).update(asks=asks))


@STRUCTURE.story("unknown_delete switched off", rules=["unchanged_level", "short_side", "better_refill"])
def _(story: Story) -> None:
    """One rule switched off leaves the others on."""
    story.lives(_live(story).update(asks=UNKNOWN_DELETE))
    story.desyncs(_live(story).update(asks=UNCHANGED), "unchanged_level")
    story.desyncs(_live(story).update(asks=SHORT), "short_side")
    story.desyncs(_live(story).update(asks=BETTER_REFILL), "better_refill")


@STRUCTURE.story("unchanged_level switched off", rules=["unknown_delete", "short_side", "better_refill"])
def _(story: Story) -> None:
    """One rule switched off leaves the others on."""
    story.lives(_live(story).update(asks=UNCHANGED))
    story.desyncs(_live(story).update(asks=UNKNOWN_DELETE), "unknown_delete")
    story.desyncs(_live(story).update(asks=SHORT), "short_side")
    story.desyncs(_live(story).update(asks=BETTER_REFILL), "better_refill")


@STRUCTURE.story("short_side switched off", rules=["unknown_delete", "unchanged_level", "better_refill"])
def _(story: Story) -> None:
    """One rule switched off leaves the others on."""
    story.lives(_live(story).update(asks=SHORT))
    story.desyncs(_live(story).update(asks=UNKNOWN_DELETE), "unknown_delete")
    story.desyncs(_live(story).update(asks=UNCHANGED), "unchanged_level")
    story.desyncs(_live(story).update(asks=BETTER_REFILL), "better_refill")


@STRUCTURE.story("better_refill switched off", rules=["unknown_delete", "unchanged_level", "short_side"])
def _(story: Story) -> None:
    """One rule switched off leaves the others on."""
    story.lives(_live(story).update(asks=BETTER_REFILL))
    story.desyncs(_live(story).update(asks=UNKNOWN_DELETE), "unknown_delete")
    story.desyncs(_live(story).update(asks=UNCHANGED), "unchanged_level")
    story.desyncs(_live(story).update(asks=SHORT), "short_side")


@STRUCTURE.story("the sum is the proof")
def _(story: Story) -> None:
    """Where the sum fails, it is the reason, whatever rule was broken too."""
    for asks in (UNKNOWN_DELETE, UNCHANGED, SHORT, BETTER_REFILL):
        market = _live(story)
        story.desyncs(market.update(asks=asks).replace(f":{market.sum}", f":{market.sum ^ 1}"), "checksum")


@STRUCTURE.story("the first finding is the reason")
def _(story: Story) -> None:
    """Of several broken rules the first in the order of the message is told; a crossed book comes last."""
    story.desyncs(_live(story).update(asks=[*UNCHANGED, *UNKNOWN_DELETE]), "unchanged_level")
    story.desyncs(_live(story).update(asks=[*UNKNOWN_DELETE, *UNCHANGED]), "unknown_delete")
    story.desyncs(_live(story).update(asks=[*SHORT, *UNKNOWN_DELETE]), "unknown_delete")
    # A side's length is asked for when the whole message is applied, so after the entries of the other side.
    story.desyncs(_live(story).update(bids=[("45276.6", GONE)], asks=UNCHANGED), "unchanged_level")
    story.desyncs(_live(story).update(bids=[("45290.0", "1.00000000")], asks=UNCHANGED), "unchanged_level")


@STRUCTURE.story("a side the snapshot did not fill", ETH)
def _(story: Story) -> None:
    """Of a thin side nothing is known about refills and length; the other two rules hold."""
    market = ether()
    story.lives(market.snapshot())
    story.lives(market.update(bids=[("1877.25", GONE)]))
    story.lives(market.update(bids=[("1877.29", GONE), ("1877.28", "0.10000000")]))
    story.desyncs(market.update(bids=[("1877.28", "0.10000000")]), "unchanged_level")
    story.lives(market.snapshot())
    story.desyncs(market.update(asks=[("1877.50", GONE)]), "unknown_delete")


@STRUCTURE.story("one side full, one side thin")
def _(story: Story) -> None:
    """Each side is full or thin by itself."""
    market = Market("BTC/USD", bitcoin().window("bids"), [("45285.2", "0.00100000"), ("45286.4", "1.54571953")])
    story.lives(market.snapshot())
    story.lives(market.update(asks=[("45286.4", GONE)]))
    story.desyncs(market.update(bids=[("45283.5", GONE)]), "short_side")


@STRUCTURE.story("a snapshot decides anew which sides are full")
def _(story: Story) -> None:
    """The last snapshot counts, not what the book once was."""
    asks = [("45285.2", "0.00100000"), ("45286.4", "1.54571953")]
    thin = Market("BTC/USD", [("45283.5", "0.10000000")], asks)
    market = _live(story)
    story.lives(thin.snapshot())
    story.lives(thin.update(asks=SHORT))
    story.lives(market.snapshot())
    story.desyncs(market.update(asks=SHORT), "short_side")


@STRUCTURE.story("a lost deep message, found by structure", XRP)
def _(story: Story) -> None:
    """The sum holds over a wrong book; the next message that touches the hole gives it away."""
    market = deep(25)
    story.lives(market.snapshot())
    market.update(bids=[("1.08085", GONE), ("1.08074", "3.00000000")])  # lost on the way
    story.lives(market.update(asks=[("1.08110", "7.00000000")]))
    story.desyncs(market.update(bids=[("1.08074", GONE), ("1.08073", "1.00000000")]), "unknown_delete")
    story.lives(market.snapshot())
    market.update(bids=[("1.08084", GONE), ("1.08072", "3.00000000")])  # lost on the way
    missing = market.update(bids=[("1.08100", GONE), ("1.08071", "2.00000000")])
    story.lives(missing)
    story.desyncs(market.update(bids=[("1.08072", GONE), ("1.08070", "2.00000000")]), "unknown_delete")


@STRUCTURE.story("rules do not judge snapshots", BTC)
def _(story: Story) -> None:
    """A snapshot is compared with nothing that was before."""
    market = _live(story)
    story.lives(market.snapshot())
    story.lives(market.snapshot())
    story.reads("BTC/USD", "live")
