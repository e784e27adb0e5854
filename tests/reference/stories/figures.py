"""Prices and quantities: exponents, long numbers, changing decimals, and sources that lost their zeros."""

from reference.market import Level, Market, bitcoin, book_text, ladder
from reference.story import Chapter, Story

FIGURES = Chapter()

GONE = "0.00000000"
FLOATS = {"symbol": "BTC/USD", "depth": 10, "precision": [1, 8]}
WHOLE = {"symbol": "BTC/JPY", "depth": 10, "precision": [0, 8]}
MICRO = {"symbol": "PEPE/USD", "depth": 10}


@FIGURES.story("exponents in an update")
def _(story: Story) -> None:
    """An exponent drops the zeros that the pair's other numbers show, and the sum wants them."""
    market = bitcoin()
    story.lives(market.snapshot())
    text = market.update(bids=[("45283.5", "0.00005100")])
    story.lives(text.replace("0.00005100", "5.1e-5"))
    text = market.update(bids=[("45283.6", "0.00000001")])
    story.lives(text.replace("0.00000001", "1E-8"))
    text = market.update(asks=[("45285.1", "20.00000000")])
    story.lives(text.replace("20.00000000", "2e+01").replace("45285.1", "4.52851E4"))
    text = market.update(asks=[("45285.0", "0.12300000")])
    story.lives(text.replace("0.12300000", '"123e-03"').replace("45285.0", '"45285e0"'))
    text = market.update(asks=[("45285.0", GONE), ("45299.5", "0.10000000")])
    story.lives(text.replace(GONE, "0E-8"))
    text = market.update(asks=[("45285.1", GONE), ("45299.6", "0.10000000")])
    story.lives(text.replace(GONE, "0e0").replace("0.10000000", "1.0e-1"))
    story.reads("BTC/USD", "live")


@FIGURES.story("exponents in a snapshot")
def _(story: Story) -> None:
    """The plain numbers of the same message tell the decimals, wherever in it they stand."""
    market = bitcoin()
    market.update(bids=[("45283.5", "0.00001000")], asks=[("45299.5", "0.00000500")])
    text = market.snapshot()
    story.lives(text.replace("0.00001000", "1e-05").replace("0.00000500", "5e-06"))
    story.reads("BTC/USD", "live")
    text = market.update(bids=[("45283.5", "0.00002000")])
    story.lives(text.replace("0.00002000", "2e-05"))


@FIGURES.story("28 significant digits")
def _(story: Story) -> None:
    """As many digits as a Decimal context usually has are exact, on both sides of the point."""
    bids = [
        ("1234567890123456789.012345678", "9876543210987654321.098765432"),
        ("1234567890123456789.012345677", "0.000000001"),
    ]
    asks = [
        ("9999999999999999999.999999999", "9999999999999999999.999999999"),
        ("9999999999999999999.999999998", "1.000000000"),
    ]
    market = Market("BTC/USD", bids, asks)
    story.lives(market.snapshot())
    story.lives(market.update(bids=[("1234567890123456789.012345678", "1000000000000000000.000000001")]))
    story.lives(market.update(bids=[("1234567890123456789.012345677", "0.000000000")]))
    story.reads("BTC/USD", "live")


@FIGURES.story("28 decimals")
def _(story: Story) -> None:
    """Leading zeros are no significant digits, so a tiny number may have as many decimals as it needs."""
    bids = [("0.0000000000000000000000000012", "0.1234567890123456789012345678")]
    asks = [("0.0000000000000000000000000013", "0.0000000000000000000000000001")]
    market = Market("BTC/USD", bids, asks)
    story.lives(market.snapshot())
    story.lives(market.update(bids=[("0.0000000000000000000000000011", "0.9999999999999999999999999999")]))
    text = market.update(asks=[("0.0000000000000000000000000013", "0.0000000000000000000000000002")])
    story.lives(text.replace("0.0000000000000000000000000002", "2e-28"))
    story.reads("BTC/USD", "live")


@FIGURES.story("a micro-price token", MICRO)
def _(story: Story) -> None:
    """Prices of ten decimals and quantities of ten digits, which pass 2^32, and with their decimals 2^53."""
    bids = [
        ("0.0000071230", "4294967296.12345"),
        ("0.0000071229", "9999999999.99999"),
        ("0.0000071201", "1.00000"),
    ]
    asks = [("0.0000071231", "8589934592.00001"), ("0.0000071240", "90071992547.40993")]
    market = Market("PEPE/USD", bids, asks)
    story.lives(market.snapshot())
    story.lives(market.update(bids=[("0.0000071230", "1234567890.12345")]))
    story.lives(market.update(asks=[("0.0000071231", "0.00000"), ("0.0000071232", "5000000000.00000")]))
    story.reads("PEPE/USD", "live")


@FIGURES.story("whole numbers")
def _(story: Story) -> None:
    """Pairs without decimals have none to strip."""
    market = Market(
        "BTC/USD", ladder("4528350", "-5", 10, qty="1.0000000"), ladder("4528360", "5", 10, qty="2.0000000")
    )
    story.lives(market.snapshot())
    story.lives(market.update(bids=[("4528355", "0.00000500")]))
    whole = Market("BTC/USD", [("10", "100"), ("9", "7")], [("11", "1000000")])
    story.lives(whole.snapshot())
    story.lives(whole.update(bids=[("10", "0"), ("8", "20")]))
    story.reads("BTC/USD", "live")


@FIGURES.story("the pair's decimals change while it runs")
def _(story: Story) -> None:
    """The sum wants each level's digits as sent, so old levels keep theirs when new ones have more."""
    bids: list[Level] = [("12.5", "3.50"), ("12.4", "1.00")]
    market = Market("BTC/USD", bids, [("12.6", "2.25")])
    story.lives(market.snapshot())
    story.lives(market.update(bids=[("12.45", "0.125")]))
    story.lives(market.update(asks=[("12.60001", "7.00")]))
    story.lives(market.update(bids=[("12.4", "0.00"), ("12.45", "0.5000")]))
    story.reads("BTC/USD", "live")
    story.lives(market.snapshot())
    story.reads("BTC/USD", "live")


@FIGURES.story("a source that went through floats", FLOATS)
def _(story: Story) -> None:
    """With the pair's precisions the lost zeros come back: 4.0 was 4.00000000, and 1e-05 was 0.00001000."""
    market = bitcoin()
    market.update(bids=[("45283.5", "4.00000000")], asks=[("45285.2", "0.00001000")])
    story.lives(_through_floats(market.snapshot()))
    story.lives(_through_floats(market.update(bids=[("45284.0", "0.50000000")])))
    story.lives(_through_floats(market.update(bids=[("45284.0", GONE), ("45276.6", "0.15445238")])))
    story.lives(_through_floats(market.update(asks=[("45285.2", "0.00000100")])))
    story.lives(market.update(asks=[("45285.2", "0.00000200")]))
    story.reads("BTC/USD", "live")


@FIGURES.story("floats of a pair without price decimals", WHOLE)
def _(story: Story) -> None:
    """A float shows a whole price with a decimal that was never sent."""
    market = Market("BTC/JPY", ladder("4528350", "-5", 10), ladder("4528360", "5", 10))
    floats = market.snapshot().replace(',"qty"', '.0,"qty"')
    story.lives(floats)
    story.lives(market.update(bids=[("4528355", "3.00000000")]).replace("4528355", "4528355.0"))
    story.lives(market.update(bids=[("4528355", "2.00000000")]).replace("2.00000000", "2.0"))
    story.reads("BTC/JPY", "live")


@FIGURES.story("floats without the precisions")
def _(story: Story) -> None:
    """Without the pair's precisions such a source can't be proven, and the sum says so at once."""
    story.desyncs(_through_floats(bitcoin().snapshot()), "checksum")


@FIGURES.story("too many digits")
def _(story: Story) -> None:
    """What 28 digits don't hold is refused rather than rounded."""
    market = bitcoin()
    long = ["12345678901234567890123456789", "1.2345678901234567890123456789", "1e28", "1e400", "1e-400"]
    for number in [*long, "1" * 400, "0." + "0" * 400 + "1", "1e999999999999999999999"]:
        story.lives(market.snapshot())
        bids = [("45283.5", number)]
        story.desyncs(book_text("update", "BTC/USD", bids, checksum=market.sum), "malformed")
    story.lives(market.snapshot())
    story.desyncs(book_text("update", "BTC/USD", [("1" * 29, "1")], checksum=market.sum), "malformed")


def _through_floats(text: str) -> str:
    """The same message after a careless parser: numbers as Python's floats would print them."""
    market_numbers = {"4.00000000": "4.0", "0.00001000": "1e-05", "0.00000100": "1e-06", GONE: "0.0"}
    for sent, shown in market_numbers.items():
        text = text.replace(f":{sent}", f":{shown}")
    return _strip_zeros(text)


def _strip_zeros(text: str) -> str:
    parts = text.split('"qty":')
    for index, part in enumerate(parts[1:], start=1):
        number, brace, rest = part.partition("}")
        if "." in number and "e" not in number and not number.endswith(".0"):
            number = number.rstrip("0")
        parts[index] = number + brace + rest
    return '"qty":'.join(parts)
