"""Microstructure in numbers: the price of size, order flow, what trades cost, how orders live, chances to be filled.

Functions over a book are of one instant. Metrics are fed events and tell rows as soon as they are certain; none of them
looks ahead. The same estimates over arrays are functions, which import numpy when they are called.
"""

from havklo._protocol.attribution import Attribution, Reduction, ReductionCause
from havklo.analytics._metric import Metric, Windowed
from havklo.analytics._shapes import Attributing, Clock
from havklo.analytics.activity import OrderActivity, Tally, WindowActivity
from havklo.analytics.arrays import (
    MarkoutArrays,
    markouts,
    multi_level_order_flow_imbalance,
    order_flow_imbalance,
    window_sums,
)
from havklo.analytics.books import (
    MoveSize,
    SweepCost,
    bid_share,
    imbalance,
    microprice,
    size_to_move,
    sweep,
    weighted_mid,
)
from havklo.analytics.captures import Recorded, read, replay
from havklo.analytics.costs import EffectiveSpread, EffectiveSpreads, Markout, Markouts
from havklo.analytics.depletion import QueueDepletion, SideDepletion, WindowDepletion
from havklo.analytics.estimator import FillEstimate, FillModel, FillRates, fill_incidence
from havklo.analytics.fill import (
    FillOrMove,
    FillTime,
    fill_before_move,
    fill_before_move_within,
    fill_time,
    fill_within,
    fill_within_full,
    fill_within_mixed,
)
from havklo.analytics.lifetimes import (
    Fate,
    FleetingOrders,
    FleetingShare,
    Incidence,
    OrderLifetime,
    OrderLifetimes,
    Origin,
    cumulative_incidence,
)
from havklo.analytics.micro import MicropriceModel
from havklo.analytics.order_flow import (
    LevelFlow,
    MultiLevelOrderFlowImbalance,
    OrderFlow,
    OrderFlowImbalance,
)
from havklo.analytics.trade_flow import TradeFlow, TradeFlowImbalance

__all__ = [  # noqa: RUF022  # grouped as a reader meets them
    # a book at one instant
    "MoveSize",
    "SweepCost",
    "bid_share",
    "imbalance",
    "microprice",
    "size_to_move",
    "sweep",
    "weighted_mid",
    # where events come from
    "Recorded",
    "read",
    "replay",
    # what metrics share
    "Attributing",
    "Attribution",
    "Clock",
    "Metric",
    "Reduction",
    "ReductionCause",
    "Windowed",
    # what trades cost
    "EffectiveSpread",
    "EffectiveSpreads",
    "Markout",
    "MarkoutArrays",
    "Markouts",
    "markouts",
    # order flow and trade flow
    "LevelFlow",
    "MultiLevelOrderFlowImbalance",
    "OrderFlow",
    "OrderFlowImbalance",
    "TradeFlow",
    "TradeFlowImbalance",
    "multi_level_order_flow_imbalance",
    "order_flow_imbalance",
    "window_sums",
    # how orders live
    "Fate",
    "FleetingOrders",
    "FleetingShare",
    "Incidence",
    "OrderActivity",
    "OrderLifetime",
    "OrderLifetimes",
    "Origin",
    "QueueDepletion",
    "SideDepletion",
    "Tally",
    "WindowActivity",
    "WindowDepletion",
    "cumulative_incidence",
    # the chance to be filled
    "FillEstimate",
    "FillModel",
    "FillOrMove",
    "FillRates",
    "FillTime",
    "fill_before_move",
    "fill_before_move_within",
    "fill_incidence",
    "fill_time",
    "fill_within",
    "fill_within_full",
    "fill_within_mixed",
    # where the mid price is expected to go
    "MicropriceModel",
]
