"""A small market maker: one bid and one ask around the middle of a level-2 book, within an inventory limit.

It quotes with post-only limit orders, moves them with amend (which keeps an order's id, costs less of the rate counter
than a cancel and a new order, and leaves no moment without a quote), leans against its inventory, and takes a side away
where one more fill could pass the limit. It runs on the simulated Kraken; nothing in it knows that but `main`.

In the end it reckons what it has made from its own fills and compares that with the exchange's ledger: they have to be
the same to the last digit.

    python examples/market_maker.py --minutes 1 --seed 7
"""

import argparse
import asyncio
import sys
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, final

from havklo import BookNotLive, Client, Credentials, Pair, Simulator
from havklo.channels import book
from havklo.errors import (
    Disconnected,
    ExchangeError,
    HeadroomExceeded,
    OrderUnknown,
    RequestTimeout,
    RiskLimitExceeded,
    WaitTimeout,
)
from havklo.events import Execution
from havklo.instruments import Side
from havklo.orders import Limit, Order, RiskLimits

SIDES: Final[tuple[Side, Side]] = ("buy", "sell")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How it quotes.

    Attributes:
        symbol: The pair.
        size: How much each quote is for.
        limit: What it holds at most, bought or sold.
        edge: How far a quote is from the middle, in hundredths of a percent of the price.
        lean: How far both move against a full inventory, in the same.
        slack: A quote that is off by less stays where it is, in the same.
        every: Seconds between two looks at the book.
    """

    symbol: str = "BTC/USD"
    size: Decimal = Decimal("0.02")
    limit: Decimal = Decimal("0.08")
    edge: Decimal = Decimal("0.4")
    lean: Decimal = Decimal("0.6")
    slack: Decimal = Decimal("0.1")
    every: float = 0.5


@final
class MarketMaker:
    """Keeps two quotes in one book.

    Attributes:
        changes: By how much its own fills and their fees have changed each asset.
        fills: How many there were.
        most: The largest inventory so far, bought or sold.
        skipped: Requests that found no room in the rate counter; the next look tries again.
    """

    def __init__(self, kraken: Client, pair: Pair, terms: Terms) -> None:
        self.changes: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.volume = Decimal(0)
        self.fees = Decimal(0)
        self.fills = 0
        self.most = Decimal(0)
        self.skipped = 0
        self._kraken = kraken
        self._pair = pair
        self._terms = terms
        self._held = Decimal(0)
        self._quotes: dict[Side, Order] = {}
        kraken.on(Execution, self._executed)

    @property
    def inventory(self) -> Decimal:
        """What it has bought more than sold; fees do not count."""
        return self._held

    async def run(self, seconds: float) -> None:
        """Quote for so many seconds of the exchange's time, then take the quotes away."""
        clock = self._kraken.clock
        until = clock.now() + round(seconds * 1e9)
        async for now in clock.every(self._terms.every):
            if now >= until:
                break
            await self.look()
        while not all(order.state.is_final for order in self._quotes.values()):
            try:
                await self._kraken.orders.cancel_all()
                for order in self._quotes.values():
                    await order.done(timeout=10)
            except (ExchangeError, RequestTimeout, WaitTimeout):
                continue  # on a bad line; a cancel that comes twice does no harm

    async def look(self) -> None:
        """Bring both quotes to where they belong now."""
        try:
            middle = self._kraken.books[self._terms.symbol].mid
        except BookNotLive:
            middle = None  # nothing is known, so nothing is quoted
        for side in SIDES:
            try:
                await self._quote(side, middle)
            except HeadroomExceeded:
                self.skipped += 1
            except OrderUnknown as unknown:
                self._quotes[side] = unknown.order
            except (ExchangeError, RequestTimeout, RiskLimitExceeded, Disconnected, WaitTimeout):
                continue  # it was filled meanwhile, or would have taken, or the line is bad: the next look knows more

    async def _quote(self, side: Side, middle: Decimal | None) -> None:
        order = self._quotes.get(side)
        if order is not None and order.state.is_final:
            await order.done(timeout=10)  # its last fills count, too, and may still be on their way
            order = None
        room = self._terms.limit - (self._held if side == "buy" else -self._held)
        size = self._terms.size if order is None else order.remaining
        if middle is None or size is None or room < size:
            if order is not None:
                await order.cancel()
            return
        price = self._price(side, middle)
        if order is None:
            limit = Limit(self._terms.symbol, side, qty=self._terms.size, price=price, post_only=True)
            self._quotes[side] = await self._kraken.orders.place(limit)
        elif order.limit_price is not None and abs(order.limit_price - price) > self._part(middle, self._terms.slack):
            await order.amend(price=price)

    def _price(self, side: Side, middle: Decimal) -> Decimal:
        lean = self._terms.lean * self._held / self._terms.limit
        away = self._terms.edge + lean if side == "buy" else -self._terms.edge + lean
        return self._pair.price(middle - self._part(middle, away), "passive", side=side)

    @staticmethod
    def _part(price: Decimal, hundredths_of_a_percent: Decimal) -> Decimal:
        return price * hundredths_of_a_percent / 10_000

    def _executed(self, event: Execution) -> None:
        """Count a fill, as soon as it is told."""
        if event.exec_type != "trade" or event.last_qty is None or event.cost is None:
            return
        sign = 1 if event.side == "buy" else -1
        self.fills += 1
        self.volume += event.cost
        self._held += sign * event.last_qty
        self.most = max(self.most, abs(self._held))
        self.changes[self._pair.base] += sign * event.last_qty
        self.changes[self._pair.quote] -= sign * event.cost
        for fee in event.fees:
            self.changes[fee.asset] -= fee.qty
            self.fees += fee.qty if fee.asset == self._pair.quote else fee.qty * event.cost / event.last_qty


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it.

    Attributes:
        maker: The market maker.
        middle: The middle of the book at the end, which its inventory is worth.
        own: What each asset has changed by, from its own fills.
        ledger: The same from the exchange's ledger.
        own_profit: What it has made, from its own fills.
        ledger_profit: The same from the exchange's ledger.
    """

    maker: MarketMaker
    middle: Decimal
    own: dict[str, Decimal]
    ledger: dict[str, Decimal]
    own_profit: Decimal
    ledger_profit: Decimal


async def trade(exchange: Simulator, seconds: float, terms: Terms) -> Outcome:
    """Make a market on a simulated exchange for so many of its seconds."""
    account = next(iter(exchange.accounts.values()))
    async with Client(
        exchange,
        credentials=Credentials(account.key, account.secret),
        tier=account.tier.name,
        pacing="refuse",  # a quote that comes late is worth nothing
        risk=RiskLimits(max_qty={terms.symbol: terms.size}, max_open=2, needs_live_book=True),
        on_exit="cancel",
    ) as kraken:
        await kraken.subscribe(book(terms.symbol, depth=10))
        await kraken.resolve(terms.symbol)  # which fetches the pairs
        pair = kraken.instruments[terms.symbol]
        await kraken.orders.start()
        before = balances(kraken, pair)
        maker = MarketMaker(kraken, pair, terms)
        await maker.run(seconds)
        # The ledger's word for the last fill may be on its way.
        await kraken.wait_until(lambda: changed(before, balances(kraken, pair)) == own(maker, pair), timeout=30)
        await kraken.wait_until(lambda: kraken.books[terms.symbol].top is not None, timeout=30)
        middle = kraken.books[terms.symbol].mid
    # The exchange's own ledger, not what the client made of it.
    true = {asset: Decimal(account.balance(asset)).scaleb(-10) for asset in before}
    ledger = changed(before, true)
    return Outcome(
        maker=maker,
        middle=middle,
        own=own(maker, pair),
        ledger=ledger,
        own_profit=worth(own(maker, pair), pair, middle),
        ledger_profit=worth(ledger, pair, middle),
    )


def balances(kraken: Client, pair: Pair) -> dict[str, Decimal]:
    """What the account has of the pair's two assets."""
    return {asset: kraken.balances[asset].balance for asset in (pair.base, pair.quote)}


def changed(before: dict[str, Decimal], after: dict[str, Decimal]) -> dict[str, Decimal]:
    """By how much each asset has changed."""
    return {asset: after[asset] - before[asset] for asset in before}


def own(maker: MarketMaker, pair: Pair) -> dict[str, Decimal]:
    """The same from the maker's own fills."""
    return {asset: maker.changes[asset] for asset in (pair.base, pair.quote)}


def worth(assets: dict[str, Decimal], pair: Pair, middle: Decimal) -> Decimal:
    """What assets are worth together, in the quote asset."""
    return assets[pair.quote] + assets[pair.base] * middle


def table(outcome: Outcome, terms: Terms) -> str:
    """The figures for people."""
    maker, (base, quote) = outcome.maker, terms.symbol.split("/")
    rows = [
        ("fills", f"{maker.fills}"),
        ("volume", f"{maker.volume:,.2f} {quote}"),
        ("fees", f"{maker.fees:,.2f} {quote}"),
        ("inventory", f"{maker.inventory:f} {base}, at most {maker.most:f} of {terms.limit:f}"),
        (f"{base}, from fills", f"{outcome.own[base]:f}"),
        (f"{base}, in the ledger", f"{outcome.ledger[base]:f}"),
        (f"{quote}, from fills", f"{outcome.own[quote]:f}"),
        (f"{quote}, in the ledger", f"{outcome.ledger[quote]:f}"),
        ("profit before fees", f"{outcome.own_profit + maker.fees:,.2f} {quote}"),
        ("profit", f"{outcome.own_profit:,.2f} {quote}, at {outcome.middle:f}"),
    ]
    return "\n".join(f"{name:<24}{value}" for name, value in rows)


def faults(outcome: Outcome, terms: Terms) -> list[str]:
    """What must not be."""
    maker = outcome.maker
    checks = [
        (outcome.own == outcome.ledger, "its fills and the exchange's ledger differ"),
        (outcome.own_profit == outcome.ledger_profit, "its profit is not what the exchange's ledger says"),
        (maker.most <= terms.limit, f"it held {maker.most}, more than {terms.limit}"),
    ]
    return [text for is_good, text in checks if not is_good]


def main() -> int:
    """Run it; the exit code is 1 if it went past its limit, or its own figures are not the exchange's."""
    parser = argparse.ArgumentParser(description="A small market maker on the simulated Kraken.")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--symbol", default=Terms.symbol)
    given = parser.parse_args()
    terms = Terms(symbol=given.symbol)
    exchange = Simulator([terms.symbol], seed=given.seed, rate=50, accounts=["maker:pro"])
    outcome = asyncio.run(trade(exchange, given.minutes * 60, terms))
    print(table(outcome, terms))
    found = faults(outcome, terms)
    print("\n".join(f"FAILED: {fault}" for fault in found) or "its own figures are the exchange's, to the last digit")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
