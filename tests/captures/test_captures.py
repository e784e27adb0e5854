"""Real captures: every message of the clean ones is proven, and the broken ones break where they must."""

import json
from pathlib import Path
from typing import Any

import pytest

from havklo._captures import Capture
from havklo.cli import main
from havklo.cli._proof import prove
from havklo.errors import CaptureError
from havklo.events import DesyncReason
from havklo.sim.wire.checksum import checksum

BTC = "tradingsystem__spot_v2_book_BTCUSD_d10.jsonl"
ETH = "crossbook__spot_v2_book_ETHUSD_d25.jsonl"
XRP = "crossbook__spot_v2_book_XRPUSD_d25.jsonl"
GAP = "tradingsystem__spot_v2_book_BTCUSD_d10_gap_sample.jsonl"
FLOATS = "pythonkrakensdk__spot_v2_book_BTCUSD_d10_floatparsed.jsonl"
OTHERS = (
    "cryptofeed__futures_v1_book_trade_tickerlite_3products.jsonl",
    "live2026__spot_v2_control_and_market_frames.jsonl",
)
EXAMPLES = "docs__spot_v2_private_and_method_examples.jsonl"


@pytest.mark.parametrize(
    ("name", "symbol", "depth", "frames"),
    [(BTC, "BTC/USD", 10, 1_254), (ETH, "ETH/USD", 25, 1_129), (XRP, "XRP/USD", 25, 1_147)],
)
def test_a_clean_capture_is_proven(captures: Path, name: str, symbol: str, depth: int, frames: int) -> None:
    """Every message holds against Kraken's own sum, and not one structural rule gives an alarm."""
    verdict = prove(str(captures / name))
    assert (verdict.frames, verdict.verified, verdict.ignored) == (frames, frames, 0)
    assert not verdict.desyncs
    assert verdict.depths == {("book", symbol): depth}


def test_the_gap_is_found(captures: Path) -> None:
    """The deliberate hole desyncs the book at the first message after it; what follows is refused."""
    verdict = prove(str(captures / GAP))
    assert (verdict.frames, verdict.verified, verdict.ignored) == (58, 41, 16)
    assert verdict.desyncs == {DesyncReason.CHECKSUM: 1}
    assert verdict.first is not None
    assert verdict.first.line == 51


def test_lost_zeros(captures: Path) -> None:
    """Numbers that went through floats desync at once, and hold again when they are re-padded."""
    lost = prove(str(captures / FLOATS))
    assert (lost.frames, lost.verified, lost.ignored) == (510, 0, 509)
    assert lost.first is not None
    assert lost.first.line == 1
    given_back = prove(str(captures / FLOATS), precision=(1, 8))
    assert (given_back.frames, given_back.verified, given_back.ignored) == (510, 510, 0)
    assert not given_back.desyncs


@pytest.mark.parametrize("name", OTHERS)
def test_captures_without_a_book(captures: Path, name: str) -> None:
    """Other channels and other protocols are told apart from a proof: there is nothing to prove."""
    with pytest.raises(CaptureError, match="no book frame is in it"):
        prove(str(captures / name))


def test_a_single_example_is_proven_to_nobody(captures: Path) -> None:
    """The documentation's one level-3 update without a snapshot before it is ignored, not proven."""
    verdict = prove(str(captures / EXAMPLES))
    assert (verdict.frames, verdict.verified, verdict.ignored) == (1, 0, 1)
    assert not verdict.depths


def test_the_command(captures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`havklo verify --json` over all of them: one object each, and the exit code 1 for the gap."""
    names = [BTC, ETH, XRP, GAP]
    assert main(["verify", "--json", *(str(captures / name) for name in names)]) == 1
    rows: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Path(row["file"]).name for row in rows] == names
    assert [row["verified"] for row in rows] == [1_254, 1_129, 1_147, 41]
    assert [row["desyncs"] for row in rows] == [0, 0, 0, 1]


@pytest.mark.parametrize("name", [BTC, ETH, XRP])
def test_frames_are_cut_out_verbatim(captures: Path, name: str) -> None:
    """A frame is a part of its line, and a snapshot's digits give Kraken's sum without any help of the engine's."""
    path = captures / name
    lines = path.read_bytes().splitlines()
    frames = list(Capture(path))
    assert len(frames) == len(lines)
    assert all(frame.data in lines[frame.line - 1] for frame in frames)
    snapshot = next(frame.data for frame in frames if b'"type":"snapshot"' in frame.data)
    (data,) = json.loads(snapshot, parse_float=str, parse_int=str)["data"]
    sides = [[(level["price"], level["qty"]) for level in data[side][:10]] for side in ("bids", "asks")]
    assert checksum(*sides) == int(data["checksum"])
