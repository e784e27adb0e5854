"""A million messages, each of them judged: the simulator's two book channels against readers who believe nothing.

Every engine event that somebody can see is written to both channels. A level-2 and a level-3 reader, which share no
code with the simulator, apply, truncate and sum up every message. It passes if every checksum is right, and if after
every event the level-2 view of the level-3 book is the level-2 book, to the last digit.

Beside the crowd, strangers place, amend and cancel orders of every kind, so that the rare ways through a book are
walked too.

    python tests/proofs/books.py                        a million messages, five symbols, depth 10 and 100
    python tests/proofs/books.py --messages 20000 --seed 3
"""

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from havklo.sim.exchange import Exchange
from havklo.sim.market.ladder import ASK, BID
from havklo.sim.market.matching import Market
from havklo.sim.rules import Rules
from havklo.sim.symbols import pairs
from reference.reader import Level2Reader, Level3Reader, parse

SECOND = 1_000_000_000
STRANGERS = 0.2  # how many of the turns are theirs


@dataclass
class Verdict:
    """What the readers saw.

    Attributes:
        messages: How many there were, per channel and depth.
        wrong: Checksums that did not hold.
        apart: Events after which the two channels told different books.
        events: Engine events.
    """

    messages: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    apart: int = 0
    events: int = 0

    @property
    def total(self) -> int:
        """All messages."""
        return self.messages.total()

    @property
    def good(self) -> bool:
        """Whether nothing was wrong."""
        return not self.wrong and not self.apart and self.total > 0


class Strangers:
    """Random orders of every kind, near the touch; they are no part of the crowd."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.own: dict[str, list[int]] = {}

    def act(self, market: Market, symbol: str, size: int) -> None:
        """One engine event."""
        own = self.own.setdefault(symbol, [])
        own[:] = [number for number in own if number in market.orders]
        if not own or (len(own) < 40 and self.rng.random() < 0.5):
            self._place(market, own, size)
        else:
            self._change(market, own, size)

    def _place(self, market: Market, own: list[int], size: int) -> None:
        rng, side = self.rng, self.rng.choice((BID, ASK))
        bids, asks = market.sides
        if len(bids) < 3 or len(asks) < 3:
            return
        price = max(1, rng.choice(market.sides[side].top(14)).price + rng.randint(-1, 1))
        qty = rng.randint(1, 3 * size)
        peak = max(1, qty // rng.randint(2, 10)) if rng.random() < 0.5 else 0
        outcome = market.submit(
            side, price, qty, owner=rng.randint(1, 2), peak=peak, stp=rng.choice(("cancel_newest", "cancel_oldest"))
        )
        if outcome.resting:
            own.append(outcome.order_id)

    def _change(self, market: Market, own: list[int], size: int) -> None:
        rng = self.rng
        order = market.orders[rng.choice(own)]
        roll = rng.random()
        if roll < 0.35:
            market.amend(order.id, price=max(1, order.price + rng.randint(-12, 12)))
        elif roll < 0.7:
            market.amend(order.id, qty=rng.randint(1, 3 * size))
        elif roll < 0.8:
            market.amend(order.id, price=max(1, order.price + rng.randint(-4, 4)), qty=rng.randint(1, 3 * size))
        else:
            market.cancel(order.id)


class Judge:
    """All readers of one exchange."""

    def __init__(self, exchange: Exchange, depths: tuple[int, ...], *, grown_to_the_back: bool) -> None:
        self.verdict = Verdict()
        self.level2 = {}
        self.level3 = {}
        self.touched: set[tuple[str, int]] = set()
        self.moment = ""
        for symbol in exchange.pairs:
            for depth in depths:
                for channel in ("book", "level3"):
                    exchange.open((channel, symbol, depth), 0)
                self.level2[symbol, depth] = Level2Reader(depth)
                self.level3[symbol, depth] = Level3Reader(depth, grown_to_the_back=grown_to_the_back)
                for channel in ("book", "level3"):
                    self.read((channel, symbol, depth), exchange.snapshot((channel, symbol, depth), 0))
        exchange.publish = self.read
        self.compare()

    def read(self, key: tuple[str, str, int | str], frame: bytes) -> None:
        """Take one message of either channel; the first of another event closes the last one."""
        channel, symbol, depth = key
        message = parse(frame)
        moment = message["data"][0]["timestamp"][:26]  # level 3 counts nanoseconds
        if moment != self.moment:
            self.compare()
            self.moment = moment
        book = (self.level2 if channel == "book" else self.level3)[symbol, int(depth)]
        name = f"{channel} {depth}"
        self.verdict.messages[name] += 1
        if not book.apply(message):
            self.verdict.wrong[name] += 1
        self.touched.add((symbol, int(depth)))

    def compare(self) -> None:
        """After an event both channels tell the same book."""
        for place in self.touched:
            self.verdict.apart += self.level2[place].sides != self.level3[place].sides
        self.touched.clear()


def prove(
    messages: int,
    *,
    symbols: int = 5,
    depths: tuple[int, ...] = (10, 100),
    seed: int = 7,
    rules: Rules | None = None,
    reader_knows: bool = True,
    quiet: bool = True,
) -> Verdict:
    """Let the market run until so many messages have been judged."""
    rules = rules or Rules()
    exchange = Exchange(pairs(symbols), seed=seed, rules=rules, start_ns=1_800_000_000 * SECOND)
    grown = reader_knows and rules.requeue_event == "modify" and rules.qty_up == "back"
    judge = Judge(exchange, depths, grown_to_the_back=grown)
    strangers, rng = Strangers(random.Random(f"{seed} strangers")), random.Random(f"{seed} turns")
    began, told = time.monotonic(), 0
    names = list(exchange.pairs)
    while judge.verdict.total < messages:
        now = exchange.due()
        if rng.random() < STRANGERS:
            symbol = rng.choice(names)
            size = exchange.pairs[symbol].size
            exchange.run(symbol, now, lambda market, symbol=symbol, size=size: strangers.act(market, symbol, size))
        else:
            exchange.step(now)
        if not quiet and judge.verdict.total >= told + 50_000:
            told = judge.verdict.total
            rate = told / (time.monotonic() - began)
            print(f"{told:>9,} messages  {rate:,.0f}/s  wrong {judge.verdict.wrong.total()}", file=sys.stderr)
    judge.compare()
    judge.verdict.events = exchange.events
    return judge.verdict


def main() -> int:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description="Judge every message of the simulator's two book channels.")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--symbols", type=int, default=5)
    parser.add_argument("--depths", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    verdict = prove(
        arguments.messages,
        symbols=arguments.symbols,
        depths=tuple(arguments.depths),
        seed=arguments.seed,
        quiet=False,
    )
    print(f"{verdict.events:,} engine events, {verdict.total:,} messages, seed {arguments.seed}")
    for name, count in sorted(verdict.messages.items()):
        print(f"  {name:<12}{count:>10,} messages  {verdict.wrong[name]} wrong checksums")
    print(f"events after which the level-2 view of level 3 was not the level-2 book: {verdict.apart}")
    print("PASSED" if verdict.good else "FAILED")
    return 0 if verdict.good else 1


if __name__ == "__main__":
    sys.exit(main())
