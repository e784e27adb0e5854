"""The checks of `havklo doctor`, each by itself: this machine, what errors mean, clocks."""

import asyncio
import errno
import re
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from havklo.cli._doctor import machine
from havklo.cli._doctor.advice import explain
from havklo.cli._doctor.check import Check, guarded, verdict
from havklo.cli._doctor.clocks import Offset, Sample, clock_check, estimate, measure
from havklo.cli._doctor.engine import engine
from havklo.clock import Clock, ManualClock, Timer
from havklo.errors import Disconnected, HavkloError

SECOND = 1_000_000_000
MS = 1_000_000
KEY = b64encode(bytes(range(42))).decode()
SECRET = b64encode(bytes(range(64))).decode()


# -- what is installed, and this machine


def test_versions() -> None:
    """Everything that matters is listed; what is missing is a failure with a command."""
    good = machine.versions()
    assert good.outcome == "ok"
    assert set(good.figures) == {"havklo", "picows", "aiohttp", "msgspec", "uvloop"}
    assert f"msgspec {good.figures['msgspec']}" in good.detail
    bad = machine.versions(["msgspec", "no-such-library"])
    assert (bad.outcome, bad.figures["no-such-library"]) == ("fail", None)
    assert bad.detail.endswith("without no-such-library")
    assert "pip install" in str(bad.advice)


@pytest.mark.parametrize(
    ("running", "outcome"), [((3, 10, 9), "fail"), ((3, 11, 0), "ok"), ((3, 12, 4), "ok"), ((3, 15, 0), "warn")]
)
def test_python(running: Sequence[int], outcome: str) -> None:
    """Too old is a failure; a version that nobody has tested is told."""
    check = machine.python(running, tested={(3, 11), (3, 12)})
    assert check.outcome == outcome
    assert ".".join(map(str, running)) in check.detail
    assert (check.advice is None) == (outcome == "ok")


def test_python_as_the_package_says() -> None:
    """The tested versions are those of the package's own description."""
    assert machine.python((3, 11, 7)).outcome == "ok"
    assert machine.python((3, 99, 0)).outcome == "warn"


def test_the_operating_system() -> None:
    """Linux is tested, others are told not to be."""
    assert machine.operating_system("Linux").outcome == "ok"
    assert machine.operating_system("Windows").outcome == "warn"


async def test_the_event_loop() -> None:
    """Which loop it is and how late its timers are; a machine that is far too busy is told."""
    late = ManualClock()

    class Late(Clock):
        """A clock whose naps take as much longer as it is told."""

        def __init__(self, more: float) -> None:
            self.more = more

        def now(self) -> int:
            return late.now()

        def to_epoch(self, now: int) -> int:
            return late.to_epoch(now)

        def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
            return late.call_at(when, callback)

        async def sleep(self, seconds: float) -> None:
            late.advance(seconds + self.more)

    assert (await machine.event_loop(Late(0.001))).figures["late_ms_p50"] == 1.0
    busy = await machine.event_loop(Late(0.2))
    assert busy.outcome == "warn"
    assert "too busy" in str(busy.advice)


def test_the_engine() -> None:
    """It proves the documented book, and a check that is told a wrong sum says so."""
    assert engine().outcome == "ok"
    wrong = engine(claimed=1)
    assert wrong.outcome == "fail"
    assert "3310070434" in wrong.detail


@pytest.mark.parametrize(
    ("environment", "outcome", "said"),
    [
        ({}, "ok", "none in KRAKEN_API_KEY"),
        ({"KRAKEN_API_KEY": KEY, "KRAKEN_API_SECRET": SECRET}, "ok", "well-formed"),
        ({"KRAKEN_API_KEY": KEY}, "fail", "KRAKEN_API_SECRET is not set"),
        ({"KRAKEN_API_SECRET": SECRET}, "fail", "KRAKEN_API_KEY is not set"),
        ({"KRAKEN_API_KEY": KEY, "KRAKEN_API_SECRET": f"'{SECRET}'"}, "fail", "KRAKEN_API_SECRET is not base64"),
        ({"KRAKEN_API_KEY": KEY, "KRAKEN_API_SECRET": f" {SECRET}\n"}, "ok", "well-formed"),
        ({"KRAKEN_API_KEY": KEY[:-4], "KRAKEN_API_SECRET": SECRET}, "warn", "52 characters instead of 56"),
        ({"KRAKEN_API_KEY": KEY, "KRAKEN_API_SECRET": KEY}, "warn", "not of 64 bytes"),
    ],
)
def test_credentials(environment: dict[str, str], outcome: str, said: str) -> None:
    """Whether they are there and look right, and never a character of them."""
    check = machine.credentials(environment)
    assert check.outcome == outcome
    assert said in check.detail
    assert not any(value.strip()[1:9] in repr(check) for value in environment.values())


# -- what an error means


def _refused(code: int, words: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, f"certificate verify failed: {words}")
    error.verify_code, error.verify_message = code, words
    return error


def _tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}]")
    error.reason = reason
    return error


def _caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


ERRORS = {
    "expired": (_refused(10, "certificate has expired"), "has expired", "date and time"),
    "not valid yet": (_refused(9, "certificate is not yet valid"), "not valid yet", "date and time"),
    "self-signed": (_refused(18, "self-signed certificate"), "signed by itself", "proxy"),
    "in the chain": (_refused(19, "self-signed certificate in chain"), "unknown here", "proxy"),
    "unknown issuer": (_refused(20, "unable to get local issuer certificate"), "unknown here", "ca-certificates"),
    "another host's": (_refused(62, "Hostname mismatch"), "another host's", "in between|between this machine"),
    "another reason": (_refused(23, "certificate revoked"), "refused: certificate revoked", "proxy"),
    "no TLS": (_tls("WRONG_VERSION_NUMBER"), "not TLS", "ws://"),
    "old TLS": (_tls("TLSV1_ALERT_PROTOCOL_VERSION"), "no version of TLS", "update Python"),
    "strange TLS": (_tls("SOMETHING_NEW"), "handshake failed", "proxy"),
    "cut TLS": (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), "during the TLS handshake", "firewall"),
    "unknown name": (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "not known", "DNS"),
    "no name server": (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "no name server", "network"),
    "strange lookup": (socket.gaierror(-999, "what?"), "can't be looked up: what?", "network"),
    "refused": (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "nobody listens", "running"),
    "unreachable": (OSError(errno.ENETUNREACH, "Network is unreachable"), "network can't be reached", "VPN"),
    "no way": (OSError(errno.EHOSTUNREACH, "No route to host"), "host can't be reached", "VPN"),
    "cut": (ConnectionResetError(errno.ECONNRESET, "reset by peer"), "was cut", "firewall"),
    "in vain": (TimeoutError("no answer within 5 s"), "no answer within 5 s", "firewall"),
    "a wrapped one": (
        _caused(Disconnected("wss://x: can't connect"), ConnectionRefusedError(errno.ECONNREFUSED, "refused")),
        "nobody listens",
        "running",
    ),
    "banned": (Disconnected("wss://x: HTTP 429: Too Many Requests"), "too many connections", "150"),
    "blocked": (Disconnected("wss://x: HTTP 403: Forbidden"), "HTTP 403", "another network"),
    "out of order": (Disconnected("wss://x: HTTP 502: Bad Gateway"), "out of order", "status.kraken.com"),
    "nonce": (HavkloError("EAPI:Invalid nonce"), "nonce is too low", "clock went back"),
    "key": (HavkloError("EAPI:Invalid key"), "does not know this key", "deleted"),
    "its own hint": (HavkloError("no such thing", hint="look elsewhere"), "no such thing", "look elsewhere"),
    "anything else": (OSError("what a day"), "what a day", "network"),
}


@pytest.mark.parametrize(("error", "detail", "advice"), ERRORS.values(), ids=ERRORS)
def test_what_an_error_means(error: Exception, detail: str, advice: str) -> None:
    """Each error of the system, of TLS and of Kraken is said in words, with what to do."""
    reason = explain(error)
    assert detail in reason.detail
    assert re.search(advice, reason.advice)


async def test_a_check_that_takes_too_long() -> None:
    """It ends after its time, as a failure; so does one that raises; others come through."""

    async def never() -> Check:
        await asyncio.Event().wait()
        raise AssertionError

    async def broken() -> Check:
        raise Disconnected("gone")

    slow = await guarded("a step", never(), 0.001)
    assert (slow.name, slow.outcome, slow.detail) == ("a step", "fail", "no answer within 0.001 s")
    assert (await guarded("a step", broken(), 1)).detail == "disconnected: gone"


def test_the_verdict() -> None:
    """The worst outcome counts; what was not looked at is not bad."""
    ok, warn, fail, skip = (Check(name="x", outcome=each, detail="") for each in ("ok", "warn", "fail", "skip"))
    assert verdict([ok, skip]) == "ok"
    assert verdict([ok, warn, skip]) == "warn"
    assert verdict([warn, fail, ok]) == "fail"


# -- clocks


def test_the_offset_is_what_all_answers_allow() -> None:
    """Answers in whole seconds, taken at different fractions of one, give it to a tenth."""
    ahead = 3 * SECOND + 417 * MS
    samples: list[Sample] = []
    for sent in range(100 * SECOND, 101 * SECOND, 200 * MS):
        told = (sent + 10 * MS + ahead) // SECOND * SECOND  # the server looked 10 ms later
        samples.append(Sample(sent, sent + 20 * MS, told, told + SECOND))
    offset = estimate(samples)
    assert abs(offset.ns - ahead) <= offset.error_ns <= 111 * MS
    assert offset.round_trip_ns == 20 * MS


def test_the_offset_when_a_clock_was_set_meanwhile() -> None:
    """Answers that contradict each other leave the most exact one."""
    exact = Sample(10 * SECOND, 10 * SECOND + 2 * MS, 15 * SECOND, 15 * SECOND)
    vague = Sample(20 * SECOND, 21 * SECOND, 20 * SECOND, 21 * SECOND)
    offset = estimate([vague, exact])
    assert abs(offset.ns - 5 * SECOND) <= offset.error_ns == 1 * MS


async def test_samples_are_taken_at_different_fractions() -> None:
    """The questions are a fifth of a second apart, and each answer stands between its two instants."""
    clock = ManualClock()

    async def server_time() -> int:
        clock.advance(0.01)
        return clock.epoch_ns() // SECOND * SECOND

    taking = asyncio.create_task(measure(server_time, SECOND, clock, clock.epoch_ns))
    while not taking.done():
        await asyncio.sleep(0)
        clock.advance(0.05)
    samples = taking.result()
    assert len(samples) == 5
    assert {each.received - each.sent for each in samples} == {10 * MS}
    assert all(200 * MS <= later.sent - one.sent <= 300 * MS for one, later in pairwise(samples))


@pytest.mark.parametrize(
    ("offset", "error", "outcome", "said"),
    [
        (200 * MS, 90 * MS, "ok", "200 ms behind the server's, give or take 90 ms"),
        (-200 * MS, 90 * MS, "ok", "200 ms ahead of"),
        (1_050 * MS, 90 * MS, "ok", "1.1 s behind"),  # it may be less than a second
        (1_500 * MS, 90 * MS, "warn", "1.5 s behind"),
        (-12 * SECOND, 90 * MS, "fail", "12.0 s ahead of"),
        (3_600 * SECOND, 90 * MS, "fail", "3,600.0 s behind"),
        (0, 2 * SECOND, "warn", "give or take 2.0 s"),
    ],
)
def test_a_clock_that_is_off(offset: int, error: int, outcome: str, said: str) -> None:
    """More than a second is told, more than ten are a failure, with what depends on it."""
    check = clock_check(Offset(offset, error, 20 * MS))
    assert check.outcome == outcome
    assert said in check.detail
    if abs(offset) > 1_100 * MS:
        assert "deadlines" in str(check.advice)
        assert "nonces" in str(check.advice)
