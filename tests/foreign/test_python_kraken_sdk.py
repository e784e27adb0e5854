"""python-kraken-sdk follows the simulator: its order books with its own checksum on, and its private client."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from foreign.clients import Books, Desk, until
from foreign.conftest import SECONDS, Simulated

# PEPE/USD is left out: its quantities have more digits than a float, which this client reads numbers as.
SYMBOLS = ["BTC/USD", "ETH/USD", "XRP/USD", "MINA/GBP", "SIM006/USD", "SIM008/EUR"]

pytestmark = pytest.mark.timeout(SECONDS + 60)


@pytest.mark.parametrize("depth", [10, 100])
async def test_every_checksum_holds(simulate: Callable[..., Simulated], seconds: float, depth: int) -> None:
    """Several books, hundreds of messages a second: the client finds no mismatch and loses no connection."""
    places = simulate("--symbols", 8, "--rate", 200)
    async with Books(places, depth) as books:
        await books.add_book(pairs=SYMBOLS)
        await asyncio.sleep(seconds)
        assert not books.exception_occur
        assert books.mismatches == {}
        assert books.snapshots == dict.fromkeys(SYMBOLS, 1)
        for symbol in SYMBOLS:
            assert books.updates[symbol] > seconds, symbol
            book = books.get(symbol)
            assert book is not None
            assert book["valid"]
            if symbol != "MINA/GBP":
                assert len(book["bid"]) == len(book["ask"]) == depth


async def test_its_own_check_is_on(simulate: Callable[..., Simulated]) -> None:
    """A garbled message does not get past it; the books that it subscribes to anew hold again."""
    places = simulate(
        "--rate",
        200,
        scenario="""
        symbols = ["BTC/USD", "ETH/USD"]
        [[fault]]
        at = 4
        kind = "corrupt"
        symbol = "BTC/USD"
        """,
    )
    async with Books(places) as books:
        await books.add_book(pairs=["BTC/USD", "ETH/USD"])
        await until(lambda: books.mismatches and books.snapshots["BTC/USD"] > 1)
        await asyncio.sleep(10)
        mismatches, updates = books.mismatches["BTC/USD"], books.updates["BTC/USD"]
        await asyncio.sleep(3)
        assert books.mismatches == {"BTC/USD": mismatches}
        assert books.updates["BTC/USD"] > updates


async def test_it_comes_back_after_a_cut(simulate: Callable[..., Simulated]) -> None:
    """A lost connection costs a new snapshot of every book and not one mismatch."""
    places = simulate(
        scenario="""
        symbols = ["BTC/USD", "ETH/USD"]
        [[fault]]
        at = 4
        kind = "disconnect"
        """
    )
    async with Books(places) as books:
        await books.add_book(pairs=["BTC/USD", "ETH/USD"])
        await until(lambda: min(books.snapshots["BTC/USD"], books.snapshots["ETH/USD"]) > 1)
        await asyncio.sleep(2)
        assert books.mismatches == {}
        assert not books.exception_occur


async def test_an_order(simulate: Callable[..., Simulated]) -> None:
    """A limit order rests, is told about on the executions channel, and is cancelled."""
    places = simulate("--symbols", "BTC/USD", "--account", "alice")
    async with Desk(places, places.accounts["alice"]) as desk, asyncio.timeout(30):
        await desk.subscribe(params={"channel": "executions"})
        assert (await desk.find(method="subscribe"))["success"]
        order: dict[str, Any] = {
            "method": "add_order",
            "params": {
                "order_type": "limit",
                "side": "buy",
                "symbol": "BTC/USD",
                "order_qty": 0.01,
                "limit_price": 20000.1,
                "cl_ord_id": "my-first-order",
            },
        }
        await desk.send_message(order)
        answer = await desk.find(method="add_order")
        assert answer["success"], answer
        told = await desk.find(channel="executions", type="update")
        assert told["data"][0]["order_id"] == answer["result"]["order_id"]
        await desk.send_message({"method": "cancel_order", "params": {"order_id": [answer["result"]["order_id"]]}})
        assert (await desk.find(method="cancel_order"))["success"]


async def test_level_3(simulate: Callable[..., Simulated]) -> None:
    """Single orders come from the endpoint that Kraken has for them, with a token of the same account."""
    places = simulate("--symbols", "BTC/USD", "--account", "alice")
    async with Desk(places, places.accounts["alice"], level3=True) as desk, asyncio.timeout(30):
        await desk.subscribe(params={"channel": "level3", "symbol": ["BTC/USD"], "depth": 10})
        snapshot = await desk.find(channel="level3", type="snapshot")
        assert {"order_id", "limit_price", "order_qty", "timestamp"} <= set(snapshot["data"][0]["bids"][0])
        await desk.find(channel="level3", type="update")
