"""A million messages through two engines at once: Python's and the browser's, which must say the same of each.

The messages are the simulator's, of both book channels at several depths. Some are lost, some broken on the way. For
each message both tell what became of it: the event, its changes, the sums, the best levels; and now and then the whole
book, of a level-3 book every order with its place. It passes if no answer differs. The browser's engine runs in node,
through the package as a page uses it (`npm run build` of web/engine makes that).

    python tests/proofs/wasm_python.py                                 a million messages, two symbols, all depths
    python tests/proofs/wasm_python.py --messages 20000 --seed 3
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

sys.path.insert(0, str(Path(__file__).parents[1]))

from books import SECOND, STRANGERS, Strangers
from level3_verdict import Bar

from havklo import errors
from havklo._engine import BookUpdate, Desync, Engine, Level, Level3Book, Level3Update
from havklo.sim.exchange import Exchange
from havklo.sim.symbols import pairs

HERE: Final = Path(__file__).parent
DEPTHS: Final = (10, 100, 1000)
FAULTS: Final = 0.004
"""How many messages are lost, and as many broken."""
WHOLE: Final = 400
"""After so many messages of a book it is compared whole."""
BATCH: Final = 500

Key = tuple[str, str, int | str]


@dataclass
class Verdict:
    """What was compared.

    Attributes:
        answers: How many answers there were, by what they are about.
        differing: The first answers that differ: the command, Python's, and the browser's.
    """

    answers: Counter[str] = field(default_factory=Counter)
    differing: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def messages(self) -> int:
        """How many frames were taken in."""
        return sum(count for what, count in self.answers.items() if what != "whole books")

    @property
    def good(self) -> bool:
        """Whether nothing differed, and something of every kind was seen."""
        return not self.differing and all(self.answers[what] for what in ("update", "desync", "whole books"))


class PythonTeller:
    """One of Python's engines, answering in lines."""

    def __init__(self, channel: Literal["book", "level3"], depth: int, symbols: Iterable[str]) -> None:
        self.channel = channel
        self.depth = depth
        self.symbols = tuple(symbols)
        self.engine = Engine()
        for symbol in self.symbols:
            if channel == "book":
                self.engine.track(symbol, depth)
            else:
                self.engine.track(symbol, depth, channel="level3")

    def receive(self, frame: bytes) -> str:
        """What becomes of a frame."""
        try:
            result = self.engine.receive(frame, 0)
        except errors.MalformedFrame:
            return "malformed"
        if result is None:
            return "ignored"
        if isinstance(result, Desync):
            sums = " ".join("null" if one is None else str(one) for one in (result.expected, result.computed))
            return f"desync {','.join(result.symbols)} {result.reason} {sums}"
        crossed = "true" if result.crossed else "false"
        head = f"{result.symbol} {result.type} {result.checksum} {crossed} {result.timestamp or 'null'}"
        best = " ".join(_level(level) for level in (result.best_bid, result.best_ask))
        return f"{head} {best} {_changes(result)}"

    def read(self, symbol: str) -> str:
        """A whole book."""
        book = self.engine.book(symbol) if self.channel == "book" else self.engine.level3(symbol)
        if book.state != "live":
            return f"{symbol} {book.state}"
        counts = book.statistics()
        head = f"{symbol} live {counts.messages} {counts.verified} {sum(counts.desyncs.values())}"
        sides = (("bid", book.bids()), ("ask", book.asks()))
        parts = [
            ",".join([_level(level), *_orders(book, "bid" if side == "bid" else "ask", rank)])
            for side, levels in sides
            for rank, level in enumerate(levels)
        ]
        return f"{head} {' '.join(parts)}"


def _number(number: Decimal | None) -> str:
    return "" if number is None else f"{number:f}"


def _level(level: Level | None) -> str:
    return "" if level is None else f"{_number(level.price)},{_number(level.qty)}"


def _changes(update: BookUpdate | Level3Update) -> str:
    if isinstance(update, BookUpdate):
        levels = (f"{one.side},{_number(one.price)},{_number(one.qty)}" for one in update.changes)
        return f"{' '.join(levels)} "
    orders = (
        f"{one.side},{one.event},{one.reason},{one.order_id},{_number(one.limit_price)},{_number(one.order_qty)},"
        f"{_number(one.qty_before)},{one.timestamp_ns},{one.entered_ns},{one.level},{one.orders_ahead},"
        f"{_number(one.qty_ahead)}"
        for one in update.changes
    )
    return f"{' '.join(orders)} {','.join(update.pushed_out)}"


def _orders(book: object, side: Literal["bid", "ask"], rank: int) -> Iterable[str]:
    if not isinstance(book, Level3Book):
        return
    for order in book.orders(side, rank):
        place = book.queue_position(order.order_id)
        yield (
            f"{order.order_id},{_number(order.order_qty)},{order.timestamp_ns},{place.level},{place.orders_ahead},"
            f"{_number(place.qty_ahead)},{_number(place.qty_level)},{place.exactness}"
        )


class Browser:
    """The browser's engines in a node process."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603  # the command stands below
            ["node", str(HERE / "wasm_python.mjs")],  # noqa: S607  # whichever node is on PATH
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, commands: list[bytes]) -> list[str]:
        """Send a batch, and give the answers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"\n".join([*commands, b".", b""]))
        self.process.stdin.flush()
        answers: list[str] = []
        while (line := self.process.stdout.readline()) != b".\n":
            if not line:
                raise RuntimeError(f"node ended: {self.process.wait()}")
            answers.append(line[:-1].decode())
        return answers

    def close(self) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)


class Comparison:
    """Both engines behind one simulated exchange, on connections that lose and break messages."""

    def __init__(self, exchange: Exchange, depths: tuple[int, ...], seed: int, browser: Browser) -> None:
        self.exchange = exchange
        self.browser = browser
        self.verdict = Verdict()
        self.rng = random.Random(f"{seed} faults")
        self.tellers: dict[tuple[str, int | str], tuple[int, PythonTeller]] = {}
        self.batch: list[tuple[bytes, str]] = []
        channels: tuple[Literal["book", "level3"], ...] = ("book", "level3")
        for channel, depth in ((channel, depth) for channel in channels for depth in depths):
            self.tellers[channel, depth] = len(self.tellers), PythonTeller(channel, depth, exchange.pairs)
        told = [
            {"channel": one.channel, "depth": one.depth, "symbols": one.symbols} for _, one in self.tellers.values()
        ]
        assert browser.ask([json.dumps(told).encode()]) == [str(len(told))]
        for channel, depth in self.tellers:
            for symbol in exchange.pairs:
                key: Key = (channel, symbol, depth)
                exchange.open(key, 0)
                self.deliver(key, exchange.snapshot(key, 0))
        exchange.publish = self.publish

    def publish(self, key: Key, frame: bytes) -> None:
        """A message is on its way: it may arrive, be lost, or be broken."""
        fate = self.rng.random()
        if fate < FAULTS:
            return
        self.deliver(key, self.broken(frame) if fate < 2 * FAULTS else frame)

    def broken(self, frame: bytes) -> bytes:
        """A frame with one byte changed, cut off, sent twice in one, or with a digit changed."""
        place, kind = self.rng.randrange(len(frame)), self.rng.randrange(4)
        if kind == 0:
            return frame[:place]
        if kind == 1:
            return frame + frame
        digits = [at for at, byte in enumerate(frame) if chr(byte).isdigit()]
        at = self.rng.choice(digits) if kind == 2 else place
        byte = self.rng.choice(b"0123456789") if kind == 2 else self.rng.randrange(11, 256)
        return frame[:at] + bytes([byte]) + frame[at + 1 :]

    def deliver(self, key: Key, frame: bytes) -> None:
        """Both take in a frame; what is out of step then gets a fresh snapshot."""
        channel, symbol, depth = key
        number, teller = self.tellers[channel, depth]
        answer = teller.receive(frame)
        what = answer.split(" ", 1)[0]
        self.verdict.answers[what if what in {"desync", "malformed", "ignored"} else "update"] += 1
        self.ask(b"%df%s" % (number, frame), answer)
        if what == "desync":
            self.ask(b"%dr%s" % (number, symbol.encode()), teller.read(symbol))
            if self.rng.random() < 0.9:
                self.deliver(key, self.exchange.snapshot(key, 0))
        elif what == "malformed":
            # Whose fault it was is not known, so no book of the connection is relied on any longer.
            teller.engine.suspend()
            self.ask(b"%ds" % number, "suspended")
            for other in teller.symbols:
                self.deliver((channel, other, depth), self.exchange.snapshot((channel, other, depth), 0))
        elif what == "ignored" and self.rng.random() < 0.02:
            self.deliver(key, self.exchange.snapshot(key, 0))
        elif self.verdict.messages % WHOLE == 0:
            self.verdict.answers["whole books"] += 1
            self.ask(b"%dr%s" % (number, symbol.encode()), teller.read(symbol))

    def ask(self, command: bytes, answer: str) -> None:
        """The browser is asked the same, together with others."""
        self.batch.append((command, answer))
        if len(self.batch) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Compare what was asked up to now."""
        batch, self.batch = self.batch, []
        answers = self.browser.ask([command for command, _ in batch])
        for (command, python), browser in zip(batch, answers, strict=True):
            if python != browser and len(self.verdict.differing) < 10:
                self.verdict.differing.append((command.decode(errors="replace"), python, browser))


def prove(
    messages: int,
    *,
    depths: tuple[int, ...] = DEPTHS,
    symbols: int = 2,
    seed: int = 7,
    tell: Callable[[int], None] = lambda _done: None,
) -> Verdict:
    """Let the market run until so many messages have been taken in by both."""
    browser = Browser()
    try:
        exchange = Exchange(pairs(symbols), seed=seed, start_ns=1_800_000_000 * SECOND)
        comparison = Comparison(exchange, depths, seed, browser)
        strangers, rng = Strangers(random.Random(f"{seed} strangers")), random.Random(f"{seed} turns")
        names, verdict = list(exchange.pairs), comparison.verdict
        while (done := verdict.messages) < messages and not verdict.differing:
            now = exchange.due()
            if rng.random() < STRANGERS:
                symbol = rng.choice(names)
                size = exchange.pairs[symbol].size
                exchange.run(symbol, now, lambda market, symbol=symbol, size=size: strangers.act(market, symbol, size))
            else:
                exchange.step(now)
            tell(done)
        comparison.flush()
    finally:
        browser.close()
    return verdict


def main() -> int:
    """Run it and print what was compared."""
    parser = argparse.ArgumentParser(description="Let Python's engine and the browser's take in the same messages.")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--depth", type=int, nargs="+", default=list(DEPTHS), choices=DEPTHS)
    parser.add_argument("--symbols", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    began = time.monotonic()
    depths, tell = tuple(arguments.depth), Bar("both engines", arguments.messages)
    verdict = prove(arguments.messages, depths=depths, symbols=arguments.symbols, seed=arguments.seed, tell=tell)
    for what, count in sorted(verdict.answers.items()):
        print(f"{what:12} {count:10,}")
    print(f"{verdict.messages:,} messages in {time.monotonic() - began:.0f} s")
    for command, python, browser in verdict.differing:
        print(f"{command}\n  Python:  {python}\n  browser: {browser}")
    print("PASSED" if verdict.good else "FAILED")
    return 0 if verdict.good else 1


if __name__ == "__main__":
    sys.exit(main())
