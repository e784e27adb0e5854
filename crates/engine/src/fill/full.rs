//! The distribution of the time until an order of more than one unit is filled whole.

use super::special::remainder;
use super::within::reached;
use super::{BadArgument, not_negative, size};
use core::f64::consts::PI;
use libm::{asinh, cosh, exp, log, log1p, sinh, sqrt};

/// The probability that an order of `own` units is filled whole within a time, if it is not cancelled.
///
/// A first trade reaches it after ε_b; what is left of it, `own - 1` units which nobody but their owner can cancel, takes
/// a time from Gamma(own - 1, μ) more. `queue` is b as for [`super::within`]: of the own order it counts one unit.
/// An order of one unit or less is filled by the trade that reaches it.
///
/// The convolution is a double exponential quadrature (Takahasi and Mori, 1974) whose step is halved until the answer
/// stands; the error is below 1e-10 for queues and orders up to 200.
///
/// # Errors
/// [`BadArgument`] as for [`super::within`], and for an order that is not above 0 or larger than [`super::MAX_QUEUE`].
pub fn within_full(queue: f64, own: f64, within: f64, market_rate: f64, cancel_rate: f64) -> Result<f64, BadArgument> {
    size("queue", queue)?;
    size("own", own)?;
    not_negative("within", within)?;
    not_negative("market_rate", market_rate)?;
    not_negative("cancel_rate", cancel_rate)?;
    let (rest, trades) = (own - 1.0, market_rate * within);
    if rest <= 0.0 {
        return Ok(reached(queue, within, market_rate, cancel_rate));
    }
    if trades <= 0.0 {
        return Ok(0.0);
    }
    // As in `reached`: even if nobody cancelled, what remains is below e^-40.
    if trades >= 2.0 * (queue + rest) + 200.0 {
        return Ok(1.0);
    }
    Ok(convolve(rest, trades, |left| reached(queue, within * left, market_rate, cancel_rate)).clamp(0.0, 1.0))
}

/// The integral of `reached(share of the time left)` over the density of Gamma(m, 1) up to `trades`.
///
/// The share of the time that the rest of the order takes is `1/(1 + e^-a)` with `a = π sinh t`: whatever happens at
/// either end of the time is stretched until it is smooth.
fn convolve(m: f64, trades: f64, reached: impl Fn(f64) -> f64) -> f64 {
    // An end is left out where its weight is below e^-FAR.
    const FAR: f64 = 40.0;
    // When the finer of two sums this close is good: it has lost much less than they differ.
    const CLOSE: f64 = 1e-10;
    const HALVINGS: u32 = 9;
    let height = sqrt(m / (2.0 * PI)) * exp(-remainder(m));
    let scale = log(trades / m);
    let point = |t: f64| {
        let a = PI * sinh(t);
        let small = log1p(exp(-a.abs()));
        let (spent, left) = (-(small + (-a).max(0.0)), -(small + a.max(0.0)));
        let weight = m * (spent + scale) + m - trades * exp(spent) + left;
        if weight < -2.0 * FAR { 0.0 } else { height * exp(weight) * PI * cosh(t) * reached(exp(left)) }
    };
    let first = -asinh((FAR / m + 1.0 + scale.max(0.0)).max(FAR) / PI);
    let last = asinh(FAR / PI);
    let sum = |from: f64, step: f64| {
        let (mut t, mut sum) = (from, 0.0);
        while t <= last {
            sum += point(t);
            t += step;
        }
        sum
    };
    let mut step = (1.0 / sqrt(m)).min(0.25);
    let mut total = sum(first, step);
    for _ in 0..HALVINGS {
        // The points between those that were taken.
        let finer = total + sum(first + step / 2.0, step);
        let change = finer / 2.0 - total;
        (total, step) = (finer, step / 2.0);
        if (change * step * 2.0).abs() < CLOSE {
            break;
        }
    }
    total * step
}
