"""The client's rate counter over real sockets: never below the exchange's, and with waiting no request is ever refused.

Several traders place, amend and cancel orders of all ages as fast as the client lets them, while acks and execution
reports are held up now and then. After every event and two hundred times a second the client's counter of each pair is
compared with the exchange's own at that very instant; the client's is read first, and both only fall, so what is found
below is really below.

    python tests/proofs/trading_counter.py                     a minute, three tiers
    python tests/proofs/trading_counter.py --seconds 5 --tiers pro --seed 3
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, final, get_args

from havklo import Client, ConfigurationError, Credentials, Simulator
from havklo.channels import instrument
from havklo.errors import HavkloError, OrderRateLimited
from havklo.events import Execution
from havklo.orders import Limit

if TYPE_CHECKING:
    from havklo.orders import Order

Tier = Literal["starter", "intermediate", "pro"]
TIERS: Final[tuple[Tier, ...]] = get_args(Tier)
SYMBOLS: Final = {"BTC/USD": ("0.001", "40000.0"), "ETH/USD": ("0.05", "1000.00"), "XRP/USD": ("50", "0.50000")}
TRADERS: Final = 6
LOOK: Final = 0.005
HELD_UP: Final = 0.4  # seconds between two messages that are held up
REFUSED: Final = "EOrder:Rate limit exceeded"


@dataclass
class Verdict:
    """What came of it.

    Attributes:
        requests: What the exchange was asked for.
        refused: How often it said that the rate limit is exceeded.
        looks: Comparisons.
        below: How often the client's counter was below the exchange's.
        lowest: By how much it was above, at least.
        highest: By how much, at most.
        fullest: The largest part of its threshold that an exchange's counter has reached.
        seen: Refusals that the client has seen.
    """

    requests: Counter[str] = field(default_factory=Counter[str])
    refused: int = 0
    looks: int = 0
    below: int = 0
    lowest: Decimal = Decimal("Infinity")
    highest: Decimal = Decimal(0)
    fullest: Decimal = Decimal(0)
    seen: int = 0

    @property
    def good(self) -> bool:
        """Whether nothing was wrong, and the counters were really used."""
        return not self.below and not self.refused and not self.seen and self.fullest > Decimal("0.5")


@final
class Traders:
    """Places, amends and cancels orders as fast as it may."""

    def __init__(self, kraken: Client, verdict: Verdict, seed: int) -> None:
        self._kraken = kraken
        self._verdict = verdict
        self._random = random.Random(f"{seed} traders")
        self._open: list[Order] = []

    async def trade(self) -> None:
        """One trader, until it is canceled."""
        while True:
            try:
                await self._once()
            except OrderRateLimited:
                self._verdict.seen += 1
            except ConfigurationError:
                raise
            except HavkloError:
                # Too many orders are open, or one has ended meanwhile.
                await self._kraken.clock.sleep(0.05)

    async def _once(self) -> None:
        chance = self._random
        roll = chance.random()
        if not self._open or roll < 0.4:
            symbol = chance.choice(list(SYMBOLS))
            qty, price = SYMBOLS[symbol]
            self._open.append(await self._kraken.orders.place(Limit(symbol, "buy", qty=qty, price=price)))
            return
        order = chance.choice(self._open)
        if roll < 0.7:
            pair = self._kraken.instruments[order.symbol]
            assert order.order_qty is not None
            await order.amend(qty=order.order_qty + pair.qty_increment)
        else:
            self._open.remove(order)
            await order.cancel()


async def prove(tier: Tier, seconds: float, seed: int = 7) -> Verdict:
    """Trade for so long and compare.

    Args:
        tier: The account's.
        seconds: For how long.
        seed: Same seed, same choices.
    """
    verdict = Verdict()
    async with Simulator(list(SYMBOLS), rate=0, seed=seed, accounts=[f"trader:{tier}"]) as simulator:
        _listen(simulator, verdict)
        account = simulator.accounts["trader"]
        with tempfile.TemporaryDirectory() as folder:
            async with Client(
                simulator,
                credentials=Credentials(account.key, account.secret),
                tier=tier,
                pacing="wait",
                order_keys=Path(folder) / "orders.keys",
            ) as kraken:
                await kraken.subscribe(instrument())
                await kraken.orders.start()
                look = _looker(simulator, kraken, verdict)
                kraken.on(Execution, lambda _event: look())
                traders = Traders(kraken, verdict, seed)
                tasks = [asyncio.create_task(traders.trade()) for _ in range(TRADERS)]
                try:
                    await _watch(simulator, look, seconds, seed, tasks)
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)
    return verdict


async def _watch(
    simulator: Simulator, look: Callable[[], None], seconds: float, seed: int, tasks: Sequence[asyncio.Task[None]]
) -> None:
    chance = random.Random(f"{seed} delays")
    began = held_up = simulator.clock.now()
    async for now in simulator.clock.every(LOOK):
        look()
        if now - held_up >= HELD_UP * 1e9:
            held_up = now
            channel = chance.choice(("ack", "executions"))
            simulator.inject("delay", channel=channel, role="private", seconds=chance.uniform(0.01, 0.5))
        for task in tasks:
            if task.done():
                task.result()
        if now - began >= seconds * 1e9:
            return


def _looker(simulator: Simulator, kraken: Client, verdict: Verdict) -> Callable[[], None]:
    account = simulator.accounts["trader"]

    def look() -> None:
        for symbol in SYMBOLS:
            counter = account.counter(symbol)
            said = kraken.orders.headroom(symbol).value
            true = counter.value(simulator.clock.epoch_ns())
            above = said - true
            verdict.looks += 1
            verdict.below += above < 0
            verdict.lowest = min(verdict.lowest, above)
            verdict.highest = max(verdict.highest, above)
            verdict.fullest = max(verdict.fullest, true / counter.threshold)

    return look


def _listen(simulator: Simulator, verdict: Verdict) -> None:
    """Count what the exchange is asked for, and what it refuses."""
    desk = simulator._kraken.desk
    ask = desk.request

    def request(account: Any, method: str, *arguments: Any, **options: Any) -> Any:
        verdict.requests[method] += 1
        answers = ask(account, method, *arguments, **options)
        verdict.refused += sum(answer.error == REFUSED for answer in answers)
        return answers

    desk.request = request  # type: ignore[method-assign]


def main() -> int:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description="Compare the client's rate counter with the exchange's.")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each tier")
    parser.add_argument("--tiers", nargs="+", choices=TIERS, default=TIERS)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    good = True
    for tier in given.tiers:
        began = time.monotonic()
        verdict = asyncio.run(prove(tier, given.seconds, given.seed))
        asked = ", ".join(f"{count:,} {method}" for method, count in verdict.requests.most_common())
        print(f"{tier}, {time.monotonic() - began:.0f} s: {asked}")
        print(f"  refused for the rate: {verdict.refused}; the fullest counter: {verdict.fullest:.0%} of its threshold")
        print(f"  {verdict.looks:,} comparisons: below the exchange's {verdict.below} times", end="")
        print(f", above it by {verdict.lowest:.6f} to {verdict.highest:.6f}")
        good = good and verdict.good
    print("PASSED" if good else "FAILED")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
