//! The mean and the variance of the time until an order is filled.

use super::{BadArgument, not_negative, positive, size};
use libm::log1p;

/// The first two moments of a time, in its own unit and in the square of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// The mean.
    pub mean: f64,
    /// The variance.
    pub variance: f64,
}

/// Mean and variance of ε_b, the time until a trade reaches an order that is not cancelled.
///
/// With r = μ/θ they are `(ψ(b + r) - ψ(r))/θ` and `(ψ'(r) - ψ'(b + r))/θ²`; for a whole b the sums over i < b of
/// `1/(μ + iθ)` and of its square. Both are good to 12 digits.
///
/// # Errors
/// [`BadArgument`] as for [`super::within`], and for a `market_rate` of 0, with which no order is ever filled.
pub fn time(queue: f64, market_rate: f64, cancel_rate: f64) -> Result<Moments, BadArgument> {
    size("queue", queue)?;
    positive("market_rate", market_rate)?;
    not_negative("cancel_rate", cancel_rate)?;
    // In units of 1/μ, and with ρ = 1/r in place of r, so that no cancels are no special case.
    // Beyond a bound, those ahead are gone in no time.
    let rho = (cancel_rate / market_rate).min(1e30);
    let (mut mean, mut variance) = (0.0, 0.0);
    for step in 0..STEPS {
        // The terms 1/(r + i) - 1/(r + b + i) of the difference of two ψ, and those of the squares.
        let (near, far) = (1.0 + f64::from(step) * rho, 1.0 + (queue + f64::from(step)) * rho);
        let difference = queue * rho / (near * far);
        mean += difference;
        variance += difference * (1.0 / near + 1.0 / far);
    }
    let rest = rest(queue, rho);
    Ok(Moments {
        mean: (mean + rest.mean) / market_rate,
        variance: (variance + rest.variance) / market_rate / market_rate,
    })
}

/// How often the argument of ψ and ψ' is raised by 1 before their asymptotic series are good to a double's last digits.
const STEPS: u32 = 12;

/// The differences from r + 12 on, by the series of ψ and ψ' term by term.
fn rest(queue: f64, rho: f64) -> Moments {
    let (near, far) = (1.0 + f64::from(STEPS) * rho, 1.0 + (queue + f64::from(STEPS)) * rho);
    let share = queue * rho / near;
    let logarithm = if share > 0.0 { queue / near * (log1p(share) / share) } else { queue };
    let difference = queue * rho / (near * far);
    let psi = |at: f64| {
        let (x, y) = (rho / at, (rho / at) * (rho / at));
        x / at * (1.0 / 12.0 - y * (1.0 / 120.0 - y * (1.0 / 252.0 - y * (1.0 / 240.0 - y / 132.0))))
    };
    let slope = |at: f64| {
        let (x, y) = (rho / at, (rho / at) * (rho / at));
        x / (at * at) * (1.0 / 6.0 - y * (1.0 / 30.0 - y * (1.0 / 42.0 - y * (1.0 / 30.0 - y * 5.0 / 66.0))))
    };
    Moments {
        mean: logarithm + difference / 2.0 + psi(near) - psi(far),
        variance: queue / (near * far) + difference * (1.0 / near + 1.0 / far) / 2.0 + slope(near) - slope(far),
    }
}
