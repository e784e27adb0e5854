"""What a simulated market is like, measured from its messages, beside what was measured on the real one."""

from havklo.sim.report.book import BookTally
from havklo.sim.report.markouts import Markout, Markouts
from havklo.sim.report.measured import MEASURED, Figure
from havklo.sim.report.prices import PriceTally
from havklo.sim.report.render import render
from havklo.sim.report.report import Line, MarketReport, Report, run
from havklo.sim.report.trades import TradeTally

__all__ = [
    "MEASURED",
    "BookTally",
    "Figure",
    "Line",
    "MarketReport",
    "Markout",
    "Markouts",
    "PriceTally",
    "Report",
    "TradeTally",
    "render",
    "run",
]
