"""The fill probabilities are those of the paper, of many digits and of chance; and the vectors are what mpmath says."""

import json
import math
import subprocess
import sys
from pathlib import Path

import fill_exact
import fill_tables
import pytest


def test_the_published_tables() -> None:
    """Tables 3 and 5, the identity behind table 4, and proposition 5 to six digits: 25 cells each."""
    rows = list(fill_tables.published())
    assert [row.cells for row in rows] == [25, 25, 25, 25]
    for row in rows:
        assert row.is_good, row


def test_table_4_is_not_proposition_5() -> None:
    """What is printed differs from the literal proposition by 0.214; who finds them equal has exchanged the queues."""
    printed = fill_tables.printed(fill_tables.TABLE_4)
    worst = max(abs(fill_tables.fill(*at) - cell) for at, cell in printed.items())
    assert worst == pytest.approx(0.214, abs=5e-4)


def test_against_exact_values() -> None:
    """Partial fractions to nine digits, the series of the closed form to twelve."""
    for row in fill_tables.exact(60, 7):
        assert row.is_good, row


def test_against_random_lives() -> None:
    """Every cell within four standard errors of 20,000 lives."""
    rows = list(fill_tables.Lives(20_000, 5).rows())
    assert sum(row.cells for row in rows) == 220
    for row in rows:
        assert row.is_good, row


def test_what_is_wrong_fails() -> None:
    """A difference as large as what is allowed, one that is no number, and no cell at all."""
    assert fill_tables.compare("", 1e-3, [0.0, -9e-4]).is_good
    assert not fill_tables.compare("", 1e-3, [0.0, -1e-3]).is_good
    assert not fill_tables.compare("", 1e-3, [0.0, math.nan]).is_good
    assert not fill_tables.compare("", 1e-3, []).is_good


@pytest.mark.parametrize("name", ["within", "time", "before_move"])
def test_the_vectors_are_what_the_reference_says(name: str) -> None:
    """Every row that is quick to compute, anew; the others take half a minute."""
    table = json.loads((fill_exact.VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    assert table == json.loads(fill_exact.text(fill_exact.vectors()[name]()))


def test_as_a_command() -> None:
    """It says PASSED and ends with 0."""
    command = [sys.executable, str(Path(fill_tables.__file__)), "--lives", "2000", "--cases", "20"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # it stands above
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["PASSED"]), done.stdout + done.stderr
