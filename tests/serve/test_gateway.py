"""What the gateway answers: files and figures to everybody here, a market to whoever knows the token."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from havklo.serve import live, recorded
from havklo.sim import Simulator

PATHS = ["/", "/havsyn/", "/assets/plain.css", "/config.json", "/v2", "/relay", "/health", "/metrics", "/nothing"]
WITH_TOKEN = ["/config.json", "/v2", "/relay", "/replay/x.jsonl", "/", "/havsyn/"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_is_strict(asked: Any, path: str) -> None:
    """Refusals, too: what a page may do and load, and who may hold what comes."""
    _, headers, _ = await asked.get(path)
    host = asked.gateway.url.removeprefix("http://")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Server"] == "havklo"
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'self'",
        "script-src": "'self' 'wasm-unsafe-eval'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "worker-src": "'self'",
        "connect-src": f"'self' ws://{host} wss://ws.kraken.com wss://ws-auth.kraken.com wss://ws-l3.kraken.com "
        "wss://futures.kraken.com",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


@pytest.mark.parametrize(
    ("accepts", "encoding", "starts"),
    [("gzip, deflate, br", "br", b"pretended"), ("gzip", "gzip", b"\x1f\x8b"), ("identity", None, b"console")],
)
async def test_compressed_siblings(asked: Any, accepts: str, encoding: str | None, starts: bytes) -> None:
    """A browser gets the smallest that it takes; a name with a hash is kept for ever."""
    status, headers, body = await asked.get("/assets/havsyn-AbCd_12x.js", Accept_Encoding=accepts)
    assert (status, headers.get("Content-Encoding")) == (200, encoding)
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Vary"] == "Accept-Encoding"
    assert body.startswith(starts)


async def test_other_files(asked: Any) -> None:
    """WebAssembly has its type; a name without a hash is asked for again, which costs nothing while it is the same."""
    _, headers, _ = await asked.get("/assets/havklo-DrLt6D3I.wasm")
    assert headers["Content-Type"] == "application/wasm"
    _, headers, _ = await asked.get("/assets/plain.css")
    assert headers["Cache-Control"] == "no-cache"
    status, _, body = await asked.get("/assets/plain.css", If_None_Match=headers["ETag"])
    assert (status, body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..\\..\\secret.txt",
        "//secret.txt",
        "/link.html",
        "/assets/havsyn-AbCd_12x.js.br",
        "/replay/../apps/index.html",
        "/replay/..%2f..%2fsecret.txt",
        "/havsyn/index.html/",
        "/%00",
    ],
)
async def test_no_way_out(asked: Any, token: str, path: str) -> None:
    """There is nothing but the apps' own files, by their own addresses."""
    host = asked.gateway.url.removeprefix("http://")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(host.rpartition(":")[2]))
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode()
    )
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.split(maxsplit=2)[1] in {b"400", b"404"}
    assert b"nobody may read this" not in answer


async def test_a_link_is_opened(asked: Any, token: str) -> None:
    """The token goes from the address into a cookie, and the rest of the address stays."""
    link = asked.gateway.links["havsyn"]
    assert link == asked.at("/havsyn/", token=True)
    status, headers, _ = await asked.get(f"/havsyn/?token={token}&symbols=BTC%2FUSD&depth=25")
    assert status == 302
    assert headers["Location"] == "/havsyn/?symbols=BTC/USD&depth=25"
    cookie = headers["Set-Cookie"]
    assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "Path=/", "SameSite=Lax"}
    assert cookie.startswith(f"havklo_{asked.gateway.url.rpartition(':')[2]}={token};")
    status, headers, body = await asked.get("/havsyn/")  # the session keeps cookies, as a browser does
    assert (status, body) == (200, b"<!doctype html><title>havsyn</title>")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    status, headers, _ = await asked.get("/havsyn?x=1")
    assert (status, headers["Location"]) == (308, "/havsyn/?x=1")


@pytest.mark.parametrize("path", WITH_TOKEN)
async def test_without_the_token(asked: Any, path: str) -> None:
    """Nothing that shows a market, whatever else is known; a person is told what to do on a page."""
    for given in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "havklo_1=wrong"}):
        status, headers, body = await asked.get(path, **given)
        assert (status, headers["Content-Type"]) == (401, "application/json")
        assert set(json.loads(body)) == {"error", "hint", "kind"}
    status, headers, body = await asked.get(path, Accept="text/html,*/*")
    assert (status, headers["Content-Type"]) == (401, "text/html; charset=utf-8")
    assert b"open the link that havklo serve has printed" in body


async def test_config(asked: Any, token: str) -> None:
    """What an app needs to know, for whoever knows the token in any of three ways."""
    port = asked.gateway.url.rpartition(":")[2]
    wanted = {
        "ws": f"ws://127.0.0.1:{port}/v2?token={token}",
        "venue": "sim",
        "symbols": ["BTC/USD", "ETH/USD"],
        "token": token,
        "faults": True,
        "relay": "/relay",
        "replay": None,
    }
    cookie = {"Cookie": f"havklo_{port}={token}"}
    for path, given in (("?token=" + token, {}), ("", {"Authorization": f"bearer {token}"}), ("", cookie)):
        status, headers, body = await asked.get(f"/config.json{path}", **given)
        assert (status, json.loads(body)) == (200, wanted)
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/config.json", "/v2", "/relay"])
@pytest.mark.parametrize(
    "given",
    [
        {"Origin": "https://example.com"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
async def test_pages_of_others(asked: Any, path: str, given: dict[str, str]) -> None:
    """Another page gets nothing even with the token, which its browser may send along."""
    status, _, body = await asked.get(path, token=True, **given)
    assert status == 403
    assert "another" in json.loads(body)["error"]


async def test_its_own_pages(asked: Any) -> None:
    """They name the origin that they come from."""
    status, _, _ = await asked.get("/config.json", token=True, Origin=asked.gateway.url, Sec_Fetch_Site="same-origin")
    assert status == 200
    async with asked.http.ws_connect(asked.at("/v2", token=True), origin=asked.gateway.url) as page:
        assert "status" in await page.receive_str()


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "a b", "", "127.0.0.1/;x", "me@127.0.0.1"]
)
async def test_names_of_others(asked: Any, host: str) -> None:
    """A name that was made to lead here (DNS rebinding) gets nothing at all."""
    for path in ("/health", "/config.json", "/assets/plain.css"):
        status, headers, body = await asked.get(path, token=True, Host=host)
        assert status == 403
        assert b"this host is not called so" in body
        assert not host or host not in headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["localhost", "localhost:8901", "127.0.0.1", "[::1]:8901"])
async def test_its_own_names(asked: Any, host: str) -> None:
    """By an address of this machine, at whatever port a tunnel has."""
    status, _, _ = await asked.get("/health", Host=host)
    assert status == 200


async def test_health(asked: Any) -> None:
    """What is served, to whom, and how the simulator is."""
    async with asked.http.ws_connect(asked.at("/v2", token=True)) as page:
        await page.receive()
        _, _, body = await asked.get("/health")
    told = json.loads(body)
    assert (told["state"], told["venue"], told["pages"], told["sent"]) == ("live", "sim", 1, 1)
    assert told["simulator"]["connections"] == 1
    assert told["level3"] is None


async def test_metrics(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """For Prometheus, if its client is installed."""
    status, headers, body = await asked.get("/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    assert b"\nhavklo_serve_pages 0.0\n" in body
    assert b"\nhavklo_serve_lapses_total 0.0\n" in body
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    status, _, body = await asked.get("/metrics")
    assert status == 501
    assert json.loads(body)["hint"] == "pip install 'havklo[serve]'"


async def test_a_fault_is_ordered(asked: Any, sim: Simulator) -> None:
    """It strikes the book that it is asked for, and nothing else."""
    async with asked.http.ws_connect(asked.at("/v2", token=True)) as page:
        for channel in ("trade", "book"):
            params = {"channel": channel, "symbol": ["BTC/USD", "ETH/USD"]}
            await page.send_json({"method": "subscribe", "params": params})
        status, answer = await asked.post(b'{"symbol":"BTC/USD","fault":"drop"}')
        assert (status, answer) == (200, {"fault": "drop", "symbol": "BTC/USD", "count": 1, "happened": 0})
        async with asyncio.timeout(20):
            while not sim.faults:
                sim.step()
                await page.receive()
    (fault,) = sim.faults
    assert (fault.kind, fault.channel, fault.symbol) == ("drop", "book", "BTC/USD")


@pytest.mark.parametrize("fault", ["stall", "delay", "slow_reader"])
async def test_what_a_fault_needs(asked: Any, fault: str) -> None:
    """A value that nobody has given is one that a person can see."""
    status, answer = await asked.post(json.dumps({"fault": fault}).encode())
    assert (status, answer["fault"]) == (200, fault)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "this asks for no fault"),
        (b"\xff", "this asks for no fault"),
        (b"[" * 60_000, "this asks for no fault"),
        (b'{"fault":"cross"}', "Invalid enum value 'cross'"),
        (b'{"fault":"drop","lasts":1}', "unknown field `lasts`"),
        (b'{"fault":"drop","symbol":"NO/NO"}', "'NO/NO' is not listed"),
        (b'{"fault":"drop","count":0}', "1 to 1000 times"),
        (b'{"fault":"drop","count":2000}', "1 to 1000 times"),
        (b'{"fault":"stall","seconds":0}', "up to 600 seconds"),
        (b'{"fault":"drop","seconds":3}', "seconds"),
    ],
)
async def test_no_fault(asked: Any, body: bytes, words: str) -> None:
    """What can't be meant is refused in words, with a hint where there is one."""
    status, answer = await asked.post(body)
    assert (status, answer["kind"]) == (400, "ConfigurationError")
    assert words in answer["error"]
    assert set(answer) == {"error", "hint", "kind"}


async def test_who_may_order_faults(asked: Any, opened: Any, sim: Simulator) -> None:
    """No other page, by no form, and only of a simulator."""
    order = b'{"fault":"disconnect"}'
    assert (await asked.post(order, Origin="https://example.com"))[0] == 403
    assert (await asked.post(order, Content_Type="text/plain"))[0] == 415
    async with asked.http.post(asked.at("/sim/faults"), data=order) as answer:
        assert answer.status == 401
    assert (await asked.post(b"x" * 70_000))[0] == 413
    status, _, body = await asked.get("/sim/faults")
    assert (status, json.loads(body)["error"]) == (404, "there is nothing at this address")
    kraken = await opened(live(["BTC/USD"]))
    status, refusal = await kraken.post(order)
    assert (status, refusal["hint"]) == (501, "havklo serve --venue sim")
    assert not sim.faults


async def test_a_recording(opened: Any, tmp_path: Path) -> None:
    """Pages play it themselves: each is told which; there is no market."""
    (tmp_path / "minute.jsonl").write_text('{"rx_ns":1,"frame":{}}\n')
    (tmp_path / "other.jsonl").write_text("nobody may read this")
    asked = await opened(recorded(tmp_path / "minute.jsonl"))
    _, headers, _ = await asked.get("/havsyn/", token=True)
    assert headers["Location"] == "/havsyn/?replay=/replay/minute.jsonl"
    status, _, body = await asked.get("/replay/minute.jsonl")
    assert (status, body) == (200, b'{"rx_ns":1,"frame":{}}\n')
    status, _, _ = await asked.get("/replay/other.jsonl")
    assert status == 404
    _, _, body = await asked.get("/config.json")
    told = json.loads(body)
    assert (told["venue"], told["ws"], told["replay"]) == ("replay", "", "/replay/minute.jsonl")
    assert (await asked.get("/v2"))[0] == 501
    assert (await asked.get("/havsyn/?replay=https://elsewhere/x.jsonl"))[0] == 200


async def test_plain_requests_for_sockets(asked: Any) -> None:
    """Nothing is begun for them."""
    for path in ("/v2", "/relay"):
        status, _, body = await asked.get(path, token=True)
        assert (status, json.loads(body)["error"]) == (426, "this address speaks WebSocket")


async def test_a_failure_of_its_own(asked: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    """It is told in a sentence, and in full to the log."""
    monkeypatch.setattr(Simulator, "statistics", lambda _: 1 / 0)
    status, _, body = await asked.get("/health")
    assert status == 500
    assert json.loads(body) == {"error": "the gateway failed", "hint": "its log says more", "kind": "Refused"}
    assert "ZeroDivisionError" in caplog.text
