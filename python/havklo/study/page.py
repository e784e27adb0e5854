"""The report as one HTML file that needs nothing else: tables, pictures as SVG, light and dark."""

from collections.abc import Iterator
from html import escape
from typing import Final

from havklo.analytics.scores import Interval
from havklo.study._paint import style
from havklo.study.charts import Chart, charts
from havklo.study.contest import BASE, NO_CANCELS, TABLE
from havklo.study.report import Contest, QueueReport, Score

__all__ = ["MEANINGS", "facts", "page"]

MEANINGS: Final = {
    "auto": "the book's own answer: ages of the orders ahead, trades that cluster, corrected by shadow orders of its "
    "own once there are enough of them",
    "cst": "Cont, Stoikov and Talreja (2010): constant rates, orders of one size",
    "empirical": "what became of earlier shadow orders with about as much ahead",
    TABLE: "the share of earlier shadow orders that were filled, in 20 bins by the quantity ahead",
    NO_CANCELS: "trades alone work off what is ahead, as a Poisson process",
    BASE: "the share of all earlier shadow orders that were filled",
}
"""What each model is, in a line."""

_BEST: Final = ' class="best"'
_STYLE: Final = """
:root{color-scheme:light dark;--page:#fff;--box:#f5f6f8;--line:#d9dde3;--warn:#8a5a00;--warn-box:#fff6e0}
@media(prefers-color-scheme:dark){:root{--page:#14171c;--box:#1c2027;--line:#343a45;--warn:#f0c060;--warn-box:#2a2415}}
body{margin:2rem auto;max-width:64rem;padding:0 1.25rem;background:var(--page);color:var(--c30343b);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem}h2{font-size:1.2rem;margin:2.4rem 0 .5rem}
p{margin:.4rem 0}.facts{color:var(--c6b7280)}
.warnings{background:var(--warn-box);color:var(--warn);border-radius:6px;padding:.6rem 1rem;margin:1rem 0}
.warnings ul{margin:0;padding-left:1.1rem}
figure{margin:.6rem 0 0}figure svg{width:100%;height:auto;display:block}
figcaption{color:var(--c6b7280);font-size:.9rem;margin-top:.3rem}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums;width:100%}
th,td{text-align:right;padding:.3rem .55rem;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}th{font-weight:600;color:var(--c6b7280)}
.counts{width:auto}.counts td:last-child{text-align:left;color:var(--c6b7280)}
td small{color:var(--c6b7280);font-size:.8rem}tr.best td:first-child{font-weight:700}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;font-size:.92rem}dt{font-weight:600}dd{margin:0}
"""


def page(report: QueueReport, drawn: list[Chart] | None = None) -> str:
    """Write the page.

    Args:
        report: What was found.
        drawn: Its charts, if they are drawn already.

    Raises:
        ConfigurationError: matplotlib is not installed.
    """
    pictures = charts(report) if drawn is None else drawn
    return "\n".join(_parts(report, pictures)) + "\n"


def _parts(report: QueueReport, pictures: list[Chart]) -> Iterator[str]:
    title = escape(f"Queues of {report.source.symbol}")
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title><style>{style()}{_STYLE}</style></head><body>"
    yield f'<h1>{title}</h1><p class="facts">{escape(facts(report))}</p>'
    yield from _warnings(report.warnings)
    yield "<h2>What was read?</h2>"
    yield from _counts(report)
    yield "<h2>How good are probabilities of a fill?</h2>"
    yield (
        "<p>Every second an order was placed in thought at the back of both best prices and one price deeper: "
        f"{report.shadows:,} shadow orders. Each model said at that moment how likely it was to be filled, in any part "
        "of it, within so many seconds if it is held at its price whatever the quotes do. Nothing that came later was "
        f"known to it. The first {report.split:.0f} s only taught; those placed later are scored. Less is better in "
        "all columns but the bias, which should be 0. In brackets are 95 % intervals, from resampled blocks of time. "
        "The best Brier score is in bold.</p>"
    )
    for contest in report.contests:
        yield from _contest(contest)
    yield f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(text)}</dd>' for name, text in MEANINGS.items())}</dl>"
    for picture in pictures:
        yield f"<h2>{escape(picture.title)}</h2>"
        yield f"<figure>{picture.svg()}<figcaption>{escape(picture.caption)}</figcaption></figure>"
    yield "</body></html>"


def _counts(report: QueueReport) -> Iterator[str]:
    whole = report.messages + report.desyncs + report.ignored
    told = [
        ("level-3 messages", whole, ""),
        ("verified by Kraken's checksum", report.messages, f"{_share(report.messages, whole)} of them"),
        ("not proven (desyncs)", report.desyncs, "what was under way then is left out"),
        ("ignored", report.ignored, "until a snapshot came after a desync"),
        ("trades", report.trades, "" if report.has_trades else "the channel is not in it"),
        ("shadow orders", report.shadows, f"the first {report.split:,.0f} s of {report.seconds:,.0f} s only teach"),
        ("orders seen to end", report.lifetimes.orders - report.lifetimes.censored, "within the subscription's depth"),
    ]
    yield '<div class="wide"><table class="counts"><tbody>'
    for name, number, note in told:
        yield f"<tr><td>{escape(name)}</td><td>{number:,}</td><td>{escape(note)}</td></tr>"
    yield "</tbody></table></div>"


def _share(part: int, whole: int) -> str:
    """A share in percent; less than all of it is never 100 %."""
    if part == whole:
        return "100 %"
    return f"{min(99.99, 100 * part / whole):.2f} %"


def facts(report: QueueReport) -> str:
    """What the study was made of, in a line."""
    source = report.source
    parts = [
        f"{'simulated' if source.kind == 'simulated' else 'recorded'}: {source.name}",
        f"depth {source.depth}",
        f"{report.seconds:,.0f} s",
        f"{report.messages:,} proven messages",
        f"{report.desyncs:,} not proven",
        f"{report.trades:,} trades" if report.has_trades else "no trades recorded",
    ]
    return ", ".join(parts)


def _contest(contest: Contest) -> Iterator[str]:
    yield f"<h2>Within {contest.within:g} s</h2>"
    yield from _warnings(contest.warnings)
    if contest.is_thin or contest.filled is None:
        return
    left_out = f" Left out: {contest.unseen:,} whose end was not seen, {contest.unpredicted:,} without a prediction."
    yield (
        f'<p class="facts">{contest.cases:,} shadow orders, of which {contest.filled:.1%} were filled; '
        f"{contest.blocks} blocks of {contest.block:.0f} s."
        f"{left_out if contest.unseen or contest.unpredicted else ''}</p>"
    )
    yield '<div class="wide"><table><thead><tr><th>model</th><th>Brier score</th><th>log-loss</th>'
    yield "<th>calibration error</th><th>bias</th><th>Brier less base rate</th><th>calibrated</th></tr></thead><tbody>"
    best = min(contest.scores, key=lambda score: score.brier.mean)
    for score in contest.scores:
        yield _row(score, is_best=score is best)
    yield "</tbody></table></div>"


def _row(score: Score, *, is_best: bool) -> str:
    cells = [
        _cell(score.brier, "{:.4f}"),
        _cell(score.log_loss, "{:.3f}"),
        _cell(score.calibration_error, "{:.3f}"),
        _cell(score.bias, "{:+.3f}"),
        "" if score.model == BASE else _cell(score.brier_less_base, "{:+.4f}"),
        "" if score.calibrated is None else f"{score.calibrated:.0%}",
    ]
    row = "".join(f"<td>{cell}</td>" for cell in cells)
    return f"<tr{_BEST if is_best else ''}><td>{escape(score.model)}</td>{row}</tr>"


def _cell(interval: Interval, form: str) -> str:
    return f"{form.format(interval.mean)} <small>[{form.format(interval.low)}, {form.format(interval.high)}]</small>"


def _warnings(warnings: tuple[str, ...]) -> Iterator[str]:
    if warnings:
        yield f'<div class="warnings"><ul>{"".join(f"<li>{escape(each)}</li>" for each in warnings)}</ul></div>'
