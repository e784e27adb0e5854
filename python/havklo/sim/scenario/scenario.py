"""A scenario: what an exchange is like, who has an account there, and what happens when."""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final, Self, TypedDict, cast, final

from havklo.errors import ConfigurationError
from havklo.sim.flow import NORMAL, Regime
from havklo.sim.rules import Rules
from havklo.sim.scenario import reading
from havklo.sim.scenario.events import Event, Recurring, RegimeChange
from havklo.sim.scenario.keys import Keys
from havklo.sim.scenario.plan import AccountPlan
from havklo.sim.scenario.timeline import Timeline

__all__ = ["Scenario", "Settings"]

_HOME: Final = "havklo.sim.scenario"
_SUFFIX: Final = ".toml"


class Settings(TypedDict, total=False):
    """Arguments of a simulator."""

    symbols: int | tuple[str, ...]
    seed: int
    rate: float
    speed: float
    rules: Rules
    accounts: tuple[AccountPlan, ...]


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """What a scenario's file says. Times are seconds from the exchange's beginning.

    Attributes:
        name: Its name, or its file's.
        title: What it is, in a sentence.
        symbols: How many symbols there are, or which; None: it says nothing about it. So it is with the next.
        seed: The seed of all chance.
        rate: Market messages a second.
        speed: How many times faster than the clock on the wall.
        rules: The open points of the protocol.
        accounts: The accounts to open.
        events: What happens once in a round, in the order of time.
        recurring: What happens again and again in a round.
        repeat_every: How long a round is; None: there is only one.
    """

    name: str
    title: str = ""
    symbols: int | tuple[str, ...] | None = None
    seed: int | None = None
    rate: float | None = None
    speed: float | None = None
    rules: Rules | None = None
    accounts: tuple[AccountPlan, ...] = ()
    events: tuple[Event, ...] = ()
    recurring: tuple[Recurring, ...] = ()
    repeat_every: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "events", tuple(sorted(self.events, key=lambda event: event.at)))
        moments = [*(event.at for event in self.events), *(fault.first for fault in self.recurring)]
        if self.repeat_every is not None and max(moments, default=0.0) >= self.repeat_every:
            raise ConfigurationError(
                f"{self.name}: what happens at {max(moments):g} s never happens in a round of {self.repeat_every:g} s"
            )

    @staticmethod
    def names() -> tuple[str, ...]:
        """The names of those that come with the package."""
        folder = resources.files(_HOME)
        return tuple(
            sorted(entry.name.removesuffix(_SUFFIX) for entry in folder.iterdir() if entry.name.endswith(_SUFFIX))
        )

    @classmethod
    def load(cls, name_or_path: str | Path) -> Self:
        """Read a scenario that comes with the package by its name, any other by its file's path.

        Raises:
            ConfigurationError: There is none, or something in it can't be.
        """
        if str(name_or_path) in cls.names():
            text = resources.files(_HOME).joinpath(f"{name_or_path}{_SUFFIX}").read_text("utf-8")
            return cls.parse(text, str(name_or_path))
        path = Path(name_or_path)
        if path.suffix != _SUFFIX:
            raise ConfigurationError(
                f"there is no scenario {str(name_or_path)!r}",
                hint=f"there are {', '.join(cls.names())}; or give the path of a .toml file",
            )
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ConfigurationError(f"can't read {path}: {reason}") from error
        return cls.parse(text, path.name)

    @classmethod
    def parse(cls, text: str, name: str) -> Self:
        """Read a scenario from its TOML.

        Args:
            text: The TOML.
            name: How complaints call it.

        Raises:
            ConfigurationError: It is not TOML, or something in it can't be.
        """
        try:
            keys = Keys(tomllib.loads(text), name)
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{name} is not TOML: {error}") from error
        happening = (*reading.events(keys), *reading.faults(keys))
        scenario = cls(
            name=name.removesuffix(_SUFFIX),
            title=keys.text("title") or "",
            symbols=keys.whole_or_texts("symbols"),
            seed=keys.whole("seed", least=0),
            rate=keys.number("rate"),
            speed=keys.number("speed", above=True),
            rules=reading.rules(keys),
            accounts=tuple(reading.accounts(keys)),
            events=tuple(event for event in happening if not isinstance(event, Recurring)),
            recurring=tuple(event for event in happening if isinstance(event, Recurring)),
            repeat_every=keys.number("repeat_every", above=True),
        )
        keys.end()
        return scenario

    @property
    def mood(self) -> Regime:
        """How the markets are at the beginning."""
        changes = [event for event in self.events if isinstance(event, RegimeChange)]
        return next((change.regime for change in changes if (change.at, change.symbol) == (0, None)), NORMAL)

    def settings(self) -> Settings:
        """What it says about the exchange, as arguments of a simulator; what it leaves open is left out."""
        said = {name: getattr(self, name) for name in Settings.__annotations__}
        return cast("Settings", {name: value for name, value in said.items() if value not in (None, ())})

    def check(self, symbols: Collection[str]) -> None:
        """See to it that everything it speaks of is listed.

        Raises:
            ConfigurationError: A symbol is not.
        """
        for part in (*self.events, *self.recurring):
            symbol = getattr(part, "symbol", None)
            if symbol is not None and symbol not in symbols:
                raise ConfigurationError(
                    f"scenario {self.name} needs {symbol}, which is not listed", hint=f"listed are {', '.join(symbols)}"
                )

    def timeline(self, seed: int = 7) -> Timeline:
        """Its events in the course of time, from the beginning."""
        return Timeline(self.events, self.recurring, repeat_every=self.repeat_every, seed=seed)
