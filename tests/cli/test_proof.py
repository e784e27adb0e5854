"""Proving captures: what is counted, which depth is used, and what is said about what is wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from havklo.cli._proof import prove
from havklo.errors import CaptureError
from havklo.events import DesyncReason

Write = Callable[..., Path]
HEARTBEAT = '{"channel":"heartbeat"}'


def counts(path: Path, **options: Any) -> tuple[int, int, int, int]:
    """Frames, verified, desyncs, ignored."""
    verdict = prove(str(path), **options)
    assert verdict.frames == verdict.verified + verdict.desyncs.total() + verdict.ignored
    return verdict.frames, verdict.verified, verdict.desyncs.total(), verdict.ignored


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_clean_capture(write: Write, market: Any, wrapped: bool) -> None:
    """Every book frame is verified; other frames are not counted."""
    btc = market()
    frames = [HEARTBEAT, btc.ack(), btc.snapshot(), HEARTBEAT, *(btc.update() for _ in range(3_000)), HEARTBEAT]
    path = write("clean.jsonl", *frames, wrapped=wrapped)
    verdict = prove(str(path))
    assert (verdict.frames, verdict.verified, verdict.ignored) == (3_001, 3_001, 0)
    assert (verdict.depths, verdict.first, verdict.hint) == ({("book", "BTC/USD"): 10}, None, None)
    assert verdict.frames_per_second > 0


def test_a_desync_and_what_follows(write: Write, market: Any) -> None:
    """After a desync updates are ignored until a snapshot; the first one is told with its line."""
    btc = market()
    frames = [btc.ack(), btc.snapshot(), btc.update(), btc.update(wrong=True), btc.update(), btc.update()]
    frames += [btc.snapshot(), btc.update(), btc.update(wrong=True)]
    path = write("gap.jsonl", *frames)
    assert counts(path) == (8, 4, 2, 2)
    first = prove(str(path)).first
    assert first is not None
    assert (first.line, first.symbol, first.reason) == (4, "BTC/USD", DesyncReason.CHECKSUM)
    assert first.detail.startswith("Kraken's checksum is ")


def test_the_depth_comes_from_the_subscription(write: Write, market: Any) -> None:
    """What Kraken confirmed counts, whatever is asked for; symbols are told apart."""
    btc, eth = market("BTC/USD", 25), market("ETH/USD", 100)
    path = write("two.jsonl", btc.ack(25), eth.ack(100), btc.snapshot(), eth.snapshot(), btc.update(), eth.update())
    verdict = prove(str(path), depth=10)
    assert verdict.depths == {("book", "BTC/USD"): 25, ("book", "ETH/USD"): 100}
    assert verdict.verified == verdict.frames == 4


def test_without_a_subscription_the_option_counts(write: Write, market: Any) -> None:
    """A snapshot whose subscription is not in the file is tracked at the given depth, else at 10."""
    btc = market("BTC/USD", 25)
    path = write("headless.jsonl", btc.snapshot(), btc.update(), wrapped=False)
    assert prove(str(path), depth=25).depths == {("book", "BTC/USD"): 25}
    assert prove(str(path)).depths == {("book", "BTC/USD"): 10}
    ack = write("shallow.jsonl", btc.ack(None), btc.snapshot())
    assert prove(str(ack), depth=25).depths == {("book", "BTC/USD"): 25}


def test_an_update_for_no_book_is_ignored(write: Write, market: Any) -> None:
    """What comes before its snapshot, or for a symbol nobody asked for, is counted and not used."""
    btc, eth = market(), market("ETH/USD")
    path = write("early.jsonl", btc.update(), eth.update(), btc.snapshot(), btc.update())
    assert counts(path) == (4, 2, 0, 2)


def test_a_resubscription(write: Write, market: Any) -> None:
    """Between unsubscribing and the next snapshot a book is not live; another depth begins anew."""
    btc = market("BTC/USD", 25)
    frames = [btc.ack(10), btc.snapshot(), btc.update(), btc.ack(10, "unsubscribe"), btc.update()]
    frames += [btc.ack(25), btc.snapshot(), btc.update(), btc.ack(25), btc.update()]
    path = write("again.jsonl", *frames)
    assert counts(path) == (6, 5, 0, 1)
    assert prove(str(path)).depths == {("book", "BTC/USD"): 25}


def test_acks_of_other_kinds_change_nothing(write: Write, market: Any) -> None:
    """Refusals, acks of other channels and of unknown shape, and frames of other protocols are passed over."""
    btc = market()
    others = [
        '{"method":"subscribe","success":false,"error":"Subscription depth not supported"}',
        '{"method":"subscribe","success":true,"result":{"channel":"trade","symbol":"BTC/USD"}}',
        '{"method":"subscribe","success":true,"result":{"channel":"book"}}',
        '{"method":"subscribe","success":true,"result":{"channel":["book"],"depth":"deep"}}',
        '{"method":"unsubscribe","success":true,"result":{"channel":"book","symbol":"ETH/USD","depth":10}}',
        '{"method":"pong","req_id":7}',
        '{"event":"subscribed","feed":"book","product_ids":["PI_XBTUSD"]}',
        '{"channel":17}',
        '{"channel":"trade","type":"update","data":[]}',
    ]
    path = write("others.jsonl", *others, btc.ack(), btc.snapshot(), *others, btc.update())
    assert counts(path) == (2, 2, 0, 0)


def test_numbers_that_went_through_floats(write: Write, market: Any) -> None:
    """Lost trailing zeros are a desync at once, with a hint; the precision gives them back."""
    btc = market()
    frames = [btc.snapshot().replace("0.10000000", "0.1").replace("0.00100000", "0.001"), btc.update()]
    path = write("floats.jsonl", *frames)
    assert counts(path) == (2, 0, 1, 1)
    assert "--precision" in (prove(str(path)).hint or "")
    assert counts(path, precision=(1, 8)) == (2, 2, 0, 0)


def test_a_depth_that_is_too_small_is_hinted_at(write: Write, market: Any) -> None:
    """A deeper snapshot without its subscription desyncs sooner or later; the hint names its width."""
    btc = market("BTC/USD", 25)
    deep = (
        '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[],"asks":'
        '[{"price":45300.2,"qty":0.00000000}],"checksum":%s}]}'
    )
    snapshot = btc.snapshot()
    total = snapshot.partition('"checksum":')[2].partition(",")[0]
    path = write("deep.jsonl", snapshot, deep % total)
    verdict = prove(str(path))
    assert verdict.desyncs == {DesyncReason.UNKNOWN_DELETE: 1}
    assert verdict.hint is not None
    assert "--depth 25" in verdict.hint


@pytest.mark.parametrize(
    ("frames", "line", "detail"),
    [
        (['{"channel":"book","type":"update","data":17}'], 3, "malformed frame: "),
        (['{"channel":"book","type":"update","data":[{"symbol":"X/Y"}]'], 3, "not JSON"),
        (["{]}"], 3, "not JSON"),
        (['"{]}"'], 3, "the frame is not JSON"),
        (['{"channel":"book","type":"update","data":17}', "{]}"], 3, "malformed frame: "),
        (
            ['{"method":"subscribe","success":true,"result":{"channel":"book","symbol":"A/B","depth":7}}'],
            3,
            "depth 7 is not offered",
        ),
    ],
)
def test_a_wrong_frame_ends_the_file(write: Write, market: Any, frames: list[str], line: int, detail: str) -> None:
    """The error names the first wrong line, and tells what is known of the lines before it."""
    btc = market()
    path = write("wrong.jsonl", btc.snapshot(), btc.update(), *frames, btc.update())
    with pytest.raises(CaptureError) as caught:
        prove(str(path))
    assert caught.value.line == line
    assert caught.value.detail.startswith(detail)
    assert caught.value.hint == "before it 2 of 2 book frames are proven, 0 desynced"


def test_a_malformed_frame_of_a_known_book_is_its_desync(write: Write, market: Any) -> None:
    """What can be put to a tracked book is a desync, not the end of the file."""
    btc = market()
    broken = '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":17}]}'
    path = write("broken.jsonl", btc.snapshot(), broken, btc.update(), btc.snapshot(), btc.update())
    assert counts(path) == (5, 3, 1, 1)
    path = write("snapshot.jsonl", btc.ack(), broken.replace("update", "snapshot"), btc.snapshot())
    assert counts(path) == (2, 1, 1, 0)


@pytest.mark.parametrize(
    ("frames", "detail"),
    [([], "the file is empty"), ([HEARTBEAT], "no book frame is in it"), (["", " "], "no book frame is in it")],
)
def test_a_file_with_nothing_to_prove(write: Write, frames: list[str], detail: str) -> None:
    """An empty file, or one without a book frame, is an error: nothing was proven."""
    path = write("nothing.jsonl", *frames, wrapped=False)
    with pytest.raises(CaptureError) as caught:
        prove(str(path))
    assert (caught.value.line, caught.value.detail) == (None, detail)


def test_progress_is_told(write: Write, market: Any) -> None:
    """Long files tell how far they are, in bytes that rise."""
    btc = market()
    path = write("long.jsonl", btc.snapshot(), *(btc.update() for _ in range(5_000)))
    told: list[int] = []
    prove(str(path), on_progress=told.append)
    assert len(told) > 2
    assert told == sorted(told)
    assert told[-1] <= path.stat().st_size
