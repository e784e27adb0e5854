"""A whole run, measured from its messages."""

import pytest

from havklo.errors import ConfigurationError
from havklo.sim.flow import CALM
from havklo.sim.report import MEASURED, Report, render, run


@pytest.fixture(scope="module")
def report() -> Report:
    """Half a minute of two full books and a thin one."""
    return run(["BTC/USD", "ETH/USD", "MINA/GBP"], seed=3, seconds=30, rate=150)


def test_every_figure_has_its_line(report: Report) -> None:
    """At both depths; the thin market is not compared."""
    lines = report.lines()
    assert {line.figure for line in lines} == set(MEASURED.values())
    full = [market for market in report.markets if not market.thin]
    for line in lines:
        name = next(name for name, figure in MEASURED.items() if figure is line.figure)
        values = [market.books[line.depth][name] for market in full]
        assert (line.low, line.high) == (min(values), max(values))


def test_what_must_hold_always_holds(report: Report) -> None:
    """Refills, no empty messages, no short sides, no time travel."""
    certain = [line for line in report.lines() if line.figure.low == line.figure.high]
    assert len(certain) == 10
    assert all(line.agrees for line in certain)


def test_the_market_is_alive(report: Report) -> None:
    """Rates add up to what was asked for, and everything has a plausible size."""
    assert [market.symbol for market in report.markets] == ["BTC/USD", "ETH/USD", "MINA/GBP"]
    assert [market.thin for market in report.markets] == [False, False, True]
    assert sum(market.rates[10] for market in report.markets) == pytest.approx(150, rel=0.1)
    for market in report.markets[:2]:
        assert market.rates[25] > market.rates[10]
        assert 0 < market.silence < 2
        assert market.orders > 1
        assert market.size > 0
        assert market.clustering > 1
        assert 0 < market.spread < 2
        assert 0 < market.volatility[1] < market.volatility[10] < 10
        assert market.markouts[1].fills >= market.markouts[10].fills > 20
        assert market.markouts[1].mean < 0


def test_same_seed_same_report(report: Report) -> None:
    """The figures are a function of the arguments."""
    again = run(["BTC/USD"], seed=3, seconds=3)
    assert again == run(["BTC/USD"], seed=3, seconds=3)
    assert again != run(["BTC/USD"], seed=4, seconds=3)
    assert again.markets[0] != report.markets[0]


def test_progress_and_regime() -> None:
    """It tells how far it is, and trades as the regime says."""
    told: list[float] = []
    report = run(1, seconds=5, rate=80, regime=CALM, progress=told.append)
    assert told == sorted(told)
    assert len(told) > 20
    assert told[-1] == 1.0
    assert report.regime == "calm"
    assert report.markets[0].rates[10] == pytest.approx(80 * CALM.activity, rel=0.3)


@pytest.mark.parametrize(("seconds", "rate"), [(0, 1), (1, 0), (-1, 1), (float("nan"), 1)])
def test_impossible(seconds: float, rate: float) -> None:
    """No time or no messages, no report."""
    with pytest.raises(ConfigurationError, match="needs some seconds"):
        run(1, seconds=seconds, rate=rate)


def test_render(report: Report) -> None:
    """Two tables whose lines end in words, and every market."""
    text = render(report)
    assert text.startswith("3 markets, seed 3, normal regime, 30 s at 150 messages a second\n")
    assert "5,874 updates" in text
    for figure in MEASURED.values():
        assert figure.title in text
    refills = next(line for line in text.splitlines() if "refill" in line)
    assert refills.split()[0] == "10"
    assert refills.endswith("100.00 %          alike")
    assert all(market.symbol in text for market in report.markets)
    assert max(map(len, text.splitlines())) <= 140
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_run_too_short_for_figures() -> None:
    """A quiet moment has nothing to compare, and says so without failing."""
    report = run(["MINA/GBP"], seconds=0.001, rate=1)
    assert report.lines() == []
    assert "MINA/GBP" in render(report)
