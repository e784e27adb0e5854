"""What came out of the cells: one table per channel, and the bounds that were broken."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from matrix.cell import Result
from matrix.kinds import KINDS, PROVEN

__all__ = ["breaches", "notes", "percentile", "table"]

ALLOWED_ASKS: Final = 3  # subscribes of each symbol that a fault concerns
_WIDTH: Final = 20

Column = tuple[str, int, Callable[[Result], str]]


def percentile(values: Sequence[int], percent: int) -> int:
    """The value that so many of a hundred do not exceed."""
    rising = sorted(values)
    return rising[-(-len(rising) * percent // 100) - 1]


def table(channel: str, results: Iterable[Result]) -> list[str]:
    """One channel's table: a row for each kind, a group of columns for each number of symbols."""
    cells = {(each.cell.kind, each.cell.symbols): each for each in results if each.cell.channel == channel}
    sizes = sorted({symbols for _, symbols in cells})
    columns = (*_COLUMNS[channel], *_COMMON)
    width = sum(size for _, size, _ in columns)
    lines = [
        f"{channel:<{_WIDTH}}" + " |".join(f"{_symbols(size):^{width}}" for size in sizes),
        " " * _WIDTH + " |".join("".join(f"{name:>{size}}" for name, size, _ in columns) for _ in sizes),
    ]
    for kind in [kind for kind in KINDS if any(kind == name for name, _ in cells)]:
        groups = [_group(cells.get((kind, size)), columns, width) for size in sizes]
        lines.append(f"{kind:<{_WIDTH}}" + " |".join(groups))
    return [line.rstrip() for line in lines]


def notes(channel: str, results: Iterable[Result]) -> list[str]:
    """What the table's columns mean, and what they have no room for."""
    some = [each for each in results if each.cell.channel == channel]
    lines = [*_NOTES[channel], *_COMMON_NOTES]
    if channel in PROVEN:
        lines.append(_deep_note(some))
    return lines


def breaches(result: Result) -> list[str]:
    """Which bounds a cell has broken, in words."""
    return [f"{result.cell}: {words}" for holds, words in _checks(result) if not holds]


def _checks(result: Result) -> Iterator[tuple[bool, str]]:
    kind, figures = KINDS[result.cell.kind], result.figures
    yield result.uncalled == 0, f"{result.uncalled} signs of trouble before the first fault"
    yield result.strikes > 0, "no fault has struck"
    yield result.missed == 0, f"{result.missed} faults found nothing to strike"
    yield result.unhealed == 0, f"{result.unhealed} faults were not healed within {kind.cured_within:g} s"
    concerned = result.cell.symbols if kind.whole else 1
    allowed = ALLOWED_ASKS * concerned * result.strikes
    yield result.asked_symbols <= allowed, f"{result.asked_symbols} symbols subscribed anew, {allowed} are allowed"
    if kind.spread and result.cell.symbols > 1:
        yield result.moved > 0, "no symbol went to another connection"
    if result.cell.channel in PROVEN and not kind.whole:
        others = sorted(set(figures["disturbed"]).difference(result.struck))
        yield not others, f"desyncs of others than those that were struck: {', '.join(others)}"
    for name in _NEVER[result.cell.channel]:
        yield not figures[name], f"{name}: {figures[name]}"
    if kind.detectable:
        for name in _UNSEEN[result.cell.channel]:
            yield not figures[name], f"{name}: {figures[name]}"


_NEVER: Final = {
    "book": ("wrong", "unjudged"),
    "level3": ("wrong", "misplaced", "unjudged"),
    "trade": ("silent", "again", "unordered"),
    "ticker": ("stale",),
    "trading": ("lost", "doubled", "again", "unresolved"),
}
_UNSEEN: Final = {
    "book": (),
    "level3": (),
    "trade": ("altered", "needless"),
    "ticker": ("wrong",),
    "trading": ("differences",),
}
"""What may happen only where a digit was altered that no checksum covers."""


def _group(result: Result | None, columns: Sequence[Column], width: int) -> str:
    if result is None:
        return " " * width
    return "".join(f"{text(result):>{size}}" for _, size, text in columns)


def _symbols(size: int) -> str:
    return f"{size} symbol{'s' if size != 1 else ''}"


def _count(name: str) -> Callable[[Result], str]:
    return lambda result: f"{result.figures[name]:,}"


def _time(values: Callable[[Result], Sequence[int]], percent: int) -> Callable[[Result], str]:
    def text(result: Result) -> str:
        found = values(result)
        return f"{percentile(found, percent) / 1e6:,.0f}" if found else "-"

    return text


def _asked(result: Result) -> str:
    return f"{result.asked / max(1, result.strikes):.1f}"


_COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "book": (("top", 5, _count("wrong")), ("deep", 6, _count("deep"))),
    "level3": (("top", 5, _count("wrong")), ("place", 6, _count("misplaced")), ("deep", 6, _count("deep"))),
    "trade": (
        ("rep.", 6, _count("repaired")),
        ("gap", 5, _count("reported")),
        ("silent", 7, _count("silent")),
        ("alt.", 5, _count("altered")),
    ),
    "ticker": (("wrong", 6, _count("wrong")), ("older", 6, _count("older"))),
    "trading": (
        ("orders", 7, _count("orders")),
        ("lost", 5, _count("lost")),
        ("twice", 6, _count("doubled")),
        ("diff.", 6, lambda result: f"{len(result.figures['differences']):,}"),
        ("unkn.", 6, lambda result: f"{len(result.figures['unknown']):,}"),
        ("u p50", 7, _time(lambda result: result.figures["unknown"], 50)),
        ("u p99", 8, _time(lambda result: result.figures["unknown"], 99)),
    ),
}
_COMMON: Final[tuple[Column, ...]] = (
    ("seen", 7, _time(lambda result: result.noticed, 50)),
    ("p50", 8, _time(lambda result: result.recovered, 50)),
    ("p99", 8, _time(lambda result: result.recovered, 99)),
    ("asks", 5, _asked),
)
_COMMON_NOTES: Final = (
    "seen: ms from the fault to the client's first sign, median; asks: subscribe messages that followed, per fault;",
    "p50, p99: ms from the fault until all is well again, where it did harm.",
)
_NOTES: Final[dict[str, tuple[str, ...]]] = {
    "book": ("top: wrong reads among the ten best levels; deep: reads that were wrong only below them.",),
    "level3": (
        "top: wrong reads among the ten best levels, order by order; place: wrong places in a queue;",
        "deep: reads that were wrong only below them.",
    ),
    "trade": (
        "rep.: missed and repaired; gap: missed and named by a TradeGap; silent: lost without a word;",
        "alt.: handed out with an altered digit, which nobody can see: trades have no checksum.",
    ),
    "ticker": (
        "wrong: handed out with an altered digit, which nobody can see: tickers have no checksum;",
        "older: handed out after a newer one.",
    ),
    "trading": (
        "lost: orders that the exchange has and the client denies; twice: sent again; diff.: orders, fills, fees or",
        "balances that differ in the end; unkn.: orders of unknown fate for a while; u p50, u p99: ms until known.",
    ),
}


def _deep_note(results: Sequence[Result]) -> str:
    figures: list[dict[str, Any]] = [each.figures for each in results]
    noticed = [moment for each in figures for moment in each["deep_noticed"]]
    passed, left = (sum(each[name] for each in figures) for name in ("deep_passed", "deep_left"))
    after = ""
    if noticed:
        after = f" after {percentile(noticed, 50) / 1e6:,.0f} ms (median; at most {max(noticed) / 1e6:,.0f})"
    return (
        f"wrong only below the ten best: noticed {len(noticed)} times{after}, came right by itself {passed} times, "
        f"still wrong at the end {left} times."
    )
