"""The life of level-3 books: what is ignored, what a snapshot does, and what heals."""

from reference.level3.documented import BIDS
from reference.level3.market import Market, add, bitcoin, delete, ether, modify, small
from reference.level3.story import Chapter, Story

LIFE = Chapter()

BTC = {"symbol": "BTC/USD", "depth": 10}
ETH = {"symbol": "ETH/USD", "depth": 10}
BID = [order_id for order_id, *_ in BIDS]


@LIFE.story("only a snapshot that is proven makes a book live")
def _(story: Story) -> None:
    """Updates before it are nobody's, and a wrong one is a desync."""
    market = bitcoin()
    story.ignores(market.update(bids=[delete(BID[0])]))
    story.reads("BTC/USD", "awaiting")
    story.desyncs(market.snapshot().replace(f":{market.sum}", f":{market.sum ^ 1}"), "checksum")
    story.ignores(market.update(bids=[delete(BID[1])]))
    story.reads("BTC/USD", "desynced")
    story.lives(market.snapshot())
    story.reads("BTC/USD", "live")


@LIFE.story("a snapshot replaces everything")
def _(story: Story) -> None:
    """Orders, places and decimals are those of the snapshot, not of what was before."""
    story.lives(bitcoin().snapshot())
    market = small()
    story.lives(market.snapshot())
    story.reads("BTC/USD", "live")
    story.desyncs(market.update(bids=[delete(BID[0], "44939.4", "0.88968699")]), "unknown_delete")
    story.lives(bitcoin().snapshot())
    story.reads("BTC/USD", "live")


@LIFE.story("a snapshot in another sequence")
def _(story: Story) -> None:
    """The sequence inside a price is the queue; the sum proves it."""
    market = small()
    swapped = Market("BTC/USD", [("OB2", "44939.4", "0.45210000"), ("OB1", "44939.4", "0.88968699")], [])
    story.lives(swapped.snapshot())
    story.reads("BTC/USD", "live")
    text = market.snapshot()
    first, second = (
        '"OB1","limit_price":44939.4,"order_qty":0.88968699',
        '"OB2","limit_price":44939.4,"order_qty":0.45210000',
    )
    text = text.replace(first, "*").replace(second, first).replace("*", second)
    story.desyncs(text, "checksum")


@LIFE.story("a lost message")
def _(story: Story) -> None:
    """The next message that is proven by the same levels gives it away."""
    market = bitcoin()
    story.lives(market.snapshot())
    market.update(bids=[modify(BID[0], "0.10000000")])  # never arrives
    story.desyncs(market.update(asks=[add("ONEW-1", "44939.5", "0.10000000")]), "checksum")
    story.ignores(market.update(bids=[delete(BID[0])]))
    story.lives(market.snapshot())
    story.lives(market.update(bids=[delete(BID[1])]), "unknown")


@LIFE.story("a message twice")
def _(story: Story) -> None:
    """An add of what is there, and a delete of what is not: the sum holds, and the structure tells."""
    market = bitcoin()
    for entry in (add("ONEW-1", "44944.0", "0.10000000"), delete("ONEW-1")):
        side = [entry, *([add("OUT-1", "44979.2", "0.35630000")] if entry.event == "delete" else [])]
        story.lives(market.snapshot())
        frame = market.update(asks=side)
        story.lives(frame)
        said = "unchanged_level" if entry.event == "add" else "unknown_delete"
        story.desyncs(frame, said)


@LIFE.story("two of like digits change places")
def _(story: Story) -> None:
    """The sum sees quantities and not ids: of two neighbours that are worth the same it can't tell which is first."""
    bids = [("OB1", "44939.4", "0.50000000"), ("OB2", "44939.4", "0.50000000")]
    story.lives(Market("BTC/USD", bids, [("OA1", "44939.5", "1.00000000")]).snapshot())
    story.reads("BTC/USD", "live")
    story.lives(Market("BTC/USD", bids[::-1], [("OA1", "44939.5", "1.00000000")]).snapshot())
    story.reads("BTC/USD", "live")


@LIFE.story("suspended and closed", BTC, ETH)
def _(story: Story) -> None:
    """Who is suspended awaits a snapshot, and who is closed is nobody; a malformed frame is put to any that is kept."""
    market, other = bitcoin(), ether()
    story.lives(market.snapshot())
    story.lives(other.snapshot())
    story.suspend("BTC/USD", "stalled")
    story.ignores(market.update(bids=[delete(BID[0])]))
    story.reads("BTC/USD", "awaiting")
    story.reads("ETH/USD", "live")
    story.desyncs(market.snapshot().replace('"bids":[', '"bids":[{},'), "malformed", "BTC/USD")
    story.lives(market.snapshot())
    story.suspend(None, "disconnected")
    story.reads("ETH/USD", "awaiting")
    story.lives(market.snapshot())
    story.untrack("BTC/USD")
    story.ignores(market.snapshot())
    story.reads("BTC/USD", "closed")
    story.refuses(market.snapshot().replace('"bids":[', '"bids":[{},'))


@LIFE.story("an empty update")
def _(story: Story) -> None:
    """Nothing happened, and the sum still holds."""
    market = bitcoin()
    story.lives(market.snapshot())
    assert not story.lives(market.update()).changes
    story.reads("BTC/USD", "live")
