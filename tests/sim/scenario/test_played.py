"""Scenarios on the stage that they are for: a simulator whose time is moved by hand."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from havklo.clock import ManualClock
from havklo.errors import ConfigurationError
from havklo.sim import Simulator
from havklo.sim.scenario import AccountPlan, Scenario


def middle(simulator: Simulator, symbol: str) -> Decimal:
    """Halfway between best bid and best ask."""
    bids, asks = simulator.ladder(symbol, 1)
    return (Decimal(bids[0][0]) + Decimal(asks[0][0])) / 2


def simulate(scenario: Scenario | str, **options: Any) -> Simulator:
    """A simulator on a clock that stands."""
    return Simulator(scenario=scenario, clock=ManualClock(), **options)


async def test_what_it_says_and_what_is_given() -> None:
    """The scenario's settings hold where nothing else is given."""
    scenario = Scenario.parse(
        'symbols = ["ETH/USD"]\nseed = 3\nrate = 20\n[[account]]\nname = "carol"\nbalances = { USD = "12.5" }', "s"
    )
    async with simulate(scenario) as said:
        assert (said.symbols, said.seed, said.rate, list(said.accounts)) == (("ETH/USD",), 3, 20.0, ["carol"])
        assert said.accounts["carol"].balances() == {"USD": 125 * 10**9}
    given = simulate(scenario, symbols=2, seed=4, rate=0, accounts=[AccountPlan(name="dave")])
    assert (given.symbols, given.seed, given.rate) == (("BTC/USD", "ETH/USD"), 4, 0)
    assert list(given.accounts) == ["dave"]


async def test_a_crash_and_the_way_back() -> None:
    """Within seconds the price has fallen by most of the fraction; minutes later most of it is made up for."""
    async with simulate("flash-crash", symbols=["BTC/USD"]) as simulator:
        simulator.advance(19.9)
        before = middle(simulator, "BTC/USD")
        lowest = before
        for _ in range(60):
            simulator.advance(0.5)
            lowest = min(lowest, middle(simulator, "BTC/USD"))
        assert lowest < before * Decimal("0.95")
        simulator.advance(240.0)
        assert middle(simulator, "BTC/USD") > (lowest + before) / 2


async def test_moods() -> None:
    """A volatile market has more to tell than a calm one, and it changes at its moment."""
    scenario = Scenario.parse(
        "symbols = 1\nrate = 50\n[[regime]]\nname = 'calm'\n[[regime]]\nat = 30\nname = 'volatile'", "s"
    )
    async with simulate(scenario) as simulator:
        simulator.advance(30.0)
        calm = simulator.statistics().messages
        simulator.advance(30.0)
        assert simulator.statistics().messages - calm > 3 * calm


async def test_maintenance_as_a_client_sees_it(dial: Callable[[str], Any]) -> None:
    """The status channel tells each step: announced, on its way, and over; meanwhile nothing trades."""
    scenario = Scenario.parse(
        "symbols = 1\n[[maintenance]]\nat = 40\nannounced = 35\nseconds = 10\ncancel_only = 5\npost_only = 5", "s"
    )
    async with simulate(scenario) as simulator:
        peer = await dial(simulator.url)
        told: list[tuple[str, str | None, float | None]] = []

        async def listen() -> None:
            for frame in await peer.everything():
                (state,) = json.loads(frame)["data"]
                (ahead,) = state["upcoming_maintenance"] or [{}]
                told.append((state["system"], ahead.get("phase"), ahead.get("time_to_start_s")))

        await listen()
        for _ in range(62):
            simulator.advance(1.0)
            await listen()
            if told[-1][0] == "maintenance":
                quiet = simulator.ladder("BTC/USD")
        assert told == [
            ("online", None, None),
            ("online", "announced", 35),
            ("online", "final_warning_30s", 30),
            ("maintenance", "final_warning_30s", 0),
            ("cancel_only", "final_warning_30s", 0),
            ("post_only", "final_warning_30s", 0),
            ("online", "final_warning_30s", 0),
            ("online", None, None),
        ]
        assert simulator.ladder("BTC/USD") != quiet


async def test_faults_at_their_moment(dial: Callable[[str], Any]) -> None:
    """One message is lost at its moment, and from another on one every second."""
    scenario = Scenario.parse(
        """
        symbols = 1
        rate = 50
        [[fault]]
        at = 2
        kind = "drop"
        symbol = "BTC/USD"
        [[fault]]
        at = 10
        every = 1
        until = 14
        kinds = { drop = 1, duplicate = 1 }
        """,
        "s",
    )
    async with simulate(scenario) as simulator:
        peer = await dial(simulator.url)
        await peer.book("BTC/USD")
        simulator.advance(1.9)
        assert simulator.faults == []
        simulator.advance(2.0)
        assert [fault.kind for fault in simulator.faults] == ["drop"]
        simulator.advance(30.0)
        assert len(simulator.faults) == 1 + 5
        assert {fault.kind for fault in simulator.faults} == {"drop", "duplicate"}


@pytest.mark.parametrize("name", Scenario.names())
async def test_the_ready_ones_play(name: str, dial: Callable[[str], Any]) -> None:
    """A minute of each, with a new reader every now and then, who may be turned away."""
    async with simulate(name, symbols=["BTC/USD", "ETH/USD"]) as simulator:
        for _ in range(12):
            with contextlib.suppress(aiohttp.ClientError):
                peer = await dial(simulator.url)
                await peer.send("subscribe", channel="book", symbol=["BTC/USD", "ETH/USD"])
            for _ in range(50):
                await asyncio.sleep(0)
            simulator.advance(5.0)
        statistics = simulator.statistics()
    assert statistics.seconds == 60.0
    assert statistics.frames > 100
    flaky = {"drop", "corrupt", "delay", "stall"}
    assert flaky <= statistics.faults.keys() if name == "flaky-network" else not statistics.faults


def test_what_it_needs_has_to_be_listed() -> None:
    """A simulator refuses a scenario about a pair that it does not have."""
    with pytest.raises(ConfigurationError, match="scenario flash-crash needs BTC/USD, which is not listed"):
        simulate("flash-crash", symbols=["ETH/USD"])
