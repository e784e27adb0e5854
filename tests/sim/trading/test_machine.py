"""Any requests of several accounts, against one market in which a crowd trades too.

Whatever happens, money is conserved to the last digit and never negative, fills take the oldest order at the
best price, and what was reported is what has happened.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from havklo.sim.accounts.money import cost, lots, units
from havklo.sim.listing import Listing
from havklo.sim.market.ladder import BID, Order
from havklo.sim.market.matching import Market
from havklo.sim.rules import Rules
from havklo.sim.trading.ticket import Ticket
from havklo.sim.wire.stamps import rfc3339
from sim.trading.world import SECOND, World

T = TypeVar("T")

PRICES = st.integers(49_990, 50_010)
LOTS = st.integers(10, 9_000)
QUANTITIES = LOTS.map(lambda lots: Decimal(lots).scaleb(-4))
SIDES = st.sampled_from(["buy", "sell"])
STAMPS = st.integers(1, 90)

LIMITS = ["limit", "iceberg", "stop-loss-limit", "take-profit-limit", "trailing-stop-limit"]
STOPS = ["stop-loss", "stop-loss-limit", "take-profit", "take-profit-limit"]
TRAILING = ["trailing-stop", "trailing-stop-limit"]


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    """An add_order that is well-formed, mostly."""
    order_type = draw(st.sampled_from(["limit"] * 5 + ["market", "cash"] + LIMITS + STOPS + TRAILING))
    qty = draw(QUANTITIES)
    order: dict[str, Any] = {"order_type": order_type, "side": draw(SIDES), "order_qty": qty}
    if order_type == "cash":
        return {"order_type": "market", "side": "buy", "cash_order_qty": draw(st.integers(50, 60_000))}
    if order_type in LIMITS:
        trailing = order_type == "trailing-stop-limit"
        order["limit_price"] = draw(st.integers(-5, 5)) if trailing else draw(PRICES)
    if order_type == "iceberg":
        order["display_qty"] = max(Decimal("0.001"), (qty / draw(st.integers(1, 14))).quantize(Decimal("0.0001")))
    if order_type in STOPS:
        order["triggers"] = {"price": draw(PRICES)}
    if order_type in TRAILING:
        order["triggers"] = {"price": draw(st.integers(1, 5)), "price_type": "quote"}
    options: dict[str, st.SearchStrategy[Any]] = {
        "post_only": st.booleans(),
        "time_in_force": st.sampled_from(["gtc", "ioc", "fok"]),
        "fee_preference": st.sampled_from(["base", "quote"]),
        "stp_type": st.sampled_from(["cancel_newest", "cancel_oldest", "cancel_both"]),
        "margin": st.booleans(),
        "reduce_only": st.booleans(),
        "conditional": st.just({"order_type": "limit", "limit_price": 50_000}),
    }
    for name in draw(st.sets(st.sampled_from(sorted(options)), max_size=2)):
        order[name] = draw(options[name])
    if order.get("reduce_only"):
        order["margin"] = True
    return order


RULES = st.builds(
    Rules,
    qty_down=st.sampled_from(["keep", "back"]),
    qty_up=st.sampled_from(["back", "keep"]),
    iceberg_refill=st.sampled_from(["back", "keep"]),
)


class Model:
    """The book before an event as a plain list of orders, which plays the event's fills after it."""

    def __init__(self, market: Market, refill: str) -> None:
        self.refill = refill
        # id, side, price, shown, hidden, peak, owner; a list's order is time.
        self.orders: list[list[int]] = [
            [order.id, side, order.price, order.qty, order.hidden, order.peak, order.owner]
            for side, ladder in enumerate(market.sides)
            for level in ladder.top(len(ladder))
            for order in level.orders.values()
        ]

    def check(self, market: Market, moved: Order | None) -> None:
        """Each fill was with the oldest of the best, and with as much of it as it showed."""
        if moved is not None:
            self.orders = [order for order in self.orders if order[0] != moved.id]
        stopped = {order.id for order in market.stopped}
        for fill in market.fills:
            others = [order for order in self.orders if order[1] == fill.maker.side and order[0] not in stopped]
            sign = -1 if fill.maker.side == BID else 1
            best = min(others, key=lambda order: sign * order[2])
            assert (best[0], best[2]) == (fill.maker.id, fill.price)
            assert fill.qty <= best[3]
            assert not fill.maker.owner or fill.maker.owner != fill.taker.owner
            best[3] -= fill.qty
            if best[3]:
                continue
            if not best[4]:
                self.orders.remove(best)
                continue
            best[3] = min(best[4], best[5])
            best[4] -= best[3]
            if self.refill == "back":
                self.orders.remove(best)
                self.orders.append(best)


class TradingMachine(RuleBasedStateMachine):
    """Three accounts, of which the third has no dollars to begin with, and a crowd."""

    @initialize(rules=RULES)
    def open(self, rules: Rules) -> None:
        """The exchange opens."""
        self.world = World(rules)
        deposits = ({"USD": 60_000, "BTC": 2}, {"USD": 1_000_000, "BTC": 20}, {"BTC": 1})
        self.accounts = [
            self.world.account(f"account {number}", deposits=deposit) for number, deposit in enumerate(deposits)
        ]
        self.deposits = deposits
        self.before: Model | None = None
        self.run = self.world.exchange.run
        self.world.exchange.run = self.observe  # type: ignore[method-assign, assignment]
        self.world.exchange.settle = self.settle
        for step in range(1, 4):
            self.world.crowd("buy", 50_000 - step, 5_000)
            self.world.crowd("sell", 50_000 + step, 5_000)

    def observe(self, symbol: str, now_ns: int, action: Callable[[Market], T]) -> T:
        """An event that is seen before it happens."""

        def seen(market: Market) -> T:
            self.before = Model(market, self.world.rules.iceberg_refill)
            return action(market)

        return self.run(symbol, now_ns, seen)

    def settle(self, listing: Listing, now_ns: int) -> None:
        """An event that has happened."""
        assert self.before is not None
        market = listing.market
        moved = market.fills[0].taker if market.fills and market.moving else None
        self.before.check(market, moved)
        self.world.desk.settle(listing, now_ns)

    def ask(self, number: int, method: str, **params: Any) -> None:
        """A request of an account; whether it is refused does not matter here."""
        self.world.desk.request(self.accounts[number], method, params, self.world.now_ns)

    def some(self, data: st.DataObject, number: int) -> Ticket | None:
        """One of an account's open orders."""
        tickets = self.world.desk.open_orders(self.accounts[number])
        return data.draw(st.sampled_from(tickets)) if tickets else None

    @rule(seconds=STAMPS)
    def wait(self, seconds: int) -> None:
        """Time goes by."""
        self.world.now_ns += seconds * SECOND
        self.world.desk.tick(self.world.now_ns)

    @rule(number=st.integers(0, 2), order=orders())
    def add(self, number: int, order: dict[str, Any]) -> None:
        """One order."""
        self.ask(number, "add_order", symbol="BTC/USD", **order)

    @rule(number=st.integers(0, 2), order=orders(), start=STAMPS, end=STAMPS)
    def schedule(self, number: int, order: dict[str, Any], start: int, end: int) -> None:
        """One order that starts later, and perhaps ends."""
        moments = [rfc3339((self.world.now_ns + seconds * SECOND) // 1_000) for seconds in (start, start + end)]
        gtd = {"time_in_force": "gtd", "expire_time": moments[1]} if end % 2 else {}
        self.ask(number, "add_order", symbol="BTC/USD", **order | {"effective_time": moments[0]} | gtd)

    @rule(number=st.integers(0, 2), batch=st.lists(orders(), min_size=2, max_size=4))
    def batch(self, number: int, batch: list[dict[str, Any]]) -> None:
        """Some orders."""
        self.ask(number, "batch_add", symbol="BTC/USD", orders=batch)

    @rule(data=st.data(), number=st.integers(0, 2), price=PRICES, qty=QUANTITIES, what=st.integers(1, 3))
    def amend(self, data: st.DataObject, number: int, price: int, qty: Decimal, what: int) -> None:
        """Another price, another quantity, or both."""
        ticket = self.some(data, number)
        if ticket is not None:
            fields = {"limit_price": price, "order_qty": qty}
            if what < 3:
                del fields[("limit_price", "order_qty")[what - 1]]
            self.ask(number, "amend_order", order_id=ticket.order_id, **fields)

    @rule(data=st.data(), number=st.integers(0, 2), price=PRICES, qty=QUANTITIES)
    def edit(self, data: st.DataObject, number: int, price: int, qty: Decimal) -> None:
        """Another order instead."""
        ticket = self.some(data, number)
        if ticket is not None:
            limit = {"limit_price": price} if ticket.limit_price is not None else {}
            self.ask(number, "edit_order", order_id=ticket.order_id, symbol="BTC/USD", order_qty=qty, **limit)

    @rule(data=st.data(), number=st.integers(0, 2))
    def cancel(self, data: st.DataObject, number: int) -> None:
        """One order less."""
        ticket = self.some(data, number)
        if ticket is not None:
            self.ask(number, "cancel_order", order_id=[ticket.order_id])

    @rule(side=SIDES, price=PRICES, qty=LOTS)
    def crowd_limit(self, side: Any, price: int, qty: int) -> None:
        """The crowd's limit order."""
        self.world.crowd(side, price, qty)

    @rule(side=SIDES, qty=LOTS)
    def crowd_market(self, side: Any, qty: int) -> None:
        """The crowd's market order."""
        self.world.crowd(side, None, qty)

    @invariant()
    def money(self) -> None:
        """Nothing is made or lost; nobody owes; holds are what open orders hold, and no more than there is."""
        assert set(self.world.bank.ledger.totals().values()) == {0}
        for account in self.accounts:
            tickets = self.world.desk.open_orders(account)
            for asset in ("USD", "BTC"):
                assert account.balance(asset) >= 0
                assert 0 <= account.held(asset) <= account.balance(asset)
            holding = sum(account.holding(ticket.number) for ticket in tickets)
            assert account.held("USD") + account.held("BTC") == holding
            for ticket in tickets:
                self.held(ticket)
            self.books(account.number - 1)

    def held(self, ticket: Ticket) -> None:
        """An order holds what it may still give: coins to the last one, dollars but for roundings."""
        holding = ticket.account.holding(ticket.number)
        if ticket.margin:
            return
        if ticket.side == "sell":
            assert holding >= lots(ticket.pair, ticket.remaining)
        elif ticket.limit_price is not None:
            assert holding >= cost(ticket.pair, ticket.limit_price, ticket.remaining) - len(ticket.executions) * 10**5

    def books(self, number: int) -> None:
        """An account's balances follow from what its orders say, as long as it has nothing on margin."""
        account, desk = self.accounts[number], self.world.desk
        tickets = desk.open_orders(account) + desk.closed_orders(account)
        coins = units(self.deposits[number].get("BTC", 0))
        dollars = units(self.deposits[number].get("USD", 0))
        for ticket in tickets:
            sign = 1 if ticket.side == "buy" else -1
            coins -= ticket.fees.get("BTC", 0)
            dollars -= ticket.fees.get("USD", 0)
            if not ticket.margin:
                coins += sign * lots(ticket.pair, ticket.filled)
                dollars -= sign * ticket.cost
        assert account.balance("BTC") == coins
        if not account.positions:
            fills = sum(len(ticket.executions) for ticket in tickets)
            # The exchange bears what the roundings of single fills add up to.
            assert 0 <= account.balance("USD") - dollars <= fills * 10**5

    @invariant()
    def orders_agree(self) -> None:
        """Tickets, the market and the reports tell the same story."""
        market = self.world.listing.market
        owned = {order.id: order for order in market.orders.values() if order.owner}
        for account in self.accounts:
            for ticket in self.world.desk.open_orders(account):
                self.story(ticket)
                assert ticket.remaining > 0 or ticket.terms.cash
                order = owned.pop(ticket.order_number, None)
                assert ticket.resting == (order is not None)
                if order is not None:
                    assert (order.open, order.price) == (ticket.remaining, ticket.limit_price)
                    assert order.qty == ticket.shown or not ticket.display
        assert owned == {}

    def story(self, ticket: Ticket) -> None:
        """What was reported adds up to what the order has become."""
        kinds = [str(report["exec_type"]) for report in ticket.reports]
        assert kinds[0] == "pending_new"
        assert kinds.count("pending_new") == 1
        assert kinds.count("new") <= 1
        trades = [report for report in ticket.reports if report["exec_type"] == "trade"]
        assert sum(Decimal(str(report["last_qty"])) for report in trades) == Decimal(ticket.filled).scaleb(-4)
        assert ticket.filled == sum(execution.qty for execution in ticket.executions)
        assert ticket.cost == sum(execution.cost for execution in ticket.executions)
        final = [kind for kind in kinds if kind in ("filled", "canceled", "expired")]
        assert final == ([] if ticket.open else [ticket.status])
        assert ticket.open or kinds[-1] == final[0]
        stamps = [str(report["timestamp"]) for report in ticket.reports]
        assert stamps == sorted(stamps)

    @invariant()
    def never_crossed(self) -> None:
        """The best bid is below the best ask."""
        bids, asks = self.world.listing.market.sides
        if bids.keys and asks.keys:
            assert bids.at(0).price < asks.at(0).price

    def teardown(self) -> None:
        """When everything is cancelled, nothing is held, and every order has told its end."""
        self.world.exchange.run = self.run  # type: ignore[method-assign]
        for account in self.accounts:
            self.world.desk.request(account, "cancel_all", {}, self.world.now_ns)
        ids: set[str] = set()
        for account in self.accounts:
            assert self.world.desk.open_orders(account) == []
            assert account.held("USD") == account.held("BTC") == 0
            for ticket in self.world.desk.closed_orders(account):
                self.story(ticket)
                executed = {execution.exec_id for execution in ticket.executions}
                assert len(executed) == len(ticket.executions)
                assert not executed & ids
                ids |= executed


TestTrading = TradingMachine.TestCase
TestTrading.settings = settings(
    max_examples=50, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
