"""Requests to the simulated exchange, and to servers that do whatever servers do."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from decimal import Decimal
from importlib.metadata import version
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from havklo import Simulator, errors
from havklo._rest.nonces import Nonces
from havklo._rest.rest import Rest, SystemStatus
from havklo.clock import ManualClock, SystemClock
from havklo.credentials import Credentials

Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]]
ServeBytes = Callable[[bytes], Awaitable[str]]

TIME = "/0/public/Time"
USER_AGENT = f"havklo/{version('havklo')}"
BALANCE = "/0/private/Balance"


def answer(result: Any = None, *said: str, status: int = 200, **headers: str) -> web.Response:
    """An answer of Kraken's form."""
    body = {"error": list(said)} if said else {"error": [], "result": result}
    return web.Response(status=status, body=json.dumps(body).encode(), headers=headers)


class Script:
    """Answers requests one after the other, and keeps what came."""

    def __init__(self, *answers: Callable[[], web.Response]) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, str, dict[str, str], str]] = []

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((request.method, request.path_qs, headers, (await request.read()).decode()))
        return self.answers.pop(0)() if len(self.answers) > 1 else self.answers[0]()


class Silence:
    """Answers nothing until the test is over.

    Attributes:
        came: Set when a request has come.
        over: Set by the test at its end.
    """

    def __init__(self) -> None:
        self.came = asyncio.Event()
        self.over = asyncio.Event()

    async def handle(self, _request: web.Request) -> web.Response:
        """Answer one."""
        self.came.set()
        await self.over.wait()
        return answer(7)


def connect(url: str, nonces: Nonces, **options: Any) -> Rest:
    """REST at an address, by the machine's clock."""
    return Rest(url, SystemClock(), nonces=nonces, **options)


async def test_public_calls(exchange: Simulator, rest: Rest) -> None:
    """Typed where there is a method for it, decoded where there is none."""
    assert await rest.server_time() == exchange.clock.epoch_ns() // 10**9 * 10**9
    assert await rest.system_status() == SystemStatus(status="online", timestamp="2027-01-15T08:00:00Z")
    pairs = await rest.public("/0/public/AssetPairs", {"pair": "BTC/USD"})
    assert pairs["BTC/USD"]["wsname"] == "XBT/USD"
    assert isinstance(pairs["BTC/USD"]["fees"][0][1], Decimal | int)
    assert repr(rest) == f"<Rest {exchange.rest_url}>"


async def test_private_calls(rest: Rest, credentials: Credentials) -> None:
    """The simulated exchange checks key, signature and nonce with code of its own."""
    assert "ZUSD" in await rest.private(BALANCE, None, credentials)
    assert await rest.private("/0/private/OpenOrders", {"trades": True}, credentials) == {"open": {}}
    token, expires = await rest.websockets_token(credentials)
    assert len(token.reveal()) > 20
    assert expires == 900
    assert repr(token) == "<Token, hidden>"


async def test_what_is_sent(serve: Serve, nonces: Nonces) -> None:
    """A query for a public call, a signed form for a private one, and who is asking."""
    script = Script(answer)
    credentials = Credentials("mykey", "c2VjcmV0", otp="1 2")
    async with connect(await serve(script.handle) + "/", nonces) as rest:
        await rest.public("/0/public/Ticker", {"pair": "BTC/USD,ETH/USD", "count": 3})
        await rest.private(BALANCE, {"asset": "a&b"}, credentials)
    (method, path, headers, body), (signed_method, signed_path, signed_headers, signed_body) = script.requests
    assert (method, path, body) == ("GET", "/0/public/Ticker?pair=BTC%2FUSD%2CETH%2FUSD&count=3", "")
    assert headers["user-agent"] == signed_headers["user-agent"] == USER_AGENT
    assert "api-key" not in headers
    assert (signed_method, signed_path) == ("POST", BALANCE)
    assert signed_headers["content-type"] == "application/x-www-form-urlencoded"
    nonce = int(signed_body.partition("=")[2].partition("&")[0])
    expected = credentials.sign(BALANCE, nonce, {"asset": "a&b"})
    assert signed_body == expected.body().decode() == f"nonce={nonce}&asset=a%26b&otp=1+2"
    assert signed_headers["api-key"] == "mykey"
    assert signed_headers["api-sign"] == expected.headers()["API-Sign"]


async def test_numbers_are_exact(serve: Serve, nonces: Nonces) -> None:
    """No float comes near them."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=b'{"error":[],"result":{"a":0.10000000,"b":1e-8,"c":7}}')

    async with connect(await serve(handler), nonces) as rest:
        result = await rest.public(TIME)
    assert {name: str(value) for name, value in result.items()} == {"a": "0.10000000", "b": "1E-8", "c": "7"}


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: answer(None, "EAPI:Invalid key"), errors.InvalidKey),
        (lambda: answer(None, "EGeneral:Invalid arguments:pair", "EAPI:Feature disabled"), errors.InvalidArguments),
        (lambda: answer(None, "EAPI:Feature disabled"), errors.ExchangeError),
        (lambda: answer({}, status=404), errors.HttpError),
        (lambda: answer({}, status=302, Location="/elsewhere"), errors.HttpError),
        (lambda: web.Response(status=503, text="<html>Service Unavailable</html>"), errors.HttpError),
        (lambda: web.Response(status=429, text="slow down"), errors.HttpRateLimited),
        (lambda: answer(None, "EService:Unavailable", status=520), errors.ServiceUnavailable),
        (lambda: web.Response(text="<html>Just a moment...</html>"), errors.MalformedAnswer),
        (lambda: web.Response(body=b'{"error":["\xff"]}'), errors.MalformedAnswer),
        (lambda: web.Response(body=b'{"error":[],"result":{"unixtime":"\xff"}}'), errors.MalformedAnswer),
        (lambda: web.Response(body=b'{"error":[]}'), errors.MalformedAnswer),
        (lambda: web.Response(body=b"{}"), errors.MalformedAnswer),
        (lambda: web.Response(body=b"[]"), errors.MalformedAnswer),
        (lambda: web.Response(body=b""), errors.MalformedAnswer),
        (lambda: answer({"unixtime": "noon"}), errors.MalformedAnswer),
        (lambda: answer({}), errors.MalformedAnswer),
    ],
)
async def test_answers_that_are_none(
    serve: Serve, nonces: Nonces, make: Callable[[], web.Response], kind: type[errors.HavkloError]
) -> None:
    """Each becomes a typed error, and none is asked for again: neither a public request nor a private one."""
    script = Script(make)
    async with connect(await serve(script.handle), nonces) as rest:
        with pytest.raises(errors.HavkloError) as caught:
            await rest.server_time()
        assert type(caught.value) is kind
        with pytest.raises(errors.HavkloError) as caught:
            await rest.websockets_token(Credentials("mykey", "c2VjcmV0"))
        assert type(caught.value) is kind
    assert [request[0] for request in script.requests] == ["GET", "POST"]


async def test_what_errors_tell(serve: Serve, nonces: Nonces) -> None:
    """The request, the status, when to come back, what was wrong; an excerpt of a public answer only."""
    credentials = Credentials("mykey", "c2VjcmV0")
    script = Script(
        lambda: web.Response(status=429, headers={"Retry-After": "7"}),
        lambda: web.Response(status=503, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
        lambda: web.Response(text="<html>" + "x" * 300),
        lambda: web.Response(text="<html>"),
        lambda: answer(None, "EService:Unavailable", status=520),
        lambda: answer({"token": 7}),
    )
    async with connect(await serve(script.handle), nonces) as rest:
        with pytest.raises(errors.HttpRateLimited) as limited:
            await rest.server_time()
        assert (limited.value.status, limited.value.retry_after) == (429, 7.0)
        assert str(limited.value) == f"GET {TIME}: HTTP 429 (wait 7 s)"
        with pytest.raises(errors.HttpError) as unavailable:
            await rest.server_time()
        assert (unavailable.value.status, unavailable.value.retry_after) == (503, None)
        with pytest.raises(errors.MalformedAnswer) as public:
            await rest.server_time()
        assert public.value.excerpt == b"<html>" + b"x" * 194
        assert public.value.request == f"GET {TIME}"
        assert public.value.__cause__ is not None
        with pytest.raises(errors.MalformedAnswer) as private:
            await rest.websockets_token(credentials)
        assert private.value.excerpt == b""
        with pytest.raises(errors.ServiceUnavailable) as refused:
            await rest.server_time()
        assert isinstance(refused.value.__cause__, errors.HttpError)
        assert refused.value.__cause__.status == 520
        with pytest.raises(errors.MalformedAnswer) as token:
            await rest.websockets_token(credentials)
        assert token.value.detail == "Expected `str`, got `int` - at `$.token`"


async def test_warnings_are_logged(serve: Serve, nonces: Nonces, caplog: pytest.LogCaptureFixture) -> None:
    """A warning is no refusal."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=b'{"error":["WGeneral:Old call"],"result":{"unixtime":7}}')

    async with connect(await serve(handler), nonces) as rest:
        assert await rest.server_time() == 7_000_000_000
    assert f"GET {TIME}: Kraken warns: WGeneral:Old call" in caplog.messages


async def test_nobody_listens(nonces: Nonces) -> None:
    """The connection is refused: nothing was sent."""
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with connect(f"http://127.0.0.1:{port}", nonces) as rest:
        with pytest.raises(errors.RestUnreachable) as public:
            await rest.server_time()
        with pytest.raises(errors.RestUnreachable) as private:
            await rest.private(BALANCE, None, Credentials("mykey", "c2VjcmV0"))
    for error in (public.value, private.value):
        assert not error.sent
        assert "Cannot connect to host 127.0.0.1" in str(error)
    assert isinstance(public.value.__cause__, aiohttp.ClientConnectorError)
    assert "ClientConnectorError: Cannot connect" in str(private.value.__cause__)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\x16\x03\x01 this is no HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"error":[]}\r\n',
    ],
    ids=["hangs up", "no HTTP", "too short", "broken chunks"],
)
async def test_connections_that_break(serve_bytes: ServeBytes, nonces: Nonces, said: bytes) -> None:
    """Whether the request was carried out is not known, and it says so."""
    async with connect(await serve_bytes(said), nonces) as rest:
        for request in (rest.server_time(), rest.private(BALANCE, None, Credentials("mykey", "c2VjcmV0"))):
            with pytest.raises(errors.RestUnreachable) as caught:
                await request
            assert caught.value.sent
            assert caught.value.__cause__ is not None


async def test_an_idle_connection_that_the_server_has_closed(nonces: Nonces) -> None:
    """A request is not sent again by whatever keeps the connections."""
    requests = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        for body in (b'{"error":[],"result":7}', b""):
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
            await reader.readexactly(int(length or 0))
            requests += 1
            if body:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server, connect(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", nonces) as rest:
        assert await rest.private(BALANCE, None, Credentials("mykey", "c2VjcmV0")) == 7
        with pytest.raises(errors.RestUnreachable):
            await rest.private(BALANCE, None, Credentials("mykey", "c2VjcmV0"))
    assert requests == 2


async def test_timeouts(serve: Serve, nonces: Nonces) -> None:
    """They follow the clock that was handed in, and tell whether the request was sent."""
    silence, clock = Silence(), ManualClock()
    async with Rest(await serve(silence.handle), clock, timeout=3.0, nonces=nonces) as rest:
        hints: list[str | None] = []
        for request in (rest.server_time(), rest.private(BALANCE, None, Credentials("mykey", "c2VjcmV0"))):
            silence.came.clear()
            task = asyncio.create_task(request)
            await asyncio.wait_for(silence.came.wait(), 20)
            clock.advance(2.9)
            await asyncio.sleep(0)
            assert not task.done()
            clock.advance(0.1)
            with pytest.raises(errors.RestTimeout, match="no answer within 3 s") as caught:
                await asyncio.wait_for(task, 20)
            assert caught.value.seconds == 3.0
            assert caught.value.sent
            assert isinstance(caught.value.__cause__, TimeoutError)
            hints.append(caught.value.hint)
    assert hints == [None, "whether Kraken has carried it out is not known"]
    silence.over.set()


async def test_the_turn_counts_towards_the_timeout(serve: Serve, nonces: Nonces) -> None:
    """A request that waits for the one before it gives up in its time, and was not sent."""
    silence, clock, credentials = Silence(), ManualClock(), Credentials("mykey", "c2VjcmV0")
    async with Rest(await serve(silence.handle), clock, timeout=3.0, nonces=nonces) as rest:
        first = asyncio.create_task(rest.private(BALANCE, None, credentials))
        await asyncio.wait_for(silence.came.wait(), 20)
        second = asyncio.create_task(rest.private(BALANCE, None, credentials))
        await asyncio.sleep(0)
        clock.advance(3.0)
        results = await asyncio.wait_for(asyncio.gather(first, second, return_exceptions=True), 20)
    sent = [result.sent for result in results if isinstance(result, errors.RestTimeout)]
    assert sent == [True, False]
    silence.over.set()


async def test_a_nonce_that_is_refused_once(serve: Serve, nonces: Nonces, caplog: pytest.LogCaptureFixture) -> None:
    """The request was not carried out, so it is made once more, with a higher nonce."""
    caplog.set_level(logging.INFO)
    script = Script(lambda: answer(None, "EAPI:Invalid nonce"), lambda: answer({"ZUSD": "1"}))
    async with connect(await serve(script.handle), nonces) as rest:
        assert await rest.private(BALANCE, None, Credentials("mykey", "c2VjcmV0")) == {"ZUSD": "1"}
    first, second = (int(request[3].partition("=")[2]) for request in script.requests)
    assert second > first
    assert any("once more with a fresh one" in message for message in caplog.messages)


async def test_a_nonce_that_is_refused_twice(rest: Rest, exchange: Simulator, credentials: Credentials) -> None:
    """Another program has used this key with higher nonces: that is for people to settle."""
    request = credentials.sign(BALANCE, 2**63)
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            exchange.rest_url + BALANCE,
            data=request.body(),
            headers={**request.headers(), "Content-Type": "application/x-www-form-urlencoded"},
        ) as response,
    ):
        assert (await response.json())["error"] == []
    with pytest.raises(errors.InvalidNonce) as caught:
        await rest.private(BALANCE, None, credentials)
    assert caught.value.hint is not None
    assert "nonce window" in caught.value.hint
    assert caught.value.__context__ is None


async def test_who_asks_is_checked(rest: Rest, exchange: Simulator, credentials: Credentials) -> None:
    """A wrong key and a wrong secret are told apart."""
    alice, bob = exchange.accounts["alice"], exchange.accounts["bob"]
    with pytest.raises(errors.InvalidKey):
        await rest.private(BALANCE, None, Credentials(alice.key[::-1], alice.secret))
    with pytest.raises(errors.InvalidSignature):
        await rest.private(BALANCE, None, Credentials(alice.key, bob.secret))
    assert await rest.private(BALANCE, None, credentials)


async def test_many_at_once(rest: Rest, credentials: Credentials) -> None:
    """The exchange takes no nonce that is not above all before it."""
    results = await asyncio.gather(*(rest.websockets_token(credentials) for _ in range(15)))
    assert len({token for token, _ in results}) == 15


async def test_the_requests_of_a_key_take_turns(serve: Serve, nonces: Nonces) -> None:
    """One is answered before the next is numbered; another key does not wait for it."""
    inside: list[str] = []
    together: set[tuple[str, ...]] = set()
    numbers: dict[str, list[int]] = {"alice": [], "bob": []}

    async def handler(request: web.Request) -> web.Response:
        key = request.headers["API-Key"]
        numbers[key].append(int((await request.read()).partition(b"=")[2]))
        inside.append(key)
        together.add(tuple(sorted(inside)))
        for _ in range(100):
            await asyncio.sleep(0)
        together.add(tuple(sorted(inside)))
        inside.remove(key)
        return answer(7)

    async with connect(await serve(handler), nonces) as rest:
        keys = [Credentials(name, "c2VjcmV0") for name in numbers]
        await asyncio.gather(*(rest.private(BALANCE, None, key) for _ in range(10) for key in keys))
    assert together <= {("alice",), ("bob",), ("alice", "bob")}
    assert ("alice", "bob") in together
    for row in numbers.values():
        assert len(row) == 10
        assert row == sorted(set(row))


async def test_cancelled(serve: Serve, nonces: Nonces) -> None:
    """The next request has its turn."""
    silence, credentials = Silence(), Credentials("mykey", "c2VjcmV0")
    async with connect(await serve(silence.handle), nonces) as rest:
        task = asyncio.create_task(rest.private(BALANCE, None, credentials))
        await asyncio.wait_for(silence.came.wait(), 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        silence.over.set()
        assert await rest.private(BALANCE, None, credentials) == 7


async def test_closed_while_a_request_is_under_way(serve: Serve, nonces: Nonces) -> None:
    """The request ends at once, and nobody knows what became of it."""
    silence = Silence()
    async with connect(await serve(silence.handle), nonces) as rest:
        task = asyncio.create_task(rest.private(BALANCE, None, Credentials("mykey", "c2VjcmV0")))
        await asyncio.wait_for(silence.came.wait(), 20)
        await rest.close()
        with pytest.raises(errors.RestUnreachable) as caught:
            await asyncio.wait_for(task, 20)
    assert caught.value.sent
    silence.over.set()


async def test_closed(rest: Rest, exchange: Simulator) -> None:
    """Closing ends what is under way and refuses what comes later; closing twice is fine."""
    await rest.server_time()
    await rest.close()
    await rest.close()
    with pytest.raises(errors.Disconnected, match="closed by this side"):
        await rest.server_time()
    unused = Rest(exchange.rest_url, exchange.clock)
    await unused.close()
    with pytest.raises(errors.Disconnected):
        await unused.server_time()
    assert repr(unused).endswith("closed>")


@pytest.mark.parametrize("url", ["api.kraken.com", "wss://api.kraken.com", ""])
def test_no_address(url: str) -> None:
    """It has to be one of HTTP."""
    with pytest.raises(errors.ConfigurationError, match="no address"):
        Rest(url, SystemClock())


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan")])
def test_no_timeout(timeout: float) -> None:
    """There always is one."""
    with pytest.raises(errors.ConfigurationError, match="a timeout"):
        Rest("https://api.kraken.com", SystemClock(), timeout=timeout)
