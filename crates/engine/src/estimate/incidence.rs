//! The Aalen-Johansen estimator: how often the one end comes, when another may come before it.
//!
//! One minus Kaplan-Meier with the other end taken for censoring answers another question, and is far too large.

use alloc::vec::Vec;

/// How a history ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With a fill.
    Filled,
    /// With the quotes having moved away.
    Away,
    /// It was not seen to the end.
    Censored,
}

/// The probability of a fill, before the quotes moved away, by each of the times; from histories in any order.
///
/// `F(t) = sum over t_i <= t of S(t_i-) d_i / n_i`, with `S` the share that had not ended in any way.
#[must_use]
pub fn cumulative_incidence(histories: &[(f64, End)], times: &[f64]) -> Vec<f64> {
    let mut rising = histories.to_vec();
    // At one time, ends come before censoring.
    rising.sort_by(|one, other| {
        one.0.total_cmp(&other.0).then((one.1 == End::Censored).cmp(&(other.1 == End::Censored)))
    });
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by(|one, other| times[*one].total_cmp(&times[*other]));
    let mut found = alloc::vec![0.0; times.len()];
    let (mut surviving, mut filled, mut at_risk) = (1.0, 0.0, float(rising.len()));
    let mut next = 0;
    for index in order {
        while let Some((_, end)) = rising.get(next).filter(|(time, _)| *time <= times[index]) {
            // Ties one after the other give the same as all at once.
            if *end == End::Filled {
                filled += surviving / at_risk;
            }
            if *end != End::Censored {
                surviving *= 1.0 - 1.0 / at_risk;
            }
            at_risk -= 1.0;
            next += 1;
        }
        found[index] = filled;
    }
    found
}

const CELLS: usize = 40;
const CELLS_FLOAT: f64 = 40.0;

/// Histories counted in cells of time that grow with it, so that old ones can fade; in bounded memory.
#[derive(Clone, Debug)]
pub struct Incidence {
    longest_s: f64,
    filled: [f64; CELLS],
    away: [f64; CELLS],
    censored: [f64; CELLS],
    all: f64,
}

impl Incidence {
    pub fn new(longest_s: f64) -> Self {
        Self { longest_s, filled: [0.0; CELLS], away: [0.0; CELLS], censored: [0.0; CELLS], all: 0.0 }
    }

    /// One history; what lasts longer than the longest only counts as having been at risk.
    pub fn add(&mut self, weight: f64, time_s: f64, end: End) {
        self.all += weight;
        if time_s >= self.longest_s {
            return;
        }
        let cell = index(libm::sqrt(time_s.max(0.0) / self.longest_s) * CELLS_FLOAT).min(CELLS - 1);
        match end {
            End::Filled => self.filled[cell] += weight,
            End::Away => self.away[cell] += weight,
            End::Censored => self.censored[cell] += weight,
        }
    }

    /// Adds the histories of another.
    pub fn join(&mut self, other: &Self) {
        self.all += other.all;
        let pairs =
            [(&mut self.filled, &other.filled), (&mut self.away, &other.away), (&mut self.censored, &other.censored)];
        for (sums, more) in pairs {
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
    }

    pub fn scale(&mut self, factor: f64) {
        self.all *= factor;
        for sum in self.filled.iter_mut().chain(&mut self.away).chain(&mut self.censored) {
            *sum *= factor;
        }
    }

    /// All histories, with their weights.
    pub const fn all(&self) -> f64 {
        self.all
    }

    /// The probability of a fill by this time.
    pub fn by(&self, within_s: f64) -> f64 {
        let (mut surviving, mut found, mut at_risk, mut begins) = (1.0, 0.0, self.all, 0.0);
        for cell in 0..CELLS {
            let share = (float(cell) + 1.0) / CELLS_FLOAT;
            let ends = self.longest_s * share * share;
            let part = ((within_s - begins) / (ends - begins)).clamp(0.0, 1.0);
            // Those that were lost sight of within the cell were at risk for half of it.
            let exposed = at_risk - 0.5 * self.censored[cell];
            if part <= 0.0 || exposed <= 0.0 {
                break;
            }
            let ended = self.filled[cell] + self.away[cell];
            found += part * surviving * self.filled[cell] / exposed;
            surviving *= 1.0 - (ended / exposed).min(1.0);
            at_risk -= ended + self.censored[cell];
            begins = ends;
        }
        found.min(1.0)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not below 0")]
fn index(place: f64) -> usize {
    place as usize
}

#[expect(clippy::cast_precision_loss, reason = "a count")]
fn float(count: usize) -> f64 {
    count as f64
}
