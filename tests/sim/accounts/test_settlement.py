"""Fills: literal ones, and any number of random ones that have to conserve every unit."""

from collections import defaultdict
from typing import Literal, NamedTuple

import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from havklo.sim.accounts import money
from havklo.sim.accounts.account import Account, Bank
from havklo.sim.accounts.fees import FeeSchedule
from havklo.sim.accounts.ledger import CROWD, FEES, Entry, Overdraft
from havklo.sim.accounts.money import units
from havklo.sim.accounts.position import Position
from havklo.sim.accounts.settlement import CROWD_LEG, Fee, Leg, settle_fill
from havklo.sim.symbols import NAMED, Pair

BTC, _, XRP, PEPE, _ = NAMED
ASSETS = {"USD", "BTC", "PEPE", "XRP"}


@pytest.fixture
def bank() -> Bank:
    """Alice has dollars, Bob has bitcoin."""
    bank = Bank(7, ASSETS)
    bank.open("alice", deposits={"USD": "10000"})
    bank.open("bob", deposits={"BTC": "0.2"})
    return bank


@pytest.fixture
def entries(bank: Bank) -> list[Entry]:
    """What happens from now on."""
    heard: list[Entry] = []
    bank.ledger.on_entry = heard.append
    return heard


def told(entries: list[Entry]) -> list[tuple[str, str, int, int, int]]:
    """What the entries say of the money: reference, asset, amount, fee, balance."""
    return [(entry.ref_id, entry.asset, entry.amount, entry.fee, entry.balance) for entry in entries]


def test_buyer_takes_from_the_crowd(bank: Bank, entries: list[Entry]) -> None:
    """0.1 BTC at 60,000.0 costs 6,000 and 0.40 percent; two entries, base first, with the fill's exec id."""
    alice = bank.by_number(1)
    alice.hold(5, "USD", units(6_024))
    booked = settle_fill(bank, BTC, 600_000, 10_000_000, buyer=Leg(1, "TA", order=5), seller=CROWD_LEG, now_ns=9)
    assert booked == (units(6_000), Fee("USD", units(24)), Fee("USD", 0))
    assert told(entries) == [
        ("TA", "BTC", units("0.1"), 0, units("0.1")),
        ("TA", "USD", -units(6_000), units(24), units(3_976)),
    ]
    assert {(entry.type, entry.category, entry.now_ns) for entry in entries} == {("trade", "trade", 9)}
    assert alice.held("USD") == 0
    assert alice.volume == units(6_000)
    assert bank.ledger.balance(FEES, "USD") == units(24)
    assert bank.ledger.balance(CROWD, "USD") == units(6_000)
    assert bank.ledger.totals() == {"USD": 0, "BTC": 0}


def test_two_users(bank: Bank, entries: list[Entry]) -> None:
    """Both pay, each in the asset of its own choice, each with its own exec id."""
    booked = settle_fill(
        bank,
        BTC,
        600_000,
        10_000_000,
        buyer=Leg(1, "TA", fee_in="base"),
        seller=Leg(2, "TB", maker=True),
        now_ns=9,
    )
    assert booked == (units(6_000), Fee("BTC", units("0.0004")), Fee("USD", units(15)))
    assert told(entries) == [
        ("TA", "BTC", units("0.1"), units("0.0004"), units("0.0996")),
        ("TA", "USD", -units(6_000), 0, units(4_000)),
        ("TB", "BTC", -units("0.1"), 0, units("0.1")),
        ("TB", "USD", units(6_000), units(15), units(5_985)),
    ]
    assert bank.ledger.totals() == {"USD": 0, "BTC": 0}


def test_sale_with_its_fee_in_base(bank: Bank, entries: list[Entry]) -> None:
    """Where there is enough of it besides; where not, and where an order holds it, the fee is in quote."""
    bob = bank.by_number(2)
    sale = Leg(2, "TB", fee_in="base", order=5)
    assert settle_fill(bank, BTC, 600_000, 10_000_000, buyer=CROWD_LEG, seller=sale, now_ns=9).seller == Fee(
        "BTC", units("0.0004")
    )
    assert told(entries)[0] == ("TB", "BTC", -units("0.1"), units("0.0004"), units("0.0996"))
    bob.hold(6, "BTC", units("0.0496"))
    bob.hold(5, "BTC", units("0.05"))
    assert settle_fill(bank, BTC, 600_000, 5_000_000, buyer=CROWD_LEG, seller=sale, now_ns=9).seller == Fee(
        "USD", units(12)
    )
    assert told(entries)[3] == ("TB", "USD", units(3_000), units(12), units(8_988))
    assert bob.held("BTC") == bob.balance("BTC") == units("0.0496")


def test_fees_fall_with_volume(bank: Bank) -> None:
    """The fill that reaches a step still pays the old rate."""
    fees: list[int] = []
    for _ in range(3):
        bank.deposit(bank.by_number(1), "USD", 10_000, now_ns=1)
        fees.append(settle_fill(bank, BTC, 50_000, 100_000_000, buyer=Leg(1), seller=CROWD_LEG, now_ns=9).buyer.units)
    assert fees == [units(20), units(20), units("17.5")]


def test_rounding_shortage(bank: Bank, entries: list[Entry]) -> None:
    """Costs that were rounded up leave an order a trifle short: the fee is lower, then the exchange pays."""
    carol = bank.open("carol", deposits={"USD": "0.0000199"}, fees=FeeSchedule(((0, 0, 500_000),)))
    booked = settle_fill(bank, BTC, 1, 15_000, buyer=Leg(3, "TC"), seller=CROWD_LEG, now_ns=9)
    assert booked.cost == units("0.00002")
    assert booked.buyer == Fee("USD", 0)
    assert told(entries)[2] == ("TC", "USD", -units("0.0000199"), 0, 0)
    assert bank.ledger.balance(FEES, "USD") == -units("0.0000001")
    assert bank.ledger.balance(CROWD, "USD") == units("0.00002")
    bank.deposit(carol, "USD", "0.000025", now_ns=9)
    assert settle_fill(bank, BTC, 1, 15_000, buyer=Leg(3), seller=CROWD_LEG, now_ns=9).buyer == Fee(
        "USD", units("0.000005")
    )
    assert bank.ledger.totals() == {"USD": 0, "BTC": 0}


@pytest.mark.parametrize(
    ("buyer", "seller"), [(Leg(2), CROWD_LEG), (CROWD_LEG, Leg(1))], ids=["no dollars", "no bitcoin"]
)
def test_money_that_was_not_held(bank: Bank, entries: list[Entry], buyer: Leg, seller: Leg) -> None:
    """It is the caller's mistake, and nothing is booked."""
    with pytest.raises(Overdraft):
        settle_fill(bank, BTC, 600_000, 10_000_000, buyer=buyer, seller=seller, now_ns=9)
    assert entries == []


def test_margin_profit(bank: Bank, entries: list[Entry]) -> None:
    """A short position: only fees and results touch the main wallet, in one entry per fill."""
    alice = bank.by_number(1)
    settle_fill(
        bank, BTC, 600_000, 20_000_000, buyer=CROWD_LEG, seller=Leg(1, "T1", fee_in="base", margin=True), now_ns=9
    )
    assert told(entries) == [("T1", "USD", 0, units(48), units(9_952))]
    assert (entries[0].type, entries[0].category) == ("margin", "margin-trade")
    assert alice.position("BTC/USD") == Position("BTC/USD", -20_000_000, units(12_000), units(2_400))
    assert alice.available("USD") == units(7_552)
    assert alice.free_margin("USD", {"BTC/USD": units(11_000)}) == units(8_552)
    # Half of it is bought back 1,000 dollars lower, then the rest at the price it was sold for.
    settle_fill(bank, BTC, 590_000, 10_000_000, buyer=Leg(1, "T2", margin=True), seller=CROWD_LEG, now_ns=9)
    assert told(entries)[1] == ("T2", "USD", units(100), units("20.65"), units("10031.35"))
    settle_fill(bank, BTC, 600_000, 10_000_000, buyer=Leg(1, "T3", margin=True), seller=CROWD_LEG, now_ns=9)
    assert told(entries)[2] == ("T3", "USD", 0, units(21), units("10010.35"))
    assert alice.position("BTC/USD") == Position("BTC/USD")
    assert bank.ledger.balance(1, "BTC", "BTC/USD") == bank.ledger.balance(1, "USD", "BTC/USD") == 0
    assert alice.balances() == {"USD": units("10010.35")}
    assert bank.ledger.totals() == {"USD": 0, "BTC": 0}


def test_margin_loss_beyond_everything(bank: Bank, entries: list[Entry]) -> None:
    """Nobody liquidates: what the main wallet can't pay stays owed until something comes in."""
    alice = bank.by_number(1)
    alice.fees = FeeSchedule(((0, 0, 0),))
    alice.hold(5, "USD", units(1_000))
    settle_fill(bank, BTC, 600_000, 50_000_000, buyer=Leg(1, "T1", margin=True), seller=CROWD_LEG, now_ns=9)
    settle_fill(bank, BTC, 400_000, 50_000_000, buyer=CROWD_LEG, seller=Leg(1, "T2", margin=True), now_ns=9)
    assert told(entries)[1] == ("T2", "USD", -units(9_000), 0, units(1_000))
    assert alice.position("BTC/USD") == Position("BTC/USD", owed=units(1_000))
    assert alice.held("USD") == alice.balance("USD") == units(1_000)
    assert alice.free_margin("USD") == -units(1_000)
    bank.deposit(alice, "USD", 5_000, now_ns=9)
    settle_fill(bank, BTC, 400_000, 50_000_000, buyer=Leg(1, "T3", margin=True), seller=CROWD_LEG, now_ns=9)
    assert told(entries)[3] == ("T3", "USD", -units(1_000), 0, units(5_000))
    assert alice.position("BTC/USD").owed == 0
    assert bank.ledger.totals() == {"USD": 0, "BTC": 0}


class Resting(NamedTuple):
    """An order of the machine below."""

    account: Account
    side: int
    price: int
    qty: int
    fee_in: Literal["base", "quote"]


PRICES = st.integers(1, 2_000)
QUANTITIES = st.one_of(st.integers(1, 10**6), st.integers(1, 10**11))
FEES_IN = st.sampled_from(["base", "quote"])


class Trading(RuleBasedStateMachine):
    """Deposits, orders with holds, fills, cancels, margin: in any order, without a unit lost."""

    @initialize(pair=st.sampled_from([XRP, PEPE]))
    def begin(self, pair: Pair) -> None:
        """Three accounts without anything."""
        self.pair = pair
        self.bank = Bank(1, ASSETS)
        self.accounts = [self.bank.open(f"user {number}") for number in range(3)]
        self.orders: dict[int, Resting] = {}
        self.last = 0
        self.paid: dict[tuple[int, str], int] = defaultdict(int)
        self.flow: dict[int, int] = defaultdict(int)
        self.lots: dict[int, int] = defaultdict(int)
        self.volume: dict[int, int] = defaultdict(int)
        self.bank.ledger.on_entry = self.entry

    def entry(self, entry: Entry) -> None:
        """Every balance follows from the amounts and fees before it."""
        self.paid[entry.account, entry.asset] += entry.amount - entry.fee
        assert entry.balance == self.paid[entry.account, entry.asset]
        assert entry.fee >= 0
        if entry.type == "margin":
            self.flow[entry.account] -= entry.amount - entry.fee

    @rule(user=st.integers(0, 2), amount=st.integers(1, 10**14), quote=st.booleans())
    def deposit(self, user: int, amount: int, quote: bool) -> None:
        """Money comes in."""
        asset = self.pair.quote if quote else self.pair.base
        self.bank.deposit(self.accounts[user], asset, money.amount(amount), now_ns=0)

    def need(self, order: Resting) -> tuple[str, int]:
        """What an order has to hold: a sale its lots, a purchase its cost and its fee."""
        if order.side > 0:
            cost = money.cost(self.pair, order.price, order.qty)
            rate = order.account.rate(maker=False) if order.fee_in == "quote" else 0
            return self.pair.quote, cost + money.fee(cost, rate, self.pair.cost_precision)
        return self.pair.base, money.lots(self.pair, order.qty)

    @rule(user=st.integers(0, 2), side=st.sampled_from([1, -1]), price=PRICES, qty=QUANTITIES, fee_in=FEES_IN)
    def place(self, user: int, side: int, price: int, qty: int, fee_in: Literal["base", "quote"]) -> None:
        """An order is placed if its money is there."""
        account = self.accounts[user]
        order = Resting(account, side, price, qty, fee_in)
        asset, needed = self.need(order)
        available = account.available(asset)
        self.last += 1
        assert account.hold(self.last, asset, needed) == (needed <= available)
        if needed <= available:
            assert account.available(asset) == available - needed
            self.orders[self.last] = order

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Its money is available again."""
        assume(self.orders)
        number = data.draw(st.sampled_from(sorted(self.orders)))
        self.orders.pop(number).account.release(number)

    @rule(data=st.data(), better=st.integers(0, 50), maker=st.booleans(), part=st.integers(1, 5))
    def fill(self, data: st.DataObject, better: int, maker: bool, part: int) -> None:
        """Some of an order is filled, at its price or better, by the crowd or by another user's order."""
        assume(self.orders)
        number = data.draw(st.sampled_from(sorted(self.orders)))
        order = self.orders[number]
        price = max(1, order.price - order.side * better)
        qty = -(-order.qty // part)
        legs = {order.side: Leg(order.account.number, "T", maker, order.fee_in, order=number), -order.side: CROWD_LEG}
        involved = [number]
        for other, resting in self.orders.items():
            if resting.side == -order.side and resting.account is not order.account and resting.qty >= qty:
                if (resting.price - price) * resting.side < 0:
                    continue
                legs[resting.side] = Leg(resting.account.number, "T", not maker, resting.fee_in, order=other)
                involved.append(other)
                break
        booked = settle_fill(self.bank, self.pair, price, qty, buyer=legs[1], seller=legs[-1], now_ns=0)
        for leg in legs.values():
            self.volume[leg.account] += booked.cost
        for name in involved:
            rest = self.orders.pop(name)
            rest = rest._replace(qty=rest.qty - qty)
            if rest.qty:
                self.orders[name] = rest
                rest.account.hold(name, *self.need(rest), cap=True)

    @rule(user=st.integers(0, 2), side=st.sampled_from([1, -1]), price=PRICES, qty=QUANTITIES)
    def trade_on_margin(self, user: int, side: int, price: int, qty: int) -> None:
        """A fill that needs no money at all: whatever comes of it, the books stay right."""
        leg = Leg(user + 1, "T", margin=True)
        buyer, seller = (leg, CROWD_LEG) if side > 0 else (CROWD_LEG, leg)
        booked = settle_fill(self.bank, self.pair, price, qty, buyer=buyer, seller=seller, now_ns=0)
        fee = booked.buyer if side > 0 else booked.seller
        self.flow[user + 1] -= side * booked.cost + fee.units
        self.lots[user + 1] += side * qty
        self.volume[user + 1] += booked.cost

    @rule(user=st.integers(0, 2), price=PRICES)
    def close_position(self, user: int, price: int) -> None:
        """All of a position is closed: nothing stays in its wallet but what is owed."""
        qty = self.accounts[user].position(self.pair.symbol).qty
        assume(qty)
        self.trade_on_margin(user, -1 if qty > 0 else 1, price, abs(qty))
        position = self.accounts[user].position(self.pair.symbol)
        assert position == Position(self.pair.symbol, owed=position.owed)

    @invariant()
    def nothing_is_lost(self) -> None:
        """Every asset sums to zero."""
        if hasattr(self, "bank"):
            assert not any(self.bank.ledger.totals().values())

    @invariant()
    def every_account_is_sound(self) -> None:
        """Holds are those of the open orders, and never more than there is; positions have what they cost."""
        for account in getattr(self, "accounts", []):
            for asset in (self.pair.base, self.pair.quote):
                mine = [number for number, order in self.orders.items() if order.account is account]
                held = sum(account.holding(number) for number in mine if self.need(self.orders[number])[0] == asset)
                assert 0 <= held == account.held(asset) <= account.balance(asset)
                assert account.balance(asset) == self.paid[account.number, asset]
                assert 0 <= account.available(asset) <= account.balance(asset) - held
            position = account.position(self.pair.symbol)
            wallet = self.bank.ledger.balance(account.number, self.pair.quote, self.pair.symbol)
            assert position.qty == self.lots[account.number]
            assert wallet == position.borrowed - position.owed == self.flow[account.number]
            assert position.owed >= 0
            assert account.volume == self.volume[account.number]


TestTrading = Trading.TestCase
TestTrading.settings = settings(
    max_examples=50,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much],  # without an order none is amended or cancelled
)
