"""One pair whose checksum is always wrong, among 200: what it costs the other 199, and the exchange.

From some moment on, or from the beginning, every checksum of one pair is another number. It passes if no other book is
ever away, if every message about the others is handed out at the very instant at which it arrives, and if the bad
pair is asked for again ever more seldom.

    python tests/proofs/bad_pair.py                     ten minutes of virtual time, 200 pairs
    python tests/proofs/bad_pair.py --minutes 2 --symbols 50
"""

import argparse
import asyncio
import re
import sys
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from matrix.venue import SECOND, FarKraken, Way

from havklo import BookState, BookUpdate, Client, Desync
from havklo.channels import book
from havklo.events import ConnectionLost, Stalled

ROUND_TRIP: Final = 0.03
RATE: Final = 100.0
ONE_WAY: Final = round(ROUND_TRIP * SECOND / 2)
HEADROOM: Final = 8  # subscribes before they are spaced by the longest wait
LONGEST_WAIT: Final = 20.0  # seconds; 30 s, less what jitter takes and a snapshot needs
_CHECKSUM: Final = re.compile(rb'"checksum":([0-9]+)')


@dataclass
class Verdict:
    """What became of all of them.

    Attributes:
        from_the_start: Whether the pair was bad from the beginning.
        others: How many pairs were good.
        minutes: For how long it was bad.
        sent: Book messages sent about the good ones.
        received: Those of them that were handed out when they arrived.
        wrong_time: Those that were handed out at another time.
        under_way: Those that had not arrived yet when it ended.
        disturbed: Desyncs and lost connections of the good ones, and instants at which one was not live.
        bad_desyncs: Desyncs of the bad one.
        bad_asked: Subscribes for the bad one after it had turned bad.
        dismissed: Whether the client has given the bad one up.
    """

    from_the_start: bool
    others: int
    minutes: float
    sent: int = 0
    received: int = 0
    wrong_time: int = 0
    under_way: int = 0
    disturbed: list[str] = field(default_factory=list[str])
    bad_desyncs: int = 0
    bad_asked: int = 0
    dismissed: bool = False

    @property
    def bound(self) -> int:
        """How often the bad pair may be asked for."""
        return HEADROOM + round(self.minutes * 60 / LONGEST_WAIT)

    @property
    def is_good(self) -> bool:
        """Whether nobody else was disturbed, and the exchange hardly."""
        is_whole = self.sent > 0 and self.sent == self.received + self.under_way
        return (
            is_whole
            and not self.wrong_time
            and not self.disturbed
            and self.bad_desyncs > 0
            and 0 < self.bad_asked <= self.bound
        )


def spoil(frame: bytes, symbol: str) -> bytes:
    """A book message of this symbol with another checksum; others as they are."""
    found = _CHECKSUM.search(frame)
    if found is None or b'"symbol":"%b"' % symbol.encode() not in frame:
        return frame
    return frame[: found.start(1)] + b"%d" % ((int(found[1]) + 1) % (1 << 32)) + frame[found.end(1) :]


class Watch:
    """Knows when each message about the good pairs arrives, and what became of it."""

    def __init__(self, far: FarKraken, kraken: Client, bad: str, verdict: Verdict) -> None:
        self.others = [symbol for symbol in far.symbols if symbol != bad]
        self._far = far
        self._bad = bad
        self._verdict = verdict
        self._arrivals: dict[str, deque[int]] = {symbol: deque() for symbol in self.others}
        self._publish = far.kraken.exchange.publish
        far.kraken.exchange.publish = self._published
        kraken.on(BookUpdate, self._updated)
        kraken.on(Desync, self._desynced)
        for loss in (ConnectionLost, Stalled):
            kraken.on(loss, lambda event: verdict.disturbed.append(repr(event)))

    @property
    def under_way(self) -> int:
        """How many messages have not arrived yet."""
        now = self._far.clock.epoch_ns()
        return sum(moment > now for due in self._arrivals.values() for moment in due)

    def _published(self, key: Any, frame: bytes) -> None:
        if key[1] != self._bad:
            self._verdict.sent += 1
            self._arrivals[key[1]].append(self._far.clock.epoch_ns() + ONE_WAY)
        self._publish(key, frame)

    def _updated(self, update: BookUpdate) -> None:
        if update.symbol == self._bad or update.type == "snapshot":
            return
        due = self._arrivals[update.symbol]
        if due and due.popleft() == update.recv_ns == self._far.clock.epoch_ns():
            self._verdict.received += 1
        else:
            self._verdict.wrong_time += 1

    def _desynced(self, desync: Desync) -> None:
        if desync.symbol == self._bad:
            self._verdict.bad_desyncs += 1
        else:
            self._verdict.disturbed.append(f"{desync.symbol}: {desync.reason}")


async def prove(symbols: int, minutes: float, *, from_the_start: bool = False, seed: int = 7) -> Verdict:
    """Let one pair be bad for so many minutes."""
    far = FarKraken(symbols, seed=seed, rate=RATE, way=Way(round_trip=(ROUND_TRIP, ROUND_TRIP)))
    bad = far.symbols[symbols // 2]
    verdict = Verdict(from_the_start=from_the_start, others=symbols - 1, minutes=minutes)

    def spoiled(frame: bytes) -> bytes:
        return spoil(frame, bad)

    async with Client(far) as kraken:
        if from_the_start:
            far.damage = spoiled
        subscribing = asyncio.ensure_future(kraken.subscribe(book(*far.symbols, depth=10), timeout=30.0))
        await far.run(60.0, subscribing.done)
        subscription = subscribing.result()
        asked = 0 if from_the_start else len(far.requests)
        watch = Watch(far, kraken, bad, verdict)
        far.damage = spoiled
        far.trade()
        for _ in range(round(minutes * 60)):
            await far.run(1.0, step=0.02)
            verdict.disturbed += [each for each in watch.others if kraken.books[each].state is not BookState.LIVE]
        verdict.under_way = watch.under_way
        verdict.dismissed = bad in subscription.errors
        if verdict.dismissed:
            verdict.bad_desyncs += 1  # what it was dismissed for came before anybody looked
        wanted = [request for request in far.requests[asked:] if bad in request.symbols]
        verdict.bad_asked = sum(request.method == "subscribe" for request in wanted)
    return verdict


def main() -> int:
    """Run it and print what became of them."""
    parser = argparse.ArgumentParser(description="One pair whose checksum is always wrong, among many good ones.")
    parser.add_argument("--symbols", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    is_good = True
    for from_the_start in (False, True):
        verdict = asyncio.run(prove(given.symbols, given.minutes, from_the_start=from_the_start, seed=given.seed))
        is_good &= verdict.is_good
        print(
            f"bad {'from the start' if from_the_start else 'while live'}, {given.minutes:g} minutes, seed {given.seed}"
        )
        print(f"  messages about the {verdict.others} others: {verdict.sent:,} sent, {verdict.under_way} under way")
        print(f"  handed out as they arrived: {verdict.received:,}; at another time: {verdict.wrong_time}")
        print(f"  the others were disturbed {len(verdict.disturbed)} times {verdict.disturbed[:3]}")
        fate = "given up" if verdict.dismissed else "still tried"
        print(
            f"  the bad one: {verdict.bad_desyncs} desyncs, {verdict.bad_asked} subscribes of {verdict.bound}, {fate}"
        )
    print("PASSED" if is_good else "FAILED")
    return int(not is_good)


if __name__ == "__main__":
    sys.exit(main())
