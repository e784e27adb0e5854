"""A quiet exchange with two pairs, a bank, a desk, and a hand to play the crowd."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from havklo.sim.accounts.account import Account, Bank
from havklo.sim.exchange import Exchange
from havklo.sim.listing import Listing
from havklo.sim.market.ladder import ASK, BID
from havklo.sim.market.matching import Outcome
from havklo.sim.rules import Rules
from havklo.sim.symbols import Pair
from havklo.sim.trading.desk import Answer, Desk
from havklo.sim.trading.ticket import Report, Ticket

__all__ = ["BTC", "ETH", "SECOND", "START", "World"]

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND  # 2023-11-14T22:13:20Z

# Prices have one decimal and quantities four, so that numbers in tests can be read.
BTC = Pair(
    symbol="BTC/USD",
    price_precision=1,
    qty_precision=4,
    price=500_000,
    gap=1,
    spread=1,
    size=10_000,
    qty_min=10,
    marginable=True,
)
ETH = Pair(
    symbol="ETH/USD",
    price_precision=2,
    qty_precision=8,
    price=200_000,
    gap=1,
    spread=1,
    size=10_000,
    qty_min=1,
    index=1,
)


class World:
    """The exchange without a crowd, and everything that was reported."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.exchange = Exchange((BTC, ETH), rules=rules, start_ns=START, crowd=False)
        self.bank = Bank(7, ["BTC", "ETH", "USD"], rules)
        self.desk = Desk(self.exchange, self.bank)
        self.desk.on_report = self._hear
        self.now_ns = START
        self.reports: list[tuple[int, Report]] = []

    def _hear(self, account: int, report: Report) -> None:
        self.reports.append((account, report))

    @property
    def listing(self) -> Listing:
        """The market of BTC/USD."""
        return self.exchange.listing("BTC/USD", self.now_ns)

    def account(self, name: str = "alice", **options: Any) -> Account:
        """An account with 100,000 dollars and 10 coins, unless told otherwise."""
        usual: dict[str, Any] = {"tier": "pro", "deposits": {"USD": 100_000, "BTC": 10}}
        return self.bank.open(name, **usual | options)

    def crowd(self, side: Literal["buy", "sell"], price: int | None, qty: int, symbol: str = "BTC/USD") -> Outcome:
        """The crowd sends an order: a price in whole dollars or none for a market order, and lots."""
        return self.exchange.run(
            symbol,
            self.now_ns,
            lambda market: market.submit(BID if side == "buy" else ASK, None if price is None else price * 10, qty),
        )

    def print(self, *prices: int) -> None:
        """Let one lot trade at each of some prices, all by the crowd."""
        for price in prices:
            bid = self.crowd("buy", price, 1)
            if bid.resting:
                self.crowd("sell", price, 1)

    def request(self, account: Account, method: str, **params: Any) -> list[Answer]:
        """A request as it is."""
        return self.desk.request(account, method, params, self.now_ns)

    def ask(self, account: Account, method: str, **params: Any) -> Any:
        """The result of a request that succeeds."""
        (answer,) = self.request(account, method, **params)
        assert answer.success, answer.error
        return answer.result

    def refusal(self, account: Account, method: str, **params: Any) -> str:
        """The error of a request that fails."""
        (answer,) = self.request(account, method, **params)
        assert not answer.success
        assert answer.error is not None
        return answer.error

    def add(self, account: Account, side: str, qty: str, price: str | None = None, **params: Any) -> Ticket:
        """A new order in BTC/USD: a limit order if there is a price, else whatever is asked for."""
        wanted: dict[str, Any] = {"symbol": "BTC/USD", "side": side, "order_qty": Decimal(qty)}
        if price is not None:
            wanted["limit_price"] = Decimal(price)
        wanted["order_type"] = "market" if price is None else "limit"
        ticket = self.desk.ticket(self.ask(account, "add_order", **(wanted | params))["order_id"])
        assert ticket is not None
        return ticket

    def told(self, ticket: Ticket) -> list[str]:
        """What was reported about an order, as event types."""
        return [str(report["exec_type"]) for _, report in self.reports if report["order_id"] == ticket.order_id]

    def last(self, ticket: Ticket, exec_type: str) -> Mapping[str, Any]:
        """The last report of a type about an order."""
        return next(
            report
            for _, report in reversed(self.reports)
            if report["order_id"] == ticket.order_id and report["exec_type"] == exec_type
        )

    def shown(self, side: Literal["buy", "sell"]) -> list[tuple[Decimal, list[Decimal]]]:
        """A side of the book: price, and what each order at it shows, in order."""
        ladder = self.listing.market.sides[BID if side == "buy" else ASK]
        return [
            (Decimal(level.price).scaleb(-1), [Decimal(order.qty).scaleb(-4) for order in level.orders.values()])
            for level in ladder.top(len(ladder))
        ]
