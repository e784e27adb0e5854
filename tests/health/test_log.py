"""Events as log records."""

import json
import logging
import subprocess
import sys
import timeit
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args

import pytest

from havklo import events
from havklo._engine import Engine
from havklo._log import EVENTS, JsonFormatter, log
from havklo.errors import SubscriptionError

SECOND = 1_000_000_000
NEVER = {
    events.BookUpdate,
    events.Level3Update,
    events.Trade,
    events.Ticker,
    events.Candle,
    events.Instruments,
    events.Spread,
    events.Execution,
    events.BalanceChange,
    events.Heartbeat,
}
STATUS = {"connection_id": 2**63, "version": "2.0.10", "api_version": "v2"}
MAINTENANCE = events.Maintenance(title="Upgrade", phase="imminent_5m")


class Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.kept.append(record)


@pytest.fixture
def records() -> Iterator[list[Any]]:
    """What the logger of clients has logged, from INFO on."""
    logger, handler = logging.getLogger("havklo.client"), Records()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler.kept
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


CASES = [
    (
        events.Connected(connection=1, attempts=3, again=True),
        "INFO connected: connection 1 is open (attempts: 3)",
        {"connection": 1, "attempts": 3, "again": True},
    ),
    (
        events.ConnectionLost(connection=1, reason="closed by peer", retry_in_ns=SECOND // 2, code=1001),
        "WARNING connection_lost: connection 1 is lost: closed by peer; the next attempt is in 0.500 s",
        {"connection": 1, "reason": "closed by peer", "code": 1001, "retry_in_ns": SECOND // 2},
    ),
    (
        events.Stalled(connection=0, silent_ns=3 * SECOND),
        "WARNING stalled: connection 0 has been silent for 3.000 s",
        {"connection": 0, "silent_ns": 3 * SECOND},
    ),
    (
        events.Silent(symbol="BTC/USD", channel="book", silent_ns=40 * SECOND),
        "INFO silent: book BTC/USD has been silent for 40.000 s and is subscribed anew",
        {"symbol": "BTC/USD", "channel": "book", "silent_ns": 40 * SECOND},
    ),
    (
        events.Moved(symbols=("BTC/USD", "ETH/USD"), source=0, target=2),
        "WARNING moved: subscriptions moved from connection 0 to connection 2",
        {"symbols": ["BTC/USD", "ETH/USD"], "source": 0, "target": 2},
    ),
    (
        events.BreakerChanged(role="public", state="open", failures=5, retry_in_ns=30 * SECOND),
        "ERROR breaker_changed: the breaker of the public endpoint is open (failures in a row: 5)",
        {"role": "public", "state": "open", "failures": 5, "retry_in_ns": 30 * SECOND},
    ),
    (
        events.BreakerChanged(role="public", state="half_open", failures=5, retry_in_ns=0),
        "INFO breaker_changed: the breaker of the public endpoint is half_open (failures in a row: 5)",
        {"state": "half_open"},
    ),
    (
        events.BreakerChanged(role="public", state="closed", failures=0, retry_in_ns=0),
        "INFO breaker_changed: the breaker of the public endpoint is closed (failures in a row: 0)",
        {"state": "closed"},
    ),
    (
        events.HealthChanged(before="live", after="down", reason="nothing is live: it rains"),
        "ERROR health_changed: the client was live and is down: nothing is live: it rains",
        {"before": "live", "after": "down", "reason": "nothing is live: it rains"},
    ),
    (
        events.HealthChanged(before="live", after="degraded", reason="it rains"),
        "WARNING health_changed: the client was live and is degraded: it rains",
        {"after": "degraded"},
    ),
    (
        events.HealthChanged(before="down", after="live", reason="the sun"),
        "INFO health_changed: the client was down and is live: the sun",
        {"after": "live"},
    ),
    (
        events.Resync(symbol="BTC/USD", reason="checksum", attempts=1, took_ns=61_000_000),
        "INFO resync: book BTC/USD is live again after 0.061 s; it was lost: checksum",
        {"symbol": "BTC/USD", "channel": "book", "reason": "checksum", "attempts": 1, "took_ns": 61_000_000},
    ),
    (
        events.CrossedBook(symbol="BTC/USD"),
        "WARNING crossed_book: book BTC/USD is verified and crossed",
        {"symbol": "BTC/USD"},
    ),
    (
        events.TradeGap(symbol="BTC/USD", first=7, last=9, count=3, reason="beyond the snapshot", recv_ns=1),
        "WARNING trade_gap: trades of BTC/USD are missing, from 7 to 9: beyond the snapshot",
        {"symbol": "BTC/USD", "first": 7, "last": 9, "count": 3, "reason": "beyond the snapshot"},
    ),
    (
        events.TradeGap(symbol="BTC/USD", first=7, last=None, count=None, reason="numbered anew", recv_ns=1),
        "WARNING trade_gap: trades of BTC/USD are missing, from 7 to None: numbered anew",
        {"last": None, "count": None},
    ),
    (
        events.SubscriptionLost(
            symbol="BTC/USD", channel="book", error=SubscriptionError("BTC/USD", "book", "Delisted", hint="let go")
        ),
        "ERROR subscription_lost: book BTC/USD has ended: book BTC/USD: Delisted (let go)",
        {"symbol": "BTC/USD", "channel": "book", "error": "book BTC/USD: Delisted (let go)"},
    ),
    (
        events.OrderStateChanged(
            order_id="O1",
            cl_ord_id=None,
            before=events.OrderState.PENDING,
            after=events.OrderState.UNKNOWN,
            reason="cut",
        ),
        "WARNING order_state_changed: order O1 (None) was pending and is unknown: cut",
        {"order_id": "O1", "cl_ord_id": None, "before": "pending", "after": "unknown", "reason": "cut"},
    ),
    (
        events.ExecutionGap(channel="balances", expected=4, got=6),
        "WARNING execution_gap: message 4 of balances is missing, 6 came; it is subscribed anew",
        {"channel": "balances", "expected": 4, "got": 6},
    ),
    (
        events.TradingLocked(reason="enough"),
        "ERROR trading_locked: orders are locked: enough",
        {"reason": "enough"},
    ),
    (
        events.TradingUnlocked(reason="enough"),
        "WARNING trading_unlocked: orders may go out again; they were locked: enough",
        {"reason": "enough"},
    ),
    (
        events.DeadManChanged(state="lapsed", reason="it was not set anew"),
        "ERROR dead_man_changed: the account's dead man's switch is lapsed (it was not set anew)",
        {"state": "lapsed", "reason": "it was not set anew"},
    ),
    (
        events.Refused(error="Exceeded msg rate", method=None, symbol=None),
        "WARNING refused: Kraken refused something (method: None, symbol: None): Exceeded msg rate",
        {"error": "Exceeded msg rate", "method": None, "symbol": None},
    ),
    (
        events.Malformed(connection=0, detail="expected a quote at byte 7"),
        "WARNING malformed: connection 0 brought a malformed frame: expected a quote at byte 7",
        {"connection": 0, "detail": "expected a quote at byte 7"},
    ),
    (
        events.Status(system="online", upcoming_maintenance=(), **STATUS),
        "INFO status: Kraken is online",
        {"system": "online", **STATUS, "upcoming_maintenance": [], "emergency": []},
    ),
    (
        events.Status(system="maintenance", upcoming_maintenance=(), **STATUS),
        "WARNING status: Kraken is maintenance",
        {"system": "maintenance"},
    ),
    (
        events.Status(system="online", upcoming_maintenance=(MAINTENANCE,), **STATUS),
        "WARNING status: Kraken is online",
        {"upcoming_maintenance": ["imminent_5m: Upgrade"]},
    ),
    (
        events.Status(system="online", upcoming_maintenance=(), emergency=(MAINTENANCE,), **STATUS),
        "WARNING status: Kraken is online",
        {"emergency": ["imminent_5m: Upgrade"]},
    ),
]


@pytest.mark.parametrize(("event", "line", "fields"), CASES)
def test_an_event_is_one_record(records: list[Any], event: object, line: str, fields: dict[str, object]) -> None:
    """With its level, its name, its message, and fields that a program can read."""
    log(event, "live")
    (record,) = records
    assert f"{record.levelname} {record.event}: {record.getMessage()}" == line
    assert (record.name, record.venue) == ("havklo.client", "live")
    assert {name: getattr(record, name) for name in fields} == fields


def test_a_desync(records: list[Any]) -> None:
    """It is the engine's own event: here of a snapshot whose sum is wrong."""
    engine = Engine()
    engine.track("BTC/USD")
    book = {"symbol": "BTC/USD", "bids": [], "asks": [], "checksum": 7}
    desync = engine.receive(json.dumps({"channel": "book", "type": "snapshot", "data": [book]}).encode(), 1)
    assert type(desync) is events.Desync
    log(desync, "live")
    (record,) = records
    assert (record.levelname, record.event) == ("WARNING", "desync")
    assert record.getMessage() == "book BTC/USD is not proven any more: checksum"
    assert (record.symbols, record.reason) == (["BTC/USD"], "checksum")
    assert (record.expected, record.computed) == (7, 0)


def test_every_event_is_decided_about() -> None:
    """Each is logged or, as what the market does, never; each case above is there for all that are logged."""
    known = set(get_args(events.Event))
    assert set(EVENTS) | NEVER == known
    assert not set(EVENTS) & NEVER
    assert {type(event) for event, *_ in CASES} | {events.Desync} == set(EVENTS)
    names = [entry.name for entry in EVENTS.values()]
    assert len(set(names)) == len(names)


def test_the_market_is_not_logged(records: list[Any]) -> None:
    """Nor are heartbeats, nor what is no event."""
    log(events.Heartbeat(connection=0, recv_ns=1), "live")
    log(events.Spread(symbol="BTC/USD", bid=Decimal(1), bid_qty=Decimal(1), ask=Decimal(2), ask_qty=Decimal(1),
                      timestamp=None, recv_ns=1), "live")  # fmt: skip
    log("an event", "live")
    assert records == []


def test_the_words_of_a_peer(records: list[Any]) -> None:
    """They stay on their line, show what can't be seen, and are cut."""
    log(events.Refused(error="no\n2026 ERROR all is lost\x1b[31m", method="é", symbol="x" * 1000), "live")
    (record,) = records
    assert record.error == r"no\n2026 ERROR all is lost\x1b[31m"
    assert record.method == "é"
    assert (len(record.symbol), record.symbol[-4:]) == (200, "x...")
    assert "\n" not in record.getMessage()


def test_what_is_switched_off_costs_nothing(records: list[Any]) -> None:
    """Nothing is read from the event, and it takes no time worth the name."""
    logger = logging.getLogger("havklo.client")
    logger.setLevel(logging.ERROR)
    lost = events.Stalled(connection=0, silent_ns=1)
    log(lost, "live")
    assert records == []
    off = min(timeit.repeat(lambda: log(lost, "live"), number=1000, repeat=5))
    logger.setLevel(logging.INFO)
    on = min(timeit.repeat(lambda: log(lost, "live"), number=1000, repeat=5))
    assert off < on / 3
    assert len(records) == 5000


def test_a_program_without_logging_sees_nothing() -> None:
    """Warnings do not appear on its standard error, as they would for an unknown logger."""
    code = """
from havklo._log import log
from havklo.events import CrossedBook
log(CrossedBook(symbol="BTC/USD"), "live")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert (done.stdout, done.stderr) == ("", "")


def test_json_lines(records: list[Any]) -> None:
    """A record is one line, with its fields beside the message."""
    log(events.ConnectionLost(connection=1, reason="gone", retry_in_ns=0), "live")
    records[0].created = 1_800_000_000.25
    told = json.loads(JsonFormatter().format(records[0]))
    assert told == {
        "time": "2027-01-15T08:00:00.250+00:00",
        "level": "WARNING",
        "logger": "havklo.client",
        "message": "connection 1 is lost: gone; the next attempt is in 0.000 s",
        "event": "connection_lost",
        "venue": "live",
        "connection": 1,
        "reason": "gone",
        "code": None,
        "retry_in_ns": 0,
    }


def test_json_of_any_record(records: list[Any]) -> None:
    """Exceptions and stacks are texts, and so is what JSON does not know; no field hides one of the record's own."""
    try:
        raise ValueError("two\nlines")  # noqa: TRY301
    except ValueError:
        fields = {"price": Decimal("1.10"), "level": 3}
        logging.getLogger("havklo.client").exception("wrong: %s", "that", extra=fields, stack_info=True)
    line = JsonFormatter().format(records[0])
    told = json.loads(line)
    assert "\n" not in line
    assert (told["message"], told["level"], told["price"]) == ("wrong: that", "ERROR", "1.10")
    assert told["exception"].endswith("ValueError: two\nlines")
    assert told["stack"].startswith("Stack (most recent call last)")
