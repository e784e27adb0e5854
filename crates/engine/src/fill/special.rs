//! What the distributions here are made of: Stirling's remainder, and continued fractions.

use libm::{expm1, log};

/// `ln Γ(x + 1) - (x + 1/2) ln x + x - ln(2π)/2`, what Stirling's formula leaves over, for `x > 0`.
///
/// With it the densities of the gamma and beta distributions are products of numbers of ordinary size, where differences
/// of `ln Γ` would lose every digit for a large argument (Loader, "Fast and accurate computation of binomial
/// probabilities", 2000).
pub fn remainder(x: f64) -> f64 {
    // The series is good to the last digit from here on; below, Γ(x + 1) = Γ(x + n + 1) / ((x + 1) … (x + n)).
    const ENOUGH: f64 = 12.0;
    let (small, mut x, mut product) = (x, x, 1.0);
    while x < ENOUGH {
        x += 1.0;
        product *= x;
    }
    let below =
        if x > small { (x + 0.5) * log(x) - (small + 0.5) * log(small) - log(product) - (x - small) } else { 0.0 };
    let y = 1.0 / (x * x);
    let series = 1.0 / 12.0
        - y * (1.0 / 360.0
            - y * (1.0 / 1260.0 - y * (1.0 / 1680.0 - y * (1.0 / 1188.0 - y * (691.0 / 360_360.0 - y / 156.0)))));
    below + series / x
}

/// `first + a₁/(b₁ + a₂/(b₂ + …))` by the method of Lentz, as changed by Thompson and Barnett; `term(n)` is `(aₙ, bₙ)`.
pub fn continued_fraction(first: f64, mut term: impl FnMut(f64) -> (f64, f64)) -> f64 {
    // In place of a denominator that happens to be 0.
    const TINY: f64 = 1e-300;
    // A queue of a million orders takes about a thousand terms; none comes near this.
    const LIMIT: u32 = 100_000;
    let away = |value: f64| if value == 0.0 { TINY } else { value };
    let mut value = away(first);
    let (mut numerator, mut denominator) = (value, 0.0);
    for n in 1..LIMIT {
        let (a, b) = term(f64::from(n));
        denominator = 1.0 / away(b + a * denominator);
        numerator = away(b + a / numerator);
        let change = numerator * denominator;
        value *= change;
        if (change - 1.0).abs() < 4.0 * f64::EPSILON {
            break;
        }
    }
    value
}

/// `e^v - 1 - v`, to the last digit where v is small too.
pub fn gap(v: f64) -> f64 {
    if v.abs() > 0.1 {
        return expm1(v) - v;
    }
    // v²/2! + v³/3! + …
    let mut sum = 1.0;
    for n in (3..12).rev() {
        sum = 1.0 + sum * v / f64::from(n);
    }
    v * v / 2.0 * sum
}
