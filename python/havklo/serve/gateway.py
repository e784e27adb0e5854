"""The gateway: apps, market, faults and figures on one local port."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, final

import msgspec
from aiohttp import WSCloseCode, web

from havklo.errors import ConfigurationError, HavkloError
from havklo.serve import faults, figures
from havklo.serve.apps import APPS, Apps, File, policy
from havklo.serve.guard import Guard, is_loopback
from havklo.serve.queues import Queues
from havklo.serve.refusals import Refused, answer
from havklo.serve.relay import Counts, Relay
from havklo.serve.sources import Source

__all__ = ["Gateway"]

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LAST_PORT: Final = 65_535
_MOST_POSTED: Final = 1 << 16
_GOODBYE: Final = 0.5
_EVERYWHERE: Final = {
    "Server": "havklo",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_PRIVATE: Final = {"Cache-Control": "no-store"}

_logger = logging.getLogger("havklo.serve")


@final
class Gateway:
    """Serves the browser apps and a market, within its `async with`.

    Args:
        source: The market.
        host: The address to listen on. Whoever can reach it and knows the token sees the market, and with a key of
            yours the level-3 books.
        port: The port, 0 for any free one.
        token: What has to be known; None for a random one.
        apps: Where the apps were built.
        allow_remote: Whether another address than this machine's own is meant.

    Raises:
        ConfigurationError: The apps are not built, or an argument can't be; on entering, the port is taken.
    """

    def __init__(
        self,
        source: Source,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        apps: Path = APPS,
        allow_remote: bool = False,
    ) -> None:
        if not 0 <= port <= _LAST_PORT:
            raise ConfigurationError(f"{port} is no port", hint="a port is a number up to 65535; 0 takes any free one")
        if not is_loopback(host) and not allow_remote:
            raise ConfigurationError(
                f"{host} can be reached from other machines", hint="--allow-remote says that this is meant"
            )
        self._source = source
        self._guard = Guard(host, token)
        self._apps = Apps(apps)
        self._host = host
        self._port = port
        self._counts = Counts()
        self._relays: set[Relay] = set()
        self._queues: Queues | None = None
        if source.venue is not None and source.credentials is not None:
            self._queues = Queues(source.venue, source.credentials)
        self._opened: contextlib.AsyncExitStack | None = None

    def __repr__(self) -> str:
        return f"<Gateway at {self._host}:{self._port}, {self._source.kind}, {'open' if self._opened else 'closed'}>"

    @property
    def url(self) -> str:
        """Where it is, like http://127.0.0.1:8901."""
        return f"http://{self._authority}"

    @property
    def token(self) -> str:
        """What has to be known."""
        return self._guard.token

    @property
    def links(self) -> dict[str, str]:
        """The apps' addresses by their names, with the token."""
        return {name: f"{self.url}/{name}/?token={self.token}" for name in self._apps.names}

    @property
    def counts(self) -> Counts:
        """What was relayed."""
        return self._counts

    async def __aenter__(self) -> Self:
        app = self._application()
        async with contextlib.AsyncExitStack() as stack:
            if self._source.venue is not None:
                await stack.enter_async_context(self._source.venue)
            if self._queues is not None:
                stack.push_async_callback(self._queues.close)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GOODBYE)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            try:
                await web.TCPSite(runner, self._host, self._port).start()
            except OSError as error:
                raise ConfigurationError(
                    f"can't listen on {self._host}:{self._port}: {error.strerror or error}",
                    hint="--port 0 takes any free port",
                ) from error
            self._port = runner.addresses[0][1]
            self._opened = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.aclose()

    @property
    def _authority(self) -> str:
        name = "127.0.0.1" if self._host == "0.0.0.0" else "::1" if self._host == "::" else self._host  # noqa: S104
        return f"[{name}]:{self._port}" if ":" in name else f"{name}:{self._port}"

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._check], client_max_size=_MOST_POSTED)
        app.on_response_prepare.append(self._complete)
        app.on_shutdown.append(self._say_goodbye)
        router = app.router
        router.add_get("/config.json", self._config)
        router.add_get("/v2", self._relay, allow_head=False)
        router.add_get("/relay", self._level3, allow_head=False)
        router.add_post("/sim/faults", self._fault)
        router.add_get("/health", self._health)
        router.add_get("/metrics", self._metrics)
        router.add_get("/replay/{name}", self._replay)
        router.add_get("/{path:.*}", self._file)
        return app

    # -- every request

    @web.middleware
    async def _check(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Answer, or say why not."""
        try:
            self._guard.check_host(request)
            return await handler(request)
        except HavkloError as error:
            return answer(error, request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return answer(Refused(error.status, error.reason.lower()), request)
        except ConnectionError:
            raise  # whoever asked has gone
        except Exception:
            _logger.exception("a request for %s failed", request.path)
            return answer(Refused(500, "the gateway failed", hint="its log says more"), request)

    async def _complete(self, request: web.Request, response: web.StreamResponse) -> None:
        """What every response says, whatever it is."""
        response.headers.update(_EVERYWHERE)
        host = self._authority
        with contextlib.suppress(Refused):  # then this response refuses the name, and does not repeat it
            self._guard.check_host(request)
            host = request.headers["Host"]
        response.headers["Content-Security-Policy"] = policy(host)

    def _authorize(self, request: web.Request) -> None:
        self._guard.check_origin(request)
        self._guard.check_token(request, self._port)

    # -- files

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """A file of an app; a page wants to know the token first."""
        path = request.path
        file = self._apps.find(path)
        if file is None and self._apps.find(f"{path}/") is not None:
            raise web.HTTPPermanentRedirect(str(request.rel_url.with_path(f"{path}/", keep_query=True)))
        if file is None:
            raise Refused(404, "there is nothing at this address")
        return self._page(request, file) if file.is_page else file.response()

    def _page(self, request: web.Request, file: File) -> web.StreamResponse:
        """A page; the token that came with its address goes into a cookie, so that the address can be shown."""
        self._guard.check_token(request, self._port)
        url = request.rel_url.without_query_params("token")
        recording = self._recording
        if recording is not None and request.path != "/" and "replay" not in request.query:
            url = url.update_query(replay=recording)
        if url == request.rel_url:
            return file.response()
        response = web.Response(status=302, headers={"Location": str(url), **_PRIVATE})
        name = self._guard.cookie(self._port)
        response.set_cookie(name, self._guard.token, httponly=True, samesite="Lax", path="/")
        return response

    async def _replay(self, request: web.Request) -> web.StreamResponse:
        self._authorize(request)
        recording = self._source.recording
        if recording is None or request.path != self._recording:
            raise Refused(404, "there is no such recording", hint="havklo serve --replay FILE plays one")
        return web.FileResponse(recording, headers={"Content-Type": "application/x-ndjson", **_PRIVATE})

    @property
    def _recording(self) -> str | None:
        recording = self._source.recording
        return None if recording is None else f"/replay/{recording.name}"

    # -- the market

    async def _config(self, request: web.Request) -> web.Response:
        self._authorize(request)
        source, token = self._source, self._guard.token
        value: dict[str, Any] = {
            "ws": f"ws://{request.headers['Host']}/v2?token={token}" if source.venue else "",
            "venue": source.kind,
            "symbols": source.symbols,
            "token": token,
            "faults": source.simulator is not None,
            "relay": None if self._queues is None else "/relay",
            "replay": self._recording,
        }
        return _json(value)

    async def _relay(self, request: web.Request) -> web.StreamResponse:
        self._authorize(request)
        venue = self._source.venue
        if venue is None:
            raise Refused(501, "this gateway plays a recording", hint="without --replay it has a market")
        _check_upgrade(request)
        relay = Relay(venue.endpoint("public"), venue.clock, self._counts)
        self._relays.add(relay)
        try:
            return await relay.run(request)
        finally:
            self._relays.discard(relay)

    async def _level3(self, request: web.Request) -> web.StreamResponse:
        self._authorize(request)
        if self._queues is None:
            raise Refused(501, "level 3 needs an API key, and there is none", hint="havklo serve --key FILE")
        _check_upgrade(request)
        return await self._queues.run(request)

    async def _fault(self, request: web.Request) -> web.Response:
        self._authorize(request)
        if self._source.simulator is None:
            raise Refused(501, "only the simulator can be asked for faults", hint="havklo serve --venue sim")
        if request.content_type != "application/json":
            raise Refused(415, "a fault is asked for in JSON", hint="Content-Type: application/json")
        return _json(faults.order(self._source.simulator, await request.read()))

    async def _say_goodbye(self, _app: web.Application) -> None:
        for relay in self._relays:
            relay.ended(WSCloseCode.GOING_AWAY, b"the gateway is ending")
        if self._queues is not None:
            await self._queues.goodbye()

    # -- figures

    async def _health(self, _request: web.Request) -> web.Response:
        return _json(figures.health(self._source, self._counts, self._queues))

    async def _metrics(self, request: web.Request) -> web.Response:
        accept = request.headers.get("Accept", "")
        body, content_type = await asyncio.to_thread(figures.metrics, self._counts, self._queues, accept)
        return web.Response(body=body, headers={"Content-Type": content_type, **_PRIVATE})


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json", headers=_PRIVATE)


def _check_upgrade(request: web.Request) -> None:
    """Refuse a plain request for a WebSocket before anything is begun for it.

    Raises:
        Refused: It is one.
    """
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise Refused(426, "this address speaks WebSocket")
