"""The pictures of a queue study, each of which shows numbers of the report and nothing else. They need matplotlib."""

# matplotlib tells the types of its keyword arguments nowhere.
# pyright: reportUnknownMemberType=false

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from havklo.study._paint import COLOURS, INK, MARKERS, new_figure, painting, png, svg
from havklo.study._shapes import Whisker, formatter, histogram, reach, seconds_text, whiskers
from havklo.study.contest import BASE, MODELS
from havklo.study.report import Contest, Lifetimes, QueueReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Chart", "charts", "check"]

_TICKS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_LEAST: Final = 20
"""A place where fewer orders were seen is not shown."""
_VISIBLE: Final = 0.005
"""What is rarer has no edge of its own, which would be thicker than itself."""


class Chart(NamedTuple):
    """One picture.

    Attributes:
        name: A short name, fit for a file.
        title: What it is about.
        caption: How to read it.
        figure: The picture, as matplotlib has it.
    """

    name: str
    title: str
    caption: str
    figure: "Figure"

    def svg(self) -> str:
        """As an SVG element for a page."""
        return svg(self.figure, self.name, f"{self.title} {self.caption}")

    def png(self) -> bytes:
        """As a PNG file's content."""
        return png(self.figure)


def charts(report: QueueReport) -> list[Chart]:
    """Draw all that the report has numbers for.

    Raises:
        ConfigurationError: matplotlib is not installed.
    """
    with painting():
        return [*_drawn(report)]


def check() -> None:
    """Tell beforehand whether anything can be drawn.

    Raises:
        ConfigurationError: matplotlib is not installed.
    """
    with painting():
        return


def _drawn(report: QueueReport) -> Iterator[Chart]:
    scored = [contest for contest in report.contests if contest.scores and not contest.is_thin]
    if scored:
        yield _reliability(scored)
        yield _gain(scored)
        yield _places(scored)
    if report.queues.lengths:
        yield _queues(report)
    if report.queues.joined or report.queues.rates:
        yield _cancels(report)
    if report.lifetimes.ages:
        yield _lifetimes(report.lifetimes)


def _reliability(contests: Sequence[Contest]) -> Chart:
    columns = len(contests)
    width, height = max(4.4, 3.0 * columns), 2.75 * len(MODELS) + 0.4
    figure, axes = new_figure(columns, width, height, rows=len(MODELS))
    for number, one in enumerate(axes):
        row, column = divmod(number, columns)
        model, contest = MODELS[row], contests[column]
        bins = next(score.reliability for score in contest.scores if score.model == model)
        one.plot([0, 1], [0, 1], color=COLOURS["base rate"], linewidth=1, linestyle=(0, (4, 3)))
        one.errorbar(
            [each.predicted for each in bins],
            [each.observed for each in bins],
            yerr=reach([Whisker(0, each.observed, each.low, each.high) for each in bins]),
            color=COLOURS[model],
            marker=MARKERS[model],
            markersize=4.5,
            linewidth=0,
            elinewidth=1.1,
        )
        one.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal", xticks=_TICKS, yticks=_TICKS)
        one.set_title(f"{model}, within {contest.within:g} s")
        if row == len(MODELS) - 1:
            one.set_xlabel("predicted probability")
        if column == 0:
            one.set_ylabel("share that was filled")
    return Chart(
        "reliability",
        "Do predicted probabilities come true?",
        "Each point is a tenth of the scored shadow orders, those that were given about the same probability, with its "
        "95 % interval. On the dashed line, as many were filled as predicted; below it, the model promised too much.",
        figure,
    )


def _places(contests: Sequence[Contest]) -> Chart:
    figure, axes = new_figure(len(contests), max(4.8, 3.2 * len(contests)), 3.0)
    for one, contest in zip(axes, contests, strict=True):
        whiskers(
            one,
            [
                Whisker(each.place, 100 * each.filled, 100 * each.low, 100 * each.high)
                for each in contest.places
                if each.count >= _LEAST
            ],
            COLOURS["filled"],
            start=1,
        )
        one.set(xlabel="orders ahead when it was placed", ylim=(0, 104))
        one.set_title(f"within {contest.within:g} s")
    axes[0].set_ylabel("shadow orders filled (%)")
    return Chart(
        "places",
        "What is a place in the queue worth?",
        "The share of the scored shadow orders at a best price that were filled, by how many orders stood before them "
        f"there. 95 % intervals from blocks of time; places with fewer than {_LEAST} shadow orders are left out.",
        figure,
    )


def _gain(contests: Sequence[Contest]) -> Chart:
    names = [score.model for score in contests[0].scores if score.model != BASE]
    figure, axes = new_figure(len(contests), max(4.8, 3.2 * len(contests)), 2.9)
    for one, contest in zip(axes, contests, strict=True):
        one.axvline(0, color=INK, linewidth=1)
        for place, name in enumerate(names):
            gain = next(score.brier_less_base for score in contest.scores if score.model == name)
            one.errorbar(
                [gain.mean],
                [place],
                xerr=reach([Whisker(place, gain.mean, gain.low, gain.high)]),
                color=COLOURS[name],
                marker=MARKERS[name],
                markersize=6,
                linewidth=1.6,
            )
        first = one is axes[0]
        one.set_yticks(range(len(names)), names if first else [""] * len(names))
        one.set_ylim(len(names) - 0.5, -0.5)
        one.set_xlabel("Brier score less that of the base rate")
        one.set_title(f"within {contest.within:g} s")
        one.locator_params(axis="x", nbins=5)
    return Chart(
        "gain",
        "What does a model know beyond how many are filled?",
        "The Brier score less that of the base rate, on the same orders, with its 95 % interval. Left of the line the "
        "model is better than who knows only the share that was filled until then, right of it worse.",
        figure,
    )


def _queues(report: QueueReport) -> Chart:
    figure, (left, right) = new_figure(2, 9.2, 3.2)
    histogram(left, report.queues.lengths, start=1)
    left.set(xlabel="orders at the best price", ylabel="share of the seconds (%)")
    left.set_title("How long the queues are")
    histogram(right, report.queues.ahead, start=0)
    right.set(xlabel="orders ahead when it came", ylabel="share of the new orders (%)")
    right.set_title("Where new orders come to stand")
    samples, orders = (sum(count for _, count in each) for each in (report.queues.lengths, report.queues.ahead))
    return Chart(
        "queues",
        "How long are the queues?",
        f"Left: both best prices, looked at once a second ({samples:,} looks). Right: the {orders:,} new orders that "
        "came to a best price; 0 ahead is a new best price of its own.",
        figure,
    )


def _cancels(report: QueueReport) -> Chart:
    figure, (left, right) = new_figure(2, 9.2, 3.3)
    whiskers(
        left,
        [
            Whisker(each.place, 100 * each.share, 100 * (each.low or 0.0), 100 * (each.high or 1.0))
            for each in report.queues.joined
            if each.share is not None and each.canceled + each.filled >= _LEAST
        ],
        COLOURS["canceled"],
    )
    left.set(xlabel="orders ahead when it came", ylabel="cancel ratio (%)", ylim=(0, 104))
    left.set_title("Canceled rather than filled")
    whiskers(
        right,
        [
            Whisker(each.place, each.per_second, each.low, each.high)
            for each in report.queues.rates
            if each.cancels >= _LEAST
        ],
        COLOURS["unknown"],
    )
    right.set(xlabel="orders ahead now", ylabel="cancels per order and second")
    right.set_ylim(bottom=0)
    right.set_title("How fast they are canceled")
    return Chart(
        "cancels",
        "Who cancels, by the place in the queue?",
        "Left: of the new orders at a best price that were canceled or filled, the share that was canceled, by how "
        "many stood before them when they came. Right: cancels of an order at a best price per second that it spends "
        f"at that place. Places with fewer than {_LEAST} orders, or cancels, are left out. 95 % intervals, as if "
        "orders were independent.",
        figure,
    )


def _lifetimes(lifetimes: Lifetimes) -> Chart:
    figure, (axes,) = new_figure(1, 9.2, 3.6)
    bottom = [0.0] * len(lifetimes.ages)
    for curve in lifetimes.curves:
        top = [100 * each + low for each, low in zip(curve.probability, bottom, strict=True)]
        colour, label = COLOURS[curve.fate], f"{curve.fate} ({curve.orders:,})"
        axes.fill_between(lifetimes.ages, bottom, top, color=colour, alpha=0.78, linewidth=0, label=label)
        if max(curve.probability) >= _VISIBLE:
            axes.plot(lifetimes.ages, top, color=colour, linewidth=1.2)
        bottom = top
    axes.fill_between(lifetimes.ages, bottom, 100, color=COLOURS["alive"], alpha=0.28, linewidth=0, label="still there")
    if lifetimes.median is not None and lifetimes.ages[0] <= lifetimes.median <= lifetimes.ages[-1]:
        is_early = lifetimes.median**2 < lifetimes.ages[0] * lifetimes.ages[-1] * 0.1
        axes.axvline(lifetimes.median, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(
            f"half have ended by {seconds_text(lifetimes.median)}",
            (lifetimes.median, 97),
            textcoords="offset points",
            xytext=(6 if is_early else -6, 0),
            ha="left" if is_early else "right",
            va="top",
            color=INK,
            fontsize=9,
        )
    axes.set_xscale("log")
    if lifetimes.ages[0] < lifetimes.ages[-1]:
        axes.set_xlim(lifetimes.ages[0], lifetimes.ages[-1])
    axes.xaxis.set_major_formatter(formatter(seconds_text))
    axes.set(ylim=(0, 100), xlabel="age of the order", ylabel="orders (%)")
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside right upper")
    return Chart(
        "lifetimes",
        "How old do orders become, and how do they end?",
        f"The probability to have ended in each way by an age, for the {lifetimes.orders:,} orders that were seen "
        "within the subscription's depth: each way competes with the others (Aalen and Johansen), and what is left "
        f"over survives (Kaplan and Meier). {lifetimes.censored:,} were seen last while they were still there, or left "
        "that depth. An amend ends a life and begins another.",
        figure,
    )
