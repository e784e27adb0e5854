"""Amends whose place the message leaves open: the sum tells, and an engine finds out."""

from reference.level3.documented import ASKS, BIDS
from reference.level3.market import NOW, Market, add, bitcoin, deep, delete, modify
from reference.level3.story import Chapter, Story
from reference.level3.telling import Priority

AMENDS = Chapter()

XRP = {"symbol": "XRP/USD", "depth": 100}
BID = [order_id for order_id, *_ in BIDS]
ASK = [order_id for order_id, *_ in ASKS]


def _live(story: Story) -> Market:
    market = bitcoin(bids=12, asks=9)
    story.lives(market.snapshot())
    return market


def _amend(market: Market, order_id: str, qty: str, *, back: bool) -> str:
    return market.update(bids=[modify(order_id, qty, stamp=NOW, back=back)])


@AMENDS.story("as exchanges usually do")
def _(story: Story) -> None:
    """Less keeps the place, more loses it: five amends in the midst of a queue, and both are found."""
    market = _live(story)
    for number, order_id in enumerate(BID[:3]):
        story.lives(_amend(market, order_id, f"0.0{number + 1}000000", back=False), "amend")
    for number, order_id in enumerate(BID[:3]):
        story.lives(_amend(market, order_id, f"2.0{number + 1}000000", back=True), "amend")
        story.reads("BTC/USD", "live")
    story.finds("BTC/USD", "keep", "back", "undecided")


@AMENDS.story("the other way round", priority=Priority(qty_down="back", qty_up="keep"))
def _(story: Story) -> None:
    """An exchange that does the opposite is proven just the same, from the first message on."""
    market = _live(story)
    for number, order_id in enumerate(BID[:3]):
        story.lives(_amend(market, order_id, f"0.0{number + 1}000000", back=True), "amend")
        story.reads("BTC/USD", "live")
    for number, order_id in enumerate(BID[3:6]):
        story.lives(_amend(market, order_id, f"2.0{number + 1}000000", back=False), "amend")
    story.finds("BTC/USD", "back", "keep", "undecided")


@AMENDS.story("both amends in one message", priority=Priority(qty_down="back", qty_up="keep"))
def _(story: Story) -> None:
    """Two questions, four answers, and one of them gives the sum."""
    market = _live(story)
    entries = [modify(BID[1], "0.01000000", stamp=NOW, back=True), modify(BID[0], "5.00000000", stamp=NOW)]
    story.lives(market.update(bids=entries), "amend", "amend")
    story.reads("BTC/USD", "live")


@AMENDS.story("no answer gives the sum")
def _(story: Story) -> None:
    """An amend excuses nothing: what is wrong with either answer is a desync, and nothing of it stays."""
    market = _live(story)
    frame = _amend(market, BID[0], "0.01000000", back=False)
    story.desyncs(frame.replace("0.01000000", "0.02000000"), "checksum")
    story.lives(market.snapshot())
    frame = _amend(market, BID[0], "5.00000000", back=True)
    story.desyncs(frame.replace("5.00000000", "6.00000000"), "checksum")
    story.lives(market.snapshot())
    story.reads("BTC/USD", "live")
    story.finds("BTC/USD", "undecided", "undecided", "undecided")


@AMENDS.story("amends that tell nothing")
def _(story: Story) -> None:
    """The last of a queue, one that is alone, and one before its like: both answers give the same digits."""
    market = _live(story)
    story.lives(_amend(market, BID[7], "0.50000000", back=False), "amend")
    story.lives(_amend(market, BID[8], "0.01000000", back=False), "amend")
    story.lives(_amend(market, BID[8], "0.70000000", back=True), "amend")
    # Two orders of one quantity stand at the ask of 44959.6: as the first gets the other's double, the sum tells.
    story.lives(market.update(asks=[modify(ASK[7], "0.10000000", stamp=NOW)]), "amend")
    # As it gets the other's quantity, it does not, and what is usual is taken for true.
    story.lives(market.update(asks=[modify(ASK[7], "0.35630000", stamp=NOW, back=True)]), "amend")
    story.finds("BTC/USD", "undecided", "undecided", "undecided")
    story.reads("BTC/USD", "live")


@AMENDS.story("told as a delete and an add")
def _(story: Story) -> None:
    """Where the message itself says that the place was lost, there is no question, but it is evidence."""
    market = _live(story)
    for number, order_id in enumerate(BID[1:4]):
        entries = [delete(order_id), add(order_id, "44939.4", f"3.0{number}000000")]
        story.lives(market.update(bids=entries), "amend", "amend")
    story.finds("BTC/USD", "undecided", "back", "undecided")


@AMENDS.story("an iceberg shows its next part")
def _(story: Story) -> None:
    """A trade takes all that the first order of the best level shows, and more comes behind the others: no amend.

    It looks like one that lost its place, but says nothing about amends.
    """
    market = _live(story)
    for number, order_id in enumerate(BID[:3]):
        entries = [delete(order_id), add(order_id, "44939.4", f"0.0{number + 1}000000")]
        story.lives(market.update(bids=entries), "amend", "amend")
    story.finds("BTC/USD", "undecided", "undecided", "undecided")
    # So a true amend before its like is still placed as usual.
    last = "0.03000000"
    story.lives(_amend(market, BID[1], last, back=False), "amend")
    story.reads("BTC/USD", "live")


@AMENDS.story("new prices")
def _(story: Story) -> None:
    """An order that moves to a queue is found at its end, however it is told."""
    market = _live(story)
    for order_id in BID[:2]:
        story.lives(market.update(bids=[modify(order_id, "0.20000000", price="44930.2", stamp=NOW)]), "amend")
    entries = [delete(BID[2]), add(BID[2], "44930.2", "0.30000000")]
    story.lives(market.update(bids=entries), "amend", "amend")
    story.finds("BTC/USD", "undecided", "undecided", "back")
    story.reads("BTC/USD", "live")


@AMENDS.story("the timestamp alone moves")
def _(story: Story) -> None:
    """Something hidden was amended: nothing of what is shown changes, and the place is kept."""
    market = _live(story)
    story.lives(market.update(bids=[modify(BID[0], "0.88968699", stamp=NOW)]), "amend")
    story.reads("BTC/USD", "live")


@AMENDS.story("more, although the timestamp stays")
def _(story: Story) -> None:
    """No fill adds anything; an iceberg that shows its next part where it stands would be told so."""
    market = _live(story)
    story.lives(market.update(bids=[modify(BID[0], "1.00000000")]), "amend")
    story.reads("BTC/USD", "live")


@AMENDS.story("what was found out holds below the sum", XRP, priority=Priority(qty_down="back", qty_up="keep"))
def _(story: Story) -> None:
    """Once the best levels have shown the rule, orders deeper down are placed by it."""
    market = deep(15)
    story.lives(market.snapshot())
    for number, rank in enumerate((2, 5, 8)):
        story.lives(_amend(market, f"OB{rank}-1", f"0.0{number + 1}000000", back=True), "amend")
        story.lives(_amend(market, f"OB{rank}-2", f"9.0{number + 1}000000", back=False), "amend")
    story.finds("XRP/USD", "back", "keep", "undecided")
    story.lives(_amend(market, "OB11-1", "0.01000000", back=True), "amend")
    story.lives(_amend(market, "OB14-1", "9.00000000", back=False), "amend")
    story.reads("XRP/USD", "live")
