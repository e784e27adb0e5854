"""ccxt pro follows the simulator: its markets, its order books and trades, its orders."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import ccxt
import ccxt.pro
import pytest

from foreign.clients import Books, Keys, Places, exchange
from foreign.conftest import SECONDS, Simulated

SYMBOLS = ["BTC/USD", "ETH/USD", "XRP/USD", "SIM006/USD"]

pytestmark = pytest.mark.timeout(SECONDS + 60)


@asynccontextmanager
async def kraken(places: Places, keys: Keys | None = None) -> AsyncIterator[ccxt.pro.kraken]:
    """An exchange object with its markets loaded, closed at the end."""
    client = exchange(places, keys)
    try:
        await client.load_markets()
        yield client
    finally:
        await client.close()


async def test_markets(simulate: Callable[..., Simulated]) -> None:
    """Its own load_markets finds every pair under its usual name, with its decimals and its least order."""
    async with kraken(simulate("--symbols", 8)) as client:
        assert {*SYMBOLS, "PEPE/USD", "MINA/GBP"} <= set(client.symbols)
        market = client.market("BTC/USD")
        assert market["active"]
        assert market["precision"] == {"amount": 1e-08, "price": 0.1}
        assert market["limits"]["amount"]["min"] == 5e-05
        assert (await client.fetch_status())["status"] == "ok"


async def test_order_books_and_trades(simulate: Callable[..., Simulated], seconds: float) -> None:
    """Its books are, at every message that both have seen, those whose checksums the other client verified.

    ccxt can't verify them itself: its option for that raises an error on the first message.
    """
    places = simulate("--symbols", 8, "--rate", 100)
    compared: Counter[str] = Counter()
    traded: Counter[str] = Counter()
    async with Books(places) as books, kraken(places) as client:

        async def watch_books(symbol: str) -> None:
            while True:
                book = await client.watch_order_book(symbol)
                moment = book["datetime"]
                sides = ([(price, qty) for price, qty in book[name][:10]] for name in ("bids", "asks"))
                seen[symbol, moment] = tuple(sides)

        async def watch_trades(symbol: str) -> None:
            last = 0
            while True:
                for trade in await client.watch_trades(symbol):
                    assert int(trade["id"]) > last
                    last = int(trade["id"])
                    assert trade["side"] in ("buy", "sell")
                    assert trade["price"] > 0 < trade["amount"]
                    traded[symbol] += 1

        seen: dict[tuple[str, str | None], Any] = {}
        await books.add_book(pairs=SYMBOLS)
        watchers = [asyncio.create_task(watch(symbol)) for watch in (watch_books, watch_trades) for symbol in SYMBOLS]
        done, _ = await asyncio.wait(watchers, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        for watcher in (*done, *watchers):
            watcher.cancel()
        assert not done, done
        assert books.mismatches == {}
        for (symbol, moment), top in seen.items():
            verified = books.tops.get((symbol, moment or ""))
            if verified is not None:
                assert top == verified, (symbol, moment)
                compared[symbol] += 1
    for symbol in SYMBOLS:
        assert compared[symbol] > seconds, symbol
    assert traded.total() > seconds / 5


async def test_an_order_from_beginning_to_end(simulate: Callable[..., Simulated]) -> None:
    """It is placed, watched, amended and cancelled over the socket; REST tells the same of it."""
    places = simulate("--symbols", "BTC/USD", "--account", "alice:pro")
    async with kraken(places, places.accounts["alice"]) as client, asyncio.timeout(40):
        watched = asyncio.create_task(client.watch_orders("BTC/USD"))
        await asyncio.sleep(0.5)
        order = await client.create_order_ws("BTC/USD", "limit", "buy", 0.02, 20_000.1)
        assert any(told["id"] == order["id"] for told in await watched)
        (resting,) = await client.fetch_open_orders("BTC/USD")
        assert (resting["id"], resting["price"], resting["amount"]) == (order["id"], 20_000.1, 0.02)
        amended = await client.edit_order_ws(order["id"], "BTC/USD", "limit", "buy", 0.01, 20_000.2)
        assert amended["id"] == order["id"]
        (resting,) = await client.fetch_open_orders("BTC/USD")
        assert (resting["price"], resting["amount"]) == (20_000.2, 0.01)
        await client.cancel_order_ws(order["id"])
        assert await client.fetch_open_orders() == []
        (closed,) = await client.fetch_closed_orders("BTC/USD")
        assert (closed["id"], closed["status"]) == (order["id"], "canceled")


async def test_a_trade(simulate: Callable[..., Simulated]) -> None:
    """A market order trades; its fills, its fee and the balances are told."""
    places = simulate("--symbols", "BTC/USD", "--account", "alice")
    async with kraken(places, places.accounts["alice"]) as client, asyncio.timeout(40):
        before = await client.fetch_balance()
        own = asyncio.create_task(client.watch_my_trades("BTC/USD"))
        balances = asyncio.create_task(client.watch_balance())
        await asyncio.sleep(0.5)
        order = await client.create_order_ws("BTC/USD", "market", "buy", 0.01)
        trades = await own
        assert {trade["order"] for trade in trades} == {order["id"]}
        assert all(trade["takerOrMaker"] == "taker" and trade["fee"]["currency"] == "USD" for trade in trades)
        assert (await balances)["BTC"]["total"] > 0
        after = await client.fetch_balance()
        assert after["BTC"]["total"] == pytest.approx(before["BTC"]["total"] + 0.01)
        assert after["USD"]["total"] < before["USD"]["total"]


async def test_what_is_refused(simulate: Callable[..., Simulated]) -> None:
    """Kraken's own words arrive as the client's exceptions."""
    places = simulate("--symbols", "BTC/USD", "--account", "alice")
    async with kraken(places, places.accounts["alice"]) as client, asyncio.timeout(30):
        with pytest.raises(ccxt.ExchangeError, match="EOrder:Insufficient funds"):
            await client.create_order_ws("BTC/USD", "limit", "buy", 1_000, 60_000)
        with pytest.raises(ccxt.OrderNotFound, match="EOrder:Unknown order"):
            await client.cancel_order_ws("OAAAAA-AAAAA-AAAAAA")
    stranger = replace(places.accounts["alice"], key="nobody")
    forger = replace(places.accounts["alice"], secret="d3Jvbmc=")  # noqa: S106  # "wrong"
    for keys, error, words in (
        (stranger, ccxt.AuthenticationError, "EAPI:Invalid key"),
        (forger, ccxt.ExchangeError, "EAPI:Invalid signature"),
    ):
        async with kraken(places, keys) as client:
            with pytest.raises(error, match=words):
                await client.fetch_balance()
