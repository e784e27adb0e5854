//! The distribution of the time until an order is filled, in closed form.

use super::special::{continued_fraction, remainder};
use super::{BadArgument, not_negative, size};
use core::f64::consts::PI;
use libm::{exp, expm1, log, log1p, sqrt};

/// The longest queue, in orders; the error of its answers is below 1e-9.
pub const MAX_QUEUE: f64 = 1e6;

/// The probability that an order is reached by a trade within a time, if it is not cancelled: P(ε_b ≤ T).
///
/// `queue` is b, the orders from the front to the own one, which counts: `1 + quantity ahead / mean order`. `within` is T.
/// With cancels at rate θ and trades at rate μ this is the regularized incomplete beta function
/// `I_x(b, μ/θ)`, `x = 1 - e^(-θT)`, because its transform `Π (μ + iθ)/(μ + iθ + s)`, i < b (equation 14 of the paper), is
/// that of `-ln(B)/θ` with B from Beta(μ/θ, b). Without cancels it is the gamma distribution `P(b, μT)`, the limit for
/// θ → 0: one formula covers both.
///
/// The error is below 1e-12 for queues up to 200, and grows in proportion to longer ones.
///
/// # Errors
/// [`BadArgument`] for a queue that is not above 0 or longer than [`MAX_QUEUE`], and for a time or rate that is negative
/// or not finite.
pub fn within(queue: f64, within: f64, market_rate: f64, cancel_rate: f64) -> Result<f64, BadArgument> {
    size("queue", queue)?;
    not_negative("within", within)?;
    not_negative("market_rate", market_rate)?;
    not_negative("cancel_rate", cancel_rate)?;
    Ok(reached(queue, within, market_rate, cancel_rate))
}

/// [`within`] of arguments that are in order.
pub fn reached(b: f64, within: f64, market_rate: f64, cancel_rate: f64) -> f64 {
    // All is said in terms of ρ = θ/μ = 1/r, which is 0 where r = μ/θ would be infinite.
    let trades = market_rate * within;
    if trades <= 0.0 {
        return 0.0;
    }
    // Even if nobody cancelled: Chernoff's bound of the rest is below e^-40.
    if trades >= 2.0 * b + 200.0 {
        return 1.0;
    }
    let rho = cancel_rate / market_rate;
    // Those ahead are gone in no time.
    if rho > 1e30 {
        return -expm1(-trades);
    }
    let decay = cancel_rate * within;
    let (left, gone) = (exp(-decay), -expm1(-decay));
    // r (1 - e^(-θT)), which is μT where θT is nothing.
    let z = if decay > 1.0 {
        gone / rho
    } else if decay > 0.0 {
        trades * (gone / decay)
    } else {
        trades
    };
    let density = density(b, rho, trades, z + b * gone);
    let answer = if z + (b + 2.0) * gone < b + 1.0 {
        density / lower(b, z, gone, left)
    } else {
        1.0 - density / upper(b, rho, z, gone, left)
    };
    answer.clamp(0.0, 1.0)
}

/// `x^b (1 - x)^r / B(b, r)`, with `expected` = `(b + r) x`.
fn density(b: f64, rho: f64, trades: f64, expected: f64) -> f64 {
    let share = b * rho;
    // r ln(1 + b/r)
    let spread = if share > 0.0 { b * (log1p(share) / share) } else { b };
    // The remainders of b + r and of r, which are equal where r is infinite.
    let remainders = if rho > 0.0 { remainder(b + 1.0 / rho) - remainder(1.0 / rho) } else { 0.0 };
    let exponent = b * log(expected / b) - trades + spread + remainders - remainder(b);
    sqrt(b / (2.0 * PI * (1.0 + share))) * exp(exponent)
}

// The density divided by the fraction of `lower` is I_x(b, r), by that of `upper` is I_(1-x)(r, b) = 1 - I_x(b, r). Both
// are the even part of the usual fraction of the incomplete beta function (8.17.22 of the Digital Library of
// Mathematical Functions), and for ρ = 0 those of the two incomplete gamma functions.

fn lower(b: f64, z: f64, gone: f64, left: f64) -> f64 {
    let ahead = b * left - z + 1.0;
    let beta = |n: f64| (b + n) / (b + 2.0 * n + 1.0) * (ahead + n * (1.0 + left));
    continued_fraction(beta(0.0), |n| {
        let step = b + 2.0 * n - 1.0;
        let weight = n * (z - n * gone);
        let alpha = ((b + n - 1.0) / step) * (((b + n - 1.0) * gone + z) / step) * weight;
        (alpha, n + weight / step + beta(n))
    })
}

fn upper(b: f64, rho: f64, z: f64, gone: f64, left: f64) -> f64 {
    let ahead = z - b * left + 1.0;
    let beta = |n: f64| (1.0 + n * rho) / (1.0 + (2.0 * n + 1.0) * rho) * (ahead + n * (1.0 + gone));
    continued_fraction(beta(0.0), |n| {
        let step = 1.0 + (2.0 * n - 1.0) * rho;
        let weight = n * (b - n) * left;
        let alpha = ((1.0 + (n - 1.0) * rho) / step) * ((1.0 + (b + n - 1.0) * rho) / step) * left * weight;
        (alpha, n + weight * rho / step + beta(n))
    })
}
