"""What is printed about runs: a line of progress, a table at the end, and how to run a failing seed again."""

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Final

from dst.simulation import Outcome
from dst.virtual import SECOND

__all__ = ["progress", "replay", "table"]

_GROUPS: Final = (
    ("fault", "faults"),
    ("desync", "desyncs"),
    ("resync", "resyncs, by what had broken the book"),
    ("sent", "requests"),
    ("event", "events"),
    ("read", "reads judged"),
    ("refusal", "errors that traders had to expect"),
    ("deep", "wrong below the ten best levels, and what became of it"),
)


def progress(outcome: Outcome, done: int, seeds: int, elapsed: float) -> str:
    """Say how a seed went, in a line."""
    verdict = str(outcome.violations[0]).splitlines()[0] if outcome.violations else "ok"
    rate = outcome.messages / outcome.seconds
    return (
        f"[{done}/{seeds}, {elapsed:,.0f} s] seed {outcome.seed}: {outcome.messages:,} messages, "
        f"{_faults(outcome.counts):,} faults, {outcome.virtual:,.0f} virtual s, {rate:,.0f} messages a second, "
        f"{outcome.digest[:12]}: {verdict}"
    )


def table(outcomes: Sequence[Outcome], elapsed: float, jobs: int) -> str:
    """Put all runs together."""
    counts: Counter[str] = sum((outcome.counts for outcome in outcomes), Counter())
    messages = sum(outcome.messages for outcome in outcomes)
    busy = sum(outcome.seconds for outcome in outcomes)
    virtual = sum(outcome.virtual for outcome in outcomes)
    faults = _faults(counts)
    lines = [
        f"{len(outcomes)} seeds, {messages:,} messages, {faults:,} faults, {virtual:,.0f} virtual seconds",
        f"{elapsed:,.0f} s with {jobs} processes: {messages / elapsed:,.0f} messages a second",
        f"  on each core {busy / messages * 1e6:.0f} µs a message, and {faults / busy:,.1f} faults a second",
    ]
    lines += [f"  {title}: {_row(counts, group)}" for group, title in _GROUPS if _row(counts, group)]
    lines.append("  " + ", ".join(f"{name}: {count:,}" for name, count in sorted(counts.items()) if _alone(name)))
    noticed = [span for outcome in outcomes for span in outcome.noticed_after]
    if noticed:
        lines.append(
            f"  a book wrong below its ten best levels was so for {median(noticed) / SECOND:.2f} s in the middle case, "
            f"{max(noticed) / SECOND:.2f} s in the worst"
        )
    lines.append(f"seeds with a violation: {sum(bool(outcome.violations) for outcome in outcomes)}")
    return "\n".join(lines)


def replay(outcome: Outcome, messages: int, symbols: int, *, new_pairs: bool, plant: str | None) -> str:
    """Give the command that runs a seed again."""
    options = (" --new-pairs" if new_pairs else "") + (f" --plant {plant}" if plant else "")
    return (
        f"replay: .venv/bin/python tests/dst/run.py --first-seed {outcome.seed} --seeds 1 "
        f"--messages {messages} --symbols {symbols}{options} --verbose"
    )


def _faults(counts: Counter[str]) -> int:
    return sum(count for name, count in counts.items() if name.startswith("fault "))


def _row(counts: Counter[str], group: str) -> str:
    named = [(count, name.removeprefix(f"{group} ")) for name, count in counts.items() if name.startswith(f"{group} ")]
    return ", ".join(f"{count:,} {name}" for count, name in sorted(named, reverse=True) if count)


def _alone(name: str) -> bool:
    return not any(name.startswith(f"{group} ") for group, _ in _GROUPS)
