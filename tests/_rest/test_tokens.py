"""One token for all who ask, fetched by one request, and fetched anew in time."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
import pytest
from aiohttp import web

from havklo import Simulator, errors
from havklo._protocol.refusals import refusal
from havklo._protocol.tokens import Token
from havklo._rest.nonces import Nonces
from havklo._rest.rest import Rest
from havklo._rest.tokens import Tokens
from havklo.clock import ManualClock
from havklo.credentials import Credentials

T = TypeVar("T")
Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]]


class Office:
    """Gives tokens, numbered from 1, when the test lets it.

    Attributes:
        asked: How many requests came.
        came: Set when one has.
        open: While it is clear, requests wait.
        refusals: Kraken's words for the next requests, instead of a token.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.came = asyncio.Event()
        self.open = asyncio.Event()
        self.refusals: list[str] = []

    async def handle(self, _request: web.Request) -> web.Response:
        """Answer one."""
        self.asked += 1
        number = self.asked
        self.came.set()
        await self.open.wait()
        said = [self.refusals.pop(0)] if self.refusals else []
        return web.Response(body=json.dumps({"error": said, "result": {"token": f"t{number}", "expires": 900}}))


class Setting:
    """An office, a clock, and the tokens that ask there."""

    def __init__(self, office: Office, rest: Rest, clock: ManualClock) -> None:
        self.office = office
        self.clock = clock
        self.tokens = Tokens(rest, Credentials("mykey", "c2VjcmV0"), clock)

    def ask(self, count: int) -> list[asyncio.Task[Token]]:
        """Let so many tasks ask."""
        return [asyncio.create_task(self.tokens.get()) for _ in range(count)]


@pytest.fixture
async def setting(serve: Serve, nonces: Nonces) -> Any:
    """An office that is closed at first."""
    office, clock = Office(), ManualClock()
    async with Rest(await serve(office.handle), clock, nonces=nonces) as rest:
        yield Setting(office, rest, clock)
        office.open.set()


async def soon(waited: Awaitable[T]) -> T:
    """Wait for what is about to happen."""
    return await asyncio.wait_for(waited, 20)


async def test_a_hundred_tasks(setting: Setting) -> None:
    """One request is made for all of them, and none for those who come later."""
    tasks = setting.ask(100)
    await soon(setting.office.came.wait())
    assert repr(setting.tokens) == "<Tokens of <Credentials …>, fetching>"
    setting.office.open.set()
    tokens = await soon(asyncio.gather(*tasks))
    assert set(tokens) == {Token("t1")}
    assert await setting.tokens.get() == Token("t1")
    assert setting.office.asked == 1
    assert repr(setting.tokens) == "<Tokens of <Credentials …>>"


async def test_ten_minutes(setting: Setting) -> None:
    """After them something new begins with a fresh token."""
    setting.office.open.set()
    assert await soon(setting.tokens.get()) == Token("t1")
    setting.clock.advance(599.9)
    assert await soon(setting.tokens.get()) == Token("t1")
    setting.clock.advance(0.2)
    assert await soon(setting.tokens.get()) == Token("t2")


async def test_its_age_counts_from_the_request(setting: Setting) -> None:
    """However long the answer takes, the token may have been made at once."""
    task = setting.ask(1)[0]
    await soon(setting.office.came.wait())
    setting.clock.advance(9)
    setting.office.open.set()
    assert await soon(task) == Token("t1")
    setting.clock.advance(592)
    assert await soon(setting.tokens.get()) == Token("t2")


async def test_one_who_is_cancelled(setting: Setting) -> None:
    """The others still get their token, be it the first or a later one who leaves."""
    tasks = setting.ask(5)
    await soon(setting.office.came.wait())
    for leaving in (tasks[0], tasks[3]):
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
    setting.office.open.set()
    assert await soon(asyncio.gather(tasks[1], tasks[2], tasks[4])) == [Token("t1")] * 3
    assert setting.office.asked == 1


async def test_all_are_cancelled(setting: Setting) -> None:
    """Then the request is, too; nothing of it is left, and the next one begins anew."""
    tasks = setting.ask(3)
    await soon(setting.office.came.wait())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert all(task.cancelled() for task in tasks)
    assert repr(setting.tokens) == "<Tokens of <Credentials …>>"
    setting.office.open.set()
    assert await soon(setting.tokens.get()) == Token("t2")


async def test_a_failure(setting: Setting) -> None:
    """All who wait learn of it, and it is not remembered."""
    setting.office.refusals = ["EGeneral:Permission denied"]
    tasks = setting.ask(10)
    await soon(setting.office.came.wait())
    setting.office.open.set()
    results = await soon(asyncio.gather(*tasks, return_exceptions=True))
    assert {type(result) for result in results} == {errors.PermissionDenied}
    assert await soon(setting.tokens.get()) == Token("t2")


async def test_many_refusals_of_one_token(setting: Setting) -> None:
    """One request is made for all of them; a refusal that comes late costs nothing."""
    setting.office.open.set()
    first = await soon(setting.tokens.get())
    replaced = await soon(asyncio.gather(*(setting.tokens.refused(first) for _ in range(20))))
    assert set(replaced) == {Token("t2")}
    assert await soon(setting.tokens.refused(first)) == Token("t2")
    assert setting.office.asked == 2


async def test_a_request_is_made_twice_at_most(setting: Setting) -> None:
    """With the fresh token once more, and then the refusal is the caller's."""
    setting.office.open.set()
    tried: list[Token] = []

    async def request(token: Token) -> str:
        tried.append(token)
        if token in bad:
            raise refusal("ESession:Invalid session")
        return "done"

    bad = {Token("t1")}
    assert await soon(setting.tokens.use(request)) == "done"
    assert tried == [Token("t1"), Token("t2")]
    tried.clear()
    bad = {Token("t2"), Token("t3")}
    with pytest.raises(errors.InvalidSession):
        await soon(setting.tokens.use(request))
    assert tried == [Token("t2"), Token("t3")]
    assert await soon(setting.tokens.get()) == Token("t4")


async def test_another_refusal_is_not_for_the_token(setting: Setting) -> None:
    """It passes through, and the token stays."""
    setting.office.open.set()
    calls = 0

    async def request(_token: Token) -> None:
        nonlocal calls
        calls += 1
        raise refusal("EGeneral:Permission denied")

    with pytest.raises(errors.PermissionDenied):
        await soon(setting.tokens.use(request))
    assert calls == 1
    assert await soon(setting.tokens.get()) == Token("t1")


async def test_at_the_simulated_exchange(exchange: Simulator, rest: Rest, credentials: Credentials) -> None:
    """A private subscription survives that its token has expired before it was used."""
    tokens = Tokens(rest, credentials, exchange.clock)
    refusals: list[str] = []
    async with aiohttp.ClientSession() as session, session.ws_connect(exchange.private_url) as socket:

        async def subscribe(token: Token) -> Any:
            params = {"channel": "balances", "token": token.reveal()}
            await socket.send_json({"method": "subscribe", "params": params})
            answer: dict[str, Any] = {}
            while answer.get("method") != "subscribe":
                answer = await soon(socket.receive_json())
            if not answer["success"]:
                refusals.append(answer["error"])
                raise refusal(answer["error"])
            return answer["result"]["channel"]

        stale = await tokens.get()
        exchange.inject("expire_token", account="alice")
        assert await tokens.use(subscribe) == "balances"
    assert refusals == ["ESession:Invalid session"]
    assert await tokens.get() != stale
