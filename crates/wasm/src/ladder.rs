//! A book as 64-bit words, little-endian, for a typed array to look at.
//!
//! [`HEADER`] words, each of which fits its lower 32 bits unless told otherwise:
//!
//! | word | is |
//! |---|---|
//! | 0 | the layout's version, 1 |
//! | 1 | state: 0 awaiting, 1 live, 2 desynced |
//! | 2 | 1 if the book is crossed, plus 2 if numbers are two words wide, plus 4 if it is a level-3 book |
//! | 3, 4 | decimals of prices and of quantities |
//! | 5, 6 | how many bids and asks follow |
//! | 7 | the checksum of the last proven message |
//! | 8, 9, 10 | messages, proven ones, ignored ones (64 bits) |
//! | 11 | desyncs of all reasons (64 bits) |
//! | 12 | when the last proven message was received, in nanoseconds since 1970 (64 bits, signed; 0 before the first) |
//! | 13 | how many levels a side the checksum proves |
//! | 14 to 17 | why it is desynced: [`fault`]; all 0 if it is not |
//! | 18 | how many bytes of text the time in the last proven message has; 0 without one |
//! | 19 to 23 | that text |
//! | 24 | the book's number in its engine |
//! | 25 | proven snapshots (64 bits) |
//! | 26 | desyncs whose reason was the checksum (64 bits) |
//!
//! Then prices of bids, quantities of bids, prices of asks, quantities of asks, best first, as integers of that many
//! decimals; with two words the lower one comes first. After them, in a level-3 book, how many orders make up each bid,
//! then each ask, a word each. A book that is not live shows no levels.

use alloc::vec::Vec;
use havklo_engine::{Book, BookId, Change, Channel, Fault, Level, Reason, State};

/// Words before the first price.
pub const HEADER: usize = 27;

/// What the browser checks before it believes the rest.
const VERSION: u64 = 1;

/// The number of a state, as every function here gives it.
#[must_use]
pub fn number(state: State) -> u32 {
    match state {
        State::Awaiting => 0,
        State::Live => 1,
        State::Desynced => 2,
    }
}

/// A fault as four numbers: its reason, from 1 in the order of `Reason::ALL`; 1 if the exchange's sum is known plus 2
/// if ours is; the exchange's sum; ours.
#[must_use]
pub fn fault(fault: &Fault) -> [u32; 4] {
    let known = u32::from(fault.expected.is_some()) + 2 * u32::from(fault.computed.is_some());
    [1 + fault.reason as u32, known, fault.expected.unwrap_or_default(), fault.computed.unwrap_or_default()]
}

/// Writes a book with at most `levels` levels a side.
pub fn write(id: BookId, book: &Book, levels: usize, words: &mut Vec<u64>) {
    let shown = if book.state() == State::Live { levels } else { 0 };
    let sides = [book.bids(), book.asks()].map(|side| &side[..side.len().min(shown)]);
    let wide = sides.iter().flat_map(|side| side.iter()).any(|level| high(level.price) | high(level.qty) != 0);
    let orders = book.settings().channel == Channel::Level3;
    let (price, qty) = book.scales();
    let statistics = book.statistics();
    words.clear();
    put(
        words,
        &[
            VERSION,
            u64::from(number(book.state())),
            u64::from(book.crossed()) + 2 * u64::from(wide) + 4 * u64::from(orders),
            u64::from(price),
            u64::from(qty),
            sides[0].len() as u64,
            sides[1].len() as u64,
            u64::from(book.checksum()),
            statistics.messages,
            statistics.verified,
            statistics.ignored,
            statistics.desyncs.iter().sum(),
            book.recv_ns().unwrap_or_default().cast_unsigned(),
            book.proven_depth() as u64,
        ],
    );
    for part in book.fault().map_or([0; 4], fault) {
        put(words, &[part.into()]);
    }
    let time = book.timestamp().map_or(&[][..], |time| time.as_bytes());
    put(words, &[time.len() as u64]);
    text(time, 5, words);
    put(words, &[id.index() as u64, statistics.snapshots, statistics.desyncs[Reason::Checksum as usize]]);
    for side in sides {
        push(side, |level| level.price, wide, words);
        push(side, |level| level.qty, wide, words);
    }
    #[cfg(feature = "level3")]
    if orders {
        for level in sides.iter().flat_map(|side| side.iter()) {
            put(words, &[book.order_count(level).into()]);
        }
    }
}

/// A change of a level-2 message, 5 words: 0 for a bid or 1 for an ask; price; quantity, 0 if the level went. Numbers
/// have the decimals of their book, and two words each, the lower one first.
pub fn change(change: &Change, words: &mut Vec<u64>) {
    put(words, &[change.side as u64]);
    wide(change.price, words);
    wide(change.qty, words);
}

/// A text as so many words, at most 5, zeros behind its end.
pub fn text(text: &[u8], count: usize, words: &mut Vec<u64>) {
    let mut bytes = [[0; 8]; 5];
    bytes.as_flattened_mut()[..text.len()].copy_from_slice(text);
    for word in bytes.iter().take(count) {
        put(words, &[u64::from_le_bytes(*word)]);
    }
}

/// A number as two words, the lower one first.
pub fn wide(value: u128, words: &mut Vec<u64>) {
    put(words, &[low(value), high(value)]);
}

/// Appends words. One place to grow a buffer is smaller than many.
#[inline(never)]
pub fn put(words: &mut Vec<u64>, more: &[u64]) {
    words.extend_from_slice(more);
}

fn push(side: &[Level], part: impl Fn(&Level) -> u128, two: bool, words: &mut Vec<u64>) {
    if two {
        for level in side {
            wide(part(level), words);
        }
    } else {
        words.extend(side.iter().map(|level| low(part(level))));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is asked for")]
fn low(value: u128) -> u64 {
    value as u64
}

fn high(value: u128) -> u64 {
    low(value >> 64)
}
