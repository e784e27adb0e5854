"""How a gateway begins and ends: what can't be is refused before anything is opened, and nothing is left behind."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession

from havklo.errors import ConfigurationError
from havklo.serve import Gateway, live, recorded, simulated
from havklo.sim import Simulator


def test_what_can_not_be(apps: Path, tmp_path: Path, sim: Simulator) -> None:
    """All of this is refused before anything is opened."""
    source = simulated(sim)
    with pytest.raises(ConfigurationError, match="make web"):
        Gateway(source, apps=tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match="--allow-remote"):
        Gateway(source, apps=apps, host="0.0.0.0")  # noqa: S104 - refused
    with pytest.raises(ConfigurationError, match="no port"):
        Gateway(source, apps=apps, port=70_000)
    for token in ("short", "with a space in it", "täuschend-lang-genug"):
        with pytest.raises(ConfigurationError, match="a token is") as refused:
            Gateway(source, apps=apps, token=token)
        assert token not in str(refused.value)
    with pytest.raises(ConfigurationError, match="there is no file"):
        recorded(tmp_path / "none.jsonl")
    (tmp_path / "a b.jsonl").touch()
    with pytest.raises(ConfigurationError, match="can't stand in an address"):
        recorded(tmp_path / "a b.jsonl")
    with pytest.raises(ConfigurationError, match="no symbol"):
        live([])


def test_each_start_has_its_own_token(apps: Path, sim: Simulator) -> None:
    """Which is long, random, and not in what a log may show."""
    gateways = [Gateway(simulated(sim), apps=apps) for _ in range(3)]
    assert len({gateway.token for gateway in gateways}) == 3
    for gateway in gateways:
        assert len(gateway.token) >= 32
        assert gateway.token not in repr(gateway) + repr(gateway._guard)


async def test_remote(apps: Path, sim: Simulator) -> None:
    """If it is meant, every address of this machine will do; a name still will not."""
    async with Gateway(simulated(sim), apps=apps, host="0.0.0.0", allow_remote=True) as gateway:  # noqa: S104 - meant
        assert gateway.url.startswith("http://127.0.0.1:")
        async with ClientSession() as http:
            for host, status in (("192.168.1.2:80", 200), ("evil.example", 403)):
                async with http.get(f"{gateway.url}/health", headers={"Host": host}) as answer:
                    assert answer.status == status


async def test_shutdown(apps: Path, sim: Simulator, token: str) -> None:
    """Pages are told goodbye; no task and no socket is left, and the port is free again."""
    before = asyncio.all_tasks()
    async with ClientSession() as http:
        gateway = Gateway(simulated(sim), apps=apps, token=token)
        async with gateway:
            page = await http.ws_connect(f"{gateway.url}/v2?token={token}")
            await page.receive()
            queues = await http.ws_connect(f"{gateway.url}/relay?token={token}")
            await queues.send_str("{}")
            await queues.receive()
            port = int(gateway.url.rpartition(":")[2])
            ends = [asyncio.create_task(each.receive()) for each in (page, queues)]
        assert [(await end).data for end in ends] == [1001, 1001]
    assert asyncio.all_tasks() == before
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    async with Gateway(simulated(sim), apps=apps, port=port) as again:
        assert again.url.endswith(f":{port}")
        with pytest.raises(ConfigurationError, match="can't listen"):
            await Gateway(simulated(Simulator(1)), apps=apps, port=port).__aenter__()
