"""`havklo doctor`: all checks in their order, on the simulator and without a network; the command."""

import asyncio
import json
import os
import platform
import re
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from havklo import LIVE
from havklo._rest.rest import SystemStatus
from havklo.cli._doctor.check import Check
from havklo.cli._doctor.clocks import Offset
from havklo.cli._doctor.examination import Examination, Subject
from havklo.cli._doctor.exchange import Conversation
from havklo.cli._doctor.hosts import Host, Lookup
from havklo.clock import Clock
from havklo.errors import Disconnected, HavkloError
from havklo.events import Maintenance
from havklo.venues import UrlVenue, Venue

SECOND = 1_000_000_000
KEY = b64encode(bytes(range(42))).decode()
SECRET = b64encode(bytes(range(64))).decode()
MACHINE = ["versions", "python", "system", "engine", "event loop"]


class FakeRest:
    """A REST interface whose clock is ahead, and which says what it is told to."""

    def __init__(self, ahead: float = 0.0, status: SystemStatus | None = None) -> None:
        self.ahead = ahead
        self.status = status or SystemStatus(status="online", timestamp="2026-11-22T12:00:00Z")

    async def server_time(self) -> int:
        """The time, in whole seconds."""
        return int(1_800_000_000 + self.ahead) * SECOND

    async def system_status(self) -> SystemStatus:
        """The status."""
        return self.status


async def examine(
    venue: Venue = LIVE,
    *,
    lookup: Callable[[Host], Lookup] = lambda _: Lookup(("104.16.0.1",), 1_000_000),
    handshake: Callable[[Host], Check] = lambda host: Check(name=f"TLS {host}", outcome="ok", detail="TLSv1.3"),
    heard: Conversation | Exception | None = None,
    **options: Any,
) -> tuple[Examination, dict[str, Check]]:
    """Make all checks with a network that is played; gives what was found by name."""

    async def look_up(host: Host, _clock: Clock) -> Lookup:
        return lookup(host)

    async def shake(host: Host, _lookup: Lookup, _clock: Clock) -> Check:
        return handshake(host)

    async def converse(_venue: Venue, _wall: Callable[[], int]) -> Conversation:
        if isinstance(heard, Exception):
            raise heard
        talk = Conversation(opening_ns=1, system="online", trips_ns=[SECOND // 50] * 5, pings=5)
        return heard or talk

    given: dict[str, Any] = {
        "venue": venue,
        "rest": FakeRest(),
        "wall": lambda: 1_800_000_000 * SECOND + SECOND // 2,
        "environment": {},
        "look_up": look_up,
        "handshake": shake,
        "converse": converse,
    }
    examination = Examination(Subject(**(given | options)))
    return examination, {check.name: check async for check in examination.run()}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The played network needs no pauses between its samples."""
    monkeypatch.setattr("havklo.cli._doctor.clocks._STEP", 0.0)


async def test_all_is_well() -> None:
    """Every check in its order: the machine, each host's name and handshake, REST, the WebSocket, credentials."""
    examination, found = await examine()
    hosts = ["ws", "ws-auth", "ws-l3", "futures", "api"]
    assert list(found) == [
        *MACHINE,
        *(f"DNS {host}.kraken.com" for host in hosts),
        *(f"TLS {host}.kraken.com" for host in hosts),
        "clock",
        "status",
        "WebSocket",
        "ping",
        "status by WebSocket",
        "credentials",
    ]
    assert {check.outcome for name, check in found.items() if name not in MACHINE} == {"ok"}
    assert examination.connected
    assert examination.offset_ns is not None


@pytest.mark.parametrize(("ahead", "outcome"), [(0.0, "ok"), (5.0, "warn"), (-30.0, "fail"), (3_600.0, "fail")])
async def test_a_clock_that_is_off(ahead: float, outcome: str) -> None:
    """By REST it is told with what depends on it."""
    _, found = await examine(rest=FakeRest(ahead))
    assert found["clock"].outcome == outcome
    assert ("deadlines" in (found["clock"].advice or "")) == (outcome != "ok")


async def test_the_pings_know_the_clock_better() -> None:
    """Where their pongs carry stamps, that offset is the one that delays are corrected by."""
    talk = Conversation(opening_ns=1, system="online", trips_ns=[1], pings=1, offset=Offset(2 * SECOND, 5, 10))
    examination, found = await examine(heard=talk)
    assert found["clock by ping"].outcome == "warn"
    assert examination.offset_ns == 2 * SECOND


async def test_maintenance_is_announced() -> None:
    """By REST and by WebSocket alike."""
    ahead = (Maintenance(title="Upgrade", time_to_start_s=600, recommended_action="stop_new_orders"),)
    status = SystemStatus(status="online", timestamp="2026-11-22T12:00:00Z", upcoming_maintenance=ahead)
    talk = Conversation(opening_ns=1, system="post_only", upcoming=ahead, trips_ns=[1], pings=1)
    _, found = await examine(rest=FakeRest(status=status), heard=talk)
    for name in ("status", "status by WebSocket"):
        assert found[name].outcome == "warn"
        assert "maintenance: Upgrade" in found[name].detail
        assert "it begins in 10 minutes; Kraken advises to stop new orders" in str(found[name].advice)
    assert "Kraken is post_only" in found["status by WebSocket"].detail


async def test_without_names() -> None:
    """Nothing that needs the network is tried; each of those says which check is the reason."""

    def nobody(_host: Host) -> Lookup:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    examination, found = await examine(lookup=nobody)
    assert {check.outcome for name, check in found.items() if name.startswith("DNS ")} == {"fail"}
    assert not any(name.startswith("TLS ") for name in found)
    assert found["clock"].detail == "not looked at: DNS api.kraken.com has failed"
    assert found["WebSocket"].detail == found["ping"].detail == "not looked at: DNS ws.kraken.com has failed"
    assert not examination.connected
    assert examination.offset_ns is None


async def test_a_filter_of_names() -> None:
    """An address that leads nowhere is as bad as none."""
    _, found = await examine(
        lookup=lambda host: Lookup(("127.0.0.1" if host.name == "ws.kraken.com" else "104.16.0.1",), 1)
    )
    assert found["DNS ws.kraken.com"].outcome == "fail"
    assert "TLS ws.kraken.com" not in found
    assert found["WebSocket"].outcome == "skip"


async def test_one_host_is_in_the_way() -> None:
    """What another host serves is looked at all the same."""

    def blocked(host: Host) -> Check:
        return Check(name=f"TLS {host}", outcome="fail" if host.name.startswith("api") else "ok", detail="")

    examination, found = await examine(handshake=blocked)
    assert (found["clock"].outcome, found["status"].outcome) == ("skip", "skip")
    assert found["WebSocket"].outcome == "ok"
    assert examination.connected


async def test_a_network_that_swallows_everything() -> None:
    """Each step ends after its time."""

    async def never(*_arguments: object) -> Any:
        await asyncio.Event().wait()

    _, found = await examine(look_up=never, patience=0.001)
    assert found["DNS ws.kraken.com"].detail == "no answer within 0.001 s"
    assert found["WebSocket"].outcome == "skip"
    _, found = await examine(converse=never, patience=0.001)
    assert (found["WebSocket"].outcome, found["WebSocket"].detail) == ("fail", "no answer within 0.003 s")


async def test_a_socket_that_fails() -> None:
    """It is told with the reason, and the pings are not tried."""
    examination, found = await examine(heard=Disconnected("wss://x: HTTP 429: Too Many Requests"))
    assert found["WebSocket"].outcome == "fail"
    assert "150 attempts" in str(found["WebSocket"].advice)
    examination, found = await examine(heard=Conversation(opening_ns=1))
    assert found["ping"].detail == "not looked at: WebSocket has failed"
    assert not examination.connected


async def test_a_bare_address() -> None:
    """It has no REST, and no name to look up if it is a number."""
    _, found = await examine(UrlVenue("ws://192.0.2.1:8900/v2"), rest=None)
    assert "not looked at: there is no REST endpoint" in found["clock"].detail
    assert not any(name.startswith("DNS") for name in found)


async def test_a_token() -> None:
    """Fetched only when asked for, never shown, and a refusal is explained."""

    async def fetch() -> float:
        return 900

    async def refused() -> float:
        raise HavkloError("Kraken refused: EAPI:Invalid nonce")

    _, found = await examine(token=fetch)
    assert found["token"].detail == "fetched, good for 900 s; the key may use WebSockets"
    _, found = await examine(token=refused)
    assert (found["token"].outcome, found["token"].detail) == ("fail", "the nonce is too low")
    failing = Check(name="TLS api.kraken.com", outcome="fail", detail="")
    _, found = await examine(token=fetch, handshake=lambda _host: failing)
    assert found["token"].detail == "not looked at: TLS api.kraken.com has failed"


# -- the command


def outcomes(out: str) -> Mapping[str, str]:
    """The outcome of each check, by name."""
    lines = re.findall(r"^(ok|warn|fail|skip) +(\S+(?: \S+)*?)  ", out, re.MULTILINE)
    return {name: outcome for outcome, name in lines}


def test_on_the_simulator(havklo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything works there, with the token of its own account; a key in the environment stays where it is."""
    monkeypatch.setenv("KRAKEN_API_KEY", KEY)
    monkeypatch.setenv("KRAKEN_API_SECRET", SECRET)
    done = havklo("doctor", "--venue", "sim", "--credentials")
    assert (done.code, done.err) == (0, "")
    found = outcomes(done.out)
    assert {"clock", "status", "WebSocket", "ping", "clock by ping", "credentials", "token"} <= set(found)
    assert set(found.values()) <= {"ok", "warn"}
    assert KEY[:8] not in done.out
    assert SECRET[:8] not in done.out
    assert re.search(r"^\d+ checks: (all is well|0 failures, \d warnings?)$", done.out, re.MULTILINE)


def test_live_data_and_a_report(havklo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report has what was shown, the live data, and no secrets."""
    monkeypatch.setenv("KRAKEN_API_KEY", KEY)
    monkeypatch.setenv("KRAKEN_API_SECRET", SECRET)
    path = tmp_path / "report.md"
    done = havklo("doctor", "--venue", "sim", "--live", "1.5", "--symbols", "BTC/USD,ETH/USD", "--report", path)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(f"report: {path}\n")
    assert {"books", "delay", "trades", "connections"} <= set(outcomes(done.out))
    text = path.read_text()
    assert "| BTC/USD | " in text
    for private in (KEY, SECRET, platform.node(), str(Path.home())):
        assert private not in text


def test_json(havklo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One document, and the report beside it under its usual name."""
    monkeypatch.chdir(tmp_path)
    done = havklo("doctor", "--venue", "sim", "--json", "--live", "1")
    assert done.code == 0
    told = json.loads(done.out)
    assert told["outcome"] in {"ok", "warn"}
    assert told["live"]["complete"] is True
    assert {check["name"] for check in told["checks"]} >= {"engine", "clock", "books"}
    (file,) = tmp_path.iterdir()
    assert re.fullmatch(r"havklo-doctor-\d{8}T\d{6}Z\.md", file.name)
    assert done.err == f"report: {file.name}\n"


def test_nobody_there(havklo: Any, tmp_path: Path) -> None:
    """A closed port ends at once, with the reason, what to do, and the exit code 1; live data is not tried."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = havklo("doctor", "--venue", f"ws://127.0.0.1:{port}/v2", "--live", "60", "--report", tmp_path / "report.md")
    assert (done.code, done.err) == (1, "")
    found = outcomes(done.out)
    assert found[f"TCP 127.0.0.1:{port}"] == "fail"
    assert found["WebSocket"] == found["ping"] == found["live data"] == "skip"
    assert "| live data | - | not looked at: there is no WebSocket |" in (tmp_path / "report.md").read_text()
    assert "nobody listens there" in done.out
    assert "what to do: check the address and the port" in done.out
    assert "Traceback" not in done.out


def test_no_network(havklo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any names each host is told, its advice once, and nothing else is tried."""

    def unknown(*_arguments: object, **_options: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    done = havklo("doctor")
    assert (done.code, done.err) == (1, "")
    assert [name for name, outcome in outcomes(done.out).items() if outcome == "fail"] == [
        f"DNS {host}.kraken.com" for host in ("ws", "ws-auth", "ws-l3", "futures", "api")
    ]
    assert done.out.count("--venue sim needs none of them") == 1
    assert "5 failures" in done.out


BAD = {
    "no time": (["--live", "0"], "--live is a positive number of seconds, not 0"),
    "endless time": (["--live", "inf"], "--live is a positive number of seconds, not inf"),
    "no symbols": (["--symbols", "BTC/USD,,"], "'' is no symbol"),
    "a folder that is none": (["--report", "/no/such/folder/x.md"], "/no/such/folder/x.md can't be written"),
    "no venue": (["--venue", "mars"], "'mars' is no WebSocket address"),
    "a key for anybody": (
        ["--venue", "ws://127.0.0.1:9/v2", "--credentials"],
        "ws://127.0.0.1:9/v2 has no REST endpoint",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_what_can_not_be(havklo: Any, arguments: list[str], message: str) -> None:
    """One clear line and the exit code 2, before anything is tried."""
    done = havklo("doctor", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
def test_ctrl_c_while_live_data_is_followed(tmp_path: Path) -> None:
    """The report is written with what was seen until then."""
    path = tmp_path / "report.md"
    command = [sys.executable, "-m", "havklo.cli", "doctor", "--venue", "sim", "--live", "60", "--report", str(path)]
    with subprocess.Popen(  # noqa: S603
        command, env=os.environ | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert any(line == "following BTC/USD, ETH/USD, XRP/USD for 60 s\n" for line in running.stdout)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert err == ""
    assert running.returncode in {0, 1}  # whether a book was live by then is a matter of luck
    assert "s of live data, ended early" in path.read_text()
