"""`havklo order`: what it places, changes, cancels and lists, and what it never does without being asked twice."""

import io
import json
import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from havklo.cli import order as order_module
from havklo.cli._order_form import KINDS, asked
from havklo.cli._trading import choose, confirm
from havklo.errors import ConfigurationError
from havklo.orders import Limit, Market, OrderRequest, TrailingStopLimit
from havklo.venues import LIVE

ORDER_ID = r"O[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{6}"
BUY = ("order", "place", "BTC/USD", "buy", "--qty", "0.01")
LOW = ("--price", "40000.0")


class Terminal(io.StringIO):
    """Somebody who sits there and types."""

    def isatty(self) -> bool:
        """It is a terminal."""
        return True


def rows(text: str) -> list[dict[str, Any]]:
    """JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_market_order_with_play_money(havklo: Any) -> None:
    """Without a venue it is the simulator; every line says so, and what became of the order is shown."""
    done = havklo(*BUY, "--type", "market", "--wait", "10")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert all(line.startswith("sim: ") for line in lines)
    assert re.fullmatch(rf"sim: {ORDER_ID} buy 0\.01\d* BTC/USD market: \w+.*", lines[0])
    assert any(re.fullmatch(rf"sim: {ORDER_ID} fill [\d.]+ at [\d.]+, fees [\d.]+ USD", line) for line in lines)
    assert any(re.search(r": filled, filled 0\.010* at ", line) for line in lines)


def test_json(havklo: Any) -> None:
    """An object a line: the order, its fills, the order as it ended; every digit is there, and the venue."""
    done = havklo("order", "place", "xbtusd", "sell", "--qty", "0.50", "--type", "market", "--wait", "10", "--json")
    assert (done.code, done.err) == (0, "")
    found = rows(done.out)
    assert {row["venue"] for row in found} == {"sim"}
    fills = [row for row in found if row["event"] == "fill"]
    last = [row for row in found if row["event"] == "order"][-1]
    assert last["state"] == "filled"
    assert sum((Decimal(fill["qty"]) for fill in fills), Decimal(0)) == Decimal(last["cum_qty"]) == Decimal("0.5")
    assert sum((Decimal(fill["cost"]) for fill in fills), Decimal(0)) == Decimal(last["cost"])


def test_an_order_through_several_commands(havklo: Any, exchange: Any) -> None:
    """Placed, listed, amended, listed, canceled, listed: each a command of its own."""
    at = ("--venue", exchange.url)
    placed = havklo(*BUY, *LOW, "--post-only", "--cl-ord-id", "mine", *at)
    assert (placed.code, placed.err) == (0, "")
    order_id = re.search(ORDER_ID, placed.out)
    assert order_id is not None
    assert placed.out.startswith(f"{exchange.url}: ")

    listed = havklo("order", "list", *at, "--json")
    assert [(row["order_id"], row["limit_price"], row["state"]) for row in rows(listed.out)] == [
        (order_id[0], "40000.0", "new")
    ]
    amended = havklo("order", "amend", order_id[0], "--price", "41000.5", "--qty", "0.02", *at)
    assert (amended.code, amended.err) == (0, "")
    again = rows(havklo("order", "list", "--symbol", "XBTUSD", *at, "--json").out)
    assert [(row["limit_price"], Decimal(row["order_qty"])) for row in again] == [("41000.5", Decimal("0.02"))]

    canceled = havklo("order", "cancel", "mine", *at)
    assert (canceled.code, canceled.err) == (0, "")
    assert order_id[0] in canceled.out
    assert havklo("order", "list", *at).out == f"{exchange.url}: no open orders\n"


def test_a_key_places_once(havklo: Any, exchange: Any) -> None:
    """The same command again gives the old order."""
    command = (*BUY, *LOW, "--key", "today", "--venue", exchange.url, "--json")
    first, second = (rows(havklo(*command).out)[0] for _ in range(2))
    assert first["order_id"] == second["order_id"]
    assert len(rows(havklo("order", "list", "--venue", exchange.url, "--json").out)) == 1


def test_what_waits_stays_open(havklo: Any, exchange: Any) -> None:
    """The wait ends, the order does not."""
    done = havklo(*BUY, *LOW, "--wait", "0.2", "--venue", exchange.url)
    assert done.code == 0
    assert "is open after 0.2 s, and stays so" in done.out
    assert "canceled" in havklo("order", "cancel", "--all", "--venue", exchange.url).out


def test_validate_places_nothing(havklo: Any, exchange: Any) -> None:
    """The exchange has looked at it."""
    done = havklo(*BUY, *LOW, "--validate", "--venue", exchange.url)
    assert (done.code, done.out) == (0, f"{exchange.url}: buy BTC/USD limit: valid, not placed\n")
    assert "no open orders" in havklo("order", "list", "--venue", exchange.url).out


def test_a_refusal(havklo: Any, exchange: Any) -> None:
    """More money than there is: the exchange's words, a hint, and the exit code 2."""
    done = havklo("order", "place", "BTC/USD", "buy", "--qty", "900", "--price", "60000.0", "--venue", exchange.url)
    assert (done.code, done.out) == (2, "")
    assert "EOrder:Insufficient funds" in done.err
    assert "hint:" in done.err


@pytest.mark.parametrize("name", ["OAAAAA-BBBBB-CCCCCC", "nobody"])
@pytest.mark.parametrize("command", [("cancel",), ("amend", "--price", "1.0")])
def test_an_order_that_is_not_there(havklo: Any, exchange: Any, command: tuple[str, ...], name: str) -> None:
    """It is said, and the exit code is 2."""
    done = havklo("order", *command, name, "--venue", exchange.url)
    assert (done.code, done.out) == (2, "")
    assert name in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["place", "BTC/USD", "buy", "--qty", "0.01"], "a limit order needs --price"),
        (["place", "BTC/USD", "buy", "--type", "market"], "a market order needs either --qty or --cash-qty"),
        (
            ["place", "BTC/USD", "buy", "--type", "market", "--qty", "1", "--cash-qty", "5"],
            "a market order needs either",
        ),
        (
            ["place", "BTC/USD", "buy", "--qty", "1", "--price", "5", "--trigger", "4"],
            "a limit order does not take --tr",
        ),
        (["place", "BTC/USD", "buy", "--qty", "much", "--price", "5"], "qty='much' is no number"),
        (["place", "BTC/USD", "hold", "--qty", "1"], 'Invalid value "hold"'),
        (["place", "BTC/USD", "buy", "--qty", "0.01", "--price", "40000.01"], "this is no order of BTC/USD"),
        (["amend", "OAAAAA-BBBBB-CCCCCC"], "nothing is to be changed"),
        (["cancel"], "which orders is not said"),
        (["cancel", "--all", "mine"], "which orders is not said"),
        (["list", "--venue", "live"], "trading at Kraken itself needs --live"),
        (["list", "--live", "--venue", "ws://127.0.0.1:1/v2"], "--live is Kraken itself, --venue ws://127.0.0.1:1/v2"),
        (["list", "--key-file", "mine.toml"], "--venue sim has a key of its own"),
        (["list", "--venue", "mars"], "'mars' is no WebSocket address"),
    ],
)
def test_what_can_not_be(havklo: Any, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str) -> None:
    """One clear line and the exit code 2."""
    monkeypatch.setenv("KRAKEN_API_KEY", "key-of-nobody")
    monkeypatch.setenv("KRAKEN_API_SECRET", "c2VjcmV0")
    done = havklo("order", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")


def test_a_key_is_needed(havklo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a URL and at Kraken itself; which variable is missing is said."""
    monkeypatch.delenv("KRAKEN_API_KEY", raising=False)
    for where in (["--live"], ["--venue", "ws://127.0.0.1:1/v2"]):
        done = havklo("order", "list", *where)
        assert (done.code, done.out) == (2, "")
        assert "KRAKEN_API_KEY is not set" in done.err


REAL: dict[str, list[str]] = {
    "place": [*BUY[1:], *LOW],
    "amend": ["amend", "OAAAAA-BBBBB-CCCCCC", "--price", "1.0"],
    "cancel": ["cancel", "OAAAAA-BBBBB-CCCCCC"],
    "cancel all": ["cancel", "--all"],
}


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The places at which a command would have traded, instead of trading there."""
    places: list[Any] = []

    async def keep(where: Any, *_arguments: object, **_options: object) -> int:
        places.append(where)
        return 0

    monkeypatch.setattr(order_module, "_with", keep)
    monkeypatch.setenv("KRAKEN_API_KEY", "key-of-nobody")
    monkeypatch.setenv("KRAKEN_API_SECRET", "c2VjcmV0")
    return places


@pytest.mark.parametrize("command", REAL)
def test_real_money_needs_a_word(
    havklo: Any, monkeypatch: pytest.MonkeyPatch, reached: list[Any], command: str
) -> None:
    """Nobody there, or another word: nothing happens. The right word, or --yes: it does."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("live\n"))
    done = havklo("order", *REAL[command], "--live")
    assert (done.code, reached) == (2, [])
    assert "nobody is here to give it" in done.err
    for typed in ("", "\n", "yes\n", "LIVE\n"):
        monkeypatch.setattr(sys, "stdin", Terminal(typed))
        done = havklo("order", *REAL[command], "--live")
        assert (done.code, reached) == (2, [])
        assert "it was not confirmed; nothing was done" in done.err
    monkeypatch.setattr(sys, "stdin", Terminal("live\n"))
    done = havklo("order", *REAL[command], "--live")
    assert done.code == 0
    assert done.err.startswith("LIVE: ")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert havklo("order", *REAL[command], "--live", "--yes") == (0, "", "")
    assert [(where.name, where.venue) for where in reached] == [("LIVE", LIVE)] * 2


def test_play_money_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked at the simulator."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    confirm(choose("sim", live=False, key_file=None), "anything", yes=False)


def test_a_key_file(tmp_path: Path) -> None:
    """The file that is named is what counts."""
    path = tmp_path / "kraken.toml"
    path.write_text('key = "key-of-nobody"\nsecret = "c2VjcmV0"\n')
    path.chmod(0o600)
    place = choose("ws://127.0.0.1:1/v2", live=False, key_file=path)
    assert place.credentials is not None
    assert "c2VjcmV0" not in repr(place)


def test_what_is_typed_is_what_is_asked_for() -> None:
    """The classes and their fields; digits stay as they are."""
    limit = asked("limit", "BTC/USD", "buy", {"qty": "0.10", "price": "45283.50", "post_only": True})
    assert limit == Limit("BTC/USD", "buy", qty="0.10", price="45283.50", post_only=True)
    assert asked("market", "BTC/USD", "buy", {"cash_qty": "5"}) == Market("BTC/USD", "buy", cash_qty="5")
    given = {"qty": "1", "trigger": "5", "trigger_type": "pct", "price": "2", "price_type": "quote"}
    assert asked("trailing-stop-limit", "BTC/USD", "sell", given) == TrailingStopLimit("BTC/USD", "sell", **given)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_typed(kind: str) -> None:
    """Kraken's name of the type is the request's."""
    every = {"qty": "1", "price": "5", "trigger": "4", "trigger_type": "pct", "display_qty": "0.5"}
    needed: dict[str, object] = {}
    message = _complaint(kind, needed)
    while message:
        name = re.findall(r"--([a-z-]+)", message)[0].replace("-", "_")
        assert name not in needed
        needed[name] = every[name]
        message = _complaint(kind, needed)
    request = asked(kind, "BTC/USD", "buy", needed)
    assert isinstance(request, OrderRequest)
    assert request.order_type == kind


def _complaint(kind: str, given: dict[str, object]) -> str:
    """What is missing of an order, in words."""
    try:
        asked(kind, "BTC/USD", "buy", given)
    except ConfigurationError as error:
        return error.message
    return ""
