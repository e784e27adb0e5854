"""What the command line's tests share: frames from an independent market, a command run in place, a silent stage."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import pytest

from havklo.cli import main
from havklo.cli._view import Note, View
from havklo.sim.wire.checksum import checksum

Row = tuple[str, str]

_ACCOUNTS = 16  # each REST counter has room for about twenty commands


class Market:
    """A book whose best bid's quantity counts up, and Kraken's messages about it."""

    def __init__(self, symbol: str = "BTC/USD", levels: int = 10) -> None:
        self.symbol = symbol
        self.bids = [(f"{45_283 - n}.5", "0.10000000") for n in range(levels)]
        self.asks = [(f"{45_285 + n}.2", "0.00100000") for n in range(levels)]

    def snapshot(self) -> str:
        """The book as it stands."""
        return self._frame("snapshot", self.bids, self.asks)

    def update(self, *, wrong: bool = False) -> str:
        """The next change; with `wrong`, one whose checksum does not hold."""
        price, qty = self.bids[0]
        self.bids[0] = (price, f"{float(qty) + 1:.8f}")
        return self._frame("update", self.bids[:1], [], wrong=wrong)

    def ack(self, depth: int | None = 10, method: str = "subscribe") -> str:
        """What Kraken confirms."""
        result = {"channel": "book", "symbol": self.symbol, "snapshot": True} | ({"depth": depth} if depth else {})
        return json.dumps({"method": method, "result": result, "success": True})

    def _frame(self, kind: str, bids: Sequence[Row], asks: Sequence[Row], *, wrong: bool = False) -> str:
        sides = [",".join(f'{{"price":{price},"qty":{qty}}}' for price, qty in rows) for rows in (bids, asks)]
        total = checksum(self.bids[:10], self.asks[:10]) ^ wrong
        return (
            f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{self.symbol}","bids":[{sides[0]}],'
            f'"asks":[{sides[1]}],"checksum":{total},"timestamp":"2026-11-22T10:00:00.000000Z"}}]}}'
        )


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


class FakeStage:
    """Keeps what it is told."""

    def __init__(self, *, redraws: bool = True) -> None:
        self.redraws = redraws
        self.views: list[View] = []
        self.notes: list[Note] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def show(self, view: View, now_ns: int) -> None:
        """Keep a view."""
        assert now_ns > 0
        self.views.append(view)

    def note(self, note: Note) -> None:
        """Keep a note."""
        self.notes.append(note)

    @property
    def kinds(self) -> list[str]:
        """The notes' kinds, in the order in which they came."""
        return [note.kind for note in self.notes]


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the tests run in, the commands see no terminal and no wish for colours."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def havklo(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run a command in this process."""

    def run(*arguments: object) -> Done:
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return run


@pytest.fixture(scope="session")
def market() -> type[Market]:
    """A market."""
    return Market


@pytest.fixture
def stage() -> type[FakeStage]:
    """A stage that shows nothing."""
    return FakeStage


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a capture, a frame a line."""

    def write_capture(name: str, *frames: str, wrapped: bool = True) -> Path:
        lines = [f'{{"rx_ns":{number},"frame":{frame}}}' if wrapped else frame for number, frame in enumerate(frames)]
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    return write_capture


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Let the event loop run until a condition holds; fails if it never does."""

    async def wait(condition: Callable[[], object]) -> None:
        for _ in range(100_000):
            if condition():
                return
            await asyncio.sleep(0)
        pytest.fail("it never happened")

    return wait


class Exchange(NamedTuple):
    """A simulated exchange in a process of its own, and the key of an account there."""

    url: str
    key: str
    secret: str


@pytest.fixture(scope="session")
def accounts() -> Iterator[Iterator[Exchange]]:
    """An exchange that outlives the commands that trade there, with accounts that nobody has used."""
    names = [word for number in range(_ACCOUNTS) for word in ("--account", f"account{number}")]
    command = [sys.executable, "-m", "havklo.cli", "sim", "--port", "0", "--symbols", "BTC/USD", "--rate", "20", *names]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        words = [process.stdout.readline().split()[-1] for _ in range(4 + 3 * _ACCOUNTS)]
        try:
            yield (Exchange(words[0], words[5 + 3 * number], words[6 + 3 * number]) for number in range(_ACCOUNTS))
        finally:
            process.kill()


@pytest.fixture
def exchange(accounts: Iterator[Exchange], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Exchange:
    """An exchange, with a fresh account's key in the environment and a state folder of the test's own."""
    given = next(accounts)
    monkeypatch.setenv("KRAKEN_API_KEY", given.key)
    monkeypatch.setenv("KRAKEN_API_SECRET", given.secret)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return given
