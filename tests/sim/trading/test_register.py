"""How many closed orders are remembered."""

from havklo.sim.accounts.account import Account
from sim.trading.world import World


def test_the_oldest_closed_orders_are_forgotten(world: World, alice: Account) -> None:
    """The last ten thousand of an account can be found; a name goes with its last order."""
    register = world.desk._dealer.register  # pyright: ignore[reportPrivateUsage]
    first = world.add(alice, "buy", "0.01", "40000", cl_ord_id="first")
    world.ask(alice, "cancel_all")
    tickets = [world.add(alice, "buy", "0.01", "40000", cl_ord_id="again")]
    world.ask(alice, "cancel_all")
    assert world.desk.find(alice, "first") is first
    for _ in range(9_999):
        ticket = world.desk._dealer.ticket(alice, first.terms, "BTC/USD", world.now_ns)  # pyright: ignore[reportPrivateUsage]
        register.add(ticket)
        ticket.end("canceled", world.now_ns, "User requested")
        register.close(ticket)
        tickets.append(ticket)
    assert world.desk.closed_orders(alice) == tickets
    assert world.desk.ticket(first.order_id) is None
    assert world.desk.find(alice, "first") is tickets[-1]
    register.close(world.add(alice, "buy", "0.01", "40000"))
    assert world.desk.find(alice, "again") is None
