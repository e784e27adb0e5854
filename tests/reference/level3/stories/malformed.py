"""Level-3 frames that mean nothing: whose fault they are, and that nothing of them is applied."""

from collections.abc import Iterable

from reference.level3.market import Market, add, delete, ether, modify, small
from reference.level3.story import Chapter, Story

MALFORMED = Chapter()

BTC = {"symbol": "BTC/USD", "depth": 10}
ETH = {"symbol": "ETH/USD", "depth": 10}


def _added() -> str:
    """An update that would be proven if it were left alone."""
    return small().update(bids=[add("ON1", "44939.4", "0.20000000")])


def _deleted() -> str:
    return small().update(bids=[delete("OB1")])


def _spoil(story: Story, frames: Iterable[str]) -> None:
    """Each frame meets a live book and is put to it; the next snapshot heals."""
    for frame in frames:
        story.lives(small().snapshot())
        story.desyncs(frame, "malformed")
    story.reads("BTC/USD", "desynced")


@MALFORMED.story("not a frame")
def _(story: Story) -> None:
    """Nothing here names a book, so the engine can only refuse it."""
    story.lives(small().snapshot())
    story.refuses("", "[]", '"level3"', '{"channel":"level3"', '{"channel":"level3"}', '{"channel":"level3","data":[]}')
    story.refuses('{"channel":"level3","type":"update","data":[{"checksum":1,"bids":[],"asks":[]}]}')
    story.reads("BTC/USD", "live")


@MALFORMED.story("a frame cut short")
def _(story: Story) -> None:
    """Where the symbol can already be read the fault is that book's, before it is nobody's."""
    text = _added()
    known = text.index('"BTC/USD"') + len('"BTC/USD"')
    story.lives(small().snapshot())
    story.refuses(*(text[:cut] for cut in (1, 12, 18, 30, 47, known - 1)))
    story.reads("BTC/USD", "live")
    _spoil(story, (text[:cut] for cut in (*range(known, len(text), 11), len(text) - 2, len(text) - 1)))


@MALFORMED.story("an order without a part")
def _(story: Story) -> None:
    """Nothing that an order needs may be missing, twice, or null."""
    text = _added()
    parts = ('"event":"add",', '"order_id":"ON1",', '"limit_price":44939.4,', '"order_qty":0.20000000,')
    _spoil(story, (text.replace(part, "", 1) for part in (*parts, f',"timestamp":"{_stamp(text)}"')))
    _spoil(story, (text.replace(part, part + part, 1) for part in parts))
    for key in ("event", "order_id", "limit_price", "order_qty", "timestamp"):
        start = text.index(f'"{key}":', text.index("bids")) + len(key) + 3
        end = min(text.find(mark, start) for mark in ",}" if text.find(mark, start) > 0)
        values = ["null", "true", "[]", "{}"]
        values += ["17"] if key in ("event", "order_id", "timestamp") else ['"much"', '""', "-1", "+1", "01", "0"]
        _spoil(story, (text[:start] + value + text[end:] for value in values))
    story.lives(small().snapshot())
    story.lives(text)


def _stamp(text: str) -> str:
    return text.rpartition('"timestamp":"')[2].partition('"')[0]


@MALFORMED.story("a delete needs its order_id only")
def _(story: Story) -> None:
    """Whose order it is says all; what stands beside it has to be sound all the same."""
    text = _deleted()
    for key in ("limit_price", "order_qty", "timestamp"):
        start = text.index(f',"{key}":', text.index("bids"))
        ends = [text.find(mark, start + 1) for mark in (',"', "}")]
        story.lives(small().snapshot())
        story.lives(text[:start] + text[min(end for end in ends if end > 0) :])
    story.lives(small().snapshot())
    story.lives(text.replace('"order_qty":0.88968699', '"order_qty":0'))
    _spoil(story, [text.replace('"order_id":"OB1",', ""), text.replace('"order_qty":0.88968699', '"order_qty":-1')])


@MALFORMED.story("events")
def _(story: Story) -> None:
    """Three words and no others; an update's order has one of them."""
    text = _added()
    words = ("", "Add", "ADD", "insert", "update", "new", "fill", "adds", " add", "delete ")
    _spoil(story, (text.replace('"event":"add"', f'"event":"{word}"') for word in words))
    story.lives(small().snapshot())
    story.lives(text.replace('"event":"add"', '"event":"\\u0061dd"'))


@MALFORMED.story("order ids")
def _(story: Story) -> None:
    """One to thirty-one ASCII characters, whichever; an escape is read, and counts as what it stands for."""
    text = _added()
    ids = ("", "O" * 32, "O" * 400, "Ω", "ON\\u00e9", "O\x7f\u0080")
    _spoil(story, (text.replace('"ON1"', f'"{order_id}"') for order_id in ids))
    for order_id in ("O", "O" * 31, "a b,c:{}[]", "0", "\\u004fN1", "ON\\\\1", "ON\\/1", 'ON\\"1'):
        story.lives(small().snapshot())
        story.lives(text.replace('"ON1"', f'"{order_id}"'), "new")
        story.reads("BTC/USD", "live")


@MALFORMED.story("quantities and prices of nothing")
def _(story: Story) -> None:
    """No order is for nothing, and none costs nothing."""
    text = _added()
    zeros = ("0", "0.00000000", "0e5", '"0.0"')
    _spoil(story, (text.replace("0.20000000", zero) for zero in zeros))
    _spoil(story, (text.replace("44939.4,", f"{zero},") for zero in zeros))
    modified = small().update(bids=[modify("OB1", "0.50000000")])
    _spoil(story, (modified.replace("0.50000000", zero) for zero in zeros))


@MALFORMED.story("times")
def _(story: Story) -> None:
    """An order's time is RFC 3339; what is finer than a nanosecond is dropped."""
    text = _added()
    head = text.index("bids")
    stamp = _stamp(text)
    wrong = (
        "",
        "now",
        "2026-08-02",
        "2026-08-02T04:23:42",
        "2026-08-02T04:23:42.Z",
        "2026-08-02 04:23:42Z",
        "2026-13-02T04:23:42Z",
        "2026-08-00T04:23:42Z",
        "2026-08-02T24:23:42Z",
        "2026-08-02T04:60:42Z",
        "2026-08-02T04:23:42+0100",
        "2026-08-02T04:23:42Z ",
        "1785644622000000001",
    )
    _spoil(story, (text[:head] + text[head:].replace(stamp, time, 1) for time in wrong))
    for time in (
        "2026-08-02T04:23:42Z",
        "2026-08-02T04:23:42.5Z",
        "2026-08-02T04:23:42.123456789987Z",
        "2026-08-02T06:23:42.000000002+02:00",
        "2026-08-01T23:53:42-04:30",
        "2024-02-29T00:00:00.000000000Z",
        "1969-12-31T23:59:59.999999999Z",
        "2100-03-01T00:00:00Z",
    ):
        story.lives(small().snapshot())
        story.lives(text[:head] + text[head:].replace(stamp, time, 1), "new")


@MALFORMED.story("lists and elements")
def _(story: Story) -> None:
    """One element of data; each of its keys once; lists of objects."""
    text = _added()
    element = text[text.index("[{") + 1 : -2]
    changed = [
        text[:-2] + ",{}]}",
        text[:-2] + f",{element}]}}",
        text.replace('"asks":[]', '"asks":[],"asks":[]'),
        text.replace('"asks":[]', '"asks":{}'),
        text.replace('"asks":[]', '"asks":null'),
        text.replace('"asks":[]', '"asks":[[]]'),
        text.replace('"asks":[]', '"asks":[1]'),
        text.replace('"asks":[]', '"asks":["ON1"]'),
        text.replace('"type":"update"', '"type":"change"'),
        text.replace('"type":"update"', '"type":"update","type":"update"'),
        text.replace('"checksum":', '"checksum":1,"checksum":'),
        text.replace('"checksum":', '"checksum":-'),
        text.replace('"checksum":', '"checksum":4294967296,"c":'),
        text.replace('"checksum":', '"checksum":1.5,"c":'),
        text.replace('"checksum":', '"checksum":"sum","c":'),
    ]
    _spoil(story, changed)
    # What may be left out, and what is not known.
    story.lives(small().snapshot())
    story.lives(text.replace(',"asks":[]', ""), "new")
    story.lives(small().snapshot())
    story.lives(text.replace('"event":', '"flags":[{"event":"delete"}],"event":').replace('"asks"', '"x":{},"asks"'))


@MALFORMED.story("no checksum")
def _(story: Story) -> None:
    """Nothing proves it."""
    text = _added()
    start = text.index('"checksum":')
    story.lives(small().snapshot())
    story.desyncs(text[:start] + text[text.index('"bids"') :], "missing_checksum")


@MALFORMED.story("snapshots that can't be")
def _(story: Story) -> None:
    """An order twice, an order for nothing, an order that left: no snapshot tells of such."""
    market = small()
    text = market.snapshot()
    story.desyncs(text.replace('"OB2"', '"OB1"'), "malformed")
    story.desyncs(text.replace('"OA1"', '"OB1"'), "malformed")
    story.desyncs(text.replace("0.45210000", "0.00000000"), "malformed")
    story.desyncs(text.replace('{"order_id":"OB2"', '{"event":"insert","order_id":"OB2"'), "malformed")
    story.desyncs(text.replace('{"order_id":"OB2"', '{"event":"delete","order_id":"OB2"'), "malformed")
    story.desyncs(text.replace('{"order_id":"OB2"', '{"event":"modify","order_id":"OB2"'), "malformed")
    story.lives(text.replace('{"order_id":"OB2"', '{"event":"add","order_id":"OB2"'))


@MALFORMED.story("two books", BTC, ETH)
def _(story: Story) -> None:
    """A fault is the book's that the frame names; the other goes on."""
    bitcoin, ethereum = small(), ether()
    story.lives(bitcoin.snapshot())
    story.lives(ethereum.snapshot())
    story.desyncs(_added().replace('"add"', '"insert"'), "malformed", "BTC/USD")
    story.reads("ETH/USD", "live")
    story.lives(ethereum.update(bids=[modify("OE1", "1.00000000")]), "fill")
    both = _added()[:-2] + ',{"symbol":"ETH/USD"}]}'
    story.desyncs(both, "malformed", "BTC/USD", "ETH/USD")


def _book_frame(market: Market) -> str:
    return market.snapshot().replace('"channel":"level3"', '"channel":"trade"')


@MALFORMED.story("other channels")
def _(story: Story) -> None:
    """Answers, heartbeats and whatever bears another channel's name are not read as level 3."""
    story.lives(small().snapshot())
    story.ignores('{"channel":"heartbeat"}', '{"method":"subscribe","result":{"channel":"level3"}}')
    story.ignores(_book_frame(small()), _added()[:-1] + ',"channel":"trade"}', _added()[:-1] + ',"method":"x"')
    story.reads("BTC/USD", "live")
