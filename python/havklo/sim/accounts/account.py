"""The accounts of an exchange: balances, holds, margin positions, tiers, keys."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, final

from havklo.errors import ConfigurationError
from havklo.sim.accounts.counter import RateCounter
from havklo.sim.accounts.fees import SPOT, FeeSchedule
from havklo.sim.accounts.keys import ALL, ApiKey, Permission
from havklo.sim.accounts.ledger import OUTSIDE, Ledger
from havklo.sim.accounts.money import units
from havklo.sim.accounts.position import Position
from havklo.sim.accounts.tiers import TIERS, Tier, TierName
from havklo.sim.accounts.tokens import Tokens
from havklo.sim.rules import Rules
from havklo.sim.wire.ids import Ids

__all__ = ["Account", "Bank"]

_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


@final
class Account:
    """One user's money and standing. A `Bank` opens them.

    There is no liquidation: a position stays open however much it loses, and what its closing costs beyond
    the main wallet stays owed in the position.

    Attributes:
        number: Its number, from 1.
        name: Its name, for people.
        tier: What it may do.
        fees: What it pays.
        volume: Its volume of 30 days, in units of 10^-10 dollars. Every fill's cost is added one to one,
            whatever its quote asset, and nothing of it ages: no simulation lasts 30 days.
        keys: Its API keys, the first one from its opening.
        positions: Its margin positions by symbol, closed ones too.
    """

    def __init__(self, number: int, name: str, tier: Tier, fees: FeeSchedule, ledger: Ledger, rules: Rules) -> None:
        self.number = number
        self.name = name
        self.tier = tier
        self.fees = fees
        self.volume = 0
        self.keys: list[ApiKey] = []
        self.positions: dict[str, Position] = {}
        self._ledger = ledger
        self._rules = rules
        self._holds: dict[int, tuple[str, int]] = {}
        self._held: dict[str, int] = {}
        self._counters: dict[str, RateCounter] = {}

    def __repr__(self) -> str:
        return f"<Account {self.number} {self.name!r}, {self.tier.name}>"

    @property
    def key(self) -> str:
        """The first API key."""
        return self.keys[0].key

    @property
    def secret(self) -> str:
        """The first API key's secret, as base64."""
        return self.keys[0].secret

    def balance(self, asset: str) -> int:
        """What is in the main wallet, in units."""
        return self._ledger.balance(self.number, asset)

    def balances(self) -> dict[str, int]:
        """Every asset that the main wallet has ever had, by name."""
        return self._ledger.balances(self.number)

    def held(self, asset: str) -> int:
        """What is held for open orders; never more than there is."""
        return self._held.get(asset, 0)

    def available(self, asset: str) -> int:
        """What a new order may use: neither held for another one nor the initial margin of a position."""
        return max(0, self.balance(asset) - self.held(asset) - self._margin(asset))

    def hold(self, order: int, asset: str, amount: int, *, cap: bool = False) -> bool:
        """Hold money for an order instead of what was held for it before; 0 releases it.

        Args:
            order: The order's reference; an order holds one asset.
            asset: Which asset.
            amount: How much, in units.
            cap: Hold less rather than refuse, and margin in use does not matter. For the rest of an order
                that has been filled in part: the money was its own already, but the roundings of single
                fills may have used a trifle of it.

        Returns:
            Whether it is held; if not, what was held before still is.
        """
        before = self._holds.get(order, (asset, 0))
        self.release(order)
        if cap:
            amount = min(amount, self.balance(asset) - self.held(asset))
        # What an order holds it may keep, even if a position needs more margin than is available.
        elif amount > max(self.available(asset), before[1] if before[0] == asset else 0):
            self._put(order, *before)
            return False
        self._put(order, asset, amount)
        return True

    def holding(self, order: int) -> int:
        """What is held for one order."""
        return self._holds.get(order, ("", 0))[1]

    def release(self, order: int) -> None:
        """Hold nothing for an order any more."""
        asset, amount = self._holds.pop(order, ("", 0))
        if amount:
            self._held[asset] -= amount

    def rate(self, *, maker: bool) -> int:
        """The fee for its next fill, in millionths of the amount."""
        return self.fees.rates(self.volume)[0 if maker else 1]

    def counter(self, symbol: str) -> RateCounter:
        """The trading engine's rate counter of a pair."""
        counter = self._counters.get(symbol)
        if counter is None:
            counter = self._counters[symbol] = RateCounter(self.tier, self._rules.decay)
        return counter

    def position(self, symbol: str) -> Position:
        """The margin position in a pair, perhaps a flat one."""
        return self.positions.get(symbol) or Position(symbol)

    def free_margin(self, asset: str, values: Mapping[str, int] = _NOTHING) -> int:
        """What is left to open positions with: equity minus initial margin in use, below 0 after losses.

        Equity is what the main wallet has and no order holds, with what the positions would bring or cost.

        Args:
            asset: The quote asset of the positions that count.
            values: What their open quantities are worth now, in units, by symbol; a position without a
                value counts at its cost.
        """
        positions = self._positions(asset)
        profit = sum(at.profit(values.get(at.symbol, at.cost)) - at.owed for at in positions)
        return self.balance(asset) - self.held(asset) + profit - self._margin(asset)

    def _margin(self, asset: str) -> int:
        return sum(position.margin for position in self._positions(asset))

    def _positions(self, asset: str) -> list[Position]:
        return [position for symbol, position in self.positions.items() if symbol.endswith(f"/{asset}")]

    def _put(self, order: int, asset: str, amount: int) -> None:
        if amount:
            self._holds[order] = (asset, amount)
            self._held[asset] = self._held.get(asset, 0) + amount


@final
class Bank:
    """All accounts of one exchange.

    Args:
        seed: Same seed and names, same keys, secrets, tokens and ledger ids.
        assets: What can be deposited.
        rules: For how long tokens live, how counters decay.

    Attributes:
        ledger: Where all the money is.
        tokens: The WebSocket tokens.
        accounts: Every account by its number.
    """

    def __init__(self, seed: int, assets: Collection[str], rules: Rules | None = None) -> None:
        self._rules = rules or Rules()
        self._ids = Ids(seed)
        self._seed = seed
        self._assets = frozenset(assets)
        self._keys: dict[str, ApiKey] = {}
        self._deposits = 0
        self.ledger: Ledger = Ledger(self._ids)
        self.tokens: Tokens = Tokens(seed, self._rules.token_seconds)
        self.accounts: dict[int, Account] = {}

    def __repr__(self) -> str:
        return f"<Bank {len(self.accounts)} accounts>"

    def open(
        self,
        name: str,
        *,
        tier: TierName = "intermediate",
        deposits: Mapping[str, Decimal | int | str] = MappingProxyType({}),
        volume: Decimal | int | str = 0,
        fees: FeeSchedule = SPOT,
        now_ns: int = 0,
    ) -> Account:
        """Open an account.

        Args:
            name: Its name; its keys depend on it.
            tier: Its level.
            deposits: What it begins with.
            volume: Its volume of the last 30 days in dollars, which its fees depend on.
            fees: What it pays.
            now_ns: When.

        Raises:
            ConfigurationError: A name that is taken, an unknown tier or asset, an amount that can't be.
        """
        if any(account.name == name for account in self.accounts.values()):
            raise ConfigurationError(f"there is an account {name!r} already")
        if tier not in TIERS:
            raise ConfigurationError(f"{tier!r} is not a tier", hint=f"there are {', '.join(TIERS)}")
        checked = [(asset, self._amount(asset, value)) for asset, value in deposits.items()]
        begin = units(volume)
        if begin < 0:
            raise ConfigurationError(f"a volume is 0 or more, not {volume}")
        account = Account(len(self.accounts) + 1, name, TIERS[tier], fees, self.ledger, self._rules)
        account.volume = begin
        self.accounts[account.number] = account
        self.issue_key(account)
        for asset, value in checked:
            self._deposit(account, asset, value, now_ns)
        return account

    def deposit(self, account: Account, asset: str, amount: Decimal | int | str, *, now_ns: int) -> None:
        """Money comes in.

        Raises:
            ConfigurationError: An unknown asset, or an amount that can't be.
        """
        self._deposit(account, asset, self._amount(asset, amount), now_ns)

    def issue_key(
        self, account: Account, permissions: Collection[Permission] = ALL, *, nonce_window: int = 0
    ) -> ApiKey:
        """One more API key for an account.

        Args:
            account: Whose.
            permissions: What it may be used for.
            nonce_window: By how much a nonce may be behind the highest one so far.
        """
        seed = f"{self._seed} key {len(account.keys)} {account.name}"
        key = ApiKey.generate(seed, account.number, permissions, nonce_window)
        account.keys.append(key)
        self._keys[key.key] = key
        return key

    def key(self, api_key: str) -> ApiKey | None:
        """What is known about an API key."""
        return self._keys.get(api_key)

    def by_key(self, api_key: str) -> Account | None:
        """Whose key it is."""
        key = self._keys.get(api_key)
        return None if key is None else self.accounts[key.account]

    def by_number(self, number: int) -> Account:
        """The account with a number."""
        return self.accounts[number]

    def by_name(self, name: str) -> Account:
        """The account with a name.

        Raises:
            ConfigurationError: There is none.
        """
        for account in self.accounts.values():
            if account.name == name:
                return account
        names = ", ".join(account.name for account in self.accounts.values()) or "none"
        raise ConfigurationError(f"there is no account {name!r}", hint=f"there are {names}")

    def _amount(self, asset: str, value: Decimal | int | str) -> int:
        if asset not in self._assets:
            raise ConfigurationError(
                f"{asset!r} is not an asset here", hint=f"there are {', '.join(sorted(self._assets))}"
            )
        amount = units(value)
        if amount <= 0:
            raise ConfigurationError(f"a deposit is more than 0, not {value}")
        return amount

    def _deposit(self, account: Account, asset: str, amount: int, now_ns: int) -> None:
        self._deposits += 1
        # A number below 0 can't be a ledger entry's.
        ref_id = self._ids.text("L", -self._deposits)
        self.ledger.transfer(asset, amount, OUTSIDE, account.number, kind="deposit", ref_id=ref_id, now_ns=now_ns)
