"""A million level-3 messages of the simulator through the engine: every sum, every place, and what it finds out.

The engine takes every message of every window. It passes if no book is ever given up, if the queue positions of a
thousand orders equal those in the simulator's own ladders after every message that their books take, if now and then
a whole book does, order by order, and if the engine recognises by the checksum what the simulator does with amends.
Beside the crowd, strangers place, amend and cancel orders of every kind near the touch.

Below the ten best levels no sum tells an amend's place, so under an unusual rule a deep book guesses wrong until its
best levels have shown the rule. What goes wrong until then is counted as a guess; then the book gets a fresh
snapshot, and from there on all has to be right.

    python tests/proofs/level3.py                                     a million messages, depths 10, 100 and 1000
    python tests/proofs/level3.py --rules qty_up=keep requeue_event=modify
    python tests/proofs/level3.py --rules each --messages 100000      every option of the simulator, one after the other
    python tests/proofs/level3.py --rules each --apart --jobs 2       so many messages for each option at each depth
    python tests/proofs/level3.py --rules "all the other way round" --depth 1000
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from books import SECOND, STRANGERS, Strangers
from level3_verdict import Bar, Verdict, report, summary

from havklo._engine import Engine, Level3Book, Level3Update
from havklo.sim.exchange import Exchange
from havklo.sim.market.ladder import BID
from havklo.sim.market.matching import Market
from havklo.sim.rules import Rules
from havklo.sim.symbols import pairs

DEPTHS: Final = (10, 100, 1000)
PROVEN: Final = 10
"""How many levels of a side the checksum covers."""
FOLLOWED: Final = 1_000
AT_A_TIME: Final = 12
"""How many orders of a symbol are followed at the same time."""
WHOLE: Final = 500
"""After so many messages of a book it is compared whole."""
NOWHERE: Final = "unknown", (None, None, None, None)

EACH: Final[dict[str, dict[str, str]]] = {
    "as documented": {},
    "qty_down=back": {"qty_down": "back"},
    "qty_up=keep": {"qty_up": "keep"},
    "price_event=modify": {"price_event": "modify"},
    "requeue_event=modify": {"requeue_event": "modify"},
    "requeue_event=modify qty_down=back": {"requeue_event": "modify", "qty_down": "back"},
    "iceberg_refill=keep": {"iceberg_refill": "keep"},
    "all the other way round": {
        "qty_down": "back",
        "qty_up": "keep",
        "price_event": "modify",
        "requeue_event": "modify",
        "iceberg_refill": "keep",
    },
}


class Follower:
    """The engine's books of one exchange, and the orders whose places are compared."""

    def __init__(self, exchange: Exchange, depths: Iterable[int], seed: int) -> None:
        self.exchange = exchange
        self.verdict = Verdict(exchange.rules)
        self.rng = random.Random(f"{seed} followed")
        self.followed: dict[str, dict[int, str]] = {symbol: {} for symbol in exchange.pairs}
        self.engines = {depth: Engine() for depth in depths}
        self.books: dict[tuple[str, int], Level3Book] = {}
        self.guessing: set[tuple[str, int]] = set()
        for symbol in exchange.pairs:
            for depth, engine in self.engines.items():
                exchange.open(("level3", symbol, depth), 0)
                self.books[symbol, depth] = engine.track(symbol, depth, channel="level3")
                engine.receive(exchange.snapshot(("level3", symbol, depth), 0), 0)
                if depth > PROVEN and self.verdict.unusual:
                    self.guessing.add((symbol, depth))
            self.choose(symbol)
        exchange.publish = self.read

    def read(self, key: tuple[str, str, int | str], frame: bytes) -> None:
        """Take one message and compare the places of those who are followed."""
        _, symbol, depth = key[0], key[1], int(key[2])
        verdict, engine = self.verdict, self.engines[depth]
        began = time.perf_counter()
        result = engine.receive(frame, 0)
        verdict.seconds += time.perf_counter() - began
        verdict.messages[depth] += 1
        guessing = (symbol, depth) in self.guessing
        if not isinstance(result, Level3Update):
            (verdict.guessed if guessing else verdict.desyncs)[depth] += 1
            engine.receive(self.exchange.snapshot(key, 0), 0)
        if guessing and self.has_learnt(symbol, depth):
            self.guessing.remove((symbol, depth))
            engine.receive(self.exchange.snapshot(key, 0), 0)
        self.compare(symbol, depth)
        if verdict.messages[depth] % WHOLE == 0 and (symbol, depth) not in self.guessing:
            verdict.whole[0] += 1
            verdict.whole[1] += not self.is_whole(symbol, depth)

    def has_learnt(self, symbol: str, depth: int) -> bool:
        """Whether a book has found out the unusual rules."""
        verdict, priority = self.verdict, self.books[symbol, depth].priority
        return all(getattr(priority, kind) == verdict.answers[kind] for kind in verdict.unusual)

    def compare(self, symbol: str, depth: int) -> None:
        """The engine's places of the orders that are followed, against those in the ladder."""
        listing, queue_position = self.exchange.listing(symbol, 0), self.books[symbol, depth].queue_position
        market, decimals = listing.market, listing.pair.qty_precision
        followed = self.followed[symbol]
        self.verdict.places[depth] += len(followed)
        for number, order_id in followed.items():
            place = queue_position(order_id)
            said = (place.orders_ahead, _lots(place.qty_ahead, decimals), _lots(place.qty_level, decimals), place.level)
            exactness, truth = self.truth(market, number, depth)
            if said != truth or place.exactness != exactness:
                guess = exactness == "bounded" and (symbol, depth) in self.guessing
                (self.verdict.guessed if guess else self.verdict.misplaced)[depth] += 1

    @staticmethod
    def truth(market: Market, number: int, depth: int) -> tuple[str, tuple[int | None, ...]]:
        """An order's place in the simulator's own ladder: how many ahead, how much, the level's lots and rank."""
        order = market.orders.get(number)
        if order is None:
            return NOWHERE
        ladder = market.sides[order.side]
        rank, level = ladder.index(order.price), ladder.find(order.price)
        if rank >= depth or level is None:
            return NOWHERE
        ahead = lots = 0
        for other in level.orders.values():
            if other is order:
                break
            ahead, lots = ahead + 1, lots + other.qty
        return "exact" if rank < PROVEN else "bounded", (ahead, lots, level.qty, rank)

    def choose(self, symbol: str) -> None:
        """Others are followed in the place of those who have left: at the touch, or anywhere."""
        listing = self.exchange.listing(symbol, 0)
        market, followed = listing.market, self.followed[symbol]
        for number in [number for number in followed if number not in market.orders]:
            del followed[number]
        while len(followed) < AT_A_TIME:
            ladder = market.sides[self.rng.randrange(2)]
            if not len(ladder):
                return
            level = ladder.at(min(int(self.rng.expovariate(0.15)), len(ladder) - 1))
            number = self.rng.choice(list(level.orders))
            if number in followed:
                return
            followed[number] = listing.order_id(number)
            self.verdict.followed += 1

    def is_whole(self, symbol: str, depth: int) -> bool:
        """Whether a book is the ladder's window, order by order."""
        listing, book = self.exchange.listing(symbol, 0), self.books[symbol, depth]
        pair = listing.pair
        for name, ladder in zip(("bid", "ask"), listing.market.sides, strict=True):
            held = [
                (
                    order.order_id,
                    _lots(order.limit_price, pair.price_precision),
                    _lots(order.order_qty, pair.qty_precision),
                )
                for order in book.orders("bid" if name == "bid" else "ask")
            ]
            levels = ladder.top(depth)
            if held != [
                (listing.order_id(order.id), order.price, order.qty)
                for level in levels
                for order in level.orders.values()
            ]:
                return False
            sums = book.bids() if ladder is listing.market.sides[BID] else book.asks()
            if [_lots(level.qty, pair.qty_precision) for level in sums] != [level.qty for level in levels]:
                return False
        return True

    def conclude(self) -> Verdict:
        """What the books have found out about amends."""
        for book in self.books.values():
            priority = book.priority
            for kind in self.verdict.answers:
                self.verdict.found[kind, getattr(priority, kind)] += 1
                sums = self.verdict.evidence.setdefault(kind, [0, 0, 0])
                for index, count in enumerate(priority.evidence[kind]):
                    sums[index] += count
        return self.verdict


def _lots(number: Decimal | None, decimals: int) -> int | None:
    return None if number is None else int(number.scaleb(decimals))


def prove(
    messages: int,
    *,
    depths: tuple[int, ...] = DEPTHS,
    symbols: int = 3,
    seed: int = 7,
    rules: Rules | None = None,
    tell: Callable[[int], None] = lambda _done: None,
) -> Verdict:
    """Let the market run until so many messages have been taken and a thousand orders followed."""
    exchange = Exchange(pairs(symbols), seed=seed, rules=rules, start_ns=1_800_000_000 * SECOND)
    follower = Follower(exchange, depths, seed)
    strangers, rng = Strangers(random.Random(f"{seed} strangers")), random.Random(f"{seed} turns")
    names, verdict = list(exchange.pairs), follower.verdict
    while (done := verdict.messages.total()) < messages:
        now = exchange.due()
        if rng.random() < STRANGERS:
            symbol = rng.choice(names)
            size = exchange.pairs[symbol].size
            exchange.run(symbol, now, lambda market, symbol=symbol, size=size: strangers.act(market, symbol, size))
        else:
            exchange.step(now)
        follower.choose(rng.choice(names))
        tell(done)
    return follower.conclude()


def read_rules(texts: list[str]) -> dict[str, Rules]:
    """The rules that were asked for on the command line, by name."""
    if texts == ["each"]:
        return {name: _rules(options) for name, options in EACH.items()}
    if len(texts) == 1 and texts[0] in EACH:
        return {texts[0]: _rules(EACH[texts[0]])}
    return {" ".join(texts) or "as documented": _rules(dict(text.split("=", 1) for text in texts))}


def _rules(options: dict[str, Any]) -> Rules:
    return Rules(**options)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One exchange of the proof.

    Attributes:
        name: What its rules are called.
        rules: The rules.
        depths: Which depths are read of it.
        messages: How many are taken.
        symbols: How many symbols it lists.
        seed: Same seed, same messages.
    """

    name: str
    rules: Rules
    depths: tuple[int, ...]
    messages: int
    symbols: int
    seed: int

    def __str__(self) -> str:
        return f"{self.name}, depth {' '.join(map(str, self.depths))}"

    def run(self) -> tuple[Verdict, float, float]:
        """Prove it; gives the verdict, and how many seconds it took, on the wall and of the core."""
        began, busy = time.monotonic(), time.process_time()
        verdict = prove(
            self.messages,
            depths=self.depths,
            symbols=self.symbols,
            seed=self.seed,
            rules=self.rules,
            tell=Bar(str(self), self.messages),
        )
        return verdict, time.monotonic() - began, time.process_time() - busy


def several(parts: list[Part], jobs: int) -> Iterator[tuple[Part, tuple[Verdict, float, float]]]:
    """Run parts, so many at a time, the deepest first; each as it is done."""
    if jobs == 1 or len(parts) == 1:
        yield from ((part, part.run()) for part in parts)
        return
    with ProcessPoolExecutor(jobs) as pool:
        runs = {pool.submit(part.run): part for part in sorted(parts, key=lambda part: -max(part.depths))}
        yield from ((runs[done], done.result()) for done in as_completed(runs))


def main() -> int:
    """Run it and print the tables."""
    parser = argparse.ArgumentParser(description="Take every level-3 message of the simulator into the engine.")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--depth", type=int, nargs="+", default=list(DEPTHS))
    parser.add_argument("--symbols", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--rules", nargs="*", default=[], metavar="NAME=VALUE", help="of havklo.sim.rules, a row's name, or `each`"
    )
    parser.add_argument("--apart", action="store_true", help="each depth by itself, with so many messages")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    given = parser.parse_args()
    groups = [(depth,) for depth in given.depth] if given.apart else [tuple(given.depth)]
    parts = [
        Part(name=name, rules=rules, depths=depths, messages=given.messages, symbols=given.symbols, seed=given.seed)
        for name, rules in read_rules(given.rules).items()
        for depths in groups
    ]
    began, verdicts = time.monotonic(), list[tuple[Part, Verdict, float]]()
    for part, (verdict, seconds, busy) in several(parts, given.jobs):
        report(str(part), verdict, seconds)
        verdicts.append((part, verdict, busy))
    if len(parts) > 1:
        print(summary([(str(part), verdict, busy) for part, verdict, busy in verdicts], time.monotonic() - began))
    followed = given.messages < 100_000 or all(verdict.followed >= FOLLOWED for _, verdict, _ in verdicts)
    good = followed and all(verdict.good for _, verdict, _ in verdicts)
    print("PASSED" if good else "FAILED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
