"""Captures as events: what is read is proven, and metrics run over it."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics.records import START, stamp
from havklo.analytics import EffectiveSpreads, MultiLevelOrderFlowImbalance, OrderFlowImbalance, read, replay
from havklo.errors import CaptureError
from havklo.events import BookUpdate, Desync, Trade, TradeGap
from havklo.sim.wire.checksum import checksum

Rows = list[tuple[str, str]]
ETH = "crossbook__spot_v2_book_ETHUSD_d25.jsonl"
GAP = "tradingsystem__spot_v2_book_BTCUSD_d10_gap_sample.jsonl"
FLOATS = "pythonkrakensdk__spot_v2_book_BTCUSD_d10_floatparsed.jsonl"


def book(kind: str, bids: Rows, asks: Rows, total: int, at: int = 0) -> str:
    """A book frame."""
    sides = [",".join(f'{{"price":{price},"qty":{qty}}}' for price, qty in side) for side in (bids, asks)]
    levels = f'"bids":[{sides[0]}],"asks":[{sides[1]}]'
    data = f'"symbol":"BTC/USD",{levels},"checksum":{total},"timestamp":"{stamp(START + at)}"'
    return f'{{"channel":"book","type":"{kind}","data":[{{{data}}}]}}'


def trades(kind: str, *numbers: int) -> str:
    """A trade frame."""
    rows = [
        {
            "symbol": "BTC/USD",
            "side": "buy",
            "price": 101,
            "qty": 1,
            "ord_type": "limit",
            "trade_id": number,
            "timestamp": stamp(START + number),
        }
        for number in numbers
    ]
    return json.dumps({"channel": "trade", "type": kind, "data": rows})


def ack(method: str, channel: str = "book", depth: int = 10) -> str:
    """Kraken's answer to a request."""
    return json.dumps(
        {"method": method, "success": True, "result": {"channel": channel, "symbol": "BTC/USD", "depth": depth}}
    )


def written(folder: Path, *frames: str) -> Path:
    """A capture of these frames."""
    path = folder / "capture.jsonl"
    path.write_text("".join(f'{{"rx_ns":{START + number},"frame":{frame}}}\n' for number, frame in enumerate(frames)))
    return path


BIDS: Rows = [("100.0", "1.0"), ("99.0", "2.0")]
ASKS: Rows = [("102.0", "1.5")]
FIRST = book("snapshot", BIDS, ASKS, checksum(BIDS, ASKS))
MORE: Rows = [("100.0", "3.0"), ("99.0", "2.0")]
NEXT = book("update", [("100.0", "3.0")], [], checksum(MORE, ASKS), at=7)


def test_what_is_read(tmp_path: Path) -> None:
    """Books through the engine, trades with their gaps and sources, nothing of other channels."""
    heartbeat = '{"channel":"heartbeat"}'
    wrong = book("update", [("100.0", "4.0")], [], 1)
    frames = [
        ack("subscribe"),
        heartbeat,
        FIRST,
        trades("snapshot", 3, 4),
        NEXT,
        trades("update", 5),
        trades("update", 8),
    ]
    frames += [trades("snapshot", 6, 7, 8, 9), wrong, wrong, FIRST, '{"channel":"executions","data":7}']
    events = list(read(written(tmp_path, *frames)))
    kinds = [type(event) for event in events]
    told = [Trade, Trade, Trade, TradeGap, Trade, Trade]
    assert kinds == [BookUpdate, *told[:2], BookUpdate, *told[2:], Desync, BookUpdate]
    assert [event.source for event in events if isinstance(event, Trade)] == ["snapshot"] * 2 + ["live"] * 2 + [
        "repair"
    ]
    (gap,) = [event for event in events if isinstance(event, TradeGap)]
    assert (gap.first, gap.last, gap.count) == (6, 7, 2)
    assert [event.recv_ns - START for event in events if isinstance(event, BookUpdate)] == [2, 4, 10]


def test_metrics_run_over_it(tmp_path: Path) -> None:
    """A trade of the capture meets the mid price of the capture's book."""
    path = written(tmp_path, FIRST, trades("update", 5), NEXT)
    (row,) = replay(read(path), EffectiveSpreads("BTC/USD"))
    assert (row.mid, row.effective) == (101, 0)


def test_subscriptions_count(tmp_path: Path) -> None:
    """The depth is that of the subscription, or the given one; after an unsubscribe nothing is read."""
    path = written(tmp_path, ack("subscribe", depth=25), FIRST, ack("unsubscribe", depth=25), NEXT, FIRST, NEXT)
    events = list(read(path))
    assert [type(event) for event in events] == [BookUpdate] * 3
    assert {event.depth for event in events if isinstance(event, BookUpdate)} == {25}
    (update,) = read(written(tmp_path, FIRST), depth=100)
    assert isinstance(update, BookUpdate)
    assert update.depth == 100


@pytest.mark.parametrize(
    "frame",
    [
        '{"channel":"book","type":"update","data":[',
        ack("subscribe", depth=11),
        trades("update", 1).replace("101", '"x"'),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, frame: str) -> None:
    """The error names the line."""
    path = tmp_path / "capture.jsonl"
    path.write_text(json.dumps({"frame": json.loads(FIRST)}) + "\n" + json.dumps({"frame": frame}) + "\n")
    with pytest.raises(CaptureError, match="2"):
        list(read(path))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is told when it is read."""
    with pytest.raises(CaptureError):
        list(read(tmp_path / "none.jsonl"))


@pytest.fixture(scope="module")
def captures() -> Path:
    """The folder with real captures."""
    folder = os.environ.get("HAVKLO_CAPTURES")
    if not folder:
        pytest.skip("HAVKLO_CAPTURES names no folder with captures")
    return Path(folder)


def test_a_real_capture(captures: Path) -> None:
    """All its messages are read, its best level is the same in both order-flow metrics, and the sums add up."""
    events = list(read(captures / ETH))
    assert len(events) == 1_129
    one, several = OrderFlowImbalance("ETH/USD"), MultiLevelOrderFlowImbalance("ETH/USD", levels=10)
    rows: list[Any] = list(replay(events, one))
    levels: list[Any] = list(replay(events, several))
    assert len(rows) == 38
    assert [row.ofi for row in rows] == [None if row.ofi is None else row.ofi[0] for row in levels]
    assert sum(row.ofi is None for row in rows) == 1
    updates = [event for event in events if isinstance(event, BookUpdate)]
    mids = [row.mid_change for row in rows if row.mid_change is not None]
    in_windows = [event.mid for event in updates if event.mid is not None]
    assert len(mids) == len(rows) - 1
    assert abs(sum(mids)) <= max(in_windows) - min(in_windows)
    ofi = [float(row.ofi) for row in rows if row.ofi is not None]
    assert np.corrcoef(ofi, [float(mid) for mid in mids])[0, 1] > 0.3


def test_a_capture_with_a_hole(captures: Path) -> None:
    """The desync is one of the events, and after it there is nothing to count."""
    events = list(read(captures / GAP))
    assert [type(event) for event in events].count(Desync) == 1
    assert isinstance(events[-1], Desync)


def test_a_capture_that_lost_its_zeros(captures: Path) -> None:
    """It is read with its precision, and not without."""
    assert len(list(read(captures / FLOATS, precision=(1, 8)))) == 510
    assert [type(event) for event in read(captures / FLOATS)] == [Desync]
