//! A book as 64-bit words, little-endian, for a typed array to look at.
//!
//! [`HEADER`] words, each of which fits its lower 32 bits unless told otherwise:
//!
//! | word | is |
//! |---|---|
//! | 0 | the layout's version, 1 |
//! | 1 | state: 0 awaiting, 1 live, 2 desynced |
//! | 2 | 1 if the book is crossed, plus 2 if numbers are two words wide |
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
//!
//! Then prices of bids, quantities of bids, prices of asks, quantities of asks, best first, as integers of that many
//! decimals; with two words the lower one comes first. A book that is not live shows no levels.

use alloc::vec::Vec;
use havklo_engine::{Book, Fault, Level, State};

/// Words before the first price.
pub const HEADER: usize = 24;

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
pub fn write(book: &Book, levels: usize, words: &mut Vec<u64>) {
    let shown = if book.state() == State::Live { levels } else { 0 };
    let sides = [book.bids(), book.asks()].map(|side| &side[..side.len().min(shown)]);
    let wide = sides.iter().flat_map(|side| side.iter()).any(|level| high(level.price) | high(level.qty) != 0);
    let (price, qty) = book.scales();
    let statistics = book.statistics();
    words.clear();
    words.extend([
        VERSION,
        u64::from(number(book.state())),
        u64::from(book.crossed()) + 2 * u64::from(wide),
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
    ]);
    words.extend(book.fault().map_or([0; 4], fault).map(u64::from));
    let text = book.timestamp().map_or(&[][..], |time| time.as_bytes());
    words.push(text.len() as u64);
    words.extend((0..HEADER - 19).map(|word| eight(text, 8 * word)));
    for side in sides {
        push(side, |level| level.price, wide, words);
        push(side, |level| level.qty, wide, words);
    }
}

/// Eight bytes of a text from a place on, zeros behind its end.
fn eight(text: &[u8], from: usize) -> u64 {
    text.iter().skip(from).take(8).rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

fn push(side: &[Level], part: fn(&Level) -> u128, wide: bool, words: &mut Vec<u64>) {
    for level in side {
        let value = part(level);
        words.push(low(value));
        if wide {
            words.push(high(value));
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is asked for")]
fn low(value: u128) -> u64 {
    value as u64
}

fn high(value: u128) -> u64 {
    low(value >> 64)
}
