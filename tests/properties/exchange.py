"""Random but lawful market traffic, lawless traffic, and both in every dress that JSON allows."""

import json
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Literal

from reference.market import Level, Market, book_text

Side = Literal["bids", "asks"]

SYMBOLS = ("BTC/USD", "ETH/USD", "Ω/USD")
MIDDLE = 1_000_000
"""The tick around which all markets start, whatever a tick is worth."""


class Exchange(Market):
    """A market whose events obey Kraken's measured rules: a removal from a full side is refilled at once."""

    def __init__(self, symbol: str, depth: int, random: Random) -> None:
        self.random = random
        self.price_decimals = random.choice((0, 1, 2, 5, 10))
        self.qty_decimals = random.choice((0, 4, 8))
        full = random.random() < 0.7
        counts = [depth if full else random.randrange(depth + 1) for _ in range(2)]
        bids = dict(self.level(MIDDLE - 1 - 2 * rank) for rank in range(counts[0]))
        asks = dict(self.level(MIDDLE + 1 + 2 * rank) for rank in range(counts[1]))
        super().__init__(symbol, list(bids.items()), list(asks.items()), depth=depth)

    def level(self, tick: int) -> Level:
        """A level at a tick with a random quantity."""
        lots = self.random.choice((self.random.randrange(1, 10), self.random.randrange(1, 10**10)))
        return _text(tick, self.price_decimals), _text(lots, self.qty_decimals)

    def gone(self) -> str:
        """Quantity nothing."""
        return _text(0, self.qty_decimals)

    def event(self) -> tuple[list[Level], list[Level]]:
        """The entries of one lawful message, which is one thing that happened in a market (PROTOCOL 4)."""
        side: Side = self.random.choice(("bids", "asks"))
        held = dict(self.window(side))
        kinds = (self._change, self._cancel, self._amend, self._sweep) if held else ()
        entries = self.random.choice((self._insert, *kinds))(side, held)
        rest = self._rest(side)
        return (entries, rest) if side == "bids" else (rest, entries)

    def lawless(self) -> tuple[list[Level], list[Level]]:
        """Entries that care for no rule; they may repeat, delete what is not there, and cross."""
        return self._lawless_side("bids"), self._lawless_side("asks")

    def _insert(self, side: Side, held: dict[str, str]) -> list[Level]:
        """A new level inside the window or at its end; the worst one is pushed out without a word."""
        width = 3 * self.depth
        low, high = (MIDDLE - width, MIDDLE) if side == "bids" else (MIDDLE + 1, MIDDLE + 1 + width)
        free = sorted(set(range(low, high)) - set(self._ticks(held)))
        return [self.level(self.random.choice(free))]

    def _change(self, _: Side, held: dict[str, str]) -> list[Level]:
        """Another quantity at a price."""
        price = self.random.choice(list(held))
        return [(price, self._other(held[price]))]

    def _cancel(self, side: Side, held: dict[str, str], price: str = "") -> list[Level]:
        """A level goes; if the side was full, the next one from beyond the window comes in with it."""
        price = price or self.random.choice(list(held))
        ticks, full = self._ticks(held), len(held) == self.depth
        del held[price]
        entries: list[Level] = [(price, self.gone())]
        if full:
            worst, step = (min(ticks), -1) if side == "bids" else (max(ticks), 1)
            entries.append(self.level(worst + step * self.random.randrange(1, 4)))
            held.update(entries[1:])
        return entries

    def _amend(self, side: Side, held: dict[str, str]) -> list[Level]:
        """An order moves: its level goes, the refill comes, and the new level pushes the refill out again."""
        return [*self._cancel(side, held), *self._insert(side, held)]

    def _sweep(self, side: Side, held: dict[str, str]) -> list[Level]:
        """A taker eats from the best level on, a fill at a time: a price repeats until its level is gone."""
        entries: list[Level] = []
        for price in [price for price, _ in self.window(side)][: self.random.randrange(1, 4)]:
            for _ in range(self.random.randrange(3)):
                held[price] = self._other(held[price])
                entries.append((price, held[price]))
            entries += self._cancel(side, held, price)
        return entries

    def _rest(self, side: Side) -> list[Level]:
        """Now and then the same taker joins a level of the other side with what is left."""
        other: Side = "asks" if side == "bids" else "bids"
        held = dict(self.window(other))
        return self._change(other, held) if held and self.random.random() < 0.05 else []

    def _other(self, qty: str) -> str:
        """Another quantity."""
        while (other := self.level(0)[1]) == qty:
            pass
        return other

    def _ticks(self, held: dict[str, str]) -> list[int]:
        return [int(Decimal(price).scaleb(self.price_decimals)) for price in held]

    def _lawless_side(self, side: Side) -> list[Level]:
        entries: list[Level] = []
        for _ in range(self.random.randrange(4)):
            price, qty = self.level(self.random.randrange(MIDDLE - 30, MIDDLE + 30))
            held = self.window(side)
            if held and self.random.random() < 0.6:
                price, same = self.random.choice([*held, *entries] or held)
                qty = self.random.choice((same, qty))
            if self.random.random() < 0.3:
                qty = self.gone()
            if self.random.random() < 0.1:
                qty = self.random.choice((_text(5, self.qty_decimals + 3), "7", "1234567890123456789012345.678"))
            entries.append((price, qty))
        return entries


def _text(units: int, decimals: int) -> str:
    return f"{Decimal(units).scaleb(-decimals):.{decimals}f}"


def dressed(text: str, random: Random) -> str:
    """The same message in other clothes: key order, white space, quotes, exponents, escapes, unknown keys."""
    tree = json.loads(text, parse_int=_Number, parse_float=_Number)
    habits = {
        habit for habit in ("order", "space", "quotes", "exponents", "escapes", "extras") if random.random() < 0.4
    }
    return _Dress(random, habits).value(tree)


class _Number(str):
    """A number's token, to be told from a string."""

    __slots__ = ()


class _Dress:
    def __init__(self, random: Random, habits: set[str]) -> None:
        self.random = random
        self.habits = habits

    def space(self) -> str:
        return self.random.choice(("", "", " ", "\n", "\t ", "\r\n")) if "space" in self.habits else ""

    def value(self, value: object) -> str:
        return self.space() + self._value(value) + self.space()

    def _value(self, value: object) -> str:
        match value:
            case dict():
                return self._members(list(value.items()))
            case list():
                return "[" + ",".join(self.value(element) for element in value) + "]"
            case _Number():
                return self._number(value)
            case str():
                return self._string(value)
            case _:
                return json.dumps(value)

    def _members(self, members: list[tuple[str, object]]) -> str:
        if "extras" in self.habits:
            extra: object = self.random.choice((None, True, "symbol", {"symbol": [{}, 'é"\\']}, [[], -1.5e3], {}))
            members.insert(self.random.randrange(len(members) + 1), (self.random.choice(("x", "", "Price")), extra))
        if "order" in self.habits:
            self.random.shuffle(members)
        pairs = (f"{self.space()}{self._string(key)}{self.space()}:{self.value(member)}" for key, member in members)
        return "{" + ",".join(pairs) + "}"

    def _string(self, text: str) -> str:
        if "escapes" not in self.habits:
            return json.dumps(text, ensure_ascii=False)
        return '"' + "".join(self._character(character) for character in text) + '"'

    def _character(self, character: str) -> str:
        plain = json.dumps(character, ensure_ascii=False)[1:-1]
        return self.random.choice((plain, plain, f"\\u{ord(character):04x}"))

    def _number(self, token: str) -> str:
        if "exponents" in self.habits and self.random.random() < 0.3:
            token = self._with_exponent(token)
        quoted = "quotes" in self.habits and self.random.random() < 0.5
        return f'"{token}"' if quoted else token

    def _with_exponent(self, token: str) -> str:
        """The same value as a float printer would write it: without trailing zeros."""
        _, figures, exponent = Decimal(token).as_tuple()
        digits = "".join(map(str, figures)).rstrip("0") or "0"
        power = int(exponent) + len(figures) - 1 if digits != "0" else 0
        mark = self.random.choice(("e", "E")) + self.random.choice(("", "+") if power >= 0 else ("",))
        return f"{digits[0]}{'.' + digits[1:] if digits[1:] else ''}{mark}{power}"


def _wrong_sum(text: str, random: Random) -> str:
    return text.replace('"checksum":', f'"checksum":{random.randrange(1, 9)}')


def _no_sum(text: str, _: Random) -> str:
    return text.replace('"checksum"', '"checksums"')


def _cut(text: str, random: Random) -> str:
    return text[: random.randrange(len(text))]


def _missing_piece(text: str, random: Random) -> str:
    start = random.randrange(len(text))
    return text[:start] + text[start + random.randrange(1, 12) :]


def _doubled_piece(text: str, random: Random) -> str:
    start = random.randrange(len(text))
    end = start + random.randrange(1, 40)
    return text[:end] + text[start:]


def _other_character(text: str, random: Random) -> str:
    at = random.randrange(len(text))
    return text[:at] + random.choice('"{}[]:,.-+eE0123456789 \\\nutna\x00é') + text[at + 1 :]


def _other_word(text: str, random: Random) -> str:
    words = (
        "price",
        "qty",
        "symbol",
        "bids",
        "asks",
        "checksum",
        "type",
        "data",
        "channel",
        "update",
        "book",
    )
    return text.replace(random.choice(words), random.choice((*words, "method", "1", "")), 1)


def _joined(text: str, random: Random) -> str:
    return text + random.choice((text, "x", "}", " {}", ","))


def _two_elements(text: str, random: Random) -> str:
    return text.replace("]}]}", "]},{}]}" if random.random() < 0.5 else ']},{"symbol":"ETH/USD"}]}')


DAMAGES: tuple[Callable[[str, Random], str], ...] = (
    _wrong_sum,
    _no_sum,
    _cut,
    _missing_piece,
    _doubled_piece,
    _other_character,
    _other_character,
    _other_word,
    _joined,
    _two_elements,
)


def damaged(text: str, random: Random) -> str:
    """The message after an accident on the way."""
    return random.choice(DAMAGES)(text, random)


def stranger(random: Random) -> str:
    """A frame that is no tracked book's."""
    return random.choice(
        (
            '{"channel":"heartbeat"}',
            '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","price":1,"qty":-1}]}',
            '{"method":"subscribe","result":{"channel":"book","symbol":"BTC/USD"},"success":true}',
            '{"data":[{"symbol":"BTC/USD"}],"channel":"status"}',
            book_text("snapshot", "XRP/USD", [("1.5", "2")], [], checksum=1),
            book_text("update", "XRP/USD", [], [("1.5", "0")], checksum=None),
            "[]",
            "{}",
            "",
        )
    )
