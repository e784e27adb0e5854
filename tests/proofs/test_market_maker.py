"""A short run of the market maker on a bad line, and a look at whether its judge would notice."""

from dataclasses import replace
from decimal import Decimal

import market_maker


async def test_on_a_bad_line() -> None:
    """Forty seconds: it trades, ends within its limits, and its figures are the exchange's to the last digit."""
    run = await market_maker.prove(40.0, 3)
    assert run.wrong == []
    assert sum(run.faults.values()) > 15
    assert {"drop", "delay"} <= run.faults.keys()


async def test_a_last_digit_is_noticed() -> None:
    """A ledger that says anything else is a fault, and so is an inventory past its limit."""
    run = await market_maker.prove(8.0, 5)
    module, outcome = market_maker.example(), run.outcome
    terms = module.Terms()
    other = outcome.ledger | {"USD": outcome.ledger["USD"] + Decimal("1E-10")}
    assert len(module.faults(replace(outcome, ledger=other), terms)) == 1
    assert len(module.faults(replace(outcome, ledger_profit=outcome.ledger_profit + Decimal("1E-10")), terms)) == 1
    assert len(module.faults(outcome, module.Terms(limit=outcome.maker.most - Decimal("1E-8")))) == 1
