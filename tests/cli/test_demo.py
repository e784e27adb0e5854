"""`havklo demo`: the whole story, told in lines, and an exit code that means something."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from havklo.cli import demo as demo_module
from havklo.sim import FaultKind, Injection, Simulator


def kinds(lines: Sequence[str]) -> list[str]:
    """The kinds of the notes among the lines."""
    return [found[1] for line in lines if (found := re.match(r"\S+ (\w+): ", line))]


def test_the_story(havklo: Any) -> None:
    """A message is lost, the book contradicts itself or its sum, refuses to be read, and heals: in this order."""
    done = havklo("demo", "--seconds", "6")
    assert (done.code, done.err) == (0, "")
    assert done.out.isascii()
    lines = done.out.splitlines()
    assert re.fullmatch("live( fault harmless)* fault desync refused healed", " ".join(kinds(lines)))
    desync, refused, healed = (
        next(line for line in lines if f" {kind}: " in line) for kind in ("desync", "refused", "healed")
    )
    sums = re.search(r"Kraken's checksum is (\d+), the book's is (\d+)", desync)
    # Which message is lost is the moment's affair: the sum tells of it, or before it the book's structure does.
    if sums is None:
        assert re.search(r"a (level was (deleted|sent again)|side is shorter|refill is better) ", desync), desync
    else:
        assert sums[1] != sums[2]
    assert "book.best_bid raises BookNotLive: the book of BTC/USD is desynced" in refused
    assert re.search(r"BTC/USD is live again after [\d.]+ m?s, from a fresh proven snapshot$", healed)
    assert re.fullmatch(
        r"\d messages? lost(?: \(\d of them harmless\))?, 1 noticed, 1 healed"
        r" \| BTC/USD at depth 10: \d+ messages verified, 1 desync, 1 resync",
        lines[-1],
    )


def test_nothing_was_lost(havklo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo that shows no fault has shown nothing: it says so and fails."""
    monkeypatch.setattr(demo_module, "_Story", _Patient)
    done = havklo("demo", "--seconds", "2")
    assert done.code == 1
    assert done.err.startswith("error: no message was lost yet")


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulator only pretends to lose messages."""

    def inject(self: Simulator, kind: FaultKind, symbol: str | None = None, count: int = 1) -> Injection:
        assert self.symbols
        order = Injection(kind=kind, symbol=symbol, count=count)
        order.faults.append(_Lost())  # type: ignore[arg-type]
        return order

    monkeypatch.setattr(Simulator, "inject", inject)


@pytest.mark.usefixtures("pretended")
def test_a_loss_without_harm(havklo: Any) -> None:
    """A loss that leaves the book right is told as such, and another message is lost; this alone is no success."""
    done = havklo("demo", "--seconds", "3")
    assert done.code == 1
    assert done.err.startswith("error: a lost message was not noticed and healed in time")
    assert kinds(done.out.splitlines())[:5] == ["live", "fault", "harmless", "fault", "harmless"]
    assert re.search(r"\d+ messages lost \(\d+ of them harmless\), 0 noticed, 0 healed \| ", done.out)


@pytest.mark.usefixtures("pretended")
def test_a_wrong_book(havklo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A live book that is not the simulator's own is the worst that can be seen, and is told."""
    monkeypatch.setattr(Simulator, "ladder", lambda *_: ([], []))
    done = havklo("demo", "--seconds", "4")
    assert done.code == 1
    assert done.err == "error: the book was wrong, and nobody noticed\n"
    assert kinds(done.out.splitlines()) == ["live", "fault", "wrong"]


def test_no_time(havklo: Any) -> None:
    """A time that can't be is refused."""
    done = havklo("demo", "--seconds", "0")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: --seconds is a positive number, not 0\n"


class _Lost:
    """A fault that did not really happen."""

    timestamp = "2026-01-01T10:00:00.000000Z"
    at_ns = 1_800_000_000_000_000_000


class _Patient(demo_module._Story):  # type: ignore[misc]
    """A story in which nothing happens for an hour."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments[:-1], 3_600.0)
