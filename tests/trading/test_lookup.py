"""Looking orders up by REST: in rounds, at a pace, and each answer counts as soon as it is there."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from havklo._protocol.trading.record import Record
from havklo.clock import ManualClock
from havklo.errors import ApiRateLimited, RestError
from havklo.orders.lookup import Lookups, RestPace

SECOND = 1_000_000_000
SENT = 1_800_000_000 * SECOND
LIMITED = "EAPI:Rate limit exceeded"


def row(name: str | None, *, status: str = "canceled", opened: int = 0, closed: int | None = 10, **fields: Any) -> Any:
    """An order as REST shows it; its moments in seconds after it was sent."""
    told = {"status": status, "opentm": SENT // SECOND + opened, "vol": "1", "vol_exec": "0", "cost": "0", "fee": "0"}
    told |= {} if name is None else {"cl_ord_id": name}
    told |= {} if closed is None else {"closetm": SENT // SECOND + closed}
    return told | {"descr": {"type": "buy", "ordertype": "limit"}} | fields


class Kraken:
    """A REST interface with some orders, that refuses what it is told to refuse."""

    def __init__(self) -> None:
        self.open: dict[str, Any] = {}
        self.closed: dict[str, Any] = {}
        self.trades: dict[str, Any] = {}
        self.refusals: list[Exception] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def __call__(self, path: str, params: Mapping[str, str | int]) -> Any:
        """Answer, or refuse."""
        method = path.rpartition("/")[2]
        self.asked.append((method, dict(params)))
        await asyncio.sleep(0)
        if self.refusals:
            raise self.refusals.pop(0)
        if method == "OpenOrders":
            return {"open": self.open}
        if method == "QueryTrades":
            return {name: self.trades[name] for name in str(params["txid"]).split(",")}
        named = params.get("cl_ord_id")
        rows = {name: each for name, each in self.closed.items() if named in (None, each.get("cl_ord_id"))}
        start = int(params.get("ofs", 0))
        return {"closed": dict(list(rows.items())[start : start + 50]), "count": len(rows)}

    @property
    def methods(self) -> list[str]:
        """What was asked."""
        return [method for method, _ in self.asked]


class Desk:
    """Whoever wants to know."""

    def __init__(self, kraken: Kraken, *, paced: bool = False) -> None:
        self.clock = ManualClock()
        self.kraken = kraken
        self.found: dict[Record, Any] = {}
        self.rounds: list[list[Record]] = []
        self.failed: list[Record] = []
        self.crashes: list[Exception] = []
        self.lookups = Lookups(
            RestPace(kraken, self.clock, "pro") if paced else kraken,
            since_ns=lambda record: SENT if record.sent_at is not None else 0,
            found=self._take,
            failed=self.failed.extend,
            crash=self.crashes.append,
        )

    def _take(self, found: Any) -> None:
        self.rounds.append(list(found))
        self.found |= found

    async def settle(self) -> None:
        """Let everything happen that needs no time."""
        for _ in range(500):
            await asyncio.sleep(0)

    async def look(self, *records: Record) -> None:
        """Look orders up; no time passes."""
        self.lookups.want(records)
        await self.settle()


@asynccontextmanager
async def looking(kraken: Kraken, *, paced: bool = False) -> AsyncIterator[Desk]:
    """A desk that is closed in the end."""
    desk = Desk(kraken, paced=paced)
    try:
        yield desk
    finally:
        desk.lookups.close()
        await desk.settle()
        assert desk.crashes == []


def sent(name: str | None = None, **fields: Any) -> Record:
    """An order that was sent from here."""
    record = Record(cl_ord_id=name)
    record.own, record.sent_at, record.symbol, record.side = True, 1, "BTC/USD", "buy"
    for field, value in fields.items():
        setattr(record, field, value)
    return record


async def test_open_orders_are_asked_for_first() -> None:
    """What is among them needs no second question; a few that are not are asked for by their names."""
    kraken = Kraken()
    kraken.open["O1"] = row("a", status="open", closed=None)
    kraken.closed["O2"] = row("b")
    async with looking(kraken) as desk:
        one, two, none = sent("a"), sent("b"), sent("c")
        await desk.look(one)
        assert (kraken.methods, desk.found[one][0].order_id) == (["OpenOrders"], "O1")
        kraken.asked.clear()
        await desk.look(two, none)
        assert [params.get("cl_ord_id") for _, params in kraken.asked] == [None, "b", "c"]
        assert desk.found[two][0].order_id == "O2"
        assert desk.found[none] == (None, [])


async def test_many_are_told_by_pages() -> None:
    """The pages go back to when an order was sent: one that is in none of them is not there."""
    kraken = Kraken()
    kraken.closed = {f"O{n}": row(f"n{n}", closed=500 - n) for n in range(120)}
    async with looking(kraken) as desk:
        known = [sent(f"n{n}") for n in (0, 60, 119)]
        absent = [sent(f"x{n}") for n in range(40)]
        await desk.look(*known, *absent)
        assert kraken.methods == ["OpenOrders", *["ClosedOrders"] * 3]
        assert [params.get("ofs") for _, params in kraken.asked[1:]] == [0, 50, 100]
        assert [desk.found[record][0].order_id for record in known] == ["O0", "O60", "O119"]
        assert all(desk.found[record] == (None, []) for record in absent)
        assert [len(each) for each in desk.rounds] == [1, 1, 40, 1]


async def test_pages_end_where_all_is_older() -> None:
    """What ended a minute before an order was sent has nothing to say about it."""
    kraken = Kraken()
    kraken.closed = {f"O{n}": row(f"n{n}", opened=-999, closed=-70 - n) for n in range(500)}
    async with looking(kraken) as desk:
        absent = [sent(f"x{n}") for n in range(5)]
        await desk.look(*absent)
        assert kraken.methods == ["OpenOrders", "ClosedOrders"]
        assert all(desk.found[record] == (None, []) for record in absent)


async def test_what_no_page_tells_is_asked_for_by_name() -> None:
    """Ten pages are enough; what has no name is not found then."""
    kraken = Kraken()
    kraken.closed = {f"O{n}": row(f"n{n}", closed=2_000 - n) for n in range(700)}
    async with looking(kraken) as desk:
        far, nameless, absent = sent("n650"), sent(order_userref=7), sent("x")
        await desk.look(far, nameless, absent)
        assert kraken.methods == ["OpenOrders", *["ClosedOrders"] * 12]
        assert [params["cl_ord_id"] for _, params in kraken.asked[11:]] == ["n650", "x"]
        assert desk.found[far][0].order_id == "O650"
        assert desk.found[nameless] == desk.found[absent] == (None, [])


async def test_an_older_order_of_the_same_name_is_another_one() -> None:
    """It was opened before this one was sent; an id or a number that fits is enough otherwise."""
    kraken = Kraken()
    kraken.closed["O1"] = row("a", opened=-3_600, closed=-3_500)
    kraken.open["O2"] = row(None, status="open", closed=None, userref=7, opened=-1)
    kraken.open["O3"] = row(None, status="open", closed=None, opened=-7_200)
    async with looking(kraken) as desk:
        named, numbered, found = sent("a"), sent(order_userref=7), Record(order_id="O3")
        numbered.order_qty = 1  # type: ignore[assignment]
        await desk.look(named, numbered, found)
        assert desk.found[named] == (None, [])
        assert [desk.found[each][0].order_id for each in (numbered, found)] == ["O2", "O3"]


async def test_fills_are_fetched_twenty_at_a_time() -> None:
    """Those that are not known, in the asset that the order's fee was taken in."""
    kraken = Kraken()
    names = [f"T{n}" for n in range(45)]
    kraken.closed["O1"] = row("a", status="closed", vol_exec="1", trades=names, oflags="fcib")
    kraken.trades = {
        name: {"ordertxid": "O1", "time": n, "price": "100", "vol": "0.1", "cost": "10", "fee": "0.01"}
        for n, name in enumerate(names)
    }
    async with looking(kraken) as desk:
        record = sent("a")
        await desk.look(record)
        (_, fills) = desk.found[record]
        assert [fill.exec_id for fill in fills] == names
        assert {fee.asset for fill in fills for fee in fill.fees} == {"BTC"}
        for fill in fills[:30]:
            record.add(fill, 1)
        kraken.asked.clear()
        await desk.look(record)
        assert kraken.methods == ["OpenOrders", "ClosedOrders", "QueryTrades"]
        assert [fill.exec_id for fill in desk.found[record][1]] == names[30:]


async def test_fills_of_many_orders_are_fetched_together() -> None:
    """Three questions for sixty orders; each order is told once it is whole, and one without news at once."""
    kraken = Kraken()
    orders = {f"a{n}": [f"T{n}.{fill}" for fill in range(n % 3)] for n in range(60)}
    for number, (name, names) in enumerate(orders.items()):
        taken = {"status": "closed", "vol_exec": "1", "trades": names, "oflags": "fcib" if number % 2 else "fciq"}
        (kraken.open if number < 10 else kraken.closed)[f"O{number}"] = row(name, closed=100 - number, **taken)
        kraken.trades |= {
            each: {"ordertxid": f"O{number}", "time": fill, "price": "100", "vol": "0.1", "cost": "10", "fee": "0.01"}
            for fill, each in enumerate(names)
        }
    async with looking(kraken) as desk:
        records = {name: sent(name) for name in orders}
        await desk.look(*records.values())
        told = {name: [fill.exec_id for fill in desk.found[records[name]][1]] for name in orders}
        assert told == orders
        for number, record in enumerate(records.values()):
            fills = desk.found[record][1]
            assert {fee.asset for fill in fills for fee in fill.fees} <= {"BTC" if number % 2 else "USD"}
        assert kraken.methods == ["OpenOrders", "QueryTrades", "ClosedOrders", *["QueryTrades"] * 3]
        assert sum(map(len, desk.rounds)) == 60  # each once
        assert all(len(str(params.get("txid", "")).split(",")) <= 20 for _, params in kraken.asked)


async def test_what_comes_meanwhile_has_a_round_of_its_own() -> None:
    """All of it together, when the present round is over."""
    kraken = Kraken()
    async with looking(kraken) as desk:
        desk.lookups.want([sent("a")])
        await asyncio.sleep(0)
        desk.lookups.want([sent("b")])
        desk.lookups.want([sent("c")])
        assert repr(desk.lookups) == "<Lookups: 2 wait>"
        await desk.settle()
        assert kraken.methods == ["OpenOrders", "ClosedOrders", "OpenOrders", "ClosedOrders", "ClosedOrders"]
        assert len(desk.found) == 3


async def test_what_was_answered_stays_answered() -> None:
    """A refusal in the middle concerns what is still open alone."""
    kraken = Kraken()
    kraken.open["O1"] = row("a", status="open", closed=None)
    async with looking(kraken) as desk:
        one, two = sent("a"), sent("b")

        async def refuse(path: str, params: Mapping[str, str | int]) -> Any:
            if path.endswith("ClosedOrders"):
                raise RestError(path, "no answer")
            return await kraken(path, params)

        desk.lookups._ask = refuse
        await desk.look(one, two)
        assert list(desk.found) == [one]
        assert desk.failed == [two]


async def test_a_handler_that_fails_ends_the_client() -> None:
    """With what it has raised, and the next round goes on."""
    kraken = Kraken()
    desk = Desk(kraken)

    def broken(_: object) -> None:
        raise ZeroDivisionError

    desk.lookups._found = broken
    await desk.look(sent("a"))
    assert [type(each) for each in desk.crashes] == [ZeroDivisionError]
    desk.lookups._found = desk._take
    await desk.look(sent("b"))
    assert len(desk.found) == 1


async def test_questions_keep_to_the_pace() -> None:
    """A pro's key has room for 20 and gets one back a second; 6 of it are for others, and history counts twice."""
    kraken = Kraken()
    clock = ManualClock()
    pace = RestPace(kraken, clock, "pro")
    tasks = [asyncio.ensure_future(pace("/0/private/ClosedOrders", {})) for _ in range(10)]

    async def answered() -> int:
        for _ in range(50):
            await asyncio.sleep(0)
        return sum(task.done() for task in tasks)

    assert await answered() == 7
    assert repr(pace) == "<RestPace at 20.0 of 14>"
    for seconds, count in ((1.9, 7), (0.2, 8), (1.8, 8), (0.2, 9), (2, 10)):
        clock.advance(seconds)
        assert await answered() == count
    clock.advance(3_600)
    await pace("/0/private/OpenOrders", {})
    assert repr(pace) == "<RestPace at 1.0 of 14>"
    assert RestPace(kraken, clock, "starter")._most == RestPace(kraken, clock, None)._most == 9  # type: ignore[arg-type]


async def test_a_refusal_for_the_rate_is_waited_for() -> None:
    """4 s, then twice as long each time, and the questions go on where they were; after five it is given up."""
    kraken = Kraken()
    kraken.closed["O1"] = row("a")
    kraken.refusals = [ApiRateLimited(LIMITED) for _ in range(4)]
    async with looking(kraken, paced=True) as desk:
        record = sent("a")
        await desk.look(record)
        for count, seconds in ((1, 4), (2, 8), (3, 16), (4, 32)):
            assert len(kraken.asked) == count
            desk.clock.advance(seconds - 0.1)
            await desk.settle()
            assert len(kraken.asked) == count
            desk.clock.advance(0.1)
            await desk.settle()
        assert desk.found[record][0].order_id == "O1"
        assert kraken.methods == [*["OpenOrders"] * 5, "ClosedOrders"]
        kraken.refusals = [ApiRateLimited(LIMITED) for _ in range(5)]
        await desk.look(record)
        for _ in range(4):
            desk.clock.advance(40)
            await desk.settle()
        assert desk.failed == [record]


async def test_nothing_is_looked_up_after_the_end() -> None:
    """A round that is under way is broken off."""
    kraken = Kraken()
    desk = Desk(kraken)
    desk.lookups.want([sent("a"), sent("b")])
    await asyncio.sleep(0)
    desk.lookups.close()
    desk.lookups.close()
    await desk.settle()
    assert (desk.found, desk.failed, desk.crashes) == ({}, [], [])


@pytest.mark.parametrize("answer", [None, [], {"open": None}, {"open": {"O1": 5}}])
async def test_an_answer_that_is_none(answer: object) -> None:
    """It has nothing in it."""
    kraken = Kraken()

    async def strange(path: str, params: Mapping[str, str | int]) -> Any:
        return answer if path.endswith("OpenOrders") else await kraken(path, params)

    async with looking(kraken) as desk:
        desk.lookups._ask = strange
        record = sent("a")
        await desk.look(record)
        assert desk.found[record] == (None, [])
