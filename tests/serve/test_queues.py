"""Level 3 for pages, and a key that never leaves."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse

from havklo.client import Client
from havklo.credentials import Credentials
from havklo.orders import Limit
from havklo.serve import live
from havklo.sim import Simulator
from havklo.venues import UrlVenue

Wait = Callable[[Callable[[], object]], Awaitable[None]]


async def heard(page: ClientWebSocketResponse, sim: Simulator) -> dict[str, Any]:
    """The next thing that a page hears, while the simulator's time passes.

    It passes twice as fast as ours and no faster: the sockets between them are real, and on a busy machine a client
    would give up on answers that are on their way.
    """
    hearing = asyncio.create_task(page.receive_json())
    now = asyncio.get_running_loop().time
    async with asyncio.timeout(60):
        before = now()
        while not hearing.done():
            await asyncio.wait([hearing], timeout=0.002)
            before, passed = now(), now() - before
            sim.advance(min(2 * passed, 0.05))
    return hearing.result()


async def test_a_book_of_orders(asked: Any, sim: Simulator) -> None:
    """As it is, digit for digit, with the places of the orders that were asked for."""
    bids, _ = sim.queue("BTC/USD", 1)
    mine = bids[-1].order_id
    async with asked.http.ws_connect(asked.at("/relay", token=True)) as page:
        await page.send_json({"method": "subscribe", "symbol": "btc/usd", "depth": 10, "orders": [mine, "OAAAAA"]})
        told = await heard(page, sim)
        assert (told["channel"], told["symbol"], told["state"], told["reason"]) == ("level3", "BTC/USD", "live", None)
        assert told["age_ms"] >= 0
        ladder = sim.ladder("BTC/USD")
        for side, true in zip(("bids", "asks"), ladder, strict=True):
            assert [(row["price"], row["qty"]) for row in told[side]] == [tuple(row) for row in true]
        first = told["bids"][0]
        assert first["orders"] == len(bids)
        assert first["proven"]
        assert [row["order_id"] for row in first["first"]] == [order.order_id for order in bids[:10]]
        own, unknown = told["orders"]
        assert (own["order_id"], own["orders_ahead"], own["level"]) == (mine, len(bids) - 1, 0)
        assert own["exactness"] == "exact"
        assert (unknown["order_id"], unknown["side"], unknown["orders_ahead"]) == ("OAAAAA", None, None)
        sim.step(5, "BTC/USD")
        again = await heard(page, sim)
        assert again["timestamp"] > told["timestamp"]
        _, _, health = await asked.get("/health")
        assert json.loads(health)["level3"]["state"] == "live"
        _, _, metrics = await asked.get("/metrics")
        assert b"havklo_" in metrics
        assert b"havklo_serve_pages 0.0" in metrics
        await page.send_json({"method": "unsubscribe", "symbol": "BTC/USD"})


async def test_own_orders(asked: Any, sim: Simulator) -> None:
    """Those of the account, without naming them, as long as they are open; also where the book does not reach."""
    account = sim.accounts["trader"]
    best = sim.ladder("BTC/USD")[0][0][0]
    async with (
        Client(sim, credentials=Credentials(account.key, account.secret)) as kraken,
        asked.http.ws_connect(asked.at("/relay", token=True)) as page,
    ):
        await page.send_json({"method": "subscribe", "symbol": "BTC/USD", "own": True})
        assert (await heard(page, sim))["orders"] == []

        async def told_while(work: Awaitable[Any], count: int) -> list[dict[str, Any]]:
            """What the page hears of own orders once the work is done, and there are so many."""
            task = asyncio.ensure_future(work)
            while True:
                orders: list[dict[str, Any]] = (await heard(page, sim))["orders"]
                if task.done() and len(orders) == count:
                    task.result()
                    return orders

        near, far = (Limit("BTC/USD", "buy", qty=qty, price=price) for qty, price in (("0.1", best), ("0.2", "100.0")))
        (first,) = await told_while(kraken.orders.place(near), 1)
        (bids, _) = sim.queue("BTC/USD", 1)
        assert (first["own"], first["side"], first["limit_price"]) == (True, "bid", best)
        assert (first["level"], first["orders_ahead"], first["exactness"]) == (0, len(bids) - 1, "exact")
        both = await told_while(kraken.orders.place(far), 2)
        (deep,) = (order for order in both if order["order_id"] != first["order_id"])
        assert (deep["limit_price"], deep["order_qty"], deep["orders_ahead"]) == ("100.0", "0.2", None)
        assert await told_while(kraken.orders.cancel_all(), 0) == []


async def test_two_pages_share_it(asked: Any, sim: Simulator, eventually: Wait) -> None:
    """One goes, the other still sees."""
    url = asked.at("/relay", token=True)
    subscribe = {"method": "subscribe", "symbol": "BTC/USD"}
    async with asked.http.ws_connect(url) as stays:
        async with asked.http.ws_connect(url) as goes:
            for page in (stays, goes):
                await page.send_json(subscribe)
            for page in (stays, goes):
                assert (await heard(page, sim))["state"] == "live"
        await eventually(lambda: len(asked.gateway._queues._pages) == 1)
        sim.step(5, "BTC/USD")
        assert (await heard(stays, sim))["state"] == "live"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "this can't be read"),
        ("[" * 10_000, "this can't be read"),
        ('{"method":"buy","symbol":"BTC/USD"}', "Invalid enum value 'buy'"),
        ('{"method":"subscribe","symbol":"BTC/USD","depth":7}', "Invalid enum value 7"),
        ('{"method":"subscribe","symbol":""}', ""),
        ('{"method":"subscribe","symbol":"NO/NO"}', "NO/NO"),
        (json.dumps({"method": "subscribe", "symbol": "BTC/USD", "orders": ["O"] * 101}), "100 orders at most"),
    ],
)
async def test_what_can_not_be_asked(asked: Any, sim: Simulator, text: str, words: str) -> None:
    """It is said so, and the page may go on."""
    async with asked.http.ws_connect(asked.at("/relay", token=True)) as page:
        await page.send_str(text)
        told = await heard(page, sim)
        assert set(told) == {"error", "hint", "kind"}
        assert words in told["error"]
        await page.send_json({"method": "subscribe", "symbol": "ETH/USD"})
        assert (await heard(page, sim))["symbol"] == "ETH/USD"


async def test_without_a_key(joined: Any) -> None:
    """There is no level 3, and the apps are told so."""
    _, _, body = await joined.get("/config.json", token=True)
    assert json.loads(body)["relay"] is None
    status, _, body = await joined.get("/relay", token=True)
    assert (status, json.loads(body)["hint"]) == (501, "havklo serve --key FILE")


async def test_the_key_is_never_shown(
    opened: Any, asked: Any, sim: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in an answer, an error, a log record or a repr: while it is used, and while it is refused."""
    caplog.set_level(logging.DEBUG)
    account = next(iter(sim.accounts.values()))
    wrong = (
        "kAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "c2VjcmV0LW5vYm9keS1tYXktc2VlLWluLWhlcmUtMTIzNDU2Nzg5",
    )
    venue = UrlVenue(sim.url)
    refused = await opened(live(["BTC/USD"], credentials=Credentials(*wrong), venue=venue))
    seen = [repr(each.gateway) + repr(each.gateway._source) + repr(each.gateway._queues) for each in (asked, refused)]
    for each in (asked, refused):
        async with each.http.ws_connect(each.at("/relay", token=True)) as page:
            await page.send_json({"method": "subscribe", "symbol": "BTC/USD"})
            seen.append(json.dumps(await heard(page, sim)))
        for path in ("/", "/havsyn/", "/config.json", "/health", "/metrics", "/relay", "/v2", "/none"):
            _, headers, body = await each.get(path, token=True)
            seen.append(f"{dict(headers)}{body!r}")
        seen.append(str(await each.post(b'{"fault":"expire_token"}')))
    assert '"state": "live"' in seen[2]
    assert any('"error"' in text for text in seen[3:])
    everything = "\n".join((*seen, caplog.text, *(str(record.__dict__) for record in caplog.records)))
    for secret in (account.key, account.secret, *wrong):
        assert secret not in everything
