"""The list of pairs, and the way from any of a pair's names to the pair."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar, final, overload

from havklo.errors import UnknownSymbol
from havklo.instruments._grid import shown
from havklo.instruments._names import lookup_key, spellings, suggest
from havklo.instruments._pair import Pair

__all__ = ["Pairs"]

T = TypeVar("T")


@final
class Pairs(Mapping[str, Pair]):
    """Pairs by their symbols, in listing order; never changed, only replaced by `updated`.

    Every name that `resolve` understands is a key: `pairs["xbtusd"]` is `pairs["BTC/USD"]`. Iteration gives Kraken's
    own symbols.

    Args:
        pairs: The pairs; of two with the same symbol the later one counts.
    """

    __slots__ = ("_index", "_pairs")

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        self._pairs = {pair.symbol: pair for pair in pairs}
        self._index: dict[str, tuple[str, ...]] | None = None

    def __repr__(self) -> str:
        first = ", ".join(list(self._pairs)[:3])
        return f"<Pairs {len(self)}: {first}{', ...' if len(self) > 3 else ''}>"

    def __len__(self) -> int:
        return len(self._pairs)

    def __iter__(self) -> Iterator[str]:
        return iter(self._pairs)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and len(self._found(name)) == 1

    def __getitem__(self, name: str) -> Pair:
        """The pair of that name.

        Raises:
            UnknownSymbol: No pair has that name, or several have.
        """
        return self._pairs[self.resolve(name)]

    @overload
    def get(self, name: str, default: None = None, /) -> Pair | None: ...

    @overload
    def get(self, name: str, default: Pair | T, /) -> Pair | T: ...

    def get(self, name: str, default: Pair | T | None = None, /) -> Pair | T | None:
        """The pair of that name, or the default where not exactly one pair has it."""
        found = self._found(name)
        return self._pairs[found[0]] if len(found) == 1 else default

    def resolve(self, name: str) -> str:
        """Kraken's own symbol for a name.

        Understood are the symbol itself, in capitals or not; XBT for BTC and XDG for DOGE; `-`, `_` or `:` instead of
        the slash, or nothing; and REST's older names, such as XXBTZUSD.

        Raises:
            UnknownSymbol: No pair has that name, or several have; `suggestions` has the likeliest, at most three.
        """
        found = self._found(name)
        if len(found) == 1:
            return found[0]
        if found:
            likely = found[:3]
            raise UnknownSymbol(
                name,
                f"{shown(name)} is a name of {len(found)} pairs",
                hint=f"did you mean {', '.join(likely)}?",
                suggestions=likely,
            )
        likely = suggest(name, self._pairs)
        raise UnknownSymbol(
            name,
            f"no pair is listed as {shown(name)}",
            hint=f"did you mean {', '.join(likely)}?" if likely else "symbols are written BASE/QUOTE, such as BTC/USD",
            suggestions=likely,
        )

    def updated(self, more: Iterable[Pair]) -> "Pairs":
        """These pairs with some replaced, each at its place, and new ones after them."""
        updated = Pairs([*self._pairs.values(), *more])
        if updated._pairs.keys() == self._pairs.keys():
            updated._index = self._index  # names depend on nothing but the symbols
        return updated

    def _found(self, name: str) -> tuple[str, ...]:
        """The symbols that a name may stand for."""
        if name in self._pairs:
            return (name,)
        if self._index is None:
            self._index = _indexed(self._pairs)
        return self._index.get(lookup_key(name), ())


def _indexed(symbols: Iterable[str]) -> dict[str, tuple[str, ...]]:
    index: dict[str, tuple[str, ...]] = {}
    for symbol in symbols:
        for name in set(spellings(symbol)):
            index[name] = (*index.get(name, ()), symbol)
    return index
