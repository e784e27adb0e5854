"""The life of a book: awaiting, live, desynced, closed, and what does not concern it."""

from reference.market import bitcoin, ether
from reference.story import Chapter, Story

LIFE = Chapter()

BTC = {"symbol": "BTC/USD", "depth": 10}
ETH = {"symbol": "ETH/USD", "depth": 10}

STATUS = (
    '{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2",'
    '"connection_id":15413894943188002760}]}'
)
ACK = (
    '{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"},'
    '"success":true,"time_in":"2026-07-19T17:54:39.614696Z","time_out":"2026-07-19T17:54:39.614741Z"}'
)
REFUSAL = (
    '{"error":"Currency pair not supported XBT/USD","method":"subscribe","success":false,"symbol":"XBT/USD",'
    '"time_in":"2026-07-19T17:54:39.614696Z","time_out":"2026-07-19T17:54:39.614741Z"}'
)
BOOK_REFUSAL = '{"channel":"book","error":"EGeneral:Invalid arguments","method":"subscribe","success":false}'
HEARTBEAT = '{"channel":"heartbeat"}'
PONG = '{"method":"pong","req_id":7,"time_in":"2026-07-19T17:54:39.6Z","time_out":"2026-07-19T17:54:39.6Z"}'
TRADE = (
    '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":45285.2,'
    '"qty":0.00100000,"ord_type":"limit","trade_id":4665906,"timestamp":"2026-07-19T17:54:39.614696Z"}]}'
)
TRADE_DATA_FIRST = (
    '{"data":[{"symbol":"BTC/USD","side":"buy","price":-1,"qty":1e-400}],"type":"update","channel":"trade"}'
)
NO_CHANNEL = '{"Error":"Exceeded msg rate"}'


@LIFE.story("canonical life")
def _(story: Story) -> None:
    """Status, ack, heartbeat, snapshot, then updates that change, add and remove."""
    market = bitcoin()
    story.reads("BTC/USD", "awaiting")
    story.ignores(STATUS, ACK, HEARTBEAT)
    assert story.lives(market.snapshot()).checksum == 3310070434
    story.reads("BTC/USD", "live")
    story.lives(market.update(bids=[("45283.5", "0.20000000")]))
    story.lives(market.update(asks=[("45285.1", "0.50000000")]))
    story.ignores(HEARTBEAT)
    story.lives(market.update(asks=[("45285.1", "0.00000000"), ("45299.5", "0.18772827")]))
    story.reads("BTC/USD", "live")


@LIFE.story("other channels")
def _(story: Story) -> None:
    """Heartbeats, acks, refusals, trades and unknown channels leave a book as it is."""
    market = bitcoin()
    foreign = [STATUS, ACK, REFUSAL, BOOK_REFUSAL, HEARTBEAT, PONG, TRADE, TRADE_DATA_FIRST, NO_CHANNEL, "{}"]
    story.ignores(*foreign)
    story.lives(market.snapshot())
    story.ignores(*foreign, '{"channel":"weather","data":{"symbol":"BTC/USD"}}')
    story.ignores('{"channel":"books","type":"update","data":[{"symbol":"BTC/USD","bids":0}]}')
    story.lives(market.update(bids=[("45283.5", "0.30000000")]))


@LIFE.story("many symbols", BTC, ETH)
def _(story: Story) -> None:
    """Books of one connection do not know of each other: each has its own sum, and falls alone."""
    bitcoins, ethers = bitcoin(), ether()
    story.lives(ethers.snapshot())
    story.lives(bitcoins.snapshot())
    story.lives(ethers.update(bids=[("1877.28", "0.50000000")]))
    bitcoins.update(bids=[("45283.5", "0.70000000")])  # lost on the way
    story.desyncs(bitcoins.update(bids=[("45283.4", "0.80000000")]), "checksum")
    story.reads("BTC/USD", "desynced")
    story.lives(ethers.update(asks=[("1877.31", "0.25000000")]))
    story.reads("ETH/USD", "live")


@LIFE.story("untracked symbols")
def _(story: Story) -> None:
    """Frames of symbols that nobody asked for are nobody's, even where the name looks alike."""
    market = bitcoin()
    story.ignores(ether().snapshot())
    story.lives(market.snapshot())
    for name in ("ETH/USD", "btc/usd", "BTC/USDT", "BTC/US", "BTCUSD", "", "BTC/USD "):
        story.ignores(market.snapshot().replace("BTC/USD", name))
    story.lives(market.update(bids=[("45283.5", "0.30000000")]))


@LIFE.story("update before a snapshot")
def _(story: Story) -> None:
    """An update has nothing to change while its book awaits a snapshot, be its sum right or wrong."""
    market = bitcoin()
    story.ignores(market.update(bids=[("45283.5", "0.20000000")]))
    story.ignores(market.update(bids=[("45283.5", "0.40000000")]).replace(f":{market.sum}", ":1"))
    story.lives(market.snapshot())
    story.reads("BTC/USD", "live")


@LIFE.story("a fresh snapshot replaces all")
def _(story: Story) -> None:
    """Nothing of the old book is left under a new snapshot, live as it was."""
    story.lives(bitcoin().snapshot())
    other = bitcoin()
    other.update(bids=[("45283.5", "0.00000000"), ("45276.0", "1.00000000")])
    other.update(asks=[("45285.2", "0.00200000")])
    story.lives(other.snapshot())
    story.reads("BTC/USD", "live")


@LIFE.story("a lost message")
def _(story: Story) -> None:
    """The sum tells; later updates are ignored, even those that look right; a verified snapshot heals."""
    market = bitcoin()
    story.lives(market.snapshot())
    market.update(asks=[("45285.2", "0.00050000")])  # lost on the way
    story.desyncs(market.update(bids=[("45283.5", "0.30000000")]), "checksum")
    story.reads("BTC/USD", "desynced")
    story.ignores(market.update(asks=[("45285.2", "0.00040000")]))
    story.ignores(market.update(asks=[("45286.4", "1.00000000")]))
    story.reads("BTC/USD", "desynced")
    story.lives(market.snapshot())
    story.lives(market.update(asks=[("45285.2", "0.00030000")]))
    story.reads("BTC/USD", "live")


@LIFE.story("a bad snapshot")
def _(story: Story) -> None:
    """A snapshot is verified like any message, and a wrong one leaves no book, be there one or not."""
    market = bitcoin()
    wrong = market.snapshot().replace("1.54582015", "1.54582016")
    story.desyncs(wrong, "checksum")
    story.ignores(market.update(bids=[("45283.5", "0.30000000")]))
    story.desyncs(wrong, "checksum")
    story.lives(market.snapshot())
    story.desyncs(wrong, "checksum")
    story.reads("BTC/USD", "desynced")
    story.lives(market.snapshot())


@LIFE.story("missing checksum")
def _(story: Story) -> None:
    """A message without a sum can't be proven, so it is not believed; others arrive as they should."""
    market = bitcoin()
    story.desyncs(market.snapshot().replace('"checksum":3310070434,', ""), "missing_checksum")
    story.lives(market.snapshot())
    bare = market.update(bids=[("45283.5", "0.30000000")]).replace(f'"checksum":{market.sum},', "")
    story.desyncs(bare, "missing_checksum")
    story.ignores(bare)
    story.lives(market.snapshot())


@LIFE.story("suspend and resume", BTC, ETH)
def _(story: Story) -> None:
    """A connection that ended or stalled: its books ignore updates until a snapshot, whatever they were."""
    bitcoins, ethers = bitcoin(), ether()
    story.lives(bitcoins.snapshot())
    story.lives(ethers.snapshot())
    story.suspend("BTC/USD", "resubscribing")
    story.reads("BTC/USD", "awaiting")
    story.ignores(bitcoins.update(bids=[("45283.5", "0.30000000")]))
    story.lives(ethers.update(bids=[("1877.29", "2.00000000")]))
    story.suspend(None, "disconnected")
    story.reads("ETH/USD", "awaiting")
    story.ignores(ethers.update(bids=[("1877.29", "3.00000000")]))
    story.lives(bitcoins.snapshot())
    story.lives(ethers.snapshot())
    story.desyncs(bitcoins.update(bids=[("45283.5", "0.10000000")]).replace("45283.5", "45283.6"), "checksum")
    story.suspend("BTC/USD", "resubscribing")
    story.reads("BTC/USD", "awaiting")
    story.ignores(bitcoins.update(bids=[("45283.5", "0.20000000")]))
    story.lives(bitcoins.snapshot())


@LIFE.story("untrack and track again")
def _(story: Story) -> None:
    """A closed book is gone for its frames; one tracked later awaits its own snapshot."""
    market = bitcoin()
    story.lives(market.snapshot())
    story.untrack("BTC/USD")
    story.reads("BTC/USD", "closed")
    story.ignores(market.update(bids=[("45283.5", "0.30000000")]), market.snapshot())
    story.track("BTC/USD")
    story.reads("BTC/USD", "awaiting")
    story.ignores(market.update(bids=[("45283.5", "0.40000000")]))
    story.lives(market.snapshot())


@LIFE.story("crossed")
def _(story: Story) -> None:
    """A verified book whose sides cross costs one resync; if it comes back crossed, it is live like that."""
    market = bitcoin()
    story.lives(market.snapshot())
    story.desyncs(market.update(bids=[("45286.0", "1.00000000")]), "crossed")
    story.reads("BTC/USD", "desynced")
    story.ignores(market.update(bids=[("45286.0", "1.10000000")]))
    story.suspend("BTC/USD", "resubscribing")
    story.lives(market.snapshot(), crossed=True)
    story.reads("BTC/USD", "live")
    story.lives(market.update(bids=[("45286.0", "1.20000000")]), crossed=True)
    story.lives(market.update(bids=[("45286.0", "0.00000000"), ("45276.6", "0.15445238")]))
    story.desyncs(market.update(bids=[("45285.2", "1.00000000")]), "crossed")
    story.ignores(market.update(bids=[("45285.2", "0.00000000"), ("45276.6", "0.15445238")]))
    story.lives(market.snapshot())
    story.reads("BTC/USD", "live")


@LIFE.story("a snapshot that is crossed")
def _(story: Story) -> None:
    """A first snapshot that is crossed is doubted once; nothing but a right sum settles the doubt."""
    market = bitcoin()
    market.update(bids=[("45285.2", "1.00000000")])  # a bid at the best ask
    story.desyncs(market.snapshot(), "crossed")
    story.suspend(None, "disconnected")
    wrong = market.snapshot().replace("1.54582015", "1.54582016")
    story.desyncs(wrong, "checksum")
    story.lives(market.snapshot(), crossed=True)
    story.reads("BTC/USD", "live")
    story.lives(bitcoin().snapshot())
    story.desyncs(market.snapshot(), "crossed")
    story.desyncs(wrong, "checksum")
    story.lives(market.snapshot(), crossed=True)
