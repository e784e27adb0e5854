"""An outage: a ladder of orders is filled while the bot is away, and not even the last order's ack came through."""

import asyncio
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from havklo import Simulator
from havklo.sim.trading.fields import LOTS_MAX
from havklo.sim.trading.ticket import Ticket

__all__ = ["WHALE", "outage"]

WHALE: Final = "whale"
"""The account that sells into the ladder; it has all that it needs."""

STEPS: Final = 60
ENOUGH: Final = 58
ATTEMPTS: Final = 8
SHUT: Final = 3.0  # seconds that the door stays shut
PATIENCE: Final = 15.0
TURN: Final = 0.02


async def outage(simulator: Simulator, account: str, tell: Callable[[str], None], chance: random.Random) -> int:
    """Let it happen.

    Args:
        simulator: The exchange.
        account: The bot's account.
        tell: Tells the bot what to do.
        chance: Chooses the pair and the name.

    Returns:
        How many of the ladder's orders were filled while the bot could not see it.

    Raises:
        TimeoutError: The bot has not placed its orders.
    """
    symbol = chance.choice(simulator.symbols)
    name = f"ladder-{chance.getrandbits(32):08x}"

    def rungs() -> list[Ticket]:
        return [each for each in simulator.orders(account) if (each.symbol, each.side) == (symbol, "buy")]

    for attempt in range(ATTEMPTS):
        # The exchange may be closed for a moment, and refuse them.
        tell(f"ladder {name}-{attempt} {symbol} {STEPS}")
        if await _reached(simulator, lambda: len(rungs()) >= ENOUGH):
            break
    else:
        raise TimeoutError("the bot has not placed its ladder")
    seen = {each.order_id for each in rungs()}
    # The ack of the next order is what the connection dies of, and then nobody is let in.
    lost = simulator.inject("lose_ack", method="add_order", cut=True, role="private")
    simulator.inject("refuse", role="private", seconds=SHUT)
    tell(f"ladder {name}-last {symbol} 1")
    if not await _reached(simulator, lambda: not lost.remaining):
        raise TimeoutError("the bot has not placed its last order")
    _sell(simulator, symbol, min(each.limit_price for each in rungs() if each.limit_price is not None))
    await asyncio.sleep(0)
    return sum(each.order_id in seen and each.status == "filled" for each in simulator.orders(account, closed=True))


def _sell(simulator: Simulator, symbol: str, lowest: int) -> None:
    """Sell so much that every buy down to a price is filled."""
    kraken = simulator._kraken
    pair = kraken.exchange.pairs[symbol]
    price = Decimal(lowest).scaleb(-pair.price_precision)
    bids, _ = simulator.queue(symbol, 200)
    left = sum((Decimal(order.order_qty) for order in bids if Decimal(order.limit_price) >= price), Decimal(0))
    most = Decimal(LOTS_MAX).scaleb(-pair.qty_precision)
    while left:
        qty = min(left, most)
        left -= qty
        params = {
            "order_type": "limit",
            "side": "sell",
            "symbol": symbol,
            "order_qty": qty,
            "limit_price": price,
            "time_in_force": "ioc",
        }
        for answer in kraken.desk.request(simulator.accounts[WHALE], "add_order", params, simulator.clock.epoch_ns()):
            assert answer.success, answer


async def _reached(simulator: Simulator, condition: Callable[[], object]) -> bool:
    """Wait until a condition holds, for a while."""
    until = simulator.clock.now() + round(PATIENCE * 1e9)
    async for now in simulator.clock.every(TURN):
        if condition():
            return True
        if now > until:
            return False
    raise AssertionError("a clock never ends")
