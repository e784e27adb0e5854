//! What comes against one side and joins it: trades, limit orders, and how strongly the trades cluster.

use crate::estimate::decay::Moments;
use alloc::vec::Vec;

/// Traded quantity over windows of one length.
#[derive(Clone, Debug)]
struct Windows {
    length_ns: i64,
    begun_ns: i64,
    traded: f64,
    moments: Moments,
}

/// The flow of one side.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Quantity of each taker's sweep against this side, from the trades.
    pub sweeps: Moments,
    /// The same of each message, from orders that a trade took for sure.
    pub fills: Moments,
    /// Orders whose leaving the message did not explain.
    pub unknown: Moments,
    /// Limit orders by how many prices were better: 0 joins the best, 1 comes one price deeper, and so on.
    pub joined: [Moments; 10],
    /// Limit orders that made a new best price.
    pub improved: Moments,
    windows: Vec<Windows>,
}

impl Flow {
    pub fn new(lengths_ns: impl Iterator<Item = i64>) -> Self {
        let windows =
            lengths_ns.map(|length_ns| Windows { length_ns, begun_ns: 0, traded: 0.0, moments: Moments::default() });
        Self {
            sweeps: Moments::default(),
            fills: Moments::default(),
            unknown: Moments::default(),
            joined: [Moments::default(); 10],
            improved: Moments::default(),
            windows: windows.collect(),
        }
    }

    /// Windows begin anew: what was under way is not whole.
    pub fn begin(&mut self, now_ns: i64) {
        for each in &mut self.windows {
            (each.begun_ns, each.traded) = (now_ns, 0.0);
        }
    }

    /// It is so late: windows that are over count, each but once.
    pub fn advance(&mut self, weight: f64, now_ns: i64) {
        for each in &mut self.windows {
            let mut over = now_ns.saturating_sub(each.begun_ns) / each.length_ns;
            if over == 0 {
                continue;
            }
            each.begun_ns += over * each.length_ns;
            each.moments.add(weight, each.traded);
            each.traded = 0.0;
            over -= 1;
            each.moments.add(weight * crate::estimate::decay::float(over), 0.0);
        }
    }

    /// So much was traded against this side.
    pub fn traded(&mut self, qty: f64) {
        for each in &mut self.windows {
            each.traded += qty;
        }
    }

    pub fn scale(&mut self, factor: f64) {
        for each in &mut self.joined {
            each.scale(factor);
        }
        for each in [&mut self.sweeps, &mut self.fills, &mut self.unknown, &mut self.improved] {
            each.scale(factor);
        }
        for each in &mut self.windows {
            each.moments.scale(factor);
        }
    }

    /// How much more the traded units of a window vary than a Poisson count would, over the squared mean: the inverse
    /// of the shape `k = m^2 / (v - m)` of a Gamma rate. Between the window lengths by the logarithm of the horizon.
    pub fn clustering(&self, weight: f64, unit: f64, within_ns: i64) -> f64 {
        let mut before: Option<(f64, f64)> = None;
        for each in &self.windows {
            let Some(excess) = excess(&each.moments, weight, unit) else { continue };
            let at = libm::log(crate::estimate::decay::float(each.length_ns));
            let asked = libm::log(crate::estimate::decay::float(within_ns.max(1)));
            match before {
                Some((earlier, less)) if asked <= at => {
                    let share = ((asked - earlier) / (at - earlier)).max(0.0);
                    return less + share * (excess - less);
                }
                None if asked <= at => return excess,
                _ => before = Some((at, excess)),
            }
        }
        before.map_or(0.0, |(_, excess)| excess)
    }

    /// Squared relative error of the mean trade rate, clusters included.
    pub fn doubt(&self, weight: f64) -> f64 {
        let of_windows = self.windows.iter().filter_map(|each| {
            let (mean, variance) = (each.moments.mean()?, each.moments.variance()?);
            let count = each.moments.weight / weight;
            (mean > 0.0 && count >= 20.0).then(|| variance / (mean * mean * count))
        });
        let sweeps = if self.sweeps.weight > 0.0 { &self.sweeps } else { &self.fills };
        let count = sweeps.weight / weight;
        let of_sweeps = if count > 0.0 {
            let ratio = sweeps
                .mean()
                .filter(|mean| *mean > 0.0)
                .map_or(1.0, |mean| (sweeps.squares / sweeps.weight) / (mean * mean));
            ratio / count
        } else {
            1.0
        };
        of_windows.fold(of_sweeps, f64::max)
    }
}

/// None until ten windows are over.
fn excess(moments: &Moments, weight: f64, unit: f64) -> Option<f64> {
    let (mean, variance) = (moments.mean()? / unit, moments.variance()? / (unit * unit));
    (mean > 0.0 && moments.weight >= 10.0 * weight).then(|| ((variance - mean) / (mean * mean)).max(0.0))
}
