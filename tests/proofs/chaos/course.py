"""The course of a chaos: the exchange in this process, the bot in another one, harm, kills, and a quiet end."""

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from chaos.harm import strike
from chaos.journal import read
from chaos.judge import Judge, Verdict
from chaos.outage import WHALE, outage
from havklo import Simulator
from havklo.sim.rules import Rules
from havklo.sim.scenario import AccountPlan
from havklo.sim.symbols import pairs

if TYPE_CHECKING:
    from havklo.sim.delivery.injection import Injection

__all__ = ["Outcome", "Plan", "chaos"]

BOT: Final = "bot"
RATE: Final = 2.0  # market messages a second and symbol
PURSES: Final = 1_000  # so many times the usual purse: nothing here is about having no money
TURN: Final = 0.05
QUIET: Final = 90.0  # seconds for what is open to end, after the last fault
STILL: Final = 60.0  # seconds without a word of the bot that are too many
AGREE: Final = 20.0  # seconds for balances to arrive


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be run.

    Attributes:
        orders: How many random orders; ladders come on top.
        seed: Same seed, same orders and same kinds of harm, but not at the same instants.
        symbols: How many pairs.
        fault_every: Seconds between two faults.
        kill_every: How many orders are begun between two kills, on average; 0: none.
        outages: How many ladders are filled unseen.
        limit: Seconds that the whole may take.
    """

    orders: int = 10_000
    seed: int = 7
    symbols: int = 24
    fault_every: float = 0.7
    kill_every: int = 250
    outages: int = 5
    limit: float = 7_200.0


@dataclass
class Outcome:
    """What came of it.

    Attributes:
        verdict: The judge's.
        faults: How often each kind of fault has struck.
        kills: How often the bot was killed.
        unseen: Orders of ladders that were filled while the bot was away.
        told_twice: Fills that the client told more than once.
        seconds: How long it took.
        failures: What was wrong, and what was missing for a verdict.
    """

    verdict: Verdict
    faults: Counter[str] = field(default_factory=Counter[str])
    kills: int = 0
    unseen: int = 0
    told_twice: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list[str])


async def chaos(plan: Plan, folder: Path) -> Outcome:
    """Run it all.

    Args:
        plan: What.
        folder: An empty folder for the bot's journal, keys and complaints.

    Raises:
        RuntimeError: The bot has ended by itself.
        TimeoutError: It took too long, or the bot stood still.
    """
    chance = random.Random(f"{plan.seed} chaos")
    purse = {asset: amount * PURSES for asset, amount in AccountPlan().deposits(pairs(plan.symbols)).items()}
    accounts = [AccountPlan(name=name, tier="pro", balances=purse) for name in (BOT, WHALE)]
    async with Simulator(
        plan.symbols, seed=plan.seed, rate=RATE * plan.symbols, accounts=accounts, rules=Rules(connects=None)
    ) as simulator:
        return await asyncio.wait_for(_Course(plan, folder, simulator, chance).run(), plan.limit)


@final
class _Course:
    """One run."""

    def __init__(self, plan: Plan, folder: Path, simulator: Simulator, chance: random.Random) -> None:
        self._plan = plan
        self._folder = folder
        self._simulator = simulator
        self._chance = chance
        self._judge = Judge(simulator, BOT)
        self._offset = 0
        self._process: asyncio.subprocess.Process | None = None
        self._kills = 0
        self._unseen = 0
        self._moved = simulator.clock.now()

    async def run(self) -> Outcome:
        """Harm, outages and kills until all orders have begun; then peace, until all have ended."""
        began = self._simulator.clock.now()
        await self._start()
        try:
            await self._harm()
            quiet = await self._quiet()
        finally:
            await self._stop()
        verdict = self._judge.judge()
        outcome = Outcome(
            verdict=verdict,
            faults=Counter({kind: count for kind, count in self._simulator.statistics().faults.items() if count}),
            kills=self._kills,
            unseen=self._unseen,
            seconds=(self._simulator.clock.now() - began) / 1e9,
        )
        outcome.failures = [*verdict.wrong, *self._missing(outcome, quiet=quiet)]
        return outcome

    async def _harm(self) -> None:
        plan, simulator, chance = self._plan, self._simulator, self._chance
        struck, next_kill = simulator.clock.now(), self._next_kill(0)
        order: Injection | None = None
        outages = [round(plan.orders * (each + 1) / (plan.outages + 1)) for each in range(plan.outages)]
        async for now in simulator.clock.every(TURN):
            self._read()
            if now - self._moved > STILL * 1e9:
                raise TimeoutError(f"the bot has stood still for {STILL:g} s")
            begun = sum(1 for key in self._judge.meant if not key.startswith("ladder"))
            if begun >= plan.orders:
                return
            # One after the other: faults that wait in a row for a bot that is away would only keep it away.
            if now - struck >= plan.fault_every * 1e9 and self._moved > struck:
                struck = now
                if order is not None:
                    order.cancel()
                order = strike(simulator, chance)
            if outages and begun >= outages[0]:
                outages.pop(0)
                self._unseen += await outage(simulator, BOT, self._tell, chance)
                self._read()
            if begun >= next_kill:
                next_kill = self._next_kill(begun)
                await asyncio.sleep(chance.random() * TURN)  # at no special instant
                await self._kill()
                await self._start()

    def _next_kill(self, begun: int) -> float:
        every = self._plan.kill_every
        return begun + self._chance.uniform(0.4, 1.6) * every if every else float("inf")

    async def _quiet(self) -> bool:
        """Without further harm, wait until every order has ended and both sides agree; whether all ended in time."""
        simulator = self._simulator
        until = simulator.clock.now() + round(QUIET * 1e9)
        async for now in simulator.clock.every(TURN):
            self._read()
            if not self._judge.pending:
                break
            if now > until:
                return False
        until = simulator.clock.now() + round(AGREE * 1e9)
        async for now in simulator.clock.every(0.5):
            self._tell("say")
            self._read()
            if now > until or (self._judge.closing is not None and not self._judge.judge().wrong):
                return True
        raise AssertionError("a clock never ends")

    def _read(self) -> None:
        for entry, offset in read(self._folder / "journal.jsonl", self._offset):
            self._offset, self._moved = offset, self._simulator.clock.now()
            self._judge.take(entry)
        self._judge.look()
        process = self._process
        if process is not None and process.returncode is not None:
            raise RuntimeError(f"the bot has ended by itself:\n{(self._folder / 'stderr').read_text()[-4000:]}")

    async def _start(self) -> None:
        simulator, plan = self._simulator, self._plan
        account = simulator.accounts[BOT]
        with (self._folder / "stderr").open("ab") as complaints:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "chaos.bot", simulator.url, str(self._folder)),
                *(str(plan.orders), str(plan.seed), *simulator.symbols),
                env=os.environ
                | {
                    "PYTHONPATH": str(Path(__file__).parents[1]),
                    "KRAKEN_API_KEY": account.key,
                    "KRAKEN_API_SECRET": account.secret,
                },
                stdin=asyncio.subprocess.PIPE,
                stderr=complaints,
            )

    def _tell(self, words: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{words}\n".encode())

    async def _kill(self) -> None:
        process, self._process = self._process, None
        assert process is not None
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()
        self._read()
        self._kills += 1

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 20.0)
        except TimeoutError:
            process.kill()
            await process.wait()

    def _missing(self, outcome: Outcome, *, quiet: bool) -> list[str]:
        """What would make the run worth nothing."""
        verdict, plan, closing = outcome.verdict, self._plan, self._judge.closing
        outcome.told_twice = 0 if closing is None else closing.told_twice
        checks = [
            (quiet, "not every order has ended in time"),
            (len(self._judge.meant) >= plan.orders, "not every order was begun"),
            (verdict.fills > 0, "nothing was filled"),
            (outcome.faults.total() > 0, "no fault has struck"),
            (outcome.told_twice == 0, f"{outcome.told_twice} fills were told twice"),
            (bool(outcome.kills) or not plan.kill_every, "the bot was never killed"),
            (bool(verdict.unknown) or not plan.outages, "no order's fate was ever unknown"),
            (outcome.unseen >= 50 * plan.outages, f"only {outcome.unseen} orders were filled unseen"),
        ]
        return [text for is_good, text in checks if not is_good]
