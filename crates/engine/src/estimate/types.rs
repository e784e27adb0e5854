//! What goes into the estimator and what comes out.

use crate::ladder::Side;
use alloc::vec::Vec;

/// Why an order came, left or shrank, as far as the message itself proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It was placed.
    New,
    /// Its level came into the window of the book from outside: not a new order.
    Edge,
    /// A trade took a part of it.
    Fill,
    /// Its owner took it away.
    Cancel,
    /// Its owner changed it.
    Amend,
    /// It was the first of the best level and is gone: by a trade or by its owner.
    Unknown,
}

/// What happened to one order.
#[derive(Clone, Copy, Debug)]
pub struct OrderEvent {
    /// Which side it rests on.
    pub side: Side,
    /// Its price in ticks.
    pub price: u128,
    /// Why.
    pub kind: Kind,
    /// Whether it came, or came back, rather than left or shrank.
    pub arrival: bool,
    /// How much came or went, in units of the base currency.
    pub qty: f64,
    /// Rises with the place in the queue: an order ahead of another at its price has the smaller one.
    pub sequence: u64,
    /// When the order came, in nanoseconds of the exchange's clock.
    pub entered_ns: i64,
}

/// The best few levels of a book after a message.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Bids, best first.
    pub bids: &'a [ViewLevel],
    /// Asks, best first.
    pub asks: &'a [ViewLevel],
}

impl<'a> View<'a> {
    pub(super) const fn side(&self, side: Side) -> &'a [ViewLevel] {
        match side {
            Side::Bid => self.bids,
            Side::Ask => self.asks,
        }
    }
}

/// One price of a view.
#[derive(Clone, Copy, Debug, Default)]
pub struct ViewLevel {
    /// In ticks.
    pub price: u128,
    /// In units of the base currency.
    pub qty: f64,
    /// How many orders make it up.
    pub orders: u32,
}

/// An order of a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct RestingOrder {
    /// Which side it rests on.
    pub side: Side,
    /// Its price in ticks.
    pub price: u128,
    /// Its quantity in units of the base currency.
    pub qty: f64,
    /// Rises with the place in the queue.
    pub sequence: u64,
    /// When it came, in nanoseconds of the exchange's clock.
    pub entered_ns: i64,
}

/// How an estimator forgets, and what it watches.
#[derive(Clone, Debug)]
pub struct Options {
    /// After how many seconds an event counts half in the rates; None: all count alike for ever.
    pub half_life_s: Option<f64>,
    /// The same for the outcomes of shadow orders, of which many more are needed.
    pub outcomes_half_life_s: Option<f64>,
    /// For which horizons, in seconds, the outcomes of shadow orders are kept; six at most, the longest 600 s.
    pub horizons_s: Vec<f64>,
    /// The orders that are held at most; beyond it the worst levels are let go.
    pub most_orders: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            half_life_s: Some(1_800.0),
            outcomes_half_life_s: Some(21_600.0),
            horizons_s: alloc::vec![1.0, 3.0, 10.0, 60.0],
            most_orders: 100_000,
        }
    }
}

/// How a probability is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Cont, Stoikov and Talreja (2010): orders of the mean size, constant rates.
    Cst,
    /// Cancel hazards by age of the very orders ahead, trades that cluster, corrected by the outcomes of shadow orders.
    Auto,
    /// The outcomes of shadow orders that had about as much ahead of them (Aalen-Johansen).
    Empirical,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Cst, Self::Auto, Self::Empirical];

    /// The name used everywhere.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cst => "cst",
            Self::Auto => "auto",
            Self::Empirical => "empirical",
        }
    }
}

/// How much of the order must be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Any part of it.
    FirstTouch,
    /// All of it.
    FullFill,
}

impl Amount {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::FirstTouch, Self::FullFill];

    /// The name used everywhere.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FirstTouch => "first_touch",
            Self::FullFill => "full_fill",
        }
    }
}

/// What ends the observation beside the horizon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Nothing: the order is held at its price, whatever the quotes do.
    PriceHeld,
    /// A best price of either side gets farther from the order than it was when the question was asked.
    BeforeMove,
}

impl Until {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::PriceHeld, Self::BeforeMove];

    /// The name used everywhere.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PriceHeld => "price_held",
            Self::BeforeMove => "before_move",
        }
    }
}

/// Of what a probability is one. The order's owner is taken not to cancel it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// How much must be filled.
    pub amount: Amount,
    /// What ends the observation.
    pub until: Until,
}

/// What is filled before the order in question, those at better prices included.
#[derive(Clone, Copy, Debug)]
pub enum Ahead<'a> {
    /// Quantity and age in seconds of each order.
    Orders(&'a [(f64, f64)]),
    /// All of them together.
    Summary {
        /// In units of the base currency.
        qty: f64,
        /// Their mean age in seconds.
        mean_age_s: f64,
    },
}

/// An order in question.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Its side.
    pub side: Side,
    /// How many prices of its side are better than its own.
    pub level: u32,
    /// Its own quantity in units of the base currency; matters only where all of it must be filled.
    pub qty: f64,
    /// What is filled before it.
    pub ahead: Ahead<'a>,
    /// The quantity at the best price of the other side.
    pub opposite: f64,
    /// Of what the probability is asked.
    pub definition: Definition,
}

/// A probability, with how sure it is.
#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    /// The probability; NaN before anything was seen that could tell, or for a question with numbers that are none.
    pub p: f64,
    /// It is above this,
    pub low: f64,
    /// and below this, with 95 % confidence, as far as the model holds.
    pub high: f64,
    /// How it was found.
    pub model: Model,
    /// Whether at least 2,000 effective outcomes of shadow orders stand behind it.
    pub calibrated: bool,
    /// Behind a calibrated or an empirical one: effective outcomes; else the sweeps that its trade rate is made of.
    pub n_events: f64,
    /// Of what it is the probability.
    pub definition: Definition,
}

/// The rates that one side is hit and left with, all of them estimates.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    /// Mean quantity of a limit order near the best price: the unit of those below.
    pub unit: f64,
    /// Units traded against this side, per second.
    pub market: f64,
    /// Units of limit orders that join its best price, per second.
    pub limit: f64,
    /// Cancels per second of each order at the best price.
    pub cancel: f64,
    /// Shape of the Gamma law of the trade rate over the asked horizon; infinite where trades do not cluster.
    pub shape: f64,
    /// Traded sweeps, decayed.
    pub sweeps: f64,
    /// Cancels of both sides, decayed.
    pub cancels: f64,
    /// Seconds of observation, decayed.
    pub seconds: f64,
}
