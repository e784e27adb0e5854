"""The command line as a whole: help, version, mistakes, and each command as a process of its own."""

import importlib.metadata
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

COMMANDS = ("balances", "book", "demo", "doctor", "kill", "ohlc", "order", "sim", "ticker", "trades", "verify")
PROGRAM = [sys.executable, "-m", "havklo.cli"]
ENVIRONMENT = os.environ | {"PYTHONWARNINGS": "error", "COLUMNS": "80"}


def process(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    command = [*PROGRAM, *map(str, arguments)]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603


def test_the_version(havklo: Any) -> None:
    """One line, the package's version."""
    assert havklo("--version") == (0, f"{importlib.metadata.version('havklo')}\n", "")


def test_the_help(havklo: Any) -> None:
    """Every command is listed with a sentence, and there are examples."""
    done = havklo("--help")
    assert done.code == 0
    for command in COMMANDS:
        assert f" {command} " in done.out
    assert "havklo verify capture.jsonl" in done.out


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command(havklo: Any, command: str) -> None:
    """Usage, every option, and examples that begin with the command itself."""
    done = havklo(command, "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: havklo {command} ")
    examples = done.out.partition("Examples:\n")[2].strip().splitlines()
    assert examples
    assert all(line.strip().startswith("havklo ") for line in examples)


def test_nothing_at_all(havklo: Any) -> None:
    """Without a command the help is shown."""
    assert havklo() == havklo("--help")


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["verfy"], 'Unknown command "verfy". Did you mean "verify"?', "see havklo --help"),
        (["--colour"], 'Unknown command "--colour".', "see havklo --help"),
        (["verify", "--colour", "x"], "Unknown option: --colour.", "see havklo verify --help"),
    ],
)
def test_a_mistake(havklo: Any, arguments: list[str], message: str, hint: str) -> None:
    """One line about it, a hint, and the exit code 2."""
    done = havklo(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")
    assert done.err.endswith(f"  hint: {hint}\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sim", "--seconds", "0.3", "--port", "0"], "simulated Kraken at ws://127.0.0.1:"),
        (["book", "BTC/USD", "--venue", "sim", "--seconds", "1"], " BTC/USD live bid "),
        (["demo", "--seconds", "3"], " healed: BTC/USD is live again after "),
    ],
)
def test_a_command_as_a_process(arguments: list[str], said: str) -> None:
    """It ends well, without a warning or a word on standard error."""
    done = process(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout


def test_verify_as_a_process(write: Callable[..., Path], market: Any) -> None:
    """The exit code reaches the shell."""
    btc = market()
    good = write("good.jsonl", btc.ack(), btc.snapshot(), btc.update())
    bad = write("bad.jsonl", btc.snapshot(), btc.update(wrong=True))
    assert process("verify", good).returncode == 0
    assert process("verify", good, bad).returncode == 1
    assert process("verify", good, "nothing.jsonl").returncode == 2


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
@pytest.mark.parametrize(
    ("arguments", "until", "code"),
    [
        (["sim", "--port", "0"], "5 symbols", 0),
        (["book", "BTC/USD", "--venue", "sim"], " live ", 0),
        (["demo", "--seconds", "60"], " live: ", 130),
        (["demo", "--seconds", "60"], " healed: ", 0),
    ],
)
def test_ctrl_c(arguments: list[str], until: str, code: int) -> None:
    """Ctrl-C ends a command at once and without a traceback; a demo that has shown nothing yet has not succeeded."""
    command = [*PROGRAM, *arguments]
    with subprocess.Popen(  # noqa: S603
        command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert any(until in line for line in running.stdout)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (code, "")
    assert "Traceback" not in out


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are another matter there")
def test_a_reader_that_has_enough(write: Callable[..., Path], market: Any) -> None:
    """A closed pipe, such as `| head -1` leaves behind, ends a command without a word."""
    path = write("good.jsonl", market().snapshot())
    command = [*PROGRAM, "verify", "--json", *[path.name] * 2_000]
    with subprocess.Popen(  # noqa: S603
        command, cwd=path.parent, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(timeout=30) == 141
