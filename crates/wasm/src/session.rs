//! One engine with the buffers through which JavaScript speaks with it.

use crate::ladder;
use alloc::string::ToString;
use alloc::vec::Vec;
use havklo_engine::{Book, BookId, Engine, Fault, Outcome, Rules, Settings};

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Code {
    /// It can't be put to a tracked book.
    Malformed = -1,
    /// Not the book channel's, nobody's symbol, or an update while its book is not live.
    Ignored = 0,
    /// A proven update.
    Update = 1,
    /// A proven snapshot.
    Snapshot = 2,
    /// A book, or several, are out of step.
    Desync = 3,
}

/// An engine, its books by number, and its buffers.
#[derive(Debug)]
pub struct Session {
    engine: Engine,
    books: Vec<BookId>,
    input: Vec<u8>,
    output: Vec<u64>,
    outcome: [usize; 5],
}

impl Session {
    /// Rule bits: 1 unknown delete, 2 unchanged level, 4 short side, 8 better refill.
    pub(crate) fn new(rules: u32) -> Self {
        let rules = Rules {
            unknown_delete: rules & 1 != 0,
            unchanged_level: rules & 2 != 0,
            short_side: rules & 4 != 0,
            better_refill: rules & 8 != 0,
        };
        Self { engine: Engine::new(rules), books: Vec::new(), input: Vec::new(), output: Vec::new(), outcome: [0; 5] }
    }

    pub(crate) fn input(&mut self, length: usize) -> *mut u8 {
        if self.input.len() < length {
            self.input.resize(length, 0);
        }
        self.input.as_mut_ptr()
    }

    pub(crate) fn track(&mut self, length: usize, depth: usize, price: i32, qty: i32) -> i32 {
        let precision = u8::try_from(price).ok().zip(u8::try_from(qty).ok());
        let Ok(symbol) = core::str::from_utf8(written(&self.input, length)) else { return -1 };
        let Ok(id) = self.engine.track(symbol, Settings { depth, precision, ..Settings::default() }) else { return -1 };
        if id.index() == self.books.len() {
            self.books.push(id);
        }
        signed(id)
    }

    pub(crate) fn untrack(&mut self, book: u32) {
        if let Some(symbol) = self.book(book).map(|book| book.symbol().to_string()) {
            self.engine.untrack(&symbol);
        }
    }

    pub(crate) fn suspend(&mut self, book: i32) {
        const REASON: &str = "suspended";
        let Ok(book) = u32::try_from(book) else { return self.engine.suspend_all(REASON) };
        if let Some(symbol) = self.book(book).map(|book| book.symbol().to_string()) {
            self.engine.suspend(&symbol, REASON);
        }
    }

    pub(crate) fn receive(&mut self, length: usize, ms: f64) -> Code {
        let result = self.engine.receive(written(&self.input, length), nanoseconds(ms));
        let (code, outcome) = match result {
            Ok(Outcome::Ignored) => (Code::Ignored, [0; 5]),
            Ok(Outcome::Update { book, snapshot: false }) => (Code::Update, [book.index(), 0, 0, 0, 0]),
            Ok(Outcome::Update { book, snapshot: true }) => (Code::Snapshot, [book.index(), 0, 0, 0, 0]),
            Ok(Outcome::Desync { book, fault }) => (Code::Desync, desync(book, &fault)),
            Err(refused) => {
                let expected = refused.0.expected;
                (Code::Malformed, [refused.0.offset, expected.as_ptr() as usize, expected.len(), 0, 0])
            }
        };
        self.outcome = outcome;
        code
    }

    /// What the last frame came to, as five numbers. For an update or a snapshot: its book. For a desync: its (first)
    /// book, and [`ladder::fault`]. For a malformed frame: the offset at which reading failed, the address and the
    /// length of the words for what was expected there.
    pub(crate) fn outcome(&self) -> &[usize; 5] {
        &self.outcome
    }

    pub(crate) fn desynced(&self, index: usize) -> i32 {
        self.engine.desynced().get(index).map_or(-1, |id| signed(*id))
    }

    pub(crate) fn state(&self, book: u32) -> u32 {
        self.book(book).map_or(3, |book| ladder::number(book.state()))
    }

    pub(crate) fn read(&mut self, book: u32, levels: usize) -> usize {
        self.output.clear();
        // Not through `self.book`: the output is written while the book is read.
        let id = self.books.get(book as usize).copied();
        if let Some(book) = id.and_then(|id| self.engine.book(id)) {
            ladder::write(book, levels, &mut self.output);
        }
        self.output.len()
    }

    pub(crate) fn output(&self) -> &[u64] {
        &self.output
    }

    fn book(&self, book: u32) -> Option<&Book> {
        self.engine.book(*self.books.get(book as usize)?)
    }
}

/// The first bytes of the input, or all of them if more are asked for.
fn written(input: &[u8], length: usize) -> &[u8] {
    &input[..length.min(input.len())]
}

fn desync(book: BookId, fault: &Fault) -> [usize; 5] {
    let [reason, known, expected, computed] = ladder::fault(fault).map(|part| part as usize);
    [book.index(), reason, known, expected, computed]
}

/// A book's number for JavaScript, where -1 means none.
fn signed(id: BookId) -> i32 {
    i32::try_from(id.index()).unwrap_or(-1)
}

/// JavaScript's clocks count milliseconds and are good for microseconds; a double of nanoseconds would not be.
#[expect(clippy::cast_possible_truncation, reason = "a time beyond 64 bits may saturate")]
fn nanoseconds(ms: f64) -> i64 {
    ((ms * 1e3) as i64).saturating_mul(1_000)
}
