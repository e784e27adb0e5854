//! What only books of orders know, as 64-bit words, and the functions that tell it.
//!
//! An id is four words: 32 bytes, the text and zeros, and in the last byte its length. A price or a quantity is two,
//! the lower one first.

use crate::engine::with;
use crate::ladder::{put, text, wide};
use crate::session::{Session, written};
use alloc::vec::Vec;
use havklo_engine::{Book, Channel, Level, OrderChange, OrderId, Place, Rule, State};

/// An entry of a level-3 message, 18 words: what it is as `side + 2 event + 8 cause`, both in the order of their
/// declaration; its level; orders ahead; their quantity; the order's id; price; quantity after; quantity before;
/// `timestamp_ns`; `entered_ns`; sequence.
pub fn order_change(change: &OrderChange, words: &mut Vec<u64>) {
    put(words, &[change.side as u64 + 2 * change.event as u64 + 8 * change.cause as u64]);
    put(words, &[change.level.into()]);
    put(words, &[change.orders_ahead.into()]);
    wide(change.qty_ahead, words);
    id(&change.id, words);
    wide(change.price, words);
    wide(change.qty, words);
    wide(change.before, words);
    put(words, &[change.timestamp_ns.cast_unsigned()]);
    put(words, &[change.entered_ns.cast_unsigned()]);
    put(words, &[change.sequence]);
}

/// An order's id, 4 words.
pub fn id(id: &OrderId, words: &mut Vec<u64>) {
    let name = id.as_bytes();
    text(name, 4, words);
    if let Some(last) = words.last_mut() {
        *last |= (name.len() as u64) << 56;
    }
}

/// The orders of a level, first to be filled first, 9 words each: id, quantity, `timestamp_ns`, `entered_ns`, sequence.
pub fn orders(book: &Book, level: &Level, words: &mut Vec<u64>) {
    for order in book.orders(level) {
        id(&order.id, words);
        wide(order.qty, words);
        put(words, &[order.timestamp_ns.cast_unsigned()]);
        put(words, &[order.entered_ns.cast_unsigned()]);
        put(words, &[order.sequence]);
    }
}

/// A place, 7 words: the level's rank, orders ahead, 1 if the checksum covers it, the quantity ahead, the level's.
pub fn place(place: &Place, words: &mut Vec<u64>) {
    put(words, &[place.level as u64]);
    put(words, &[place.orders_ahead.into()]);
    put(words, &[place.proven.into()]);
    wide(place.qty_ahead, words);
    wide(place.qty_level, words);
}

/// What amends do to an order's place, 4 words for each rule: kept, lost, could be either; and the verdict, in the
/// order of its declaration. Nothing of a level-2 book.
pub fn oracle(book: &Book, words: &mut Vec<u64>) {
    let Some(oracle) = book.oracle() else { return };
    for rule in Rule::ALL {
        let evidence = oracle.evidence(rule);
        put(words, &[evidence.keep, evidence.back, evidence.ambiguous, evidence.verdict() as u64]);
    }
}

impl Session {
    pub(crate) fn pushed_out(&mut self) -> usize {
        let Self { engine, output, updated, .. } = self;
        output.clear();
        let book = updated.and_then(|id| engine.book(id));
        if book.is_some_and(|book| book.settings().channel == Channel::Level3) {
            engine.pushed_out().iter().for_each(|name| id(name, output));
        }
        output.len()
    }

    pub(crate) fn orders(&mut self, book: u32, asks: bool, rank: usize) -> usize {
        self.tell(book, |_, book, words| {
            let levels = if asks { book.asks() } else { book.bids() };
            if let Some(level) = levels.get(rank).filter(|_| book.state() == State::Live) {
                orders(book, level, words);
            }
        })
    }

    pub(crate) fn place(&mut self, book: u32, length: usize) -> usize {
        let id = OrderId::new(written(&self.input, length));
        self.tell(book, |_, book, words| {
            if let Some(found) = id.filter(|_| book.state() == State::Live).and_then(|id| book.place(&id)) {
                place(&found, words);
            }
        })
    }

    pub(crate) fn oracle(&mut self, book: u32) -> usize {
        self.tell(book, |_, book, words| oracle(book, words))
    }
}

/// Writes which orders the last frame pushed out.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_pushed_out() -> usize {
    with(Session::pushed_out)
}

/// Writes the orders of a level.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_orders(book: u32, asks: u32, rank: usize) -> usize {
    with(|session| session.orders(book, asks != 0, rank))
}

/// Writes where an order stands.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_place(book: u32, length: usize) -> usize {
    with(|session| session.place(book, length))
}

/// Writes what amends were seen to do.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_oracle(book: u32) -> usize {
    with(|session| session.oracle(book))
}
