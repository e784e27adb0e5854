"""Kraken's REST interface: a request goes out, and a result or a typed error comes back."""

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncGenerator, Mapping
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, final
from urllib.parse import urlencode

import msgspec

from havklo._protocol.auth import Param, fields
from havklo._protocol.refusals import first_refusal
from havklo._protocol.tokens import Token
from havklo._rest.calls import Answer, Call
from havklo._rest.nonces import Nonces
from havklo.clock import Clock
from havklo.credentials import Credentials
from havklo.errors import (
    ConfigurationError,
    Disconnected,
    HavkloError,
    HttpError,
    HttpRateLimited,
    InvalidNonce,
    MalformedAnswer,
    RestTimeout,
)
from havklo.events import Maintenance

if TYPE_CHECKING:
    from types import TracebackType

    from havklo._rest.http import Http

__all__ = ["Rest", "SystemStatus"]

T = TypeVar("T")

_SECOND: Final = 1_000_000_000
_MILLISECOND: Final = 1_000_000
_OK: Final = 200
_TOO_MANY: Final = 429
_SERVERS_FAULT: Final = 500
_logger = logging.getLogger("havklo.rest")


class SystemStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Kraken's own account of itself.

    Attributes:
        status: "online", "maintenance", "cancel_only" or "post_only".
        timestamp: When that was so, RFC 3339.
        upcoming_maintenance: What is announced.
        emergency: What is not planned; of the same form.
    """

    status: str
    timestamp: str
    upcoming_maintenance: tuple[Maintenance, ...] = ()
    emergency: tuple[Maintenance, ...] = ()


class _Envelope(msgspec.Struct, frozen=True):
    """What every answer is; the result is decoded only when it is wanted, and does not show what is in it."""

    error: tuple[str, ...]
    result: msgspec.Raw = msgspec.Raw()


class _Time(msgspec.Struct, frozen=True):
    unixtime: int


class _Token(msgspec.Struct, frozen=True):
    token: str
    expires: float

    def __repr__(self) -> str:
        return "<a token>"


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_ANYTHING: Final = msgspec.json.Decoder(object, float_hook=Decimal)
_TIME: Final = msgspec.json.Decoder(_Time)
_STATUS: Final = msgspec.json.Decoder(SystemStatus)
_TOKEN: Final = msgspec.json.Decoder(_Token)


@final
class Rest:
    """Kraken's REST interface at one address.

    Nothing is sent twice, with one exception: what was refused for its nonce, and so was not carried out, is sent
    once more with a fresh one. The private requests of a key go one after the other, so that their nonces arrive in
    the order in which they were taken.

    It belongs to one event loop. Use it as an async context manager, or call `close`.

    Args:
        url: The address without a path, such as https://api.kraken.com.
        clock: Whose time the timeouts follow.
        timeout: For how many seconds a request may take, with all that belongs to it.
        nonces: Where nonces come from.

    Raises:
        ConfigurationError: The address is not of HTTP, or the timeout is not above 0.
    """

    def __init__(self, url: str, clock: Clock, *, timeout: float = 10.0, nonces: Nonces | None = None) -> None:
        if not url.startswith(("https://", "http://")):
            raise ConfigurationError(f"{url!r} is no address of a REST interface", hint="it begins with https://")
        if not 0 < timeout < math.inf:
            raise ConfigurationError(f"a timeout is a time above 0, not {timeout!r}")
        self._url = url.rstrip("/")
        self._clock = clock
        self._timeout = timeout
        self._nonces = nonces or Nonces()
        self._turns: dict[str, asyncio.Lock] = {}
        self._http: Http | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"<Rest {self._url}{', closed' if self._closed else ''}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections; nothing can be asked any more."""
        self._closed = True
        if self._http is not None:
            await self._http.close()

    async def public(self, path: str, params: Mapping[str, Param] | None = None) -> Any:
        """Ask for something public.

        Args:
            path: From /0/ on, such as /0/public/AssetPairs.
            params: What stands behind the question mark.

        Returns:
            The answer's `result`; numbers that are not whole are `Decimal`.

        Raises:
            RestError: There was no answer that can be used.
            ExchangeError: Kraken refused.
            ConfigurationError: A parameter that can't be.
            Disconnected: This was closed.
        """
        return await self._public(path, params or {}, _ANYTHING)

    async def private(self, path: str, params: Mapping[str, Param] | None, credentials: Credentials) -> Any:
        """Make a signed request.

        Args:
            path: From /0/ on, such as /0/private/Balance.
            params: The form's fields, apart from the nonce and the one-time password.
            credentials: Who asks.

        Returns:
            The answer's `result`; numbers that are not whole are `Decimal`.

        Raises:
            RestError: There was no answer that can be used; if its `sent` is true, nobody knows whether Kraken has
                carried the request out.
            ExchangeError: Kraken refused; `InvalidNonce` if it did so twice for the nonce.
            CredentialsError: The callable for the one-time password gave no text.
            ConfigurationError: A parameter that can't be.
            Disconnected: This was closed.
        """
        return await self._private(path, params or {}, credentials, _ANYTHING)

    async def server_time(self) -> int:
        """Ask for the exchange's time, in nanoseconds since 1970; it is told in whole seconds.

        Raises:
            RestError: There was no answer that can be used.
            ExchangeError: Kraken refused.
        """
        return (await self._public("/0/public/Time", {}, _TIME)).unixtime * _SECOND

    async def system_status(self) -> SystemStatus:
        """Ask how the exchange is.

        Raises:
            RestError: There was no answer that can be used.
            ExchangeError: Kraken refused.
        """
        return await self._public("/0/public/SystemStatus", {}, _STATUS)

    async def software(self) -> str:
        """Ask for the exchange's status, and give which software the server says that it is, whatever its answer.

        Raises:
            RestError: There was no answer.
        """
        path = "/0/public/SystemStatus"
        call = Call("GET", path, self._url + path)
        async with self._limit(call):
            return (await self._perform(call)).software

    async def websockets_token(self, credentials: Credentials) -> tuple[Token, float]:
        """Ask for a WebSocket token.

        Returns:
            The token, and for how many seconds it may be used first.

        Raises:
            RestError: There was no answer that can be used.
            ExchangeError: Kraken refused; `PermissionDenied` if the key may not use the WebSocket API.
        """
        result = await self._private("/0/private/GetWebSocketsToken", {}, credentials, _TOKEN)
        return Token(result.token), result.expires

    async def _public(self, path: str, params: Mapping[str, Param], decoder: msgspec.json.Decoder[T]) -> T:
        query = urlencode(fields(params))
        call = Call("GET", path, f"{self._url}{path}{'?' if query else ''}{query}")
        async with self._limit(call):
            return _result(await self._perform(call), call, decoder)

    async def _private(
        self, path: str, params: Mapping[str, Param], credentials: Credentials, decoder: msgspec.json.Decoder[T]
    ) -> T:
        call = Call("POST", path, self._url + path)
        turn = self._turns.setdefault(credentials.fingerprint, asyncio.Lock())
        async with self._limit(call), turn:
            try:
                return _result(await self._sign_and_perform(call, path, params, credentials), call, decoder)
            except InvalidNonce:
                _logger.info("%s: %r: the nonce was refused, once more with a fresh one", call.name, credentials)
            call.sent = False
            return _result(await self._sign_and_perform(call, path, params, credentials), call, decoder)

    async def _sign_and_perform(
        self, call: Call, path: str, params: Mapping[str, Param], credentials: Credentials
    ) -> Answer:
        nonce = await self._nonces.next(credentials.fingerprint)
        call.signed = credentials.sign(path, nonce, params)
        return await self._perform(call)

    async def _perform(self, call: Call) -> Answer:
        http = await self._open()
        started = self._clock.now()
        answer = await http.perform(call)
        took = (self._clock.now() - started) / _MILLISECOND
        _logger.debug("%s: HTTP %d in %.1f ms", call.name, answer.status, took)
        return answer

    async def _open(self) -> "Http":
        if self._http is None:
            # aiohttp takes some tenths of a second to import, which the event loop is not to wait for.
            module = await asyncio.to_thread(import_module, "havklo._rest.http")
            if self._http is None and not self._closed:
                self._http = module.Http()
        if self._closed or self._http is None:
            raise Disconnected("the REST interface was closed by this side")
        return self._http

    @contextlib.asynccontextmanager
    async def _limit(self, call: Call) -> AsyncGenerator[None]:
        """End what is inside once the timeout has passed on the clock that this follows."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(None) as limit:
                end = self._clock.now() + round(self._timeout * _SECOND)
                timer = self._clock.call_at(end, lambda: limit.reschedule(loop.time()))
                try:
                    yield
                finally:
                    timer.cancel()
        except TimeoutError as error:
            doubtful = call.method == "POST" and call.sent
            hint = "whether Kraken has carried it out is not known" if doubtful else None
            raise RestTimeout(call.name, self._timeout, sent=call.sent, hint=hint) from error


def _result(answer: Answer, call: Call, decoder: msgspec.json.Decoder[T]) -> T:
    """Give an answer's result, or raise what it is instead."""
    if answer.status != _OK:
        raise _http_error(answer, call)
    envelope = _decode(_ENVELOPE, answer.body, call)
    refused = first_refusal(envelope.error)
    if refused is not None:
        raise refused
    for warning in envelope.error:
        _logger.warning("%s: Kraken warns: %s", call.name, warning)
    return _decode(decoder, envelope.result, call)


def _http_error(answer: Answer, call: Call) -> HavkloError:
    """Give the error for a status, or Kraken's refusal if the answer has one nevertheless."""
    kind = HttpRateLimited if answer.status == _TOO_MANY else HttpError
    error = kind(call.name, answer.status, retry_after=answer.retry_after, hint=_hint(answer))
    try:
        refused = first_refusal(_decode(_ENVELOPE, answer.body, call).error)
    except MalformedAnswer:
        return error
    if refused is None:
        return error
    refused.__cause__ = error
    return refused


def _hint(answer: Answer) -> str:
    if answer.status == _TOO_MANY:
        return "ask less often" if answer.retry_after is None else f"wait {answer.retry_after:g} s"
    return "try again later" if answer.status >= _SERVERS_FAULT else "check the address"


def _decode(decoder: msgspec.json.Decoder[T], data: msgspec.Raw, call: Call) -> T:
    try:
        return decoder.decode(data)
    except msgspec.DecodeError as error:
        raise MalformedAnswer(call.name, str(error), _excerpt(data, call)) from error
    except UnicodeDecodeError:
        excerpt = _excerpt(data, call)
    # Not in the handler: that error has the whole answer in a field.
    raise MalformedAnswer(call.name, "it is not UTF-8", excerpt)


def _excerpt(data: msgspec.Raw, call: Call) -> bytes:
    return bytes(data) if call.signed is None else b""
