//! Shadow orders: placed at fixed times in thought only, and followed until it is known what would have become of them.

use crate::estimate::types::Until;
use crate::ladder::Side;
use alloc::collections::VecDeque;

/// The most horizons that are watched.
pub const HORIZONS: usize = 6;
/// Later than everything.
pub const NEVER: i64 = i64::MAX;

/// One order in thought, at the back of its queue when it was placed.
#[derive(Clone, Copy, Debug)]
pub struct Shadow {
    pub side: Side,
    pub price: u128,
    /// 0 at the best price, 1 one price deeper.
    pub level: usize,
    /// Orders of its price with a greater sequence came after it.
    pub bound: u64,
    pub placed_ns: i64,
    /// Best bid and ask then.
    pub bests: [u128; 2],
    /// What was ahead of it, in mean orders.
    pub ahead: f64,
    /// What the model said then, by `Until` and horizon.
    pub said: [[f64; HORIZONS]; 2],
    pub filled_ns: i64,
    pub away_ns: i64,
    /// From here on nobody knows.
    pub lost_ns: i64,
}

impl Shadow {
    /// Whether it was filled within so long; None if that was not seen.
    pub fn outcome(&self, until: Until, within_ns: i64) -> Option<bool> {
        let end = self.placed_ns.saturating_add(within_ns);
        let in_time = self.filled_ns <= end && (until == Until::PriceHeld || self.filled_ns <= self.away_ns);
        (self.lost_ns > end).then_some(in_time)
    }
}

/// The shadow orders under way, in the order of their placing.
#[derive(Clone, Debug, Default)]
pub struct Shadows {
    open: VecDeque<Shadow>,
}

impl Shadows {
    pub fn place(&mut self, shadow: Shadow) {
        self.open.push_back(shadow);
    }

    /// A trade took an order: so it would every shadow before it.
    pub fn hit(&mut self, side: Side, price: u128, sequence: u64, at_ns: i64) {
        for shadow in self.open.iter_mut().filter(|shadow| shadow.stands_before(side, price, sequence, at_ns)) {
            shadow.filled_ns = shadow.filled_ns.min(at_ns);
        }
    }

    /// A trade may have taken an order, and nobody will know.
    pub fn doubt(&mut self, side: Side, price: u128, sequence: u64, at_ns: i64) {
        for shadow in self.open.iter_mut().filter(|shadow| shadow.stands_before(side, price, sequence, at_ns)) {
            shadow.lost_ns = shadow.lost_ns.min(at_ns);
        }
    }

    /// The orders of a price have been told anew: who is before whom is not known any more.
    pub fn told_anew(&mut self, side: Side, price: u128, at_ns: i64) {
        for shadow in self.open.iter_mut().filter(|shadow| shadow.side == side && shadow.price == price) {
            shadow.lost_ns = shadow.lost_ns.min(at_ns);
        }
    }

    /// The best prices have changed. An order that the other side has reached would have been filled by it.
    pub fn quoted(&mut self, bests: [u128; 2], at_ns: i64) {
        for shadow in &mut self.open {
            let reached = match shadow.side {
                Side::Bid => bests[1] <= shadow.price,
                Side::Ask => bests[0] >= shadow.price,
            };
            if reached {
                shadow.filled_ns = shadow.filled_ns.min(at_ns);
            }
            let (better, farther) = match shadow.side {
                Side::Bid => (bests[0] > shadow.bests[0], bests[1] > shadow.bests[1]),
                Side::Ask => (bests[1] < shadow.bests[1], bests[0] < shadow.bests[0]),
            };
            if better || farther {
                shadow.away_ns = shadow.away_ns.min(at_ns);
            }
        }
    }

    /// One that was placed before this time is over.
    pub fn over(&mut self, before_ns: i64) -> Option<Shadow> {
        self.open.front().filter(|shadow| shadow.placed_ns < before_ns)?;
        self.open.pop_front()
    }

    /// Nothing is known from here on.
    pub fn lose(&mut self, at_ns: i64) {
        for shadow in &mut self.open {
            shadow.lost_ns = shadow.lost_ns.min(at_ns);
        }
    }
}

impl Shadow {
    fn stands_before(&self, side: Side, price: u128, sequence: u64, at_ns: i64) -> bool {
        let is_better = match side {
            Side::Bid => self.price > price,
            Side::Ask => self.price < price,
        };
        self.side == side && self.placed_ns <= at_ns && (is_better || (self.price == price && sequence > self.bound))
    }
}
