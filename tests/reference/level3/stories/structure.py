"""The structural rules of level 3: what the sum can't see, and each rule switched off."""

from reference.level3.market import NOW, Market, Told, add, deep, delete, ether, modify, narrow
from reference.level3.story import Chapter, Story

STRUCTURE = Chapter()

ETH = {"symbol": "ETH/USD", "depth": 10}
XRP = {"symbol": "XRP/USD", "depth": 100}

UNKNOWN: list[Told] = [delete("ONOBODY", "99.9", "1.00000000")]
UNKNOWN_MODIFY: list[Told] = [modify("ONOBODY", "1.00000000", price="99.9")]
UNCHANGED: list[Told] = [modify("OB1", "1.50000000")]
HELD: list[Told] = [add("OB2", "99.9", "0.70000000")]
SHORT: list[Told] = [delete("OB3")]
BETTER: list[Told] = [delete("OB3"), add("ONEW-1", "98.0", "0.40000000")]
BY_RULE = {
    "unknown_delete": [UNKNOWN, UNKNOWN_MODIFY],
    "unchanged_level": [UNCHANGED, HELD],
    "short_side": [SHORT],
    "better_refill": [BETTER],
}


def _live(story: Story) -> Market:
    market = narrow()
    story.lives(market.snapshot())
    return market


@STRUCTURE.story("unknown_delete")
def _(story: Story) -> None:
    """Rule 1: a delete or a modify of an order that is not held, though the sum holds."""
    for entries in BY_RULE["unknown_delete"]:
        story.desyncs(_live(story).update(bids=entries), "unknown_delete")
    # An order of the other side is not held on this one.
    market = _live(story)
    frame = market.update(bids=[delete("OA1", "99.9", "1.00000000")])
    story.desyncs(frame, "unknown_delete")
    # Nor is one that this very message deleted.
    story.desyncs(_live(story).update(bids=[delete("OB1"), delete("OB1", "99.9", "1.0")]), "unknown_delete")
    gone = modify("OB1", "1.00000000", price="99.9")
    story.desyncs(_live(story).update(bids=[delete("OB1"), gone]), "unknown_delete")


@STRUCTURE.story("unchanged_level")
def _(story: Story) -> None:
    """Rule 2: a modify that changes nothing, or an add of an order that is held, though the sum holds."""
    for entries in BY_RULE["unchanged_level"]:
        story.desyncs(_live(story).update(bids=entries), "unchanged_level")
    filled = modify("OB1", "0.10000000")
    story.desyncs(_live(story).update(bids=[filled, filled]), "unchanged_level")
    # The worst level sent again is no refill where nothing was pushed out before.
    again = add("OB11", "90.9", "9.00000000", "2026-08-02T04:23:42.000000000Z")
    story.desyncs(_live(story).update(bids=[delete("OB1"), again]), "unchanged_level")


@STRUCTURE.story("short_side")
def _(story: Story) -> None:
    """Rule 3: a side that the snapshot filled has fewer levels after a message, though the sum holds."""
    story.desyncs(_live(story).update(bids=SHORT), "short_side")
    # Orders may leave as they like while their level stays.
    market = _live(story)
    story.lives(market.update(bids=[delete("OB1")]))
    moved = modify("OB3", "1.00000000", price="99.9", stamp=NOW)
    story.desyncs(market.update(bids=[moved]), "short_side")


@STRUCTURE.story("better_refill")
def _(story: Story) -> None:
    """Rule 4: after a level left, one comes that is better than the worst held, though the sum holds."""
    refill = add("OUT-1", "90.1", "0.10000000")
    story.desyncs(_live(story).update(bids=[*BETTER, refill]), "better_refill")
    # What joins a level that is there is no refill at all.
    story.desyncs(_live(story).update(bids=[delete("OB3"), add("ONEW-1", "99.9", "0.40000000")]), "short_side")
    # A delete that leaves its level standing asks for none.
    story.lives(_live(story).update(bids=[delete("OB1"), add("ONEW-1", "98.0", "0.40000000")]))
    # Nor does the delete of a bid ask anything of the asks.
    asks = [add("ONEW-2", "105.0", "0.10000000")]
    story.lives(_live(story).update(bids=[delete("OB3"), refill], asks=asks))


@STRUCTURE.story("all rules switched off", rules=[])
def _(story: Story) -> None:
    """Without rules only the sum watches, and here it holds."""
    for cases in BY_RULE.values():
        for entries in cases:
            story.lives(_live(story).update(bids=entries))
    story.reads("BTC/USD", "live")


def _without(rule: str) -> None:
    @STRUCTURE.story(f"{rule} switched off", rules=[name for name in BY_RULE if name != rule])
    def _(story: Story) -> None:
        """One rule switched off leaves the others on."""
        for name, cases in BY_RULE.items():
            for entries in cases:
                frame = _live(story).update(bids=entries)
                if name == rule:
                    story.lives(frame)
                else:
                    story.desyncs(frame, name)


for _rule in BY_RULE:
    _without(_rule)


@STRUCTURE.story("the sum is the proof")
def _(story: Story) -> None:
    """Where the sum fails, it is the reason, whatever rule was broken too."""
    for cases in BY_RULE.values():
        for entries in cases:
            market = _live(story)
            frame = market.update(bids=entries)
            story.desyncs(frame.replace(f":{market.sum}", f":{market.sum ^ 1}"), "checksum")


@STRUCTURE.story("the first finding is the reason")
def _(story: Story) -> None:
    """Of several broken rules the first in the order of the message is told; a crossed book comes last."""
    story.desyncs(_live(story).update(bids=[*UNCHANGED, *UNKNOWN]), "unchanged_level")
    story.desyncs(_live(story).update(bids=[*UNKNOWN, *UNCHANGED]), "unknown_delete")
    story.desyncs(_live(story).update(bids=[*SHORT, *UNKNOWN]), "unknown_delete")
    crossing = [add("ONEW-1", "105.0", "1.00000000")]
    story.desyncs(_live(story).update(bids=[*crossing, *UNKNOWN]), "unknown_delete")


@STRUCTURE.story("a side the snapshot did not fill", ETH)
def _(story: Story) -> None:
    """Of a thin side nothing is known about refills and length; the other two rules hold."""
    market = ether()
    story.lives(market.snapshot())
    story.lives(market.update(bids=[delete("OE1"), add("ON1", "1877.28", "0.10000000")]))
    story.lives(market.update(bids=[delete("OE2"), delete("OE3")]))
    story.desyncs(market.update(bids=[modify("ON1", "0.10000000")]), "unchanged_level")
    story.lives(market.snapshot())
    story.desyncs(market.update(asks=[delete("ON9", "1877.50", "1.00000000")]), "unknown_delete")


@STRUCTURE.story("a lost deep message, found by structure", XRP)
def _(story: Story) -> None:
    """The sum holds over a wrong book; the next message that touches the hole gives it away."""
    market = deep(15)
    story.lives(market.snapshot())
    market.update(bids=[add("OLOST", "1.08087", "3.00000000")])  # never arrives
    story.lives(market.update(asks=[modify("OA0-1", "0.50000000")]))
    story.desyncs(market.update(bids=[delete("OLOST")]), "unknown_delete")
    story.lives(market.snapshot())
    market.update(bids=[delete("OB12-1")])  # never arrives
    story.lives(market.update(asks=[modify("OA0-1", "0.40000000")]))
    story.desyncs(market.update(bids=[add("OB12-1", "1.08088", "5.00000001")]), "unchanged_level")


@STRUCTURE.story("crossed")
def _(story: Story) -> None:
    """A crossed book is doubted once: the next snapshot whose sum holds is believed."""
    market = _live(story)
    crossing = [add("ONEW-1", "105.0", "1.00000000")]
    story.desyncs(market.update(bids=crossing), "crossed")
    story.reads("BTC/USD", "desynced")
    story.lives(market.snapshot(), crossed=True)
    story.lives(market.update(bids=[modify("ONEW-1", "0.50000000")]), "fill", crossed=True)
    out = add("OUT-1", "90.9", "0.10000000")
    story.lives(market.update(bids=[delete("ONEW-1"), out]), "unknown", "edge")
    # Touching is crossing: a bid at the best ask's price.
    story.desyncs(market.update(bids=[add("ONEW-2", "101.0", "1.00000000")]), "crossed")


@STRUCTURE.story("a crossed first snapshot")
def _(story: Story) -> None:
    """The first snapshot is doubted, too, and the same again is not."""
    market = narrow()
    market.update(bids=[add("ONEW-1", "105.0", "1.00000000")])
    story.desyncs(market.snapshot(), "crossed")
    story.lives(market.snapshot(), crossed=True)
