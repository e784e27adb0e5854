"""Frames that mean nothing: whose fault they are, and that nothing of them is applied."""

from collections.abc import Iterable

from reference.market import Market, bitcoin, book_text, ether
from reference.story import Chapter, Story

MALFORMED = Chapter()

BTC = {"symbol": "BTC/USD", "depth": 10}
ETH = {"symbol": "ETH/USD", "depth": 10}


def _small() -> Market:
    """BTC/USD with one level a side: what is told here is about frames, not about ladders."""
    return Market("BTC/USD", [("45283.5", "0.10000000")], [("45285.2", "0.00100000")])


def _update(price: str = "45283.5", qty: str = "0.20000000") -> str:
    """An update that would be proven if it were left alone."""
    return _small().update(bids=[(price, qty)])


def _spoil(story: Story, frames: Iterable[str], symbol: str = "BTC/USD") -> None:
    """Each frame meets a live book and is put to it; the next snapshot heals."""
    for frame in frames:
        story.lives(_small().snapshot())
        story.desyncs(frame, "malformed", symbol)
    story.reads(symbol, "desynced")


@MALFORMED.story("not a frame")
def _(story: Story) -> None:
    """Nothing here names a book, so the engine can only refuse it and let the session decide."""
    story.lives(_small().snapshot())
    story.refuses("", " ", "\n", "null", "true", "1", '"book"', "[]", '["book"]', "{", "}", "{]", "book", "\ufeff{}")
    story.refuses("{'channel':'book'}", '{channel:"book"}', '{"channel"}', '{"channel":}', '{"channel":"book",}')
    story.refuses('{"channel":"book"', '{"channel":"book"} {}', '{"channel":"book"}x', "{}{}", "{} ,", "\0", "{}\0")
    story.refuses('{"channel":7}', '{"channel":null,"type":"update"}', '{"channel":["book"]}')
    story.refuses('{"channel":"book"}', '{"channel":"book","type":"update"}', '{"channel":"book","data":[]}')
    story.reads("BTC/USD", "live")


@MALFORMED.story("a frame cut short")
def _(story: Story) -> None:
    """Where the symbol can already be read the fault is that book's, before it is nobody's."""
    text = _update()
    known = text.index('"BTC/USD"') + len('"BTC/USD"')
    story.lives(_small().snapshot())
    story.refuses(*(text[:cut] for cut in (1, 2, 9, 11, 17, 18, 19, 26, 35, 43, 45, 50, 60, known - 3, known - 1)))
    story.reads("BTC/USD", "live")
    cuts = [*range(known, len(text), 7), len(text) - 2, len(text) - 1]
    _spoil(story, (text[:cut] for cut in cuts))
    # The symbol may stand at the end, and then the channel, or neither be there at all.
    story.lives(_small().snapshot())
    story.refuses('{"data":[{"bids":[],"asks":[],"checksum":1,"symbol":"BTC/USD"}],"type":"update"')
    story.refuses('{"channel":"book","type":"update","data":[{"bids":[],"asks":[],"checksum":1,"sym')
    story.desyncs('{"channel":"book","data":[{"bids":[],"asks":[],"checksum":1,"symbol":"BTC/USD"', "malformed")


@MALFORMED.story("a broken frame of another channel")
def _(story: Story) -> None:
    """Frames that are known not to be the book's are not read on, so their faults are not found."""
    story.lives(_small().snapshot())
    story.ignores('{"channel":"heartbeat"', '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","price":')
    story.ignores('{"method":"subscribe","result":{"channel":"book"', '{"method":"pong"}}')
    story.ignores(_update()[:-1] + ',"channel":"trade"}', _update()[:-1] + ',"method":"subscribe"')
    story.reads("BTC/USD", "live")


@MALFORMED.story("not JSON")
def _(story: Story) -> None:
    """What follows a frame, what JSON does not know, and what some parsers let pass."""
    text = _update()
    tails = ["x", "{}", text, ",", "]", "}", "\0", "//", "null"]
    _spoil(story, (text + tail for tail in tails))
    breaks = {
        '"bids":[': [
            '"bids":[,',
            '"bids" [',
            '"bids":',
            "bids:[",
            "'bids':[",
            '"bids"::[',
            ',"bids":[',
            '"bids":[[',
        ],
        '"asks":[]': [
            '"asks":[,]',
            '"asks":[',
            '"asks":]',
            '"asks":[}',
            '"asks":{]',
            '"asks":[],,',
            '"asks":[]]',
        ],
        '"checksum"': [
            '"check\nsum"',
            '"check\tsum":1,"checksum"',
            r'"\x":1,"checksum"',
            r'"\u00g0":1,"checksum"',
        ],
        '"timestamp"': [
            '"t":tru,"timestamp"',
            '"t":nul,"timestamp"',
            '"t":True,"timestamp"',
            '"t":,"timestamp"',
        ],
        '"symbol":"BTC/USD",': [
            f'"symbol":"BTC/USD","n":{number},'
            for number in (
                "NaN",
                "Infinity",
                "-",
                "01",
                "1.",
                ".5",
                "+1",
                "1e",
                "1e+",
                "0x10",
                "1_000",
                "-01",
                "--1",
            )
        ],
        "0.20000000}": ["0.20000000,}", "0.20000000", "0.20000000}}", "0.20000000]", "0.20000000;}"],
        "}]}": [
            "}]",
            "}}",
            "]}",
            "}],}",
            '}],"x"}',
            "}]}}",
            "}] }]}",
            r'}],"x":"\ud800"}',
            r'}],"x":"\udc00\ud800"}',
        ],
    }
    for sound, broken in breaks.items():
        _spoil(story, (text.replace(sound, other) for other in broken))


@MALFORMED.story("prices and quantities that are none")
def _(story: Story) -> None:
    """A number that can't be a price or a quantity spoils the whole message, wherever in it it stands."""
    bare = [
        "-1",
        "-0.5",
        "-0",
        "-1e-8",
        "01",
        "00.1",
        "1.",
        ".1",
        "+1",
        "1e",
        "NaN",
        "Infinity",
        "0x1",
        "1 2",
    ]
    quoted = [
        '""',
        '" "',
        '"abc"',
        '"-1"',
        '" 1"',
        '"1 "',
        '"1,5"',
        '"1_0"',
        '"+1"',
        '"01"',
        '".5"',
        '"5."',
        '"1e"',
    ]
    others = ["null", "true", "false", "[]", "{}", "[1]", '{"price":1}', '"NaN"', '"Infinity"', '"0x1"']
    for number in [*bare, *quoted, *others]:
        _spoil(story, [_update().replace("0.20000000", number)])
    for number in ["0", "0.0", "0e5", '"0"', *bare[:4], *quoted[:3], *others[:3]]:
        _spoil(story, [_update().replace("45283.5", number)])


@MALFORMED.story("levels that are none")
def _(story: Story) -> None:
    """A level is an object with one price and one quantity."""
    level = '{"price":45283.5,"qty":0.20000000}'
    others = [
        '{"price":45283.5}',
        '{"qty":0.20000000}',
        "{}",
        "[]",
        "[45283.5,0.20000000]",
        "null",
        "1",
        '"x"',
    ]
    others += [level[:-1] + ',"price":45283.5}', level[:-1] + ',"qty":0.20000000}', level + "," + level[:-1]]
    _spoil(story, (_update().replace(level, other) for other in others))
    _spoil(
        story,
        (_update().replace(f"[{level}]", other) for other in ["null", "0", "true", '"[]"', "{}", level]),
    )
    good = _update("45283.6")
    _spoil(story, [good.replace("]}", ',{"price":45283.7,"qty":-1}]}', 1).replace('"asks":[]', '"asks":[{}]')])


@MALFORMED.story("checksums and timestamps that are none")
def _(story: Story) -> None:
    """A sum is an unsigned integer of 32 bits; a time is short text."""
    text = _update()
    market = _small()
    market.update(bids=[("45283.5", "0.20000000")])
    sums = [
        "-1",
        "4294967296",
        "99999999999999999999",
        "1.5",
        "null",
        "true",
        "[]",
        "{}",
        '""',
        '"abc"',
        '"-1"',
        "1e99",
    ]
    _spoil(story, (text.replace(f":{market.sum}", f":{other}") for other in sums))
    stamp = '"2026-08-02T04:23:42.000001Z"'
    times = ["7", "true", "[]", "{}", '"' + "2" * 41 + '"', '"2026\u2013"']
    _spoil(story, (text.replace(stamp, other) for other in times))


@MALFORMED.story("envelopes that are none")
def _(story: Story) -> None:
    """A book frame has a type and one element of data, and every key that means something at most once."""
    text = _update()
    types = ["", '"type":"partial",', '"type":null,', '"type":1,', '"type":"Update",', '"type":"update ",']
    _spoil(story, (text.replace('"type":"update",', other) for other in types))
    repeated = ['"channel":"book"', '"type":"update"', '"data":[]', '"data":[{"symbol":"ETH/USD"}]']
    _spoil(story, (text[:-1] + f",{again}}}" for again in repeated))
    repeated = [
        '"symbol":"BTC/USD"',
        '"bids":[]',
        '"asks":[]',
        '"checksum":1',
        '"timestamp":"x"',
        '"symbol":"X"',
    ]
    _spoil(story, (text[:-3] + f",{again}}}]}}" for again in repeated))
    story.lives(_small().snapshot())
    for data in ("[]", "{}", "null", "7", '"BTC/USD"', "[null]", "[[]]", "[{}]", '{"symbol":"BTC/USD"}'):
        story.refuses(f'{{"channel":"book","type":"update","data":{data}}}')
    for symbol in ("7", "null", "true", '["BTC/USD"]', '{"symbol":"BTC/USD"}'):
        story.refuses(_update().replace('"BTC/USD"', symbol))
    story.refuses(_update().replace('"symbol":"BTC/USD",', ""))
    story.reads("BTC/USD", "live")


@MALFORMED.story("snapshots that are no ladder")
def _(story: Story) -> None:
    """A snapshot holds no empty level, and each price once: a double stands where something is missing."""
    text = _small().snapshot()
    again = '{"price":45283.5,"qty":0.10000000},{"price":45283.5,"qty":0.10000000}'
    _spoil(story, [text.replace('{"price":45283.5,"qty":0.10000000}', again)])
    _spoil(story, [text.replace('"bids":[', '"bids":[{"price":45270.0,"qty":0.00000000},')])


@MALFORMED.story("the fault of one book", BTC, ETH)
def _(story: Story) -> None:
    """A malformed frame touches the book it names and no other; if that is not tracked, it is nobody's."""
    bitcoins, ethers = bitcoin(), ether()
    story.lives(bitcoins.snapshot())
    story.lives(ethers.snapshot())
    story.desyncs(_update(qty="-1"), "malformed")
    story.lives(ethers.update(bids=[("1877.29", "2.00000000")]))
    story.lives(bitcoins.snapshot())
    story.desyncs(ethers.update(bids=[("1877.29", "1.00000000")])[:-1], "malformed", "ETH/USD")
    story.lives(bitcoins.update(bids=[("45283.5", "0.20000000")]))
    story.refuses(_update(qty="-1").replace("BTC/USD", "XRP/USD"), _update().replace("BTC/USD", "XRP/USD")[:-1])
    story.reads("BTC/USD", "live")
    story.lives(ethers.snapshot())
    # A name deeper down is not the element's own.
    element = '{"x":{"symbol":"ETH/USD"},"symbol":"BTC/USD","bids":7}'
    story.desyncs(f'{{"channel":"book","type":"update","data":[{element}]}}', "malformed")
    story.lives(bitcoins.snapshot())
    # The fault may stand before the name.
    story.desyncs('{"channel":"book","type":"update","data":[{"bids":[7],"symbol":"BTC/USD"}]}', "malformed")
    story.lives(bitcoins.snapshot())
    story.desyncs('{"data":[{"bids":[7],"symbol":"BTC/USD"}],"type":"update","channel":"book"}', "malformed")
    story.reads("ETH/USD", "live")


@MALFORMED.story("data of two elements", BTC, ETH)
def _(story: Story) -> None:
    """Kraken sends one element; with two it is unknown what applies, so every tracked symbol named is out."""
    one = '{"symbol":"BTC/USD","bids":[],"asks":[],"checksum":3310070434}'
    two, three = one.replace("BTC", "ETH"), one.replace("BTC", "XRP")
    bad = '{"symbol":"BTC/USD","bids":[{"price":-1,"qty":1}],"asks":[],"checksum":1}'
    both = ("BTC/USD", "ETH/USD")
    for elements, named in (
        ((one, two), both),
        ((two, one), both[::-1]),
        ((one, three), both[:1]),
        ((three, two), both[1:]),
        ((one, one), both[:1]),
        ((one, two, three), both),
        ((bad, two), both),
        ((one, "null"), both[:1]),
        (("{}", two), both[1:]),
    ):
        story.lives(_small().snapshot())
        story.lives(ether().snapshot())
        frame = f'{{"channel":"book","type":"update","data":[{",".join(elements)}]}}'
        story.desyncs(frame, "malformed", *named)
    story.lives(_small().snapshot())
    story.refuses(f'{{"channel":"book","type":"update","data":[{three},{three}]}}')
    story.desyncs(f'{{"channel":"book","type":"update","data":[{one},{two}'[:-20], "malformed", *both)
    story.desyncs(f'{{"channel":"book","type":"update","data":[{one}],"data":[{two}]}}', "malformed", *both)


@MALFORMED.story("a fault while the book is not live")
def _(story: Story) -> None:
    """An awaiting or a desynced book is told of a frame it could not have used either."""
    story.desyncs(_update(qty="-1"), "malformed")
    story.desyncs(_update()[:-2], "malformed")
    story.suspend("BTC/USD", "resubscribing")
    story.desyncs(_update(price="0"), "malformed")
    story.lives(bitcoin().snapshot())


@MALFORMED.story("bombs")
def _(story: Story) -> None:
    """Nesting without end costs neither a stack nor a hang, closed or not."""
    text = _update()
    for opened, closed in (("[", "]"), ('{"a":', "}"), ('[{"":', "}]")):
        deep = opened * 500 + "1" + closed * 500
        _spoil(story, [text.replace('"bids"', f'"x":{deep},"bids"'), text[:-1] + f',"x":{opened * 500}'])
        story.lives(_small().snapshot())
        story.refuses(opened * 500, deep)
    shallow = "[" * 30 + "]" * 30
    market = _small()
    story.lives(market.snapshot())
    story.lives(market.update(bids=[("45283.5", "0.20000000")]).replace('"bids"', f'"x":{shallow},"bids"'))


@MALFORMED.story("nothing of a malformed frame is applied")
def _(story: Story) -> None:
    """The levels before the fault leave no trace, and a snapshot gives exactly the exchange's book."""
    market = bitcoin()
    story.lives(market.snapshot())
    bad = book_text("update", "BTC/USD", [("45283.6", "1.00000000"), ("45283.7", "x")], checksum=market.sum)
    story.desyncs(bad, "malformed")
    story.ignores(market.update(bids=[("45283.5", "0.20000000")]))
    story.lives(market.snapshot())
    story.reads("BTC/USD", "live")
