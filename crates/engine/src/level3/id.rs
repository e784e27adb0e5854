//! Order ids as they are sent, kept without allocation.

use core::fmt;

/// The longest id that is kept; Kraken's have 19 characters.
const LONGEST: usize = 31;
const USUAL: usize = 19;

/// An `order_id`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OrderId {
    /// The text, zeros, and in the last byte how long it is: whole words to hash and to compare.
    bytes: [u8; LONGEST + 1],
}

impl OrderId {
    /// An id; None for one that is empty, longer than 31 characters or not ASCII.
    #[inline]
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; LONGEST + 1];
        if let Ok(usual) = <&[u8; USUAL]>::try_from(text) {
            bytes[..USUAL].copy_from_slice(usual);
        } else {
            bytes[..LONGEST].get_mut(..text.len()).filter(|room| !room.is_empty())?.copy_from_slice(text);
        }
        bytes[LONGEST] = u8::try_from(text.len()).ok()?;
        bytes.is_ascii().then_some(Self { bytes })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII gets in.
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.bytes[LONGEST])]
    }

    /// A number that differs for nearly all ids. Whoever could choose ids so that it does not is Kraken.
    #[inline]
    pub(crate) fn hash(&self) -> u64 {
        const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
        let word = |from: usize| self.bytes[from..from + 8].iter().rev().fold(0, |word, b| word << 8 | u64::from(*b));
        let mixed = (word(0).wrapping_mul(ODD)).rotate_left(23) ^ word(8);
        let mixed = (mixed.wrapping_mul(ODD)).rotate_left(23) ^ word(16) ^ word(24).rotate_left(40);
        let mixed = mixed.wrapping_mul(ODD);
        mixed ^ mixed >> 32
    }
}

impl fmt::Debug for OrderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
