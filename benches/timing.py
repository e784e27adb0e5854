"""Measuring on a noisy machine: contenders take turns, and medians are compared."""

import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from statistics import median

Samples = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    figure: str
    contender: str
    samples: tuple[float, ...]
    unit: str
    verifies: str = ""
    note: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return median(self.samples)


@dataclass(frozen=True, slots=True)
class Bar:
    """A promise about a ratio of two figures of one run."""

    claim: str
    ratio: float
    limit: float
    at_least: bool = False
    stretch: float | None = None

    @property
    def met(self) -> bool:
        """Whether the promise is kept."""
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit

    @property
    def verdict(self) -> str:
        """What the report says."""
        if not self.met:
            return "MISSED"
        return "met, with the stretch" if self.stretch is not None and self.ratio <= self.stretch else "met"


def take_turns(passes: Mapping[str, Callable[[], float]], rounds: int, label: str) -> Samples:
    """Run each contender's pass once a round, starting with another one each time."""
    names = list(passes)
    samples: Samples = {name: [] for name in names}
    for number in range(rounds):
        progress(f"{label}: round {number + 1} of {rounds}")
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            gc.collect()
            samples[name].append(passes[name]())
    return samples


def ratio(samples: Samples, over: str, under: str) -> float:
    """Median over the rounds of one contender's time as a multiple of another's in the same round."""
    return median(a / b for a, b in zip(samples[over], samples[under], strict=True))


def progress(text: str) -> None:
    """Tell on stderr what is going on: one line that overwrites itself on a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[2K{text}")
    else:
        sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Keep this process and those it starts on one core, where the system can do that and has it."""
    able = hasattr(os, "sched_setaffinity") and core < (os.cpu_count() or 1)
    before = os.sched_getaffinity(0) if able else set[int]()
    try:
        if able:
            with suppress(OSError):  # a container may not have been given this core
                os.sched_setaffinity(0, {core})
        yield
    finally:
        if able:
            os.sched_setaffinity(0, before)
