"""Booking one fill: both assets change hands, both sides pay their fees, and nothing is lost or made."""

from typing import Final, Literal, NamedTuple

from havklo.sim.accounts import money
from havklo.sim.accounts.account import Account, Bank
from havklo.sim.accounts.ledger import CROWD, FEES, Overdraft, Posting
from havklo.sim.symbols import Pair

__all__ = ["CROWD_LEG", "Booked", "Fee", "Leg", "settle_fill"]

# By how many of its last digits an order may have become dearer in the roundings of its single fills.
_ROUNDINGS: Final = 1_000


class Leg(NamedTuple):
    """One side of a fill.

    Attributes:
        account: Whose order it is; 0 for the crowd, which pays no fees and has no entries.
        exec_id: What the entries refer to.
        maker: Whether the order was resting.
        fee_in: The asset that the fee is wanted in. Where a sale's base is not enough for a fee in base, and
            for everything on margin, it is the quote.
        margin: Whether the fill goes into the margin position.
        order: The reference of what is held for the order.
    """

    account: int = CROWD
    exec_id: str = ""
    maker: bool = False
    fee_in: Literal["base", "quote"] = "quote"
    margin: bool = False
    order: int = 0


CROWD_LEG: Final = Leg()
"""The crowd's side."""


class Fee(NamedTuple):
    """A fee as it was taken, in units."""

    asset: str
    units: int


class Booked(NamedTuple):
    """What a fill came to: its cost in units of the quote asset, and both sides' fees."""

    cost: int
    buyer: Fee
    seller: Fee


class _Terms(NamedTuple):
    pair: Pair
    qty: int
    base: int
    cost: int


def settle_fill(bank: Bank, pair: Pair, price: int, qty: int, *, buyer: Leg, seller: Leg, now_ns: int) -> Booked:
    """Book one fill of `qty` lots at `price` ticks.

    What was held for the two orders is released; the caller holds anew what their rests need, with `cap`.

    Where the roundings of an order's fills have made a buyer a trifle short, the exchange bears it: by a lower
    fee first. A loss on margin that the main wallet can't pay stays owed in the position's wallet.

    Args:
        bank: Whose accounts trade.
        pair: What is traded.
        price: In ticks.
        qty: In lots.
        buyer: Who buys.
        seller: Who sells.
        now_ns: When.

    Raises:
        Overdraft: A side lacks the money, which its order should have held.
    """
    terms = _Terms(pair, qty, money.lots(pair, qty), money.cost(pair, price, qty))
    lines: list[Posting] = []
    bought = _settle(bank, terms, buyer, 1, lines)
    sold = _settle(bank, terms, seller, -1, lines)
    bank.ledger.post(lines, now_ns=now_ns)
    for leg in (buyer, seller):
        if leg.account != CROWD:
            bank.by_number(leg.account).volume += terms.cost
    return Booked(terms.cost, bought, sold)


def _settle(bank: Bank, terms: _Terms, leg: Leg, sign: int, lines: list[Posting]) -> Fee:
    """Add one side's lines; `sign` is 1 for the buyer and -1 for the seller."""
    pair = terms.pair
    if leg.account == CROWD:
        lines.append(Posting(CROWD, pair.base, sign * terms.base))
        lines.append(Posting(CROWD, pair.quote, -sign * terms.cost))
        return Fee(pair.quote, 0)
    account = bank.by_number(leg.account)
    account.release(leg.order)
    if leg.margin:
        return _on_margin(bank, account, terms, leg, sign, lines)
    return _bought(account, terms, leg, lines) if sign > 0 else _sold(account, terms, leg, lines)


def _bought(account: Account, terms: _Terms, leg: Leg, lines: list[Posting]) -> Fee:
    pair, cost = terms.pair, terms.cost
    fee = _fee(account, terms, leg)
    in_base, in_quote = (fee.units, 0) if fee.asset == pair.base else (0, fee.units)
    short = max(0, cost + in_quote - _free(account, pair.quote))
    if short > _ROUNDINGS * 10 ** (money.SCALE - pair.cost_precision):
        raise Overdraft(f"account {account.number} lacks {short} units of {pair.quote} for a fill")
    lower = min(short, in_quote)
    given = short - lower
    lines.append(Posting(account.number, pair.base, terms.base, in_base, ref_id=leg.exec_id))
    lines.append(Posting(account.number, pair.quote, given - cost, in_quote - lower, ref_id=leg.exec_id))
    lines.append(Posting(FEES, pair.quote, -given))
    return Fee(fee.asset, fee.units - lower)


def _sold(account: Account, terms: _Terms, leg: Leg, lines: list[Posting]) -> Fee:
    pair = terms.pair
    rest = _free(account, pair.base) - terms.base
    if rest < 0:
        raise Overdraft(f"account {account.number} lacks {-rest} units of {pair.base} for a fill")
    fee = _fee(account, terms, leg)
    if fee.asset == pair.base and fee.units > rest:
        fee = _fee(account, terms, leg._replace(fee_in="quote"))
    in_base, in_quote = (fee.units, 0) if fee.asset == pair.base else (0, fee.units)
    lines.append(Posting(account.number, pair.base, -terms.base, in_base, ref_id=leg.exec_id))
    lines.append(Posting(account.number, pair.quote, terms.cost, in_quote, ref_id=leg.exec_id))
    return fee


def _on_margin(bank: Bank, account: Account, terms: _Terms, leg: Leg, sign: int, lines: list[Posting]) -> Fee:
    """Both assets go through the position's wallet; what is there beyond its cost is result, and leaves at once."""
    pair, cost = terms.pair, terms.cost
    fee = _fee(account, terms, leg._replace(fee_in="quote"))
    after = account.position(pair.symbol).after(pair, sign * terms.qty, cost)
    wallet = bank.ledger.balance(account.number, pair.quote, pair.symbol) - sign * cost
    result = wallet - after.borrowed - fee.units
    moved = max(result, -_free(account, pair.quote))
    account.positions[pair.symbol] = after.owing(moved - result)
    own, quote, symbol = account.number, pair.quote, pair.symbol
    lines.append(Posting(own, pair.base, sign * terms.base, wallet=symbol))
    lines.append(Posting(own, quote, -sign * cost - moved - fee.units, wallet=symbol))
    lines.append(Posting(own, quote, moved + fee.units, fee.units, type="margin", ref_id=leg.exec_id))
    return fee


def _fee(account: Account, terms: _Terms, leg: Leg) -> Fee:
    rate = account.rate(maker=leg.maker)
    if leg.fee_in == "base":
        return Fee(terms.pair.base, money.fee(terms.base, rate, terms.pair.qty_precision))
    return Fee(terms.pair.quote, money.fee(terms.cost, rate, terms.pair.cost_precision))


def _free(account: Account, asset: str) -> int:
    """What the main wallet has and no order holds."""
    return account.balance(asset) - account.held(asset)
