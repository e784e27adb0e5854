"""Double entry: money only moves, to the last digit, so the sum over all accounts is always zero.

An account number above 0 is a user. The others are the two ends that every amount comes from or goes to:
the world outside, the crowd that trades against the users, and the exchange's own till for fees.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, final

from havklo.sim.accounts.money import SCALE
from havklo.sim.wire.ids import Ids

__all__ = [
    "CROWD",
    "FEES",
    "MAIN",
    "OUTSIDE",
    "SCALE",
    "Category",
    "Entry",
    "EntryType",
    "Ledger",
    "Overdraft",
    "Posting",
]

OUTSIDE: Final = -1
"""Where deposits come from."""
CROWD: Final = 0
"""The simulated agents, all together; they may owe any amount."""
FEES: Final = -2
"""What the exchange has earned."""

MAIN: Final = "main"
"""The wallet that the balances channel shows. A margin position has its own, under its symbol."""

EntryType = Literal["deposit", "trade", "margin"]
Category = Literal["deposit", "trade", "margin-trade"]

_CATEGORIES: Final[dict[EntryType, Category]] = {"deposit": "deposit", "trade": "trade", "margin": "margin-trade"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One change of a user's main wallet, as the balances channel tells it.

    Attributes:
        ledger_id: The entry's id.
        ref_id: What caused it: a trade's exec id, a deposit's reference.
        account: Whose wallet.
        asset: Which asset.
        amount: The change without the fee, in units; negative for what was given.
        fee: What was taken besides, in the same asset.
        balance: What there is after both.
        type: What happened.
        category: The same in finer words.
        now_ns: When.
    """

    ledger_id: str
    ref_id: str
    account: int
    asset: str
    amount: int
    fee: int
    balance: int
    type: EntryType
    category: Category
    now_ns: int


class Posting(NamedTuple):
    """One line of a booking.

    Attributes:
        account: Whose wallet changes.
        asset: Which asset.
        units: The change without the fee.
        fee: What goes to the exchange besides.
        wallet: `MAIN`, or the symbol of a margin position.
        type: What a user's entry calls it.
        ref_id: What a user's entry refers to.
    """

    account: int
    asset: str
    units: int
    fee: int = 0
    wallet: str = MAIN
    type: EntryType = "trade"
    ref_id: str = ""


class Overdraft(Exception):
    """More was to be taken from a user's main wallet than there is.

    Whoever books has to hold the money first, so this is a defect of the caller and never an answer to a user.
    """


def _ignore(_entry: Entry) -> None:
    """Nobody listens."""


@final
class Ledger:
    """All wallets of one exchange.

    Args:
        ids: Where ledger ids come from.

    Attributes:
        on_entry: Called with each change of a user's main wallet, once the whole booking is done.
    """

    def __init__(self, ids: Ids) -> None:
        self.on_entry: Callable[[Entry], None] = _ignore
        self._ids = ids
        self._wallets: dict[tuple[int, str], dict[str, int]] = {}
        self._entries = 0

    def __repr__(self) -> str:
        return f"<Ledger {len(self._wallets)} wallets, {self._entries} entries>"

    def balance(self, account: int, asset: str, wallet: str = MAIN) -> int:
        """What is in a wallet, in units; only the wallets of positions and of non-users may be negative."""
        return self._wallets.get((account, wallet), {}).get(asset, 0)

    def balances(self, account: int) -> dict[str, int]:
        """Every asset that a main wallet has ever had, by name."""
        return dict(sorted(self._wallets.get((account, MAIN), {}).items()))

    def totals(self) -> dict[str, int]:
        """The sum over all wallets of all accounts per asset: always 0."""
        sums: dict[str, int] = defaultdict(int)
        for wallet in self._wallets.values():
            for asset, value in wallet.items():
                sums[asset] += value
        return dict(sums)

    def transfer(
        self,
        asset: str,
        units: int,
        source: int,
        target: int,
        *,
        kind: EntryType,
        ref_id: str,
        fee: int = 0,
        now_ns: int,
    ) -> list[Entry]:
        """Move money from one main wallet to another; a fee is paid by the source besides.

        Raises:
            Overdraft: The source is a user and has less.
            ValueError: A negative amount or fee.
        """
        if units < 0 or fee < 0:
            raise ValueError("money is transferred forwards")
        lines = (
            Posting(source, asset, -units, fee, type=kind, ref_id=ref_id),
            Posting(target, asset, units, type=kind, ref_id=ref_id),
        )
        return self.post(lines, now_ns=now_ns)

    def post(self, lines: Iterable[Posting], *, now_ns: int) -> list[Entry]:
        """Book some lines together: all of them, or none if an exception is raised.

        Args:
            lines: What changes; without the fees, each asset's changes add up to zero.
            now_ns: When it happens.

        Returns:
            The users' entries, in the order of their lines.

        Raises:
            Overdraft: A user's main wallet would be negative.
            ValueError: The lines don't add up.
        """
        lines = tuple(lines)
        sums: dict[str, int] = defaultdict(int)
        changes: dict[tuple[int, str, str], int] = defaultdict(int)
        for line in lines:
            sums[line.asset] += line.units
            changes[line.account, line.wallet, line.asset] += line.units - line.fee
            if line.fee:
                changes[FEES, MAIN, line.asset] += line.fee
        if any(sums.values()):
            raise ValueError(f"a booking that does not add up: {dict(sums)}")
        after = {key: self.balance(key[0], key[2], key[1]) + change for key, change in changes.items()}
        for (account, wallet, asset), value in after.items():
            if value < 0 and account > CROWD and wallet == MAIN:
                raise Overdraft(f"account {account} would have {value} units of {asset}")
        for (account, wallet, asset), value in after.items():
            self._wallets.setdefault((account, wallet), {})[asset] = value
        entries = [self._entry(line, now_ns) for line in lines if line.account > CROWD and line.wallet == MAIN]
        for entry in entries:
            self.on_entry(entry)
        return entries

    def _entry(self, line: Posting, now_ns: int) -> Entry:
        self._entries += 1
        return Entry(
            ledger_id=self._ids.text("L", self._entries),
            ref_id=line.ref_id,
            account=line.account,
            asset=line.asset,
            amount=line.units,
            fee=line.fee,
            balance=self.balance(line.account, line.asset),
            type=line.type,
            category=_CATEGORIES[line.type],
            now_ns=now_ns,
        )
