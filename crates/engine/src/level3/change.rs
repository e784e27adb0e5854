//! What a verified message did to one order.

use crate::ladder::Side;
use crate::level3::id::OrderId;

/// What Kraken says happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// An order came.
    Add,
    /// Its quantity or price changed.
    Modify,
    /// It is gone.
    Delete,
}

impl Event {
    /// Kraken's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Modify => "modify",
            Self::Delete => "delete",
        }
    }
}

/// Why, as far as the message itself proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It stood in a snapshot.
    Snapshot,
    /// It was placed.
    New,
    /// Its level came into the window from outside.
    Edge,
    /// Its timestamp moved, or its id was deleted and added in one message.
    Amend,
    /// Its quantity fell while its timestamp stayed.
    Fill,
    /// It was deleted though it was not the first of the best level, so that no trade can have taken it.
    Cancel,
    /// The first order of the best level was deleted: by a trade or by its owner.
    Unknown,
}

impl Cause {
    /// The name used everywhere.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::New => "new",
            Self::Edge => "edge",
            Self::Amend => "amend",
            Self::Fill => "fill",
            Self::Cancel => "cancel",
            Self::Unknown => "unknown",
        }
    }
}

/// One entry of a verified message, with what it meant in the book.
#[derive(Clone, Copy, Debug)]
pub struct OrderChange {
    /// Which list it stood in.
    pub side: Side,
    /// What happened.
    pub event: Event,
    /// Why.
    pub cause: Cause,
    /// To which order.
    pub id: OrderId,
    /// Its price in ticks of the book's price scale, after the change.
    pub price: u128,
    /// Its quantity in lots of the book's quantity scale, after the change; 0 for a delete.
    pub qty: u128,
    /// Its quantity before; 0 for an add.
    pub before: u128,
    /// Epoch nanoseconds of its insertion or last amend, as Kraken says.
    pub timestamp_ns: i64,
    /// The rank of its price on its side, when it happened.
    pub level: u32,
    /// How many orders stood before it in its level: before it left or changed, after it came.
    pub orders_ahead: u32,
    /// How many stood behind it, of one that left.
    pub(crate) orders_behind: u32,
    /// The quantity of those ahead.
    pub qty_ahead: u128,
    /// Rises with the place in the queue: of two orders at one price the one ahead has the smaller number.
    pub sequence: u64,
    /// Price and sequence that it had before, if a modify took its place from it.
    pub(crate) former: Option<(u128, u64)>,
    /// Epoch nanoseconds at which it was first seen in the book, by its own timestamp.
    pub entered_ns: i64,
}
