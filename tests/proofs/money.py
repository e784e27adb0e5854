"""A million random orders of several accounts: nothing is made, nothing is lost, nobody jumps a queue.

The accounts trade with each other and with nobody else, through the same requests that come over the wire. Beside the
matching engine runs a model that is a plain list of orders (`reference.matching`); every submit, amend and cancel is
done in both, and the matches have to be the same ones in the same order. After every thousand requests:

* per asset, all wallets together hold nothing (double entry), and the users' what came in minus the fees;
* no balance is negative, and no hold is larger than its balance;
* the holds are those of open orders, and an order's fills add up to what it says is filled;
* no book is crossed, and no quantity in it is 0 or less.

    python tests/proofs/money.py                     a million requests
    python tests/proofs/money.py --orders 20000 --seed 3
"""

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from havklo.clock import ManualClock
from havklo.sim.accounts.account import Account
from havklo.sim.kraken import Kraken
from havklo.sim.market.matching import Market, Outcome
from havklo.sim.scenario.plan import AccountPlan
from havklo.sim.symbols import pairs
from reference.matching import Model, Resting

SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND
SYMBOLS = ("BTC/USD", "MINA/GBP")
PRICES = {"BTC/USD": (Decimal("64525.0"), Decimal("0.1")), "MINA/GBP": (Decimal("0.3120"), Decimal("0.0001"))}
SIZES = {"BTC/USD": Decimal("0.01"), "MINA/GBP": Decimal(40)}


class Mirror:
    """Does in the model what is done in a market, and compares."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.model = Model()
        self.apart = 0
        self._submit, self._amend, self._cancel = market.submit, market.amend, market.cancel
        market.submit = self.submit  # type: ignore[method-assign]
        market.amend = self.amend  # type: ignore[method-assign]
        market.cancel = self.cancel  # type: ignore[method-assign]

    def submit(self, side: Any, price: int | None, qty: int, **options: Any) -> Outcome:
        """An order comes in."""
        owner, stp = options.get("owner", 0), options.get("stp", "cancel_newest")
        peak, rest = options.get("peak", 0), options.get("rest", True)
        outcome = self._submit(side, price, qty, **options)
        if outcome.refused:
            crosses = bool(self.model.opposite(side, price))
            whole = options.get("whole") and not self.model.whole(side, price, qty, owner, stp)
            self.apart += not ((options.get("post_only") and crosses) or whole)
            return outcome
        self.model.stopped.clear()
        found, left, stopped = self.model.take(outcome.order_id, side, price, qty, owner, stp)
        if left and price is not None and rest and not stopped:
            shown = min(peak, left) if peak else left
            self.model.orders.append(Resting(outcome.order_id, side, price, shown, left - shown, peak, owner))
        self.compare(outcome, found)
        return outcome

    def amend(self, order_id: int, **options: Any) -> Outcome:
        """A resting order is changed."""
        order = next(each for each in self.model.orders if each.id == order_id)
        self.model.stopped.clear()
        outcome = self._amend(order_id, **options)
        if outcome.refused:
            return outcome
        price = options.get("price") or order.price
        total = options.get("qty") or order.open
        peak = order.peak if options.get("peak") is None else options["peak"]
        if (price, total, peak) == (order.price, order.open, order.peak):
            self.compare(outcome, [])
            return outcome
        order.peak = peak
        shown = min(order.peak, total) if order.peak else total
        if price == order.price:
            if shown > order.qty:
                self.model.to_the_back(order)
            order.qty, order.hidden = shown, total - shown
            self.compare(outcome, [])
            return outcome
        self.model.orders.remove(order)
        stp = options.get("stp", "cancel_newest")
        found, left, stopped = self.model.take(order_id, order.side, price, total, order.owner, stp)
        if left and not stopped:
            order.price, order.qty = price, min(order.peak, left) if order.peak else left
            order.hidden = left - order.qty
            self.model.orders.append(order)
        self.compare(outcome, found)
        return outcome

    def cancel(self, order_id: int) -> int:
        """A resting order is taken out."""
        order = next(each for each in self.model.orders if each.id == order_id)
        self.model.orders.remove(order)
        left = self._cancel(order_id)
        self.apart += left != order.open
        return left

    def compare(self, outcome: Outcome, found: list[tuple[int, int, int, int]]) -> None:
        """The same matches in the same order, and the same took out of its own account's way."""
        fills = [(fill.maker.id, fill.taker.id, fill.price, fill.qty) for fill in outcome.fills]
        self.apart += fills != found or [order.id for order in self.market.stopped] != self.model.stopped

    def check(self) -> bool:
        """Whether both have the same queues now."""
        for side, ladder in enumerate(self.market.sides):
            queues = {
                level.price: [(order.id, order.qty, order.hidden) for order in level.orders.values()]
                for level in ladder.levels.values()
            }
            if queues != self.model.queues(side):  # type: ignore[arg-type]
                return False
        return True


@dataclass
class Verdict:
    """What came of it.

    Attributes:
        requests: How many there were, per method.
        answers: What was answered: accepted, or the error.
        fills: Matches.
        apart: Differences between the engine and the model.
        broken: What did not hold when it was checked.
    """

    requests: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    fills: int = 0
    apart: int = 0
    broken: Counter[str] = field(default_factory=Counter)

    @property
    def good(self) -> bool:
        """Whether nothing was wrong, and there was something to judge."""
        return not self.apart and not self.broken and self.fills > 0


class Crowd:
    """Random requests."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def request(self, open_orders: list[Any]) -> tuple[str, dict[str, Any]]:
        """A method and its parameters."""
        rng = self.rng
        if not open_orders or rng.random() < 0.6:
            return "add_order", self.order()
        order = rng.choice(open_orders)
        if rng.random() < 0.55:
            return "cancel_order", {"order_id": [order.order_id]}
        if rng.random() < 0.2:
            return "edit_order", self.edit(order)
        return "amend_order", self.amendment(order)

    def order(self) -> dict[str, Any]:
        """A new order of any type."""
        rng = self.rng
        symbol = rng.choice(SYMBOLS)
        kind = rng.choices(
            ("limit", "market", "iceberg", "stop-loss", "stop-loss-limit", "take-profit", "trailing-stop"),
            (60, 10, 10, 5, 5, 5, 5),
        )[0]
        params: dict[str, Any] = {
            "order_type": kind,
            "side": rng.choice(("buy", "sell")),
            "symbol": symbol,
            "order_qty": self.qty(symbol),
        }
        if kind in ("limit", "iceberg", "stop-loss-limit"):
            params["limit_price"] = self.price(symbol)
        if kind == "iceberg":
            params["display_qty"] = (params["order_qty"] / rng.randint(2, 12)).quantize(Decimal("1e-8"))
        if kind in ("stop-loss", "stop-loss-limit", "take-profit"):
            params["triggers"] = {"reference": "last", "price": self.price(symbol)}
        if kind == "trailing-stop":
            params["triggers"] = {"reference": "last", "price": rng.choice((1, 2, 5)), "price_type": "pct"}
        if kind == "limit":
            roll = rng.random()
            if roll < 0.1:
                params["post_only"] = True
            elif roll < 0.3:
                params["time_in_force"] = rng.choice(("ioc", "fok"))
        if rng.random() < 0.3:
            params["stp_type"] = rng.choice(("cancel_newest", "cancel_oldest", "cancel_both"))
        if rng.random() < 0.2:
            params["fee_preference"] = rng.choice(("base", "quote"))
        return params

    def amendment(self, order: Any) -> dict[str, Any]:
        """Another price, another quantity, or both."""
        params: dict[str, Any] = {"order_id": order.order_id}
        if self.rng.random() < 0.6:
            params["order_qty"] = self.qty(order.symbol)
        if self.rng.random() < 0.6:
            params["limit_price"] = self.price(order.symbol)
        return params

    def edit(self, order: Any) -> dict[str, Any]:
        """The same by the older method."""
        return {"order_id": order.order_id, "symbol": order.symbol, "limit_price": self.price(order.symbol)}

    def price(self, symbol: str) -> Decimal:
        """A price within thirty ticks of the usual one."""
        middle, tick = PRICES[symbol]
        return middle + tick * round(self.rng.gauss(0, 10))

    def qty(self, symbol: str) -> Decimal:
        """A quantity with all its digits."""
        return (SIZES[symbol] * Decimal(self.rng.randint(500, 30_000)) / 10_000).quantize(Decimal("1e-8"))


def prove(orders: int, *, seed: int = 7, accounts: int = 4, quiet: bool = True) -> Verdict:
    """Send so many random requests and judge what comes of them."""
    plans = [AccountPlan(name=f"account{number}", tier="pro") for number in range(accounts)]
    clock = ManualClock(epoch=START)
    kraken = Kraken(pairs(SYMBOLS), clock, seed=seed, accounts=plans, crowd=False)
    mirrors = {symbol: Mirror(kraken.exchange.listing(symbol, START).market) for symbol in SYMBOLS}
    verdict, rng = Verdict(), random.Random(f"{seed} money")
    crowd, now = Crowd(rng), START
    users = list(kraken.bank.accounts.values())
    deposits = {asset: -amount for asset, amount in kraken.bank.ledger.balances(-1).items()}
    kraken.desk.on_report = _count_fills(verdict)
    began = time.monotonic()
    for number in range(1, orders + 1):
        # Far enough apart that the rate counter lets nearly all of them through.
        now += round(rng.expovariate(1.0) * SECOND)
        account = rng.choice(users)
        method, params = crowd.request(kraken.desk.open_orders(account))
        verdict.requests[method] += 1
        kraken.desk.tick(now)
        for answer in kraken.desk.request(account, method, params, now):
            verdict.answers["accepted" if answer.success else str(answer.error)] += 1
        if number % 1_000 == 0 or number == orders:
            _check(kraken, users, deposits, mirrors, verdict)
        if not quiet and number % 20_000 == 0:
            rate = number / (time.monotonic() - began)
            print(f"{number:>9,} requests  {verdict.fills:,} fills  {rate:,.0f}/s", file=sys.stderr)
    verdict.apart = sum(mirror.apart for mirror in mirrors.values())
    return verdict


def _count_fills(verdict: Verdict) -> Any:
    def report(_account: int, report: dict[str, object]) -> None:
        verdict.fills += report["exec_type"] == "trade"

    return report


def _check(
    kraken: Kraken, users: list[Account], deposits: dict[str, int], mirrors: dict[str, Mirror], verdict: Verdict
) -> None:
    broken, ledger = verdict.broken, kraken.bank.ledger
    broken["wallets do not add up to nothing"] += any(ledger.totals().values())
    for asset, deposited in deposits.items():
        held = sum(account.balance(asset) for account in users) + ledger.balance(-2, asset)
        broken["what came in is not there"] += held + ledger.balance(0, asset) != deposited
    for account in users:
        for asset, balance in account.balances().items():
            broken["a negative balance"] += balance < 0
            broken["a hold above its balance"] += account.held(asset) > balance
        tickets = kraken.desk.open_orders(account)
        for asset in account.balances():
            holds = sum(account.holding(ticket.number) for ticket in tickets if _held_asset(ticket) == asset)
            broken["a hold of no open order"] += holds != account.held(asset)
    for mirror in mirrors.values():
        bids, asks = mirror.market.sides
        if bids.keys and asks.keys:
            broken["a crossed book"] += bids.at(0).price >= asks.at(0).price
        broken["an empty order"] += any(order.qty <= 0 for order in mirror.market.orders.values())
        broken["other queues than the model's"] += not mirror.check()
    for name in [name for name, times in broken.items() if not times]:
        del broken[name]


def _held_asset(ticket: Any) -> str:
    base, _, quote = ticket.symbol.partition("/")
    return quote if ticket.side == "buy" else base


def main() -> int:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description="Judge the simulator's matching and its money.")
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--accounts", type=int, default=4)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    verdict = prove(arguments.orders, seed=arguments.seed, accounts=arguments.accounts, quiet=False)
    print(f"{verdict.requests.total():,} requests, {verdict.fills:,} fills, seed {arguments.seed}")
    for counter in (verdict.requests, verdict.answers):
        for name, times in counter.most_common():
            print(f"  {name:<60}{times:>10,}")
    print(f"matches that differ from the model's: {verdict.apart}")
    print(f"checks that failed: {dict(verdict.broken) or 'none'}")
    print("PASSED" if verdict.good else "FAILED")
    return 0 if verdict.good else 1


if __name__ == "__main__":
    sys.exit(main())
