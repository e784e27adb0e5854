"""The judge of trading: small orders all the time, and in the end each of them as the exchange has it."""

import asyncio
import random
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, final

from chaos.bot import attempt, ended
from chaos.judge import decimal, differences

from havklo import Client
from havklo.channels import instrument
from havklo.errors import ExchangeError, HavkloError, OrderInvalid, OrderUnknown, WaitTimeout
from havklo.events import ConnectionLost, Execution, ExecutionGap, OrderState, OrderStateChanged
from havklo.orders import Limit, Order
from matrix.venue import FarKraken

if TYPE_CHECKING:
    from havklo.sim.trading.ticket import Ticket

__all__ = ["Trading"]

WORKERS: Final = 6  # orders at a time
PAUSE: Final = (0.1, 0.8)  # seconds between two of a worker's orders
DEADLINE: Final = 1.0  # seconds that the exchange has for an order
TIMEOUT: Final = 4.0  # seconds that is waited for its answer
PATIENCE: Final = 10.0  # seconds for an order to end, until it is canceled once more
AWAY: Final = 30  # price increments from the touch
SETTLED: Final = 3.0  # seconds after the last order, until all is compared

Kind = Literal["take", "join", "amend"]


@final
class Trading:
    """Trades as a program would, and knows what should have come of it.

    Attributes:
        noticed: When the client gave a sign that something was wrong, in monotonic nanoseconds.
    """

    def __init__(self, far: FarKraken, kraken: Client, seed: int) -> None:
        self.noticed: list[int] = []
        self._far = far
        self._kraken = kraken
        self._seed = seed
        self._account = far.kraken.bank.by_name("trader")
        self._tickets: dict[str, Ticket] = {}
        self._count = 0
        self._over: dict[str, Order] = {}  # by the names that they were given
        self._not_there: dict[str, str] = {}  # of which the client says that they were never accepted, and why
        self._unknown: dict[str | None, int] = {}
        self._found_out: list[int] = []
        self._told: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._wrong: list[str] = []
        self._ending = False
        self._workers: list[asyncio.Task[None]] = []
        for event, handle in (
            (ConnectionLost, self._sign),
            (ExecutionGap, self._sign),
            (OrderStateChanged, self._changed),
            (Execution, self._executed),
        ):
            kraken.on(event, handle)  # type: ignore[arg-type]

    async def subscribe(self) -> None:
        """Subscribe to all there is, and begin."""
        await self._kraken.subscribe(instrument(), timeout=60.0)
        await self._kraken.orders.start(timeout=60.0)
        self._workers = [asyncio.create_task(self._work(number)) for number in range(WORKERS)]

    def read(self) -> None:
        """Keep the exchange's orders: it knows only so many that have ended."""
        desk = self._far.kraken.desk
        for tickets in (desk.open_orders(self._account), desk.closed_orders(self._account)):
            self._tickets |= {each.order_id: each for each in tickets}

    def is_well(self) -> bool:
        """Whether orders are as the exchange has them, and of none the fate is unknown."""
        return self._kraken.orders.is_live and not self._unknown

    def write_off(self) -> None:
        """Go on: what is unknown may still be found out."""

    async def end(self) -> None:
        """Let every order end, and compare."""
        self._ending = True
        await asyncio.gather(*self._workers)
        await self._kraken.clock.sleep(SETTLED)
        self.read()
        self._compare()

    def figures(self) -> dict[str, Any]:
        """What came out: counts of orders, differences in words, times in nanoseconds."""
        names = Counter(each.cl_ord_id for each in self._tickets.values())
        there = {each.cl_ord_id for each in self._tickets.values()}
        return {
            "orders": len(self._tickets),
            "fills": sum(len(each.executions) for each in self._tickets.values()),
            "lost": sum(name in there for name in self._not_there),
            "doubled": sum(times > 1 for times in names.values()),
            "again": sum(times > 1 for times in self._told.values()),
            "differences": self._wrong,
            "refused": dict(self._refused),
            "unknown": sorted(self._found_out),
            "unresolved": len(self._unknown),
        }

    # -- trading -----------------------------------------------------------------------------

    async def _work(self, number: int) -> None:
        chance = random.Random(f"{self._seed} worker {number}")
        while not self._ending:
            await self._kraken.clock.sleep(chance.uniform(*PAUSE))
            kind: Kind = chance.choices(("take", "join", "amend"), (5, 3, 2))[0]
            await self._one(chance, kind)

    async def _one(self, chance: random.Random, kind: Kind) -> None:
        """One order: from its placing to its end."""
        request = self._request(chance, kind)
        if request is None:
            return
        name = request.cl_ord_id or ""
        try:
            order = await self._kraken.orders.place(request, deadline=DEADLINE, timeout=TIMEOUT)
        except OrderUnknown as error:
            order = error.order
        except OrderInvalid:
            raise
        except HavkloError as error:
            self._not_there[name] = str(error)
            if isinstance(error, ExchangeError):
                self._refused[type(error).__name__] += 1
            await self._kraken.clock.sleep(1.0)  # the exchange, or the way to it, may be closed for a moment
            return
        if kind == "amend":
            await self._kraken.clock.sleep(chance.uniform(0.1, 2.0))
            await self._amend(order)
        patience = chance.uniform(1.0, 6.0)
        while True:
            try:
                await order.done(timeout=patience)
                break
            except WaitTimeout:
                patience = PATIENCE
            await attempt(self._kraken, order.cancel(timeout=TIMEOUT))
        self._over[name] = order

    def _request(self, chance: random.Random, kind: Kind) -> Limit | None:
        symbol = chance.choice(self._far.symbols)
        bids, asks = self._far.ladder(symbol, 1)
        if not bids or not asks:
            return None
        side: Literal["buy", "sell"] = chance.choice(("buy", "sell"))
        near, far = Decimal(bids[0][0]), Decimal(asks[0][0])
        sign = -1
        if side == "sell":
            near, far, sign = far, near, 1
        pair = self._kraken.instruments[symbol]
        price = {"take": far, "join": near, "amend": near + sign * AWAY * pair.price_increment}[kind]
        least = max(pair.qty_min, 2 * (pair.cost_min or Decimal(0)) / price)
        self._count += 1
        return Limit(
            symbol,
            side,
            qty=pair.qty(least * Decimal(chance.randint(12, 30)) / 10),
            price=pair.price(max(price, near / 2), "nearest"),
            time_in_force="ioc" if kind == "take" else "gtc",
            cl_ord_id=f"m{self._count}",
        )

    async def _amend(self, order: Order) -> None:
        pair = self._kraken.instruments[order.symbol]
        if order.limit_price is None or order.order_qty is None or order.state.is_final:
            return
        further = pair.price_increment * (-1 if order.side == "buy" else 1)
        await attempt(
            self._kraken, order.amend(price=order.limit_price + further, qty=order.order_qty + pair.qty_increment)
        )

    # -- comparing ---------------------------------------------------------------------------

    def _compare(self) -> None:
        """Every order, its fills and fees, the balances, what is open."""
        wrong = self._wrong
        tickets = {each.cl_ord_id: each for each in self._tickets.values()}
        for name, order in self._over.items():
            ticket = tickets.pop(name, None)
            if order.state is OrderState.REJECTED:
                wrong += [f"{name}: rejected ({order.reason}), but there is {ticket!r}"] if ticket is not None else []
            elif ticket is None:
                wrong.append(f"{name}: the exchange has no such order, which is {order.state}")
            else:
                wrong += [f"{name}: {difference}" for difference in differences(ended(name, order), ticket)]
        for name, ticket in tickets.items():
            wrong.append(f"{name}: {self._not_there.get(name or '', 'nobody knows of it')}: {ticket!r}")
        true = {asset: decimal(units) for asset, units in self._account.balances().items()}
        for asset, balance in self._kraken.balances.items():
            if balance.balance != true.get(asset, Decimal(0)):
                wrong.append(f"{asset}: the client has {balance.balance}, the exchange {true.get(asset)}")
        wrong += [f"{name} is open" for name in self._kraken.orders.open]

    # -- what the client says ----------------------------------------------------------------

    def _sign(self, _event: object) -> None:
        self.noticed.append(self._far.clock.now())

    def _changed(self, event: OrderStateChanged) -> None:
        now = self._far.clock.now()
        if event.after is OrderState.UNKNOWN:
            self._unknown.setdefault(event.cl_ord_id, now)
            self.noticed.append(now)
        elif event.before is OrderState.UNKNOWN and event.cl_ord_id in self._unknown:
            self._found_out.append(now - self._unknown.pop(event.cl_ord_id))

    def _executed(self, event: Execution) -> None:
        if event.exec_type == "trade" and event.exec_id:
            self._told[event.exec_id] += 1
