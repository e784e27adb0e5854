"""A small chaos, and a judge that would notice."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from chaos.course import Plan, chaos
from chaos.journal import Closing, Ended, Filled, Journal, Meant, Refused, Wish, read
from chaos.judge import Judge, decimal
from msgspec.structs import replace

from havklo.sim.trading.ticket import Ticket
from havklo.testing import AccountPlan, ManualClock, Simulator

PLAN = Plan(orders=30, symbols=4, kill_every=12, outages=1, fault_every=0.4)


async def test_bot_and_exchange_agree(tmp_path: Path) -> None:
    """Cut connections, lost acks, kills, and a ladder that is filled unseen: not a digit differs."""
    outcome = await chaos(PLAN, tmp_path)
    assert outcome.failures == []


@pytest.fixture
async def exchange() -> AsyncIterator[Simulator]:
    """An exchange whose account "bot" has bought something, and has an open order."""
    async with Simulator(["BTC/USD"], rate=0, clock=ManualClock(), accounts=[AccountPlan(name="bot")]) as simulator:
        ask(simulator, "a", order_type="market", order_qty=Decimal("0.5"))
        ask(simulator, "b", order_type="limit", order_qty=Decimal(1), limit_price=Decimal(60_000))
        ask(simulator, "b", method="cancel_order")
        yield simulator


def ask(simulator: Simulator, name: str, *, method: str = "add_order", **params: Any) -> None:
    """A request of the account."""
    account, now = simulator.accounts["bot"], simulator.clock.epoch_ns()
    asked: dict[str, Any] = {"cl_ord_id": [name]}
    if method == "add_order":
        asked = {"symbol": "BTC/USD", "side": "buy", "cl_ord_id": name, **params}
    assert all(answer.success for answer in simulator._kraken.desk.request(account, method, asked, now))


def told(ticket: Ticket) -> Ended:
    """A true account of an order."""
    pair = ticket.pair
    limit = ticket.limit_price
    return Ended(
        key=f"key {ticket.cl_ord_id}",
        order_id=ticket.order_id,
        cl_ord_id=ticket.cl_ord_id,
        state=ticket.status,
        order_qty=Decimal(ticket.qty).scaleb(-pair.qty_precision),
        limit_price=None if limit is None else Decimal(limit).scaleb(-pair.price_precision),
        cum_qty=Decimal(ticket.filled).scaleb(-pair.qty_precision),
        cost=decimal(ticket.cost),
        fees={asset: decimal(units) for asset, units in ticket.fees.items()},
        fills=[
            Filled(
                each.exec_id,
                Decimal(each.price).scaleb(-pair.price_precision),
                Decimal(each.qty).scaleb(-pair.qty_precision),
                decimal(each.cost),
                {each.fee.asset: decimal(each.fee.units)},
            )
            for each in ticket.executions
        ],
    )


def closing(simulator: Simulator) -> Closing:
    """The true balances."""
    balances = simulator.accounts["bot"].balances()
    return Closing(balances={asset: decimal(units) for asset, units in balances.items()}, open=[])


def judged(simulator: Simulator, entries: list[Any]) -> list[str]:
    """What a judge finds wrong in a journal."""
    judge = Judge(simulator, "bot")
    for entry in entries:
        judge.take(entry)
    return judge.judge().wrong


def meant(name: str) -> Meant:
    """An order that was meant."""
    return Meant(Wish(key=f"key {name}", symbol="BTC/USD", side="buy", qty=Decimal(1)))


def story(simulator: Simulator) -> list[Any]:
    """A journal that is true to the last digit."""
    tickets = simulator.orders("bot", closed=True)
    assert [ticket.status for ticket in tickets] == ["filled", "canceled"]
    assert len(tickets[0].executions) > 2
    return [meant("a"), meant("b"), *map(told, tickets), closing(simulator)]


def test_the_truth_is_right(exchange: Simulator) -> None:
    """Nothing is found in it."""
    assert judged(exchange, story(exchange)) == []


LIES: dict[str, dict[str, Any]] = {
    "state": {"state": "canceled"},
    "an id": {"order_id": "OXXXXX-XXXXX-XXXXXX"},
    "a name": {"cl_ord_id": "c"},
    "a quantity": {"order_qty": Decimal("0.50000001")},
    "what was filled": {"cum_qty": Decimal("0.49999999")},
    "what it cost": {"cost": Decimal("32000.00001")},
    "a fee": {"fees": {"USD": Decimal("0.00001")}},
    "no fees": {"fees": {}},
    "no fills": {"fills": []},
    "rejected": {"state": "rejected"},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_noticed(exchange: Simulator, lie: str) -> None:
    """One value of one order that is not so."""
    entries = story(exchange)
    entries[2] = replace(entries[2], **LIES[lie])
    assert judged(exchange, entries)


def test_fills_are_compared_one_by_one(exchange: Simulator) -> None:
    """One that is changed, told twice, made up or left out."""
    entries = story(exchange)
    first, *rest = entries[2].fills

    def with_fills(*fills: Filled) -> list[str]:
        return judged(exchange, [*entries[:2], replace(entries[2], fills=list(fills)), *entries[3:]])

    assert with_fills(first, *rest) == []
    assert with_fills(replace(first, price=first.price + 1), *rest)
    assert with_fills(first, first, *rest[1:])
    assert with_fills(first, *rest, replace(first, exec_id="T"))
    assert with_fills(*rest)


@pytest.mark.parametrize("number", [2, 3, 4])
def test_what_is_not_told_is_noticed(exchange: Simulator, number: int) -> None:
    """An order that the exchange has and nobody knows of, and missing balances."""
    entries = story(exchange)
    del entries[number]
    assert judged(exchange, entries)


def test_a_refused_order_must_not_be_there(exchange: Simulator) -> None:
    """A journal that says an order was refused, while it was not; and one that tells the same end twice."""
    entries = story(exchange)
    assert judged(exchange, [*entries[:2], Refused("key a", "Error"), *entries[3:]])
    assert judged(exchange, [*entries, entries[2]])
    assert judged(exchange, [*entries, meant("a")])


def test_money_is_compared(exchange: Simulator) -> None:
    """The last digit of a balance, and an order that is not open."""
    entries = story(exchange)
    balances = dict(entries[4].balances)
    balances["USD"] += Decimal("1E-10")
    assert judged(exchange, [*entries[:4], replace(entries[4], balances=balances)])
    assert judged(exchange, [*entries[:4], replace(entries[4], open=["OXXXXX-XXXXX-XXXXXX"])])


def test_two_orders_of_one_name_are_noticed(exchange: Simulator) -> None:
    """An order that was sent twice is two orders."""
    ask(exchange, "a", order_type="market", order_qty=Decimal("0.5"))
    entries = story_of_three(exchange)
    assert any("stands for 2 orders" in text for text in judged(exchange, entries))


def story_of_three(simulator: Simulator) -> list[Any]:
    """Every order told truly, each under a key of its own."""
    tickets = simulator.orders("bot", closed=True)
    ends = [replace(told(ticket), key=f"key {number}") for number, ticket in enumerate(tickets)]
    return [*(meant(str(number)) for number in range(len(tickets))), *ends, closing(simulator)]


def test_a_journal_survives_its_writer(tmp_path: Path) -> None:
    """Half a line at the end is left out, and the next writer begins a line of its own."""
    path = tmp_path / "journal"
    first, second = meant("a"), Refused("key a", "Error")
    Journal(path).write(first)
    with path.open("ab") as file:
        file.write(b'{"type":"refused","ke')
    assert [entry for entry, _ in read(path)] == [first]
    journal = Journal(path)
    journal.write(second)
    journal.close()
    entries = list(read(path))
    assert [entry for entry, _ in entries] == [first, second]
    assert [entry for entry, _ in read(path, entries[0][1])] == [second]
