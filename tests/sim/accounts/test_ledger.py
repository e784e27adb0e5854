"""Double entry."""

import pytest

from havklo.sim.accounts.ledger import CROWD, FEES, OUTSIDE, Entry, Ledger, Overdraft, Posting
from havklo.sim.wire.ids import Ids

ALICE, BOB = 1, 2


@pytest.fixture
def entries() -> list[Entry]:
    """What the listener has heard."""
    return []


@pytest.fixture
def ledger(entries: list[Entry]) -> Ledger:
    """A ledger in which Alice has 100 units of USD."""
    ledger = Ledger(Ids(7))
    ledger.on_entry = entries.append
    ledger.transfer("USD", 100, OUTSIDE, ALICE, kind="deposit", ref_id="LREF", now_ns=5)
    return ledger


def test_deposit(ledger: Ledger, entries: list[Entry]) -> None:
    """Money comes from outside, which then has less than nothing; the user gets an entry."""
    assert entries == [
        Entry(
            ledger_id=Ids(7).text("L", 1),
            ref_id="LREF",
            account=ALICE,
            asset="USD",
            amount=100,
            fee=0,
            balance=100,
            type="deposit",
            category="deposit",
            now_ns=5,
        )
    ]
    assert ledger.balance(OUTSIDE, "USD") == -100
    assert ledger.balances(ALICE) == {"USD": 100}
    assert ledger.totals() == {"USD": 0}


def test_fee(ledger: Ledger, entries: list[Entry]) -> None:
    """The source pays the fee besides; its entry shows the balance after both."""
    ledger.transfer("USD", 60, ALICE, BOB, kind="trade", ref_id="T", fee=3, now_ns=6)
    alice, bob = entries[1:]
    assert (alice.amount, alice.fee, alice.balance, alice.category) == (-60, 3, 37, "trade")
    assert (bob.amount, bob.fee, bob.balance) == (60, 0, 60)
    assert ledger.balance(FEES, "USD") == 3
    assert ledger.totals() == {"USD": 0}


def test_overdraft(ledger: Ledger, entries: list[Entry]) -> None:
    """A user's main wallet never falls below zero, not even by the fee; nothing of the booking happens."""
    with pytest.raises(Overdraft, match="account 1"):
        ledger.transfer("USD", 98, ALICE, BOB, kind="trade", ref_id="T", fee=3, now_ns=6)
    assert ledger.balance(ALICE, "USD") == 100
    assert len(entries) == 1
    ledger.transfer("USD", 97, ALICE, BOB, kind="trade", ref_id="T", fee=3, now_ns=6)
    assert ledger.balance(ALICE, "USD") == 0


def test_what_may_be_negative(ledger: Ledger, entries: list[Entry]) -> None:
    """The crowd, and the wallet of a position: neither has entries."""
    ledger.post(
        [
            Posting(ALICE, "BTC", 5, wallet="BTC/USD"),
            Posting(ALICE, "USD", -700, wallet="BTC/USD"),
            Posting(CROWD, "BTC", -5),
            Posting(CROWD, "USD", 700),
        ],
        now_ns=7,
    )
    assert ledger.balance(ALICE, "USD", "BTC/USD") == -700
    assert ledger.balance(ALICE, "USD") == 100
    assert ledger.balances(ALICE) == {"USD": 100}
    assert len(entries) == 1
    assert ledger.totals() == {"USD": 0, "BTC": 0}


def test_bookings_add_up(ledger: Ledger) -> None:
    """Money is neither made nor lost, and goes forwards."""
    with pytest.raises(ValueError, match="does not add up"):
        ledger.post([Posting(ALICE, "USD", -5), Posting(BOB, "USD", 4)], now_ns=7)
    with pytest.raises(ValueError, match="forwards"):
        ledger.transfer("USD", -5, ALICE, BOB, kind="trade", ref_id="T", now_ns=7)
    assert ledger.balance(ALICE, "USD") == 100
