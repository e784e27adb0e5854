"""Whatever happens, no key, secret, password or token is in a log, an error, a traceback with variables, or a repr."""

import asyncio
import gc
import json
import logging
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from havklo import Simulator, errors
from havklo._protocol.refusals import refusal
from havklo._protocol.tokens import Token
from havklo._rest.nonces import Nonces
from havklo._rest.rest import Rest
from havklo._rest.tokens import Tokens
from havklo.clock import ManualClock, SystemClock
from havklo.credentials import Credentials

Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]]
ServeBytes = Callable[[bytes], Awaitable[str]]

OTP = "correct-horse-battery"
PLANTED = "a-token-that-came-in-an-answer"
NAMES = ("havklo._rest", "havklo._protocol", "havklo.credentials", "havklo.errors")


class Search:
    """Gathers all that people and tools get to see, and looks for what they must not."""

    def __init__(self, *hidden: str) -> None:
        self.hidden = hidden
        self.told: list[str] = []
        self.frames: set[str] = set()

    def error(self, error: BaseException) -> None:
        """An error: its repr, its fields, those of its causes, and all frames with their variables but this file's."""
        link: BaseException | None = error
        while link is not None:
            self.told += [repr(link), str(link), repr(vars(link)), repr(link.args)]
            while link.__traceback__ is not None and link.__traceback__.tb_frame.f_code.co_filename == __file__:
                link.__traceback__ = link.__traceback__.tb_next
            frames = traceback.walk_tb(link.__traceback__)
            self.frames |= {frame.f_code.co_filename.rpartition("/")[2] for frame, _ in frames}
            link = link.__cause__ or link.__context__
        self.told += traceback.TracebackException.from_exception(error, capture_locals=True).format()

    def objects(self) -> None:
        """Every object of the package that there is."""
        for found in gc.get_objects():
            if str(getattr(type(found), "__module__", "")).startswith(NAMES):
                self.told.append(repr(found))

    def finish(self, caplog: pytest.LogCaptureFixture) -> None:
        """Look through everything, and through the logs."""
        self.objects()
        self.told += [record.getMessage() + repr(record.args) + (record.exc_text or "") for record in caplog.records]
        text = "\n".join(self.told)
        found = [len(hidden) for hidden in self.hidden if hidden in text]
        assert not found, f"texts of these lengths have leaked: {found}"


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Logs of all libraries, asyncio's in debug mode among them."""
    caplog.set_level(logging.DEBUG)
    return caplog


async def expect(search: Search, kind: type[BaseException], request: Coroutine[Any, Any, object]) -> None:
    """Let a request fail, and take what its error shows."""
    asyncio.get_running_loop().set_debug(True)
    try:
        await request
    except kind as error:
        search.error(error)
    else:
        pytest.fail(f"no {kind.__name__}")


async def test_at_the_simulated_exchange(
    exchange: Simulator, nonces: Nonces, everything_logged: pytest.LogCaptureFixture
) -> None:
    """Success, wrong keys, wrong signatures, wrong nonces, expired tokens."""
    alice, bob = exchange.accounts["alice"], exchange.accounts["bob"]
    search = Search(alice.key, alice.secret, bob.key, bob.secret, alice.key[::-1], OTP)
    good = Credentials(alice.key, alice.secret, otp=OTP)
    wrong_key = Credentials(alice.key[::-1], alice.secret, otp=lambda: OTP)
    wrong_secret = Credentials(alice.key, bob.secret)
    async with Rest(exchange.rest_url, exchange.clock, nonces=nonces) as rest:
        tokens = Tokens(rest, good, exchange.clock)
        token = await tokens.get()
        search.hidden += (token.reveal(),)
        await rest.private("/0/private/Balance", None, good)
        await expect(search, errors.InvalidKey, rest.websockets_token(wrong_key))
        await expect(search, errors.InvalidSignature, rest.websockets_token(wrong_secret))
        await expect(search, errors.ConfigurationError, rest.private("/0/private/Balance", {"a": 0.5}, good))  # type: ignore[dict-item]
        exchange.inject("expire_token", account="alice")

        async def refuse(_token: Token) -> None:
            raise refusal("ESession:Invalid session")

        await expect(search, errors.InvalidSession, tokens.use(refuse))
        request = good.sign("/0/private/Balance", 2**63)
        async with (
            aiohttp.ClientSession() as session,
            session.post(exchange.rest_url + "/0/private/Balance", data=request.body(), headers=request.headers()),
        ):
            pass
        await expect(search, errors.ExchangeError, rest.websockets_token(good))
        search.objects()
    await expect(search, errors.Disconnected, rest.websockets_token(good))
    assert {"rest.py", "tokens.py", "auth.py"} <= search.frames
    assert any("GetWebSocketsToken: HTTP 200" in message for message in everything_logged.messages)
    search.finish(everything_logged)


KEY = "QwErTyUiOpAsDfGhJkLzXcVbNm0123456789QwErTyUiOpAsDfGhJkLz"
SECRET = "bm9ib2R5IG1heSBldmVyIHNlZSB0aGlzIHRleHQ="  # noqa: S105  # made up
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n" + PLANTED.encode() + b"\r\n"
ANSWERS = {
    "hangs up": b"",
    "no HTTP": b"\x16\x03\x01 " + PLANTED.encode() + b"\r\n\r\n",
    "too short": b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"token":"' + PLANTED.encode(),
    "broken chunks": CHUNKS,
    "bad header": b"HTTP/1.1 200 OK\r\nContent-Length: " + PLANTED.encode() + b"\r\n\r\n",
    "bad encoding": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 30\r\n\r\n" + PLANTED.encode(),
}


@pytest.mark.parametrize("said", ANSWERS.values(), ids=ANSWERS)
async def test_connections_that_break(
    serve_bytes: ServeBytes, nonces: Nonces, everything_logged: pytest.LogCaptureFixture, said: bytes
) -> None:
    """What aiohttp has in its frames and fields stays there."""
    search = Search(KEY, SECRET, OTP, PLANTED)
    async with Rest(await serve_bytes(said), SystemClock(), nonces=nonces) as rest:
        await expect(search, errors.RestUnreachable, rest.websockets_token(Credentials(KEY, SECRET, otp=OTP)))
    assert "http.py" in search.frames
    search.finish(everything_logged)


BODIES: dict[str, tuple[int, bytes]] = {
    "cut off": (200, b'{"error":[],"result":{"token":"' + PLANTED.encode()),
    "a number": (200, json.dumps({"error": [], "result": {"token": PLANTED, "expires": "soon"}}).encode()),
    "no expiry": (200, json.dumps({"error": [], "result": {"token": PLANTED}}).encode()),
    "not UTF-8": (200, b'{"error":[],"result":{"token":"' + PLANTED.encode() + b'\xff","expires":900}}'),
    "an error beside": (200, json.dumps({"error": ["EAPI:New"], "result": {"token": PLANTED}}).encode()),
    "not UTF-8 before": (200, b'{"error":["\xff"],"result":{"token":"' + PLANTED.encode() + b'","expires":900}}'),
    "HTTP 500": (500, PLANTED.encode()),
    "HTTP 429": (429, PLANTED.encode()),
    "HTTP 307": (307, PLANTED.encode()),
}


@pytest.mark.parametrize(("status", "body"), BODIES.values(), ids=BODIES)
async def test_answers_that_are_none(
    serve: Serve, nonces: Nonces, everything_logged: pytest.LogCaptureFixture, status: int, body: bytes
) -> None:
    """A token in an answer that can't be used is a token all the same."""
    search = Search(KEY, SECRET, OTP, PLANTED)

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers={"Location": "/elsewhere"})

    async with Rest(await serve(handler), SystemClock(), nonces=nonces) as rest:
        await expect(search, errors.HavkloError, rest.websockets_token(Credentials(KEY, SECRET, otp=OTP)))
    assert "rest.py" in search.frames
    search.finish(everything_logged)


async def test_timeouts_and_cancellations(
    serve: Serve, nonces: Nonces, everything_logged: pytest.LogCaptureFixture
) -> None:
    """They come through the frames that have the headers."""
    search, clock, credentials = Search(KEY, SECRET, OTP), ManualClock(), Credentials(KEY, SECRET, otp=OTP)
    came, over = asyncio.Event(), asyncio.Event()

    async def handler(_request: web.Request) -> web.Response:
        came.set()
        await over.wait()
        return web.Response()

    async with Rest(await serve(handler), clock, nonces=nonces) as rest:
        for kind in (errors.RestTimeout, asyncio.CancelledError, errors.RestUnreachable):
            came.clear()
            task = asyncio.create_task(rest.websockets_token(credentials))
            await asyncio.wait_for(came.wait(), 20)
            search.objects()
            search.told.append(repr(task))
            if kind is errors.RestTimeout:
                clock.advance(10.0)
            elif kind is asyncio.CancelledError:
                task.cancel()
            else:
                await rest.close()
            await asyncio.wait([task], timeout=20)
            await expect(search, kind, result_of(task))
    over.set()
    search.finish(everything_logged)


async def result_of(task: asyncio.Task[Any]) -> object:
    """What a task has ended with."""
    return task.result()


async def test_nobody_listens(nonces: Nonces, everything_logged: pytest.LogCaptureFixture) -> None:
    """A connection that is refused."""
    search = Search(KEY, SECRET, OTP)
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with Rest(f"http://127.0.0.1:{port}", SystemClock(), nonces=nonces) as rest:
        await expect(search, errors.RestUnreachable, rest.websockets_token(Credentials(KEY, SECRET, otp=OTP)))
    search.finish(everything_logged)


async def test_the_search_finds_what_aiohttp_shows(
    serve_bytes: ServeBytes, everything_logged: pytest.LogCaptureFixture
) -> None:
    """Were nothing done about it, the key would be found: in the frames, and in the error itself."""
    in_frames, in_error = Search(KEY), Search(KEY)
    url = await serve_bytes(ANSWERS["no HTTP"])
    async with aiohttp.ClientSession() as session:
        try:
            await session.post(url, headers={"API-Key": KEY})
        except aiohttp.ClientResponseError as error:
            in_error.told.append(repr(error))
            in_frames.error(error)
    for search in (in_frames, in_error):
        with pytest.raises(AssertionError, match="leaked"):
            search.finish(everything_logged)
