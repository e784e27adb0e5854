"""A scenario's file: what it says, what can't be in it, and those that come with the package."""

from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from havklo.errors import ConfigurationError
from havklo.sim.flow import CALM, NORMAL, VOLATILE
from havklo.sim.rules import Rules, Texts
from havklo.sim.scenario import AccountPlan, Scenario
from havklo.sim.scenario.events import (
    Announcement,
    Crash,
    FaultOrder,
    Recurring,
    RegimeChange,
    StatusChange,
    SystemChange,
)
from havklo.sim.symbols import pairs

WHOLE = """
title = "All there is"
symbols = ["BTC/USD", "ETH/USD"]
seed = 11
rate = 50
speed = 10.0
repeat_every = 100

[rules]
qty_down = "back"
connects = "none"
requests = 2.5
fok = false

[rules.texts]
msg_rate = "too fast"

[[account]]
name = "alice"
tier = "pro"
balances = { USD = 1000, BTC = "0.1" }

[[account]]
name = "bob"

[[crash]]
at = 20
symbol = "BTC/USD"
fraction = 0.05

[[regime]]
name = "volatile"
symbols = ["BTC/USD", "ETH/USD"]

[[regime]]
at = 20
name = "calm"

[[fault]]
at = 12.5
kind = "disconnect"
connection = 1
code = 1012

[[fault]]
every = 5.0
until = 60
kinds = { drop = 3, corrupt = 1 }
role = "private"

[[status]]
at = 30
system = "cancel_only"

[[status]]
at = 31
symbol = "ETH/USD"
status = "post_only"
"""


def test_all_there_is() -> None:
    """Every table becomes what it says; what happens is in the order of time, equal times in that of kinds."""
    scenario = Scenario.parse(WHOLE, "whole.toml")
    assert scenario.name == "whole"
    assert scenario.title == "All there is"
    assert scenario.settings() == {
        "symbols": ("BTC/USD", "ETH/USD"),
        "seed": 11,
        "rate": 50.0,
        "speed": 10.0,
        "rules": Rules(qty_down="back", connects=None, requests=2.5, fok=False, texts=Texts(msg_rate="too fast")),
        "accounts": (
            AccountPlan(name="alice", tier="pro", balances={"USD": Decimal(1000), "BTC": Decimal("0.1")}),
            AccountPlan(name="bob"),
        ),
    }
    assert scenario.events == (
        RegimeChange(at=0.0, regime=VOLATILE, symbol="BTC/USD"),
        RegimeChange(at=0.0, regime=VOLATILE, symbol="ETH/USD"),
        FaultOrder(at=12.5, kind="disconnect", options={"connection": 1, "code": 1012}),
        RegimeChange(at=20.0, regime=CALM),
        Crash(at=20.0, symbol="BTC/USD", fraction=0.05),
        SystemChange(at=30.0, system="cancel_only"),
        StatusChange(at=31.0, symbol="ETH/USD", status="post_only"),
    )
    assert scenario.recurring == (
        Recurring(first=5.0, every=5.0, until=60.0, kinds={"drop": 3, "corrupt": 1}, options={"role": "private"}),
    )
    assert scenario.repeat_every == 100.0


def test_nothing_has_to_be_there() -> None:
    """An empty file is a scenario that says nothing."""
    scenario = Scenario.parse("", "empty.toml")
    assert scenario == Scenario(name="empty")
    assert scenario.settings() == {}
    assert scenario.timeline().next_at is None


def test_zero_is_something() -> None:
    """A rate of 0 and a seed of 0 are said, not left out."""
    assert Scenario.parse("rate = 0\nseed = 0", "z").settings() == {"rate": 0.0, "seed": 0}


def test_the_mood_at_the_beginning() -> None:
    """That of all markets at 0, or else the normal one."""
    assert Scenario.load("calm").mood is CALM
    assert Scenario.load("volatile").mood is VOLATILE
    assert Scenario.load("maintenance").mood is NORMAL
    late = "[[regime]]\nat = 1\nname = 'calm'\n[[regime]]\nname = 'calm'\nsymbols = ['A/B']"
    assert Scenario.parse(late, "late").mood is NORMAL


def test_every_rule_can_be_set() -> None:
    """All fields of `Rules` and `Texts` are taken, with each of their values."""
    hints = get_type_hints(Rules)
    for field in fields(Rules):
        for value in values(hints[field.name]):
            text = f"[rules]\n{field.name} = {toml(value)}"
            rules = Scenario.parse(text, "r").rules
            assert getattr(rules, field.name) == (None if value == "none" else value), field.name
    for field in fields(Texts):
        rules = Scenario.parse(f'[rules.texts]\n{field.name} = "other"', "r").rules
        assert rules == Rules(texts=Texts(**{field.name: "other"}))


def values(hint: Any) -> list[Any]:
    """Values of a rule's type."""
    examples: dict[Any, list[Any]] = {bool: [True, False], int: [3], float: [2.5], str: ["word"], Texts: []}
    if hint in examples:
        return examples[hint]
    found = [value for part in get_args(hint) for value in examples.get(part, [part] if isinstance(part, str) else [])]
    return [*found, "none"] if type(None) in get_args(hint) else found


def toml(value: Any) -> str:
    """A value in TOML."""
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def test_maintenance_from_beginning_to_end() -> None:
    """Announced, reminded of, nothing goes, only cancels, only posts, trading again, and no announcement."""
    scenario = Scenario.parse(
        "[[maintenance]]\nat = 2000\nannounced = 2000\nseconds = 60\ncancel_only = 20\npost_only = 10", "m"
    )
    assert scenario.events == (
        Announcement(at=0.0, phase="announced", starts_in=2000.0, lasts=60.0),
        Announcement(at=200.0, phase="approaching_30m", starts_in=1800.0, lasts=60.0),
        Announcement(at=1700.0, phase="imminent_5m", starts_in=300.0, lasts=60.0),
        Announcement(at=1970.0, phase="final_warning_30s", starts_in=30.0, lasts=60.0),
        SystemChange(at=2000.0, system="maintenance"),
        SystemChange(at=2060.0, system="cancel_only"),
        SystemChange(at=2080.0, system="post_only"),
        SystemChange(at=2090.0, system="online"),
        Announcement(at=2090.0, phase=None),
    )


def test_maintenance_out_of_the_blue() -> None:
    """Without an announcement there is none to take back, and nothing comes between it and trading."""
    scenario = Scenario.parse("[[maintenance]]\nat = 5\nseconds = 6", "m")
    assert scenario.events == (SystemChange(at=5.0, system="maintenance"), SystemChange(at=11.0, system="online"))


WRONG = {
    "no TOML": ("a = ", "w.toml is not TOML: Invalid value (at end of document)"),
    "an unknown key": ('colour = "red"', "w.toml: there is no key 'colour'"),
    "symbols": ('symbols = "BTC/USD"', "w.toml: symbols is a whole number from 1 on, not 'BTC/USD'"),
    "no symbols": ("symbols = []", "w.toml: symbols is a list of texts, not []"),
    "symbols that are numbers": ("symbols = [1]", "w.toml: symbols is a list of texts, not [1]"),
    "a number of symbols": ("symbols = 0", "w.toml: symbols is a whole number from 1 on, not 0"),
    "a truth as number": ("rate = true", "w.toml: rate is a number from 0, not True"),
    "a rate": ("rate = -1", "w.toml: rate is a number from 0, not -1"),
    "no rate": ("rate = nan", "w.toml: rate is a number from 0, not nan"),
    "a rate beyond all numbers": (f"rate = 1{'0' * 400}", "w.toml: rate is a number from 0, not 1000"),
    "an endless rate": ("rate = inf", "w.toml: rate is a number from 0, not inf"),
    "a speed": ("speed = 0", "w.toml: speed is a number above 0, not 0"),
    "a title": ("title = 1", "w.toml: title is a text, not 1"),
    "a single table": ("[crash]\nat = 1", "w.toml: crash is a row of tables, each of which begins with [[crash]], not"),
    "a missing key": ('[[crash]]\nat = 1\nsymbol = "A/B"', "w.toml: [[crash]] 1: the key 'fraction' is missing"),
    "the second table": ("[[regime]]\nname = 'calm'\n[[regime]]", "w.toml: [[regime]] 2: the key 'name' is missing"),
    "a key of a table": ("[[regime]]\nname = 'calm'\nfrom = 3", "w.toml: [[regime]] 1: there is no key 'from'"),
    "a mood": ("[[regime]]\nname = 'mad'", "w.toml: [[regime]] 1: name is calm or normal or volatile, not 'mad'"),
    "a crash too deep": (
        "[[crash]]\nat = 1\nsymbol = 'A/B'\nfraction = 0.9",
        "w.toml: [[crash]] 1: fraction is a number above 0 up to 0.5, not 0.9",
    ),
    "a fault without a moment": ("[[fault]]\nkind = 'drop'", "w.toml: [[fault]] 1: the key 'at' is missing"),
    "a fault without a kind": ("[[fault]]\nat = 1", "w.toml: [[fault]] 1: the key 'kind' is missing"),
    "kinds at one moment": ("[[fault]]\nat = 1\nkind='drop'\nkinds = {drop = 1}", "w.toml: [[fault]] 1: there is no"),
    "no kinds": ("[[fault]]\nevery = 1\nkinds = {}", "w.toml: [[fault]] 1: kinds is a table of kinds with their wei"),
    "an unknown kind": ("[[fault]]\nevery = 1\nkinds = {rain = 1}", "w.toml: [[fault]] 1: kinds: there is no key 'r"),
    "a weight": ("[[fault]]\nevery = 1\nkinds = {drop = 0}", "w.toml: [[fault]] 1: kinds: drop is a whole number fro"),
    "no weights": ("[[fault]]\nevery = 1\nkinds = 3", "w.toml: [[fault]] 1: kinds is a table, not 3"),
    "what a kind lacks": ("[[fault]]\nat = 1\nkind = 'delay'", "w.toml: [[fault]] 1: delay needs seconds"),
    "what a kind does not take": (
        "[[fault]]\nevery = 1\nkinds = {drop = 1, delay = 1}\nseconds = 2",
        "w.toml: [[fault]] 1: drop does not take seconds",
    ),
    "a role": ("[[fault]]\nat = 1\nkind = 'drop'\nrole = 'x'", "w.toml: [[fault]] 1: role is public or private or l"),
    "a state of all": ("[[status]]\nat = 1\nsystem = 'gone'", "w.toml: [[status]] 1: system is online or maintenan"),
    "no state": ("[[status]]\nat = 1", "w.toml: [[status]] 1: the key 'system' is missing"),
    "two states": (
        "[[status]]\nat = 1\nsymbol = 'A/B'\nstatus = 'online'\nsystem = 'online'",
        "w.toml: [[status]] 1: there is no key 'system'",
    ),
    "an early announcement": (
        "[[maintenance]]\nat = 10\nseconds = 1\nannounced = 11",
        "w.toml: [[maintenance]] 1: announced is a number from 0 up to 10, not 11",
    ),
    "an unknown rule": ("[rules]\nluck = true", "w.toml: rules: there is no key 'luck'"),
    "a rule": ("[rules]\nqty_down = 'up'", "w.toml: rules: qty_down is keep or back, not 'up'"),
    "a rule that can't be": ("[rules]\nban_seconds = 0", "w.toml: rules: ban_seconds is more than 0, not 0.0"),
    "an unknown text": ("[rules.texts]\nluck = 'x'", "w.toml: rules: texts: there is no key 'luck'"),
    "rules": ("rules = 3", "w.toml: rules is a table, not 3"),
    "an account's name": ("[[account]]\nname = 'a b'", "w.toml: [[account]] 1: 'a b' is no name for an account"),
    "an account's tier": ("[[account]]\nname='a'\ntier='x'", "w.toml: [[account]] 1: tier is starter or intermediate"),
    "an inexact balance": (
        "[[account]]\nname = 'a'\nbalances = { BTC = 0.1 }",
        'w.toml: [[account]] 1: balances: BTC is a whole number or a text like "0.1", not 0.1',
    ),
    "a debt": ("[[account]]\nname='a'\nbalances={ BTC = '-1' }", "w.toml: [[account]] 1: balances: BTC is a whole n"),
    "no number": ("[[account]]\nname='a'\nbalances={ BTC = 'x' }", "w.toml: [[account]] 1: balances: BTC is a whole"),
    "beyond the round": (
        "repeat_every = 10\n[[regime]]\nat = 10\nname = 'calm'",
        "w: what happens at 10 s never happens in a round of 10 s",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_what_can_not_be(text: str, message: str) -> None:
    """The complaint names the file, the table, the key, and what would do."""
    with pytest.raises(ConfigurationError) as caught:
        Scenario.parse(text, "w.toml")
    assert caught.value.message.startswith(message)


def test_a_hint_for_a_wrong_key() -> None:
    """It tells which keys there are."""
    with pytest.raises(ConfigurationError) as caught:
        Scenario.parse("[[crash]]\nat = 1\nsymbol = 'A/B'\nfraction = 0.1\nspeed = 3", "w.toml")
    assert caught.value.hint == "keys are at, symbol, fraction"


def test_by_its_path(tmp_path: Path) -> None:
    """A file is read from wherever it is; its name is without the suffix."""
    path = tmp_path / "mine.toml"
    path.write_text('title = "Mine: ü"', "utf-8")
    assert Scenario.load(path) == Scenario.load(str(path)) == Scenario(name="mine", title="Mine: ü")


def test_what_is_not_there(tmp_path: Path) -> None:
    """A wrong name tells the right ones; a file that can't be read tells why."""
    with pytest.raises(ConfigurationError) as caught:
        Scenario.load("storm")
    assert caught.value.message == "there is no scenario 'storm'"
    assert caught.value.hint == (
        "there are calm, flaky-network, flash-crash, maintenance, volatile; or give the path of a .toml file"
    )
    missing = tmp_path / "missing.toml"
    with pytest.raises(ConfigurationError, match="No such file"):
        Scenario.load(missing)
    missing.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="it is not UTF-8"):
        Scenario.load(missing)


@pytest.mark.parametrize("name", Scenario.names())
def test_those_that_come_with_the_package(name: str) -> None:
    """Each has a title, something to happen, and nothing that five symbols do not have."""
    scenario = Scenario.load(name)
    assert scenario.name == name
    assert scenario.title
    scenario.check([pair.symbol for pair in pairs(5)])
    timeline = scenario.timeline()
    assert timeline.due(600.0)


def test_what_is_not_listed() -> None:
    """A scenario about a pair that is not there is refused, one about all pairs never."""
    Scenario.load("volatile").check(["ETH/USD"])
    with pytest.raises(ConfigurationError) as caught:
        Scenario.load("flash-crash").check(["ETH/USD", "XRP/USD"])
    assert str(caught.value) == (
        "scenario flash-crash needs BTC/USD, which is not listed (listed are ETH/USD, XRP/USD)"
    )


def test_a_fault_on_a_pair_that_is_not_listed() -> None:
    """What happens again and again counts as well."""
    scenario = Scenario.parse('[[fault]]\nevery = 1\nkind = "drop"\nsymbol = "A/B"', "f")
    with pytest.raises(ConfigurationError, match="needs A/B"):
        scenario.check(["BTC/USD"])
