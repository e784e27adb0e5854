//! What can be wrong with a message.

use crate::json::Syntax;
use core::fmt;

/// Why a book was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Kraken's sum and ours differ.
    Checksum,
    /// The message can't be read, or says something no book message can say.
    Malformed,
    /// The message carries no checksum, so nothing proves it.
    MissingChecksum,
    /// Rule 1: a level was deleted that is not held.
    UnknownDelete,
    /// Rule 2: a level was sent again unchanged.
    UnchangedLevel,
    /// Rule 3: a side is shorter than the depth although the snapshot filled it.
    ShortSide,
    /// Rule 4: the level that refilled a side is better than the worst one held.
    BetterRefill,
    /// The sum holds, but the best bid is not below the best ask.
    Crossed,
}

impl Reason {
    /// All reasons, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Checksum,
        Self::Malformed,
        Self::MissingChecksum,
        Self::UnknownDelete,
        Self::UnchangedLevel,
        Self::ShortSide,
        Self::BetterRefill,
        Self::Crossed,
    ];

    /// The name used everywhere: in Python, in vectors, in the browser.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Checksum => "checksum",
            Self::Malformed => "malformed",
            Self::MissingChecksum => "missing_checksum",
            Self::UnknownDelete => "unknown_delete",
            Self::UnchangedLevel => "unchanged_level",
            Self::ShortSide => "short_side",
            Self::BetterRefill => "better_refill",
            Self::Crossed => "crossed",
        }
    }
}

/// Which structural rules are watched. They never fired on a clean capture; the checksum can't see what they see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent switches are four booleans")]
pub struct Rules {
    /// Rule 1, [`Reason::UnknownDelete`].
    pub unknown_delete: bool,
    /// Rule 2, [`Reason::UnchangedLevel`].
    pub unchanged_level: bool,
    /// Rule 3, [`Reason::ShortSide`].
    pub short_side: bool,
    /// Rule 4, [`Reason::BetterRefill`].
    pub better_refill: bool,
}

impl Rules {
    /// All four.
    pub const ALL: Self = Self { unknown_delete: true, unchanged_level: true, short_side: true, better_refill: true };
    /// None: only the checksum watches.
    pub const NONE: Self =
        Self { unknown_delete: false, unchanged_level: false, short_side: false, better_refill: false };
}

impl Default for Rules {
    fn default() -> Self {
        Self::ALL
    }
}

/// One fault of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its kind.
    pub reason: Reason,
    /// Kraken's sum, where the message had one.
    pub expected: Option<u32>,
    /// Our sum after applying the message, where it could be applied.
    pub computed: Option<u32>,
    /// What could not be read, and where.
    pub syntax: Option<Syntax>,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.reason, self.expected, self.computed) {
            (Reason::Checksum, Some(expected), Some(computed)) => {
                write!(formatter, "Kraken's checksum is {expected}, the book's is {computed}")
            }
            (Reason::Checksum, ..) => formatter.write_str("the checksums differ"),
            (Reason::Malformed, ..) => match self.syntax {
                Some(syntax) => write!(formatter, "{syntax}"),
                None => formatter.write_str("the message can't be a book message"),
            },
            (Reason::MissingChecksum, ..) => formatter.write_str("the message carries no checksum"),
            (Reason::UnknownDelete, ..) => formatter.write_str("a level was deleted that the book does not hold"),
            (Reason::UnchangedLevel, ..) => formatter.write_str("a level was sent again unchanged"),
            (Reason::ShortSide, ..) => formatter.write_str("a side is shorter than the subscribed depth"),
            (Reason::BetterRefill, ..) => formatter.write_str("a refill is better than the worst level held"),
            (Reason::Crossed, ..) => formatter.write_str("the best bid is not below the best ask"),
        }
    }
}

impl fmt::Display for Syntax {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "expected {} at byte {}", self.expected, self.offset)
    }
}

/// Bytes that are no Kraken frame, or whose fault can't be put to a tracked book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(
    /// What could not be read, and where.
    pub Syntax,
);

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl core::error::Error for Malformed {}
