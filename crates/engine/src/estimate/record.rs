//! What became of shadow orders, kept by horizon, definition and distance from the best price.

use crate::estimate::decay::{Present, nanoseconds, seconds};
use crate::estimate::incidence::{End, Incidence};
use crate::estimate::isotonic::{Outcomes, log_odds};
use crate::estimate::shadow::{NEVER, Shadow};
use crate::estimate::types::Until;
use alloc::vec::Vec;

/// Strata of what was ahead: a third of an octave each.
const STRATA: usize = 28;
const STRATA_PER_OCTAVE: f64 = 3.0;
/// An empirical answer comes from at least this part of all shadow orders: those with about as much ahead.
const PART: f64 = 0.125;

/// The outcomes of shadow orders.
#[derive(Clone, Debug)]
pub struct Record {
    pub present: Present,
    horizons_s: Vec<f64>,
    /// By distance, `Until` and horizon.
    maps: [[Vec<Outcomes>; 2]; 2],
    /// By distance, `Until` and stratum.
    strata: [[Vec<Incidence>; 2]; 2],
}

impl Record {
    pub fn new(half_life_s: Option<f64>, horizons_s: &[f64]) -> Self {
        let longest = horizons_s.last().copied().unwrap_or(1.0);
        let maps: Vec<Outcomes> = horizons_s.iter().map(|horizon| Outcomes::new(*horizon)).collect();
        let strata = alloc::vec![Incidence::new(longest); STRATA];
        Self {
            present: Present::new(half_life_s),
            horizons_s: horizons_s.to_vec(),
            maps: [[maps.clone(), maps.clone()], [maps.clone(), maps]],
            strata: [[strata.clone(), strata.clone()], [strata.clone(), strata]],
        }
    }

    pub fn advance(&mut self, now_ns: i64) {
        let Some(factor) = self.present.advance(now_ns) else { return };
        self.maps.iter_mut().flatten().flatten().for_each(|map| map.scale(factor));
        self.strata.iter_mut().flatten().flatten().for_each(|stratum| stratum.scale(factor));
    }

    /// A shadow order is over.
    pub fn add(&mut self, shadow: &Shadow) {
        let weight = self.present.weight();
        for until in Until::ALL {
            let said = &shadow.said[until as usize];
            let maps = &mut self.maps[shadow.level][until as usize];
            for ((map, said), horizon) in maps.iter_mut().zip(said).zip(&self.horizons_s) {
                if let Some(so) = shadow.outcome(until, nanoseconds(*horizon)) {
                    map.add(weight, *said, so, shadow.placed_ns);
                }
            }
            let away = if until == Until::BeforeMove { shadow.away_ns } else { NEVER };
            let (at, end) = if shadow.filled_ns <= away.min(shadow.lost_ns) {
                (shadow.filled_ns, End::Filled)
            } else if away <= shadow.lost_ns {
                (away, End::Away)
            } else {
                (shadow.lost_ns, End::Censored)
            };
            let stratum = &mut self.strata[shadow.level][until as usize][stratum(shadow.ahead)];
            stratum.add(weight, seconds(shadow.placed_ns, at), end);
        }
    }

    /// What is so when a model says this: the probability, effective outcomes near it, and effective outcomes in all.
    ///
    /// Between two horizons it is mixed by the logarithm of the time; outside of them nothing is known.
    pub fn corrected(&self, level: usize, until: Until, within_s: f64, said: f64) -> Option<(f64, f64, f64)> {
        let maps = &self.maps[level][until as usize];
        let (left, right) = self.around(within_s)?;
        let one = |index: usize| {
            let (p, near) = maps[index].corrected(said, &self.present)?;
            Some((p, near, maps[index].effective(&self.present)))
        };
        let (before, after) = (one(left)?, one(right)?);
        if left == right {
            return Some(before);
        }
        let (from, to) = (self.horizons_s[left], self.horizons_s[right]);
        let share = libm::log(within_s / from) / libm::log(to / from);
        let odds = log_odds(before.0) + share * (log_odds(after.0) - log_odds(before.0));
        Some((1.0 / (1.0 + libm::exp(-odds)), before.1.min(after.1), before.2.min(after.2)))
    }

    /// What became of those that had about as much ahead: the probability, effective outcomes behind it, and in all.
    pub fn empirical(&self, level: usize, until: Until, within_s: f64, ahead: f64) -> Option<(f64, f64, f64)> {
        let strata = &self.strata[level][until as usize];
        let longest = *self.horizons_s.last()?;
        let all: f64 = strata.iter().map(Incidence::all).sum();
        if all <= 0.0 || within_s > longest {
            return None;
        }
        let middle = stratum(ahead);
        let mut near = strata[middle].clone();
        for apart in 1..STRATA {
            if near.all() >= PART * all {
                break;
            }
            for index in [middle.checked_sub(apart), Some(middle + apart)].into_iter().flatten() {
                if let Some(stratum) = strata.get(index) {
                    near.join(stratum);
                }
            }
        }
        // As dependent as the outcomes of the horizon above.
        let nearest = self.horizons_s.partition_point(|horizon| *horizon < within_s);
        let maps = &self.maps[level][until as usize];
        let dependence = maps.get(nearest).map_or(1.0, |map| map.dependence(&self.present));
        let scale = self.present.weight() * dependence;
        Some((near.by(within_s), near.all() / scale, all / scale))
    }

    fn around(&self, within_s: f64) -> Option<(usize, usize)> {
        let right = self.horizons_s.partition_point(|horizon| *horizon < within_s * (1.0 - 1e-9));
        let above = *self.horizons_s.get(right)?;
        if above <= within_s * (1.0 + 1e-9) {
            return Some((right, right));
        }
        Some((right.checked_sub(1)?, right))
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not below 0")]
fn stratum(ahead: f64) -> usize {
    ((libm::log2(1.0 + ahead.max(0.0)) * STRATA_PER_OCTAVE) as usize).min(STRATA - 1)
}
