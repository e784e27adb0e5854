"""Accounts as somebody wants them."""

from decimal import Decimal

import pytest

from havklo.errors import ConfigurationError
from havklo.sim.scenario import AccountPlan
from havklo.sim.symbols import pairs


def test_a_name_is_enough() -> None:
    """The tier is the middle one, and the purse is the usual one."""
    assert AccountPlan.parse("alice") == AccountPlan(name="alice", tier="intermediate", balances=None)
    assert AccountPlan.parse("bob:pro").tier == "pro"


def test_the_usual_purse() -> None:
    """A million of each quote asset, a thousand median orders of each other one, as exact numbers."""
    purse = AccountPlan().deposits(pairs(["BTC/USD", "ETH/USD", "MINA/GBP"]))
    assert {asset: str(amount) for asset, amount in purse.items()} == {
        "BTC": "40.00000000",
        "USD": "1000000",
        "ETH": "900.00000000",
        "MINA": "300000.00000000",
        "GBP": "1000000",
    }


def test_an_asset_that_others_are_paid_with_is_a_quote_asset() -> None:
    """BTC buys ETH here, so there is a million of it, whichever pair is listed first."""
    for names in (["BTC/USD", "ETH/BTC"], ["ETH/BTC", "BTC/USD"]):
        assert AccountPlan().deposits(pairs(names))["BTC"] == 1_000_000


def test_what_is_asked_for_is_what_is_paid_in() -> None:
    """Nothing is added to balances that are given, not even where they are empty."""
    plan = AccountPlan(balances={"USD": Decimal("0.10")})
    assert plan.deposits(pairs(2)) == {"USD": Decimal("0.10")}
    assert AccountPlan(balances={"USD": Decimal(0)}).deposits(pairs(2)) == {}
    assert AccountPlan(balances={}).deposits(pairs(2)) == {}


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: AccountPlan.parse(""), "'' is no name for an account"),
        (lambda: AccountPlan.parse("alice smith"), "'alice smith' is no name for an account"),
        (lambda: AccountPlan.parse("alice:gold"), "'gold' is not a tier"),
        (lambda: AccountPlan.parse("alice:"), "'' is not a tier"),
        (lambda: AccountPlan(balances={"USD": Decimal(-1)}), "account trader can't hold -1 USD"),
        (lambda: AccountPlan(balances={"USD": Decimal("NaN")}), "account trader can't hold NaN USD"),
        (lambda: AccountPlan(balances={"USD": Decimal("1e19")}), "account trader can't hold 1E+19 USD"),
        (
            lambda: AccountPlan(balances={"DOGE": Decimal(1)}).deposits(pairs(1)),
            "account trader has DOGE, which is not traded here",
        ),
    ],
)
def test_what_can_not_be(build: object, message: str) -> None:
    """It is said at once, with what would do."""
    assert callable(build)
    with pytest.raises(ConfigurationError) as caught:
        build()
    assert caught.value.message == message
    assert caught.value.hint or "hold" in message
