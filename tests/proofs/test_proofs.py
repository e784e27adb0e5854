"""The long proofs, a little of each."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import books
import faults
import money
import pytest

from havklo.sim import FaultKind
from havklo.sim.market.matching import Market
from havklo.sim.rules import Rules

HERE = Path(__file__).parent


@pytest.mark.parametrize("depths", [(10, 25), (100,)])
def test_both_book_channels_tell_the_same(depths: tuple[int, ...]) -> None:
    """Every checksum is right, and the level-2 view of level 3 is level 2."""
    verdict = books.prove(6_000, symbols=5, depths=depths, seed=11)
    assert verdict.good, verdict


@pytest.mark.parametrize(
    "rules",
    [
        Rules(price_event="modify"),
        Rules(requeue_event="modify"),
        Rules(price_event="modify", requeue_event="modify"),
        Rules(iceberg_refill="keep"),
        Rules(qty_up="keep", iceberg_refill="keep", requeue_event="modify"),
        Rules(qty_down="back"),
    ],
    ids=str,
)
def test_under_all_rules(rules: Rules) -> None:
    """However amends and refills are told, a reader who knows the rule is right at every message."""
    verdict = books.prove(2_500, symbols=2, depths=(10,), rules=rules)
    assert verdict.good, verdict


def test_who_does_not_know_the_rule_goes_wrong() -> None:
    """An amend that costs the place and is told as a modify: the checksum tells those who guess wrongly."""
    rules = Rules(requeue_event="modify")
    verdict = books.prove(2_500, symbols=2, depths=(10,), rules=rules, reader_knows=False)
    assert verdict.wrong["level3 10"] > 0
    assert not verdict.wrong["book 10"]


def test_a_wrong_book_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge notices an order that loses its place in the queue without a word."""
    keep = Rules(qty_up="keep")
    verdict = books.prove(1_500, symbols=1, depths=(10,), rules=keep)
    assert verdict.good
    begin = Market.begin

    def shuffle(market: Market, now_ns: int) -> None:
        begin(market, now_ns)
        for level in market.sides[0].top(3):
            first = next(iter(level.orders))
            level.orders[first] = level.orders.pop(first)

    monkeypatch.setattr(Market, "begin", shuffle)
    assert not books.prove(1_500, symbols=1, depths=(10,), rules=keep).good


def test_money_is_neither_made_nor_lost() -> None:
    """Random requests of several accounts: everything adds up, and the matches are the model's."""
    verdict = money.prove(3_000, seed=11)
    assert verdict.good, verdict


@pytest.mark.parametrize("kind", get_args(FaultKind))
async def test_every_fault_is_seen_on_the_wire(kind: str) -> None:
    """And the log has it."""
    row = await faults.show(kind)
    assert row.logged > 0


@pytest.mark.parametrize(
    ("script", "arguments"),
    [("books.py", ["--messages", "500"]), ("money.py", ["--orders", "200"]), ("faults.py", [])],
)
def test_as_a_command(script: str, arguments: list[str]) -> None:
    """They say PASSED and end with 0."""
    done = subprocess.run(  # noqa: S603  # the command stands above
        [sys.executable, str(HERE / script), *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "PASSED"), done.stdout + done.stderr
