"""One run: a seed and a size go in; what happened, and what was violated, comes out."""

import asyncio
import gc
import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final, NamedTuple, final

import havklo._hub
from dst.exchange import House
from dst.gales import Gales
from dst.journal import Journal, Violation
from dst.readers import Reader, readers
from dst.squalls import Squalls
from dst.taste import Taste
from dst.traders import Trader, traders
from dst.users import Program
from dst.virtual import SECOND, VirtualClock, VirtualLoop
from dst.weather import Weather
from havklo.sim.rules import Rules

__all__ = ["Outcome", "simulate"]

_NEW = 0.1

QUIET: Final = 120 * SECOND
"""How long nothing goes wrong at the end of a run, before every wanted book has to be live and right."""

_LAST_SECONDS: Final = 5 * SECOND  # a book may be away for a moment, because it is being proven anew
_SWEEP: Final = SECOND


class Outcome(NamedTuple):
    """What a run has come to.

    Attributes:
        seed: Its seed.
        violations: What was violated; empty if all is well.
        digest: One number for everything that has happened.
        messages: Frames that have arrived at the clients.
        counts: Faults, events, requests and reads.
        virtual: Virtual seconds.
        seconds: Seconds of its core.
        noticed_after: For how many nanoseconds each book that was wrong below its top ten was so.
        last: The last events, as lines.
    """

    seed: int
    violations: list[Violation]
    digest: str
    messages: int
    counts: Counter[str]
    virtual: float
    seconds: float
    noticed_after: list[int]
    last: list[str]


def simulate(
    seed: int,
    *,
    messages: int = 100_000,
    symbols: int = 20,
    new_pairs: bool = False,
    plant: Callable[[], AbstractContextManager[None]] = nullcontext,
    keep: int = 200,
) -> Outcome:
    """Run one seed until so many messages have arrived, or something is violated.

    Args:
        seed: Decides about everything.
        messages: How many frames arrive before the peace at the end.
        symbols: How many pairs are listed.
        new_pairs: Whether the pairs have never been traded before; without it this is drawn, too.
        plant: Puts a bug into the client for the run.
        keep: How many of the last events are kept.
    """
    began = time.process_time()
    clock = VirtualClock()
    with _seeded(seed), plant(), asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        run = _Run(seed, messages, symbols, clock, Journal(clock, keep), new_pairs=new_pairs)
        runner.run(run.drive())
    gc.collect()  # tasks whose errors nobody has asked for tell so when they are collected
    journal = run.journal
    counts = journal.counts
    noticed: list[int] = []
    for program in run.programs:
        watch = program.watch
        for name, row in (
            ("desync", watch.desyncs),
            ("resync", watch.resyncs),
            ("deep", watch.deep),
            ("read", watch.reads),
        ):
            for what, count in row.items():
                counts[f"{name} {what}"] += count
        counts["deep not noticed"] += watch.still_wrong()
        noticed += watch.noticed_after
    return Outcome(
        seed=seed,
        violations=journal.violations,
        digest=journal.digest,
        messages=journal.messages,
        counts=counts,
        virtual=(clock.now() - run.began) / SECOND,
        seconds=time.process_time() - began,
        noticed_after=noticed,
        last=journal.last(),
    )


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Let the client's own randomness come from the seed."""
    real = havklo._hub._random
    havklo._hub._random = random.Random(f"{seed} client").random
    try:
        yield
    finally:
        havklo._hub._random = real


@final
class _Run:
    """Everything of one run, and what turns it."""

    def __init__(
        self, seed: int, messages: int, symbols: int, clock: VirtualClock, journal: Journal, *, new_pairs: bool
    ) -> None:
        rng = random.Random(f"{seed} run")
        self.clock = clock
        self.journal = journal
        self.began = clock.now()
        self._messages = messages
        self._seed = seed
        self._house = House(seed, symbols, clock, journal, Rules(pong_success=rng.random() < 0.5))
        # On some exchanges nobody has traded yet: then no snapshot shows where the numbers begin.
        if not (new_pairs or random.Random(f"{seed} new pairs").random() < _NEW):
            self._house.trade()
        count = rng.choice((1, 2, 3, 3))
        self._others = [
            Program(self._house, journal, number, seed, Taste.draw(rng, number)) for number in range(1, count + 1)
        ]
        self._weather = Weather(self._house, self._others, journal, seed)
        self._readers = readers(self._house, journal, seed)
        self._squalls = Squalls(self._house, self._readers, self._weather, journal, seed)
        self._traders = traders(self._house, journal, seed)
        self._gales = Gales(self._house, self._traders, self._weather, journal, seed)
        self.programs: list[Program | Reader | Trader] = [*self._others, *self._readers, *self._traders]
        self._loop: VirtualLoop
        self._seen = 0

    async def drive(self) -> None:
        """Turn everything until the end."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.set_exception_handler(self._unretrieved)
        self._loop = loop
        bodies = [loop.create_task(program.run()) for program in self.programs]
        await self._turn()
        self._house.start()
        self._weather.start()
        self._squalls.start()
        self._gales.start()
        self._sweep()
        await self._until(lambda: self.journal.messages >= self._messages)
        if not self.journal.violations:
            await self._make_peace()
        for program in self.programs:
            program.leave()
        await self._until(lambda: all(body.done() for body in bodies), regardless=True)
        for body in bodies:
            error = body.exception()
            if error is not None:
                self.journal.violate("a client ended", "".join(traceback.format_exception(error)))
        no_task_is_left(self.journal, loop)

    async def _make_peace(self) -> None:
        """Let everything heal, and judge whether it has."""
        self._weather.clear_up()
        for program in self.programs:
            program.settle_down()
        # A client that has used up its attempts may not come back before some of them are ten minutes old.
        await self._until_time(max(self.clock.now(), *(program.network.links.free_at for program in self.programs)))
        await self._until_time(self.clock.now() + QUIET)
        await self._all_is_well()
        if not self.journal.violations:
            await self._all_is_told()

    async def _all_is_well(self) -> None:
        """Each wanted book is live and right, if not at the same instant."""
        due = {(program, key) for program in self.programs for key in program.books}
        symbols = set(self._house.symbols)
        end = self.clock.now() + _LAST_SECONDS
        while due and self.clock.now() < end and not self.journal.violations:
            for program, key in list(due):
                book = program.books.get(key)
                if book is not None and book.state == "live":
                    program.watch.look(key, book)
                    due.discard((program, key))
            await self._until_time(self.clock.now() + SECOND // 10)
        all_are_live(self.journal, [f"{key[0]} at depth {key[1]} of {program}" for program, key in due])
        first = self.programs[0]
        all_are_live(self.journal, sorted(symbols - {symbol for symbol, _ in first.books}))
        all_are_live(self.journal, [f"level 3 of {symbol}" for reader in self._readers for symbol in reader.lacking])

    async def _all_is_told(self) -> None:
        """With one more trade in every market nothing can have been lost unnoticed, and all who read have time to."""
        self._house.stop()
        for _ in range(2):
            await self._until_time(self.clock.now() + 3 * SECOND)
            self._house.trade()
        await self._until_time(self.clock.now() + 15 * SECOND)
        if not self.journal.violations:
            for program in self.programs:
                for stream in program.streams:
                    stream.judge_the_end()
            for trader in self._traders:
                trader.watch.judge_the_end()

    async def _until_time(self, end: int) -> None:
        await self._until(lambda: self.clock.now() >= end)

    async def _until(self, done: Callable[[], bool], *, regardless: bool = False) -> None:
        """Let time pass until something is so; a violation ends it at once."""
        journal, step, loop = self.journal, self.clock.step, self._loop
        try:
            while not done() and (regardless or not journal.violations):
                step()
                if loop.calls != self._seen:
                    self._seen = await loop.settle(self._seen)
        except Exception:  # noqa: BLE001  # whatever it is, it is what we are looking for
            journal.violate("an exception", traceback.format_exc())

    async def _turn(self) -> None:
        self._seen = await self._loop.settle(self._seen)

    def _sweep(self) -> None:
        for program in self.programs:
            program.watch.sweep()
        self._house.truth.forgive(self.clock.now())
        self._house.queues.forgive(self.clock.now())
        self.clock.call_in(_SWEEP, self._sweep)

    def _unretrieved(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        detail = "".join(traceback.format_exception(error)) if error is not None else ""
        self.journal.violate("an unretrieved error", f"{context.get('message')} {detail}")


# -- the invariants


def all_are_live(journal: Journal, missing: list[str]) -> None:
    """After the peace at the end every wanted book is live."""
    if missing and not journal.violations:
        journal.violate("not live in the end", ", ".join(missing))


def no_task_is_left(journal: Journal, loop: asyncio.AbstractEventLoop) -> None:
    """A client that has ended leaves no task behind."""
    left = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
    if left:
        journal.violate("a task was left", repr(left))
