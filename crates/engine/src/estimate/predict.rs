//! From rates and a queue to a probability: the models before any correction.

use crate::estimate::chain::{self, Queue};
use crate::estimate::hazard::Ages;
use crate::estimate::isotonic::log_odds;
use crate::estimate::types::{Ahead, Amount, Definition, Rates, Until};
use crate::fill::{self, BeforeMove, MAX_ORDERS, MAX_QUEUE};
use alloc::vec::Vec;

/// All that a model looks at.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    pub own: Rates,
    pub other: Rates,
    pub ages: Ages,
    pub ahead: Ahead<'a>,
    /// Own quantity.
    pub qty: f64,
    /// Quantity of the other side's best price.
    pub opposite: f64,
    pub definition: Definition,
    /// Infinite: for as long as it takes.
    pub within_s: f64,
}

/// Relative errors, each of one standard deviation.
#[derive(Clone, Copy, Debug)]
pub struct Doubts {
    pub market: f64,
    pub cancel: f64,
    pub unit: f64,
}

impl Situation<'_> {
    pub fn qty_ahead(&self) -> f64 {
        match self.ahead {
            Ahead::Orders(orders) => orders.iter().map(|(qty, _)| qty).sum(),
            Ahead::Summary { qty, .. } => qty,
        }
    }

    /// Orders of the mean size up to the own one; fractions are fine.
    fn place(&self) -> f64 {
        (1.0 + self.qty_ahead() / self.own.unit).min(MAX_QUEUE)
    }

    fn own_units(&self) -> f64 {
        match self.definition.amount {
            Amount::FirstTouch => 1.0,
            Amount::FullFill => (self.qty / self.own.unit).max(1.0),
        }
    }

    /// Constant rates and orders of one size: Cont, Stoikov and Talreja (2010).
    pub fn cst(&self) -> Option<f64> {
        let (own, other, within) = (self.own, self.other, self.within_s);
        if own.market <= 0.0 {
            return Some(0.0);
        }
        if self.definition.until == Until::PriceHeld {
            return self.held(own.cancel, within);
        }
        if self.own_units() > 1.0 {
            return self.whole_before_move();
        }
        let rates = BeforeMove {
            limit_rate: own.limit,
            market_rate: own.market,
            cancel_rate: own.cancel,
            opposite_limit_rate: other.limit,
            opposite_market_rate: other.market,
            opposite_cancel_rate: other.cancel,
        };
        let (queue, opposite) = (whole(self.place()), whole(self.opposite / other.unit));
        if within.is_finite() {
            fill::before_move_within(queue, opposite, within, &rates).ok().map(|(filled, _)| filled)
        } else {
            fill::before_move(queue, opposite, &rates).ok()
        }
    }

    /// Cancels by the age of the very orders ahead, and a trade rate that varies.
    pub fn auto(&self) -> Option<f64> {
        if self.within_s.is_infinite() {
            return self.cst();
        }
        self.auto_while(&self.lasting(&[self.within_s]))
    }

    /// The same, with how long the other side lasts, over the parts of the horizon.
    pub fn auto_while(&self, lasting: &[f64]) -> Option<f64> {
        if self.own.market <= 0.0 {
            return Some(0.0);
        }
        match self.definition.until {
            Until::PriceHeld => self.mixed(self.within_s),
            Until::BeforeMove => {
                Self::before_move(&PARTS.map(|part| part * self.within_s), lasting, |time| self.mixed(time))
            }
        }
    }

    /// The probability that the best price of the other side still stands, over the parts of each of these rising
    /// horizons; nothing where it does not matter.
    pub fn lasting(&self, horizons_s: &[f64]) -> Vec<f64> {
        if self.definition.until == Until::PriceHeld {
            return Vec::new();
        }
        let times: Vec<f64> = horizons_s.iter().flat_map(|horizon| PARTS.map(|part| part * horizon)).collect();
        self.survival(&times)
    }

    /// How far this may be off because the rates are estimates: the delta method in log-odds, 95 %.
    pub fn interval(&self, p: f64, doubts: Doubts, model: impl Fn(&Self) -> Option<f64>) -> (f64, f64) {
        const Z: f64 = 1.96;
        let middle = log_odds(p);
        let mut squares = 0.0;
        for (index, doubt) in [doubts.market, doubts.cancel, doubts.unit].into_iter().enumerate() {
            let moved = |sign: f64| {
                let factor = libm::exp(sign * doubt.min(2.0));
                let mut other = *self;
                match index {
                    0 => other.own.market *= factor,
                    1 => {
                        other.own.cancel *= factor;
                        other.ages = self.ages.times(factor);
                    }
                    _ => {
                        other.own.unit *= factor;
                        other.own.market /= factor;
                    }
                }
                model(&other).map_or(middle, log_odds)
            };
            let half = 0.5 * (moved(1.0) - moved(-1.0));
            squares += half * half;
        }
        let reach = Z * libm::sqrt(squares);
        (expit(middle - reach), expit(middle + reach))
    }

    fn held(&self, cancel: f64, within_s: f64) -> Option<f64> {
        if within_s.is_infinite() {
            return Some(1.0);
        }
        let (place, units) = (self.place(), self.own_units());
        if units > 1.0 {
            return fill::within_full(place, units, within_s, self.own.market, cancel).ok();
        }
        fill::within(place, within_s, self.own.market, cancel).ok()
    }

    fn mixed(&self, within_s: f64) -> Option<f64> {
        let cancel = self.cancel_ahead(within_s);
        if self.own_units() > 1.0 || !self.own.shape.is_finite() || within_s.is_infinite() {
            return self.held(cancel, within_s);
        }
        mixed(self.place(), within_s, self.own.market, self.own.shape, cancel)
    }

    /// Cancels per second of what is ahead, over the horizon: `sum v (H(age + T) - H(age)) / (T sum v)`.
    fn cancel_ahead(&self, within_s: f64) -> f64 {
        if within_s.is_infinite() {
            return self.ages.mean;
        }
        match self.ahead {
            Ahead::Orders(orders) => {
                let (mut sum, mut all) = (0.0, 0.0);
                for (qty, age_s) in orders {
                    sum += qty * self.ages.over(*age_s, within_s);
                    all += qty;
                }
                if all > 0.0 { sum / (within_s * all) } else { self.ages.mean }
            }
            Ahead::Summary { mean_age_s, .. } => self.ages.over(mean_age_s, within_s) / within_s,
        }
    }

    /// Both sides are independent as long as neither has moved, so the fill must come while the other side lasts: the
    /// integral of the density of the one by the survival of the other, which is given at these times.
    fn before_move(times: &[f64], lasting: &[f64], filled: impl Fn(f64) -> Option<f64>) -> Option<f64> {
        let (mut sum, mut before, mut lasted) = (0.0, 0.0, 1.0);
        for (time, lasts) in times.iter().zip(lasting) {
            let now = filled(*time)?;
            sum += (now - before).max(0.0) * 0.5 * (lasted + lasts);
            (before, lasted) = (now, *lasts);
        }
        Some(sum.clamp(0.0, 1.0))
    }

    /// All of a large order before the other side is gone: constant rates, but no closed form.
    fn whole_before_move(&self) -> Option<f64> {
        let times: Vec<f64> = if self.within_s.is_finite() {
            PARTS.map(|part| part * self.within_s).to_vec()
        } else {
            // From a part of the time between two trades to many thousands of it.
            let steps = core::iter::successors(Some(1e-2 / self.own.market), |time| Some(1.25 * time));
            steps.take(72).collect()
        };
        Self::before_move(&times, &self.survival(&times), |time| self.held(self.own.cancel, time))
    }

    fn survival(&self, times_s: &[f64]) -> Vec<f64> {
        let other = self.other;
        let queue = Queue { limit: other.limit, market: other.market, cancel: other.cancel };
        chain::survival(self.opposite / other.unit, queue, times_s)
    }
}

/// [`fill::within_mixed`] to five digits, which is all that a corrected probability needs, at a quarter of its cost: it
/// is asked many times for each shadow order.
///
/// The trade rate is `market e^v`; the integral over `v` is a sum at equal steps, from the middle outwards for as long
/// as the terms are of any weight.
fn mixed(place: f64, within_s: f64, market: f64, shape: f64, cancel: f64) -> Option<f64> {
    let step = (COARSE / libm::sqrt(shape + place)).min(WIDEST_STEP);
    let height = libm::exp(shape * libm::log(shape) - shape - libm::lgamma(shape));
    let mut sum = 0.0;
    for direction in [step, -step] {
        let mut v = if direction > 0.0 { 0.0 } else { direction };
        for _ in 0..MOST_TERMS {
            let rate = libm::exp(v);
            let weight = height * step * libm::exp(-shape * (rate - 1.0 - v));
            let term = weight * fill::within(place, within_s, market * rate, cancel).ok()?;
            sum += term;
            if term < NOTHING {
                break;
            }
            v += direction;
        }
    }
    Some(sum.clamp(0.0, 1.0))
}

const COARSE: f64 = 1.2;
const WIDEST_STEP: f64 = 0.4;
const MOST_TERMS: usize = 200;
const NOTHING: f64 = 1e-7;
/// Parts of the horizon over which the integral is taken.
pub const PARTS: [f64; 6] = [1.0 / 16.0, 0.125, 0.25, 0.5, 0.75, 1.0];

fn expit(odds: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-odds))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded")]
fn whole(units: f64) -> u32 {
    libm::round(units.clamp(1.0, f64::from(MAX_ORDERS))) as u32
}
