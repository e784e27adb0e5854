"""The checks of `havklo doctor` that need a network, one by one: names, TLS and certificates, the WebSocket."""

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from havklo import LIVE
from havklo._transport.memory import MemoryTransport, MemoryVenue
from havklo.cli._doctor.check import guarded
from havklo.cli._doctor.clocks import Offset
from havklo.cli._doctor.exchange import Conversation, converse, ping_check, socket_check, state_check
from havklo.cli._doctor.hosts import Host, Lookup, _open_check, handshake, hosts_of, look_up, name_check
from havklo.clock import SystemClock
from havklo.errors import ConfigurationError, Disconnected, MalformedFrame
from havklo.events import Maintenance

SECOND = 1_000_000_000
MS = 1_000_000


def test_the_hosts_of_the_venues() -> None:
    """Each host once, with what it serves; live it is five, all with TLS."""
    live = hosts_of(LIVE.endpoints)
    assert [str(host) for host in live] == [
        "ws.kraken.com",
        "ws-auth.kraken.com",
        "ws-l3.kraken.com",
        "futures.kraken.com",
        "api.kraken.com",
    ]
    assert all(host.secure and host.port == 443 for host in live)
    (one,) = hosts_of({"public": "ws://127.0.0.1:8900/v2", "rest": "http://127.0.0.1:8900"})
    assert (str(one), one.secure, one.roles) == ("127.0.0.1:8900", False, ("public", "rest"))


def test_an_address_that_can_not_be() -> None:
    """It is refused as one."""
    for url in ("ws://127.0.0.1:99999/v2", "ws://[::1/v2"):
        with pytest.raises(ConfigurationError, match="is no address"):
            hosts_of({"public": url})


async def test_a_lookup() -> None:
    """A name that this machine knows, and one that nobody does."""
    clock = SystemClock()
    found = await look_up(Host("localhost", 80, False, ("public",)), clock)
    assert found.took_ns > 0
    assert set(found.addresses) & {"127.0.0.1", "::1"}
    for name in ("no-such-host.invalid", "a..b"):
        with pytest.raises(socket.gaierror):
            await look_up(Host(name, 80, False, ("public",)), clock)


def test_what_a_lookup_found() -> None:
    """The first address, how many more, how long; an address that leads nowhere is a filter's."""
    host = Host("ws.kraken.com", 443, True, ("public",))
    good = name_check(host, Lookup(("104.16.1.1", "104.16.2.2"), 1_500_000))
    assert (good.outcome, good.detail) == ("ok", "104.16.1.1 and 1 more, 1.5 ms")
    filtered = name_check(host, Lookup(("0.0.0.0",), 1_500_000))  # noqa: S104
    assert filtered.outcome == "fail"
    assert "filter" in str(filtered.advice)


@asynccontextmanager
async def listening(context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that takes connections and says nothing; gives its port."""
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_connection_without_tls() -> None:
    """It can be made, or the reason is the system's."""
    clock, lookup = SystemClock(), Lookup(("127.0.0.1",), 0)
    async with listening() as port:
        check = await handshake(Host("127.0.0.1", port, False, ("public",)), lookup, clock)
        assert (check.name, check.outcome) == (f"TCP 127.0.0.1:{port}", "ok")
    with pytest.raises(ConnectionRefusedError):
        await handshake(Host("127.0.0.1", port, False, ("public",)), lookup, clock)


def test_no_tls_beyond_this_machine() -> None:
    """Another machine is told to be within everybody's reach."""
    assert _open_check("TCP x", Lookup(("127.0.0.1",), 0), 1.0).outcome == "ok"
    assert _open_check("TCP x", Lookup(("192.0.2.1",), 0), 1.0).outcome == "warn"


async def test_tls_where_there_is_none() -> None:
    """A server that answers something else is told from one with a bad certificate."""

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        host, lookup = Host("127.0.0.1", port, True, ("public",)), Lookup(("127.0.0.1",), 0)
        check = await guarded("TLS", handshake(host, lookup, SystemClock()), 5)
    assert (check.outcome, check.detail) == ("fail", "the answer is not TLS")


@pytest.fixture
def certificate(tmp_path: Path) -> Callable[[int], tuple[ssl.SSLContext, Path]]:
    """Make a certificate for localhost that nobody knows: a server's context and the file."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("making a certificate needs the openssl program")

    def make(days: int) -> tuple[ssl.SSLContext, Path]:
        key, file = tmp_path / "key.pem", tmp_path / f"{days}.pem"
        subject = ["-subj", "/O=Havklo Tests/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        files = ["-keyout", str(key), "-out", str(file)]
        command = [program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        subprocess.run([*command, *subject, *files, "-days", str(days)], check=True, capture_output=True)  # noqa: S603
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file, key)
        return context, file

    return make


async def test_certificates(certificate: Callable[[int], tuple[ssl.SSLContext, Path]]) -> None:
    """A known one is shown with its days; one that ends soon is told; an unknown one and another host's are refused."""
    lookup, clock = Lookup(("127.0.0.1",), 0), SystemClock()
    for days, outcome in ((90, "ok"), (3, "warn")):
        server, file = certificate(days)
        async with listening(server) as port:
            host = Host("localhost", port, True, ("public",))
            check = await handshake(host, lookup, clock, ssl.create_default_context(cafile=file))
            assert check.outcome == outcome
            assert check.figures["certificate_days"] in {days - 1, days}
            assert check.figures["protocol"] == "TLSv1.3"
            assert "certificate by Havklo Tests" in check.detail
            unknown = await guarded("TLS", handshake(host, lookup, clock), 5)
            assert (unknown.outcome, unknown.detail) == ("fail", "the certificate is signed by itself")
            other = Host("127.0.0.1", port, True, ("public",))
            context = ssl.create_default_context(cafile=file)
            strange = await guarded("TLS", handshake(other, lookup, clock, context), 5)
            assert strange.outcome == "fail"
            assert "certificate" in strange.detail


# -- the exchange

AHEAD = 300 * MS  # the played endpoint's clock


def play(transport: MemoryTransport, *, system: str = "online", pongs: int = 9) -> None:
    """Play an endpoint that says what it is, and answers so many pings, each after a tenth of a second."""
    state = {"system": system, "version": "2.0.10", "api_version": "v2", "connection_id": 1}
    answered = 0

    def answer(payload: bytes) -> None:
        nonlocal answered
        answered += 1
        if answered <= pongs:
            transport._clock.advance(0.1)
            middle = transport._clock.epoch_ns() + AHEAD - 50 * MS
            stamp = datetime.fromtimestamp(middle / SECOND, UTC).isoformat(timespec="milliseconds")
            pong = {"method": "pong", "req_id": json.loads(payload)["req_id"], "time_in": stamp, "time_out": stamp}
            asyncio.get_running_loop().call_soon(transport.deliver, json.dumps(pong))

    def begin() -> None:
        transport.deliver(json.dumps({"channel": "status", "type": "update", "data": [state]}))
        transport.deliver('{"channel":"heartbeat"}')

    transport.on_sent = answer
    asyncio.get_running_loop().call_soon(begin)


async def test_a_conversation() -> None:
    """The status is heard, five pings are timed, and their stamps tell about the clock."""
    venue = MemoryVenue()
    venue.on_open(play)
    heard = await converse(venue, venue.clock.epoch_ns)
    assert (heard.system, heard.version, heard.pings) == ("online", "2.0.10", 5)
    assert heard.trips_ns == [100 * MS] * 5
    assert heard.offset == Offset(AHEAD, 50 * MS, 100 * MS)
    assert not venue.connections[0].open
    assert socket_check(heard).outcome == "ok"
    assert ping_check(heard).detail == "p50 100 ms of 5 (100 ms to 100 ms)"


async def test_a_conversation_that_goes_wrong() -> None:
    """No status, no pongs, nonsense, and the end of the connection are each told as what they are."""
    venue = MemoryVenue()
    silent = await converse(venue, venue.clock.epoch_ns, patience=0.01)
    assert (silent.system, silent.pings, silent.trips_ns) == (None, 1, [])
    assert socket_check(silent).outcome == "fail"
    assert ping_check(silent).outcome == "fail"

    venue.on_open(lambda transport: play(transport, pongs=2))
    lossy = await converse(venue, venue.clock.epoch_ns, patience=0.01)
    assert ping_check(lossy).outcome == "warn"
    assert ping_check(lossy).figures["answered"] == 2

    soon: Callable[..., object] = asyncio.get_running_loop().call_soon
    venue.on_open(lambda transport: soon(transport.deliver, "<html>"))
    with pytest.raises(Disconnected, match="malformed"):
        await converse(venue, venue.clock.epoch_ns)
    venue.on_open(lambda transport: soon(transport.deliver, '{"channel":"status","data":["what"]}'))
    with pytest.raises(MalformedFrame, match="the status says"):
        await converse(venue, venue.clock.epoch_ns)
    venue.on_open(lambda transport: soon(transport.end, "closed by the peer: 1013 try later"))
    with pytest.raises(Disconnected, match="try later"):
        await converse(venue, venue.clock.epoch_ns)


def test_a_slow_network() -> None:
    """A round trip above a second is told."""
    slow = Conversation(opening_ns=SECOND, system="online", trips_ns=[1_200 * MS] * 5, pings=5)
    assert ping_check(slow).outcome == "warn"
    assert "late by half" in str(ping_check(slow).advice)


def test_what_the_exchange_says_about_itself() -> None:
    """Online is fine; every other state, an announcement and an emergency are told with what to do."""
    assert state_check("online").outcome == "ok"
    limited = state_check("cancel_only")
    assert (limited.outcome, limited.advice) == ("warn", "orders can be cancelled, nothing else")
    ahead = Maintenance(
        event_id=1,
        title="Upgrade",
        phase="approaching_30m",
        affected_services=("spot_ws", "spot_trading"),
        recommended_action="cancel_open_orders",
        expected_start_utc="2026-11-22T18:00:00Z",
        expected_end_utc="2026-11-22T18:30:00Z",
        time_to_start_s=1_500,
        source_url="https://status.kraken.com",
    )
    announced = state_check("online", [ahead])
    assert announced.outcome == "warn"
    assert "Upgrade, from 2026-11-22T18:00:00Z to 2026-11-22T18:30:00Z, of spot_ws spot_trading" in announced.detail
    assert announced.advice == (
        "it begins in 25 minutes; Kraken advises to cancel open orders; see https://status.kraken.com"
    )
    emergency = state_check("maintenance", (), [Maintenance()])
    assert "emergency: without a title" in emergency.detail
    assert emergency.figures == {"system": "maintenance", "maintenance_announced": 0, "emergencies": 1}
