"""The page and the pictures: complete in themselves, readable on light and dark ground, nothing not computed."""

import builtins
import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from havklo.errors import ConfigurationError
from havklo.study import QueueReport, Simulated, study
from havklo.study import _paint as paint
from havklo.study.charts import Chart, charts
from havklo.study.page import MEANINGS, page

ALONE = {"meta", "br", "img", "link"}


class Tree(HTMLParser):
    """Reads a page, and complains if an element is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in ALONE:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content."""
        del tag
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text."""
        self.text.append(data)


@pytest.fixture(scope="module")
def drawn(report: QueueReport) -> list[Chart]:
    """The charts of the report."""
    return charts(report)


@pytest.fixture(scope="module")
def short() -> QueueReport:
    """Some seconds."""
    return study(Simulated(messages=700, seed=3), within=[1.0])


@pytest.fixture(scope="module")
def written(report: QueueReport, drawn: list[Chart]) -> str:
    """The page of the report."""
    return page(report, drawn)


def test_it_needs_nothing_else(written: str) -> None:
    """No script, no file, no address: all that it refers to stands in it, and each id once."""
    tree = Tree()
    tree.feed(written)
    assert tree.open == []
    assert len(set(tree.ids)) == len(tree.ids)
    assert "<script" not in written
    assert "@import" not in written
    references = [value for name, value in tree.attributes if name in {"href", "xlink:href", "src"}]
    assert references
    assert all(each.startswith("#") and each[1:] in tree.ids for each in references)
    assert all(each in tree.ids for each in re.findall(r"url\(#([^)]+)\)", written))
    assert not re.findall(r"url\((?!#)", written)
    without_names = re.sub(r'xmlns(:\w+)?="[^"]+"', "", written)
    assert "http" not in without_names


def test_it_says_what_was_computed(written: str, report: QueueReport) -> None:
    """Every score of the report, every warning, every model's meaning; and no number that is none."""
    tree = Tree()
    tree.feed(written)
    text = " ".join(tree.text)
    for contest in report.contests:
        assert f"Within {contest.within:g} s" in text
        assert not contest.is_thin
        for score in contest.scores:
            assert f"{score.brier.mean:.4f}" in text
            assert f"{score.bias.mean:+.3f}" in text
    for warning in [*report.warnings, *(each for contest in report.contests for each in contest.warnings)]:
        assert warning in text
    assert all(meaning in text for meaning in MEANINGS.values())
    assert set(MEANINGS) == {score.model for score in report.contests[0].scores}
    assert f"{report.shadows:,} shadow orders" in text
    assert not re.search(r"\b(nan|inf|None)\b", text, re.IGNORECASE)


def test_equal_reports_give_equal_pages(short: QueueReport) -> None:
    """No time of day, no random id."""
    assert page(short) == page(short)


def test_every_chart_has_axes_with_names(drawn: list[Chart]) -> None:
    """All six of them; what has no unit is a probability, a share, a score or a count of orders."""
    assert [chart.name for chart in drawn] == ["reliability", "gain", "places", "queues", "cancels", "lifetimes"]
    for chart in drawn:
        assert chart.caption.endswith(".")
        for axes in chart.figure.axes:
            assert axes.get_xlabel() or chart.name == "reliability"
        assert chart.figure.axes[0].get_ylabel() or chart.name == "gain"


def test_pictures_follow_the_page(written: str, drawn: list[Chart]) -> None:
    """Their colours are the page's variables, their text is text, and each says what is to be seen."""
    pictures = re.findall(r"<svg.*?</svg>", written, re.DOTALL)
    for chart, picture in zip(drawn, pictures, strict=True):
        assert not re.search(r"#[0-9a-f]{6}\b", picture)
        assert "<text" in picture
        assert f'aria-label="{chart.title}' in picture
    assert drawn[1].png().startswith(b"\x89PNG")


def luminance(colour: str) -> float:
    """How light a colour is (WCAG 2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """How well two colours can be told apart by their lightness (WCAG 2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("ground", "dark"), [("#ffffff", False), ("#14171c", True)])
def test_colours_stand_out(ground: str, dark: bool) -> None:
    """Text at least 4.5 to 1, everything else that carries meaning at least 3 to 1, on both grounds."""
    shades = paint._DARK if dark else {colour: colour for colour in paint._DARK}
    for text in (paint.INK, paint.SOFT):
        assert contrast(shades[text], ground) >= 4.5
    for name, colour in paint.COLOURS.items():
        if name != "alive":  # the ground behind the others
            assert contrast(shades[colour], ground) >= 3.0, name


def test_a_report_without_anything(report: QueueReport) -> None:
    """A page all the same, which says that there is nothing to score; and no empty picture."""
    empty = study(Simulated(0.05, seed=3), within=[30.0])
    tree = Tree()
    tree.feed(written := page(empty))
    assert "nothing to score" in written
    assert "reliability" not in [chart.name for chart in charts(empty)]
    bare = msgspec.structs.replace(
        report,
        contests=(),
        queues=msgspec.structs.replace(report.queues, lengths=(), ahead=(), rates=(), joined=()),
        lifetimes=msgspec.structs.replace(report.lifetimes, ages=()),
    )
    assert charts(bare) == []
    one = msgspec.structs.replace(bare, queues=msgspec.structs.replace(report.queues, ahead=(), rates=()))
    assert "too little was seen to draw" in "".join(chart.svg() for chart in charts(one))


def test_noise_is_not_drawn(short: QueueReport) -> None:
    """Some seconds: the page says for each thing why it is not there, instead of showing what chance has made."""
    assert short.contests[0].is_thin
    assert short.contests[0].scores
    written = page(short)
    assert "too little to judge by: " in written
    assert "Brier less base rate" not in written
    assert not {"reliability", "gain", "places"} & {chart.name for chart in charts(short)}
    tiny = study(Simulated(messages=60, seed=3), within=[1.0])
    assert any(each.startswith("only ") and "orders were seen to end" in each for each in tiny.warnings)
    assert not tiny.lifetimes.ages
    assert "lifetimes" not in [chart.name for chart in charts(tiny)]
    assert "were seen: too few to draw" in page(tiny)


def test_what_was_read(written: str, report: QueueReport) -> None:
    """The counts of messages add up, and a share that is not all of it is not called 100 %."""
    assert f"<td>level-3 messages</td><td>{report.messages:,}</td>" in written
    assert "<td>100 % of them</td>" in written
    lost = msgspec.structs.replace(report, messages=99_999, desyncs=1, ignored=0)
    assert "<td>99.99 % of them</td>" in page(lost, [])


def test_without_matplotlib(report: QueueReport, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how to install it."""
    real = builtins.__import__

    def gone(name: str, *more: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", gone)
    with pytest.raises(ConfigurationError, match="charts need matplotlib") as refused:
        charts(report)
    assert refused.value.hint == "pip install 'havklo[research]'"
