//! How long the other side's best queue lasts: a birth-and-death chain, solved by uniformization.

use alloc::vec::Vec;

/// What changes the queue, per second; in orders of the mean size.
#[derive(Clone, Copy, Debug)]
pub struct Queue {
    pub limit: f64,
    pub market: f64,
    /// Of each order.
    pub cancel: f64,
}

/// A longer queue is counted in larger units, so that the work is bounded.
const LONGEST: f64 = 32.0;
/// After this many steps what is left shrinks by the same factor with each, as it always does in the end.
const MOST_STEPS: f64 = 400.0;

/// The probability that a queue of so many orders is not empty by each of these rising times.
pub fn survival(orders: f64, queue: Queue, times_s: &[f64]) -> Vec<f64> {
    let coarse = (orders / LONGEST).max(1.0);
    let (limit, market) = (queue.limit / coarse, queue.market / coarse);
    let begin = (orders / coarse).max(1.0);
    // Growth is bounded by cancels; where these are few, by a length that is not reached within the horizon.
    let balance = if queue.cancel > 0.0 { limit / queue.cancel } else { LONGEST };
    let most = begin + balance.min(LONGEST) + 16.0;
    let whole = size(most);
    let rate = limit + market + most * queue.cancel;
    let Some(horizon) = times_s.last().filter(|_| rate > 0.0) else { return alloc::vec![1.0; times_s.len()] };
    let reach = rate * horizon;
    let steps = size((reach + 6.0 * libm::sqrt(reach) + 12.0).min(MOST_STEPS));

    let mut now = alloc::vec![0.0; whole + 1];
    let (low, share) = (size(begin), begin - libm::floor(begin));
    now[low] = 1.0 - share;
    now[low + 1] = share;
    let mut next = now.clone();
    let mut lasting = alloc::vec![0.0; times_s.len()];
    let mut logs: Vec<(f64, f64)> = times_s.iter().map(|time| weight_of_none(rate * time)).collect();
    let (up, down, leave) = (limit / rate, market / rate, queue.cancel / rate);
    let (mut alive, mut before) = (1.0, 1.0);
    for step in 0..=steps {
        (before, alive) = (alive, now[1..].iter().sum());
        let ln_step = if step == 0 { 0.0 } else { libm::log(float(step)) };
        for (sum, (log, ln_mean)) in lasting.iter_mut().zip(&mut logs) {
            if step > 0 {
                *log += *ln_mean - ln_step;
            }
            if *log > -40.0 {
                *sum += libm::exp(*log) * alive;
            }
        }
        for state in 1..=whole {
            let from_below = if state > 1 { up * now[state - 1] } else { 0.0 };
            let from_above = if state < whole { (down + float(state + 1) * leave) * now[state + 1] } else { 0.0 };
            let out = if state < whole { up } else { 0.0 } + down + float(state) * leave;
            next[state] = from_below + from_above + (1.0 - out) * now[state];
        }
        core::mem::swap(&mut now, &mut next);
    }
    let (done, shrinks) = (float(steps), if before > 0.0 { alive / before } else { 0.0 });
    for (sum, time) in lasting.iter_mut().zip(times_s) {
        let mean = rate * time;
        if mean + 6.0 * libm::sqrt(mean) > done && steps == size(MOST_STEPS) && alive > 0.0 {
            // The generating function of the Poisson number of steps, at the factor of each.
            *sum = alive * libm::exp(-done * libm::log(shrinks) - mean * (1.0 - shrinks));
        }
        *sum = sum.clamp(0.0, 1.0);
    }
    lasting
}

/// Logarithms of the Poisson weight of no step, and of the mean.
fn weight_of_none(mean: f64) -> (f64, f64) {
    (-mean, if mean > 0.0 { libm::log(mean) } else { f64::NEG_INFINITY })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "above 0 and bounded")]
fn size(length: f64) -> usize {
    length as usize
}

#[expect(clippy::cast_precision_loss, reason = "a small count")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEAR: f64 = 2e-3;

    fn near(found: &[f64], right: &[f64]) {
        assert!(found.iter().zip(right).all(|(found, right)| (found - right).abs() < NEAR), "{found:?} {right:?}");
    }

    #[test]
    fn one_order_that_nobody_joins() {
        let queue = Queue { limit: 0.0, market: 0.5, cancel: 0.5 };
        let times = [0.5, 1.0, 4.0];
        near(&survival(1.0, queue, &times), &times.map(|time: f64| libm::exp(-time)));
    }

    #[test]
    fn as_the_race_without_own_order_says() {
        // An own order that is never reached: what is left is the other queue alone.
        let rates = crate::fill::BeforeMove {
            limit_rate: 0.0,
            market_rate: 1e-9,
            cancel_rate: 1e-9,
            opposite_limit_rate: 3.0,
            opposite_market_rate: 2.0,
            opposite_cancel_rate: 0.4,
        };
        let queue = Queue { limit: 3.0, market: 2.0, cancel: 0.4 };
        let times = [1.0, 5.0, 20.0, 100.0];
        for orders in [1_u32, 5, 20] {
            let right = times.map(|time| {
                crate::fill::before_move_within(1, orders, time, &rates).map_or(f64::NAN, |(_, away)| 1.0 - away)
            });
            near(&survival(f64::from(orders), queue, &times), &right);
        }
    }
}
