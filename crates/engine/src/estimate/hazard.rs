//! How often an order of some age is canceled: events over exposure, in buckets of age.

/// Where the buckets end, in seconds; the last one has no end.
const ENDS: [f64; 11] = [0.0625, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
const BUCKETS: usize = ENDS.len() + 1;

fn bucket(age_s: f64) -> usize {
    ENDS.partition_point(|end| *end <= age_s)
}

/// Cancels and exposure of the orders at one distance from the best price.
///
/// The exposure of all ages together is integrated exactly; how it is shared among the ages is sampled at fixed times.
#[derive(Clone, Debug, Default)]
pub struct Hazard {
    cancels: [f64; BUCKETS],
    sampled: [f64; BUCKETS],
    exposure: f64,
}

impl Hazard {
    pub fn canceled(&mut self, weight: f64, age_s: f64) {
        self.cancels[bucket(age_s)] += weight;
    }

    pub fn sampled(&mut self, weight: f64, age_s: f64) {
        self.sampled[bucket(age_s)] += weight;
    }

    /// So many orders were exposed for so long.
    pub fn exposed(&mut self, weight: f64, order_seconds: f64) {
        self.exposure += weight * order_seconds;
    }

    pub fn scale(&mut self, factor: f64) {
        self.exposure *= factor;
        for sum in self.cancels.iter_mut().chain(&mut self.sampled) {
            *sum *= factor;
        }
    }

    /// All cancels, with their weights.
    pub fn cancels(&self) -> f64 {
        self.cancels.iter().sum()
    }

    /// Cancels per second of an order of any age.
    pub fn mean(&self) -> f64 {
        if self.exposure > 0.0 { self.cancels() / self.exposure } else { 0.0 }
    }

    /// Cancels per second by bucket. Where little was seen, one event at the mean rate is added to it.
    pub fn rates(&self, weight: f64) -> Ages {
        let mean = self.mean();
        let all: f64 = self.sampled.iter().sum();
        let mut rates = [mean; BUCKETS];
        if mean > 0.0 && all > 0.0 {
            for (rate, (cancels, sampled)) in rates.iter_mut().zip(self.cancels.iter().zip(&self.sampled)) {
                *rate = (cancels + weight) / (sampled / all * self.exposure + weight / mean);
            }
        }
        Ages { rates, mean }
    }
}

/// Cancels per second by age.
#[derive(Clone, Copy, Debug)]
pub struct Ages {
    rates: [f64; BUCKETS],
    pub mean: f64,
}

impl Ages {
    /// All of them changed by one factor.
    pub fn times(&self, factor: f64) -> Self {
        Self { rates: self.rates.map(|rate| rate * factor), mean: self.mean * factor }
    }

    /// Of an order of just this age.
    pub fn at(&self, age_s: f64) -> f64 {
        self.rates[bucket(age_s)]
    }

    /// Expected cancels of an order of this age over the next seconds, were it never filled.
    pub fn over(&self, age_s: f64, within_s: f64) -> f64 {
        let (mut from, until, mut sum) = (age_s, age_s + within_s, 0.0);
        for index in bucket(age_s)..BUCKETS {
            let end = ENDS.get(index).map_or(until, |end| end.min(until));
            sum += (end - from).max(0.0) * self.rates[index];
            from = end;
            if end >= until {
                break;
            }
        }
        sum
    }
}
