"""The orders that the bot wants: small ones of all kinds around the touch, by a seed."""

import random
from decimal import Decimal
from typing import Final

from chaos.journal import Wish
from havklo import Book, Pair

__all__ = ["ladder", "wish"]

KINDS: Final = {"market": 15, "ioc": 20, "fok": 5, "take": 20, "join": 20, "away": 20}
AWAY: Final = 40  # price increments from the touch: an order that waits


def wish(key: str, pair: Pair, book: Book) -> Wish:
    """The order that a key stands for, in this market.

    Args:
        key: Same key, same choice of side, kind and size.
        pair: What is traded.
        book: The market, live.

    Raises:
        BookNotLive: It is not.
    """
    rng = random.Random(key)
    side = rng.choice(("buy", "sell"))
    kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
    top = book.snapshot(1)
    bid, ask = top.bids[0].price, top.asks[0].price
    near, far, sign = (bid, ask, -1) if side == "buy" else (ask, bid, 1)
    away = sign * AWAY * pair.price_increment * rng.randint(1, 3)
    price = {"market": None, "ioc": far, "fok": far, "take": far, "join": near, "away": max(near + away, bid / 2)}[kind]
    size = max(pair.qty_min, (pair.cost_min or Decimal(0)) * 2 / bid) * Decimal(rng.randint(12, 40)) / 10
    then = rng.choices(("wait", "amend", "cancel"), (2, 3, 3))[0] if kind in ("join", "away") else "wait"
    return Wish(
        key=key,
        symbol=pair.symbol,
        side=side,
        qty=pair.qty(size),
        price=None if price is None else pair.price(price, "nearest"),
        post_only=kind == "away",
        time_in_force=kind if kind in ("ioc", "fok") else "gtc",
        then=then,
        patience=rng.uniform(0.5, 4.0),
    )


def ladder(key: str, pair: Pair, book: Book, count: int) -> list[Wish]:
    """So many buys, one below the other, that wait for a fall.

    Args:
        key: What their keys begin with.
        pair: What is traded.
        book: The market, live.
        count: How many.
    """
    best = book.snapshot(1).bids[0].price
    qty = pair.qty(max(pair.qty_min, (pair.cost_min or Decimal(0)) * 2 / best) * 2)
    return [
        Wish(
            key=f"{key}-{step}",
            symbol=pair.symbol,
            side="buy",
            qty=qty,
            price=pair.price(best - (step + 1) * pair.price_increment, "nearest"),
            post_only=True,
            patience=12.0,
        )
        for step in range(count)
    ]
