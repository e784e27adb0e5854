"""A client's health and counters for Prometheus, collected at the moment they are asked for."""

import asyncio
from concurrent.futures import Future
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias, final

from havklo._metrics import Counters, families, values
from havklo.errors import ConfigurationError, Disconnected
from havklo.health import Health

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp import web
    from prometheus_client.core import Metric

__all__ = ["Collector", "Counters", "Observed", "Server", "serve"]

_PATIENCE = 5.0

_Taken: TypeAlias = tuple[Health, Counters]


class Observed(Protocol):
    """What metrics need of a client; `havklo.Client` is one."""

    def health(self) -> Health:
        """Give its health."""
        ...

    def statistics(self) -> Counters:
        """Give its counters."""
        ...


@final
class Collector:
    """Turns a client's health into Prometheus metrics, for a registry of your own.

    `REGISTRY.register(Collector(client))`. What it gives is of the moment at which it is asked. Made within an event
    loop it asks the client on that loop, from whichever thread it is collected.

    Args:
        client: The client.

    Raises:
        ConfigurationError: `prometheus-client` is not installed.
    """

    def __init__(self, client: Observed) -> None:
        _load("prometheus_client")
        self._client = client
        self._loop = _running_loop()

    def describe(self) -> "list[Metric]":
        """Give the metrics without values: a registry looks for names that are taken already."""
        return list(families(()))

    def collect(self) -> "Iterator[Metric]":
        """Give the metrics of this moment.

        Raises:
            Disconnected: The client's event loop has ended, or has not answered for five seconds.
        """
        return families(values(*self._ask()))

    def _ask(self) -> _Taken:
        loop = self._loop
        if loop is None or loop is _running_loop():
            return _take(self._client)
        answer: Future[_Taken] = Future()
        try:
            loop.call_soon_threadsafe(_answer, self._client, answer)
        except RuntimeError as error:
            raise Disconnected("the client's event loop has ended") from error
        try:
            return answer.result(_PATIENCE)
        except TimeoutError as error:
            raise Disconnected(f"the client's event loop has not answered for {_PATIENCE:g} s") from error


@final
class Server:
    """Serves a client's metrics over HTTP; made by `serve`.

    Use it as an async context manager. The client is asked on the event loop; what it says is put into words on another
    thread.
    """

    def __init__(self, client: Observed, host: str, port: int) -> None:
        if not 0 <= port <= 65_535:
            raise ConfigurationError(f"a port is a number from 0 to 65535, not {port!r}")
        self._client = client
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    def __repr__(self) -> str:
        return f"<metrics.Server at {self._host}:{self._port}, {'open' if self._runner else 'closed'}>"

    @property
    def port(self) -> int:
        """The port; of port 0 the one that was free, once it is open."""
        return self._port

    @property
    def url(self) -> str:
        """Where Prometheus finds the metrics."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}/metrics"

    async def __aenter__(self) -> Self:
        # They take a while to load, and the client is at work on this very loop.
        await asyncio.to_thread(_load, "prometheus_client", "aiohttp.web")
        from aiohttp import web  # noqa: PLC0415

        app = web.Application()
        app.router.add_get("/metrics", self._scrape)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            await runner.cleanup()
            raise ConfigurationError(
                f"can't serve metrics on {self._host}:{self._port}: {error.strerror or error}",
                hint="port=0 takes any free port",
            ) from error
        except BaseException:
            await runner.cleanup()
            raise
        self._runner, self._port = runner, runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _scrape(self, request: "web.Request") -> "web.Response":
        from aiohttp import web  # noqa: PLC0415

        taken = _take(self._client)
        body, content_type = await asyncio.to_thread(_render, *taken, request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})


def serve(client: Observed, *, host: str = "127.0.0.1", port: int = 9464) -> Server:
    """Serve a client's metrics to Prometheus: `async with havklo.metrics.serve(client) as server`.

    Args:
        client: The client.
        host: The address to listen on. There is no access control, so leave it to this machine or to a network that
            you trust.
        port: The port, 0 for any free one.

    Returns:
        The server, which listens within its `async with`.

    Raises:
        ConfigurationError: The port can't be one; on entering, `prometheus-client` is not installed or the port is
            taken.
    """
    return Server(client, host, port)


def _load(*modules: str) -> None:
    try:
        for module in modules:
            import_module(module)
    except ImportError as error:
        raise ConfigurationError(
            "metrics need prometheus-client, which is not installed", hint="pip install 'havklo[metrics]'"
        ) from error


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _take(client: Observed) -> _Taken:
    return client.health(), client.statistics()


def _answer(client: Observed, answer: Future[_Taken]) -> None:
    try:
        answer.set_result(_take(client))
    except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to the thread that waits
        answer.set_exception(error)


def _render(health: Health, statistics: Counters, accept: str) -> tuple[bytes, str]:
    from prometheus_client.exposition import choose_encoder  # noqa: PLC0415

    encode, content_type = choose_encoder(accept)
    return encode(_Collected(health, statistics)), content_type


class _Collected:
    def __init__(self, health: Health, statistics: Counters) -> None:
        self._taken = health, statistics

    def collect(self) -> "Iterator[Metric]":
        return families(values(*self._taken))
