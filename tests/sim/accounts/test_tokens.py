"""WebSocket tokens."""

import pytest

from havklo.sim.accounts.account import Account, Bank
from havklo.sim.accounts.tokens import Tokens
from havklo.sim.rules import Rules

SECOND = 1_000_000_000


@pytest.fixture
def account() -> Account:
    """Somebody."""
    return Bank(7, {"USD"}).open("alice")


@pytest.fixture
def tokens() -> Tokens:
    """Tokens that live for 900 seconds."""
    return Tokens(7)


def test_first_use(tokens: Tokens, account: Account) -> None:
    """A token is good for 15 minutes, exactly."""
    token = tokens.issue(account, 0)
    assert len(token) == 43
    assert tokens.check(token, 900 * SECOND - 1) is account
    assert tokens.check(token, 900 * SECOND) is None
    assert tokens.check("nonsense", 0) is None


def test_a_subscription_keeps_it_alive(tokens: Tokens, account: Account) -> None:
    """As long as one connection has one; afterwards it is only good for what is left of the 15 minutes."""
    token = tokens.issue(account, 0)
    tokens.hold(token, 1)
    tokens.hold(token, 2)
    assert tokens.check(token, 5_000 * SECOND) is account
    tokens.release(token, 1)
    assert tokens.check(token, 5_000 * SECOND) is account
    tokens.end(2)
    assert tokens.check(token, 899 * SECOND) is account
    assert tokens.check(token, 900 * SECOND) is None


def test_a_subscription_that_does_not_count(tokens: Tokens, account: Account) -> None:
    """It changes nothing."""
    token = tokens.issue(account, 0)
    tokens.hold(token, 1, counts=False)
    assert tokens.check(token, 900 * SECOND) is None


def test_expire(tokens: Tokens, account: Account) -> None:
    """An account's tokens can be ended, even those in use; the others' stay."""
    other = Bank(8, {"USD"}).open("bob")
    token, others = tokens.issue(account, 0), tokens.issue(other, 0)
    tokens.hold(token, 1)
    tokens.expire(account)
    assert tokens.check(token, 1) is None
    assert tokens.check(others, 1) is other
    tokens.hold(token, 1)
    tokens.release(token, 1)
    assert tokens.check(token, 1) is None
    tokens.expire()
    assert tokens.check(others, 1) is None


def test_dead_tokens_are_forgotten(tokens: Tokens, account: Account) -> None:
    """So that a simulator that runs for a month does not fill up."""
    held = tokens.issue(account, 0)
    tokens.hold(held, 1)
    for hour in range(50):
        tokens.issue(account, hour * 3_600 * SECOND)
    assert repr(tokens) == "<Tokens 2>"
    assert tokens.check(held, 10**6 * SECOND) is account


def test_permissions(tokens: Tokens, account: Account) -> None:
    """A token may do what the key may that asked for it."""
    token = tokens.issue(account, 0, {"websockets", "query-orders"})
    assert tokens.allows(token, "query-orders")
    assert not tokens.allows(token, "create-orders")
    assert not tokens.allows("nonsense", "query-orders")


def test_how_long_is_a_rule() -> None:
    """Seeds and rules come from the bank."""
    bank = Bank(7, {"USD"}, Rules(token_seconds=5))
    account = bank.open("alice")
    token = bank.tokens.issue(account, 0)
    assert bank.tokens.check(token, 5 * SECOND) is None
    again = Bank(7, {"USD"})
    assert again.tokens.issue(again.open("alice"), 0) == token
