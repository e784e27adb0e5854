"""The private channels of a session: tokens, snapshots, numbers, and requests about orders."""

from decimal import Decimal

from _protocol.trading.rig import BALANCES, EXECUTIONS, SECOND, Rig, executions, report
from havklo._protocol.actions import Complete
from havklo._protocol.messages import Answer, OrderResult, Unreadable, decode
from havklo._protocol.session import Session
from havklo.events import Balance, BalanceChange, Execution, ExecutionGap, Resync, Wallet


def test_both_are_asked_for_with_a_token() -> None:
    """One token does; executions begin with orders and trades, and tell the rate counter."""
    rig = Rig(EXECUTIONS, BALANCES)
    assert len(rig.needs) == 1
    assert [request["params"] for request in rig.sent] == [
        {
            "channel": "executions",
            "snap_orders": True,
            "snap_trades": True,
            "ratecounter": True,
            "token": "token 1",
        },
        {"channel": "balances", "snapshot": True, "token": "token 1"},
    ]
    rig.live()
    assert rig.fates == [Complete(EXECUTIONS), Complete(BALANCES)]
    assert rig.session.asks_with is not None


def test_a_number_that_is_left_out() -> None:
    """Nothing counts after it but a fresh snapshot; what comes twice counts once."""
    rig = Rig(EXECUTIONS).live()
    rig.hear(executions(2, report("pending_new", "pending_new", symbol="BTC/USD", side="buy", order_type="limit")))
    rig.hear(executions(2, report("new", "new", "O7", symbol="BTC/USD")))
    assert len(rig.of(Execution)) == 1
    rig.hear(executions(4, report("new", "new")))
    assert rig.of(ExecutionGap) == [ExecutionGap(channel="executions", expected=3, got=4)]
    rig.hear(executions(5, report("canceled", "canceled")))
    assert len(rig.of(Execution)) == 1
    assert rig.sent[-1]["method"] == "unsubscribe"
    rig.ack("executions", rig.sent[-1]["req_id"], "unsubscribe")
    rig.give_token()
    assert rig.sent[-1]["method"] == "subscribe"
    rig.hear(executions(6, report("filled", "filled")))  # of the old subscription
    rig.ack("executions", rig.sent[-1]["req_id"])
    rig.hear(executions(1, report("new", "new", symbol="BTC/USD"), kind="snapshot"))
    assert [event.reason for event in rig.of(Resync)] == ["gap"]
    assert rig.account.roster.open["O1"].state == "new"


def test_a_snapshot_that_is_missing() -> None:
    """An update after the ack shows it: the channel is subscribed once more, and does not wait."""
    rig = Rig(EXECUTIONS)
    rig.ack("executions", rig.sent[-1]["req_id"])
    rig.hear(executions(2, report("new", "new")))
    assert rig.sent[-1]["method"] == "unsubscribe"
    assert rig.told == [] or Execution not in map(type, rig.told)


def test_a_channel_that_is_not_wanted() -> None:
    """What it says is of no interest; without numbers nothing can be missed."""
    rig = Rig(BALANCES).live()
    rig.hear(executions(1, report("new", "new")))
    assert rig.of(Execution) == []
    rig.hear('{"channel":"balances","type":"update","data":[{"asset":"BTC","balance":1}]}')
    rig.hear('{"channel":"balances","type":"update","data":[{"asset":"BTC","balance":2}],"sequence":9}')
    assert [event.balance for event in rig.of(BalanceChange)] == [1, 2]


def test_rows_that_can_not_be_read() -> None:
    """They are of no one order: the whole channel is taken anew."""
    for row in ('{"order_id":"O1"}', '{"order_id":"O1","exec_type":"new","cum_qty":"NaN"}'):
        frame = executions(2, row)
        assert isinstance(decode(frame), Unreadable)
        rig = Rig(EXECUTIONS).live()
        rig.hear(frame)
        assert rig.sent[-1]["method"] == "unsubscribe"


def test_answers() -> None:
    """They are read whatever they are about: one order, several, a count, or a no that names its order."""
    frames = {
        b'{"method":"add_order","success":true,"result":{"order_id":"O1","cl_ord_id":"n"},"req_id":3}': Answer(
            method="add_order", req_id=3, results=(OrderResult(order_id="O1", cl_ord_id="n"),)
        ),
        b'{"method":"batch_add","success":true,"result":[{"order_id":"O1"},{"error":"E","success":false}]}': Answer(
            method="batch_add", results=(OrderResult(order_id="O1"), OrderResult(error="E"))
        ),
        b'{"method":"batch_cancel","success":true,"orders_cancelled":4}': Answer(
            method="batch_cancel", results=(OrderResult(count=4),)
        ),
        b'{"method":"cancel_order","success":false,"error":"EOrder:Unknown order","order_id":"O1"}': Answer(
            method="cancel_order", error="EOrder:Unknown order", results=(OrderResult(order_id="O1"),)
        ),
        b'{"method":"add_order","success":false}': Answer(
            method="add_order", error="refused without a reason", results=(OrderResult(),)
        ),
    }
    assert {frame: decode(frame) for frame in frames} == frames
    assert isinstance(decode(b'{"method":"add_order","success":true,"result":5}'), Unreadable)


def test_a_request_has_its_digits_and_the_token() -> None:
    """Decimals go out as they were given."""
    rig = Rig(EXECUTIONS).live()
    rig.ask("add_order", params={"order_qty": Decimal("0.50"), "limit_price": Decimal("45283.5")})
    assert rig.sent[-1]["params"] == {"order_qty": 0.5, "limit_price": 45283.5, "token": "token 1"}
    sent = rig.session.ask("add_order", {"order_qty": Decimal("0.50")})
    assert sent is not None
    assert '"order_qty":0.50,' in sent[1].payload.reveal()  # type: ignore[union-attr]


def test_requests_go_with_a_token_that_is_in_use() -> None:
    """Best with that of a subscription which is live; one that is on its way has one, too."""
    rig = Rig(EXECUTIONS)
    rig.ask("cancel_all")
    assert rig.sent[-1]["params"] == {"token": "token 1"}
    assert rig.session.lives.get("executions", "").is_live is False  # type: ignore[union-attr]


def test_the_soonest_deadline_counts() -> None:
    """Of several requests that are under way."""
    rig = Rig(EXECUTIONS).live()
    first = rig.ask("cancel_all")
    rig.now += SECOND
    second = rig.ask("cancel_all")
    assert rig.account.next_deadline == first.until < second.until


def test_nothing_can_be_asked_without_a_connection_or_a_token() -> None:
    """Neither before it is there nor after it is gone; pings neither."""
    session = Session(lambda: 0.5)
    assert session.ask("cancel_all", {}) is None
    assert session.ping(0) == []
    rig = Rig(BALANCES)
    rig.act(rig.session.unsubscribe([BALANCES], rig.now))
    assert rig.session.asks_with is None
    rig = Rig(EXECUTIONS).live()
    assert len(rig.session.ping(rig.now)) == 1
    rig.act(rig.session.disconnected("cut", rig.now))
    assert rig.session.asks_with is None


def test_a_token_that_was_refused_for_a_request() -> None:
    """What was subscribed with it is subscribed anew, with another one."""
    rig = Rig(EXECUTIONS, BALANCES).live()
    token = rig.session.asks_with
    assert token is not None
    rig.act(rig.session.renew_token(token, rig.now))
    for request in rig.sent[-2:]:
        rig.ack(request["params"]["channel"], request["req_id"], "unsubscribe")
    assert rig.needs[-1].refused == token
    rig.give_token()
    assert [request["params"]["token"] for request in rig.sent[-2:]] == ["token 2", "token 2"]
    rig.act(rig.session.renew_token(token, rig.now))  # an old one means nothing
    assert len(rig.sent) == 6


def test_balances_over_several_wallets() -> None:
    """An entry changes its wallet; the whole is the sum. An entry that comes twice changes nothing twice."""
    rig = Rig(BALANCES)
    rig.ack("balances", rig.sent[-1]["req_id"])
    rig.hear(
        '{"channel":"balances","type":"snapshot","data":[{"asset":"USD","asset_class":"currency","balance":30,'
        '"wallets":[{"type":"spot","id":"main","balance":10},{"type":"earn","id":"flex","balance":20}]}],"sequence":1}'
    )
    entry = (
        '{"asset":"USD","balance":7.5,"amount":-2.5,"fee":0.5,"type":"trade","category":"trade","ledger_id":"L1",'
        '"ref_id":"T1","timestamp":"t","wallet_type":"spot","wallet_id":"main"}'
    )
    for sequence in (2, 3):
        rig.hear(f'{{"channel":"balances","type":"update","data":[{entry}],"sequence":{sequence}}}')
    first, second = rig.of(BalanceChange)
    assert (first.kind, first.balance) == ("snapshot", 30)
    assert (second.balance, second.amount, second.fee, second.ref_id) == (
        Decimal("27.5"),
        Decimal("-2.5"),
        Decimal("0.5"),
        "T1",
    )
    assert rig.account.purse.balances["USD"] == Balance(
        asset="USD",
        balance=Decimal("27.5"),
        wallets=(Wallet("spot", "main", Decimal("7.5")), Wallet("earn", "flex", Decimal(20))),
    )
    assert repr(rig.account.purse) == "<Purse of 1 assets>"


def test_a_token_that_was_taken_though_the_ack_was_lost() -> None:
    """The snapshot says so: the token's next refusal is the first one again, and a fresh one is fetched."""
    rig = Rig(EXECUTIONS)
    for number in (1, 2):
        request = rig.sent[-1]
        rig.hear(
            '{"channel":"executions","error":"ESession:Invalid session","method":"subscribe","status":"error",'
            f'"success":false,"req_id":{request["req_id"]}}}'
        )
        rig.give_token()
        assert len(rig.needs) == 2 * number, rig.fates
        rig.hear(executions(1, report("new", "new", symbol="BTC/USD"), kind="snapshot"))
        assert rig.session.asks_with is not None
        rig.act(rig.session.renew_token(rig.session.asks_with, rig.now))
        rig.ack("executions", rig.sent[-1]["req_id"], "unsubscribe")
        rig.give_token()
