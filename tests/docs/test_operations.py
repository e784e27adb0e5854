"""What docs/operations.md says about metrics, records and states is what there is."""

import logging
import re
from pathlib import Path

from havklo._log import EVENTS, Entry
from havklo._metrics import METRICS
from havklo.health import HealthState

GUIDE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
EXPRESSIONS = re.findall(r"^  expr: (.*)$", GUIDE, re.MULTILINE)


def rows(heading: str) -> list[tuple[str, ...]]:
    """The rows of the table under a header line, as cells without their marks."""
    lines = GUIDE[GUIDE.index(heading) :].split("\n\n")[0].splitlines()[2:]
    return [tuple(cell.strip().replace("`", "") for cell in line.strip("|").split(" |")) for line in lines]


def level(entry: Entry) -> str:
    """An entry's level in words."""
    usual = logging.getLevelName(entry.level)
    special = [f"{logging.getLevelName(level)} if {case}" for case, level in entry.levels.items()]
    return ", ".join([*special, f"else {usual}"]) if special else usual


def test_every_metric_stands_in_the_table() -> None:
    """In order, with its type, its labels and the same words."""
    told = rows("| metric | type | labels |")
    assert told == [(name, m.kind, ", ".join(m.labels), m.help) for name, m in METRICS.items()]


def test_every_record_stands_in_the_table() -> None:
    """In order, with its event, its level and its fields."""
    told = rows("| event | of | level | fields |")
    assert told == [(e.name, of.__name__, level(e), ", ".join(e.fields)) for of, e in EVENTS.items()]


def test_every_state_stands_in_the_table() -> None:
    """In order."""
    assert [row[0] for row in rows("| state | when |")] == [state.value for state in HealthState]


def test_alerts_are_about_what_there_is() -> None:
    """Each expression names a metric of the table, and its labels have values that occur."""
    assert len(EXPRESSIONS) == 12
    for expression in EXPRESSIONS:
        names = set(re.findall(r"havklo_\w+", expression))
        assert names <= set(METRICS)
        assert names or expression.startswith("up{")
        for metric, label, value in re.findall(r'(havklo_\w+)\{(\w+)="([^"]*)"\}', expression):
            assert label in METRICS[metric].labels
            assert value in {"open", "0.99", *HealthState}


def test_records_of_the_text_exist() -> None:
    """The prose speaks of records by name."""
    named = set(re.findall(r"`(\w+)` record", GUIDE))
    assert named == {"subscription_lost", "trade_gap"}
    assert named <= {entry.name for entry in EVENTS.values()}
