"""Idempotency keys: one key is one order, whatever happens to the process, the file or the connection."""

import asyncio
import os
import stat
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from havklo import Limit, Market, OrderRejected, Simulator
from havklo.clock import ManualClock
from havklo.errors import ConfigurationError, Disconnected, RiskLimitExceeded
from havklo.orders import RiskLimits, wire
from havklo.orders.keys import KeyFile, Placed
from trading.exchange import BTC, agree, passing, trading, wait


def bid(sim: Simulator) -> Decimal:
    """The best bid."""
    return Decimal(sim.ladder(BTC, 1)[0][0][0])


def simulator() -> Simulator:
    """One whose time stands."""
    return Simulator([BTC], rate=0, clock=ManualClock(), accounts=["trader:pro", "other:pro"])


async def test_the_same_key_twice(tmp_path: Path) -> None:
    """In one process: one order, also when both ask at the same time."""
    async with simulator() as sim, trading(sim, order_keys=tmp_path / "keys") as (kraken, _):
        request = Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50)
        first, second = await asyncio.gather(
            kraken.orders.place(request, key="a"), kraken.orders.place(request, key="a")
        )
        assert first is second
        assert first.key == "a"
        assert await kraken.orders.place(request, key="b") is not first
        assert len(sim.orders("trader")) == 2


async def test_a_key_outlives_the_process(tmp_path: Path) -> None:
    """A later client with the same file gets the order that is open, and the one that is over, and sends nothing."""
    async with simulator() as sim:
        price = bid(sim) - 50
        resting = Limit(BTC, "buy", qty="0.01", price=price)
        taking = Market(BTC, "buy", qty="0.02")
        keys = tmp_path / "folder" / "keys"
        async with trading(sim, order_keys=keys) as (kraken, _):
            one = await kraken.orders.place(resting, key="resting")
            two = await kraken.orders.place(taking, key="taking")
            await passing(sim, two.done(timeout=5))
        assert stat.S_IMODE(keys.stat().st_mode) == 0o600
        async with trading(sim, order_keys=keys) as (kraken, _):
            again = await passing(sim, kraken.orders.place(resting, key="resting"))
            assert (again.order_id, again.state, again.request) == (one.order_id, "new", resting)
            over = await kraken.orders.place(taking, key="taking")
            assert over.state == "filled"
            assert (over.order_id, over.fills(), over.fees, over.cost) == (
                two.order_id,
                two.fills(),
                two.fees,
                two.cost,
            )
            await over.done(timeout=5)
            await again.cancel()
            agree(sim, kraken, again)
        async with trading(sim, order_keys=keys) as (kraken, _):
            assert (await kraken.orders.place(resting, key="resting")).state == "canceled"
        every = sim.orders("trader") + sim.orders("trader", closed=True)
        assert len(every) == 2


async def test_the_last_limit_outlives_the_process(tmp_path: Path) -> None:
    """What an amend has left is what the next process is told of an order that is over."""
    async with simulator() as sim:
        request = Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50)
        async with trading(sim, order_keys=tmp_path / "keys") as (kraken, _):
            order = await kraken.orders.place(request, key="k")
            await order.amend(price=bid(sim) - 60, qty="0.02")
            await order.cancel()
            await passing(sim, order.done(timeout=5))
        async with trading(sim, order_keys=tmp_path / "keys") as (kraken, _):
            again = await kraken.orders.place(request, key="k")
            assert (again.state, again.limit_price, again.order_qty) == ("canceled", bid(sim) - 60, Decimal("0.02"))


def crashed(path: Path, sim: Simulator, request: Any, name: str, age: float) -> None:
    """What a process leaves behind that dies between writing the key down and hearing of the order."""
    now = sim.clock.epoch_ns() - round(age * 1e9)
    KeyFile(path).claim(
        "k",
        lambda: Placed(
            key="k",
            cl_ord_id=name,
            sent=now,
            deadline=now + 6_000_000_000,
            request=wire.msgspec.Raw(wire.record(request)),
        ),
    )


async def test_a_process_that_dies_before_it_hears_of_its_order(tmp_path: Path) -> None:
    """Whether the order was accepted, filled meanwhile, or never arrived is found out; nothing is sent."""
    async with simulator() as sim:
        name = "6d1b345e28214 0e2".replace(" ", "")
        request = Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50, cl_ord_id=name)
        crashed(tmp_path / "lost", sim, request, name, 1)
        async with trading(sim, order_keys=tmp_path / "lost") as (kraken, _):
            with pytest.raises(OrderRejected, match="never accepted"):
                await passing(sim, kraken.orders.place(request, key="k", timeout=30))
            with pytest.raises(OrderRejected, match="never accepted"):
                await passing(sim, kraken.orders.place(request, key="k", timeout=30))
        async with trading(sim, order_keys=tmp_path / "lost") as (kraken, _):
            with pytest.raises(OrderRejected, match="never accepted"):
                await passing(sim, kraken.orders.place(request, key="k"))
        assert not sim.orders("trader")
        for kind, state in ((request, "canceled"), (Market(BTC, "buy", qty="0.02"), "filled")):
            async with trading(sim) as (kraken, _):
                sent = await kraken.orders.place(kind)
                await (sent.cancel() if state == "canceled" else passing(sim, sent.done(timeout=5)))
            path = tmp_path / state
            crashed(path, sim, kind, sent.cl_ord_id or "", 20)
            async with trading(sim, order_keys=path) as (kraken, _):
                order = await passing(sim, kraken.orders.place(kind, key="k", timeout=30))
                await passing(sim, order.done(timeout=30))
                assert order.order_id == sent.order_id
                agree(sim, kraken, order) if state == "filled" else None
                assert (order.state, order.cum_qty, order.fees) == (state, sent.cum_qty, sent.fees)


async def test_what_was_not_sent_is_not_written_down(tmp_path: Path) -> None:
    """A key whose order was refused here is free; one with which nothing can be found again is refused."""
    limits = RiskLimits(max_qty={BTC: Decimal("0.05")})
    async with simulator() as sim, trading(sim, order_keys=tmp_path / "keys", risk=limits) as (kraken, _):
        price = bid(sim) - 50
        with pytest.raises(RiskLimitExceeded):
            await kraken.orders.place(Limit(BTC, "buy", qty="0.1", price=price), key="a")
        assert (await kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=price), key="a")).state
        with pytest.raises(ConfigurationError, match="order_userref"):
            await kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=price, order_userref=4), key="b")
        with pytest.raises(ConfigurationError, match="validated has no key"):
            await kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=price), key="c", validate=True)
        assert len(sim.orders("trader")) == 1


async def test_a_key_whose_order_could_not_be_sent(tmp_path: Path) -> None:
    """The connection was lost before it went out: the key is free again, in the file, too."""
    async with simulator() as sim, trading(sim, order_keys=tmp_path / "keys") as (kraken, _):
        await kraken.orders.start()
        request = Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50)
        file = KeyFile(tmp_path / "keys")
        sim.inject("refuse", role="private", seconds=30)
        sim.inject("disconnect", role="private")
        await wait(sim, lambda: not kraken.orders.is_live)
        with pytest.raises(Disconnected, match="nothing was sent"):
            await passing(sim, kraken.orders.place(request, key="a", timeout=2))
        assert file.find("a") is None
        order = await passing(sim, kraken.orders.place(request, key="a", timeout=60))
        assert file.find("a") is not None
        assert len(sim.orders("trader")) == 1
        assert order.key == "a"


def test_a_damaged_file(tmp_path: Path) -> None:
    """A line that was cut off stands for nothing, and the next one begins on a line of its own."""
    path = tmp_path / "keys"
    placed = Placed(key="a", cl_ord_id="n", sent=1, deadline=2, request=b"{}")  # type: ignore[arg-type]
    assert KeyFile(path).claim("a", lambda: placed)[2]
    with path.open("ab") as file:
        file.write(b'{"type":"placed","key":"b"')
    fresh = KeyFile(path)
    assert fresh.find("b") is None
    assert fresh.claim("b", lambda: Placed(key="b", cl_ord_id="m", sent=1, deadline=2, request=placed.request))[2]
    assert KeyFile(path).find("b") is not None
    assert not KeyFile(path).claim("a", lambda: placed)[2]
    with path.open("ab") as file:
        file.write(b"nonsense\n")
    assert KeyFile(path).find("a") is not None
    os.chmod(tmp_path, 0o700)  # noqa: PTH101
    assert "KeyFile" in repr(fresh)


def test_a_file_that_can_not_be_used(tmp_path: Path) -> None:
    """Then nothing is sent."""
    folder = tmp_path / "keys"
    folder.mkdir()
    with pytest.raises(ConfigurationError, match="can't be used"):
        KeyFile(folder).find("a")
    with pytest.raises(ConfigurationError, match="can't be used"):
        KeyFile(folder).claim("a", lambda: Placed(key="a", cl_ord_id="n", sent=1, deadline=2, request=b"{}"))  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="can't be used"):
        KeyFile(folder).release("a")


def test_two_processes_share_a_file(tmp_path: Path) -> None:
    """Each sees what the other has claimed, ended and released."""
    one, two = KeyFile(tmp_path / "keys"), KeyFile(tmp_path / "keys")
    make = lambda key: Placed(key=key, cl_ord_id=key, sent=1, deadline=2, request=b"{}")  # type: ignore[arg-type]  # noqa: E731
    assert one.claim("a", lambda: make("a"))[2]
    assert not two.claim("a", lambda: make("a"))[2]
    two.release("a")
    assert one.claim("a", lambda: make("a"))[2]
