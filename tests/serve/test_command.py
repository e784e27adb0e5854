"""`havklo serve`: the links that it prints, what it refuses; and what `havklo demo` says of the apps."""

import re
import signal
import webbrowser
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from havklo.cli import main
from havklo.serve import apps as apps_module
from havklo.serve import gateway as gateway_module
from havklo.sim import Simulator

LINK = r"  {}   http://127\.0\.0\.1:(\d+)/{}/\?token=({})\n"


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def havklo(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in this process, without anybody's key."""
    for name in ("KRAKEN_API_KEY", "KRAKEN_API_SECRET", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> Done:
        code = main([str(argument) for argument in arguments])
        return Done(code, *capsys.readouterr())

    return run


@pytest.fixture
def built(apps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The apps are in the package."""
    monkeypatch.setattr(apps_module, "APPS", apps)


def test_links(havklo: Any, apps: Path) -> None:
    """A line about the market, then a link for each app, all with one token."""
    done = havklo("serve", "--port", 0, "--seconds", 0.1, "--apps", apps, "--symbols", 7)
    assert (done.code, done.err) == (0, "")
    said = re.fullmatch(
        "the browser apps show a simulated Kraken: BTC/USD, ETH/USD, XRP/USD, PEPE/USD, MINA/GBP and 2 more\n"
        + LINK.format("havnet", "havnet", r"\w{40}")
        + LINK.format("havsyn", "havsyn", r"\w{40}"),
        done.out,
    )
    assert said, done.out
    assert said[1] == said[3]
    assert said[2] == said[4]


def test_a_signal_ends_it(havklo: Any, apps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM, as services are stopped, is an end like any other."""
    monkeypatch.setattr(webbrowser, "open", lambda _url: signal.raise_signal(signal.SIGTERM))
    done = havklo("serve", "--port", 0, "--apps", apps, "--open")
    assert (done.code, done.err) == (0, "")


def test_the_browser_is_opened(havklo: Any, apps: Path, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the first app, with the token that was chosen."""
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    options = ("--port", 0, "--seconds", 0.1, "--apps", apps, "--token", token)
    done = havklo("serve", *options, "--open", "--symbols", "ETH/USD, BTC/USD")
    assert "a simulated Kraken: ETH/USD, BTC/USD\n" in done.out
    (link,) = opened
    assert link in done.out
    assert link.endswith(f"/havnet/?token={token}")


def test_other_sources(havklo: Any, apps: Path, tmp_path: Path) -> None:
    """Kraken, which nothing is asked of before a page comes, and a recording."""
    options = ("--port", 0, "--seconds", 0.1, "--apps", apps)
    done = havklo("serve", *options, "--venue", "kraken", "--symbols", "btc/usd,ETH/USD")
    assert (done.code, done.out.splitlines()[0]) == (0, "the browser apps show Kraken: BTC/USD, ETH/USD")
    recording = tmp_path / "minute.jsonl"
    recording.touch()
    done = havklo("serve", *options, "--replay", recording)
    assert (done.code, done.out.splitlines()[0]) == (0, f"the browser apps show the recording {recording}")


def test_remote(havklo: Any, apps: Path) -> None:
    """Other machines are let in only on purpose, and not without a warning."""
    options = ("--port", 0, "--seconds", 0.1, "--apps", apps, "--host", "0.0.0.0")  # noqa: S104 - meant
    done = havklo("serve", *options)
    assert (done.code, done.out) == (2, "")
    assert "--allow-remote says that this is meant" in done.err
    done = havklo("serve", *options, "--allow-remote")
    assert done.code == 0
    assert "warning: 0.0.0.0 may be reached from other machines" in done.err


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--venue", "kraken", "--rate", "5"], "--rate and --seed are the simulator's"),
        (["--replay", "x.jsonl", "--seed", "5"], "--rate and --seed are the simulator's"),
        (["--replay", "x.jsonl", "--symbols", "BTC/USD"], "a recording has its own symbols"),
        (["--replay", "x.jsonl"], "there is no file x.jsonl"),
        (["--key", "x.toml"], "the simulator has its own key"),
        (["--venue", "kraken", "--key", "x.toml"], "x.toml"),
        (["--venue", "kraken", "--symbols", ","], "there is no symbol to show"),
        (["--seconds", "0"], "--seconds is a positive number"),
        (["--port", "99999"], "99999 is no port"),
        (["--token", "secret"], "a token is 16 to 128"),
        (["--apps", "nowhere"], "the browser apps are not built"),
        (["--symbols", "0"], "symbol"),
    ],
)
def test_what_is_refused(havklo: Any, options: list[str], words: str) -> None:
    """In a sentence, with exit code 2."""
    done = havklo("serve", *options, *([] if "--seconds" in options else ["--seconds", 0.1]))
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert "Traceback" not in done.err


def test_the_demo_without_apps(havklo: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It says how to get them, and goes on as before."""
    monkeypatch.setattr(gateway_module, "Apps", lambda _folder: apps_module.Apps(tmp_path))
    done = havklo("demo", "--seconds", 3)
    assert done.out.startswith("the browser apps are not built; make web builds them, with node 20\n")
    assert "live: the first snapshot is proven" in done.out


def test_the_demo_with_apps(havklo: Any, monkeypatch: pytest.MonkeyPatch, apps: Path) -> None:
    """It prints their links; their market is another one, so that nothing there changes the story."""
    made: list[Simulator] = []
    begin = Simulator.__aenter__

    async def count(self: Simulator) -> Simulator:
        made.append(self)
        return await begin(self)

    whole = apps_module.Apps(apps)
    monkeypatch.setattr(gateway_module, "Apps", lambda _folder: whole)
    monkeypatch.setattr(Simulator, "__aenter__", count)
    done = havklo("demo", "--seconds", 3)
    assert "live: the first snapshot is proven" in done.out
    assert re.search(LINK.format("havsyn", "havsyn", r"\w{40}"), done.out)
    assert len(set(map(id, made))) == 2
