"""The study as a whole: its numbers hang together, its form is stable, captures give what the simulator gives."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from havklo.errors import CaptureError, ConfigurationError
from havklo.study import SCHEMA, QueueReport, Recorded, Simulated, encode, study
from havklo.study.queues import LAST_PLACE, Queues
from havklo.study.tape import Told
from havklo.study.walk import _Walk

SECOND = 1_000_000_000
SYMBOL = "BTC/USD"


def frames(seconds: float, seed: int = 3) -> list[Told]:
    """The frames of some seconds."""
    return [told for told in Simulated(seconds / 60, seed=seed, depth=10) if told.data]


def ack(channel: str, **more: object) -> bytes:
    """What Kraken confirms."""
    result = {"channel": channel, "symbol": SYMBOL, **more}
    return json.dumps({"method": "subscribe", "result": result, "success": True}).encode()


@pytest.fixture
def capture(tmp_path: Path) -> Callable[..., Path]:
    """Write frames as a capture."""

    def write(*data: bytes) -> Path:
        path = tmp_path / "some.jsonl"
        path.write_bytes(b"".join(b'{"rx_ns":1,"frame":' + each + b"}\n" for each in data))
        return path

    return write


def plain(report: QueueReport) -> Any:
    """The report without where it came from."""
    return {**msgspec.to_builtins(report), "source": None, "warnings": None}


def test_the_numbers_hang_together(report: QueueReport) -> None:
    """Counts add up, shares are shares, curves sum up to one; horizons come in their order."""
    assert report.seconds == pytest.approx(120, abs=1)
    assert report.split == pytest.approx(60, abs=1)
    assert report.messages > 3_000
    assert report.trades > 100
    assert report.has_trades
    assert not report.desyncs
    assert report.shadows == pytest.approx(4 * report.seconds, abs=8)
    assert [each.within for each in report.contests] == [1.0, 5.0]
    for each in report.contests:
        placed = report.shadows * (report.seconds - report.split) / report.seconds
        assert each.cases + each.unseen + each.unpredicted == pytest.approx(placed, abs=8)
        assert all(score.brier.low <= score.brier.mean <= score.brier.high for score in each.scores)
    assert sum(count for _, count in report.queues.lengths) == report.shadows / 2
    assert report.queues.rates[0].seconds == pytest.approx(2 * report.seconds, rel=0.01)
    assert all(rate.low <= rate.per_second <= rate.high for rate in report.queues.rates)
    assert all(max(place for place, _ in rows) < 60 for rows in (report.queues.lengths, report.queues.ahead))
    for joined in report.queues.joined:
        assert joined.joined == joined.canceled + joined.filled + joined.unknown + joined.other
        if joined.share is not None:
            assert 0 <= (joined.low or 0) <= joined.share <= (joined.high or 1) <= 1
    lifetimes = report.lifetimes
    assert sum(curve.orders for curve in lifetimes.curves) + lifetimes.censored == lifetimes.orders
    for place, surviving in enumerate(lifetimes.surviving):
        assert surviving + sum(curve.probability[place] for curve in lifetimes.curves) == pytest.approx(1)


def test_a_simulated_study_says_what_it_is(report: QueueReport) -> None:
    """Nobody can take it for Kraken, nor for much."""
    assert report.warnings[0] == "this is a simulated market: nothing here was measured on Kraken"
    assert report.warnings[1].startswith("small sample: 120 s")


def test_no_number_is_nan(report: QueueReport) -> None:
    """JSON has no NaN, and a figure that is not known is null."""

    def numbers(value: Any) -> list[float]:
        if isinstance(value, dict):
            return [each for inner in value.values() for each in numbers(inner)]
        if isinstance(value, list | tuple):
            return [each for inner in value for each in numbers(inner)]
        return [value] if isinstance(value, int | float) else []

    assert all(math.isfinite(each) for each in numbers(msgspec.to_builtins(report)))


def test_the_form_is_stable(report: QueueReport) -> None:
    """Its names, and that it reads back as what it was; who changes them changes the form's name."""
    told = json.loads(encode(report))
    assert told["schema"] == SCHEMA == "havklo.study.queue/1"
    assert list(told) == [
        "schema",
        "source",
        "seconds",
        "messages",
        "desyncs",
        "ignored",
        "trades",
        "has_trades",
        "split",
        "shadows",
        "contests",
        "queues",
        "lifetimes",
        "warnings",
    ]
    assert list(told["contests"][0]) == [
        "within",
        "cases",
        "filled",
        "unseen",
        "unpredicted",
        "block",
        "blocks",
        "places",
        "scores",
        "is_thin",
        "warnings",
    ]
    assert list(told["contests"][0]["scores"][0]) == [
        "model",
        "brier",
        "log_loss",
        "calibration_error",
        "bias",
        "brier_less_base",
        "calibrated",
        "reliability",
    ]
    assert list(told["queues"]) == ["lengths", "ahead", "rates", "joined"]
    assert list(told["lifetimes"]) == ["orders", "censored", "ages", "surviving", "curves", "median"]
    assert msgspec.json.decode(encode(report), type=QueueReport) == report


def test_so_many_messages() -> None:
    """The simulated market ends after them, or with its time if that is earlier; equal arguments, equal frames."""
    told = list(Simulated(messages=200, seed=3))
    assert sum(each.channel == "level3" for each in told) == 200
    assert told == list(Simulated(messages=200, seed=3))
    longer = list(Simulated(1, messages=400, seed=3))
    assert longer[: len(told)] == told
    assert max(each.at_ns for each in Simulated(0.02, messages=10_000)) <= 1_800_000_000 * SECOND + 1.2 * SECOND
    tape = Simulated(messages=200, seed=3)
    parts = [tape.position for _ in tape]
    assert parts == sorted(parts)
    assert 0.9 < parts[-1] <= 1


def test_places_are_shadow_orders(report: QueueReport) -> None:
    """Those at a best price, each in one place; their shares are what became of them."""
    for each in report.contests:
        assert sum(place.count for place in each.places) == pytest.approx(each.cases / 2, abs=8)
        assert all(0 <= place.low <= place.filled <= place.high <= 1 for place in each.places)
        assert all(place.place >= 1 for place in each.places)


def test_nothing_looks_ahead() -> None:
    """What was said until a moment is the same, whatever comes after it: nothing, or another market."""
    told = frames(25)
    said: list[str] = []
    for later in ([], frames(50, seed=4)[1_200:]):
        walk = _Walk(Simulated(0.5, seed=3, depth=10), (1.0,))
        for each in [*told, *later]:
            walk.take(each)
        # As text: NaN, before anything is known, is not equal to itself.
        said.append(repr([(each.placed_ns, each.said, each.no_cancels) for each in walk._shadows.all[:92]]))
    assert len(said[0]) > 10_000
    assert said[0] == said[1]


def test_a_capture_gives_the_same(capture: Any) -> None:
    """Recorded, the simulated market is the same market; the depth comes from the confirmation."""
    told = frames(40)
    path = capture(ack("level3", depth=10), ack("trade"), b'{"channel":"heartbeat"}', *(each.data for each in told))
    tape = Recorded(path)
    assert (tape.source.symbol, tape.source.depth, tape.source.kind) == (SYMBOL, 10, "recorded")
    parts: list[float] = []
    found = study(tape, within=[1.0], on_progress=parts.append)
    assert parts == sorted(parts)
    assert 0 < parts[-1] <= 1
    expected = study(Simulated(40 / 60, seed=3, depth=10), within=[1.0])
    assert found.shadows == expected.shadows
    assert found.queues.lengths == expected.queues.lengths
    assert found.contests[0].cases == pytest.approx(expected.contests[0].cases, abs=4)
    assert plain(study(Recorded(path), within=[1.0])) == plain(found)


def test_without_trades(capture: Any) -> None:
    """Fills at the front can't be told from cancels: it says so, and leaves out what hangs on that."""
    path = capture(*(each.data for each in frames(60) if each.channel == "level3"))
    found = study(Recorded(path), within=[1.0])
    assert not found.has_trades
    assert any("there are no trades in it" in each for each in found.warnings)
    assert found.contests[0].unseen > 10
    assert "unknown" in {curve.fate for curve in found.lifetimes.curves}


def test_a_lost_message(capture: Any) -> None:
    """What is under way is left out, until the next snapshot; the study goes on."""
    told = frames(40)
    update = next(n for n in range(len(told) // 2, len(told)) if told[n].channel == "level3")
    lost = study(Recorded(capture(*(each.data for n, each in enumerate(told) if n != update))), within=[1.0])
    assert lost.desyncs == 1
    assert lost.messages + lost.desyncs + lost.ignored == sum(each.channel == "level3" for each in told) - 1
    assert any("not proven" in each for each in lost.warnings)
    whole = study(Recorded(capture(*(each.data for each in told))), within=[1.0])
    assert lost.shadows < 0.7 * whole.shadows  # nothing that would heal the book is in the file


def test_a_clock_that_goes_wrong(capture: Any) -> None:
    """A hole of years costs no time and places no shadow order; what was under way is not known to its end."""
    told = [each.data for each in frames(20) if each.channel == "level3"]
    late = [each.replace(b'"timestamp":"2027-', b'"timestamp":"2227-') for each in told[len(told) // 2 :]]
    found = study(Recorded(capture(*told[: len(told) // 2], *late)), within=[30.0])
    assert found.shadows <= 4 * 20
    assert found.contests[0].cases == 0


@pytest.mark.parametrize("year", [b"1900-", b"9999-"])
def test_times_that_are_none(capture: Any, year: bytes) -> None:
    """What 64 bits can't tell is taken for the frame's arrival."""
    told = [each.data for each in frames(5)]
    found = study(Recorded(capture(*(each.replace(b"2027-", year) for each in told))), within=[1.0])
    assert found.messages + found.desyncs + found.ignored == sum(b'"level3"' in each for each in told)


def test_too_short_for_anything() -> None:
    """Three seconds: no scores, no curves that nobody saw, and no error."""
    found = study(Simulated(0.05, seed=3), within=[30.0])
    assert found.contests[0].scores == ()
    assert found.contests[0].filled is None
    assert found.contests[0].warnings


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Simulated(0), "minutes is a number above 0"),
        (lambda: Simulated(1, messages=0), "messages is a number from 1 on"),
        (lambda: Simulated(rate=0), "a rate is messages a second"),
        (lambda: Simulated(depth=25), "no level 3 of depth 25"),
        (lambda: Simulated(symbol="BTC//USD"), "is no symbol"),
        (lambda: study(Simulated(1), within=[]), "within is one to six"),
        (lambda: study(Simulated(1), within=[1, 1]), "within is one to six"),
        (lambda: study(Simulated(1), within=[700]), "within is one to six"),
        (lambda: study(Simulated(1), split=1.0), "split is a number between 0 and 1"),
    ],
)
def test_what_can_not_be(make: Callable[[], object], message: str) -> None:
    """It is refused before any work."""
    with pytest.raises(ConfigurationError, match=message):
        make()


def test_captures_that_are_none(capture: Any, tmp_path: Path) -> None:
    """No file, no level 3, not of this symbol, and a line that is broken."""
    with pytest.raises(CaptureError, match="can't be read"):
        Recorded(tmp_path / "nothing.jsonl")
    with pytest.raises(CaptureError, match="has no snapshot of level 3"):
        Recorded(capture(b'{"channel":"heartbeat"}'))
    told = frames(5)
    with pytest.raises(CaptureError, match="has no snapshot of level 3 of ETH/USD"):
        Recorded(capture(*(each.data for each in told)), symbol="ETH/USD")
    with pytest.raises(CaptureError, match="1: Kraken serves no level 3 of depth 25"):
        Recorded(capture(ack("level3", depth=25), *(each.data for each in told)))
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    with pytest.raises(CaptureError, match="nested too deeply"):
        Recorded(capture(deep.encode(), *(each.data for each in told)))
    with pytest.raises(CaptureError, match="nested too deeply"):
        study(Recorded(capture(*(each.data for each in told), json.dumps(deep).encode())))
    trade = next(each.data for each in frames(20) if each.channel == "trade")
    with pytest.raises(CaptureError, match="utf-8"):
        study(Recorded(capture(told[0].data, trade.replace(b'"side":"', b'"side":"\xbc'))))
    broken = capture(told[0].data, told[1].data[:-20] + b"]}")
    with pytest.raises(CaptureError):
        study(Recorded(broken))


def test_places_far_back_are_told_together() -> None:
    """The last place stands for all behind it, in time and in cancels."""
    queues = Queues()
    queues._counts = (14, 0)
    queues._since_ns = 0
    queues._expose(2 * SECOND)
    rates = queues.rates()
    assert [rate.place for rate in rates] == list(range(LAST_PLACE + 1))
    assert rates[0].seconds == 2
    assert rates[-1].seconds == 2 * 4
    assert (rates[0].per_second, rates[0].low) == (0, 0)
    assert rates[0].high == pytest.approx(3.689 / 2, rel=0.02)  # the exact interval of a count of 0
