//! What a frame says, read but not yet applied.

use crate::crc::DigitTable;
use crate::ladder::Side;
use crate::level3::{Entry, Seconds};
use crate::token::{ShortNumber, Token};
use alloc::vec::Vec;

/// The longest `timestamp` that is kept: RFC 3339 with nanoseconds has 30 characters.
const MAX_TIMESTAMP: usize = 40;

/// One entry of `bids` or `asks`.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// The price's digits as an integer.
    pub price: u128,
    /// The quantity's digits as an integer; 0 removes the level.
    pub qty: u128,
    pub(crate) register: u32,
    pub(crate) digits: u8,
    /// The price's decimals.
    pub price_scale: u8,
    /// The quantity's decimals.
    pub qty_scale: u8,
    /// Which list it stood in.
    pub side: Side,
    pub(crate) price_exponent: bool,
    pub(crate) qty_exponent: bool,
}

/// RFC 3339 text as sent, kept without allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    bytes: [u8; MAX_TIMESTAMP],
    length: u8,
}

impl Timestamp {
    pub(crate) fn new(text: &[u8]) -> Option<Self> {
        let length = u8::try_from(text.len()).ok().filter(|_| text.is_ascii())?;
        let mut bytes = [0; MAX_TIMESTAMP];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { bytes, length })
    }

    #[inline]
    pub(crate) fn usual(text: &[u8; 27]) -> Self {
        let mut bytes = [0; MAX_TIMESTAMP];
        bytes[..27].copy_from_slice(text);
        Self { bytes, length: 27 }
    }

    /// The text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII gets in.
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

/// The changes of the frame being read, in a buffer that lives as long as the engine.
#[derive(Debug, Default)]
pub struct Staged {
    /// In the order of the message.
    pub changes: Vec<Change>,
    /// Beside each of them, in a level-3 message, which order it is about.
    pub(crate) entries: Vec<Entry>,
    /// Reads their times.
    pub(crate) seconds: Seconds,
    /// The most decimals of prices and quantities among plain numbers.
    pub plain_scales: (u8, u8),
    /// Whether every price and every quantity has just these decimals and no exponent.
    pub uniform: bool,
}

impl Staged {
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.changes.clear();
        self.entries.clear();
        self.plain_scales = (0, 0);
        self.uniform = true;
    }

    /// Stages a level in the usual form.
    #[inline]
    pub(crate) fn push_short(&mut self, side: Side, price: &ShortNumber, qty: &ShortNumber, table: &DigitTable) {
        let after = usize::from(qty.digits);
        let mut register =
            table.zeros(usize::from(price.digits) + after) ^ table.eight(qty.low, 0) ^ table.eight(price.low, after);
        if qty.high != 0 {
            register ^= table.eight(qty.high, 8);
        }
        if price.high != 0 {
            register ^= table.eight(price.high, after + 8);
        }
        self.push(Change {
            price: price.mantissa().into(),
            qty: qty.mantissa().into(),
            register,
            digits: price.digits + qty.digits,
            price_scale: price.scale,
            qty_scale: qty.scale,
            side,
            price_exponent: false,
            qty_exponent: false,
        });
    }

    /// Stages a level in any form.
    pub(crate) fn push_any(&mut self, side: Side, price: &Token, qty: &Token, table: &DigitTable) {
        let (register, digits) = table.level(price.value.mantissa, qty.value.mantissa);
        self.push(Change {
            price: price.value.mantissa,
            qty: qty.value.mantissa,
            register,
            digits,
            price_scale: price.value.scale,
            qty_scale: qty.value.scale,
            side,
            price_exponent: price.exponent,
            qty_exponent: qty.exponent,
        });
    }

    #[inline]
    fn push(&mut self, change: Change) {
        let scales = (change.price_scale, change.qty_scale);
        if self.changes.is_empty() {
            self.plain_scales = scales;
        }
        if scales != self.plain_scales || change.price_exponent || change.qty_exponent {
            self.widen(&change);
        }
        self.changes.push(change);
    }

    #[cold]
    fn widen(&mut self, change: &Change) {
        self.uniform = false;
        if self.changes.is_empty() {
            self.plain_scales = (0, 0);
        }
        if !change.price_exponent {
            self.plain_scales.0 = self.plain_scales.0.max(change.price_scale);
        }
        if !change.qty_exponent {
            self.plain_scales.1 = self.plain_scales.1.max(change.qty_scale);
        }
    }
}
