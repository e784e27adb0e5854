"""Metrics, as Prometheus and its own client library see them."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import msgspec
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

import havklo
from havklo import metrics
from havklo._metrics import METRICS
from havklo.errors import ConfigurationError, Disconnected
from havklo.health import BreakerHealth, Health, HealthState, TopicHealth
from havklo.metrics import Collector, serve

SECOND = 1_000_000_000
OPENMETRICS = "application/openmetrics-text; version=1.0.0"

EXPECTED = {
    f'havklo_build_info{{version="{havklo.__version__}"}}': 1,
    'havklo_state{state="starting"}': 0,
    'havklo_state{state="live"}': 0,
    'havklo_state{state="degraded"}': 1,
    'havklo_state{state="down"}': 0,
    'havklo_state{state="closed"}': 0,
    'havklo_connection_open{connection="0",role="public"}': 1,
    'havklo_connection_open{connection="1",role="public"}': 0,
    'havklo_connection_topics{connection="0",role="public"}': 2,
    'havklo_connection_topics{connection="1",role="public"}': 1,
    'havklo_connection_open_seconds{connection="0",role="public"}': 90,
    'havklo_connection_last_message_age_seconds{connection="0",role="public"}': 0.25,
    'havklo_connection_rtt_seconds{connection="0",role="public"}': 0.0245,
    'havklo_connection_reconnects_total{connection="0",role="public"}': 2,
    'havklo_connection_reconnects_total{connection="1",role="public"}': 0,
    'havklo_topic_live{channel="book",symbol="BTC/USD"}': 1,
    'havklo_topic_live{channel="trade",symbol="BTC/USD"}': 0,
    'havklo_topic_live{channel="book",symbol="ETH/USD"}': 0,
    'havklo_topic_age_seconds{channel="book",symbol="BTC/USD"}': 0.5,
    'havklo_topic_age_seconds{channel="book",symbol="ETH/USD"}': 4,
    'havklo_topic_lost_seconds{channel="book",symbol="BTC/USD"}': 0,
    'havklo_topic_lost_seconds{channel="book",symbol="ETH/USD"}': 3,
    'havklo_breaker_state{role="public",state="closed"}': 0,
    'havklo_breaker_state{role="public",state="open"}': 0,
    'havklo_breaker_state{role="public",state="half_open"}': 1,
    'havklo_breaker_failures{role="public"}': 5,
    "havklo_last_message_age_seconds": 0.25,
    "havklo_reconnects_total": 2,
    "havklo_clock_offset_seconds": -0.0015,
    "havklo_clock_error_seconds": 0.012,
    "havklo_messages_total": 5883,
    "havklo_messages_verified_total": 5880,
    "havklo_messages_ignored_total": 3,
    "havklo_messages_unknown_total": 1,
    "havklo_events_dropped_total": 17,
    "havklo_events_pending": 6,
    "havklo_requests_total": 12,
    "havklo_trades_repaired_total": 4,
    "havklo_trade_gaps_total": 2,
    'havklo_desyncs_total{reason="checksum"}': 2,
    'havklo_desyncs_total{reason="malformed"}': 0,
    'havklo_desyncs_total{reason="missing_checksum"}': 0,
    'havklo_desyncs_total{reason="unknown_delete"}': 1,
    'havklo_desyncs_total{reason="unchanged_level"}': 0,
    'havklo_desyncs_total{reason="short_side"}': 0,
    'havklo_desyncs_total{reason="better_refill"}': 0,
    'havklo_desyncs_total{reason="crossed"}': 0,
    'havklo_resyncs_total{reason="checksum"}': 2,
    'havklo_resyncs_total{reason="disconnected"}': 4,
    'havklo_resync_seconds{quantile="0.5"}': 0.06,
    'havklo_resync_seconds{quantile="0.99"}': 0.4,
    'havklo_resync_seconds{quantile="1"}': 0.4,
    'havklo_latency_seconds{quantile="0.5"}': 0.02,
    'havklo_latency_seconds{quantile="0.99"}': 0.045,
    'havklo_latency_seconds{quantile="1"}': 0.08,
    'havklo_processing_seconds{quantile="0.5"}': 0.00004,
    'havklo_processing_seconds{quantile="0.99"}': 0.00009,
    'havklo_processing_seconds{quantile="1"}': 0.002,
}


def told(families: Iterable[Metric]) -> dict[str, float]:
    """Every sample by its name and labels."""
    found: dict[str, float] = {}
    for family in families:
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            name = f"{sample.name}{{{labels}}}" if labels else sample.name
            assert name not in found, name
            found[name] = sample.value
    return found


async def get(url: str, accept: str = "") -> tuple[int, str, str]:
    """Fetch a page: its status, its type and its text."""
    async with aiohttp.ClientSession() as session, session.get(url, headers={"Accept": accept}) as response:
        return response.status, response.headers["Content-Type"], await response.text()


async def test_what_prometheus_reads(client: Any) -> None:
    """Each value in the base unit, with its labels."""
    async with serve(client, port=0) as server:
        status, kind, text = await get(server.url)
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert told(read_text(text)) == EXPECTED


async def test_what_openmetrics_reads(client: Any) -> None:
    """The newer format, where it is asked for, says the same, and its strict reader accepts it."""
    async with serve(client, port=0) as server:
        status, kind, text = await get(server.url, OPENMETRICS)
    assert (status, kind.split(";")[0]) == (200, "application/openmetrics-text")
    families = list(read_openmetrics(text))
    assert told(families) == EXPECTED
    types = {family.name: family.type for family in families}
    assert types == {name.removesuffix("_total"): described.kind for name, described in METRICS.items()}


def test_names_and_help_keep_the_conventions() -> None:
    """Counters end in _total, nothing else does; what is a duration is in seconds; everything is explained."""
    for name, described in METRICS.items():
        assert name.startswith("havklo_")
        assert name.endswith("_total") is (described.kind == "counter")
        assert described.kind in {"gauge", "counter", "summary"}
        assert (described.kind == "summary") is ("quantile" in described.labels)
        assert described.help
        assert not described.help.endswith(".")
    assert {name.split("{")[0] for name in EXPECTED} == set(METRICS)


def test_what_is_not_known_is_left_out(client: Any) -> None:
    """A new client has no ages, no clock and no durations, and does not pretend that they are 0."""
    client.now = Health(state=HealthState.STARTING, reason="nothing is live yet")
    found = told(Collector(client).collect())
    assert found['havklo_state{state="starting"}'] == 1
    assert found["havklo_messages_total"] == 0
    assert not any("seconds" in name for name in found)


def test_topics_of_one_name_are_one_series(client: Any) -> None:
    """Of a symbol's books of several depths the worst is shown."""
    book = TopicHealth(channel="book", symbol="BTC/USD", depth=10, connection=0, state="live", age_ns=SECOND)
    deep = msgspec.structs.replace(book, depth=1000, connection=1, state="lost", age_ns=9 * SECOND, lost_for_ns=SECOND)
    client.now = Health(state=HealthState.DEGRADED, reason="", topics=(deep, book))
    found = told(Collector(client).collect())
    assert found['havklo_topic_live{channel="book",symbol="BTC/USD"}'] == 0
    assert found['havklo_topic_age_seconds{channel="book",symbol="BTC/USD"}'] == 9
    assert found['havklo_topic_lost_seconds{channel="book",symbol="BTC/USD"}'] == 1


@pytest.mark.parametrize("state", ["closed", "open", "half_open"])
def test_the_state_of_a_breaker(client: Any, state: str) -> None:
    """One of three is 1."""
    client.now = Health(state=HealthState.LIVE, reason="", breakers=(BreakerHealth(role="public", state=state),))
    found = told(Collector(client).collect())
    states = {name: value for name, value in found.items() if name.startswith("havklo_breaker_state")}
    assert len(states) == 3
    assert [name for name, value in states.items() if value] == [
        f'havklo_breaker_state{{role="public",state="{state}"}}'
    ]


async def test_only_the_metrics_are_served(client: Any) -> None:
    """Nothing else is there."""
    async with serve(client, port=0) as server:
        status, _, _ = await get(server.url.removesuffix("metrics"))
    assert status == 404


async def test_the_event_loop_is_not_kept(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client is asked on its loop, as everything there is; the text is made on another thread."""
    threads: dict[str, int] = {}
    render, health = metrics._render, client.health

    def rendering(*arguments: Any) -> tuple[bytes, str]:
        threads["render"] = threading.get_ident()
        return render(*arguments)

    def asked() -> Health:
        threads["ask"] = threading.get_ident()
        return health()

    monkeypatch.setattr(metrics, "_render", rendering)
    monkeypatch.setattr(client, "health", asked)
    async with serve(client, port=0) as server:
        await get(server.url)
    assert threads["ask"] == threading.get_ident()
    assert threads["render"] != threading.get_ident()


async def test_it_ends_although_someone_is_connected(client: Any) -> None:
    """A connection that Prometheus keeps open does not hold it up, and nobody listens afterwards."""
    async with aiohttp.ClientSession() as session:
        async with serve(client, port=0) as server:
            async with session.get(server.url) as response:
                assert response.status == 200
            assert repr(server) == f"<metrics.Server at 127.0.0.1:{server.port}, open>"
        assert repr(server).endswith("closed>")
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(server.url)


async def test_it_can_be_opened_again(client: Any) -> None:
    """On the port that it had."""
    server = serve(client, port=0)
    for _ in range(2):
        async with server:
            assert (await get(server.url))[0] == 200


async def test_a_port_that_is_taken(client: Any) -> None:
    """The error says so, and what to do; the other server goes on."""
    async with serve(client, port=0) as server:
        with pytest.raises(ConfigurationError, match=rf"127\.0\.0\.1:{server.port}.*port=0") as caught:
            await serve(client, port=server.port).__aenter__()
        assert isinstance(caught.value.__cause__, OSError)
        assert (await get(server.url))[0] == 200


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_can_not_be(client: Any, port: int) -> None:
    """It is refused before anything is opened."""
    with pytest.raises(ConfigurationError, match=str(port)):
        serve(client, port=port)


async def test_being_cancelled_on_the_way(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was set up until then is taken down, and the cancellation passes through."""
    cleaned: list[object] = []
    cleanup = aiohttp.web.AppRunner.cleanup

    async def cancelled(_site: object) -> None:
        raise asyncio.CancelledError

    async def noted(runner: aiohttp.web.AppRunner) -> None:
        cleaned.append(runner)
        await cleanup(runner)

    monkeypatch.setattr(aiohttp.web.TCPSite, "start", cancelled)
    monkeypatch.setattr(aiohttp.web.AppRunner, "cleanup", noted)
    with pytest.raises(asyncio.CancelledError):
        await serve(client, port=0).__aenter__()
    assert len(cleaned) == 1


async def test_leaving_what_was_never_entered(client: Any) -> None:
    """It does nothing."""
    server = serve(client)
    await server.__aexit__(None, None, None)
    assert server.url == "http://127.0.0.1:9464/metrics"
    assert serve(client, host="::1").url == "http://[::1]:9464/metrics"


async def test_without_the_library(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install, from either door."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'havklo\[metrics\]'") as caught:
        Collector(client)
    assert isinstance(caught.value.__cause__, ImportError)
    with pytest.raises(ConfigurationError, match="havklo"):
        await serve(client, port=0).__aenter__()


def test_importing_is_light() -> None:
    """Neither the library nor the server is loaded before it is used."""
    code = "import sys, havklo.metrics; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert not {"aiohttp", "prometheus_client"} & set(done.stdout.split())


def test_in_a_registry_of_your_own(client: Any) -> None:
    """It is registered once, by its names and without being asked for values."""
    client.error = AssertionError("asked too early")
    registry = CollectorRegistry(auto_describe=True)
    registry.register(Collector(client))
    with pytest.raises(ValueError, match="Duplicated timeseries"):
        registry.register(Collector(client))
    client.error = None
    assert told(read_text(generate_latest(registry).decode())) == EXPECTED


async def test_from_another_thread(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client is asked on its own loop, and what goes wrong there is known here."""
    threads: list[int] = []
    health = client.health

    def asked() -> Health:
        threads.append(threading.get_ident())
        return health()

    monkeypatch.setattr(client, "health", asked)
    collector = Collector(client)
    assert told(await asyncio.to_thread(lambda: list(collector.collect()))) == EXPECTED
    assert told(collector.collect()) == EXPECTED
    assert set(threads) == {threading.get_ident()}
    client.error = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError):
        await asyncio.to_thread(collector.collect)


async def test_a_loop_that_does_not_answer(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever scrapes is not kept waiting for ever."""
    monkeypatch.setattr(metrics, "_PATIENCE", 0.01)
    collector = Collector(client)
    with ThreadPoolExecutor(1) as pool:
        # Waited for without letting the loop run.
        error = pool.submit(collector.collect).exception(timeout=60)
    assert isinstance(error, Disconnected)
    assert "has not answered for 0.01 s" in str(error)


def test_a_loop_that_has_ended(client: Any) -> None:
    """The error says so."""

    async def make() -> Collector:
        return Collector(client)

    collector = asyncio.run(make())
    with pytest.raises(Disconnected, match="has ended"):
        collector.collect()


async def test_a_client_that_fails(client: Any) -> None:
    """Prometheus sees a failed scrape, not metrics of nothing; the next one may succeed."""
    async with serve(client, port=0) as server:
        client.error = ZeroDivisionError("a bug")
        assert (await get(server.url))[0] == 500
        client.error = None
        assert (await get(server.url))[0] == 200
