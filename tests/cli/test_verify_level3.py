"""`havklo verify` and `read` on captures of level 3, of both levels together, and on files that want to do harm."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from havklo.analytics import read
from havklo.cli._proof import prove
from havklo.errors import CaptureError
from havklo.events import BookUpdate, Desync, DesyncReason, Level3Update, Trade
from havklo.sim.exchange import Exchange
from havklo.sim.symbols import pairs

Write = Callable[..., Path]
SYMBOL = "BTC/USD"
START = 1_800_000_000_000_000_000


@pytest.fixture(scope="module")
def market() -> list[str]:
    """Twenty seconds of a simulated market as Kraken would tell them: both books, and trades."""
    exchange = Exchange(pairs([SYMBOL]), seed=11, rate=100, start_ns=START)
    frames: list[str] = []
    exchange.publish = lambda _key, frame: frames.append(frame.decode())
    keys = [("book", SYMBOL, 25), ("level3", SYMBOL, 10), ("trade", SYMBOL, 0)]
    for key in keys:
        exchange.open(key, START)
    for channel, depth in (("book", 25), ("level3", 10)):
        frames.append(ack(channel, depth))
        frames.append(exchange.snapshot((channel, SYMBOL, depth), START).decode())
    while (now := exchange.due()) < START + 20_000_000_000:
        exchange.step(now)
    return frames


def ack(channel: str, depth: int, method: str = "subscribe") -> str:
    """What Kraken confirms."""
    result = {"channel": channel, "symbol": SYMBOL, "depth": depth, "snapshot": True}
    return json.dumps({"method": method, "result": result, "success": True})


def of(frames: Sequence[str], channel: str) -> list[str]:
    """The data of one channel."""
    return [frame for frame in frames if f'"channel":"{channel}"' in frame]


def changed(frame: str) -> str:
    """The frame of a new order with one digit more in its quantity."""
    return re.sub(r'("event":"add".*?"order_qty":)', r"\g<1>1", frame, count=1)


@pytest.mark.parametrize("wrapped", [True, False])
def test_every_message_is_proven(write: Write, market: list[str], wrapped: bool) -> None:
    """Of level 3 alone, with nothing in the file but its data: depth 10 is what nobody had to say."""
    frames = of(market, "level3")
    verdict = prove(str(write("orders.jsonl", *frames, wrapped=wrapped)))
    assert len(frames) > 1_000
    assert (verdict.frames, verdict.verified, verdict.ignored) == (len(frames), len(frames), 0)
    assert (verdict.depths, verdict.first, verdict.hint) == ({("level3", SYMBOL): 10}, None, None)


def test_both_levels_in_one_file(havklo: Any, write: Write, market: list[str]) -> None:
    """Each has its own book of the symbol, and the table says which is which."""
    path = write("both.jsonl", *market)
    verdict = prove(str(path))
    expected = len(of(market, "book")) + len(of(market, "level3"))
    assert (verdict.frames, verdict.verified) == (expected, expected)
    assert verdict.depths == {("book", SYMBOL): 25, ("level3", SYMBOL): 10}
    done = havklo("verify", path)
    assert (done.code, done.err) == (0, "")
    assert re.search(rf" BTC/USD, BTC/USD level 3 +10-25 +{expected:,} +{expected:,} +0 +0 ", done.out)
    told = json.loads(havklo("verify", path, "--json").out)
    assert (told["frames"], told["verified"], told["desyncs"]) == (expected, expected, 0)


def test_a_wrong_digit(havklo: Any, write: Write, market: list[str]) -> None:
    """The line and the book are named; the book of level 2 does not mind, that of level 3 waits for a snapshot."""
    frames = list(market)
    at = next(number for number, frame in enumerate(frames) if number > 500 and '"event":"add"' in frame)
    frames[at] = changed(frames[at])
    path = write("wrong.jsonl", *frames)
    verdict = prove(str(path))
    assert verdict.first is not None
    assert (verdict.first.line, verdict.first.channel, verdict.first.symbol) == (at + 1, "level3", SYMBOL)
    assert verdict.desyncs == {DesyncReason.CHECKSUM: 1}
    assert verdict.ignored == len(of(frames[at + 1 :], "level3"))
    assert verdict.verified == verdict.frames - 1 - verdict.ignored
    done = havklo("verify", path)
    assert done.code == 1
    assert f":{at + 1}: BTC/USD level 3 desynced: Kraken's checksum is " in done.out


def test_a_lost_message(write: Write, market: list[str]) -> None:
    """What is missing is noticed, and the next snapshot proves again."""
    frames = of(market, "level3")
    verdict = prove(str(write("lost.jsonl", *frames[:100], *frames[101:400], *frames)))
    assert verdict.desyncs.total() == 1
    assert verdict.verified + verdict.ignored + 1 == verdict.frames
    assert verdict.verified >= len(frames)


def test_a_resubscription(write: Write, market: list[str]) -> None:
    """After an unsubscribe updates are ignored; that of the other level goes on."""
    half = len(market) // 2
    verdict = prove(str(write("again.jsonl", *market[:half], ack("level3", 10, "unsubscribe"), *market[half:])))
    assert verdict.ignored == len(of(market[half:], "level3"))
    assert verdict.verified == verdict.frames - verdict.ignored


def test_the_depth_that_is_hinted_at(write: Write) -> None:
    """It is counted in levels, not in orders."""
    rows = [f'{{"order_id":"O{n}","limit_price":{200 - n // 2}.0,"order_qty":1.0}}' for n in range(40)]
    data = f'[{{"symbol":"{SYMBOL}","bids":[{",".join(rows)}],"asks":[],"checksum":1}}]'
    path = write("deep.jsonl", f'{{"channel":"level3","type":"snapshot","data":{data}}}')
    hint = prove(str(path), precision=(1, 8)).hint or ""
    assert "its snapshot has 20 levels a side: try --depth 20" in hint


UPDATE = '{"channel":"level3","type":"update","data":[{"symbol":"BTC/USD","bids":[%s],"asks":[],"checksum":1}]}'

HOSTILE = {
    "no data": ('{"channel":"level3","type":"update","data":17}', "malformed frame: "),
    "cut off": ('{"channel":"level3","type":"update","data":[{"symbol":"BTC/USD","bids":[{"ev', "not JSON"),
    "a depth that level 3 has not": (ack("level3", 25), "depth 25 is not offered"),
    "a depth that is no number for a depth": (ack("level3", 10**30), "no book has a depth of 10"),
    "a depth below nothing": (ack("level3", -10), "no book has a depth of -10"),
    "nested too deeply": ('{"a":' * 100_000 + "1" + "}" * 100_000, "JSON that is nested too deeply"),
    "nested in a text": (json.dumps({"frame": '{"a":' * 100_000 + "1" + "}" * 100_000}), "nested too deeply"),
    "nested in a snapshot": (
        json.dumps({"frame": f'{{"channel":"level3","type":"snapshot","data":{"[" * 100_000}{"]" * 100_000}}}'}),
        "nested too deeply",
    ),
    "another kind of JSON": ("[" * 10_000, "Expected `object`, got `array`"),
}


@pytest.mark.parametrize(("frame", "detail"), HOSTILE.values(), ids=HOSTILE)
def test_what_can_not_be_read(havklo: Any, write: Write, market: list[str], frame: str, detail: str) -> None:
    """A typed error that names the line, of `verify` and of `read` alike; what came before it is told."""
    path = write("hostile.jsonl", *of(market, "level3")[:5], frame, wrapped=False)
    with pytest.raises(CaptureError, match=re.escape(detail)) as failure:
        prove(str(path))
    assert failure.value.line == 6
    with pytest.raises(CaptureError) as failure:
        list(read(path))
    assert failure.value.line == 6
    done = havklo("verify", path)
    assert (done.code, done.out) == (2, "")
    assert [line.partition(":")[0].strip() for line in done.err.splitlines()] == ["error", "hint"]
    assert "before it 5 of 5 book frames are proven, 0 desynced" in done.err


UNREADABLE = {
    "an order without a price": '{"event":"add","order_id":"O1"}',
    "a price that is none": '{"event":"add","order_id":"O1","limit_price":1e999999999,"order_qty":1.0}',
    "an event that is none": '{"event":"eat","order_id":"O1","limit_price":1.0,"order_qty":1.0}',
    "an id that is too long": f'{{"event":"add","order_id":"{"O" * 100_000}","limit_price":1.0,"order_qty":1.0}}',
}


@pytest.mark.parametrize("entry", UNREADABLE.values(), ids=UNREADABLE)
def test_a_book_that_can_not_be_followed(write: Write, market: list[str], entry: str) -> None:
    """A message that names its book, but not what to do with it, ends the proof of this book and of no other."""
    path = write("hostile.jsonl", *market[:500], UPDATE % entry, *market[500:])
    verdict = prove(str(path))
    assert verdict.first is not None
    assert (verdict.first.line, verdict.first.channel) == (501, "level3")
    assert verdict.ignored == len(of(market[500:], "level3"))
    assert sum(isinstance(event, Desync) for event in read(path)) == 1


def test_what_is_no_text(write: Write, market: list[str]) -> None:
    """Bytes that are no UTF-8."""
    path = write("bytes.jsonl", *of(market, "level3")[:2], wrapped=False)
    path.write_bytes(path.read_bytes().replace(b'"snapshot"', b'"snap\xffshot"'))
    for reading in (lambda: prove(str(path)), lambda: list(read(path))):
        with pytest.raises(CaptureError, match="1: the text is not UTF-8"):
            reading()


def test_the_first_error_counts(write: Write, market: list[str]) -> None:
    """Whichever level it is of."""
    frames = of(market, "level3")[:3]
    bad = '{"channel":"%s","type":"update","data":17}'
    path = write("two.jsonl", *frames, bad % "level3", bad % "book", wrapped=False)
    with pytest.raises(CaptureError) as failure:
        prove(str(path))
    assert failure.value.line == 4


def test_as_events(write: Write, market: list[str]) -> None:
    """`read` tells both books and the trades, in the order of the file, each message proven."""
    events = list(read(write("both.jsonl", *market)))
    kinds = {"book": BookUpdate, "level3": Level3Update}
    expected = [kinds[json.loads(frame)["channel"]] for frame in market if '"type":"' in frame and "trade" not in frame]
    assert [type(event) for event in events if not isinstance(event, Trade)] == expected
    assert sum(isinstance(event, Trade) for event in events) > 10
    for event in events:
        if isinstance(event, Level3Update | BookUpdate):
            assert event.depth == (10 if isinstance(event, Level3Update) else 25)


def test_as_events_without_a_subscription(write: Write, market: list[str]) -> None:
    """A snapshot of level 3 is a book's beginning, at the depth that is given; a lost message is a desync."""
    frames = of(market, "level3")
    events = list(read(write("orders.jsonl", *frames[:50], *frames[51:300]), depth=10))
    assert isinstance(events[0], Level3Update)
    assert sum(isinstance(event, Desync) for event in events) == 1
    first = next(number for number, event in enumerate(events) if isinstance(event, Desync))
    assert first >= 50
    assert len(events) == first + 1
