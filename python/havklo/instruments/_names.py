"""What pairs are called: Kraken's own name, its older names, and what people type."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from havklo.errors import ConfigurationError

__all__ = ["asset_name", "canonical", "is_canonical", "lookup_key", "spellings", "suggest"]

_RENAMED: Final = {"XBT": "BTC", "XDG": "DOGE"}
_SHORT: Final = {new: old for old, new in _RENAMED.items()}
# Assets of Kraken's first years carry a letter in REST: X for coins, Z for money.
_COINS: Final = ("ETC", "ETH", "LTC", "MLN", "REP", "XBT", "XDG", "XLM", "XMR", "XRP", "ZEC")
_MONEY: Final = ("AUD", "CAD", "EUR", "GBP", "JPY", "USD")
_LONG: Final = {name: f"X{name}" for name in _COINS} | {name: f"Z{name}" for name in _MONEY}

_SEPARATOR: Final = re.compile("[-_:]")
_FORM: Final = re.compile(r"[!-.0-~]+(/[!-.0-~]+)?")  # what can be printed in ASCII, with at most one slash between
_TOKENIZED: Final = re.compile("[A-Z0-9.]+x")

_SUGGESTIONS: Final = 3
_ALIKE: Final = 0.75
_LONGEST: Final = 40


def asset_name(name: str) -> str:
    """An asset's name in capitals and in version 2 of the protocol: xbt is BTC, XDG is DOGE.

    A tokenized asset such as AAPLx ends with a small x, which is part of its name and stays.
    """
    upper = name if _TOKENIZED.fullmatch(name) else name.upper()
    return _RENAMED.get(upper, upper)


def canonical(name: str) -> str:
    """A symbol as Kraken writes it, as far as that can be said without the list of pairs.

    BASE/QUOTE in capitals, with BTC for XBT and DOGE for XDG. A tokenized asset such as AAPLx keeps its small x.
    A name without a slash only gets its capitals: where its base ends, the list has to say (`Pairs.resolve`).

    Raises:
        ConfigurationError: White space anywhere, letters that are not ASCII, an empty side, or a second slash.
    """
    if not _FORM.fullmatch(name):
        raise ConfigurationError(f"{name!r} is no symbol", hint="symbols are written BASE/QUOTE, such as BTC/USD")
    base, slash, quote = name.partition("/")
    return f"{asset_name(base)}/{asset_name(quote)}" if slash else name.upper()


def is_canonical(name: str) -> bool:
    """Whether a name is of the form BASE/QUOTE and `canonical` would leave it as it is."""
    return "/" in name and _FORM.fullmatch(name) is not None and canonical(name) == name


def lookup_key(name: str) -> str:
    """A name as `spellings` has it: in capitals, with a slash for other separators.

    What can't be a name, because of white space or letters that are not ASCII, stays as it is: the capitals of such
    letters may be ASCII, and it would be taken for a name that it is not.
    """
    return _SEPARATOR.sub("/", name.upper()) if _FORM.fullmatch(name) else name


def spellings(symbol: str) -> Iterator[str]:
    """Every lookup key of a symbol: its own, and those with and without a slash with every name of its assets."""
    yield lookup_key(symbol)
    base, slash, quote = symbol.upper().partition("/")
    if slash and _FORM.fullmatch(symbol):
        for left in _asset_names(base):
            for right in _asset_names(quote):
                yield f"{left}/{right}"
                yield left + right


@cache
def _asset_names(name: str) -> frozenset[str]:
    short = _SHORT.get(name, name)
    return frozenset((name, short, _LONG.get(short, short)))


def suggest(name: str, symbols: Iterable[str]) -> tuple[str, ...]:
    """The symbols that may have been meant, at most three, the likeliest first.

    Base and quote the wrong way round come first, then names with few other letters, then pairs of the same base.
    """
    if len(name) > _LONGEST:
        return ()
    wanted = _SEPARATOR.sub("/", name.strip().upper())
    from difflib import SequenceMatcher  # noqa: PLC0415  # only a name that is none pays for it

    joined = wanted.replace("/", "").replace("XBT", "BTC").replace("XDG", "DOGE")
    start = asset_name(wanted.partition("/")[0])
    letters = sorted(joined)
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(joined)
    alike: list[tuple[float, bool, int, str]] = []
    related: list[str] = []
    for place, symbol in enumerate(symbols):
        base, _, quote = symbol.upper().partition("/")
        matcher.set_seq1(base + quote)
        if joined == quote + base:
            alike.append((-2.0, False, place, symbol))
        elif matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE:
            # Of two that are equally alike, the one with the same letters in another order is the likelier slip.
            alike.append((-matcher.ratio(), sorted(base + quote) != letters, place, symbol))
        elif base == start:
            related.append(symbol)
    return tuple([symbol for *_, symbol in sorted(alike)] + related)[:_SUGGESTIONS]
