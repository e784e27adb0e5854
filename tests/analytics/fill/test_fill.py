"""The fill probabilities as a user calls them: answers, arguments, errors."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from havklo.analytics.fill import (
    FillOrMove,
    FillTime,
    fill_before_move,
    fill_before_move_within,
    fill_time,
    fill_within,
    fill_within_full,
    fill_within_mixed,
)
from havklo.errors import ConfigurationError

VECTORS = Path(__file__).parents[3] / "vectors" / "fill"
RACE = {"limit_rate": 1.85, "market_rate": 0.94, "cancel_rate": 0.71}


def rows(name: str) -> list[dict[str, Any]]:
    """A file of vectors."""
    found: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    assert found
    return found


@pytest.mark.parametrize(
    ("name", "function", "error"),
    [
        ("within", fill_within, 1e-13),
        ("within_mixed", fill_within_mixed, 1e-12),
        ("within_full", fill_within_full, 1e-11),
        ("before_move", fill_before_move, 1e-12),
    ],
)
def test_vectors(name: str, function: Callable[..., float], error: float) -> None:
    """Every row of the shared vectors, its arguments by keyword."""
    for row in rows(name):
        answer = row.pop("answer")
        assert function(**row) == pytest.approx(answer, rel=0, abs=error), row


def test_vectors_of_two_numbers() -> None:
    """Moments, and the race within a time."""
    for row in rows("time"):
        mean, variance = row.pop("answer")
        time = fill_time(**row)
        assert (time.mean, time.variance) == pytest.approx((mean, variance), rel=1e-12), row
    for row in rows("before_move_within"):
        fill, move = row.pop("answer")
        ended = fill_before_move_within(**row)
        assert (ended.fill, ended.move) == pytest.approx((fill, move), rel=0, abs=1e-11), row
        assert ended.undecided == pytest.approx(1 - fill - move, rel=0, abs=1e-10)


def test_an_order_alone_waits_for_one_trade() -> None:
    """Then the time is exponential, whatever the cancels of nobody."""
    for cancel_rate in (0.0, 0.3, 1e9):
        assert fill_within(1, 2.0, 0.4, cancel_rate) == pytest.approx(-math.expm1(-0.8), abs=1e-14)
    assert fill_time(1, 0.4, 0.3) == FillTime(mean=pytest.approx(2.5), variance=pytest.approx(6.25))  # type: ignore[arg-type]


def test_two_orders_by_hand() -> None:
    """Without cancels two trades are needed, with them the first step is a trade or a cancel."""
    assert fill_within(2, 3.0, 1.0, 0.0) == pytest.approx(1 - math.exp(-3) * 4, abs=1e-14)
    # Exp(1 + 1) and then Exp(1): 1 - 2 e^-t + e^-2t.
    assert fill_within(2, 3.0, 1.0, 1.0) == pytest.approx((1 - math.exp(-3)) ** 2, abs=1e-14)


def test_sides_may_differ() -> None:
    """What is not said of the opposite side is as on the own one; limit orders of the own side do not matter."""
    same = fill_before_move(3, 4, **RACE)
    opposite = {f"opposite_{name}": rate for name, rate in RACE.items()}
    assert fill_before_move(3, 4, **RACE, **opposite) == same
    assert fill_before_move(3, 4, **(RACE | {"limit_rate": 99.0}), opposite_limit_rate=1.85) == same
    assert fill_before_move(3, 4, **RACE, opposite_market_rate=9.0) < same
    assert fill_before_move(3, 4, **RACE, opposite_cancel_rate=0.0) > same
    assert fill_before_move(3, 4, **RACE, opposite_limit_rate=9.0) > same
    later = fill_before_move_within(3, 4, 1000.0, **RACE)
    assert later == FillOrMove(fill=pytest.approx(same, abs=1e-11), move=pytest.approx(1 - same, abs=1e-11))  # type: ignore[arg-type]
    assert fill_before_move_within(3, 4, 1.0, **RACE, opposite_market_rate=9.0).fill < later.fill


def test_what_counts_as_a_number() -> None:
    """Whatever Python takes for one."""
    assert fill_within(Decimal("2.5"), 3, Decimal(1), 0) == fill_within(2.5, 3.0, 1.0, 0.0)  # type: ignore[arg-type]
    assert fill_before_move(2.0, 3, **RACE) == fill_before_move(2, 3, **RACE)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, "1", None, 10**400])
def test_bad_arguments_are_named(bad: Any) -> None:
    """Each argument of each function, by its own name."""
    good: dict[Callable[..., object], dict[str, Any]] = {
        fill_within: {"queue": 1.0, "within": 1.0, "market_rate": 1.0, "cancel_rate": 1.0},
        fill_within_mixed: {"queue": 1.0, "within": 1.0, "market_rate": 1.0, "shape": 1.0, "cancel_rate": 1.0},
        fill_within_full: {"queue": 1.0, "own": 2.0, "within": 1.0, "market_rate": 1.0, "cancel_rate": 1.0},
        fill_time: {"queue": 1.0, "market_rate": 1.0, "cancel_rate": 1.0},
        fill_before_move: {"queue": 1, "opposite": 1, **RACE},
        fill_before_move_within: {"queue": 1, "opposite": 1, "within": 1.0, **RACE},
    }
    for function, arguments in good.items():
        function(**arguments)
        for name in arguments:
            with pytest.raises(ConfigurationError, match=rf"^{name} must be "):
                function(**(arguments | {name: bad}))


def test_limits() -> None:
    """No queue, one that is too long, part of an order, no trades, and rates that decide nothing."""
    with pytest.raises(ConfigurationError, match="queue must be above 0"):
        fill_within(0, 1.0, 1.0, 1.0)
    with pytest.raises(ConfigurationError, match="queue must be above 0 and at most 1,000,000"):
        fill_within(1_000_001, 1.0, 1.0, 1.0)
    with pytest.raises(ConfigurationError, match="shape must be"):
        fill_within_mixed(1, 1.0, 1.0, 0.0, 1.0)
    with pytest.raises(ConfigurationError, match="market_rate must be"):
        fill_time(1, 0.0, 1.0)
    for queue in (0, 2.5, 4097, 2**40):
        with pytest.raises(ConfigurationError, match="queue must be a whole number from 1 to 4096"):
            fill_before_move(queue, 1, **RACE)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="market_rate must be larger"):
        fill_before_move(1, 1, 1.0, 1e-14, 0.0, opposite_market_rate=1.0)
    with pytest.raises(ConfigurationError, match="within must be shorter"):
        fill_before_move_within(3, 3, 1e9, limit_rate=1.0, market_rate=1e-14, cancel_rate=0.0, opposite_market_rate=1.0)
    assert fill_within(3, 5.0, 0.0, 9.0) == 0.0
    assert fill_before_move(3, 5, 1.0, 0.0, 0.5) == 0.0


def test_the_cause_is_kept() -> None:
    """What Python says of a value that is no number is the cause."""
    with pytest.raises(ConfigurationError) as refused:
        fill_within("front", 1.0, 1.0, 1.0)  # type: ignore[arg-type]
    assert isinstance(refused.value.__cause__, TypeError)


def test_it_imports_lightly() -> None:
    """Neither numpy nor anything of the network comes with it."""
    program = (
        "import sys, havklo.analytics.fill\n"
        "print(sorted({'numpy', 'aiohttp', 'picows', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.stdout.strip() == "[]", done.stderr
