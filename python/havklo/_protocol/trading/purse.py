"""The account's balances, merged from snapshots and ledger entries."""

from collections import deque
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, final

from havklo.events import Balance, BalanceChange, Wallet

if TYPE_CHECKING:
    from havklo._protocol.trading.reports import Entry

__all__ = ["Purse"]

_REMEMBERED: Final = 1_024


@final
class Purse:
    """What the account has.

    Attributes:
        balances: By asset; a view that follows.
    """

    def __init__(self) -> None:
        self._balances: dict[str, Balance] = {}
        self._known: deque[str] = deque(maxlen=_REMEMBERED)
        self.balances: Mapping[str, Balance] = MappingProxyType(self._balances)

    def __repr__(self) -> str:
        return f"<Purse of {len(self._balances)} assets>"

    def snapshot(self, rows: Iterable["Entry"], recv_ns: int) -> list[BalanceChange]:
        """Take all balances as they are."""
        self._balances.clear()
        told: list[BalanceChange] = []
        for row in rows:
            self._balances[row.asset] = Balance(asset=row.asset, balance=row.balance, wallets=row.wallets)
            told.append(BalanceChange(asset=row.asset, balance=row.balance, kind="snapshot", recv_ns=recv_ns))
        return told

    def update(self, row: "Entry", recv_ns: int) -> BalanceChange | None:
        """Take an entry of the ledger; None if it is known."""
        if row.ledger_id:
            if row.ledger_id in self._known:
                return None
            self._known.append(row.ledger_id)
        self._balances[row.asset] = balance = self._changed(row)
        return BalanceChange(
            asset=row.asset,
            balance=balance.balance,
            amount=row.amount,
            fee=row.fee,
            kind=row.type,
            category=row.category,
            ref_id=row.ref_id,
            ledger_id=row.ledger_id,
            wallet_type=row.wallet_type,
            wallet_id=row.wallet_id,
            timestamp=row.timestamp,
            recv_ns=recv_ns,
        )

    def _changed(self, row: "Entry") -> Balance:
        former = self._balances.get(row.asset)
        wallets = () if former is None else former.wallets
        mine = Wallet(row.wallet_type, row.wallet_id, row.balance)
        others = tuple(each for each in wallets if (each.type, each.id) != (mine.type, mine.id))
        total = sum((each.balance for each in others), Decimal(0)) + row.balance
        return Balance(asset=row.asset, balance=total, wallets=(mine, *others))
