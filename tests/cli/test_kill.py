"""`havklo kill`: whatever is open is canceled, and real money asks first."""

import io
import json
import sys
from typing import Any

import pytest


def test_everything_is_canceled(havklo: Any, exchange: Any) -> None:
    """Three open orders of other programs; afterwards there is none."""
    at = ("--venue", exchange.url)
    for price in ("40000.0", "40001.0", "40002.0"):
        assert havklo("order", "place", "BTC/USD", "buy", "--qty", "0.01", "--price", price, *at).code == 0
    done = havklo("kill", "--reason", "enough", *at)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert all(line.startswith(f"{exchange.url}: ") for line in lines)
    assert lines[-1].endswith("3 canceled, 0 open: enough")
    assert "no open orders" in havklo("order", "list", *at).out


def test_json(havklo: Any) -> None:
    """Nothing was open, which is said, too."""
    done = havklo("kill", "--json")
    assert done.code == 0
    assert [json.loads(line) for line in done.out.splitlines()] == [
        {"event": "killed", "venue": "sim", "canceled": 0, "open": 0, "reason": "havklo kill"}
    ]


def test_real_money_needs_a_word(havklo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one, nothing is done."""
    monkeypatch.setenv("KRAKEN_API_KEY", "key-of-nobody")
    monkeypatch.setenv("KRAKEN_API_SECRET", "c2VjcmV0")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    done = havklo("kill", "--live")
    assert (done.code, done.out) == (2, "")
    assert "real money needs a confirmation" in done.err
