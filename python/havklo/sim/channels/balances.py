"""The balances channel: an account's main wallet and every change of it, numbered per subscription."""

from collections.abc import Mapping
from typing import final

from havklo.sim.accounts.ledger import Entry
from havklo.sim.accounts.money import SCALE
from havklo.sim.channels.numbers import plain
from havklo.sim.wire.stamps import rfc3339

__all__ = ["Balances"]


@final
class Balances:
    """One subscription's messages; their `sequence` counts from 1."""

    def __init__(self) -> None:
        self._sequence = 0

    def snapshot(self, balances: Mapping[str, int]) -> bytes:
        """Every asset with its one wallet; amounts in units."""
        return self._message("snapshot", ",".join(map(_asset, balances, balances.values())))

    def update(self, entry: Entry) -> bytes:
        """One ledger entry."""
        return self._message(
            "update",
            f'{{"ledger_id":"{entry.ledger_id}","ref_id":"{entry.ref_id}",'
            f'"timestamp":"{rfc3339(entry.now_ns // 1_000)}","type":"{entry.type}","asset":"{entry.asset}",'
            f'"asset_class":"currency","category":"{entry.category}","wallet_type":"spot","wallet_id":"main",'
            f'"amount":{plain(entry.amount, SCALE)},"fee":{plain(entry.fee, SCALE)},'
            f'"balance":{plain(entry.balance, SCALE)}}}',
        )

    def _message(self, kind: str, rows: str) -> bytes:
        self._sequence += 1
        message = f'{{"channel":"balances","type":"{kind}","data":[{rows}],"sequence":{self._sequence}}}'
        return message.encode("ascii")


def _asset(name: str, units: int) -> str:
    balance = plain(units, SCALE)
    return (
        f'{{"asset":"{name}","asset_class":"currency","balance":{balance},'
        f'"wallets":[{{"type":"spot","id":"main","balance":{balance}}}]}}'
    )
