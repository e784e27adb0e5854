"""`havklo sim`: what it says, how it ends, and what it refuses."""

import io
import re
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from havklo import Simulator
from havklo.cli import sim as sim_module
from havklo.sim import SimulatorStatistics


def test_it_says_where_it_listens(havklo: Any) -> None:
    """The address, the symbols and the settings first; what happened at the end."""
    done = havklo("sim", "--seconds", "0.3", "--port", "0", "--symbols", "7", "--rate", "50", "--seed", "3")
    assert (done.code, done.err) == (0, "")
    address, symbols, end = done.out.splitlines()
    assert re.fullmatch(r"simulated Kraken at ws://127\.0\.0\.1:\d+/v2", address)
    assert symbols == (
        "7 symbols: BTC/USD, ETH/USD, XRP/USD, PEPE/USD, MINA/GBP and 2 more; seed 3, 50 messages a second"
    )
    assert re.fullmatch(r"ended after \d+ messages", end)


TROUBLE = " | 1,200 messages left out: this machine is too slow | 1 client cut off for reading too slowly"


def statistics(seconds: float, messages: int, **counts: Any) -> SimulatorStatistics:
    """What the simulator counts."""
    zero = {"events": 0, "frames": 0, "skipped": 0, "connections": 0, "subscriptions": 0, "overflows": 0, "faults": {}}
    return SimulatorStatistics(seconds=seconds, messages=messages, **(zero | counts))


async def test_a_status_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal a plain line every ten seconds tells how it is doing, troubles included."""
    async with Simulator(1, rate=0) as exchange:
        with sim_module._Status() as status:
            status.begin(exchange)
            status.show(statistics(9.5, 950))
            status.show(statistics(10.0, 1_000))
            status.show(statistics(19.5, 2_000))
            busy = statistics(20.0, 3_500, connections=2, subscriptions=7, frames=12_345)
            status.show(replace(busy, faults={"drop": 3, "corrupt": 1}, skipped=1_200, overflows=1))
    lines = capsys.readouterr().out.splitlines()[2:]
    assert lines == [
        "   10 s | 100 msg/s | 0 connections, 0 books | 0 frames sent | faults: none",
        "   20 s | 250 msg/s | 2 connections, 7 books | 12,345 frames sent | faults: 1 corrupt, 3 drop" + TROUBLE,
        "ended after 0 messages",
    ]


async def test_on_a_terminal_the_status_stays_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is drawn over, and the cursor comes back before the last word."""
    screen = io.StringIO()
    monkeypatch.setattr(sim_module, "results", lambda: Console(file=screen, force_terminal=True, highlight=False))
    async with Simulator(1, rate=0) as exchange:
        with sim_module._Status() as status:
            status.begin(exchange)
            status.show(statistics(0.5, 50))
            status.show(statistics(1.0, 70))
    shown = screen.getvalue()
    assert shown.index("\x1b[?25l") < shown.index("100 msg/s") < shown.index("40 msg/s") < shown.index("\x1b[?25h")
    assert shown.rstrip().endswith("ended after 0 messages")


BAD = {
    "no symbols": (["--symbols", "0"], "a simulator lists at least one symbol, not 0"),
    "a word as number": (["--symbols", "many"], "Invalid value for --symbols"),
    "a negative rate": (["--rate=-1"], "a rate is messages a second, not -1"),
    "a word as rate": (["--rate", "fast"], "Invalid value for --rate"),
    "a port that is none": (["--port", "99999"], "99999 is no port"),
    "a negative port": (["--port=-1"], "-1 is no port"),
    "no time": (["--seconds", "0"], "--seconds is a positive number, not 0"),
    "endless time": (["--seconds", "inf"], "--seconds is a positive number, not inf"),
    "faults without a pause": (["--fault-every", "0"], "fault_every is a time in seconds, not 0"),
    "a word too many": (["now"], "Unused Tokens"),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_bad_arguments(havklo: Any, arguments: list[str], message: str) -> None:
    """One line that says what is wrong, the exit code 2, and nothing on standard output."""
    done = havklo("sim", *arguments, *([] if "--seconds" in arguments[0] else ["--seconds", "0.1"]))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")


def test_a_port_that_is_taken(havklo: Any) -> None:
    """The system's reason is told, and what to do."""
    import socket  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = havklo("sim", "--port", port, "--seconds", "0.1")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: can't listen on 127.0.0.1:{port}: ")
    assert "hint: " in done.err
