//! Level 3: the orders behind the levels of a book, each in its place in the queue.
//!
//! A level-3 book is a [`Book`](crate::Book) whose levels are sums over its orders: `orders` keeps these by id, `queue`
//! keeps one price's orders in sequence, so that a place, what stands before it and the checksum's share of the whole
//! level come from one tree. `frame` reads messages, `take` applies them whole and proven, and `oracle` finds out from
//! the checksum what Kraken does not document: which amends keep their place. `learn` feeds the fill estimator.

use crate::book::Channel;
use alloc::boxed::Box;

mod change;
mod frame;
mod id;
#[cfg(feature = "estimate")]
mod learn;
#[cfg(not(feature = "estimate"))]
#[path = "no_learn.rs"]
mod learn;
mod oracle;
mod orders;
mod queue;
mod stamp;
mod take;

pub use change::{Cause, Event, OrderChange};
pub(crate) use frame::{read_orders, usual_data};
pub use id::OrderId;
#[cfg(feature = "estimate")]
pub(crate) use learn::Learner;
#[cfg(feature = "estimate")]
pub use learn::{NoEstimate, Subject};
pub use oracle::{Evidence, Oracle, Rule, Verdict};
pub(crate) use orders::Orders;
pub use orders::{Order, Place};
pub(crate) use stamp::Seconds;
pub use stamp::nanoseconds;
pub(crate) use take::{Entry, Scratch};

/// What a book knows of its orders beside its levels.
#[derive(Debug, Default)]
pub struct Level3 {
    pub(crate) orders: Orders,
    pub(crate) oracle: Oracle,
    #[cfg(feature = "estimate")]
    pub(crate) learner: Option<Learner>,
}

impl Level3 {
    /// What a book of this channel needs.
    pub(crate) fn for_channel(channel: Channel) -> Option<Box<Self>> {
        (channel == Channel::Level3).then(Box::default)
    }
}
