//! What passes between two messages: exposure, windows, and the fixed moments at which shadow orders are placed.

use crate::estimate::decay::{nanoseconds, seconds};
use crate::estimate::estimator::{Estimator, SIDES};
use crate::estimate::resolve::WINDOW_NS;
use crate::ladder::Side;

/// A shadow order is placed each quarter of a second: at the best and one price deeper, on both sides in turn.
pub const TICK_NS: i64 = 250_000_000;
const TICK_S: f64 = 0.25;
/// After a longer silence the moments in between are skipped, so that one message never has much to make up for.
const MOST_TICKS: i64 = 40;
/// Shadow orders are over when what may have filled them is resolved, too.
const AFTER_NS: i64 = WINDOW_NS + 2 * TICK_NS;

impl Estimator {
    /// It is so late; until just now the book was as the last message left it.
    pub(super) fn advance(&mut self, now_ns: i64) {
        let now_ns = now_ns.max(self.now_ns);
        if self.next_tick_ns < now_ns - MOST_TICKS * TICK_NS {
            self.next_tick_ns = now_ns - MOST_TICKS * TICK_NS;
        }
        while self.next_tick_ns <= now_ns {
            self.expose(self.next_tick_ns);
            self.tick();
            self.next_tick_ns += TICK_NS;
        }
        self.expose(now_ns);
        if self.sweep.is_some_and(|(at_ns, _, _)| at_ns < now_ns) {
            self.end_sweep();
        }
    }

    /// Counts the time since the last call, with the orders that stood there.
    fn expose(&mut self, now_ns: i64) {
        let passed = seconds(self.now_ns, now_ns);
        self.now_ns = self.now_ns.max(now_ns);
        let weight = self.present.weight();
        self.exposure_s += weight * passed;
        for top in &self.tops {
            for (level, hazard) in top.levels.iter().zip(&mut self.hazards).filter_map(|(l, h)| Some(((*l)?, h))) {
                hazard.exposed(weight * passed, f64::from(level.orders));
            }
            // The first order of the best price is left out.
            if top.levels[0].is_some() {
                self.hazards[0].exposed(weight * passed, -1.0);
            }
        }
        for flow in &mut self.flows {
            flow.advance(weight, self.now_ns);
        }
        self.fade();
    }

    /// What was counted long ago weighs less.
    pub(super) fn fade(&mut self) {
        if let Some(factor) = self.present.advance(self.now_ns) {
            self.scale(factor);
        }
        self.record.advance(self.now_ns);
    }

    fn scale(&mut self, factor: f64) {
        self.flows.iter_mut().for_each(|flow| flow.scale(factor));
        self.hazards.iter_mut().for_each(|hazard| hazard.scale(factor));
        self.sizes.scale(factor);
        self.exposure_s *= factor;
        self.front_cancels *= factor;
    }

    /// A fixed moment: samples the ages, places the shadow order whose turn it is, and closes those that are over.
    fn tick(&mut self) {
        self.sample_ages();
        let side = if self.ticks & 1 == 0 { Side::Bid } else { Side::Ask };
        self.place(side, usize::from(self.ticks >> 1 & 1));
        self.ticks = self.ticks.wrapping_add(1);
        self.conclude();
        let longest = self.horizons_s.last().map_or(0, |horizon| nanoseconds(*horizon));
        while let Some(shadow) = self.shadows.over(self.now_ns.saturating_sub(longest + AFTER_NS)) {
            self.record.add(&shadow);
        }
    }

    fn sample_ages(&mut self) {
        let weight = self.present.weight();
        let ages = self.hazards[0].rates(weight);
        for side in SIDES {
            for (level, hazard) in self.tops[side as usize].levels.iter().zip(&mut self.hazards).enumerate() {
                let (Some(seen), hazard) = hazard else { continue };
                let Some(queue) = self.orders.at(side, seen.price) else { continue };
                let mut held = queue.iter();
                if level == 0
                    && let Some(first) = held.next()
                {
                    self.front_cancels += weight * TICK_S * ages.at(seconds(first.entered_ns, self.now_ns));
                }
                for order in held {
                    hazard.sampled(weight, seconds(order.entered_ns, self.now_ns));
                }
            }
        }
    }
}
