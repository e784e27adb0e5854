"""A program that trades: places orders of several kinds, amends and cancels them, alone and many at once."""

import random
from decimal import Decimal
from typing import Any, Final, final

from dst.accounts import AccountWatch
from dst.actor import Actor, Acts
from dst.counter import Counter
from dst.exchange import House
from dst.journal import Journal
from dst.network import Network
from dst.taste import Taste
from dst.virtual import SECOND
from havklo import Client, Credentials
from havklo._rest.calls import Answer, Call
from havklo.errors import (
    ConfigurationError,
    Disconnected,
    ExchangeError,
    HavkloError,
    HeadroomExceeded,
    OrderInvalid,
    OrderUnknown,
    RequestTimeout,
    SubscriptionError,
)
from havklo.orders import Iceberg, Limit, Market, Order, OrderRequest
from havklo.sim.scenario.plan import AccountPlan

__all__ = ["Trader", "traders"]

_PRESENT: Final = 0.5  # seeds that have one
_NAME: Final = "desk"
_MANY: Final = 40  # open orders, from which on rather less is wanted
_DESK_EVERY: Final = SECOND // 2  # the exchange looks after orders that expire

_EXPECTED: Final = (
    ConfigurationError,  # an order that has ended meanwhile can't be changed
    Disconnected,
    ExchangeError,
    HeadroomExceeded,
    OrderInvalid,
    OrderUnknown,
    RequestTimeout,
    SubscriptionError,
)


def traders(house: House, journal: Journal, seed: int) -> "list[Trader]":
    """Give the traders of a seed: none, or one; all of it drawn apart from everything else."""
    rng = random.Random(f"{seed} traders")
    return [Trader(house, journal, seed, rng)] if rng.random() < _PRESENT else []


@final
class Trader(Actor):
    """One client with an account of its own, and what is done with it.

    Args:
        house: The exchange.
        journal: The run's account.
        seed: The run's seed.
        rng: Decides what it is like, and then what it does.

    Attributes:
        books: None; it trades at the prices of the exchange's own ladder.
        streams: None.
    """

    def __init__(self, house: House, journal: Journal, seed: int, rng: random.Random) -> None:
        number = 8
        taste = Taste.draw(rng, number)
        network = Network(house, "10.0.8.1", taste.connects, random.Random(f"{seed} network of traders"))
        tier = rng.choice(("starter", "intermediate", "pro", "pro"))
        self._symbols = rng.sample(house.symbols, min(rng.choice((1, 2, 4)), len(house.symbols)))
        self._options: dict[str, Any] = {
            "tier": tier,
            "pacing": rng.choice(("wait", "wait", "refuse")),
            "on_exit": rng.choice(("leave", "cancel")),
            "dead_man": rng.choice((None, None, None, 60.0)),
            "cancel_reserve": rng.choice((0, 8)),
        }
        pause = rng.choice((0.3, 1.0, 3.0))
        super().__init__(house, journal, number=number, taste=taste, network=network, rng=rng, pause=pause)
        self.counter = Counter(network)
        self.books: dict[Any, Any] = {}
        self.streams: list[Any] = []
        bank, pairs = house.kraken.bank, list(house.exchange.pairs.values())
        deposits = {asset: amount for asset, amount in AccountPlan().deposits(pairs).items() if amount}
        self._account = bank.open(_NAME, tier=tier, deposits=deposits, now_ns=house.clock.epoch_ns())
        self.watch = AccountWatch(network, self._account, journal)
        self._seed = seed
        self._orders: list[Order] = []
        self._count = 0
        acts: Acts = (
            (self._place, 30),
            (self._place_several, 4),
            (self._amend, 12),
            (self._cancel, 12),
            (self._cancel_several, 4),
            (self._cancel_all, 0.5),
        )
        self._acts, self._act_weights = zip(*acts, strict=True)

    def __repr__(self) -> str:
        return f"<Trader, {self._count} orders>"

    def _client(self) -> Client:
        credentials = Credentials(self._account.key, self._account.secret)
        client = self.taste.client(self.network, lambda _: "resync", credentials=credentials, **self._options)
        client._hub.lines._random = random.Random(f"{self._seed} client of traders").random
        self.counter.serve(client, credentials)
        self._count_questions()
        return client

    def _begin(self, kraken: Client) -> None:
        self.watch.follow(kraken)
        self._look_after_the_desk()

    # -- what it does

    def _do(self) -> None:
        """Do something; once it is quiet, no more than to have the account subscribed."""
        if not self.is_quiet:
            act = self._random.choices(self._acts, self._act_weights)[0]
            if len(self._open) > _MANY:
                act = self._random.choice((self._cancel_several, self._cancel_all))
            act()
        elif not self._tasks and not self.kraken.orders.is_live:
            self._start(self.kraken.orders.start())
        self.watch.look_at_the_counter()

    @property
    def _open(self) -> list[Order]:
        self._orders = [order for order in self._orders if not order.state.is_final]
        return self._orders

    def _place(self) -> None:
        request = self._request(self._random.choice(self._symbols))
        if request is not None:
            self._start(self._have(request))

    def _place_several(self) -> None:
        symbol = self._random.choice(self._symbols)
        some = [self._request(symbol) for _ in range(self._random.randint(2, 6))]
        self._start(self._have_several([request for request in some if request is not None]))

    def _amend(self) -> None:
        rows = [order for order in self._open if order.limit_price is not None and order.order_qty is not None]
        if not rows:
            return
        order = self._random.choice(rows)
        bids, asks = self._house.exchange.listing(order.symbol, self._clock.epoch_ns()).ladder(10)
        side = bids if order.side == "buy" else asks
        change: dict[str, Any] = {}
        if side and self._random.random() < 0.7:
            change["price"] = self._random.choice(side)[0]
        if not change or self._random.random() < 0.5:
            change["qty"] = order.order_qty * 2
        self._start(order.amend(**change))

    def _cancel(self) -> None:
        if self._open:
            self._start(self._random.choice(self._open).cancel())

    def _cancel_several(self) -> None:
        rows = self._open
        if rows:
            some = self._random.sample(rows, min(len(rows), self._random.randint(2, 60)))
            self._start(self.kraken.orders.cancel(*some))

    def _cancel_all(self) -> None:
        self._start(self.kraken.orders.cancel_all())

    def _request(self, symbol: str) -> OrderRequest | None:
        """Draw an order: most rest for a while, some take."""
        rng, pair = self._random, self._house.exchange.pairs[symbol]
        bids, asks = self._house.exchange.listing(symbol, self._clock.epoch_ns()).ladder(10)
        if not bids or not asks:
            return None
        self._count += 1
        name = f"t{self._seed}-{self._count}"
        side = rng.choice(("buy", "sell"))
        near, far = (bids, asks) if side == "buy" else (asks, bids)
        lots = max(pair.qty_min, round(pair.size * rng.choice((0.5, 1, 3))))
        qty = Decimal(lots).scaleb(-pair.qty_precision)
        given: dict[str, Any] = {"qty": qty, "cl_ord_id": name}
        kind = rng.choices(("rest", "post", "cross", "now", "market", "iceberg"), (40, 10, 15, 8, 15, 5))[0]
        match kind:
            case "market":
                return Market(symbol, side, **given)  # type: ignore[arg-type]
            case "cross":
                return Limit(symbol, side, price=far[min(2, len(far) - 1)][0], **given)  # type: ignore[arg-type]
            case "now":
                tif = rng.choice(("ioc", "fok"))
                return Limit(symbol, side, price=rng.choice(far)[0], time_in_force=tif, **given)  # type: ignore[arg-type]
            case "iceberg":
                given["qty"] = qty * 10
                return Iceberg(symbol, side, price=near[0][0], display_qty=qty, **given)  # type: ignore[arg-type]
            case _:
                price = rng.choice(near[: rng.choice((1, 10))])[0]
                return Limit(symbol, side, price=price, post_only=kind == "post", **given)  # type: ignore[arg-type]

    # -- how it does it

    async def _have(self, request: OrderRequest) -> None:
        deadline, timeout = self._random.choice(((5.0, 10.0), (1.0, 30.0), (2.0, 3.0)))
        self._orders.append(await self.kraken.orders.place(request, deadline=deadline, timeout=timeout))
        self._journal.counts["orders placed"] += 1

    async def _have_several(self, requests: list[OrderRequest]) -> None:
        if len(requests) < 2:
            return
        for outcome in await self.kraken.orders.place_batch(requests):
            if isinstance(outcome, Order):
                self._orders.append(outcome)
                self._journal.counts["orders placed"] += 1
            else:
                self._fail(outcome)

    def _look_after_the_desk(self) -> None:
        """Have the exchange do what is due: orders that expire, a dead man's switch."""
        self._house.kraken.desk.tick(self._clock.epoch_ns())
        self._clock.call_in(_DESK_EVERY, self._look_after_the_desk)

    def _count_questions(self) -> None:
        perform = self.counter.perform

        async def counted(call: Call) -> Answer:
            self.watch.asked()
            return await perform(call)

        self.counter.perform = counted  # type: ignore[method-assign]

    def _fail(self, error: HavkloError) -> None:
        """Take an error: most of them a program has to expect."""
        self._journal.counts[f"refusal {type(error).__name__}"] += 1
        if isinstance(error, OrderUnknown):
            self._orders.append(error.order)
        if not isinstance(error, _EXPECTED):
            super()._fail(error)
