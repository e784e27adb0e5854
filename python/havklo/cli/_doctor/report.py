"""The report: all that was found as Markdown, with the same as JSON below, and nothing private in it."""

import getpass
import ipaddress
import platform
import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, cast, final

import msgspec

from havklo._protocol.quantiles import Quantiles
from havklo.cli._doctor.check import Check, Outcome, verdict
from havklo.cli._doctor.watch import Observed

__all__ = ["Hidden", "Report", "encode", "private_words", "render", "without"]

_MARKS: Final[Mapping[Outcome, str]] = {"ok": "ok", "warn": "**warn**", "fail": "**FAIL**", "skip": "-"}
_PUBLIC: Final = ("localhost", "kraken.com")
_SHORTEST: Final = 2


class Hidden(NamedTuple):
    """Something private.

    Attributes:
        pattern: What it looks like in a text.
        instead: What stands there instead.
    """

    pattern: re.Pattern[str]
    instead: str


@final
class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that a run of the command has found.

    Attributes:
        made: When, UTC.
        venue: Where.
        configuration: What was asked for.
        outcome: The worst outcome.
        checks: What was checked, in order.
        live: What was observed, if that was asked for.
    """

    made: str
    venue: str
    configuration: Mapping[str, str | float | bool | None]
    outcome: Outcome
    checks: tuple[Check, ...]
    live: Observed | None = None

    @classmethod
    def of(
        cls,
        checks: Sequence[Check],
        *,
        made: str,
        venue: str,
        configuration: Mapping[str, str | float | bool | None],
        live: Observed | None = None,
    ) -> "Report":
        """The report of these checks."""
        return cls(
            made=made,
            venue=venue,
            configuration=configuration,
            outcome=verdict(checks),
            checks=tuple(checks),
            live=live,
        )


def encode(report: Report) -> str:
    """The report as JSON."""
    return msgspec.json.encode(report).decode()


def render(report: Report) -> str:
    """The report as Markdown, with its JSON at the end."""
    lines = [
        "# Havklo doctor",
        "",
        f"Made {report.made}; venue {report.venue}; outcome: {report.outcome}.",
        "",
        "No keys, no host name and no user name are in it; read it through all the same before you publish it.",
        "",
        "## Asked for",
        "",
        *(f"* {name}: {value}" for name, value in report.configuration.items()),
        "",
        "## Checks",
        "",
        *_table(
            ("check", "outcome", "found", "advice"),
            ([each.name, _MARKS[each.outcome], each.detail, each.advice or ""] for each in report.checks),
        ),
    ]
    if report.live is not None:
        lines += _observed(report.live)
    pretty = msgspec.json.format(encode(report), indent=1)
    lines += ["", "## The same as JSON", "", "```json", pretty, "```", ""]
    return "\n".join(lines)


def _observed(seen: Observed) -> list[str]:
    ended = "" if seen.complete else ", ended early"
    offset = "unknown, so not corrected" if seen.offset_ns is None else f"{seen.offset_ns / 1e6:.3f} ms, corrected for"
    return [
        "",
        f"## {seen.seconds:g} s of live data{ended}",
        "",
        *_table(
            ("symbol", "book messages", "verified", "desyncs", "trades", "missing", "tickers"),
            (
                [each.symbol, each.book, each.verified, _causes(each.desyncs), each.trades, each.missing, each.tickers]
                for each in seen.symbols
            ),
        ),
        "",
        *_table(
            ("in ms", "p50", "p99", "max", "of"),
            (
                _times("from Kraken's stamp to this machine", seen.delay_ns),
                _times("between two messages of a book", seen.gap_ns),
                _times("from a broken subscription to a live one", seen.resync_ns),
            ),
        ),
        "",
        f"* Kraken's clock against this one: {offset}",
        f"* reconnects: {seen.reconnects}; holes in the trades: {seen.gaps}",
        *(f"* not subscribed: {name}: {error}" for name, error in seen.errors.items()),
        "",
        "### What else happened",
        "",
        *([f"* {each.seconds:.3f} s {each.kind}: {each.text}" for each in seen.incidents] or ["Nothing."]),
        "",
        "### The client's counters",
        "",
        *(f"* {name}: {value}" for name, value in msgspec.structs.asdict(seen.statistics).items()),
    ]


def _table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    return [
        f"| {' | '.join(names)} |",
        "|" + "---|" * len(names),
        *(f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |" for row in rows),
    ]


def _causes(desyncs: Mapping[str, int]) -> str:
    return ", ".join(f"{times} {cause}" for cause, times in desyncs.items()) or "0"


def _times(what: str, found: Quantiles | None) -> list[object]:
    if found is None:
        return [what, "", "", "", 0]
    return [what, *(f"{value / 1e6:.3f}" for value in (found.p50, found.p99, found.max)), found.count]


def without(report: Report, hidden: Sequence[Hidden]) -> Report:
    """The report with everything private replaced."""
    return msgspec.convert(_clean(msgspec.to_builtins(report), hidden), Report)


def private_words(hosts: Mapping[str, Sequence[str]]) -> list[Hidden]:
    """What must not stand in a report, and what stands there instead.

    Keys are not among it: they never get near a check's words.

    Args:
        hosts: The venue's hosts with their addresses; Kraken's own and this machine's loopback are no secret.
    """
    found = [
        _word(str(Path.home()), "~"),
        *(
            _word(name, "<this host>")
            for name in sorted({platform.node(), socket.gethostname()}, key=len, reverse=True)
        ),
    ]
    with suppress(OSError, KeyError, ImportError):  # a user without a name has nothing to hide
        # A user's name may be any word: it is one where a path or an address has it.
        user = re.escape(getpass.getuser())
        found.append(Hidden(re.compile(rf"(?<=[/\\]){user}(?![\w-])|(?<![\w-]){user}(?=@)"), "<user>"))
    for host, addresses in hosts.items():
        if not _is_public(host):
            found += [_word(host, "<the venue's host>"), *(_word(address, "<its address>") for address in addresses)]
    return [each for each in found if each is not None]


def _word(text: str, instead: str) -> Hidden | None:
    """A text that is replaced where it stands as a word of its own."""
    if len(text) < _SHORTEST or text in _PUBLIC:
        return None
    return Hidden(re.compile(rf"(?<![\w-]){re.escape(text)}(?![\w-])"), instead)


def _clean(value: Any, hidden: Sequence[Hidden]) -> Any:
    if isinstance(value, str):
        for each in hidden:
            value = each.pattern.sub(each.instead, value)
        return value
    if isinstance(value, dict):
        return {key: _clean(each, hidden) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_clean(each, hidden) for each in cast("Sequence[Any]", value)]
    return value


def _is_public(host: str) -> bool:
    if any(host == name or host.endswith(f".{name}") for name in _PUBLIC):
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False
