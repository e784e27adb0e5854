"""`havklo book --l3`: the queues as they are drawn, said and written, and the key that they need."""

import asyncio
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from havklo import Client, Credentials, Simulator
from havklo._engine import Engine, Level3Book
from havklo.cli import _palette as palette
from havklo.cli import _queue_stage, _queues, _stage
from havklo.cli._feed import JsonStage
from havklo.cli._queue_json import write_queues
from havklo.cli._queue_ladder import draw_queues
from havklo.cli._queue_watch import QueueWatch
from havklo.cli._queues import Asked, QueuesView, chance_text, look, queues_json, queues_line
from havklo.cli._view import Note
from havklo.clock import ManualClock
from havklo.errors import HavkloError, SubscriptionError
from havklo.sim.wire.checksum import crc, digits
from havklo.testing import pass_time

STAMP = "2026-11-22T10:00:00.000000000Z"
START = 1_795_341_600_000_000_000  # the same
NOW = 2_000_000_001
Row = tuple[str, str, str]

BIDS: list[Row] = [
    ("OAAAAA-AAAAA-AAAAAA", "100.5", "1.00000000"),
    ("OBBBBB-BBBBB-BBBBBB", "100.5", "2.00000000"),
    ("OCCCCC-CCCCC-CCCCCC", "100.5", "0.50000000"),
    ("ODDDDD-DDDDD-DDDDDD", "100.4", "4.00000000"),
]
ASKS: list[Row] = [
    ("OEEEEE-EEEEE-EEEEEE", "100.7", "0.00100000"),
    ("OFFFFF-FFFFF-FFFFFF", "100.8", "3.00000000"),
]


def frame(kind: str, *sides: list[Row], event: str = "", of: tuple[list[Row], list[Row]] | None = None) -> bytes:
    """A message of Kraken's, with the sum over every order of the ten best levels: of these sides, or of others."""
    told = f'"event":"{event}",' if event else ""
    rows = [
        ",".join(
            f'{{{told}"order_id":"{each[0]}","limit_price":{each[1]},"order_qty":{each[2]},"timestamp":"{STAMP}"}}'
            for each in side
        )
        for side in sides
    ]
    spelled = ["".join(digits(*each[1:]) for each in side) for side in of or sides]
    total = crc(spelled[1], spelled[0])
    return (
        f'{{"channel":"level3","type":"{kind}","data":[{{"symbol":"BTC/USD","checksum":{total},"bids":[{rows[0]}],'
        f'"asks":[{rows[1]}],"timestamp":"{STAMP}"}}]}}'
    ).encode()


@pytest.fixture
def engine() -> Engine:
    """An engine that was told a book with three orders at the best bid."""
    made = Engine()
    made.track("BTC/USD", 10, channel="level3")
    made.receive(frame("snapshot", BIDS, ASKS), 1)
    return made


@pytest.fixture
def book(engine: Engine) -> Level3Book:
    """That book."""
    return engine.level3("BTC/USD")


@pytest.fixture
def lost() -> Level3Book:
    """The same after a message that was not proven."""
    engine = Engine()
    made = engine.track("BTC/USD", 10, channel="level3")
    engine.receive(frame("snapshot", BIDS, ASKS), 1)
    engine.receive(frame("update", [BIDS[0]], [], event="delete", of=([], [])), 2)
    assert made.state == "desynced"
    return made


def view(book: Level3Book, *orders: str) -> QueuesView:
    """What there is to see of a book."""
    return look(book, venue="sim", orders=orders, resyncs=0, now_ns=NOW)


def text(seen: QueuesView, *notes: Note, width: int = 78, height: int = 20, log: int = 0) -> list[str]:
    """The drawing's lines."""
    return [line.rstrip() for line in draw_queues(seen, notes, width=width, height=height, log=log).plain.split("\n")]


def test_a_live_book(book: Level3Book) -> None:
    """Every line of it: each order a block as long as it is large, the one that is filled first at the left."""
    lines = text(view(book, "OBBBBB-BBBBB-BBBBBB", "OXXXXX-XXXXX-XXXXXX"))
    assert lines == [
        " BTC/USD  level 3, depth 10   100.60                                   ● LIVE",
        " sim",
        "      price        size  orders     biggest  queue, first to be filled first",
        "",
        "   2  100.8  3.00000000       1  3.00000000  ███████████████████████▊",
        "   1  100.7  0.00100000       1  0.00100000  ▊",
        "── spread 0.2  19.88 bp  micro 100.70  imbalance +43 % ───────────────────────",
        "   1  100.5  3.50000000       3  2.00000000  ███████▊A██████████████▊███▊",
        "   2  100.4  4.00000000       1  4.00000000  ███████████████████████████████▊",
        "",
        "── orders ────────────────────────────────────────────────────────────────────",
        " A OBBBBB-BBBBB-BBBBBB exact: 1 ahead, 1.00000000 of 3.50000000, bid 100.5,",
        "   level 1",
        " B OXXXXX-XXXXX-XXXXXX is not in the book",
        "── proof ─────────────────────────────────────────────────────────────────────",
        " checksum  640772301  equals Kraken's",
        " 1 verified, 0 desyncs, 0 resyncs, last message 2.0 s ago",
        " every order's place is proven by this checksum",
        " amends keep:back  less undecided 0:0, more undecided 0:0, price undecided 0:0",
        "",
    ]


def test_a_lost_book(lost: Level3Book) -> None:
    """The last proven levels without their queues, which nobody knows now, and without colours."""
    seen = view(lost, "OBBBBB-BBBBB-BBBBBB")
    lines = text(seen)
    assert lines[0].endswith("● DESYNCED")
    assert "   1  100.5  3.50000000" in lines
    assert " their places are not known now" in lines
    assert " not readable now: this is the last proven state, 2.0 s old" in lines
    assert not set("█▊") & set("".join(lines))
    assert not any("OBBBBB" in line for line in lines)
    hues = {str(span.style) for span in draw_queues(seen, (), width=78, height=20).spans}
    assert not hues & {palette.BID, palette.BID_BAR, palette.ASK_BAR}  # the red of asks is that of the word, too


def test_before_anything_is_known() -> None:
    """Connecting: an empty sheet that says so."""
    lines = text(QueuesView(symbol="BTC/USD", depth=10, venue="sim", desyncs={}))
    assert lines[0].endswith("● CONNECTING")
    assert " checksum" in lines


def test_deeper_levels_are_marked() -> None:
    """Beyond the tenth the checksum proves nothing, and the places are what the messages imply."""
    bids = [(f"O{n:05}-AAAAA-AAAAAA", f"{100 - n}.0", "1.00000000") for n in range(12)]
    engine = Engine()
    deep = engine.track("BTC/USD", 100, channel="level3")
    engine.receive(frame("snapshot", bids, ASKS, of=(bids[:10], ASKS)), 1)
    seen = view(deep, bids[11][0])
    lines = text(seen, height=48)
    assert any(line.startswith("  10   91.0") for line in lines)
    assert any(line.startswith("  11~  90.0") for line in lines)
    assert any("bounded: first at its price, bid 89.0, level 12" in line for line in lines)
    assert " levels 1-10: every place proven; 11-100 (~) as messages imply" in lines


def test_more_orders_than_cells(book: Level3Book) -> None:
    """What does not fit is an ellipsis, and the number of orders is told all the same."""
    lines = text(view(book), width=48)
    assert "biggest" not in lines[2]
    row = next(line for line in lines if line.startswith("   1  100.5"))
    assert row.count("▊") == 3
    many = [(f"O{n:05}-AAAAA-AAAAAA", "100.5", "1.00000000") for n in range(90)]
    engine = Engine()
    crowded = engine.track("BTC/USD", 10, channel="level3")
    engine.receive(frame("snapshot", many, ASKS), 1)
    row = next(line for line in text(view(crowded)) if line.startswith("   1  100.5"))
    assert row.startswith("   1  100.5  90.00000000      90  1.00000000  ▊▊▊")
    assert row.endswith("▊…")
    assert len(row) <= 78


@settings(max_examples=60, deadline=None)
@given(width=st.integers(10, 160), height=st.integers(1, 70), log=st.integers(0, 5), chosen=st.integers(0, 4))
def test_any_size(width: int, height: int, log: int, chosen: int) -> None:
    """It is exactly as large as the terminal, whatever its size."""
    engine = Engine()
    made = engine.track("BTC/USD", 10, channel="level3")
    engine.receive(frame("snapshot", BIDS, ASKS), 1)
    notes = [Note(at_ns=NOW, kind="desync", text="the sums differ " * 9)]
    seen = view(made, *(each[0] for each in BIDS[:chosen]))
    drawn = draw_queues(seen, notes, width=width, height=height, log=log)
    lines = drawn.split("\n", allow_blank=True)
    assert len(lines) == height
    assert {line.cell_len for line in lines} == {width}


def test_in_one_line(book: Level3Book, lost: Level3Book) -> None:
    """For logs and pipes, plain ASCII; a lost book has no places."""
    line = queues_line(view(book, "OCCCCC-CCCCC-CCCCCC"), NOW)
    assert line.isascii()
    assert "| orders 3 (biggest 2.00000000) at the bid, 1 (biggest 0.00100000) at the ask |" in line
    assert line.endswith("| OCCCCC-CCCCC-CCCCCC exact: 2 ahead, 3.00000000 of 3.50000000, bid 100.5, level 1")
    line = queues_line(view(lost, "OCCCCC-CCCCC-CCCCCC"), NOW)
    assert "OCCCCC" not in line
    assert "desynced: Kraken's checksum is 0" in line


def test_as_values(book: Level3Book, lost: Level3Book) -> None:
    """Levels with their first orders, the chosen orders' places, the verdict with its evidence."""
    told = queues_json(view(book, "OBBBBB-BBBBB-BBBBBB", "OXXXXX-XXXXX-XXXXXX"))
    assert told["bids"][0]["orders"] == 3
    assert [each["order_qty"] for each in told["bids"][0]["first"]] == ["1.00000000", "2.00000000", "0.50000000"]
    assert told["orders"][0] == {
        "order_id": "OBBBBB-BBBBB-BBBBBB",
        "side": "bid",
        "limit_price": "100.5",
        "order_qty": "2.00000000",
        "level": 0,
        "orders_ahead": 1,
        "qty_ahead": "1.00000000",
        "qty_level": "3.50000000",
        "exactness": "exact",
        "chance": None,
    }
    assert told["bids"][0]["biggest"] == {"order_id": "OBBBBB-BBBBB-BBBBBB", "order_qty": "2.00000000"}
    assert told["orders"][1]["exactness"] == "unknown"
    assert told["orders"][1]["orders_ahead"] is None
    assert told["priority"]["price"] == {"verdict": "undecided", "keep": 0, "back": 0, "ambiguous": 0}
    assert queues_json(view(lost)) == {"bids": [], "asks": [], "orders": [], "priority": None}


def test_how_likely_a_fill_is(engine: Engine, book: Level3Book) -> None:
    """Only of a book that learns, which looking at it does not begin; nothing before it has seen anything."""
    order = "OBBBBB-BBBBB-BBBBBB"
    assert view(book, order).chosen[0].chance is None
    assert not book.learns
    book.learn(horizons=[30])
    seen = look(book, venue="sim", orders=[order, "OX"], resyncs=0, now_ns=NOW, within=30)
    assert chance_text(seen.chosen[0], seen.within) == "filled within 30 s: not known yet"
    assert chance_text(seen.chosen[1], seen.within) == ""
    assert queues_json(seen)["orders"][0]["chance"] is None  # JSON has no NaN
    new = ("OGGGGG-GGGGG-GGGGGG", "100.4", "1.00000000")
    for number in range(1, 30):
        bids, event = ([*BIDS, new], "add") if number % 2 else (BIDS, "delete")
        told = frame("update", [new], [], event=event, of=(bids, ASKS))
        engine.receive(told.replace(STAMP.encode(), STAMP.replace("00:00.", f"00:{number:02}.").encode()), number)
        book.traded("sell", "100.5", "0.02", START + number * 1_000_000_000)
    seen = look(book, venue="sim", orders=[order], resyncs=0, now_ns=NOW, within=30)
    chance = book.fill_probability(order, within=30)
    assert 0 <= chance.low <= chance.p <= chance.high <= 1
    said = (
        f"filled within 30 s: {100 * chance.p:.0f} % ({100 * chance.low:.0f} to {100 * chance.high:.0f}), uncalibrated"
    )
    assert queues_line(seen, NOW).endswith(said)
    assert "uncalibrated" in "\n".join(text(seen))
    told = queues_json(seen)["orders"][0]["chance"]
    assert told == {
        "within": 30,
        "p": chance.p,
        "low": chance.low,
        "high": chance.high,
        "model": "auto",
        "calibrated": False,
    }


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.0, "0"), (0.004, "<1"), (0.01, "1"), (0.5, "50"), (0.99, "99"), (0.999, ">99"), (1.0, "100")],
)
def test_nothing_is_certain(p: float, said: str) -> None:
    """What is nearly 0 or 1 is not rounded to it."""
    assert _queues._percent(p) == said


# -- the command, on the simulator


def test_plain_lines(havklo: Any) -> None:
    """Without a terminal: a line for each state and second, and a summary; the simulator has its own key."""
    done = havklo("book", "eth/usd", "--l3", "--venue", "sim", "--seconds", "1", "--order", "OXXXXX-XXXXX-XXXXXX")
    assert (done.code, done.err) == (0, "")
    assert done.out.isascii()
    lines = done.out.splitlines()
    live = next(line for line in lines if " live " in line)
    queues = r"orders \d+ \(biggest [\d.]+\) at the bid, \d+ \(biggest [\d.]+\) at the ask"
    assert re.search(rf"\| {queues} \| OXXXXX-XXXXX-XXXXXX is not in the book$", live)
    assert re.fullmatch(r"ETH/USD level 3 at depth 10: \d+ messages verified, 0 desyncs, 0 resyncs", lines[-1])


def test_on_a_terminal(havklo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queues are drawn on the terminal's other screen, which is left at the end."""
    screen = io.TextIOWrapper(io.BytesIO(), "utf-8")
    console = Console(file=screen, force_terminal=True, width=100, height=30, color_system="truecolor", highlight=False)
    monkeypatch.setattr(_queue_stage, "results", lambda: console)
    monkeypatch.setenv("TERM", "xterm-256color")
    done = havklo("book", "BTC/USD", "--l3", "--venue", "sim", "--seconds", "1")
    assert (done.code, done.err) == (0, "")
    screen.seek(0)
    shown = screen.read()
    assert "every order's place is proven by this checksum" in shown
    assert shown.index("\x1b[?1049h") < shown.index("LIVE") < shown.index("\x1b[?1049l")
    assert done.out.startswith("BTC/USD level 3 at depth 10: ")


@pytest.mark.parametrize("level", [[], ["--l3"]])
def test_lines_on_a_terminal(havklo: Any, monkeypatch: pytest.MonkeyPatch, level: list[str]) -> None:
    """`--plain` says there what it says elsewhere, of both levels."""
    screen = io.TextIOWrapper(io.BytesIO(), "utf-8")
    console = Console(file=screen, force_terminal=True, width=100, height=30, color_system="truecolor", highlight=False)
    for module in (_queue_stage, _stage):
        monkeypatch.setattr(module, "results", lambda: console)
    monkeypatch.setenv("TERM", "xterm-256color")
    done = havklo("book", "BTC/USD", "--venue", "sim", "--seconds", "1", "--plain", *level)
    assert (done.code, done.err) == (0, "")
    screen.seek(0)
    shown = screen.read()
    assert " BTC/USD live bid " in shown
    assert "\x1b" not in shown


def test_every_message(havklo: Any) -> None:
    """The snapshot, then each change with the queues after it; every level's quantity is that of its orders."""
    done = havklo("book", "BTC/USD", "--l3", "--venue", "sim", "--json", "--seconds", "1")
    assert (done.code, done.err) == (0, "")
    told = [json.loads(line) for line in done.out.splitlines()]
    updates = [each for each in told if each["event"] == "level3_update"]
    assert {"status", "connected"} >= {each["event"] for each in told} - {"level3_update"}
    assert [each["type"] for each in updates[:2]] == ["snapshot", "update"]
    for each in updates:
        assert each["best_bid"] == {name: each["bids"][0][name] for name in ("price", "qty")}
        assert len(each["bids"]) == len(each["asks"]) == 10
    change = updates[1]["changes"][0]
    assert change["reason"] in {"new", "edge", "amend", "fill", "cancel", "unknown"}
    assert re.fullmatch(r"\d+\.\d", change["limit_price"])


class Stage:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.views: list[QueuesView] = []
        self.notes: list[Note] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def show(self, seen: QueuesView, now_ns: int) -> None:
        """Keep a view."""
        assert now_ns > 0
        self.views.append(seen)

    def note(self, note: Note) -> None:
        """Keep a note."""
        self.notes.append(note)


def key(sim: Simulator) -> Credentials:
    """The simulator's own key."""
    account = sim.accounts["trader"]
    return Credentials(account.key, account.secret)


async def watched(
    faults: Callable[[Simulator], object], until: Callable[[QueuesView, list[str]], object]
) -> tuple[Stage, QueueWatch]:
    """Watch a live book to which something happens, until the latest view and the log's kinds say that it has."""
    stage = Stage()
    clock = ManualClock()
    async with Simulator(["BTC/USD"], rate=50, clock=clock) as sim, Client(sim, credentials=key(sim)) as kraken:
        asked = Asked(symbol="BTC/USD", depth=10, orders=("OXXXXX-XXXXX-XXXXXX",))
        watch = QueueWatch(kraken, asked, venue="sim", stage=stage)
        showing = asyncio.create_task(watch.show())

        async def happens(condition: Callable[[], object]) -> None:
            for _ in range(2_000):
                if condition():
                    return
                await pass_time(sim, 0.05)
            pytest.fail("it never happened")

        await happens(lambda: stage.views and stage.views[-1].live)
        faults(sim)
        await happens(lambda: until(stage.views[-1], [note.kind for note in stage.notes]))
        showing.cancel()
        await asyncio.wait([showing])
        assert showing.cancelled()
    return stage, watch


async def test_a_desync_and_its_healing() -> None:
    """Both stand in the log, and the book is live again at the end; the summary counts them."""
    stage, watch = await watched(
        lambda sim: sim.inject("corrupt", "BTC/USD", channel="level3"),
        lambda seen, kinds: seen.live and seen.resyncs and "healed" in kinds,
    )
    assert [note.kind for note in stage.notes] == ["desync", "healed"]
    assert stage.views[0].word == "connecting"
    assert stage.views[0].wanted == ("OXXXXX-XXXXX-XXXXXX",)
    last = stage.views[-1]
    assert last.live
    assert last.bids
    assert last.chosen[0].place.exactness == "unknown"
    assert re.fullmatch(r"BTC/USD level 3 at depth 10: [\d,]+ messages verified, 1 desync, 1 resync", watch.summary())


async def test_a_lost_connection_and_maintenance() -> None:
    """Each is told in a line, and the venue's state beside its name."""

    def faults(sim: Simulator) -> None:
        sim.set_system("maintenance")
        sim.inject("disconnect", role="level3")

    stage, _ = await watched(faults, lambda seen, kinds: {"lost", "status"} <= {*kinds} and "maint" in seen.venue)
    kinds = [note.kind for note in stage.notes]
    assert "lost" in kinds
    assert "status" in kinds
    assert stage.views[-1].venue == "sim (maintenance)"


async def test_what_ends_it(capsys: pytest.CaptureFixture[str]) -> None:
    """A symbol that is not listed, and a book that is not live in time; the same with --json."""
    async with Simulator(["BTC/USD"], rate=0) as sim:
        async with Client(sim, credentials=key(sim)) as kraken:
            with pytest.raises(SubscriptionError, match="FOO/BAR"):
                await QueueWatch(kraken, Asked(symbol="FOO/BAR", depth=10), venue="sim", stage=Stage()).show()
        sim.inject("drop", "BTC/USD", count=100, channel="level3")
        late = Asked(symbol="BTC/USD", depth=10, seconds=0.2)
        async with Client(sim, credentials=key(sim)) as kraken:
            with pytest.raises(HavkloError, match=r"level 3 of BTC/USD was not live within 0\.2 s"):
                await QueueWatch(kraken, late, venue="sim", stage=Stage()).show()
        async with Client(sim, credentials=key(sim)) as kraken:
            with pytest.raises(HavkloError, match=r"level 3 of BTC/USD was not live within 0\.2 s"):
                await write_queues(kraken, late, JsonStage())
    assert "level3_update" not in capsys.readouterr().out


# -- the key


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the tests run in, there is no key in the environment."""
    for name in ("KRAKEN_API_KEY", "KRAKEN_API_SECRET", "KRAKEN_API_OTP"):
        monkeypatch.delenv(name, raising=False)


def test_no_key(havklo: Any) -> None:
    """Kraken serves level 3 to whoever has one, so it says where it looks for it."""
    done = havklo("book", "BTC/USD", "--l3", "--seconds", "1")
    assert done.code == 2
    assert done.err.splitlines() == [
        "error: the environment: KRAKEN_API_KEY is not set",
        "  hint: --key FILE names a file with the key; --venue sim needs none",
    ]


async def test_a_key_from_a_file_and_from_the_environment(
    havklo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a simulator's address, whose key is that of one of its accounts."""
    async with Simulator(["BTC/USD"], rate=50) as sim:
        account = sim.accounts["trader"]
        path = tmp_path / "key.toml"
        path.write_text(f'key = "{account.key}"\nsecret = "{account.secret}"\n')
        path.chmod(0o600)
        command = ("book", "BTC/USD", "--l3", "--venue", sim.url, "--seconds", "1")
        done = await asyncio.to_thread(havklo, *command, "--key", path)
        assert (done.code, done.err) == (0, "")
        assert " live bid " in done.out
        monkeypatch.setenv("KRAKEN_API_KEY", account.key)
        monkeypatch.setenv("KRAKEN_API_SECRET", account.secret)
        done = await asyncio.to_thread(havklo, *command)
        assert (done.code, done.err) == (0, "")
        assert " live bid " in done.out


BAD = {
    "an order without level 3": (["--order", "O1"], "--order, --within and --key are about level 3"),
    "a key without level 3": (["--key", "key.toml"], "--order, --within and --key are about level 3"),
    "a horizon without an order": (["--l3", "--within", "5"], "--within is about an order"),
    "no horizon": (["--l3", "--order", "O1", "--within", "0"], "--within is a number above 0 and at most 600, not 0"),
    "too far": (["--l3", "--order", "O1", "--within", "601"], "--within is a number above 0 and at most 600, not 601"),
    "two ways to write": (["--plain", "--json"], "--plain and --json are two ways to write"),
    "a depth that level 3 has not": (["--l3", "--depth", "25"], "Kraken serves no level 3 of depth 25"),
    "no such file": (["--l3", "--key", "nothing.toml"], "nothing.toml: No such file or directory"),
    "no time": (["--l3", "--seconds", "0"], "--seconds is a positive number, not 0"),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_what_can_not_be(havklo: Any, arguments: list[str], message: str) -> None:
    """One clear line, the exit code 2, and never a traceback."""
    done = havklo("book", "BTC/USD", "--venue", "sim", *arguments)
    assert done.code == 2
    assert done.err.startswith(f"error: {message}")
    assert "Traceback" not in done.err
