"""Why orders got smaller or left: what level 3 proves, and what the trades add."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple, cast

import pytest

from havklo import ConfigurationError
from havklo._protocol.attribution import Attribution, Reduction
from havklo.events import Trade, TradeGap

SECOND = 1_000_000_000
BEGIN = 1_800_000_000 * SECOND  # 2027-01-15T08:00:00Z


class Change(NamedTuple):
    """A change of an order, as an engine tells it."""

    side: str = "bid"
    event: str = "delete"
    order_id: str = "A"
    limit_price: Decimal = Decimal("100.0")
    order_qty: Decimal = Decimal(0)
    qty_before: Decimal = Decimal("1.50")
    level: int = 0
    orders_ahead: int = 0
    qty_ahead: Decimal = Decimal(0)
    reason: str = "unknown"


class Update(NamedTuple):
    """A level-3 message, as an engine tells it."""

    changes: tuple[Change, ...]
    recv_ns: int
    timestamp_ns: int | None
    symbol: str = "BTC/USD"
    type: str = "update"
    timestamp: str | None = None


def stamp(seconds: float) -> str:
    """A time of the exchange."""
    return f"2027-01-15T08:{int(seconds) // 60:02}:{seconds % 60:09.6f}Z"


def trade(seconds: float, number: int = 1, *, late: float = 0.0, **other: Any) -> Trade:
    """A trade that takes a bid, `late` seconds on its way."""
    said: dict[str, Any] = {"side": "sell", "price": Decimal(100), "qty": Decimal("1.5")} | other
    return Trade(
        symbol="BTC/USD",
        ord_type="limit",
        trade_id=number,
        timestamp=stamp(seconds),
        recv_ns=BEGIN + round((seconds + late) * SECOND),
        **said,
    )


def feed(attribution: Attribution, seconds: float, *changes: Change, **other: Any) -> list[Reduction]:
    """Feed a message of a time."""
    at = BEGIN + round(seconds * SECOND)
    update = Update(changes, at, other.pop("timestamp_ns", at), **other)
    return attribution.feed(cast("Any", update))


def at(seconds: float) -> int:
    """A time since 1970."""
    return BEGIN + round(seconds * SECOND)


def causes(reductions: Sequence[Reduction]) -> list[tuple[str, str, bool, int | None]]:
    """What was said of each."""
    return [(each.order_id, each.cause, each.proven, each.trade_id) for each in reductions]


@pytest.fixture
def settled() -> Attribution:
    """One that has been fed trades for long enough to know what is missing."""
    attribution = Attribution()
    assert attribution.feed(trade(0, price=Decimal(1))) == []
    assert attribution.tick(at(10)) == []
    return attribution


@pytest.mark.parametrize(
    ("change", "cause", "qty"),
    [
        (Change(event="modify", order_qty=Decimal("0.25"), reason="fill"), "trade", "1.25"),
        (Change(reason="cancel", orders_ahead=2, qty_ahead=Decimal(3)), "cancel", "1.50"),
        (Change(reason="cancel", level=4), "cancel", "1.50"),
        (Change(event="modify", order_qty=Decimal(1), reason="amend"), "amend", "0.50"),
    ],
)
def test_what_a_message_proves(settled: Attribution, change: Change, cause: str, qty: str) -> None:
    """It is told at once, with all that the change says."""
    (told,) = feed(settled, 20, change, timestamp="as sent")
    assert (told.cause, told.proven, told.qty, told.gone) == (cause, True, Decimal(qty), change.event == "delete")
    assert (told.symbol, told.side, told.order_id, told.price) == ("BTC/USD", "bid", "A", Decimal(100))
    assert (told.level, told.orders_ahead, told.qty_ahead) == (change.level, change.orders_ahead, change.qty_ahead)
    assert (told.timestamp, told.timestamp_ns, told.recv_ns) == ("as sent", at(20), at(20))
    assert settled.latest == [told]
    assert settled.pending == 0


def test_what_is_no_reduction(settled: Attribution) -> None:
    """Orders that come, get more, or stand in a snapshot."""
    come = Change(event="add", qty_before=Decimal(0), order_qty=Decimal(1), reason="new")
    more = Change(event="modify", order_qty=Decimal(2), reason="amend")
    assert feed(settled, 20, come, more) == []
    assert feed(settled, 21, Change(event="add", reason="snapshot"), type="snapshot") == []
    assert settled.latest == []


@pytest.mark.parametrize("first", ["trade", "book"])
def test_a_trade_that_fits(settled: Attribution, first: str) -> None:
    """Of the same price and quantity, of the other side, at the same time, whichever message comes first."""
    if first == "trade":
        assert settled.feed(trade(20, 7)) == []
        told = feed(settled, 20.01, Change())
    else:
        assert feed(settled, 20, Change()) == []
        assert settled.pending == 1
        assert settled.due_ns == at(22)
        told = settled.feed(trade(20, 7, late=0.4))
    assert causes(told) == [("A", "trade", False, 7)]
    assert settled.pending == 0
    assert settled.tick(at(60)) == []


@pytest.mark.parametrize(
    "other",
    [{"side": "buy"}, {"price": Decimal("100.1")}, {"qty": Decimal("1.4")}],
    ids=["side", "price", "quantity"],
)
def test_a_trade_that_does_not_fit(settled: Attribution, other: dict[str, Any]) -> None:
    """Then it is a cancel, as soon as the window has passed."""
    assert feed(settled, 20, Change()) == []
    assert settled.feed(trade(20, **other)) == []
    assert settled.tick(at(22) - 1) == []
    assert causes(settled.tick(at(22))) == [("A", "cancel", False, None)]
    assert settled.due_ns is None


def test_an_ask(settled: Attribution) -> None:
    """It is taken by a buyer."""
    assert feed(settled, 20, Change(side="ask")) == []
    assert causes(settled.feed(trade(20, side="buy"))) == [("A", "trade", False, 1)]


def test_each_trade_explains_one_order(settled: Attribution) -> None:
    """Of two alike, the other one was canceled."""
    assert feed(settled, 20, Change(order_id="A"), Change(order_id="B")) == []
    assert causes(settled.feed(trade(20))) == [("A", "trade", False, 1)]
    assert causes(settled.tick(at(22))) == [("B", "cancel", False, None)]


def test_equal_trades(settled: Attribution) -> None:
    """Two of them explain two orders, whichever come first."""
    assert settled.feed(trade(20, 1)) + settled.feed(trade(20, 2)) == []
    told = feed(settled, 20, Change(order_id="A")) + feed(settled, 20, Change(order_id="B"))
    assert causes(told) == [("A", "trade", False, 1), ("B", "trade", False, 2)]
    assert feed(settled, 30, Change(order_id="A"), Change(order_id="B")) == []
    told = settled.feed(trade(30, 3)) + settled.feed(trade(30, 4))
    assert causes(told) == [("A", "trade", False, 3), ("B", "trade", False, 4)]


def test_a_proven_fill_has_its_trade(settled: Attribution) -> None:
    """So that an order of the same quantity, canceled a moment later, can't have it."""
    fill = Change(event="modify", qty_before=Decimal(2), order_qty=Decimal("0.5"), reason="fill")
    assert causes(feed(settled, 20, fill)) == [("A", "trade", True, None)]
    assert settled.feed(trade(20, late=0.01)) == []
    assert feed(settled, 20.02, Change(order_id="B")) == []
    assert causes(settled.tick(at(23))) == [("B", "cancel", False, None)]
    assert settled.feed(trade(30, 2)) == []
    assert causes(feed(settled, 30, fill)) == [("A", "trade", True, 2)]


def test_a_closer_order_is_preferred(settled: Attribution) -> None:
    """A cancel that waits does not take the trade of the order that is filled a second later."""
    assert feed(settled, 20, Change(order_id="A")) == []
    assert settled.feed(trade(21)) == []
    assert causes(feed(settled, 21.03, Change(order_id="B"))) == [("B", "trade", False, 1)]
    assert causes(settled.tick(at(22))) == [("A", "cancel", False, None)]


@pytest.mark.parametrize(("seconds", "cause"), [(18.1, "trade"), (21.9, "trade"), (22.1, "cancel"), (17.9, "cancel")])
def test_a_trade_further_away(settled: Attribution, seconds: float, cause: str) -> None:
    """Within two seconds before or after it explains the order if nothing closer has claimed it."""
    before = trade(seconds)
    if seconds < 20:
        assert settled.feed(before) == []
    assert feed(settled, 20, Change()) == []
    told = [] if seconds < 20 else settled.feed(before)
    told += settled.tick(at(22))
    assert [each.cause for each in told] == [cause]


def test_without_stamps(settled: Attribution) -> None:
    """Where the exchange's time is not known, that of arrival counts."""
    assert feed(settled, 20, Change(), timestamp_ns=None) == []
    assert causes(settled.feed(trade(3, late=17.02))) == [("A", "trade", False, 1)]


def test_trades_that_may_be_missing(settled: Attribution) -> None:
    """What they might have explained is unknown, unless they come."""
    settled.feed(TradeGap(symbol="BTC/USD", first=1, last=2, count=2, reason="beyond the snapshot", recv_ns=at(20)))
    assert feed(settled, 20.5, Change(order_id="A"), Change(order_id="B", limit_price=Decimal(99))) == []
    assert causes(settled.feed(trade(20.5))) == [("A", "trade", False, 1)]
    assert causes(settled.tick(at(22.5))) == [("B", "unknown", False, None)]
    assert feed(settled, 23, Change()) == []
    assert causes(settled.tick(at(25))) == [("A", "cancel", False, None)]


def test_the_beginning() -> None:
    """Nobody knows what was traded before it."""
    attribution = Attribution(window=0.5)
    assert feed(attribution, 1, Change(order_id="A")) == []
    assert feed(attribution, 1.6, Change(order_id="B"))[0].cause == "unknown"
    assert attribution.tick(at(2.1))[0].cause == "cancel"


def test_without_trades() -> None:
    """Nothing is waited for."""
    attribution = Attribution(trades=False)
    assert causes(feed(attribution, 1, Change())) == [("A", "unknown", False, None)]
    assert attribution.pending == 0
    attribution.trades = True
    assert feed(attribution, 10, Change(order_id="B")) == []
    attribution.trades = False
    assert causes(attribution.tick(at(12))) == [("B", "unknown", False, None)]


ICEBERG = (
    Change(reason="amend"),
    Change(event="add", qty_before=Decimal(0), order_qty=Decimal("1.50"), orders_ahead=1, reason="amend"),
)


def test_an_iceberg(settled: Attribution) -> None:
    """Its shown part is filled and comes back: only the trade tells that from an amend."""
    assert feed(settled, 20, *ICEBERG) == []
    assert causes(settled.feed(trade(20))) == [("A", "trade", False, 1)]
    assert feed(settled, 30, *ICEBERG) == []
    assert [each.cause for each in settled.latest] == ["amend"]
    assert causes(settled.tick(at(32))) == [("A", "amend", False, None)]
    settled.trades = False
    assert causes(feed(settled, 40, *ICEBERG)) == [("A", "amend", False, None)]


@pytest.mark.parametrize(
    "changed",
    [
        (ICEBERG[0]._replace(level=1), ICEBERG[1]),
        (ICEBERG[0]._replace(orders_ahead=1), ICEBERG[1]),
        (ICEBERG[0], ICEBERG[1]._replace(limit_price=Decimal(99))),
        (ICEBERG[0]._replace(event="modify", order_qty=Decimal(1)), ICEBERG[1]),
    ],
    ids=["deeper", "not the first", "another price", "still there"],
)
def test_what_is_no_iceberg(settled: Attribution, changed: tuple[Change, ...]) -> None:
    """It was amended, and that is certain."""
    assert causes(feed(settled, 20, *changed)) == [("A", "amend", True, None)]


def test_nothing_is_kept_for_ever(settled: Attribution) -> None:
    """Trades and proven fills that nobody claims are forgotten."""
    fill = Change(event="modify", order_qty=Decimal(1), reason="fill")
    for second in range(20, 120):
        settled.feed(trade(second, second, qty=Decimal(second)))
        feed(settled, second + 0.1, fill)
    assert len(settled._trades) == len(settled._arrived) <= 4
    assert len(settled._waiting) <= 3
    assert sum(map(len, settled._claims.values())) <= 3
    settled.tick(at(200))
    assert [len(kept) for kept in (settled._trades, settled._arrived, settled._waiting, settled._claims)] == [0] * 4
    assert repr(settled) == "<Attribution, 0 pending>"


def test_arguments() -> None:
    """A window is a time."""
    with pytest.raises(ConfigurationError, match="window"):
        Attribution(window=0)
