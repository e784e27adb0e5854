"""What requests cost on the rate counter, to the last digit."""

from decimal import Decimal
from typing import Any

import pytest

from havklo.sim.accounts.account import Account
from sim.trading.world import SECOND, World

BUY: dict[str, Any] = {"side": "buy", "order_type": "limit", "order_qty": Decimal("0.01"), "limit_price": 40_000}


def count(world: World, account: Account, symbol: str = "BTC/USD") -> Decimal:
    """The counter now."""
    return world.desk.rate_count(account, symbol, world.now_ns)


def test_the_documentations_example(world: World) -> None:
    """Add, amend 7 s later, cancel another 36 s later: 1, 1 + 2 and 4, which make 8 without the decay."""
    account = world.account("example", tier="intermediate")
    ticket = world.add(account, "buy", "1", "40000")
    assert count(world, account) == 1
    world.now_ns += 7 * SECOND
    assert count(world, account) == 0
    world.ask(account, "amend_order", order_id=ticket.order_id, order_qty=2)
    assert count(world, account) == 3
    world.now_ns += SECOND
    assert count(world, account) == Decimal("0.66")
    world.now_ns += 35 * SECOND
    world.ask(account, "cancel_order", order_id=[ticket.order_id])
    assert count(world, account) == 4
    world.now_ns += SECOND // 2
    assert count(world, account) == Decimal("2.83")


@pytest.mark.parametrize(
    ("age", "amend", "edit", "cancel"),
    [
        ("0", 4, 7, 8),
        ("4.999999999", 4, 7, 8),
        ("5", 3, 6, 6),
        ("10", 2, 5, 5),
        ("15", 1, 3, 4),
        ("45", 1, 2, 2),
        ("90", 1, 1, 1),
        ("300", 1, 1, 0),
    ],
)
def test_costs_by_age(world: World, alice: Account, age: str, amend: int, edit: int, cancel: int) -> None:
    """A young order costs more; its age counts from creation or the last amend."""
    tickets = [world.add(alice, "buy", "0.1", str(40_000 + n)) for n in range(3)]
    world.now_ns += 1_000 * SECOND
    for ticket in tickets:
        ticket.aged_ns = world.now_ns - int(Decimal(age) * SECOND)
    ids = [ticket.order_id for ticket in tickets]
    world.ask(alice, "amend_order", order_id=ids[0], order_qty=1)
    assert count(world, alice) == amend
    assert tickets[0].aged_ns >= world.now_ns
    world.ask(alice, "edit_order", order_id=ids[1], symbol="BTC/USD")
    assert count(world, alice) == amend + edit
    world.ask(alice, "cancel_order", order_id=[ids[2]])
    assert count(world, alice) == amend + edit + cancel


def test_costs_of_refused_requests(world: World, alice: Account) -> None:
    """The fixed part counts whatever comes of the request, the part for youth only if it is done."""
    ticket = world.add(alice, "buy", "1", "40000")
    world.refusal(alice, "add_order", symbol="BTC/USD", **BUY | {"side": "up"})
    assert count(world, alice) == 2
    world.refusal(alice, "amend_order", order_id=ticket.order_id, limit_price=0)
    assert count(world, alice) == 3
    world.refusal(alice, "edit_order", order_id=ticket.order_id, symbol="BTC/USD", limit_price=0)
    assert count(world, alice) == 4
    world.refusal(alice, "amend_order", order_id=ticket.order_id, order_qty=3)
    assert count(world, alice) == 5
    world.refusal(alice, "edit_order", order_id=ticket.order_id, symbol="BTC/USD", order_qty=3)
    assert count(world, alice) == 6
    world.refusal(alice, "cancel_order", order_id=["O"])
    world.refusal(alice, "amend_order", order_id="O", order_qty=1)
    assert count(world, alice) == 6


def test_costs_of_batches(world: World, alice: Account) -> None:
    """Half a point for each new order, and the cancel cost of each cancelled one; cancel_all is free."""
    result = world.ask(alice, "batch_add", symbol="BTC/USD", orders=[BUY] * 3)
    assert count(world, alice) == Decimal("1.5")
    world.ask(alice, "batch_cancel", orders=[entry["order_id"] for entry in result[:2]])
    assert count(world, alice) == Decimal("17.5")
    world.ask(alice, "cancel_all")
    assert count(world, alice) == Decimal("17.5")


def test_over_the_threshold(world: World, alice: Account) -> None:
    """A pro account has 180: then adds, amends and cancels are refused, a batch cancel is not."""
    orders = [world.add(alice, "buy", "0.01", "40000") for _ in range(22)]
    for ticket in orders[:19]:
        world.ask(alice, "cancel_order", order_id=[ticket.order_id])
    assert count(world, alice) == 22 + 19 * 8
    ids = [ticket.order_id for ticket in orders[19:]]
    assert world.refusal(alice, "cancel_order", order_id=[ids[0]]) == "EOrder:Rate limit exceeded"
    assert count(world, alice) == 174
    for _ in range(6):
        world.refusal(alice, "add_order", symbol="BTC/USD", **BUY | {"side": "up"})
    assert world.refusal(alice, "add_order", symbol="BTC/USD", **BUY) == "EOrder:Rate limit exceeded"
    assert world.refusal(alice, "amend_order", order_id=ids[0], order_qty=1) == "EOrder:Rate limit exceeded"
    assert world.refusal(alice, "batch_add", symbol="BTC/USD", orders=[BUY] * 2) == "EOrder:Rate limit exceeded"
    assert world.ask(alice, "batch_cancel", orders=ids) == {"count": 3}
    assert count(world, alice) == 180 + 1 + 1 + 1 + 24
    assert world.desk.open_orders(alice) == []


def test_each_pair_counts_for_itself(world: World, alice: Account, bob: Account) -> None:
    """And each account."""
    world.add(alice, "buy", "1", "40000")
    assert (count(world, alice), count(world, alice, "ETH/USD"), count(world, bob)) == (1, 0, 0)
