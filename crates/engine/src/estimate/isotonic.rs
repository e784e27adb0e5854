//! What became of orders that were given some probability: the isotonic map from what was said to what is so.

use crate::estimate::decay::Present;
use alloc::vec::Vec;

/// Bins of equal width in log-odds, and far out: a model that is nearly sure of all still tells one case from another.
const BINS: usize = 80;
const BINS_PER_WIDTH: f64 = 80.0;
const WIDEST: f64 = 20.0;
/// A knot of the map has at least this part of all outcomes.
const SMALLEST_PART: f64 = 1.0 / 40.0;

/// How many effective outcomes make a map that is trusted.
pub const ENOUGH: f64 = 2_000.0;

#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    weight: f64,
    said: f64,
    so: f64,
}

/// Outcomes by what was said before, and how much they hang together.
#[derive(Clone, Debug)]
pub struct Outcomes {
    bins: [Bin; BINS],
    within_s: f64,
    block_ns: i64,
    begun_ns: i64,
    residual: f64,
    variance: f64,
    /// Sums over blocks of time: squared residuals, and what these were if outcomes were independent.
    seen: f64,
    expected: f64,
    blocks: f64,
}

/// One knot of the map.
#[derive(Clone, Copy, Debug)]
struct Knot {
    weight: f64,
    said: f64,
    so: f64,
}

impl Outcomes {
    pub fn new(within_s: f64) -> Self {
        Self {
            bins: [Bin::default(); BINS],
            within_s,
            block_ns: crate::estimate::decay::nanoseconds((5.0 * within_s).max(60.0)),
            begun_ns: 0,
            residual: 0.0,
            variance: 0.0,
            seen: 0.0,
            expected: 0.0,
            blocks: 0.0,
        }
    }

    pub fn add(&mut self, weight: f64, said: f64, so: bool, placed_ns: i64) {
        if placed_ns.saturating_sub(self.begun_ns) >= self.block_ns {
            self.seen += weight * self.residual * self.residual;
            self.expected += weight * self.variance;
            self.blocks += weight;
            (self.begun_ns, self.residual, self.variance) = (placed_ns, 0.0, 0.0);
        }
        let bin = &mut self.bins[bin(said)];
        let so = f64::from(u8::from(so));
        if bin.weight > 0.0 {
            let usual = bin.so / bin.weight;
            self.residual += so - usual;
            self.variance += usual * (1.0 - usual);
        }
        bin.weight += weight;
        bin.said += weight * said;
        bin.so += weight * so;
    }

    pub fn scale(&mut self, factor: f64) {
        for bin in &mut self.bins {
            bin.weight *= factor;
            bin.said *= factor;
            bin.so *= factor;
        }
        self.seen *= factor;
        self.expected *= factor;
        self.blocks *= factor;
    }

    /// How many outcomes there are for each independent one.
    pub fn dependence(&self, present: &Present) -> f64 {
        if self.blocks < 10.0 * present.weight() || self.expected <= 0.0 {
            // Two are placed a second, and each lasts as long as the horizon.
            return (2.0 * self.within_s).max(1.0);
        }
        (self.seen / self.expected).max(1.0)
    }

    /// Decayed outcomes, as many as they were if they were independent.
    pub fn effective(&self, present: &Present) -> f64 {
        let all: f64 = self.bins.iter().map(|bin| bin.weight).sum();
        all / present.weight() / self.dependence(present)
    }

    /// What is so when this is said, and how many effective outcomes say it; None before there are any.
    pub fn corrected(&self, said: f64, present: &Present) -> Option<(f64, f64)> {
        let knots = self.knots();
        let (first, last) = (knots.first()?, knots.last()?);
        let scale = present.weight() * self.dependence(present);
        let next = knots.partition_point(|knot| knot.said <= said);
        // Beyond the ends the map is flat: a model that is sure there is no surer of what was never seen.
        let (left, right) = match (next.checked_sub(1).and_then(|index| knots.get(index)), knots.get(next)) {
            (Some(left), Some(right)) => (*left, *right),
            (None, _) => (*first, *first),
            (_, None) => (*last, *last),
        };
        let width = right.said - left.said;
        let share = if width > 0.0 { ((said - left.said) / width).clamp(0.0, 1.0) } else { 0.5 };
        let mix = |from: f64, to: f64| from + share * (to - from);
        Some((mix(left.so, right.so), mix(left.weight, right.weight) / scale))
    }

    /// Bins joined until each has its part of all outcomes, then neighbours pooled that would make the map fall.
    fn knots(&self) -> Vec<Knot> {
        let least = SMALLEST_PART * self.bins.iter().map(|bin| bin.weight).sum::<f64>();
        let mut sums: Vec<Bin> = Vec::with_capacity(BINS);
        let mut under = Bin::default();
        for bin in self.bins.iter().filter(|bin| bin.weight > 0.0) {
            under = join(under, *bin);
            if under.weight >= least {
                sums.push(core::mem::take(&mut under));
            }
        }
        if under.weight > 0.0 {
            let before = sums.pop().unwrap_or_default();
            sums.push(join(before, under));
        }
        let mut pooled: Vec<Bin> = Vec::with_capacity(sums.len());
        for mut bin in sums {
            while let Some(before) = pooled.pop_if(|before| before.so * bin.weight >= bin.so * before.weight) {
                bin = join(before, bin);
            }
            pooled.push(bin);
        }
        let knot = |bin: Bin| Knot { weight: bin.weight, said: bin.said / bin.weight, so: bin.so / bin.weight };
        pooled.into_iter().map(knot).collect()
    }
}

fn join(one: Bin, other: Bin) -> Bin {
    Bin { weight: one.weight + other.weight, said: one.said + other.said, so: one.so + other.so }
}

fn bin(said: f64) -> usize {
    index((log_odds(said) + WIDEST) / (2.0 * WIDEST) * BINS_PER_WIDTH).min(BINS - 1)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is below 0 becomes 0")]
fn index(place: f64) -> usize {
    place as usize
}

/// The logarithm of the odds, of a probability that is neither quite 0 nor quite 1.
pub fn log_odds(p: f64) -> f64 {
    let p = p.clamp(1e-9, 1.0 - 1e-9);
    libm::log(p / (1.0 - p))
}

/// Wilson's interval: where the mean of so many independent outcomes can be, with 95 % confidence.
pub fn wilson(p: f64, count: f64) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    if count <= 0.0 {
        return (0.0, 1.0);
    }
    let (middle, spread) =
        (p + Z * Z / (2.0 * count), Z * libm::sqrt(p * (1.0 - p) / count + Z * Z / (4.0 * count * count)));
    let whole = 1.0 + Z * Z / count;
    (((middle - spread) / whole).max(0.0), ((middle + spread) / whole).min(1.0))
}
