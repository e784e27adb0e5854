"""Accounts as somebody wants them: a name, a tier, and what is in them at the beginning."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self, cast

from havklo.errors import ConfigurationError
from havklo.sim.accounts.tiers import TIERS, TierName
from havklo.sim.symbols import Pair

__all__ = ["AccountPlan"]

_USUAL_QUOTE: Final = Decimal(1_000_000)
_MOST: Final = Decimal(10) ** 18
_USUAL_ORDERS: Final = 1_000  # so many median orders of each base asset


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountPlan:
    """An account to open.

    Attributes:
        name: What it is called.
        tier: Kraken's verification tier, which decides about rate limits: starter, intermediate or pro.
        balances: What it holds at first, per asset; None: the usual purse of play money.

    Raises:
        ConfigurationError: No name, an unknown tier, or a balance that can't be.
    """

    name: str = "trader"
    tier: TierName = "intermediate"
    balances: Mapping[str, Decimal] | None = None

    def __post_init__(self) -> None:
        if not self.name or not self.name.isprintable() or " " in self.name:
            raise ConfigurationError(f"{self.name!r} is no name for an account", hint="one word, like trader")
        if self.tier not in TIERS:
            raise ConfigurationError(f"{self.tier!r} is not a tier", hint=f"tiers are {', '.join(TIERS)}")
        for asset, amount in (self.balances or {}).items():
            if not (amount.is_finite() and 0 <= amount <= _MOST):
                raise ConfigurationError(f"account {self.name} can't hold {amount} {asset}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read NAME or NAME:TIER.

        Raises:
            ConfigurationError: It is neither.
        """
        name, colon, tier = text.partition(":")
        return cls(name=name, tier=cast("TierName", tier)) if colon else cls(name=name)

    def deposits(self, pairs: Iterable[Pair]) -> dict[str, Decimal]:
        """What is to be paid in where these pairs are listed.

        The usual purse is a million of each quote asset, and of each other asset as much as a thousand
        usual orders.

        Raises:
            ConfigurationError: A balance in an asset that no pair has.
        """
        usual: dict[str, Decimal] = {}
        listed = list(pairs)
        for pair in listed:
            usual.setdefault(pair.base, Decimal(_USUAL_ORDERS * pair.size).scaleb(-pair.qty_precision))
        usual |= dict.fromkeys((pair.quote for pair in listed), _USUAL_QUOTE)
        if self.balances is None:
            return usual
        unknown = [asset for asset in self.balances if asset not in usual]
        if unknown:
            raise ConfigurationError(
                f"account {self.name} has {unknown[0]}, which is not traded here", hint=f"assets are {', '.join(usual)}"
            )
        # Nothing is paid in where nothing is to be; that the asset is known has been seen to all the same.
        return {asset: amount for asset, amount in self.balances.items() if amount}
