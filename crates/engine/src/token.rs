//! Numbers as JSON writes them: the usual short form eight digits at a time, any other form digit by digit.

use crate::crc::pairs;
use crate::json::{Cursor, Parsed};
use crate::number::{Fixed, MAX_DIGITS, MAX_SCALE, digit_count, power_of_ten};

/// A number of any form.
#[derive(Clone, Copy, Debug, Default)]
pub struct Token {
    /// The number.
    pub value: Fixed,
    /// Written with an exponent, so that its trailing zeros are not told.
    pub exponent: bool,
}

/// A number in its usual form, its digits as [`pairs`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShortNumber {
    /// The last eight digits.
    pub low: u64,
    /// The up to eight digits before them.
    pub high: u64,
    /// How many digits are decimals.
    pub scale: u8,
    /// How many digits it has from the first that is not zero.
    pub digits: u8,
}

impl ShortNumber {
    /// The digits as an integer.
    #[inline]
    #[must_use]
    pub fn mantissa(&self) -> u64 {
        let low = value_of_pairs(self.low);
        if self.high == 0 { low } else { value_of_pairs(self.high) * 100_000_000 + low }
    }
}

impl Cursor<'_> {
    /// A number that is not negative, of any legal form, bare or in quotes.
    pub fn number(&mut self) -> Parsed<Token> {
        self.space();
        if self.eat(b"\"") {
            let token = self.number_token()?;
            if self.eat(b"\"") { Ok(token) } else { Err(self.fail("the closing quote of a number")) }
        } else {
            self.number_token()
        }
    }

    /// The usual form, eight digits at a time: at most eight before the point and at most eight behind it, and a comma
    /// or brace at the end. None leaves the cursor where it was.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "3.7 numbers stand in a message; calling costs it some 7 % more instructions"
    )]
    #[expect(clippy::cast_possible_truncation, reason = "halves of 128 bits, and counts up to 16")]
    pub fn short_number(&mut self) -> Option<ShortNumber> {
        let (whole, whole_digits) = digits_of(self.word_at(self.at)?);
        let point = self.at + whole_digits;
        if whole_digits == 0 || (whole_digits > 1 && self.peek() == Some(b'0')) {
            return None;
        }
        let (part, scale, end) = if self.bytes.get(point) == Some(&b'.') {
            let (part, part_digits) = digits_of(self.word_at(point + 1)?);
            if part_digits == 0 {
                return None;
            }
            (part, part_digits, point + 1 + part_digits)
        } else {
            (0, 0, point)
        };
        if !matches!(self.bytes.get(end), Some(b',' | b'}')) {
            return None;
        }
        self.at = end;
        // Sixteen bytes of digits: the decimals stand last, the whole digits right before them.
        let digits = (u128::from(whole) << 64 >> (8 * scale)) | u128::from(part) << 64;
        Some(ShortNumber {
            low: pairs((digits >> 64) as u64),
            high: pairs(digits as u64),
            scale: scale as u8,
            digits: 16 - (digits.trailing_zeros() / 8) as u8,
        })
    }

    /// An integer of 32 bits, if a comma or brace follows it; None leaves the cursor where it was.
    #[inline]
    pub fn short_integer(&mut self) -> Option<u32> {
        let (low, digits) = digits_of(self.word_at(self.at)?);
        let (mut value, mut end) = (value_of(low), self.at + digits);
        if digits == 8 {
            let (high, more) = digits_of(self.word_at(end)?);
            if more > 2 {
                return None;
            }
            value = value * POWERS_TO_EIGHT[more] + value_of(high);
            end += more;
        }
        let leading_zero = end - self.at > 1 && self.peek() == Some(b'0');
        if digits == 0 || leading_zero || !matches!(self.bytes.get(end), Some(b',' | b'}')) {
            return None;
        }
        self.at = end;
        u32::try_from(value).ok()
    }

    /// A number of any legal form: up to 28 digits, with or without an exponent.
    pub fn number_token(&mut self) -> Parsed<Token> {
        let whole = self.whole_digits()?;
        let part = if self.eat(b".") { self.some_digits()? } else { &[] };
        let written = self.eat(b"e") || self.eat(b"E");
        let exponent = if written { self.exponent()? } else { 0 };
        let (mut mantissa, mut digits) = (0_u128, 0);
        for byte in whole.iter().chain(part) {
            mantissa = mantissa * 10 + u128::from(byte - b'0');
            digits += usize::from(mantissa != 0);
            if digits > MAX_DIGITS {
                return Err(self.fail("a number of at most 28 significant digits"));
            }
        }
        let value = scaled(mantissa, part.len(), exponent)
            .ok_or_else(|| self.fail("a number within 28 digits and 60 decimals"))?;
        Ok(Token { value, exponent: written })
    }

    fn exponent(&mut self) -> Parsed<i32> {
        let negative = !self.eat(b"+") && self.eat(b"-");
        let mut exponent = 0_i32;
        for byte in self.some_digits()? {
            exponent = (exponent * 10 + i32::from(byte - b'0')).min(9_999);
        }
        Ok(if negative { -exponent } else { exponent })
    }
}

/// `mantissa · 10^(exponent - decimals)` as a number with as many decimals as it needs.
fn scaled(mantissa: u128, decimals: usize, exponent: i32) -> Option<Fixed> {
    let scale = i64::try_from(decimals).ok()? - i64::from(exponent);
    if scale >= 0 {
        let scale = u8::try_from(scale).ok().filter(|scale| *scale <= MAX_SCALE)?;
        return Some(Fixed::new(mantissa, scale));
    }
    let power = power_of_ten(usize::try_from(-scale).ok()?)?;
    let mantissa = mantissa.checked_mul(power).filter(|mantissa| digit_count(*mantissa) <= MAX_DIGITS)?;
    Some(Fixed::new(mantissa, 0))
}

const POWERS_TO_EIGHT: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// The digits at the start of eight bytes, moved to the end with zeros before them, one a byte; and how many.
#[inline]
fn digits_of(word: u64) -> (u64, usize) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let values = word ^ (ONES * 0x30);
    // A byte over 9 sets its high bit; a carry can only spoil bytes behind it, which do not count.
    let others = (values.wrapping_add(ONES * 0x76) | values) & (ONES * 0x80);
    let bits = (others.trailing_zeros() & !7).min(64);
    if bits == 0 {
        return (0, 0);
    }
    (values << (64 - bits), (bits / 8) as usize)
}

/// The value of eight digits, one a byte, the last in the highest byte.
#[inline]
fn value_of(digits: u64) -> u64 {
    value_of_pairs(pairs(digits))
}

#[inline]
fn value_of_pairs(pairs: u64) -> u64 {
    let fours = (pairs.wrapping_mul(100) + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    (fours.wrapping_mul(10_000) + (fours >> 32)) & 0xFFFF_FFFF
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    proptest! {
        /// Both ways of reading a number agree wherever the short one answers.
        #[test]
        fn short_and_general_numbers_agree(text in "[0-9]{1,10}(\\.[0-9]{1,10})?([eE][+-]?[0-9])?", end in "[,}\\] ]") {
            let padded = format!("{text}{end}        ");
            let short = Cursor::new(padded.as_bytes()).short_number();
            let general = Cursor::new(padded.as_bytes()).number_token();
            if let Some(short) = short {
                let general = general.expect("the short form is legal");
                prop_assert_eq!((u128::from(short.mantissa()), short.scale), (general.value.mantissa, general.value.scale));
                prop_assert_eq!(usize::from(short.digits), digit_count(general.value.mantissa));
            }
        }
    }
}
