"""The window of a subscription: truncation, refills, sweeps, thin books and deep ones."""

from reference.market import BTC_ASKS, BTC_BIDS, Market, bitcoin, book_text, deep, ladder
from reference.story import Chapter, Story

WINDOW = Chapter()

ETH = {"symbol": "ETH/USD", "depth": 10}
XRP = {"symbol": "XRP/USD", "depth": 25}
GONE = "0.00000000"


@WINDOW.story("an insert pushes the worst level out")
def _(story: Story) -> None:
    """Kraken tells of no removal when a level leaves the window: the client truncates and forgets."""
    market = bitcoin()
    story.lives(market.snapshot())
    story.lives(market.update(bids=[("45283.6", "0.50000000")]))
    story.lives(market.update(asks=[("45285.0", "0.50000000")]))
    story.reads("BTC/USD", "live")
    # Had 45276.6 been kept, it would now stand in for the level that really comes back.
    story.lives(market.update(bids=[("45283.6", GONE), ("45276.9", "0.40000000")]))
    story.lives(market.update(asks=[("45285.0", GONE), ("45299.5", "0.20000000")]))
    story.reads("BTC/USD", "live")


@WINDOW.story("an insert beyond the worst level of a full side")
def _(story: Story) -> None:
    """A level that would be the eleventh never enters the window."""
    market = bitcoin()
    story.lives(market.snapshot())
    story.lives(market.update(bids=[("45270.0", "9.00000000")]))
    story.reads("BTC/USD", "live")


@WINDOW.story("a sweep repeats a price")
def _(story: Story) -> None:
    """One taker gives an entry per fill, so that a price repeats in a message: in order, the last wins."""
    market = bitcoin()
    story.lives(market.snapshot())
    fills = ["1.20000000", "0.80000000", "0.30000000", GONE]
    sweep = [("45285.2", GONE), ("45299.6", "0.10000000")]
    sweep += [("45286.4", qty) for qty in fills]
    sweep += [("45299.7", "0.20000000"), ("45286.6", "1.50000000"), ("45286.6", "1.00000000")]
    story.lives(market.update(asks=sweep))
    story.reads("BTC/USD", "live")


@WINDOW.story("an amend")
def _(story: Story) -> None:
    """A moved order is delete, refill, insert, which pushes the refill out: truncated only at the end."""
    market = bitcoin()
    story.lives(market.snapshot())
    amend = [("45282.1", GONE), ("45276.5", "0.30000000"), ("45282.2", "0.10000000")]
    story.lives(market.update(bids=amend))
    story.reads("BTC/USD", "live")


@WINDOW.story("a refill is pushed out and comes back")
def _(story: Story) -> None:
    """Two amends in one message: the refill of the first is pushed out and sent again for the second."""
    market = bitcoin()
    story.lives(market.snapshot())
    refill = ("45276.5", "0.30000000")
    twice = [("45282.1", GONE), refill, ("45282.2", "0.10000000")]
    twice += [("45281.0", GONE), refill, ("45281.1", "0.10000000")]
    story.lives(market.update(bids=twice))
    refill = ("45299.9", "0.70000000")
    twice = [("45285.2", GONE), refill, ("45285.3", "0.00100000"), ("45285.3", GONE), refill]
    story.lives(market.update(asks=twice))
    story.reads("BTC/USD", "live")


@WINDOW.story("both sides in one message")
def _(story: Story) -> None:
    """A taker that rests its remainder eats one side and stands on the other."""
    market = bitcoin()
    story.lives(market.snapshot())
    asks = [("45285.2", GONE), ("45300.1", "0.11000000")]
    story.lives(market.update(bids=[("45285.2", "0.25000000")], asks=asks))
    story.reads("BTC/USD", "live")


@WINDOW.story("a side of a message left out")
def _(story: Story) -> None:
    """Kraken sends both lists, empty or not; a list that is left out says as little as an empty one."""
    market = bitcoin()
    story.lives(market.snapshot())
    story.lives(market.update(bids=[("45283.5", "0.20000000")]).replace('"asks":[],', ""))
    story.lives(market.update(asks=[("45285.2", "0.20000000")]).replace('"bids":[],', ""))
    story.lives(market.update().replace('"bids":[],"asks":[],', ""))


@WINDOW.story("a deep change", XRP)
def _(story: Story) -> None:
    """Below the tenth level the book changes and the sum does not."""
    market = deep(25)
    first = story.lives(market.snapshot())
    second = story.lives(market.update(bids=[("1.08081", "55.00000000")]))
    third = story.lives(market.update(asks=[("1.08125", GONE), ("1.08140", "4.00000000")]))
    assert first.checksum == second.checksum == third.checksum
    story.lives(market.update(asks=[("1.08110", GONE), ("1.08141", "6.00000000")]))
    story.lives(market.update(bids=[("1.08101", "1.50000000")]))
    story.reads("XRP/USD", "live")


@WINDOW.story("depth 100", {"symbol": "XRP/USD", "depth": 100})
def _(story: Story) -> None:
    """A wide window, changed at its ends and in its middle."""
    market = deep(100)
    story.lives(market.snapshot())
    middle = [("1.08050", GONE), ("1.08000", "8.00000000")]
    story.lives(market.update(bids=[*middle, ("1.08099", "2.00000000"), ("1.08105", "1.00000000")]))
    story.reads("XRP/USD", "live")


@WINDOW.story("a thin book", ETH)
def _(story: Story) -> None:
    """Fewer levels than the depth are all there is, and the sum covers those; it may grow and shrink."""
    bids = [("1877.29", "2.41130000"), ("1877.26", "1.78314068")]
    market = Market("ETH/USD", bids, [("1877.30", "2.39751185")])
    story.lives(market.snapshot())
    story.lives(market.update(bids=[("1877.29", GONE)]))
    story.lives(market.update(asks=[("1877.44", "0.15962993")]))
    story.lives(market.update(bids=ladder("1877.00", "-0.01", 12)))
    story.reads("ETH/USD", "live")
    story.lives(market.update(bids=[("1877.26", GONE)]))
    story.reads("ETH/USD", "live")


@WINDOW.story("empty sides", ETH)
def _(story: Story) -> None:
    """A side may be empty, and so may both: the sum of no text is 0."""
    market = Market("ETH/USD", [], [])
    assert story.lives(market.snapshot()).checksum == 0
    story.reads("ETH/USD", "live")
    story.lives(market.update(asks=[("1877.30", "2.39751185")]))
    story.lives(market.update(bids=[("1877.29", "2.41130000")]))
    story.lives(market.update(asks=[("1877.30", GONE)]))
    assert story.lives(market.update(bids=[("1877.29", GONE)])).checksum == 0
    story.lives(Market("ETH/USD", [], [("1877.30", "2.39751185")]).snapshot())
    story.lives(Market("ETH/USD", [("1877.29", "2.41130000")], []).snapshot())


@WINDOW.story("a snapshot beyond the depth")
def _(story: Story) -> None:
    """More levels than asked for are truncated like those of any message."""
    bids = [*BTC_BIDS, ("45276.0", "1.00000000"), ("45275.0", "2.00000000")]
    asks = [*BTC_ASKS, ("45300.0", "1.00000000")]
    story.lives(book_text("snapshot", "BTC/USD", bids, asks, checksum=3310070434))
    story.reads("BTC/USD", "live")


@WINDOW.story("a snapshot in no order")
def _(story: Story) -> None:
    """The order of a snapshot's lists says nothing: a level's price does."""
    bids, asks = [*BTC_BIDS[5:], *BTC_BIDS[:5]], [*reversed(BTC_ASKS)]
    story.lives(book_text("snapshot", "BTC/USD", bids, asks, checksum=3310070434))
    story.reads("BTC/USD", "live")
