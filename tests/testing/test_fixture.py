"""The pytest fixture, as a user's own tests meet it."""

import subprocess
import sys
from typing import Final

import pytest

pytest_plugins = ["pytester"]

MINE: Final = """
import json

import aiohttp
import pytest
from havklo import Client
from havklo.channels import book
from havklo.testing import Simulator, SystemClock, pass_time

pytestmark = pytest.mark.asyncio


async def test_its_time_stands(exchange):
    assert isinstance(exchange, Simulator)
    before = exchange.statistics()
    assert (before.seconds, before.messages) == (0.0, 0)
    exchange.advance(3.0)
    after = exchange.statistics()
    assert after.seconds == 3.0
    assert 150 < after.messages < 450


@pytest.mark.exchange(symbols=["SIM/EUR"], seed=3, rate=0, accounts=["alice:pro"])
async def test_the_marker_takes_arguments(exchange):
    assert exchange.symbols == ("SIM/EUR",)
    assert (exchange.seed, exchange.rate) == (3, 0)
    assert exchange.accounts["alice"].tier.name == "pro"
    exchange.advance(60.0)
    assert exchange.statistics().messages == 0


@pytest.mark.exchange(scenario="calm")
class TestCalm:
    async def test_the_marker_of_a_class(self, exchange):
        assert exchange.rate == 30


@pytest.mark.exchange(clock=SystemClock(), rate=500)
async def test_time_can_pass_by_itself(exchange):
    async with aiohttp.ClientSession() as session, session.ws_connect(exchange.url) as socket:
        await socket.send_json({"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USD"]}})
        async for message in socket:
            if json.loads(message.data).get("type") == "update":
                break


async def test_a_client_in_the_same_loop(exchange):
    async with Client(exchange) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        for _ in range(20):
            await pass_time(exchange, 0.5)
            bids, asks = exchange.ladder("BTC/USD")
            assert [(str(level.price), str(level.qty)) for level in btc.book.bids(10)] == bids
            assert [(str(level.price), str(level.qty)) for level in btc.book.asks(10)] == asks
"""

WRONG: Final = {
    "weather='fine'": "@pytest.mark.exchange does not take weather",
    "3": "@pytest.mark.exchange does not take 3",
    "symbols=0": "a simulator lists at least one symbol, not 0",
    "scenario='storm'": "there is no scenario 'storm'",
}


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A user's project whose conftest names the plugin."""
    pytester.makeconftest('pytest_plugins = ["havklo.testing"]')
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\naddopts = --strict-markers -W error")
    return pytester


def test_in_strict_mode(project: pytest.Pytester) -> None:
    """A running exchange in each test, as the test's marker wants it."""
    project.makepyfile(MINE)
    project.runpytest_subprocess().assert_outcomes(passed=5)


def test_in_auto_mode(project: pytest.Pytester) -> None:
    """Where every coroutine is a test, no marker is needed."""
    project.makepyfile("async def test_mine(exchange): assert exchange.url")
    project.runpytest_subprocess("--asyncio-mode=auto").assert_outcomes(passed=1)


def test_what_can_not_be(project: pytest.Pytester) -> None:
    """A wrong argument of the marker is told as what it is."""
    for number, marker in enumerate(WRONG):
        test = f"@pytest.mark.exchange({marker})\nasync def test_mine(exchange): ..."
        project.makepyfile(**{f"test_{number}": f"import pytest\n\n{test}"})
    result = project.runpytest_subprocess("--asyncio-mode=auto")
    result.assert_outcomes(errors=len(WRONG))
    told = result.stdout.str()
    for complaint in WRONG.values():
        assert f"ConfigurationError: {complaint}" in told


def test_the_marker_is_known(project: pytest.Pytester) -> None:
    """`pytest --markers` tells what it is for."""
    project.runpytest_subprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.exchange(*havklo.Simulator*"])


def test_without_pytest() -> None:
    """Everything but the fixture works, and who asks for that is told what is missing."""
    code = """
import importlib.util, sys
sys.modules["pytest"] = None
find = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "pytest" else find(name)
from havklo import testing
assert testing.Simulator(clock=testing.ManualClock()).symbols
assert not hasattr(testing, "weather")
try:
    testing.exchange
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  # ours
    assert done.stdout.strip() == (
        "ConfigurationError the fixture 'exchange' needs pytest, which is not installed "
        "(pip install pytest pytest-asyncio)"
    )
