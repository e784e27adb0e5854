//! The probability that a resting order is filled, from its place in the queue and three rates.
//!
//! The model is that of Cont, Stoikov and Talreja, "A stochastic model for order book dynamics", Operations Research
//! 58(3), 2010: market orders take from the front of a queue at a rate `market_rate`, every order in it but the own one
//! is cancelled at a rate `cancel_rate`, and new orders come at a rate `limit_rate`, all independent. Quantities are
//! counted in units of the mean order, so a queue need not be whole; its own order is the last of it. Times and rates
//! share a unit: seconds and events per second, or minutes and events per minute.
//!
//! What comes out is a number of the model, not of a market: trades that come in clusters make it far too sure.
//!
//! `within` is a closed form, `mixed` and `full` integrate it, `race` is the walk of two queues, `moments` the mean time
//! of it all, `special` the functions they need.

mod full;
mod mixed;
mod moments;
mod race;
mod special;
mod within;

pub use full::within_full;
pub use mixed::within_mixed;
pub use moments::{Moments, time};
pub use race::{BeforeMove, MAX_ORDERS, before_move, before_move_within};
pub use within::{MAX_QUEUE, within};

use core::fmt;

/// An argument that can't be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadArgument {
    /// The name of the argument.
    pub name: &'static str,
    /// What it must be.
    pub must: &'static str,
}

impl fmt::Display for BadArgument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} must be {}", self.name, self.must)
    }
}

impl core::error::Error for BadArgument {}

fn not_negative(name: &'static str, value: f64) -> Result<(), BadArgument> {
    // A comparison with NaN is false.
    if value >= 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(BadArgument { name, must: "a finite number that is not negative" })
}

fn positive(name: &'static str, value: f64) -> Result<(), BadArgument> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(BadArgument { name, must: "a finite number above 0" })
}

fn size(name: &'static str, value: f64) -> Result<(), BadArgument> {
    if (f64::MIN_POSITIVE..=MAX_QUEUE).contains(&value) {
        return Ok(());
    }
    Err(BadArgument { name, must: "above 0 and at most 1,000,000" })
}
