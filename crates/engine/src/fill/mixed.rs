//! The distribution of the fill time when the rate of trades is itself uncertain.

use super::special::{gap, remainder};
use super::within::reached;
use super::{BadArgument, not_negative, size};
use core::f64::consts::PI;
use libm::{exp, log, sqrt};

/// A density's tail is left out where it is below e^-FAR.
const FAR: f64 = 36.0;

/// [`super::within`], with the rate of trades drawn from a gamma distribution of this shape and the mean `market_rate`.
///
/// Trades that come in clusters vary more than the Poisson process allows. With m and v the mean and the variance of what
/// is traded in windows as long as `within`, in orders, the shape is `m²/(v - m)`: a large shape is a rate that is
/// certain, and where v is not above m [`super::within`] is the model.
///
/// The integral over the logarithm of the rate is a sum at equal steps, which converges exponentially for a function as
/// smooth as this one: the error is below 1e-11 for queues up to 200. The work grows with the root of the queue's length.
///
/// # Errors
/// [`BadArgument`] as for [`super::within`], and for a shape that is not finite or below a millionth, where hardly any
/// rate is above 0.
pub fn within_mixed(
    queue: f64,
    within: f64,
    market_rate: f64,
    shape: f64,
    cancel_rate: f64,
) -> Result<f64, BadArgument> {
    size("queue", queue)?;
    not_negative("within", within)?;
    not_negative("market_rate", market_rate)?;
    if !(LEAST_SHAPE..=f64::MAX).contains(&shape) {
        return Err(BadArgument { name: "shape", must: "a finite number of at least 0.000001" });
    }
    not_negative("cancel_rate", cancel_rate)?;
    let trades = market_rate * within;
    if trades <= 0.0 {
        return Ok(0.0);
    }
    // The rate is μe^v. The steps resolve the narrower of the density, 1/√shape, and of the rise of the rest, 1/√b.
    let step = (STEP / sqrt(shape + queue)).min(WIDEST);
    let (first, last) = (-below(queue, trades, shape), above(shape));
    let height = sqrt(shape / (2.0 * PI)) * exp(-remainder(shape));
    let (mut v, mut sum) = (first, 0.0);
    while v <= last {
        sum += exp(-shape * gap(v)) * reached(queue, within, market_rate * exp(v), cancel_rate);
        v += step;
    }
    Ok((sum * step * height).clamp(0.0, 1.0))
}

const LEAST_SHAPE: f64 = 1e-6;
const STEP: f64 = 0.62;
const WIDEST: f64 = 0.25;

/// A v beyond which the density is nothing: `e^v - 1 - v` is at least `v²/2`, and at least c at `v = ln(3 + 2c)`.
fn above(shape: f64) -> f64 {
    let far = FAR / shape;
    sqrt(2.0 * far).min(log(3.0 + 2.0 * far))
}

/// How far below 0 the density, or the probability itself, is nothing.
///
/// At v = -y the density has fallen by `shape (y - 1)` or more in its logarithm, and the probability is about
/// `(μT e^-y)^min(b, 1)`, or smaller.
fn below(queue: f64, trades: f64, shape: f64) -> f64 {
    // Reached only by a queue of less than a hundredth of an order, and would take for ever there.
    const DEEPEST: f64 = 4000.0;
    // `e^-y - 1 + y` is at least `y²/3` up to y = 1.
    if shape >= 3.0 * FAR {
        return sqrt(3.0 * FAR / shape);
    }
    let (power, start) = (queue.min(1.0), log(trades));
    let both = (FAR + shape + power * start) / (shape + power);
    (1.0 + FAR / shape).min(both.max(start)).min(DEEPEST)
}
