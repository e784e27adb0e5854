"""From a scenario's TOML to its parts, each kind of table in its own function."""

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Final, Literal, Union, cast, get_args, get_origin, get_type_hints

from havklo.sim.accounts.tiers import TIERS
from havklo.sim.channels.status import Phase
from havklo.sim.delivery.kinds import FAULTS, FaultKind, Options, check
from havklo.sim.exchange import PairStatus, System
from havklo.sim.flow import REGIMES
from havklo.sim.rules import Rules, Texts
from havklo.sim.scenario.events import (
    Announcement,
    Crash,
    Event,
    FaultOrder,
    Recurring,
    RegimeChange,
    StatusChange,
    SystemChange,
)
from havklo.sim.scenario.keys import Keys
from havklo.sim.scenario.plan import AccountPlan

__all__ = ["accounts", "events", "faults", "rules"]

_REMINDERS: Final[tuple[tuple[float, Phase], ...]] = (
    (86_400.0, "reminder_24h"),
    (1_800.0, "approaching_30m"),
    (300.0, "imminent_5m"),
    (30.0, "final_warning_30s"),
)
_DEEPEST: Final = 0.5  # of a crash, as a part of the price
_NO_LIMIT: Final = "none"  # TOML has no null


def rules(document: Keys) -> Rules | None:
    """The [rules]: any field of `Rules`, and in [rules.texts] any of `Texts`.

    Raises:
        ConfigurationError: Another key, or a value that can't be.
    """
    keys = document.table("rules")
    if keys is None:
        return None
    hints = get_type_hints(Rules)
    del hints["texts"]
    given = dict(_given(keys, hints))
    texts = keys.table("texts")
    if texts is not None:
        given["texts"] = Texts(**dict(_given(texts, get_type_hints(Texts))))
        texts.end()
    keys.end()
    with keys.blamed():
        return Rules(**given)


def _given(keys: Keys, hints: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The keys that are there of some that may be, each taken as what its type says."""
    takers = {bool: keys.flag, int: keys.whole, float: keys.number, str: keys.text}
    for name, hint in hints.items():
        kind, *others = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
        if others and keys.says(name, _NO_LIMIT):
            yield name, None
            continue
        value = keys.choice(name, get_args(kind)) if get_origin(kind) is Literal else takers[kind](name)
        if value is not None:
            yield name, value


def accounts(document: Keys) -> Iterator[AccountPlan]:
    """Each [[account]]."""
    for keys in document.tables("account"):
        name = keys.needed(keys.text, "name")
        tier = keys.choice("tier", list(TIERS)) or "intermediate"
        table = keys.table("balances")
        balances = None if table is None else {asset: table.needed(table.amount, asset) for asset in table}
        keys.end()
        with keys.blamed():
            plan = AccountPlan(name=name, tier=tier, balances=balances)
        yield plan


def events(document: Keys) -> Iterator[Event]:
    """All that happens once, faults left out."""
    yield from _regimes(document)
    yield from _crashes(document)
    yield from _statuses(document)
    yield from _maintenance(document)


def faults(document: Keys) -> Iterator[FaultOrder | Recurring]:
    """Each [[fault]]: `at` a moment and of one `kind`, or `every` so often, then also of several `kinds`."""
    for keys in document.tables("fault"):
        every = keys.number("every", above=True)
        at = keys.needed(keys.number, "at") if every is None else keys.number("at")
        until = None if every is None else keys.number("until", above=True)
        kinds = _kinds(keys, several=every is not None)
        symbol, number = keys.text("symbol"), keys.whole("count") or 1
        options = cast("Options", dict(_given(keys, get_type_hints(Options))))
        keys.end()
        with keys.blamed():
            for kind in kinds:
                check(kind, symbol, number, options)
        if every is None:
            yield FaultOrder(at=at or 0.0, kind=next(iter(kinds)), symbol=symbol, count=number, options=options)
        else:
            yield Recurring(
                first=every if at is None else at,
                every=every,
                until=until,
                kinds=kinds,
                symbol=symbol,
                count=number,
                options=options,
            )


def _kinds(keys: Keys, *, several: bool) -> dict[FaultKind, int]:
    weights = keys.table("kinds") if several else None
    if weights is None:
        return {keys.needed(keys.choice, "kind", FAULTS): 1}
    kinds: dict[FaultKind, int] = {}
    for kind in FAULTS:
        weight = weights.whole(kind)
        if weight is not None:
            kinds[kind] = weight
    weights.end()
    if not kinds:
        raise keys.wrong("kinds", "a table of kinds with their weights", {})
    return kinds


def _regimes(document: Keys) -> Iterator[RegimeChange]:
    """Each [[regime]], once per symbol that it names."""
    for keys in document.tables("regime"):
        at = keys.number("at") or 0.0
        name = keys.needed(keys.choice, "name", list(REGIMES))
        symbols = keys.texts("symbols") or [None]
        keys.end()
        for symbol in symbols:
            yield RegimeChange(at=at, regime=REGIMES[name], symbol=symbol)


def _crashes(document: Keys) -> Iterator[Crash]:
    for keys in document.tables("crash"):
        at = keys.needed(keys.number, "at")
        symbol = keys.needed(keys.text, "symbol")
        fraction = keys.needed(keys.number, "fraction", above=True, most=_DEEPEST)
        keys.end()
        yield Crash(at=at, symbol=symbol, fraction=fraction)


def _statuses(document: Keys) -> Iterator[SystemChange | StatusChange]:
    """Each [[status]]: of the whole `system`, or of the pair `symbol`."""
    for keys in document.tables("status"):
        at = keys.needed(keys.number, "at")
        symbol = keys.text("symbol")
        if symbol is None:
            yield SystemChange(at=at, system=keys.needed(keys.choice, "system", get_args(System)))
        else:
            yield StatusChange(at=at, symbol=symbol, status=keys.needed(keys.choice, "status", get_args(PairStatus)))
        keys.end()


def _maintenance(document: Keys) -> Iterator[Announcement | SystemChange]:
    """Each [[maintenance]]: announced before, then cancel_only and post_only until trading goes on."""
    for keys in document.tables("maintenance"):
        at = keys.needed(keys.number, "at")
        seconds = keys.needed(keys.number, "seconds", above=True)
        announced = keys.number("announced", most=at)
        cancel_only, post_only = keys.number("cancel_only") or 0.0, keys.number("post_only") or 0.0
        keys.end()
        if announced:
            yield Announcement(at=at - announced, phase="announced", starts_in=announced, lasts=seconds)
            for before, phase in _REMINDERS:
                if before < announced:
                    yield Announcement(at=at - before, phase=phase, starts_in=before, lasts=seconds)
        end = at + seconds
        yield SystemChange(at=at, system="maintenance")
        if cancel_only:
            yield SystemChange(at=end, system="cancel_only")
        if post_only:
            yield SystemChange(at=end + cancel_only, system="post_only")
        yield SystemChange(at=end + cancel_only + post_only, system="online")
        if announced:
            yield Announcement(at=end + cancel_only + post_only, phase=None)
