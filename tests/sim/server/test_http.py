"""What comes by HTTP: REST calls, and the answers to those who are not let in."""

import json
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from havklo.sim.rules import Rules


async def ask(stage: Any, method: str, path: str, **options: Any) -> tuple[int, Any, Any]:
    """One call: status, headers, body."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"http://127.0.0.1:{stage.port}{path}", **options) as answer,
    ):
        return answer.status, answer.headers, await answer.text()


async def test_a_rest_call(playing: Any) -> None:
    """Method, path, headers, query and body reach it as they were sent; its status and bytes come back."""
    async with playing() as stage:
        status, headers, body = await ask(
            stage, "POST", "/0/private/Orders?a=1&b=x%20y", data=b"nonce=1&c=%2B", headers={"api-key": "K"}
        )
        assert (status, headers["Content-Type"]) == (200, "application/json")
        assert json.loads(body) == {
            "method": "POST",
            "path": "/0/private/Orders",
            "query": {"a": "1", "b": "x y"},
            "body": "nonce=1&c=%2B",
            "now": stage.clock.epoch_ns(),
        }
        status, _, body = await ask(stage, "GET", "/0/public/Time")
        assert (status, json.loads(body)["path"]) == (403, "/0/public/Time")


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/1/public/Time", {}, 404),
        ("GET", "/", {}, 404),
        ("GET", "/v2", {}, 400),
        ("POST", "/v2", {}, 405),
        ("POST", "/0/private/AddOrder", {"data": BytesIO(b"x" * (1 << 21))}, 413),
    ],
)
async def test_what_is_not_there(playing: Any, method: str, path: str, options: Any, status: int) -> None:
    """Anything else gets HTTP's own answer, and the server goes on."""
    async with playing() as stage:
        assert (await ask(stage, method, path, **options))[0] == status
        assert (await ask(stage, "GET", "/0/public/Time"))[0] == 403
        assert stage.server.connections == {}


async def knock(stage: Any, dial: Any, role: str = "public") -> tuple[int, str | None]:
    """Try to connect; the HTTP status, and when to come back."""
    try:
        peer = await dial(stage.url(role))
    except aiohttp.WSServerHandshakeError as error:
        return error.status, (error.headers or {})["Retry-After"]
    await peer.socket.close()
    return 101, None


async def test_refuse(playing: Any, dial: Any) -> None:
    """The handshake is answered 503, REST goes on, and then the door is open again."""
    async with playing() as stage:
        stage.faults.inject("refuse", role="private", count=2)
        roles = ("private", "public", "private", "private")
        assert [await knock(stage, dial, role) for role in roles] == [(503, "1"), (101, None), (503, "1"), (101, None)]
        assert (await ask(stage, "GET", "/0/public/Time"))[0] == 403
        stage.faults.inject("refuse", seconds=4.5)
        assert await knock(stage, dial) == (503, "5")
        stage.clock.advance(4.5)
        assert await knock(stage, dial) == (101, None)
        assert [(fault.kind, fault.role) for fault in stage.faults.log] == [
            ("refuse", "private"),
            ("refuse", "private"),
            ("refuse", "public"),
        ]


async def test_ban(playing: Any, dial: Any) -> None:
    """Every attempt is answered 429 for as long as the ban lasts."""
    async with playing() as stage:
        stage.faults.inject("ban")
        assert await knock(stage, dial) == (429, "600")
        stage.clock.advance(599)
        assert await knock(stage, dial, "level3") == (429, "1")
        stage.clock.advance(1)
        assert await knock(stage, dial) == (101, None)
        assert stage.faults.counts == {"ban": 2}


async def test_too_many_attempts(playing: Any, dial: Any) -> None:
    """Who connects too often is banned without anybody having ordered it."""
    async with playing(Rules(connects=3, ban_seconds=30)) as stage:
        answers = [await knock(stage, dial) for _ in range(4)]
        assert answers == [(101, None)] * 3 + [(429, "30")]
        stage.clock.advance(30)
        assert await knock(stage, dial) == (101, None)
