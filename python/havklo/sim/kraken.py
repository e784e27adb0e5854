"""The whole simulated Kraken without sockets: every part, and how they are joined.

Nothing here waits. Whoever drives it calls `step` when the crowd is due and `tick` when something of the
accounts is; the simulator does so with real sockets, a proof or a test may do without.
"""

import random
from collections.abc import Sequence
from typing import final

from havklo.clock import Clock
from havklo.sim.accounts.account import Bank
from havklo.sim.channels.status import Announcement
from havklo.sim.conversation import Conversation, Services, Streams
from havklo.sim.delivery.hub import Hub, Subscriber
from havklo.sim.exchange import Exchange
from havklo.sim.rest.rest import Rest
from havklo.sim.rules import Rules
from havklo.sim.scenario.plan import AccountPlan
from havklo.sim.symbols import Pair
from havklo.sim.trading.desk import Desk

__all__ = ["Kraken"]


@final
class Kraken:
    """All parts of one exchange.

    Args:
        pairs: What is listed.
        clock: What time requests come at.
        seed: Same seed, same trading, ids and keys.
        rate: Market messages a second; 0: the crowd trades by `step` only.
        rules: The open points of the protocol.
        accounts: Who can trade.
        history: For how many changes of each book the truth is kept.
        history_depth: How many levels of it.
        crowd: Whether there is a crowd; without it, only accounts trade.

    Attributes:
        exchange: The markets.
        bank: The accounts and their money.
        desk: Their orders.
        hub: Who reads which market data.
        rest: The REST interface.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        clock: Clock,
        *,
        seed: int = 7,
        rate: float = 0.0,
        rules: Rules | None = None,
        accounts: Sequence[AccountPlan] = (),
        history: int = 0,
        history_depth: int = 10,
        crowd: bool = True,
    ) -> None:
        self.rules: Rules = rules or Rules()
        now_ns = clock.epoch_ns()
        self.exchange: Exchange = Exchange(
            pairs,
            seed=seed,
            rate=rate,
            start_ns=now_ns,
            rules=self.rules,
            history=history,
            history_depth=history_depth,
            crowd=crowd,
        )
        assets = {asset for pair in pairs for asset in (pair.base, pair.quote)}
        self.bank: Bank = Bank(seed, assets, self.rules)
        for plan in accounts:
            deposits = {asset: amount for asset, amount in plan.deposits(pairs).items() if amount}
            self.bank.open(plan.name, tier=plan.tier, deposits=deposits, now_ns=now_ns)
        self.hub: Hub = Hub()
        self.desk: Desk = Desk(self.exchange, self.bank)
        self.rest: Rest = Rest(self.exchange, self.bank, self.desk, lockout_after=self.rules.lockout_after)
        self._streams = Streams(self.exchange, self.hub)
        self._services = Services(
            exchange=self.exchange,
            hub=self.hub,
            streams=self._streams,
            tokens=self.bank.tokens,
            desk=self.desk,
            clock=clock,
            rules=self.rules,
        )
        self._connection_ids = random.Random(f"{seed} connections")
        self.exchange.publish = self.hub.publish
        self.exchange.changed = self._streams.changed
        self.desk.on_report = self._streams.report
        self.bank.ledger.on_entry = self._streams.entry

    def __repr__(self) -> str:
        return f"<Kraken {len(self.exchange.pairs)} pairs, {len(self.bank.accounts)} accounts>"

    def converse(self, subscriber: Subscriber) -> Conversation:
        """Begin a conversation with a connection, at the endpoint that is its role."""
        # Kraken's numbers are beyond what a double can hold exactly.
        connection_id = self._connection_ids.getrandbits(64) | 1 << 63
        return Conversation(self._services, subscriber, connection_id)

    def announce(self, upcoming: Sequence[Announcement], now_ns: int) -> None:
        """From now on this maintenance is ahead, and no other; every connection is told."""
        self._streams.announce(upcoming, now_ns)

    def expire_tokens(self, account: str | None) -> None:
        """End all tokens of the account with this name, or all there are.

        Raises:
            ConfigurationError: There is no such account.
        """
        self.bank.tokens.expire(None if account is None else self.bank.by_name(account))
