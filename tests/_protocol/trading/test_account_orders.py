"""An order's life in the account: acks and reports in whatever order, what is lost, and what is found out."""

from decimal import Decimal
from typing import Any

import pytest

from _protocol.trading.rig import BALANCES, EXECUTIONS, SECOND, Rig, executions, placed, report
from havklo._protocol.trading.account import Account
from havklo._protocol.trading.effects import Ask, Changed, Look, Resubscribe, Settled
from havklo._protocol.trading.history import Told
from havklo._protocol.trading.promises import Promises, Twins
from havklo._protocol.trading.record import Record
from havklo._protocol.trading.roster import Roster
from havklo._protocol.trading.telling import standing
from havklo.events import Execution, Fee, Fill, OrderState, OrderStateChanged

WHOLE: dict[str, Any] = {
    "symbol": "BTC/USD",
    "side": "buy",
    "order_type": "limit",
    "order_qty": 0.5,
    "limit_price": 100,
    "cl_ord_id": "n1",
    "time_in_force": "GTC",
}


def trade(exec_id: str, qty: float, status: str = "partially_filled", **fields: Any) -> str:
    """A fill at 100, with a fee of 1 % in USD."""
    return report(
        "trade",
        status,
        exec_id=exec_id,
        trade_id=7,
        last_qty=qty,
        last_price=100,
        cost=qty * 100,
        fees=[{"asset": "USD", "qty": qty}],
        liquidity_ind="m",
        **({"cl_ord_id": "n1", "symbol": "BTC/USD", "side": "buy", "order_type": "limit"} | fields),
    )


def told(record: Record, state: OrderState, **fields: Any) -> Told:
    """What REST says of an order."""
    whole: dict[str, Any] = {
        "order_id": record.order_id or "O1",
        "cl_ord_id": record.cl_ord_id,
        "userref": None,
        "state": state,
        "side": "buy",
        "order_type": "limit",
        "qty": Decimal("0.5"),
        "limit_price": None,
        "cum_qty": Decimal(0),
        "cum_cost": Decimal(0),
        "fee": Decimal(0),
        "fee_in_base": False,
        "reason": "",
        "opened": "2026-11-22T10:00:00.000000Z",
        "opened_ns": 1,
        "closed_ns": None,
        "trades": (),
    }
    return Told(**(whole | fields))


def open_order(rig: Rig, name: str = "n1", order_id: str = "O1") -> Record:
    """Place an order that Kraken takes."""
    record = placed(name)
    ask = rig.ask("add_order", record, charge="add")
    rig.answer(ask, f'{{"order_id":"{order_id}","cl_ord_id":"{name}"}}')
    sequence = rig.session.lives.get("executions", "").sequence  # type: ignore[union-attr]
    rig.hear(
        executions(sequence, report("pending_new", "pending_new", order_id, **(WHOLE | {"cl_ord_id": name}))),
        executions(sequence + 1, report("new", "new", order_id, cl_ord_id=name)),
    )
    return record


def states(rig: Rig) -> list[str]:
    """The states that were told, one after the other."""
    return [str(event.after) for event in rig.of(OrderStateChanged)]


def again(rig: Rig, *rows: str) -> None:
    """Have the executions subscribed anew, with these rows in the snapshot."""
    request = rig.sent[-1]
    if request["method"] == "unsubscribe":
        rig.ack("executions", request["req_id"], "unsubscribe")
        rig.give_token()
    for sent in rig.sent[-2:]:
        if sent["method"] == "subscribe" and sent["params"]["channel"] == "executions":
            rig.ack("executions", sent["req_id"])
    rig.hear(executions(1, *rows, kind="snapshot"))


def test_a_whole_life() -> None:
    """Each step once; sums to the last digit; a fill that comes twice fills nothing twice."""
    rig = Rig(EXECUTIONS).live()
    record = open_order(rig)
    rig.hear(executions(4, trade("T1", 0.2)))
    rig.hear(executions(5, trade("T1", 0.2)))
    rig.hear(executions(6, trade("T2", 0.3)))
    rig.hear(executions(7, report("filled", "filled", cum_qty=0.5, cum_cost=50, avg_price=100)))
    assert states(rig) == ["new", "partially_filled", "filled"]
    assert [event.exec_type for event in rig.of(Execution)] == ["pending_new", "new", "trade", "trade", "filled"]
    assert (record.cum_qty, record.cum_cost, record.avg_price) == (Decimal("0.5"), 50, 100)
    assert record.fees == {"USD": Decimal("0.5")}
    assert record.is_settled
    last = rig.of(Execution)[-1]
    assert (last.order_status, last.cum_qty, last.cum_fees) == ("filled", Decimal("0.5"), {"USD": Decimal("0.5")})
    assert rig.account.roster.open == {}
    assert rig.account.roster.get("O1") is record
    rig.hear(executions(8, report("canceled", "canceled", cum_qty=0)))
    assert (record.state, record.cum_qty) == ("filled", Decimal("0.5"))  # forward only
    assert "filled" in repr(record)


def test_a_report_before_the_answer() -> None:
    """Either names the order; the other one changes nothing."""
    rig = Rig(EXECUTIONS).live()
    record = placed()
    ask = rig.ask("add_order", record, charge="add")
    rig.hear(executions(2, report("pending_new", "pending_new", **WHOLE)))
    assert record.order_id == "O1"
    rig.answer(ask, '{"order_id":"O1","cl_ord_id":"n1"}')
    rig.answer(ask, '{"order_id":"O1","cl_ord_id":"n1"}')  # an answer that comes twice
    assert len(rig.asked_for(Settled)) == 1
    assert states(rig) == []
    assert rig.counter.value("BTC/USD", rig.now) == 1


def test_an_order_without_a_name() -> None:
    """It is known by its number, if that is the only one; else its answer says which it is."""
    rig = Rig(EXECUTIONS).live()
    one = placed("", order_userref=7)
    first = rig.ask("add_order", one)
    row = WHOLE | {"order_userref": 7}
    del row["cl_ord_id"]
    rig.hear(executions(2, report("pending_new", "pending_new", "O1", **row)))
    assert one.order_id == "O1"
    rig.answer(first, '{"order_id":"O1","order_userref":7}')
    two, three = placed("", order_userref=8), placed("", order_userref=8)
    asks = [rig.ask("add_order", each) for each in (two, three)]
    row["order_userref"] = 8
    rig.hear(executions(3, report("pending_new", "pending_new", "O3", **row)))
    rig.hear(executions(4, report("new", "new", "O3")))
    assert two.order_id is three.order_id is None
    rig.answer(asks[0], '{"order_id":"O2","order_userref":8}')
    rig.answer(asks[1], '{"order_id":"O3","order_userref":8}')
    assert (two.state, three.state, three.order_userref) == ("pending", "new", 8)
    assert rig.account.roster.open["O3"] is three


def test_an_order_that_was_over_before_its_answer() -> None:
    """What was taken for another one's is its own."""
    rig = Rig(EXECUTIONS).live()
    record = placed("", order_userref=8)
    rig.ask("add_order", placed("", order_userref=8))
    ask = rig.ask("add_order", record)
    row = WHOLE | {"order_userref": 8}
    del row["cl_ord_id"]
    rig.hear(executions(2, report("pending_new", "pending_new", **row)))
    rig.hear(executions(3, report("canceled", "canceled", cum_qty=0, reason="Post only order")))
    rig.answer(ask, '{"order_id":"O1"}')
    assert (record.state, record.reason) == ("canceled", "Post only order")
    assert rig.account.roster.open == {}


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("EOrder:Insufficient funds", OrderState.REJECTED),
        ("EGeneral:Internal error", OrderState.UNKNOWN),
        ("ESession:Invalid session", OrderState.REJECTED),
    ],
)
def test_a_no(words: str, state: OrderState) -> None:
    """Most are final; an internal error says nothing; one for the token ends what does not go out once more."""
    rig = Rig(EXECUTIONS).live()
    record = placed()
    rig.answer(rig.ask("add_order", record, charge="add"), error=words)
    assert record.state is state
    if state is OrderState.REJECTED:
        assert record.reason == words
        assert len(rig.account.roster) == 0


@pytest.mark.parametrize("method", ["add_order", "batch_add", "edit_order", "amend_order"])
def test_a_no_for_the_token(method: str) -> None:
    """What goes out once more waits; once it was given up, the orders that it would have placed have ended."""
    rig = Rig(EXECUTIONS).live()
    record = placed()
    ask = rig.ask(method, record)
    ask.again = True
    rig.answer(ask, error="ESession:Invalid session")
    assert record.state is OrderState.PENDING
    rig.account.given_up(ask)
    assert record.state is (OrderState.PENDING if method == "amend_order" else OrderState.REJECTED)


def test_a_name_that_is_free_again() -> None:
    """A refused order gives its name back to the open one that has it."""
    rig = Rig(EXECUTIONS).live()
    record = open_order(rig)
    other = placed()
    rig.answer(rig.ask("add_order", other), error="EGeneral:Invalid arguments:cl_ord_id")
    assert rig.account.roster.get("n1") is record
    late = rig.ask("add_order", placed("n9"))
    rig.hear(executions(4, report("new", "new", "O9", **(WHOLE | {"cl_ord_id": "n9"}))))
    rig.answer(late, error="EOrder:Insufficient funds")  # it can't be: a report has told of it
    assert rig.account.roster.open["O9"].state == "new"


def test_an_answer_that_is_lost() -> None:
    """The order is unknown until a snapshot after its deadline has it not, and REST has it not either."""
    rig = Rig(EXECUTIONS).live()
    record = placed()
    rig.ask("add_order", record, charge="add")
    rig.cut()
    again(rig)
    assert (record.state, record.reason) == ("unknown", "the connection ended before an answer came")
    rig.pass_time(3)
    assert rig.asked_for(Look) == []
    rig.pass_time(1.1)
    (look,) = rig.asked_for(Look)
    assert look.records == (record,)
    rig.do(rig.account.looked({record: (None, [])}, rig.now))
    assert (record.state, record.reason) == ("rejected", "never accepted")
    assert states(rig) == ["unknown", "rejected"]
    rig.do(rig.account.looked({record: (told(record, OrderState.NEW), [])}, rig.now))
    assert record.state == "rejected"
    assert len(rig.account.doubts) == 0


def test_no_answer_on_a_connection_that_stands() -> None:
    """After the deadline the executions are subscribed anew, and then REST is asked."""
    rig = Rig(EXECUTIONS).live()
    record = placed()
    ask = rig.ask("add_order", record, charge="add")
    for _ in range(6):
        rig.pass_time(0.9)
        rig.hear('{"channel":"heartbeat"}')
    assert ask.lost
    assert [effect.channel for effect in rig.asked_for(Resubscribe)] == ["executions"]
    assert rig.asked_for(Look) == []
    again(rig, report("new", "new", **WHOLE))
    assert (record.state, record.order_id) == ("new", "O1")
    assert len(rig.account.doubts) == 0
    rig.answer(ask, '{"order_id":"O1"}')  # too late to say anything new
    assert record.state == "new"


def test_an_order_that_rest_has() -> None:
    """It is as REST says, with the fills that were missed; each is told once, as late."""
    rig = Rig(EXECUTIONS).live()
    record = placed()
    rig.ask("add_order", record)
    rig.cut()
    again(rig)
    rig.pass_time(4.1)
    fill = Fill(exec_id="T1", price=Decimal(100), qty=Decimal("0.2"), cost=Decimal(20), fees=(Fee("USD", Decimal(1)),))
    said = told(record, OrderState.CANCELED, cum_qty=Decimal("0.2"), cum_cost=Decimal(20), reason="User requested")
    rig.do(rig.account.looked({record: (said, [fill, fill])}, rig.now))
    assert (record.state, record.reason, record.cum_qty) == ("canceled", "User requested", Decimal("0.2"))
    assert record.is_settled
    (execution,) = rig.of(Execution)
    assert (execution.source, execution.exec_id, execution.last_qty) == ("repair", "T1", Decimal("0.2"))


def test_a_limit_that_rest_has() -> None:
    """An amend whose report was lost shows in what REST says."""
    rig = Rig(EXECUTIONS).live()
    record = open_order(rig)
    rig.cut()
    again(rig)
    assert record.state == "unknown"
    said = told(record, OrderState.FILLED, limit_price=Decimal("100.5"), cum_qty=Decimal("0.5"), cum_cost=Decimal(50))
    rig.do(rig.account.looked({record: (said, [])}, rig.now))
    assert (record.state, record.limit_price) == ("filled", Decimal("100.5"))


def test_an_amend_that_was_not_reported() -> None:
    """An order that ends unseen after one was filled by terms that only REST can tell; an open one restates them."""
    rig = Rig(EXECUTIONS).live()
    record, other, third = open_order(rig), open_order(rig, "n2", "O2"), open_order(rig, "n3", "O3")
    for each in (record, other):
        rig.ask("amend_order", each)
    rig.answer(rig.ask("amend_order", third), error="EOrder:Unknown order")
    assert (record.unreported, other.unreported, third.unreported) == (1, 1, 0)
    rig.cut()
    fill = {"exec_id": "T1", "last_qty": 0.6, "last_price": 101, "cum_qty": 0.6, "cum_cost": 60.6}
    gone = {"exec_id": "T3", "last_qty": 0.5, "last_price": 100, "cum_qty": 0.5, "cum_cost": 50}
    again(
        rig,
        report("new", "new", "O2", **(WHOLE | {"cl_ord_id": "n2", "limit_price": 99})),
        report("trade", "filled", "O1", **fill),
        report("trade", "filled", "O3", **gone),
    )
    assert (other.unreported, other.limit_price, third.is_settled) == (0, Decimal(99), True)
    assert (record.state, record.is_settled) == ("filled", False)
    rig.pass_time(0.1)
    assert [look.records for look in rig.asked_for(Look)] == [(record,)]
    terms = {"qty": Decimal("0.6"), "limit_price": Decimal(101), "cum_qty": Decimal("0.6")}
    rig.do(rig.account.looked({record: (told(record, OrderState.FILLED, **terms), [])}, rig.now))
    assert (record.order_qty, record.limit_price, record.is_settled) == (Decimal("0.6"), Decimal(101), True)


def test_an_earlier_life_may_have_amended() -> None:
    """What was filled since is looked up, even if the snapshot has all its fills."""
    rig = Rig(EXECUTIONS).live()
    record = placed()
    rig.do(rig.account.recalled(record, rig.now))
    rig.pass_time(0.1)
    fill = {"exec_id": "T1", "last_qty": 0.5, "last_price": 101, "cum_qty": 0.5, "cum_cost": 50.5, "cl_ord_id": "n1"}
    again(rig, report("trade", "filled", **fill))
    assert (record.state, record.cum_qty, record.is_settled) == ("filled", Decimal("0.5"), False)
    rig.pass_time(0.1)
    assert [look.records for look in rig.asked_for(Look)] == [(record,)]


def test_nothing_is_made_for_nobody() -> None:
    """Where no one listens, reports move their orders, and no executions are made of them."""
    rig = Rig(EXECUTIONS).live()
    rig.account = Account(rig.counter, lambda _: False)
    record = open_order(rig)
    rig.effects.clear()
    fill = {"exec_id": "T1", "last_qty": 0.2, "last_price": 100, "cum_qty": 0.2, "cum_cost": 20}
    rig.hear(executions(4, report("trade", "partially_filled", **fill)))
    rig.hear(executions(5, report("amended", "partially_filled", order_qty=0.6)))
    assert (record.state, record.cum_qty, record.order_qty) == ("partially_filled", Decimal("0.2"), Decimal("0.6"))
    assert rig.of(Execution) == []
    assert len(rig.of(OrderStateChanged)) == 2
    assert [effect.record for effect in rig.asked_for(Changed)] == [record, record]


def test_an_order_that_is_gone() -> None:
    """It was open and is not: by its last fill, or by what REST says, however long that takes."""
    rig = Rig(EXECUTIONS).live()
    filled, gone = open_order(rig), open_order(rig, "n2", "O2")
    rig.cut()
    again(rig, trade("T1", 0.5, "filled"))
    assert filled.is_settled
    assert gone.state == "unknown"
    rig.pass_time(0.1)
    (look,) = rig.asked_for(Look)
    assert look.records == (gone,)
    rig.account.look_failed([gone, filled], rig.now)
    rig.pass_time(0.9)
    assert len(rig.asked_for(Look)) == 1
    rig.pass_time(0.2)
    assert len(rig.asked_for(Look)) == 2
    rig.do(rig.account.looked({gone: (None, [])}, rig.now))  # its history is behind
    assert gone.state == "unknown"
    rig.pass_time(2.1)
    rig.do(rig.account.looked({gone: (told(gone, OrderState.NEW), [])}, rig.now))
    assert gone.state == "new"
    assert rig.asked_for(Resubscribe)  # the two do not agree
    again(rig, report("new", "new", "O2", **(WHOLE | {"cl_ord_id": "n2"})))
    assert gone.state == "new"
    assert len(rig.account.doubts) == 0


def test_a_report_is_faster_than_rest() -> None:
    """What it says settles the doubt."""
    rig = Rig(EXECUTIONS).live()
    gone = open_order(rig)
    rig.cut()
    again(rig)
    assert gone.state == "unknown"
    rig.hear(executions(2, report("canceled", "canceled", cum_qty=0, reason="User requested")))
    assert gone.state == "canceled"
    assert len(rig.account.doubts) == 0


def test_fills_that_are_missing() -> None:
    """Kraken says that more was filled than was told: REST has the fills, or at the end at least their sums."""
    rig = Rig(EXECUTIONS).live()
    record = open_order(rig)
    rig.hear(executions(4, report("restated", "partially_filled", cum_qty=0.3, cum_cost=30)))
    assert (record.cum_qty, record.cum_cost, record.misses_fills) == (Decimal("0.3"), 30, True)
    rig.pass_time(0.1)
    rig.do(rig.account.looked({record: (told(record, OrderState.NEW, cum_qty=Decimal("0.3")), [])}, rig.now))
    assert not record.is_whole
    assert (record.state, len(rig.account.doubts)) == ("partially_filled", 0)
    rig.hear(executions(5, trade("T2", 0.2, "filled")))
    rig.hear(executions(6, report("filled", "filled", cum_qty=0.5, cum_cost=50)))
    assert not record.is_settled
    rig.pass_time(0.1)
    said = told(record, OrderState.FILLED, cum_qty=Decimal("0.5"), cum_cost=Decimal("49.9"), fee=Decimal("0.7"))
    rig.do(rig.account.looked({record: (said, [])}, rig.now))
    assert record.is_settled
    assert (record.cum_cost, record.fees) == (50, {"USD": Decimal("0.7")})


def test_fees_in_the_base_asset() -> None:
    """Where REST only has sums, they are in the asset that it names; a late fill settles the doubt by itself."""
    rig = Rig(EXECUTIONS).live()
    record, other = open_order(rig), open_order(rig, "n2", "O2")
    for n, order_id in ((6, "O1"), (7, "O2")):
        rig.hear(executions(n, report("canceled", "canceled", order_id, cum_qty=0.3, cum_cost=30, reason="x")))
    assert len(rig.account.doubts) == 2
    said = told(record, OrderState.CANCELED, cum_qty=Decimal("0.3"), fee=Decimal("0.01"), fee_in_base=True)
    rig.pass_time(0.1)
    rig.do(rig.account.looked({record: (said, [])}, rig.now))
    assert record.fees == {"BTC": Decimal("0.01")}
    rig.hear(executions(8, trade("T9", 0.3, "canceled", order_id="O2", cl_ord_id="n2")))
    assert other.is_settled
    assert len(rig.account.doubts) == 0
    assert repr(rig.account.doubts) == "<Doubts about 0 orders>"


def test_orders_of_others() -> None:
    """They are known as soon as a report describes them; what is only told of their end is told on, and no more."""
    rig = Rig(EXECUTIONS)
    rig.ack("executions", rig.sent[-1]["req_id"])
    rig.hear(
        executions(
            1,
            report("new", "partially_filled", "O5", **(WHOLE | {"cl_ord_id": "n5", "cum_qty": 0.1, "cum_cost": 10})),
            trade("T5", 0.1, order_id="O5", cl_ord_id="n5"),
            trade("T6", 0.2, "filled", order_id="O6", cl_ord_id="n6"),
            kind="snapshot",
        )
    )
    (found,) = rig.account.roster.open.values()
    assert (found.state, found.own, found.misses_fills) == ("partially_filled", False, False)
    assert [event.source for event in rig.of(Execution)] == ["snapshot"] * 3
    rig.hear(executions(2, report("canceled", "canceled", "O8", cum_qty=0)))
    assert set(rig.account.roster.open) == {"O5"}
    assert standing(found).order_status == "partially_filled"
    rig.cut()
    again(rig, trade("T6", 0.2, "filled", order_id="O6", cl_ord_id="n6"), report("new", "new", "O5", **WHOLE))
    assert [event.exec_id for event in rig.of(Execution)].count("T6") == 1


def test_a_snapshot_that_brings_news_of_an_order() -> None:
    """Only what has changed is told."""
    rig = Rig(EXECUTIONS).live()
    record = open_order(rig)
    rig.cut()
    count = len(rig.of(Execution))
    again(rig, report("new", "new", **WHOLE))
    assert len(rig.of(Execution)) == count
    rig.cut()
    again(rig, report("new", "new", **(WHOLE | {"limit_price": 101, "display_qty": 0.1})))
    assert len(rig.of(Execution)) == count + 1
    assert (record.limit_price, record.display_qty) == (101, Decimal("0.1"))


def test_a_trigger() -> None:
    """What starts an order is known, and an amend of it."""
    rig = Rig(EXECUTIONS).live()
    record = open_order(rig)
    rig.hear(executions(4, report("status", "new", triggers={"price": 90, "price_type": "static"})))
    assert (record.trigger_price, record.trigger_type) == (90, "static")
    rig.hear(executions(5, report("amended", "new", order_qty=0.4, limit_price=99, order_userref=3)))
    assert (record.amends, record.order_qty, record.order_userref) == (1, Decimal("0.4"), 3)


def test_a_fill_that_can_not_be_read() -> None:
    """Without an id, a quantity or a price it is none."""
    rig = Rig(EXECUTIONS).live()
    record = open_order(rig)
    rig.hear(executions(4, report("trade", "partially_filled", exec_id="T1", last_qty=0.1)))
    assert (record.cum_qty, record.state) == (0, "new")
    rig.hear(executions(5, report("trade", "partially_filled", exec_id="T1", last_qty=0.1, last_price=100)))
    assert record.cum_cost == 10


def test_what_was_promised() -> None:
    """An ack without its report, and a fill without its entry, have the channel subscribed anew."""
    rig = Rig(EXECUTIONS, BALANCES).live()
    record = open_order(rig)
    amend = rig.ask("amend_order", record, charge="amend")
    rig.answer(amend, '{"amend_id":"A1","order_id":"O1"}')
    rig.pass_time(1.9)
    assert rig.asked_for(Resubscribe) == []
    rig.pass_time(0.2)
    assert [effect.channel for effect in rig.asked_for(Resubscribe)] == ["executions"]


@pytest.mark.parametrize("method", ["cancel_order", "batch_cancel", "cancel_all", "add_order"])
def test_an_ack_whose_report_is_missing(method: str) -> None:
    """It shows two seconds later; a report in time keeps the promise."""
    rig = Rig(EXECUTIONS).live()
    if method == "add_order":
        record = placed()
        rig.answer(rig.ask(method, record, charge="add"), '{"order_id":"O1","cl_ord_id":"n1"}')
    else:
        record = open_order(rig)
        ask = rig.ask(method, record, charge="cancel" if method == "cancel_order" else None)
        rig.answer(ask, '{"order_id":"O1"}' if method == "cancel_order" else '{"count":1}')
    rig.pass_time(2.1)
    assert [effect.channel for effect in rig.asked_for(Resubscribe)] == ["executions"]


def test_promises_that_are_kept() -> None:
    """Then nothing is subscribed anew."""
    rig = Rig(EXECUTIONS).live()
    record = open_order(rig)
    ask = rig.ask("cancel_order", record, charge="cancel")
    rig.answer(ask, '{"order_id":"O1"}')
    rig.hear(executions(4, report("canceled", "canceled", cum_qty=0)))
    late = rig.ask("batch_cancel", record)
    rig.answer(late, '{"count":0}')  # it is over: nothing is promised
    twice = rig.ask("cancel_order", record)
    rig.answer(twice, '{"order_id":"O1"}')
    refused = rig.ask("cancel_order", record)
    rig.answer(refused, error="EOrder:Unknown order", order_id="O1")
    rig.pass_time(2.1)
    assert rig.asked_for(Resubscribe) == []
    assert "Promises" in repr(rig.account._promises)
    assert "Twins" in repr(rig.account._twins)


def entry(sequence: int, ref_id: str, ledger_id: str) -> str:
    """A ledger entry of a trade."""
    return (
        f'{{"channel":"balances","type":"update","sequence":{sequence},"data":[{{"asset":"BTC","balance":1,'
        f'"type":"trade","ledger_id":"{ledger_id}","ref_id":"{ref_id}"}}]}}'
    )


def test_fills_and_their_entries() -> None:
    """One without the other shows that a message was lost, until it turns out that they have nothing in common."""
    rig = Rig(EXECUTIONS, BALANCES).live()
    open_order(rig)
    rig.hear(executions(4, trade("T1", 0.1)), entry(2, "T1", "L1"), entry(3, "T1", "L2"))
    rig.hear(entry(4, "T2", "L3"), executions(5, trade("T2", 0.1)))
    rig.pass_time(2.1)
    assert rig.asked_for(Resubscribe) == []
    rig.hear(executions(6, trade("T3", 0.1)))
    rig.pass_time(2.1)
    assert [effect.channel for effect in rig.asked_for(Resubscribe)] == ["balances"]


def test_entries_that_have_nothing_to_do_with_fills() -> None:
    """After three in a row nothing is expected of them."""
    rig = Rig(BALANCES).live()
    for n in range(6):
        rig.hear(entry(n + 2, f"X{n}", f"L{n}"))
        rig.pass_time(2.5)
        rig.hear('{"channel":"heartbeat"}')
    assert [effect.channel for effect in rig.asked_for(Resubscribe)] == ["executions"] * 3


def test_a_batch() -> None:
    """Each order has its result, by position or by name; what is not named is in doubt."""
    rig = Rig(EXECUTIONS).live()
    records = [placed(f"n{n}") for n in range(3)]
    ask = rig.ask("batch_add", *records, charge="batch_add")
    rig.answer(ask, '[{"order_id":"O1"},{"error":"EOrder:Insufficient funds"},{"order_id":"O3"}]')
    assert [record.state for record in records] == ["pending", "rejected", "pending"]
    short = [placed(f"m{n}") for n in range(2)] + [placed("", order_userref=4)]
    ask = rig.ask("batch_add", *short)
    rig.answer(ask, '[{"order_id":"O5","cl_ord_id":"m1"},{}]')
    assert [record.state for record in short] == ["unknown", "pending", "unknown"]
    empty = placed("k")
    rig.answer(rig.ask("add_order", empty), "{}")
    assert empty.state == "pending"  # Kraken has named no order: a report may
    refused = [placed("p1"), placed("p2")]
    rig.answer(rig.ask("batch_add", *refused), error="EOrder:Insufficient funds")
    assert {record.state for record in refused} == {OrderState.REJECTED}


def test_cancels_and_their_counts() -> None:
    """Each answer of a cancel ends what its own order counts."""
    rig = Rig(EXECUTIONS).live()
    one, two = open_order(rig), open_order(rig, "n2", "O2")
    before = rig.counter.value("BTC/USD", rig.now)
    out = rig.session.ask("cancel_order", {})
    assert out is not None
    charges = [rig.counter.began("BTC/USD", "cancel", rig.now, 0) for _ in range(2)]
    ask = Ask(out[0], "cancel_order", [one, two], sent_at=rig.now, until=rig.now + 5 * SECOND, charges=charges)
    rig.account.asked(ask)
    rig.answer(ask, error="EOrder:Unknown order", order_id="O2")
    assert not ask.is_settled
    assert rig.counter.value("BTC/USD", rig.now) == before + 8
    rig.answer(ask, '{"order_id":"O1"}')
    assert ask.is_settled
    assert "cancel_order" in repr(ask)
    assert "requests" in repr(rig.account)


def test_an_order_of_an_earlier_life() -> None:
    """It is looked for like one whose answer was lost; a snapshot that has it settles it."""
    rig = Rig(EXECUTIONS).live()
    record = placed("old")
    rig.do(rig.account.recalled(record, rig.now + SECOND))
    assert record.state == "unknown"
    rig.hear(executions(2, report("new", "new", "O4", **(WHOLE | {"cl_ord_id": "old"}))))
    assert (record.state, record.order_id) == ("new", "O4")
    known = placed("other", order_id="O9")
    rig.do(rig.account.recalled(known, rig.now))
    assert rig.account.roster.open["O9"] is known
    assert "Roster of" in repr(rig.account.roster)


def test_a_fill_alone_does_not_describe_an_order() -> None:
    """Found by its last trade only, it may have had others: REST is asked."""
    rig = Rig(EXECUTIONS).live()
    record = placed()
    rig.ask("add_order", record)
    rig.cut()
    again(rig, trade("T9", 0.1, "filled"))
    assert (record.state, record.is_settled) == ("filled", False)
    rig.pass_time(0.1)
    said = told(record, OrderState.FILLED, cum_qty=Decimal("0.5"), cum_cost=Decimal(50), fee=Decimal("0.5"))
    fills = [
        Fill(exec_id="T8", price=Decimal(100), qty=Decimal("0.4"), cost=Decimal(40), fees=(Fee("USD", Decimal("0.4")),))
    ]
    rig.do(rig.account.looked({record: (said, fills)}, rig.now))
    assert record.is_settled
    assert (record.cum_qty, record.cum_cost) == (Decimal("0.5"), 50)


def test_a_link_that_ends_with_an_order_that_a_report_has_told_of() -> None:
    """It is not in doubt; nor is one that is over."""
    rig = Rig(EXECUTIONS).live()
    record = placed()
    rig.ask("add_order", record)
    rig.ask("amend_order", record)
    rig.hear(executions(2, report("new", "new", **WHOLE)))
    rig.do(rig.account.link_lost(rig.now))
    assert record.state == "new"
    assert {effect.ask.lost for effect in rig.asked_for(Settled)} == {True}
    assert rig.asked_for(Changed)


def test_only_the_last_thousand_are_kept() -> None:
    """Older orders are forgotten, not those that are open."""
    roster = Roster(kept=2)
    records = []
    for n in range(4):
        record = placed(f"n{n}" if n else "", order_id=None)
        roster.place(record)
        roster.name(record, f"O{n}")
        record.advance(OrderState.CANCELED)
        roster.ended(record)
        roster.ended(record)
        records.append(record)
    assert [roster.get(f"O{n}") is not None for n in range(4)] == [False, False, True, True]
    assert roster.get("n1") is None
    assert roster.get("n3") is records[3]
    again_named = placed("n3")
    roster.place(again_named)
    for n in range(4, 8):
        other = placed(f"n{n}")
        roster.place(other)
        other.advance(OrderState.REJECTED)
        roster.ended(other)
    assert roster.get("n3") is again_named
    assert len(roster) == 1
    assert list(roster.nameless) == [again_named]
    never = placed("")
    roster.place(never)
    never.advance(OrderState.REJECTED)
    roster.ended(never)
    over = placed("n9")
    over.advance(OrderState.CANCELED)
    roster.name(over, "O9")
    assert "O9" not in roster.open


def test_the_rate_counter_is_corrected() -> None:
    """Reports say what Kraken has counted: another program's requests, too."""
    rig = Rig(EXECUTIONS).live()
    rig.ask("add_order", placed(), charge="add")
    rig.hear(executions(2, report("pending_new", "pending_new", **(WHOLE | {"ratecount": 40.5}))))
    rig.hear(executions(3, report("new", "new", ratecount=41)))
    assert rig.counter.value("BTC/USD", rig.now) >= 41


def test_an_order_that_is_gone_and_there_again() -> None:
    """It goes on where it was, and not before."""
    rig = Rig(EXECUTIONS).live()
    record = open_order(rig)
    rig.hear(executions(4, trade("T1", 0.2)))
    rig.cut()
    again(rig)
    assert "gone" in repr(rig.account.doubts.about(record))
    rig.hear(executions(2, report("status", "pending_new", **WHOLE)))
    assert record.state == "partially_filled"
    rig.cut()
    again(rig)
    record.stated_qty = Decimal("0.2")
    rig.pass_time(0.1)
    said = told(record, OrderState.NEW, cum_qty=Decimal("0.1"), userref=3)
    rig.do(rig.account.looked({record: (said, [])}, rig.now))
    assert (record.state, record.cum_qty, record.order_userref) == ("partially_filled", Decimal("0.2"), 3)


def test_an_order_for_cash_that_rest_has() -> None:
    """REST says how much it has bought, which is not how much was asked for; a word that is new says nothing."""
    rig = Rig(EXECUTIONS).live()
    record = placed(order_qty=None, cash_order_qty=Decimal(50), order_userref=9)
    rig.ask("add_order", record)
    rig.hear(executions(2, report("new", "held", order_id="O1", cl_ord_id="n1")))
    assert record.state == "pending"
    rig.cut()
    again(rig)
    rig.pass_time(0.1)
    rig.do(rig.account.looked({record: (told(record, OrderState.FILLED, qty=Decimal("0.4")), [])}, rig.now))
    assert (record.order_qty, record.state) == (None, "filled")


def test_twins_forget_what_is_old() -> None:
    """The last thousand are remembered."""
    twins = Twins(Promises())
    for n in range(1_100):
        twins.filled(f"T{n}", 0, expect=False)
    assert not twins.knows_fill("T0")
    assert twins.knows_fill("T1099")


@pytest.mark.parametrize("fate", ["done", "refused", "lost"])
def test_an_amend_under_way_makes_an_order_young(fate: str) -> None:
    """As long as it is not answered it may be carried out at any moment, and if it is lost until its deadline."""
    rig = Rig(EXECUTIONS).live()
    record = placed()
    rig.answer(rig.ask("add_order", record), '{"order_id":"O1","cl_ord_id":"n1"}')
    rig.pass_time(1)
    before, asked = record.aged_at, rig.ask("amend_order", record)
    assert record.amending == 1
    if fate == "lost":
        rig.cut()
        assert record.aged_at == asked.until
    elif fate == "done":
        rig.answer(asked, '{"amend_id":"A1","order_id":"O1"}')
        assert record.aged_at == rig.now
    else:
        rig.answer(asked, error="EOrder:Unknown order")
        assert record.aged_at == before
    assert record.amending == 0


def test_an_amend_of_an_order_whose_age_is_open() -> None:
    """It stays open when the amend is lost."""
    rig = Rig(EXECUTIONS).live()
    record = placed()
    rig.ask("amend_order", record)
    rig.cut()
    assert record.aged_at is None
