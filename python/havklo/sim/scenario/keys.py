"""The keys of a TOML table, taken one by one; complaints name the file, the table, the key and what it may be."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast, final

from havklo.errors import ConfigurationError

__all__ = ["Keys"]

_MOST: Final = 1e9  # of a number of seconds, some thirty years

T = TypeVar("T")
P = ParamSpec("P")
Choice = TypeVar("Choice", bound=str)


@final
class Keys:
    """One table while it is read.

    What is asked for and not there is None. When all has been taken, `end` complains about what is left.

    Args:
        content: The table as tomllib gives it.
        where: How complaints call it.
    """

    def __init__(self, content: dict[str, Any], where: str) -> None:
        self.where = where
        self._content = content
        self._known: dict[str, None] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def needed(self, take: Callable[Concatenate[str, P], T | None], name: str, *rest: P.args, **more: P.kwargs) -> T:
        """What one of the methods below gives, which has to be there."""
        value = take(name, *rest, **more)
        if value is None:
            raise ConfigurationError(f"{self.where}: the key {name!r} is missing")
        return value

    def text(self, name: str) -> str | None:
        """A text."""
        value = self._take(name)
        if value is not None and (not isinstance(value, str) or not value):
            raise self.wrong(name, "a text", value)
        return value

    def texts(self, name: str) -> list[str] | None:
        """A list of texts with at least one."""
        value = self._take(name)
        if value is None:
            return None
        items = _list(value)
        if not items or not all(isinstance(item, str) for item in items):
            raise self.wrong(name, "a list of texts", value)
        return cast("list[str]", items)

    def whole_or_texts(self, name: str) -> int | tuple[str, ...] | None:
        """How many, or which."""
        if isinstance(self._content.get(name), list):
            return tuple(self.texts(name) or ())
        return self.whole(name)

    def number(self, name: str, *, above: bool = False, most: float = _MOST) -> float | None:
        """A number from 0 on, or only above 0."""
        value = self._take(name)
        if value is None:
            return None
        # A boolean is an int for Python, but for nobody else.
        good = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not good or not 0 <= value <= most or (above and not value):
            what = f"a number {'above' if above else 'from'} 0" + (f" up to {most:g}" if most < _MOST else "")
            raise self.wrong(name, what, value)
        return float(value)

    def whole(self, name: str, *, least: int = 1) -> int | None:
        """A whole number from `least` on."""
        value = self._take(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
            raise self.wrong(name, f"a whole number from {least} on", value)
        return value

    def amount(self, name: str) -> Decimal | None:
        """An exact number: a whole one, or a text, because 0.1 as a TOML float would not be 0.1."""
        value = self._take(name)
        if value is None:
            return None
        try:
            amount = Decimal(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else None
        except InvalidOperation:
            amount = None
        if amount is None or not amount.is_finite() or amount < 0:
            raise self.wrong(name, 'a whole number or a text like "0.1"', value)
        return amount

    def flag(self, name: str) -> bool | None:
        """True or false."""
        value = self._take(name)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(name, "true or false", value)
        return value

    def says(self, name: str, word: str) -> bool:
        """Whether a key is there and has just this word."""
        return self._take(name) == word

    def choice(self, name: str, options: Sequence[Choice]) -> Choice | None:
        """One of some words."""
        value = self._take(name)
        if value is not None and value not in options:
            raise self.wrong(name, " or ".join(options), value)
        return value

    def table(self, name: str) -> "Keys | None":
        """A table below this one."""
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(name, "a table", value)
        return Keys(cast("dict[str, Any]", value), f"{self.where}: {name}")

    def tables(self, name: str) -> "list[Keys]":
        """All tables of a name, each of which begins with [[name]]."""
        value = self._take(name)
        tables = _list(value)
        if value is not None and not (tables and all(isinstance(table, dict) for table in tables)):
            raise self.wrong(name, f"a row of tables, each of which begins with [[{name}]]", value)
        return [
            Keys(cast("dict[str, Any]", table), f"{self.where}: [[{name}]] {number}")
            for number, table in enumerate(tables, 1)
        ]

    def end(self) -> None:
        """All keys have been taken.

        Raises:
            ConfigurationError: There are others.
        """
        unknown = [name for name in self._content if name not in self._known]
        if unknown:
            raise ConfigurationError(
                f"{self.where}: there is no key {unknown[0]!r}", hint=f"keys are {', '.join(self._known)}"
            )

    @contextmanager
    def blamed(self) -> Generator[None]:
        """Whatever can't be in here is this table's fault."""
        try:
            yield
        except ConfigurationError as error:
            raise ConfigurationError(f"{self.where}: {error.message}", hint=error.hint) from error

    def wrong(self, name: str, what: str, value: object) -> ConfigurationError:
        """The complaint about a value."""
        return ConfigurationError(f"{self.where}: {name} is {what}, not {value!r}")

    def _take(self, name: str) -> Any:
        self._known[name] = None
        return self._content.get(name)


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []
