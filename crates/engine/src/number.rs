//! Decimal numbers as they stand on the wire: an integer and a scale, never a float.

use core::fmt;

/// The most significant digits a number may have.
pub const MAX_DIGITS: usize = 28;

/// The most decimals a number may have.
pub const MAX_SCALE: u8 = 60;

const POWERS: [u128; 39] = {
    let mut powers = [1_u128; 39];
    let mut index = 1;
    while index < 39 {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
};

/// Ten to the `exponent`, or None beyond 10^38.
#[inline]
#[must_use]
pub fn power_of_ten(exponent: usize) -> Option<u128> {
    POWERS.get(exponent).copied()
}

/// How many decimal digits an integer has; 0 has none.
#[must_use]
pub fn digit_count(mantissa: u128) -> usize {
    POWERS.partition_point(|power| *power <= mantissa)
}

/// An exact decimal: `mantissa · 10^-scale`, negative if told so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fixed {
    /// The digits as an integer.
    pub mantissa: u128,
    /// How many of the digits are decimals.
    pub scale: u8,
    /// Whether the number is below zero. Prices and quantities never are; a spread can be.
    pub negative: bool,
}

impl Fixed {
    /// A number that is not negative.
    #[inline]
    #[must_use]
    pub const fn new(mantissa: u128, scale: u8) -> Self {
        Self { mantissa, scale, negative: false }
    }

    /// The mantissa at another scale, or None where digits would be lost or 128 bits do not hold it.
    #[inline]
    #[must_use]
    pub fn mantissa_at(self, scale: u8) -> Option<u128> {
        if scale == self.scale || self.mantissa == 0 {
            Some(self.mantissa)
        } else if scale > self.scale {
            self.mantissa.checked_mul(power_of_ten(usize::from(scale - self.scale))?)
        } else {
            let divisor = power_of_ten(usize::from(self.scale - scale))?;
            self.mantissa.is_multiple_of(divisor).then_some(self.mantissa / divisor)
        }
    }

    /// The middle of two numbers of one scale, exact; None where 128 bits do not hold it.
    #[must_use]
    pub fn middle(one: u128, two: u128, scale: u8) -> Option<Self> {
        let sum = one.checked_add(two)?;
        if sum.is_multiple_of(2) {
            Some(Self::new(sum / 2, scale))
        } else {
            Some(Self::new(sum.checked_mul(5)?, scale.checked_add(1)?))
        }
    }

    /// Reads plain or exponent notation (JSON's grammar without a sign); None if it is not such a number, or holds
    /// more than 28 significant digits. For arguments, not for the wire.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut cursor = crate::json::Cursor::new(text.as_bytes());
        let token = cursor.number_token().ok()?;
        cursor.at_end().then_some(token.value)
    }

    /// The nearest double, for drawing and number work.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a float is what was asked for")]
    pub fn to_f64(self) -> f64 {
        let mut value = self.mantissa as f64;
        let mut left = usize::from(self.scale);
        while left > 0 {
            // Powers up to 10^22 are exact doubles, so each division rounds once.
            let part = left.min(22);
            value /= POWERS[part] as f64;
            left -= part;
        }
        if self.negative { -value } else { value }
    }
}

impl fmt::Display for Fixed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negative {
            formatter.write_str("-")?;
        }
        let scale = usize::from(self.scale);
        match power_of_ten(scale) {
            Some(power) if scale > 0 => {
                write!(formatter, "{}.{:0scale$}", self.mantissa / power, self.mantissa % power)
            }
            Some(_) => write!(formatter, "{}", self.mantissa),
            None => write!(formatter, "0.{:0scale$}", self.mantissa),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    /// Text in, the same text out, for every plain form.
    #[test]
    fn plain_text_survives() {
        for text in
            ["0", "7", "0.10000000", "45283.5", "1234567890123456789.123456789", "0.000000000000000000000000000012"]
        {
            assert_eq!(Fixed::parse(text).map(|number| number.to_string()), Some(text.to_string()));
        }
    }

    /// Exponent notation is expanded exactly.
    #[test]
    fn exponents_expand() {
        for (text, plain) in
            [("1e-8", "0.00000001"), ("5.1E-05", "0.000051"), ("1.5e3", "1500"), ("1.25e1", "12.5"), ("2E+2", "200")]
        {
            assert_eq!(Fixed::parse(text).map(|number| number.to_string()), Some(plain.to_string()));
        }
    }

    /// What is not a number of at most 28 digits is refused.
    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            ".",
            "-1",
            "01",
            "1.",
            ".5",
            "1e",
            "1e+",
            "NaN",
            "1 ",
            "0x1",
            "12345678901234567890123456789",
            "1e99",
            "1e-99",
        ] {
            assert_eq!(Fixed::parse(text), None, "{text}");
        }
    }
}
