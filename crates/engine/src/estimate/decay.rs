//! Weights that double every half-life, so that what is old weighs ever less without being touched.

/// How much the present weighs.
#[derive(Clone, Debug)]
pub struct Present {
    half_life_ns: Option<f64>,
    origin_ns: i64,
    fresh_ns: i64,
    weight: f64,
}

/// Above it all weights are divided by it.
const HEAVY: f64 = 1e9;

impl Present {
    pub fn new(half_life_s: Option<f64>) -> Self {
        let given = half_life_s.filter(|seconds| seconds.is_finite() && *seconds > 0.0);
        Self { half_life_ns: given.map(|seconds| seconds * 1e9), origin_ns: 0, fresh_ns: i64::MIN, weight: 1.0 }
    }

    /// The weight of what happens now.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// It is so late; gives a factor by which all sums must be multiplied, once in a great while.
    pub fn advance(&mut self, now_ns: i64) -> Option<f64> {
        let half_life = self.half_life_ns?;
        if self.fresh_ns == i64::MIN {
            (self.origin_ns, self.fresh_ns) = (now_ns, now_ns);
            return None;
        }
        // A thousandth of a half-life is fine enough, and spares nearly every message an exponential.
        if float(now_ns - self.fresh_ns) < half_life / 1_000.0 {
            return None;
        }
        self.fresh_ns = now_ns;
        self.weight = libm::exp2(float(now_ns - self.origin_ns) / half_life);
        if self.weight < HEAVY {
            return None;
        }
        let factor = 1.0 / self.weight;
        (self.origin_ns, self.weight) = (now_ns, 1.0);
        Some(factor)
    }
}

/// Mean and variance of weighted values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moments {
    pub weight: f64,
    pub sum: f64,
    pub squares: f64,
}

impl Moments {
    pub fn add(&mut self, weight: f64, value: f64) {
        self.weight += weight;
        self.sum += weight * value;
        self.squares += weight * value * value;
    }

    pub fn scale(&mut self, factor: f64) {
        self.weight *= factor;
        self.sum *= factor;
        self.squares *= factor;
    }

    pub fn mean(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }

    pub fn variance(&self) -> Option<f64> {
        let mean = self.mean()?;
        Some((self.squares / self.weight - mean * mean).max(0.0))
    }
}

/// Nanoseconds or counts as a float: exact enough, they are all far below 2^53 or differences of times.
#[expect(clippy::cast_precision_loss, reason = "a statistic, no price")]
pub fn float(whole: i64) -> f64 {
    whole as f64
}

/// Seconds between two times; never negative.
pub fn seconds(from_ns: i64, to_ns: i64) -> f64 {
    float(to_ns.saturating_sub(from_ns).max(0)) / 1e9
}

/// Seconds as nanoseconds.
#[expect(clippy::cast_possible_truncation, reason = "a float that is too large becomes the largest integer")]
pub fn nanoseconds(seconds: f64) -> i64 {
    (seconds * 1e9) as i64
}
