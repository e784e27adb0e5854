"""A study of one market's queues, cell by cell: open it as a notebook, or run it as a script."""

# %% [markdown]
# # How good are probabilities of a fill?
#
# `havklo study queue` does this in one command. Here it is in pieces, to look into and to change. It needs
# `pip install 'havklo[research]'`. As a script (`python examples/queue_study.py`) it prints the figures and writes the
# pictures into the current folder.

# %%
from pathlib import Path

from havklo.study import QueueReport, Recorded, Simulated, Tape, study
from havklo.study.charts import Chart, charts

CAPTURE: str | None = None  # a file with level3 and trade frames; None: the simulator
MINUTES = 1.5  # of the simulator: enough to see how it works, while an estimate wants hours
HORIZONS = [1.0, 3.0]  # in seconds

# %% [markdown]
# ## Where the frames come from
#
# A tape gives the frames of one symbol in the order of their arrival. The simulated market plays in virtual time, and
# equal arguments give equal frames. **Nothing that is found in it says anything about Kraken.**

# %%
tape: Tape = Simulated(MINUTES, seed=3) if CAPTURE is None else Recorded(CAPTURE)
print(tape.source)

# %% [markdown]
# ## The study
#
# Every second a shadow order is placed in thought at the back of both best prices and one price deeper. Each model says
# at that moment how likely it is to be filled; what becomes of it is seen later. The first half only teaches, orders of
# the second half are scored: no model has seen what became of them, nor anything else that came later.

# %%
report: QueueReport = study(tape, within=HORIZONS)
print(f"{report.messages:,} messages proven, {report.desyncs} not, {report.trades:,} trades")
for warning in report.warnings:
    print("note:", warning)

# %% [markdown]
# ## Scores
#
# Less is better. The interval is one of 95 %, from blocks of time that are drawn anew: orders that are close in time
# share their luck. A model whose whole interval is below 0 knows more than how many orders are filled.

# %%
for contest in report.contests:
    print(f"\nwithin {contest.within:g} s: {contest.cases:,} shadow orders, {contest.filled or 0.0:.1%} filled")
    for warning in contest.warnings:
        print("note:", warning)
    for score in contest.scores:
        gain = score.brier_less_base
        print(
            f"  {score.model:<13} Brier {score.brier.mean:.4f}  log-loss {score.log_loss.mean:.3f}"
            f"  Brier less base rate {gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
        )

# %% [markdown]
# ## Pictures
#
# Only what there is enough data for is drawn.


# %%
def show(chart: Chart) -> None:
    """The picture, in a notebook; elsewhere a file with it."""
    if "get_ipython" in globals():
        from IPython.display import Image, display  # noqa: PLC0415  # every notebook has it

        display(Image(chart.png()))
        return
    path = Path(f"{chart.name}.png")
    path.write_bytes(chart.png())
    print("written:", path)


for chart in charts(report):
    print(f"\n{chart.title} {chart.caption}")
    show(chart)

# %% [markdown]
# ## The numbers behind them
#
# Pictures show numbers of the report and nothing else, so whatever you want to know instead is a few lines away: here
# how many orders are fleeting, and what became of those that joined a best price, by their place.

# %%
lives = report.lifetimes
for age in (0.01, 0.1, 1.0):
    place = max((number for number, each in enumerate(lives.ages) if each <= age), default=None)
    if place is not None:
        ended = ", ".join(f"{curve.fate} {curve.probability[place]:.1%}" for curve in lives.curves)
        print(f"by {age:g} s: {ended}, still there {lives.surviving[place]:.1%}")
for joined in report.queues.joined:
    if joined.share is not None and joined.low is not None and joined.high is not None:
        share = f"{joined.share:.0%} ({joined.low:.0%} to {joined.high:.0%})"
        print(
            f"{joined.place} ahead: {joined.joined} orders, {share} of those that ended were canceled, the rest filled"
        )
