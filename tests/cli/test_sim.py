"""`havklo sim`: what it says, how it ends, and what it refuses."""

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from havklo import Simulator
from havklo.cli import main
from havklo.cli import sim as sim_module
from havklo.sim import SimulatorStatistics
from havklo.sim.scenario import Scenario

HEAD = r"""
simulated Kraken at ws://127\.0\.0\.1:(?P<port>\d+)(?P<public>/\S+)
  private  ws://127\.0\.0\.1:(?P=port)(?P<private>/\S+)
  level3   ws://127\.0\.0\.1:(?P=port)(?P<level3>/\S+)
  REST     http://127\.0\.0\.1:(?P=port)
""".lstrip()

ACCOUNT = r"""
account {}: play money
  API key     \S{{20,}}
  API secret  \S{{40,}}={{0,2}}
""".lstrip()

KEYS = "these keys belong to this simulator and open nothing else; keep your real ones away from it\n"


def test_it_says_where_it_listens(havklo: Any) -> None:
    """The addresses, who has an account, the symbols and the settings first; what happened at the end."""
    done = havklo("sim", "--seconds", "0.3", "--port", "0", "--symbols", "7", "--rate", "50", "--seed", "3")
    assert (done.code, done.err) == (0, "")
    said = re.fullmatch(
        HEAD
        + ACCOUNT.format("trader, intermediate")
        + KEYS
        + "7 symbols: BTC/USD, ETH/USD, XRP/USD, PEPE/USD, MINA/GBP and 2 more; seed 3, 50 messages a second\n"
        + r"ended after \d+ messages\n",
        done.out,
    )
    assert said, done.out
    # Clients that add the version themselves, to each address, can be used as they are.
    paths = [said[name] for name in ("public", "private", "level3")]
    assert len(set(paths)) == 3
    assert all(path.endswith("/v2") for path in paths)


def test_accounts_by_name(havklo: Any) -> None:
    """Each --account is opened, with its own keys, which are the same for the same seed."""
    runs = [
        havklo("sim", "--seconds", "0.1", "--port", "0", "--account", "alice", "--account", "bob:pro") for _ in range(2)
    ]
    lines = [run.out.splitlines()[4:10] for run in runs]
    assert lines[0] == lines[1]
    assert lines[0][0] == "account alice, intermediate: play money"
    assert lines[0][3] == "account bob, pro: play money"
    assert lines[0][1] != lines[0][4]


def test_which_symbols(havklo: Any) -> None:
    """Names instead of a number."""
    done = havklo("sim", "--seconds", "0.1", "--port", "0", "--symbols", "ETH/USD,ABC/EUR")
    assert "\n2 symbols: ETH/USD, ABC/EUR; seed 7, 100 messages a second\n" in done.out


def test_a_scenario_by_name(havklo: Any) -> None:
    """What it says holds, and what is given beside it holds more."""
    done = havklo("sim", "--seconds", "0.1", "--port", "0", "--scenario", "calm", "--speed", "20", "--seed", "1")
    assert "; seed 1, 30 messages a second, 20 times as fast as the clock on the wall, scenario calm\n" in done.out


def test_a_scenario_in_a_file(havklo: Any, tmp_path: Path) -> None:
    """Its accounts and its symbols are there."""
    path = tmp_path / "mine.toml"
    path.write_text(
        """
        symbols = ["BTC/USD"]
        rate = 200
        [[account]]
        name = "carol"
        tier = "starter"
        """
    )
    done = havklo("sim", "--seconds", "0.1", "--port", "0", "--scenario", path)
    assert "\naccount carol, starter: play money\n" in done.out
    assert "\n1 symbols: BTC/USD; seed 7, 200 messages a second, scenario mine\n" in done.out


def test_a_report(havklo: Any) -> None:
    """A minute of virtual time is measured in a moment, and nothing is served."""
    done = havklo("sim", "--report", "--seconds", "20", "--symbols", "BTC/USD,MINA/GBP", "--scenario", "calm")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("2 markets, seed 7, calm regime, 20 s at 30 messages a second\n")
    assert re.search(r"^BTC/USD +\d", done.out, re.MULTILINE)
    assert "simulated Kraken at" not in done.out


def test_a_report_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Its progress is shown beside the result, and is gone when that is there."""
    screen = io.StringIO()
    monkeypatch.setattr(sim_module, "errors", lambda: Console(file=screen, force_terminal=True, width=80))
    assert main(["sim", "--report", "--seconds", "5", "--symbols", "1"]) == 0
    assert "100%" in screen.getvalue()
    assert capsys.readouterr().out.startswith("1 markets, seed 7, normal regime")


def test_the_ready_scenarios(havklo: Any) -> None:
    """Each with what it is, and nothing is started."""
    done = havklo("sim", "--list-scenarios")
    assert (done.code, done.err) == (0, "")
    assert [line.split()[0] for line in done.out.splitlines()] == list(Scenario.names())
    assert all(re.fullmatch(r"\S+ +\S.*", line) for line in done.out.splitlines())


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
    lines = capsys.readouterr().out.splitlines()[9:]
    assert lines == [
        "   10 s | 100 msg/s | 0 connections, 0 subscriptions | 0 frames sent | faults: none",
        "   20 s | 250 msg/s | 2 connections, 7 subscriptions | 12,345 frames sent | faults: 1 corrupt, 3 drop"
        + TROUBLE,
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
    "a word as number": (["--symbols", "many"], "'many' is not a symbol"),
    "a symbol twice": (["--symbols", "BTC/USD,BTC/USD"], "a simulator lists at least one symbol, and each of them"),
    "no speed": (["--speed", "0"], "a clock's speed is above 0, not 0"),
    "an unknown scenario": (["--scenario", "storm"], "there is no scenario 'storm'"),
    "a scenario about something else": (
        ["--scenario", "flash-crash", "--symbols", "ETH/USD"],
        "scenario flash-crash needs BTC/USD, which is not listed",
    ),
    "an unknown tier": (["--account", "alice:gold"], "'gold' is not a tier"),
    "a report of nothing": (["--report", "--rate", "0"], "a report needs some seconds and some messages a second"),
    "an account twice": (["--account", "alice", "--account", "alice"], "there is an account 'alice' already"),
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
