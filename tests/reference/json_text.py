"""Strict JSON (RFC 8259) that keeps the text of numbers, and what was readable before an error.

Python's own `json` keeps neither: a truncated frame gives an exception and no tree, and a duplicate key is
gone. Here containers are filled in place, so that the tree up to the first error is at hand.
"""

import re
from dataclasses import dataclass, field
from typing import NoReturn

MAX_NESTING = 64
"""A frame needs four levels; what nests deeper than this is an attack, not a message."""

_SPACE = " \t\n\r"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX = re.compile(r"[0-9a-fA-F]{4}")


class BrokenTextError(ValueError):
    """The text is not JSON; `partial` holds what was read before the first error (None if nothing was)."""

    def __init__(self, message: str, partial: "Value") -> None:
        super().__init__(message)
        self.partial = partial


@dataclass(frozen=True)
class Number:
    """A number's token, exactly as it stands in the text."""

    token: str


@dataclass
class Members:
    """An object: its members in order, duplicates included."""

    pairs: "list[tuple[str, Value]]" = field(default_factory=list[tuple[str, "Value"]])

    def get(self, key: str) -> "Value":
        """The first member of that name, or None."""
        return next((value for name, value in self.pairs if name == key), None)

    def count(self, key: str) -> int:
        """How many members bear that name."""
        return sum(name == key for name, _ in self.pairs)


Value = Members | list["Value"] | str | Number | bool | None


def read(data: bytes) -> Value:
    """Reads one JSON text.

    Raises:
        BrokenTextError: It is not JSON, nested too deep, or something follows it.
    """
    # That a text frame is UTF-8 is the transport's business: a stray byte spoils the string it stands in.
    return _Reader(data.decode(errors="surrogateescape")).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.root: list[Value] = []

    def read(self) -> Value:
        self.value(self.root, 0)
        self.space()
        if self.at < len(self.text):
            self.fail("something follows the message")
        return self.root[0]

    def fail(self, message: str) -> NoReturn:
        raise BrokenTextError(f"{message} at character {self.at}", self.root[0] if self.root else None)

    def space(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in _SPACE:
            self.at += 1

    def peek(self) -> str:
        self.space()
        return self.text[self.at] if self.at < len(self.text) else ""

    def expect(self, character: str) -> None:
        if self.peek() != character:
            self.fail(f"{character!r} is missing")
        self.at += 1

    def value(self, into: list[Value], depth: int) -> None:
        """Reads one value and appends it; a container is appended before it is filled."""
        first = self.peek()
        if first in ("{", "["):
            if depth == MAX_NESTING:
                self.fail("nested too deep")
            container: Members | list[Value] = Members() if first == "{" else []
            into.append(container)
            self.at += 1
            if isinstance(container, Members):
                self.members(container, depth + 1)
            else:
                self.elements(container, depth + 1)
        elif first == '"':
            into.append(self.string())
        else:
            into.append(self.scalar())

    def members(self, into: Members, depth: int) -> None:
        if self.peek() == "}":
            self.at += 1
            return
        while True:
            if self.peek() != '"':
                self.fail("a key is missing")
            key = self.string()
            self.expect(":")
            slot: list[Value] = []
            try:
                self.value(slot, depth)
            finally:
                # Even a value that broke off is kept as far as it was read.
                into.pairs += [(key, value) for value in slot]
            if self.peek() != ",":
                self.expect("}")
                return
            self.at += 1

    def elements(self, into: list[Value], depth: int) -> None:
        if self.peek() == "]":
            self.at += 1
            return
        while True:
            self.value(into, depth)
            if self.peek() != ",":
                self.expect("]")
                return
            self.at += 1

    def scalar(self) -> Value:
        for word, meaning in (("true", True), ("false", False), ("null", None)):
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return meaning
        match = _NUMBER.match(self.text, self.at)
        if match is None:
            self.fail("a value is missing")
        self.at = match.end()
        return Number(match[0])

    def string(self) -> str:
        self.at += 1
        characters: list[str] = []
        while True:
            if self.at >= len(self.text):
                self.fail("a string does not end")
            character = self.text[self.at]
            if character < " ":
                self.fail("a control character inside a string")
            self.at += 1
            if character == '"':
                return "".join(characters)
            characters.append(self.escape() if character == "\\" else character)

    def escape(self) -> str:
        letter = self.text[self.at : self.at + 1]
        self.at += 1
        if letter == "u":
            return self.unicode_escape()
        if letter not in _ESCAPES:
            self.fail("an unknown escape")
        return _ESCAPES[letter]

    def unicode_escape(self) -> str:
        unit = self.code_unit()
        if 0xD800 <= unit < 0xDC00:
            if not self.text.startswith("\\u", self.at):
                self.fail("half a surrogate pair")
            self.at += 2
            low = self.code_unit()
            if not 0xDC00 <= low < 0xE000:
                self.fail("half a surrogate pair")
            return chr(0x10000 + (unit - 0xD800) * 0x400 + low - 0xDC00)
        if 0xDC00 <= unit < 0xE000:
            self.fail("half a surrogate pair")
        return chr(unit)

    def code_unit(self) -> int:
        match = _HEX.match(self.text, self.at)
        if match is None:
            self.fail("an escape of other than four hexadecimal digits")
        self.at += 4
        return int(match[0], 16)
