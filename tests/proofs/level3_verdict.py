"""What the level-3 proof has seen, and how it is told."""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from havklo.sim.rules import Rules

__all__ = ["Bar", "Verdict", "report", "summary"]


@dataclass
class Verdict:
    """What was seen.

    Attributes:
        messages: How many there were, by depth.
        desyncs: How many were not proven, by depth.
        guessed: How many desyncs and wrong places there were before a book knew an unusual rule, by depth.
        followed: How many orders were followed.
        places: How many of their places were compared, by depth.
        misplaced: How many of these were wrong, by depth.
        whole: How many whole books were compared, and how many of them were wrong.
        found: By kind of amend and verdict, how many books came to it.
        evidence: By kind of amend, how many prove keep, back and neither.
        seconds: How long the engine alone was at work.
    """

    rules: Rules
    messages: Counter[int] = field(default_factory=Counter[int])
    desyncs: Counter[int] = field(default_factory=Counter[int])
    guessed: Counter[int] = field(default_factory=Counter[int])
    followed: int = 0
    places: Counter[int] = field(default_factory=Counter[int])
    misplaced: Counter[int] = field(default_factory=Counter[int])
    whole: list[int] = field(default_factory=lambda: [0, 0])
    found: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    evidence: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    seconds: float = 0.0

    @property
    def answers(self) -> dict[str, str]:
        """What the simulator does."""
        return {"qty_down": self.rules.qty_down, "qty_up": self.rules.qty_up, "price": "back"}

    @property
    def unusual(self) -> set[str]:
        """The kinds of amend that are told by a modify alone, and not what a book that knows nothing takes for true."""
        rules = self.rules
        kinds = {"qty_up"} if rules.qty_up == "keep" else set[str]()
        return kinds | ({"qty_down"} if rules.qty_down == "back" and rules.requeue_event == "modify" else set())

    @property
    def recognised(self) -> bool:
        """Whether some book has found out each answer, and none another one."""
        opposite = {"keep": "back", "back": "keep"}
        return all(
            self.found[kind, answer] and not self.found[kind, opposite[answer]] for kind, answer in self.answers.items()
        )

    @property
    def good(self) -> bool:
        """Whether all was right, and something was looked at."""
        return (
            not self.desyncs.total()
            and not self.misplaced.total()
            and not self.whole[1]
            and self.whole[0] > 0
            and all(self.places[depth] for depth in self.messages)
            and self.recognised
        )


class Bar:
    """How far a proof is, on stderr: one line that overwrites itself on a terminal, else one a tenth."""

    def __init__(self, label: str, messages: int) -> None:
        self.label = label
        self.messages = messages
        self.began = time.monotonic()
        self.told = -1

    def __call__(self, done: int) -> None:
        """So many messages are done."""
        steps = 100 if sys.stderr.isatty() else 10
        step = steps * done // self.messages
        if step == self.told:
            return
        self.told = step
        rate = done / max(time.monotonic() - self.began, 1e-9)
        filled = "#" * (30 * done // self.messages)
        line = f"{self.label}: [{filled:<30}] {done:>9,} messages  {rate:,.0f}/s"
        print(
            f"\r{line}" if sys.stderr.isatty() else line,
            end="" if sys.stderr.isatty() else "\n",
            file=sys.stderr,
            flush=True,
        )


def report(name: str, verdict: Verdict, seconds: float) -> None:
    """Print what was seen."""
    total = verdict.messages.total()
    engine = total / verdict.seconds if verdict.seconds else 0.0
    print(
        f"{name}: {total:,} messages, {total / seconds:,.0f}/s with the simulator, {engine:,.0f}/s in the engine alone"
    )
    for depth, count in sorted(verdict.messages.items()):
        places, wrong = verdict.places[depth], verdict.misplaced[depth]
        guessed = f", {verdict.guessed[depth]} wrong guesses" if verdict.unusual else ""
        faults = f"{verdict.desyncs[depth]} desyncs, {wrong} of {places:,} places wrong{guessed}"
        print(f"  depth {depth:<5}{count:>10,} messages: {faults}")
    print(
        f"  {verdict.followed:,} orders followed; {verdict.whole[0]:,} whole books compared, {verdict.whole[1]} wrong"
    )
    for kind, answer in verdict.answers.items():
        keep, back, neither = verdict.evidence[kind]
        books = ", ".join(f"{count} {said}" for (of, said), count in sorted(verdict.found.items()) if of == kind)
        print(f"  {kind:<9}is {answer}: {keep} prove keep, {back} back, {neither} neither; books say {books}")


def summary(verdicts: Sequence[tuple[str, Verdict, float]], seconds: float) -> str:
    """A row for each part that was run, by what it is called, with how long its core was at work."""
    width = max(len(name) for name, _, _ in verdicts)
    lines = [f"\n{'':<{width}}   messages  a second  desyncs  places wrong  guesses  whole wrong  followed"]
    for name, verdict, busy in sorted(verdicts, key=lambda row: row[0]):
        total = verdict.messages.total()
        lines.append(
            f"{name:<{width}} {total:>10,} {total / busy:>9,.0f} {verdict.desyncs.total():>8} "
            f"{verdict.misplaced.total():>13} {verdict.guessed.total():>8} {verdict.whole[1]:>12} "
            f"{verdict.followed:>9,}  {'good' if verdict.good else 'NOT GOOD'}"
        )
    total = sum(verdict.messages.total() for _, verdict, _ in verdicts)
    lines.append(f"{total:,} messages in {seconds:,.0f} s; a second: of a core's own time")
    return "\n".join(lines)
