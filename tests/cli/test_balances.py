"""`havklo balances`: every asset with every digit."""

import json
from decimal import Decimal
from typing import Any


def test_the_simulators_purse(havklo: Any) -> None:
    """A line an asset, in order; every line shows its venue."""
    done = havklo("balances")
    assert (done.code, done.err) == (0, "")
    words = [line.split() for line in done.out.splitlines()]
    assert {word[0] for word in words} == {"sim:"}
    assert [word[1] for word in words] == sorted(word[1] for word in words)
    assert ("USD", Decimal(1_000_000)) in {(word[1], Decimal(word[2])) for word in words}


def test_json_at_a_url(havklo: Any, exchange: Any) -> None:
    """What a trade has changed is there, digit for digit."""
    at = ("--venue", exchange.url, "--json")

    def purse() -> dict[str, Decimal]:
        rows = [json.loads(line) for line in havklo("balances", *at).out.splitlines()]
        assert {(row["event"], row["venue"]) for row in rows} == {("balance", exchange.url)}
        assert all(Decimal(row["wallets"]["spot/main"]) == Decimal(row["balance"]) for row in rows)
        return {row["asset"]: Decimal(row["balance"]) for row in rows}

    before = purse()
    order = ("order", "place", "BTC/USD", "buy", "--qty", "0.02", "--type", "market", "--wait", "10")
    rows = [json.loads(line) for line in havklo(*order, *at).out.splitlines()]
    last, after = [row for row in rows if row["event"] == "order"][-1], purse()
    assert last["state"] == "filled"
    assert after["BTC"] - before["BTC"] == Decimal("0.02")
    assert before["USD"] - after["USD"] == Decimal(last["cost"]) + Decimal(last["fees"]["USD"])


def test_reading_needs_no_confirmation_but_a_key(havklo: Any, monkeypatch: Any) -> None:
    """--live alone is enough to ask; without a key there is nobody to ask as."""
    monkeypatch.delenv("KRAKEN_API_KEY", raising=False)
    done = havklo("balances", "--live")
    assert (done.code, done.out) == (2, "")
    assert "KRAKEN_API_KEY is not set" in done.err
