"""Accounts: balances, holds, margin, and how a bank opens them."""

from decimal import Decimal
from typing import Any

import pytest

from havklo.errors import ConfigurationError
from havklo.sim.accounts.account import Account, Bank
from havklo.sim.accounts.fees import FeeSchedule
from havklo.sim.accounts.ledger import OUTSIDE, Entry
from havklo.sim.accounts.money import units
from havklo.sim.accounts.position import Position
from havklo.sim.rules import Rules

USD = units(1)


@pytest.fixture
def bank() -> Bank:
    """A bank that knows dollars and bitcoin."""
    return Bank(7, {"USD", "BTC"})


@pytest.fixture
def account(bank: Bank) -> Account:
    """Somebody with 1,000 dollars."""
    return bank.open("alice", deposits={"USD": "1000"})


def test_open(bank: Bank) -> None:
    """An account begins with its deposits, its volume and one key with every permission."""
    entries: list[Entry] = []
    bank.ledger.on_entry = entries.append
    account = bank.open("bob", tier="pro", deposits={"BTC": Decimal("0.5"), "USD": 10}, volume="75000.5", now_ns=9)
    assert (account.number, account.tier.max_open, account.volume) == (1, 225, units("75000.5"))
    assert (account.rate(maker=True), account.rate(maker=False)) == (1_400, 2_400)
    assert account.balances() == {"BTC": 5_000_000_000, "USD": 10 * USD}
    assert [(entry.asset, entry.type, entry.balance, entry.now_ns) for entry in entries] == [
        ("BTC", "deposit", 5_000_000_000, 9),
        ("USD", "deposit", 10 * USD, 9),
    ]
    ids = {entry.ref_id for entry in entries} | {entry.ledger_id for entry in entries}
    assert len(ids) == 4
    assert all(text.startswith("L") and len(text) == 19 for text in ids)
    assert bank.by_number(1) is bank.by_name("bob") is account
    with pytest.raises(ConfigurationError, match="alice"):
        bank.by_name("alice")
    assert bank.by_key(account.key) is account


def test_own_fees(bank: Bank) -> None:
    """A test that wants round numbers trades for nothing."""
    account = bank.open("bob", fees=FeeSchedule(((0, 0, 0),)))
    assert account.rate(maker=False) == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"name": "alice"}, "already"),
        ({"name": "bob", "tier": "gold"}, "not a tier"),
        ({"name": "bob", "deposits": {"EUR": 1}}, "not an asset"),
        ({"name": "bob", "deposits": {"USD": 1, "BTC": 0}}, "more than 0"),
        ({"name": "bob", "deposits": {"USD": "-1"}}, "more than 0"),
        ({"name": "bob", "volume": "lots"}, "not an amount"),
        ({"name": "bob", "volume": -1}, "0 or more"),
    ],
)
def test_what_can_not_be_opened(bank: Bank, account: Account, arguments: dict[str, Any], complaint: str) -> None:
    """A mistake opens nothing, and deposits nothing."""
    before = bank.ledger.balance(OUTSIDE, "USD")
    with pytest.raises(ConfigurationError, match=complaint):
        bank.open(**arguments)
    assert list(bank.accounts.values()) == [account]
    assert bank.ledger.balance(OUTSIDE, "USD") == before


def test_deposit(bank: Bank, account: Account) -> None:
    """Money can come in later."""
    bank.deposit(account, "USD", "0.5", now_ns=3)
    assert account.balance("USD") == units("1000.5")
    assert bank.ledger.totals() == {"USD": 0}
    with pytest.raises(ConfigurationError, match="not an asset"):
        bank.deposit(account, "XBT", "0.5", now_ns=3)


def test_holds(account: Account) -> None:
    """What an order holds another one can't use."""
    assert account.hold(1, "USD", 600 * USD)
    assert (account.held("USD"), account.available("USD"), account.holding(1)) == (600 * USD, 400 * USD, 600 * USD)
    assert not account.hold(2, "USD", 400 * USD + 1)
    assert account.hold(2, "USD", 400 * USD)
    assert not account.hold(3, "BTC", 1)
    account.release(2)
    account.release(2)
    assert (account.held("USD"), account.balance("USD")) == (600 * USD, 1_000 * USD)


def test_hold_replaces(account: Account) -> None:
    """An order's hold can grow as far as there is money, and shrink; a refused one stays what it was."""
    assert account.hold(1, "USD", 600 * USD)
    assert account.hold(1, "USD", 1_000 * USD)
    assert not account.hold(1, "USD", 1_000 * USD + 1)
    assert account.holding(1) == 1_000 * USD
    assert not account.hold(1, "BTC", 1)
    assert (account.holding(1), account.held("USD"), account.held("BTC")) == (1_000 * USD, 1_000 * USD, 0)
    assert account.hold(1, "USD", 0)
    assert (account.holding(1), account.available("USD")) == (0, 1_000 * USD)


def test_capped_hold(account: Account) -> None:
    """What is left of an order takes what is there."""
    account.hold(1, "USD", 900 * USD)
    assert account.hold(2, "USD", 101 * USD, cap=True)
    assert account.holding(2) == 100 * USD


def test_margin_in_use(account: Account) -> None:
    """It is not available; what an order holds already it keeps."""
    account.hold(1, "USD", 300 * USD)
    account.positions["BTC/USD"] = Position("BTC/USD", 1, 4_000 * USD, 800 * USD)
    account.positions["ETH/USD"] = Position("ETH/USD")
    account.positions["XRP/BTC"] = Position("XRP/BTC", 1, 1, 1)
    assert account.available("USD") == 0
    assert account.hold(1, "USD", 300 * USD)
    assert not account.hold(1, "USD", 300 * USD + 1)
    assert account.hold(1, "USD", 200 * USD)
    assert account.available("USD") == 0
    account.hold(1, "USD", 150 * USD)
    assert account.available("USD") == 50 * USD
    account.hold(2, "USD", 100 * USD, cap=True)
    assert account.holding(2) == 100 * USD
    assert account.position("BTC/USD").margin == 800 * USD
    assert account.position("DOT/USD") == Position("DOT/USD")


def test_free_margin(account: Account) -> None:
    """Equity minus margin in use: profit adds to it, loss and debt take from it."""
    account.hold(1, "USD", 100 * USD)
    account.positions["BTC/USD"] = Position("BTC/USD", 1, 1_000 * USD, 200 * USD)
    account.positions["ETH/USD"] = Position("ETH/USD", -1, 500 * USD, 100 * USD, 40 * USD)
    assert account.free_margin("USD") == (1_000 - 100 - 300 - 40) * USD
    assert account.free_margin("USD", {"BTC/USD": 1_300 * USD, "ETH/USD": 2_000 * USD}) == (560 + 300 - 1_500) * USD
    assert account.free_margin("BTC") == 0


def test_counters(account: Account) -> None:
    """One per pair, which decays as the rules say."""
    assert account.counter("BTC/USD") is account.counter("BTC/USD")
    account.counter("BTC/USD").charge(0, 5)
    assert account.counter("ETH/USD").value(0) == 0
    assert account.counter("BTC/USD").value(500_000_000) == Decimal("3.83")
    stepwise = Bank(7, {"USD"}, Rules(decay="steps")).open("alice")
    stepwise.counter("BTC/USD").charge(0, 5)
    assert stepwise.counter("BTC/USD").value(500_000_000) == 5


def test_representations(bank: Bank, account: Account) -> None:
    """They show state and no secret."""
    assert repr(account) == "<Account 1 'alice', intermediate>"
    assert repr(bank) == "<Bank 1 accounts>"
    assert repr(bank.ledger) == "<Ledger 2 wallets, 1 entries>"
