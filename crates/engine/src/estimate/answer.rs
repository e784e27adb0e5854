//! Questions to an estimator: what it says now, and what it has its shadow orders say when they are placed.

use crate::estimate::decay::nanoseconds;
use crate::estimate::estimator::Estimator;
use crate::estimate::isotonic::{ENOUGH, wilson};
use crate::estimate::predict::{Doubts, PARTS, Situation};
use crate::estimate::shadow::{HORIZONS, NEVER, Shadow};
use crate::estimate::types::{Ahead, Amount, Definition, Estimate, Model, Query, Rates, Until};
use crate::ladder::Side;
use alloc::vec::Vec;

impl Estimator {
    /// The probability that an order is filled within so many seconds; infinite: ever, before a quote moves away.
    #[must_use]
    pub fn probability(&self, query: &Query<'_>, model: Model, within_s: f64) -> Estimate {
        let nothing = Estimate {
            p: f64::NAN,
            low: 0.0,
            high: 1.0,
            model,
            calibrated: false,
            n_events: 0.0,
            definition: query.definition,
        };
        let ages = self.hazards[usize::from(query.level > 0)].rates(self.present.weight());
        let rates =
            |share| (self.rates(query.side, within_s, share), self.rates(opposite(query.side), within_s, share));
        let (own, other) = rates(self.traded_share(query.side));
        let situation = Situation {
            own,
            other,
            ages,
            ahead: query.ahead,
            qty: query.qty,
            opposite: query.opposite,
            definition: query.definition,
            within_s,
        };
        if !is_sound(query, within_s) || own.unit <= 0.0 || own.seconds <= 0.0 {
            return nothing;
        }
        let level = usize::from(query.level > 0);
        let (until, has_shadows) = (query.definition.until, has_shadows(query, own.unit));
        if model == Model::Empirical {
            let found = self.record.empirical(level, until, within_s, situation.qty_ahead() / own.unit);
            let Some((p, near, all)) = found.filter(|_| has_shadows) else { return nothing };
            let (low, high) = wilson(p, near);
            return Estimate { p, low, high, calibrated: self.knows_trades && all >= ENOUGH, n_events: all, ..nothing };
        }
        let run = |situation: &Situation<'_>| if model == Model::Cst { situation.cst() } else { situation.auto() };
        let Some(said) = run(&situation) else { return nothing };
        if model == Model::Auto
            && has_shadows
            && self.knows_trades
            && let Some((p, near, all)) = self.record.corrected(level, until, within_s, said)
            && all >= ENOUGH
        {
            let (low, high) = wilson(p, near);
            return Estimate { p, low, high, calibrated: true, n_events: all, ..nothing };
        }
        let (mut low, mut high) = situation.interval(said, self.doubts(query.side), run);
        if !self.knows_trades {
            // Nobody told which orders that left were traded: anything between none and all of them.
            for share in [0.0, 1.0] {
                let (own, other) = rates(share);
                let p = run(&Situation { own, other, ..situation }).unwrap_or(said);
                (low, high) = (low.min(p), high.max(p));
            }
        }
        if query.level > 0 {
            // Orders that will come at better prices go first, and no model here counts them.
            low = 0.0;
        }
        Estimate { p: said, low: low.min(said), high: high.max(said), n_events: own.sweeps, ..nothing }
    }

    /// The rates of one side, as they are estimated now.
    #[must_use]
    pub fn rates_of(&self, side: Side, within_s: f64) -> Rates {
        self.rates(side, within_s, self.traded_share(side))
    }

    /// What is filled before an order at this price: quantity and age in seconds of each, own orders left out. With a
    /// sequence, that of an order of this price; without, a new one at the back.
    #[must_use]
    pub fn ahead(&self, side: Side, price: u128, sequence: Option<u64>) -> Vec<(f64, f64)> {
        let found = self.orders.ahead(side, price, sequence.unwrap_or(u64::MAX), self.now_ns);
        found.filter(|(sequence, _, _)| !self.own.contains(sequence)).map(|(_, qty, age_s)| (qty, age_s)).collect()
    }

    /// How many prices of its side are better than this one; and the quantity at the best price of the other side.
    #[must_use]
    pub fn around(&self, side: Side, price: u128) -> (u32, f64) {
        let level = self.orders.better(side, price, 1_000);
        let best = self.tops[opposite(side) as usize].levels[0];
        (u32::try_from(level).unwrap_or(u32::MAX), best.map_or(0.0, |level| level.qty))
    }

    /// Which part of the orders that left the front a trade took, where no trades are told: as many as the others of
    /// their age are canceled were canceled, and the rest was traded.
    fn traded_share(&self, side: Side) -> f64 {
        let unknown: f64 = self.flows.iter().map(|flow| flow.unknown.weight).sum();
        let known = self.flows[side as usize].sweeps.weight;
        if self.knows_trades || unknown <= 0.0 || known > 0.0 {
            return 1.0;
        }
        (1.0 - self.front_cancels / unknown).clamp(0.0, 1.0)
    }

    fn rates(&self, side: Side, within_s: f64, traded_share: f64) -> Rates {
        let (weight, flow) = (self.present.weight(), &self.flows[side as usize]);
        let Some(unit) = self.sizes.mean().filter(|mean| *mean > 0.0 && self.exposure_s > 0.0) else {
            return Rates::default();
        };
        let (traded, sweeps, clustering) = if self.knows_trades {
            let clustering = flow.clustering(weight, unit, nanoseconds(within_s));
            (flow.sweeps.sum, flow.sweeps.weight, clustering)
        } else {
            (flow.fills.sum + traded_share * flow.unknown.sum, flow.fills.weight, 0.0)
        };
        Rates {
            unit,
            market: traded / unit / self.exposure_s,
            limit: flow.joined[0].sum / unit / self.exposure_s,
            cancel: self.hazards[0].mean(),
            shape: if clustering > 1e-6 { 1.0 / clustering } else { f64::INFINITY },
            sweeps: sweeps / weight,
            cancels: self.hazards[0].cancels() / weight,
            seconds: self.exposure_s / weight,
        }
    }

    fn doubts(&self, side: Side) -> Doubts {
        let weight = self.present.weight();
        let cancels = self.hazards[0].cancels() / weight;
        let unit = self
            .sizes
            .variance()
            .zip(self.sizes.mean())
            .map_or(1.0, |(variance, mean)| variance / (mean * mean) / (self.sizes.weight / weight));
        Doubts {
            market: libm::sqrt(self.flows[side as usize].doubt(weight)),
            cancel: libm::sqrt(1.0 / cancels.max(1.0)),
            unit: libm::sqrt(unit),
        }
    }

    /// Places a shadow order at the back of the best price, or of the next; if the orders there are all known.
    pub(super) fn place(&mut self, side: Side, level: usize) {
        let Some(seen) = self.tops[side as usize].levels[level] else { return };
        let Some(other) = self.tops[opposite(side) as usize].levels[0] else { return };
        let Some(queue) = self.orders.at(side, seen.price) else { return };
        let Some(bound) = queue.back().map(|last| last.sequence) else { return };
        if queue.len() != usize::try_from(seen.orders).unwrap_or(usize::MAX)
            || self.orders.better(side, seen.price, 2) != level
        {
            return;
        }
        let ahead = self.ahead(side, seen.price, None);
        let ages = self.hazards[level].rates(self.present.weight());
        let mut said = [[0.0; HORIZONS]; 2];
        let mut units = 0.0;
        for (until, said) in Until::ALL.into_iter().zip(&mut said) {
            let mut lasting = Vec::new();
            for (index, (said, within_s)) in said.iter_mut().zip(&self.horizons_s).enumerate() {
                let situation = Situation {
                    own: self.rates_of(side, *within_s),
                    other: self.rates_of(opposite(side), *within_s),
                    ages,
                    ahead: Ahead::Orders(&ahead),
                    qty: 0.0,
                    opposite: other.qty,
                    definition: Definition { amount: Amount::FirstTouch, until },
                    within_s: *within_s,
                };
                if situation.own.unit <= 0.0 {
                    return;
                }
                if index == 0 {
                    units = situation.qty_ahead() / situation.own.unit;
                    lasting = situation.lasting(&self.horizons_s);
                }
                let part = lasting.get(index * PARTS.len()..).unwrap_or_default();
                let Some(p) = situation.auto_while(part) else { return };
                *said = p;
            }
        }
        self.shadows.place(Shadow {
            side,
            price: seen.price,
            level,
            bound,
            placed_ns: self.now_ns,
            bests: [self.tops[0].best(Side::Bid), self.tops[1].best(Side::Ask)],
            ahead: units,
            said,
            filled_ns: NEVER,
            away_ns: NEVER,
            lost_ns: NEVER,
        });
    }
}

const fn opposite(side: Side) -> Side {
    match side {
        Side::Bid => Side::Ask,
        Side::Ask => Side::Bid,
    }
}

/// Shadow orders have no size, so they tell nothing about filling a large order whole; and they stand at the best price
/// and one deeper.
fn has_shadows(query: &Query<'_>, unit: f64) -> bool {
    query.level <= 1 && (query.definition.amount == Amount::FirstTouch || query.qty <= unit)
}

fn is_sound(query: &Query<'_>, within_s: f64) -> bool {
    let sound = |number: f64| number.is_finite() && number >= 0.0;
    let ahead = match query.ahead {
        Ahead::Orders(orders) => orders.iter().all(|(qty, age_s)| sound(*qty) && sound(*age_s)),
        Ahead::Summary { qty, mean_age_s } => sound(qty) && sound(mean_age_s),
    };
    ahead && within_s > 0.0 && sound(query.qty) && sound(query.opposite)
}
