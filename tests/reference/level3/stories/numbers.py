"""Numbers in all the forms that JSON and careless printers allow: the sum is over the digits that were meant."""

from zlib import crc32

from reference.level3.market import Market, add, modify, small
from reference.level3.story import Chapter, Story

NUMBERS = Chapter()

MICRO = {"symbol": "PEPE/USD", "depth": 10}
EXACT = {"symbol": "BTC/USD", "depth": 10, "precision": [1, 8]}
WHOLE = {"symbol": "BTC/USD", "depth": 10, "precision": [0, 4]}


@NUMBERS.story("quotes")
def _(story: Story) -> None:
    """A number in quotes is the same number."""
    market = small()
    story.lives(market.snapshot().replace("44939.4", '"44939.4"').replace("0.88968699", '"0.88968699"'))
    story.lives(market.update(bids=[add("ON1", "44939.4", "0.20000000")]).replace("0.20000000", '"0.20000000"'))
    story.reads("BTC/USD", "live")


@NUMBERS.story("exponents")
def _(story: Story) -> None:
    """A token with an exponent has lost its trailing zeros: it gets the decimals that the book's numbers have."""
    market = small()
    story.lives(market.snapshot())
    story.lives(market.update(bids=[add("ON1", "44939.4", "0.20000000")]).replace("0.20000000", "2e-1"), "new")
    story.lives(market.update(bids=[modify("ON1", "0.10000000")]).replace("0.10000000", "1E-01"), "fill")
    story.lives(market.update(asks=[add("ON2", "44960.0", "3.00000000")]).replace("44960.0", "4.496e4"), "new")
    story.reads("BTC/USD", "live")


@NUMBERS.story("as sent")
def _(story: Story) -> None:
    """Plain digits count as they stand: 0.5 and 0.50 are worth the same and sum differently."""
    market = small()
    story.lives(market.snapshot())
    story.lives(market.update(bids=[add("ON1", "44939.4", "0.5")]), "new")
    story.lives(market.update(bids=[modify("OB1", "0.50")]), "fill")
    story.desyncs(market.update(bids=[add("ON2", "44939.4", "0.25")]).replace("0.25", "0.250"), "checksum")


@NUMBERS.story("more decimals later")
def _(story: Story) -> None:
    """A pair's precision grows: what is held keeps its value, its places and its digits."""
    market = small()
    story.lives(market.snapshot())
    story.lives(market.update(bids=[add("ON1", "44939.3725", "0.1000000001")]), "new")
    story.reads("BTC/USD", "live")
    story.lives(market.update(asks=[modify("OA1", "4.5230839299")]), "fill")
    story.reads("BTC/USD", "live")
    # A message that fails leaves nothing behind of its decimals either.
    frame = market.update(bids=[add("ON2", "44939.372512345", "0.10000000010001")])
    story.desyncs(frame.replace('"ON2"', '"ON2","x":0').replace("0.10000000010001", "0.10000000010002"), "checksum")
    story.lives(market.snapshot())
    story.reads("BTC/USD", "live")


@NUMBERS.story("quantities that fill a queue", MICRO)
def _(story: Story) -> None:
    """Large quantities of orders at one price are summed exactly, and tiny prices keep their digits."""
    bids = [(f"OB{number}", "0.0000071230", f"{9_007_199_254_740_993 + number}.12345") for number in range(5)]
    market = Market("PEPE/USD", bids, [("OA1", "0.0000071231", "1.00000")])
    story.lives(market.snapshot())
    story.lives(market.update(bids=[modify("OB0", "9007199254740993.12344")]), "fill")
    story.reads("PEPE/USD", "live")


@NUMBERS.story("28 digits")
def _(story: Story) -> None:
    """No number of this kind survives a float; one digit more is refused."""
    bids = [("OB1", "1234567890123456789.012345678", "9876543210987654321.098765432"), ("OB2", "1.000000001", "1.5")]
    market = Market("BTC/USD", bids, [("OA1", "1234567890123456789.012345679", "9999999999999999999.999999999")])
    story.lives(market.snapshot())
    story.reads("BTC/USD", "live")
    frame = market.update(bids=[modify("OB1", "9876543210987654321.098765431")])
    story.desyncs(frame.replace("098765431", "0987654310"), "malformed")


@NUMBERS.story("precisions told, for floats", EXACT)
def _(story: Story) -> None:
    """A file that went through floats has lost zeros; the pair's precisions give them back."""
    market = small()
    story.lives(market.snapshot().replace("0.45210000", "0.4521").replace("44950.0", "44950"))
    story.lives(market.update(bids=[add("ON1", "44939.4", "0.20000000")]).replace("0.20000000", "0.2"), "new")
    story.lives(market.update(bids=[add("ON2", "44900.0", "0.00000010")]).replace("0.00000010", "1e-07"), "new")
    story.reads("BTC/USD", "live")


@NUMBERS.story("whole prices told, for floats", WHOLE)
def _(story: Story) -> None:
    """At precision 0 a float shows 29430 as 29430.0; that zero is not the exchange's."""
    market = Market("BTC/USD", [("OB1", "29430", "0.1000")], [("OA1", "29431", "0.2000")])
    story.lives(market.snapshot().replace("29430", "29430.0").replace("0.1000", "0.1"))
    story.reads("BTC/USD", "live")


@NUMBERS.story("an empty book")
def _(story: Story) -> None:
    """The sum of no text is 0, and a book without orders is one."""
    market = Market("BTC/USD", [], [])
    assert market.sum == crc32(b"") == 0
    story.lives(market.snapshot())
    story.reads("BTC/USD", "live")
    story.lives(market.update(asks=[add("OA1", "44939.5", "1.00000000")]), "new")
    story.reads("BTC/USD", "live")
