//! Prices computed from a book: exact where a decimal can be, else rounded half-even to 28 significant digits, as
//! Python's `decimal` does by default.

use crate::book::Book;
use crate::ladder::{Level, PROVEN, Side};
use crate::number::{Fixed, power_of_ten};
use ethnum::U256;

/// What it costs to take a quantity from one side of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Volume-weighted average price of what was filled; None if nothing was.
    pub price: Option<Fixed>,
    /// How much the book holds of the quantity.
    pub filled: Fixed,
    /// The rest.
    pub unfilled: Fixed,
    /// How many levels were touched.
    pub levels: usize,
    /// `10⁴ · d · (price - mid) / mid`, `d` = 1 for a buy and -1 for a sell: what it costs beyond the mid price. None
    /// without a mid price.
    pub slippage_bps: Option<Fixed>,
    /// Whether only levels that the checksum covers were touched.
    pub proven: bool,
}

/// A number outgrew 256 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl Book {
    /// Best ask minus best bid; negative in a crossed book; None while a side is empty.
    #[must_use]
    pub fn spread(&self) -> Option<Fixed> {
        let (bid, ask) = self.touch()?;
        let negative = bid.price > ask.price;
        Some(Fixed { mantissa: bid.price.abs_diff(ask.price), scale: self.scales().0, negative })
    }

    /// The middle of best bid and best ask, exact; None while a side is empty.
    #[must_use]
    pub fn mid(&self) -> Option<Fixed> {
        let (bid, ask) = self.touch()?;
        Fixed::middle(bid.price, ask.price, self.scales().0)
    }

    /// The weighted mid price `Pa·I + Pb·(1 - I)` with `I = Qb / (Qb + Qa)`; None while a side is empty.
    ///
    /// # Errors
    /// [`Overflow`] for numbers beyond 256 bits.
    pub fn microprice(&self) -> Result<Option<Fixed>, Overflow> {
        let Some((bid, ask)) = self.touch() else { return Ok(None) };
        let weighted = product(ask.price, bid.qty)?.checked_add(product(bid.price, ask.qty)?).ok_or(Overflow)?;
        let weight = U256::from(bid.qty).checked_add(U256::from(ask.qty)).ok_or(Overflow)?;
        divide(weighted, weight, self.scales().0.into()).map(Some)
    }

    /// Queue imbalance `(Qb - Qa) / (Qb + Qa)` over the best `levels` a side, from -1 to 1; None of an empty book.
    ///
    /// # Errors
    /// [`Overflow`] for numbers beyond 256 bits.
    pub fn imbalance(&self, levels: usize) -> Result<Option<Fixed>, Overflow> {
        let total = |side: &[Level]| side.iter().take(levels).map(|level| U256::from(level.qty)).sum::<U256>();
        let (bids, asks) = (total(self.bids()), total(self.asks()));
        if bids + asks == 0 {
            return Ok(None);
        }
        let negative = bids < asks;
        let difference = if negative { asks - bids } else { bids - asks };
        Ok(Some(Fixed { negative, ..divide(difference, bids + asks, 0)? }))
    }

    /// Takes `qty` from the asks (a buy, so `taken` is [`Side::Ask`]) or from the bids.
    ///
    /// # Errors
    /// [`Overflow`] for numbers beyond 256 bits.
    pub fn sweep(&self, taken: Side, qty: Fixed) -> Result<Sweep, Overflow> {
        let scale = qty.scale.max(self.scales().1);
        let wanted = qty.mantissa_at(scale).ok_or(Overflow)?;
        let side = match taken {
            Side::Bid => self.bids(),
            Side::Ask => self.asks(),
        };
        let (mut left, mut cost, mut levels) = (wanted, U256::ZERO, 0);
        for level in side {
            if left == 0 {
                break;
            }
            let held = Fixed::new(level.qty, self.scales().1).mantissa_at(scale).ok_or(Overflow)?;
            let take = held.min(left);
            cost = cost.checked_add(product(level.price, take)?).ok_or(Overflow)?;
            left -= take;
            levels += 1;
        }
        let filled = wanted - left;
        let price = match filled {
            0 => None,
            _ => Some(divide(cost, U256::from(filled), self.scales().0.into())?),
        };
        let slippage_bps = match (price, self.mid()) {
            (Some(price), Some(mid)) => Some(basis_points(price, mid, taken)?),
            _ => None,
        };
        Ok(Sweep {
            price,
            filled: Fixed::new(filled, scale),
            unfilled: Fixed::new(left, scale),
            levels,
            slippage_bps,
            proven: levels <= PROVEN,
        })
    }

    fn touch(&self) -> Option<(&Level, &Level)> {
        Some((self.bids().first()?, self.asks().first()?))
    }
}

fn product(one: u128, two: u128) -> Result<U256, Overflow> {
    U256::from(one).checked_mul(U256::from(two)).ok_or(Overflow)
}

/// How much worse than `mid` a price is for whoever takes from this side, in basis points.
fn basis_points(price: Fixed, mid: Fixed, taken: Side) -> Result<Fixed, Overflow> {
    let scale = price.scale.max(mid.scale);
    let price = price.mantissa_at(scale).ok_or(Overflow)?;
    let mid = mid.mantissa_at(scale).ok_or(Overflow)?;
    let negative = if taken == Side::Ask { price < mid } else { price > mid };
    let ratio = divide(product(price.abs_diff(mid), 10_000)?, U256::from(mid), 0)?;
    Ok(Fixed { negative: negative && ratio.mantissa != 0, ..ratio })
}

/// `numerator / denominator · 10^-scale` to 28 significant digits; exact quotients keep no needless zeros.
fn divide(numerator: U256, denominator: U256, scale: i32) -> Result<Fixed, Overflow> {
    if numerator == 0 {
        return Ok(Fixed::new(0, 0));
    }
    let digits = 28;
    // Shifted so that the quotient has 28 or 29 digits.
    let shift = (digits + count(denominator) - count(numerator)).max(-scale);
    let numerator = if shift >= 0 { numerator.checked_mul(power(shift)?).ok_or(Overflow)? } else { numerator };
    let denominator = if shift < 0 { denominator.checked_mul(power(-shift)?).ok_or(Overflow)? } else { denominator };
    let (mut quotient, mut exact) = (numerator / denominator, numerator % denominator == 0);
    let mut remainder_half = half(numerator % denominator, denominator);
    let mut scale = scale + shift;
    while count(quotient) > digits && scale > 0 {
        let last = (quotient % 10).as_u128();
        remainder_half = match last.cmp(&5) {
            core::cmp::Ordering::Equal if exact => core::cmp::Ordering::Equal,
            core::cmp::Ordering::Equal => core::cmp::Ordering::Greater,
            other => other,
        };
        exact &= last == 0;
        quotient /= 10;
        scale -= 1;
    }
    if remainder_half == core::cmp::Ordering::Greater
        || remainder_half == core::cmp::Ordering::Equal && quotient % 2 == 1
    {
        quotient += 1;
    }
    while scale > 0 && quotient % 10 == 0 {
        quotient /= 10;
        scale -= 1;
    }
    let mantissa = u128::try_from(quotient).map_err(|_| Overflow)?;
    Ok(Fixed::new(mantissa, u8::try_from(scale).map_err(|_| Overflow)?))
}

/// How a remainder compares with half of the divisor.
fn half(remainder: U256, denominator: U256) -> core::cmp::Ordering {
    remainder.cmp(&(denominator - remainder))
}

fn count(number: U256) -> i32 {
    let (mut digits, mut rest) = (0, number);
    while rest != 0 {
        rest /= 10;
        digits += 1;
    }
    digits
}

fn power(exponent: i32) -> Result<U256, Overflow> {
    let exponent = usize::try_from(exponent).map_err(|_| Overflow)?;
    let low = power_of_ten(exponent.min(38)).ok_or(Overflow)?;
    let high = power_of_ten(exponent.saturating_sub(38)).ok_or(Overflow)?;
    U256::from(low).checked_mul(U256::from(high)).ok_or(Overflow)
}
