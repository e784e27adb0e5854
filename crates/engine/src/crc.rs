//! CRC32 of a book without its text.
//!
//! Kraken's sum is the CRC32 (IEEE, reflected `0xEDB88320`) of the digits of the ten best asks and bids. A CRC
//! register is linear over GF(2): the register after `a ‖ b` is the register after `a`, moved on by `b`'s length,
//! xor the register of `b` alone. So every level keeps the register of its own digits, and a message costs only the
//! levels it moves: no text is built and nothing is summed twice.
//!
//! Two kinds of table make this cheap. [`DigitTable`] gives the register of a digit by its distance from the end of
//! the text, so that digits are summed independently of each other. [`ShiftTable`] moves a register on by a number
//! of bytes.

use alloc::boxed::Box;
use alloc::vec::Vec;

const POLYNOMIAL: u32 = 0xEDB8_8320;

/// Start value and final xor of the register.
pub const INITIAL: u32 = 0xFFFF_FFFF;

/// The most digits one level can have: price and quantity of 38 digits each, and one group of eight beyond.
const POSITIONS: usize = 88;

/// One zero byte through the register.
const fn step(mut register: u32) -> u32 {
    let mut bit = 0;
    while bit < 8 {
        register = (register >> 1) ^ (POLYNOMIAL & (register & 1).wrapping_neg());
        bit += 1;
    }
    register
}

/// Registers of single digits by their distance from the end of the text.
#[derive(Debug)]
pub struct DigitTable {
    /// `value[p][d]`: the low nibble `d` of a digit that `p` bytes follow. `value[p][0]` is 0, so that leading zeros
    /// add nothing.
    value: Box<[[u32; 16]]>,
    /// `pairs[p][v]`: two digits with the value `v` that `p` bytes follow.
    pairs: Box<[[u32; 128]]>,
    /// `zeros[n]`: `n` characters `'0'`: the high nibble that all digits share.
    zeros: Box<[u32]>,
}

impl DigitTable {
    /// Builds the table: 50 KB, some ten microseconds.
    #[must_use]
    pub fn new() -> Self {
        let mut value = Vec::with_capacity(POSITIONS);
        let mut zeros = Vec::with_capacity(POSITIONS + 1);
        let mut row = [0_u32; 16];
        for (digit, slot) in (0_u32..).zip(&mut row) {
            *slot = step(digit);
        }
        let (mut zero, mut sum) = (step(0x30), 0);
        zeros.push(0);
        for _ in 0..POSITIONS {
            value.push(row);
            sum ^= zero;
            zeros.push(sum);
            row = row.map(step);
            zero = step(zero);
        }
        let pairs = value.windows(2).map(pair_row).collect();
        Self { value: value.into(), pairs, zeros: zeros.into() }
    }

    /// The register of eight digits, one a byte, the last digit in the highest byte, followed by `after` digits. The
    /// part that all digits share is left to [`Self::zeros`].
    #[inline]
    #[must_use]
    pub fn eight(&self, digits: u64, after: usize) -> u32 {
        let Some(rows) = self.pairs.get(after..after + 7) else { return 0 };
        // Each 16 bits hold a pair of digits as a number below 100, the last pair highest.
        let pairs = (digits.wrapping_mul(10) + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
        let register = |row: &[u32; 128], shift: u32| row[(pairs >> shift & 127) as usize];
        (register(&rows[0], 48) ^ register(&rows[2], 32)) ^ (register(&rows[4], 16) ^ register(&rows[6], 0))
    }

    /// The share of `count` digits that does not depend on their values.
    #[inline]
    #[must_use]
    pub fn zeros(&self, count: usize) -> u32 {
        self.zeros.get(count).copied().unwrap_or(0)
    }

    /// The register of a level's digits from a zero register, and how many it has.
    #[must_use]
    pub fn level(&self, price: u128, qty: u128) -> (u32, u8) {
        let (low, few) = self.mantissa(qty, 0);
        let (high, more) = self.mantissa(price, few);
        (low ^ high ^ self.zeros(few + more), (few + more) as u8)
    }

    /// The register of `mantissa`'s decimal digits followed by `after` digits, and how many digits it has.
    #[must_use]
    pub fn mantissa(&self, mut mantissa: u128, after: usize) -> (u32, usize) {
        let (mut register, mut count) = (0, 0);
        while mantissa != 0 {
            // u64 arithmetic where the number allows it: it is several times faster than u128's.
            let digit = if let Ok(small) = u64::try_from(mantissa) {
                mantissa = u128::from(small / 10);
                small % 10
            } else {
                let digit = mantissa % 10;
                mantissa /= 10;
                digit as u64
            };
            register ^= self.value.get(after + count).map_or(0, |row| row[(digit & 15) as usize]);
            count += 1;
        }
        (register, count)
    }
}

/// The registers of all pairs of digits from those of their single digits.
fn pair_row(rows: &[[u32; 16]]) -> [u32; 128] {
    let mut pairs = [0; 128];
    for (value, slot) in pairs.iter_mut().enumerate().take(100) {
        *slot = rows[1][value / 10] ^ rows[0][value % 10];
    }
    pairs
}

/// Moves registers on by a number of bytes: eight look-ups of 16 entries for any length.
#[derive(Debug)]
pub struct ShiftTable {
    /// `by[n][k][v]`: nibble `k` with value `v`, moved on by `n` bytes. Grown to the longest text seen.
    by: Vec<[[u32; 16]; 8]>,
}

impl ShiftTable {
    /// A table that can move by 0 bytes; [`Self::reach`] extends it.
    #[must_use]
    pub fn new() -> Self {
        let mut identity = [[0; 16]; 8];
        for (place, row) in (0_u32..).zip(&mut identity) {
            for (value, slot) in (0_u32..).zip(row) {
                *slot = value << (4 * place);
            }
        }
        Self { by: alloc::vec![identity] }
    }

    /// Makes sure that moving by `bytes` works. Costs about 0.3 µs for each new length, once.
    pub fn reach(&mut self, bytes: usize) {
        while self.by.len() <= bytes {
            let mut next = self.by[self.by.len() - 1];
            for row in &mut next {
                *row = row.map(step);
            }
            self.by.push(next);
        }
    }

    /// The register after `bytes` zero bytes. Lengths beyond [`Self::reach`] are a caller's fault and give 0.
    #[inline]
    #[must_use]
    pub fn shift(&self, register: u32, bytes: usize) -> u32 {
        debug_assert!(bytes < self.by.len(), "Invariant: reach() was called for this length");
        let Some(rows) = self.by.get(bytes) else { return 0 };
        let mut moved = 0;
        for (place, row) in (0_u32..).zip(rows) {
            moved ^= row[(register >> (4 * place) & 15) as usize];
        }
        moved
    }
}

impl Default for DigitTable {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for ShiftTable {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    proptest! {
        /// Summing a number's digits by their place gives zlib's CRC32 of its text.
        #[test]
        fn digits_sum_like_their_text(mantissa in 1_u128..10_u128.pow(28)) {
            let (digits, mut shifts) = (DigitTable::new(), ShiftTable::new());
            let text = mantissa.to_string();
            let (register, count) = digits.mantissa(mantissa, 0);
            shifts.reach(count);
            let sum = shifts.shift(INITIAL, count) ^ register ^ digits.zeros(count) ^ INITIAL;
            prop_assert_eq!(count, text.len());
            prop_assert_eq!(sum, crc32fast::hash(text.as_bytes()));
        }

        /// A group of eight gives the same register as its digits one by one.
        #[test]
        fn a_group_is_its_digits(value in 0_u32..100_000_000, after in 0_usize..70) {
            let digits = DigitTable::new();
            let text = alloc::format!("{value:08}");
            let group = u64::from_le_bytes(text.as_bytes().try_into().expect("eight digits"));
            let (expected, _) = digits.mantissa(u128::from(value), after);
            prop_assert_eq!(digits.eight(group & 0x0F0F_0F0F_0F0F_0F0F, after), expected);
        }
    }
}
