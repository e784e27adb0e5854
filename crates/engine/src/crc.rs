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

/// One zero bit through the register.
const fn step_bit(register: u32) -> u32 {
    (register >> 1) ^ (POLYNOMIAL & (register & 1).wrapping_neg())
}

/// One zero byte through the register.
fn step(register: u32) -> u32 {
    (0..8).fold(register, |register, _| step_bit(register))
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

    /// The register of eight digits followed by `after` digits. They come as four [`pairs`]. The part that all digits
    /// share is left to [`Self::zeros`].
    #[inline]
    #[must_use]
    pub fn eight(&self, pairs: u64, after: usize) -> u32 {
        let Some(rows) = self.pairs.get(after..after + 7) else { return 0 };
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
    #[expect(clippy::cast_possible_truncation, reason = "two numbers of 128 bits have at most 78 digits")]
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

/// Eight digits, one a byte and the last in the highest byte, as four numbers below 100 in 16 bits each.
#[inline]
#[must_use]
pub const fn pairs(digits: u64) -> u64 {
    (digits.wrapping_mul(10) + (digits >> 8)) & 0x00FF_00FF_00FF_00FF
}

/// The registers of all pairs of digits from those of their single digits.
fn pair_row(rows: &[[u32; 16]]) -> [u32; 128] {
    let mut pairs = [0; 128];
    for (value, slot) in pairs.iter_mut().enumerate().take(100) {
        *slot = rows[1][value / 10] ^ rows[0][value % 10];
    }
    pairs
}

/// From this length on, a register is moved in steps of powers of two: the orders of a level can have any number of
/// digits, and a table of each would fill the cache.
const FAR: usize = 256;

type Rows = Box<[[u32; 256]; 4]>;

/// Moves registers on by a number of bytes: four look-ups for a short way, as many for each binary digit of a long one.
#[derive(Debug)]
pub struct ShiftTable {
    /// `by[n][k][v]`: byte `k` with value `v`, moved on by `n` bytes. A length is made when it is first reached: few
    /// are ever used, and those stay in the cache.
    by: Vec<Option<Rows>>,
    /// The same for `FAR << n` bytes.
    far: Vec<Option<Rows>>,
}

impl ShiftTable {
    /// A table that can't move by anything yet; [`Self::reach`] extends it.
    #[must_use]
    pub const fn new() -> Self {
        Self { by: Vec::new(), far: Vec::new() }
    }

    /// The register after `bytes` zero bytes. A length that is new costs a few microseconds and 4 KB, once.
    #[inline]
    #[must_use]
    pub fn shift(&mut self, register: u32, bytes: usize) -> u32 {
        if bytes >= FAR {
            return self.shift_far(register, bytes);
        }
        match self.by.get(bytes) {
            Some(Some(rows)) => moved(rows, register),
            _ => moved(made(&mut self.by, bytes, bytes), register),
        }
    }

    #[inline(never)]
    fn shift_far(&mut self, register: u32, bytes: usize) -> u32 {
        let mut register = self.shift(register, bytes % FAR);
        let (mut rest, mut power) = (bytes / FAR, 0);
        while rest != 0 {
            if rest & 1 == 1 {
                register = match self.far.get(power) {
                    Some(Some(rows)) => moved(rows, register),
                    _ => moved(made(&mut self.far, power, FAR << power), register),
                };
            }
            rest >>= 1;
            power += 1;
        }
        register
    }
}

#[inline]
fn moved(rows: &[[u32; 256]; 4], register: u32) -> u32 {
    let [one, two, three, four] = register.to_le_bytes().map(usize::from);
    (rows[0][one] ^ rows[1][two]) ^ (rows[2][three] ^ rows[3][four])
}

#[cold]
fn made(tables: &mut Vec<Option<Rows>>, index: usize, bytes: usize) -> &Rows {
    if tables.len() <= index {
        tables.resize(index + 1, None);
    }
    let mut table = Box::new([[0; 256]; 4]);
    // The highest bit is moved the whole way; each bit below it is one bit further on.
    let mut register = (0..bytes).fold(1 << 31, |register, _| step(register));
    for (row, bit) in (0..4).flat_map(|row| (0..8).map(move |bit| (row, bit))).rev() {
        table[row][1 << bit] = register;
        register = step_bit(register);
    }
    for row in table.iter_mut() {
        for value in 1_usize..256 {
            let lowest = value & value.wrapping_neg();
            row[value] = row[value ^ lowest] ^ row[lowest];
        }
    }
    tables[index].insert(table)
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
            let sum = shifts.shift(INITIAL, count) ^ register ^ digits.zeros(count) ^ INITIAL;
            prop_assert_eq!(count, text.len());
            prop_assert_eq!(sum, crc32fast::hash(text.as_bytes()));
        }

        /// A long way is the sum of its parts.
        #[test]
        fn a_long_way_is_many_short_ones(register in any::<u32>(), bytes in 0_usize..5_000) {
            let mut shifts = ShiftTable::new();
            let expected = (0..bytes).fold(register, |register, _| step(register));
            prop_assert_eq!(shifts.shift(register, bytes), expected);
        }

        /// A group of eight gives the same register as its digits one by one.
        #[test]
        fn a_group_is_its_digits(value in 0_u32..100_000_000, after in 0_usize..70) {
            let digits = DigitTable::new();
            let text = alloc::format!("{value:08}");
            let group = u64::from_le_bytes(text.as_bytes().try_into().expect("eight digits"));
            let (expected, _) = digits.mantissa(u128::from(value), after);
            prop_assert_eq!(digits.eight(pairs(group & 0x0F0F_0F0F_0F0F_0F0F), after), expected);
        }
    }
}
