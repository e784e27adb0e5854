"""Drop each message of the captures of depth 25 in turn: the ten best levels are never wrong while they can be read."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "drop_each_message.py"
NAMES = ("crossbook__spot_v2_book_ETHUSD_d25.jsonl", "crossbook__spot_v2_book_XRPUSD_d25.jsonl")


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """The example, as a module."""
    spec = importlib.util.spec_from_file_location("drop_each_message", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["drop_each_message"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_no_wrong_level_among_the_proven(captures: Path, example: ModuleType, name: str) -> None:
    """Whatever message is lost: 0 wrong levels in a readable top ten, with the structural rules and without."""
    capture = example.read(captures / name)
    ruled = example.drop_each(capture, example.RULES)
    alone = example.drop_each(capture, (), stride=7)
    assert len(ruled) == len(capture.messages) - 1
    assert sum(outcome.wrong_top for outcome in ruled) == 0
    assert sum(outcome.wrong_top for outcome in alone) == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_rules_notice_what_the_checksum_does_not(captures: Path, example: ModuleType, name: str) -> None:
    """Below the ten best a book may be wrong for a while; the structural rules notice more of that, and sooner."""
    capture = example.read(captures / name)
    ruled, alone = (example.drop_each(capture, rules, stride=5) for rules in (example.RULES, ()))
    wrong_messages = [sum(outcome.wrong_below for outcome in outcomes) for outcomes in (ruled, alone)]
    noticed = [sum(outcome.noticed_after is not None for outcome in outcomes) for outcomes in (ruled, alone)]
    assert noticed[0] > noticed[1]
    assert wrong_messages[0] < wrong_messages[1]
    assert {outcome.reason for outcome in alone} == {"checksum", None}


def test_the_table(captures: Path, example: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """The example prints a table, and its exit code is 0 as long as no wrong level could be read."""
    capture = example.read(captures / NAMES[0])
    small = example.Capture(capture.name, capture.symbol, capture.depth, capture.messages[:60])
    example.read = lambda _path: small
    assert example.main(["any"]) == 0
    table = capsys.readouterr().out
    assert "ETH/USD at depth 25, 60 messages" in table
    assert "a wrong level in the top ten while live" in table


def test_a_wrong_level_would_be_seen(example: ModuleType) -> None:
    """The experiment can fail: a book whose best level is not the true one is counted."""
    messages = [_message("snapshot", "100.0"), _message("update", "100.0", "1"), _message("update", "100.0", "2")]
    capture = example.Capture("made up", "A/B", 10, messages)
    truth = [(b"another", b"book")] * 3
    outcome = example.drop(capture, (), 1, truth)
    assert (outcome.wrong_top, outcome.wrong_below, outcome.healed) == (1, 1, False)


def _message(kind: str, price: str, qty: str = "1") -> bytes:
    from havklo.sim.wire.checksum import checksum  # noqa: PLC0415

    total = checksum([(price, qty)], [])
    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"A/B","bids":[{{"price":{price},"qty":{qty}}}],'
        f'"asks":[],"checksum":{total}}}]}}'
    ).encode()
