"""The bot: a process that trades its wishes, writes down what becomes of them, and can be killed at any moment.

It is told on its standard input what to do beside that, a line each: `ladder KEY SYMBOL COUNT`, `say` (write
down what it knows now) and `end`.
"""

import asyncio
import itertools
import logging
import sys
from collections import Counter
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Final, final

import havklo
from chaos.journal import Closing, Ended, Filled, Journal, Meant, Refused, Unknown, Wish, read
from chaos.wishes import ladder, wish
from havklo import BookNotLive, Client, ConfigurationError, Credentials, ExchangeError, HavkloError
from havklo.channels import book, instrument
from havklo.errors import OrderInvalid, OrderUnknown
from havklo.events import Connected, Execution, ExecutionGap, OrderState, OrderStateChanged
from havklo.orders import Limit, Market, Order, OrderRequest

__all__ = ["attempt", "ended", "main"]

WORKERS: Final = 12  # orders at a time
AGAIN: Final = 0.2  # seconds until the next attempt, where an order could not be sent
DEADLINE: Final = 1.0  # seconds that the exchange has for an order
TIMEOUT: Final = 4.0  # seconds that the bot waits for it
PATIENCE: Final = 30.0  # seconds for an order that was canceled to end
DEPTH: Final = 10


@final
class Bot:
    """Trades until every order that was asked for has ended.

    Args:
        kraken: The client.
        journal: Where it writes.
        symbols: What it trades.
        keys: The keys of the orders to come.
        again: Orders that an earlier process meant, and of which nobody knows what became.
    """

    def __init__(
        self, kraken: Client, journal: Journal, symbols: list[str], keys: Iterator[str], again: list[Wish]
    ) -> None:
        self._kraken = kraken
        self._journal = journal
        self._symbols = symbols
        self._keys = keys
        self._again = again
        self._told: Counter[str] = Counter()
        self._gaps = 0
        self._connections = 0
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []
        kraken.on(Execution, self._executed)
        kraken.on(OrderStateChanged, self._changed)
        kraken.on(ExecutionGap, self._missed)
        kraken.on(Connected, self._connected)

    async def run(self) -> None:
        """Trade, and do what the standard input says until it ends."""
        await self._kraken.subscribe(instrument(), timeout=60.0)
        await self._kraken.subscribe(book(*self._symbols, depth=DEPTH), timeout=60.0)
        await self._start()
        async with self._group as group:
            self._tasks = [group.create_task(self._work()) for _ in range(WORKERS)]
            for wanted in self._again:
                self._aside(wanted)
            await self._listen()
            for task in self._tasks:
                task.cancel()

    async def _start(self) -> None:
        """Open the private connection, however often the door is shut."""
        while True:
            try:
                await self._kraken.orders.start()
            except (ConfigurationError, ExchangeError):
                raise
            except HavkloError:
                await self._kraken.clock.sleep(AGAIN)
            else:
                return

    async def _work(self) -> None:
        for key in self._keys:
            await self._serve(self._meant(await self._wish(key)))

    async def _wish(self, key: str) -> Wish:
        symbol = self._symbols[hash_of(key) % len(self._symbols)]
        while True:
            try:
                return wish(key, self._kraken.instruments[symbol], self._kraken.books[symbol])
            except (BookNotLive, IndexError):
                await self._kraken.clock.sleep(AGAIN)

    def _meant(self, wanted: Wish) -> Wish:
        self._journal.write(Meant(wanted))
        return wanted

    async def _serve(self, wanted: Wish) -> None:
        """One order: from its placing to its end."""
        order = await self._place(wanted)
        if order is None:
            return
        if wanted.then != "wait":
            await self._kraken.clock.sleep(wanted.patience / 4)
            await self._meddle(order, wanted)
        patience = wanted.patience
        while True:
            try:
                await order.done(timeout=patience)
                break
            except havklo.WaitTimeout:
                patience = PATIENCE
            await attempt(self._kraken, order.cancel())
        self._journal.write(ended(wanted.key, order))

    async def _place(self, wanted: Wish) -> Order | None:
        while True:
            try:
                return await self._kraken.orders.place(
                    request(wanted), key=wanted.key, deadline=DEADLINE, timeout=TIMEOUT
                )
            except OrderUnknown as error:
                return error.order
            except ExchangeError as error:
                self._journal.write(Refused(wanted.key, f"{type(error).__name__}: {error.message}"))
                await self._kraken.clock.sleep(AGAIN)  # the exchange may be closed for a moment
                return None
            except ConfigurationError:
                raise
            except HavkloError:
                # It was not sent; with its key the same order can be placed again in any case.
                await self._kraken.clock.sleep(AGAIN)

    async def _meddle(self, order: Order, wanted: Wish) -> None:
        if wanted.then == "cancel":
            await attempt(self._kraken, order.cancel())
            return
        pair = self._kraken.instruments[wanted.symbol]
        assert wanted.price is not None
        sign = 1 if wanted.side == "buy" else -1
        price = pair.price(wanted.price - sign * pair.price_increment * 3, "nearest")
        await attempt(self._kraken, order.amend(price=price, qty=wanted.qty + pair.qty_increment))

    async def _listen(self) -> None:
        """Do what the standard input says."""
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        while line := (await reader.readline()).decode().split():
            match line:
                case ["ladder", key, symbol, count]:
                    for wanted in await self._ladder(key, symbol, int(count)):
                        self._aside(self._meant(wanted))
                case ["say"]:
                    self._journal.write(self._closing())
                case _:
                    return

    async def _ladder(self, key: str, symbol: str, count: int) -> list[Wish]:
        while True:
            try:
                return ladder(key, self._kraken.instruments[symbol], self._kraken.books[symbol], count)
            except (BookNotLive, IndexError):
                await self._kraken.clock.sleep(AGAIN)

    def _aside(self, wanted: Wish) -> None:
        self._tasks.append(self._group.create_task(self._serve(wanted)))

    def _closing(self) -> Closing:
        return Closing(
            balances={asset: each.balance for asset, each in self._kraken.balances.items()},
            open=sorted(self._kraken.orders.open),
            told_twice=sum(times - 1 for times in self._told.values()),
            gaps=self._gaps,
            connections=self._connections,
        )

    def _executed(self, event: Execution) -> None:
        if event.exec_type == "trade" and event.exec_id:
            self._told[event.exec_id] += 1

    def _changed(self, event: OrderStateChanged) -> None:
        if OrderState.UNKNOWN in (event.before, event.after):
            self._journal.write(Unknown(event.cl_ord_id, str(event.after)))

    def _missed(self, _event: ExecutionGap) -> None:
        self._gaps += 1

    def _connected(self, _event: Connected) -> None:
        self._connections += 1


def hash_of(key: str) -> int:
    """A number for a key, the same in every process."""
    return int.from_bytes(key.encode()) % 1_000_003


async def attempt(kraken: Client, asking: Awaitable[object]) -> None:
    """Ask for something that may well come too late."""
    try:
        await asking
    except OrderInvalid:
        raise
    except HavkloError:
        await kraken.clock.sleep(AGAIN)


def request(wanted: Wish) -> OrderRequest:
    """What is asked of the exchange for a wish."""
    if wanted.price is None:
        return Market(wanted.symbol, wanted.side, qty=wanted.qty)
    return Limit(
        wanted.symbol,
        wanted.side,
        qty=wanted.qty,
        price=wanted.price,
        post_only=wanted.post_only,
        time_in_force=wanted.time_in_force,
    )


def ended(key: str, order: Order) -> Ended:
    """What the client says of an order that has ended."""
    return Ended(
        key=key,
        order_id=order.order_id,
        cl_ord_id=order.cl_ord_id,
        state=str(order.state),
        order_qty=order.order_qty,
        limit_price=order.limit_price,
        cum_qty=order.cum_qty,
        cost=order.cost,
        fees=dict(order.fees),
        fills=[
            Filled(fill.exec_id, fill.price, fill.qty, fill.cost, {fee.asset: fee.qty for fee in fill.fees})
            for fill in order.fills()
        ],
        reason=order.reason,
    )


async def main(url: str, folder: Path, orders: int, seed: int, symbols: list[str]) -> None:
    """Go on where the last process was ended."""
    path = folder / "journal.jsonl"
    open_wishes: dict[str, Wish] = {}
    begun: set[str] = set()
    for entry, _ in read(path):
        match entry:
            case Meant(wanted):
                open_wishes[wanted.key] = wanted
                begun.add(wanted.key)
            case Ended(key=key) | Refused(key=key):
                open_wishes.pop(key, None)
            case _:
                pass
    numbered = (f"{seed}-{number}" for number in itertools.islice(itertools.count(1), orders))
    keys = (key for key in numbered if key not in begun)
    async with Client(
        url,
        credentials=Credentials.from_env(),
        tier="pro",
        order_keys=folder / "orders.keys",
        connects_per_10_minutes=100_000,
        reconnect=lambda attempt: min(0.1 * attempt, 0.5),  # what is tried here is not how well a client can wait
        breaker_cool_down=0.5,
    ) as kraken:
        await Bot(kraken, Journal(path), symbols, keys, list(open_wishes.values())).run()


if __name__ == "__main__":
    # What happened before a failure is worth more than the failure.
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    havklo.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:]))
