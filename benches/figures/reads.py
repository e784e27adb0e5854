"""Reading the best bid, against the cheapest thing of this kind that Python has: a getter written in C."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from time import thread_time
from timeit import Timer

from figures import Options, Result, contenders, label
from stream import load
from timing import Bar, Row, ratio, take_turns

FIGURE = "read best bid"
YARDSTICK = "datetime.year"


def measure(options: Options) -> Result:
    """Time the statement that each contender's users would write."""
    stream = load(10, 20_000)
    peers = {module: peer for module, peer in contenders().items() if peer.read}
    passes: dict[str, Callable[[], float]] = {}
    running = {}
    for module, peer in peers.items():
        running[module] = peer.make(10, stream.snapshot)
        assert peer.read
        passes[module] = _timed(*peer.read(running[module]), options)
    passes[YARDSTICK] = _timed("moment.year", {"moment": datetime.now(UTC)}, options)
    samples = take_turns(passes, options.rounds(15), "read")
    for module, peer in peers.items():
        if peer.close:
            peer.close(running[module])
    rows = [Row(FIGURE, label(peer), tuple(samples[module]), "ns") for module, peer in peers.items()]
    rows.append(Row(FIGURE, YARDSTICK, tuple(samples[YARDSTICK]), "ns", note="the yardstick, a getter in C"))
    if "havklo_book" not in samples:
        return rows, []
    return rows, [Bar("book.best_bid / datetime.year", ratio(samples, "havklo_book", YARDSTICK), 4)]


def _timed(statement: str, names: dict[str, object], options: Options) -> Callable[[], float]:
    timer = Timer(statement, timer=thread_time, globals=names)
    once = timer.timeit(2_000) / 2_000
    number = max(1_000, int(options.budget / 4 / once))
    return partial(_nanoseconds, timer, number)


def _nanoseconds(timer: Timer, number: int) -> float:
    return timer.timeit(number) / number * 1e9
