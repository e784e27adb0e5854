"""The executions channel."""

from decimal import Decimal

import pytest

from havklo.sim.channels.executions import Executions

NEW = {"order_id": "O1", "exec_type": "new", "order_qty": Decimal("0.00500000"), "limit_price": Decimal("26500.0")}
TRADE = {"order_id": "O1", "exec_type": "trade", "fees": [{"asset": "USD", "qty": Decimal("0.00001500")}]}


def stream(*, order_status: bool = True, ratecounter: bool = False) -> Executions:
    """A subscription; every order's counter says 3.5."""
    count = {"O1": Decimal("3.50000000000")}
    return Executions(
        order_status=order_status, ratecount=count.__getitem__ if ratecounter else None, ratecount_field="ratecount"
    )


def test_sequence_and_numbers() -> None:
    """Snapshot and updates are counted together from 1; numbers have no padding."""
    executions = stream()
    assert executions.snapshot([NEW], [TRADE]) == (
        b'{"channel":"executions","type":"snapshot","data":[{"order_id":"O1","exec_type":"new","order_qty":0.005,'
        b'"limit_price":26500.0},{"order_id":"O1","exec_type":"trade","fees":[{"asset":"USD","qty":1.5e-05}]}],'
        b'"sequence":1}'
    )
    assert executions.update({"order_id": "O1", "exec_type": "canceled", "cum_qty": Decimal("0E-8")}) == (
        b'{"channel":"executions","type":"update","data":[{"order_id":"O1","exec_type":"canceled","cum_qty":0.0}],'
        b'"sequence":2}'
    )
    assert stream().update(NEW) is not None


def test_order_status() -> None:
    """Without it an order is told about when it opens and when it ends; what is left out is not counted."""
    executions = stream(order_status=False)
    told = {kind: executions.update({"order_id": "O1", "exec_type": kind}) for kind in KINDS}
    kept = [kind for kind, frame in told.items() if frame is not None]
    assert kept == ["new", "filled", "canceled", "expired"]
    assert told["expired"] == (
        b'{"channel":"executions","type":"update","data":[{"order_id":"O1","exec_type":"expired"}],"sequence":4}'
    )


KINDS = (
    "pending_new",
    "new",
    "trade",
    "filled",
    "iceberg_refill",
    "canceled",
    "expired",
    "amended",
    "restated",
    "status",
)


@pytest.mark.parametrize("wanted", [True, False])
def test_ratecounter(wanted: bool) -> None:
    """The rate counter stands in each report of who has asked for it."""
    frame = stream(ratecounter=wanted).update({"order_id": "O1", "exec_type": "new"})
    assert frame is not None
    assert (b'"exec_type":"new","ratecount":3.5}' in frame) == wanted
    assert (b"ratecount" in frame) == wanted
