"""What is taken while the engine or a pair is not online."""

from typing import Any

import pytest

from havklo.sim.accounts.account import Account
from sim.trading.world import World

LIMIT: dict[str, Any] = {
    "symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 1, "limit_price": 40_000,
}  # fmt: skip
MARKET: dict[str, Any] = {"symbol": "BTC/USD", "side": "buy", "order_type": "market", "order_qty": 1}
POST: dict[str, Any] = LIMIT | {"post_only": True}


@pytest.mark.parametrize(
    ("state", "taken"),
    [
        ("online", {"limit", "market", "post", "amend", "amend_post", "cancel", "batch_cancel"}),
        ("maintenance", set[str]()),
        ("cancel_only", {"cancel", "batch_cancel"}),
        ("post_only", {"post", "amend_post", "cancel", "batch_cancel"}),
    ],
)
@pytest.mark.parametrize("pair", [False, True])
def test_what_is_taken(world: World, alice: Account, state: Any, taken: set[str], *, pair: bool) -> None:
    """Of the engine's state and the pair's, the stricter one counts."""
    plain, post = world.add(alice, "buy", "0.1", "40000"), world.add(alice, "buy", "0.1", "40000", post_only=True)
    world.crowd("sell", 50_000, 10_000)
    if pair:
        world.exchange.set_status("BTC/USD", state, world.now_ns)
    else:
        world.exchange.set_system(state, world.now_ns)
    validate = {"validate": True}
    requests = {
        "limit": ("add_order", LIMIT | validate),
        "market": ("add_order", MARKET | validate),
        "post": ("add_order", POST | validate),
        "amend": ("amend_order", {"order_id": plain.order_id, "order_qty": 1}),
        "amend_post": ("amend_order", {"order_id": post.order_id, "order_qty": 1}),
        "cancel": ("cancel_order", {"order_id": [plain.order_id]}),
    }
    done = {name for name, (method, params) in requests.items() if world.request(alice, method, **params)[0].success}
    world.request(alice, "batch_cancel", orders=[post.order_id, "O"])
    if not post.open:
        done.add("batch_cancel")
    assert done == taken


def test_a_pair_that_takes_limits_only(world: World, alice: Account) -> None:
    """Then nothing may take at any price."""
    world.exchange.set_status("BTC/USD", "limit_only", world.now_ns)
    world.ask(alice, "add_order", **LIMIT)
    stop = {"order_type": "stop-loss", "triggers": {"price": 60_000}}
    assert world.refusal(alice, "add_order", **MARKET | stop) == "EService:Market in limit_only mode"
    # The other pair is not concerned.
    world.ask(alice, "add_order", **MARKET | {"symbol": "ETH/USD"})


def test_a_pair_that_takes_only_what_reduces(world: World, alice: Account) -> None:
    """Reduce-only orders close positions there."""
    world.crowd("sell", 50_000, 10_000)
    world.add(alice, "buy", "1", margin=True)
    world.exchange.set_status("BTC/USD", "reduce_only", world.now_ns)
    assert world.refusal(alice, "add_order", **LIMIT) == "EService:Market in reduce_only mode"
    world.ask(alice, "add_order", **LIMIT | {"side": "sell", "margin": True, "reduce_only": True})


def test_cancels_in_a_pair_under_maintenance(world: World, alice: Account) -> None:
    """They are refused one by one; cancel_all takes the rest."""
    ticket = world.add(alice, "buy", "0.1", "40000")
    world.exchange.set_status("BTC/USD", "maintenance", world.now_ns)
    (answer,) = world.request(alice, "cancel_order", order_id=[ticket.order_id])
    assert (answer.error, answer.fields) == ("EService:Unavailable", {"order_id": ticket.order_id})
    assert world.ask(alice, "cancel_all") == {"count": 0}
    assert ticket.open
