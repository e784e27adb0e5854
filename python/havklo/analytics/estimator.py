"""Fill probabilities that are learned while a book and its trades come, for whoever feeds them by hand.

A level-3 book of a client learns by itself. This is the same estimator for recorded books, for research and for
simulated worlds: `FillModel` is told of snapshots, messages and trades, and asked.

    model = FillModel(horizons=(1.0, 10.0))
    model.snapshot(now_ns, bids, asks, orders)
    model.message(now_ns, bids, asks, events)
    model.trade(now_ns, "sell", price, qty)
    model.probability_at("bid", price, within=10.0)
"""

from havklo._engine import FillEstimate, FillModel, FillRates, fill_incidence

__all__ = ["FillEstimate", "FillModel", "FillRates", "fill_incidence"]
