//! Order ids as they are sent, kept without allocation.

use core::fmt;

/// The longest id that is kept; Kraken's have 19 characters.
const LONGEST: usize = 31;

/// An `order_id`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OrderId {
    bytes: [u8; LONGEST],
    length: u8,
}

impl OrderId {
    /// An id; None for one that is empty, longer than 31 characters or not ASCII.
    #[inline]
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        let length = u8::try_from(text.len()).ok().filter(|length| *length > 0)?;
        let mut bytes = [0; LONGEST];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        text.is_ascii().then_some(Self { bytes, length })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII gets in.
        core::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }

    /// A number that differs for nearly all ids. Whoever could choose ids so that it does not is Kraken.
    #[inline]
    pub(crate) fn hash(&self) -> u64 {
        const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut words = self.bytes.chunks(8).map(|part| part.iter().rev().fold(0, |word, b| word << 8 | u64::from(*b)));
        let mut mixed = u64::from(self.length);
        for word in &mut words {
            mixed = (mixed ^ word).wrapping_mul(ODD);
            mixed ^= mixed >> 32;
        }
        mixed
    }
}

impl fmt::Debug for OrderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
