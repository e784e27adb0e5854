//! One engine with the buffers through which JavaScript speaks with it.

use crate::ladder;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use havklo_engine::{Book, BookId, Channel, Engine, Fault, Outcome, Rules, Settings};

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
    pub(crate) engine: Engine,
    books: Vec<BookId>,
    pub(crate) input: Vec<u8>,
    pub(crate) output: Vec<u64>,
    outcome: [usize; 7],
    /// The book of the last update, while its changes can still be read.
    pub(crate) updated: Option<BookId>,
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
        Self {
            engine: Engine::new(rules),
            books: Vec::new(),
            input: Vec::new(),
            output: Vec::new(),
            outcome: [0; 7],
            updated: None,
        }
    }

    pub(crate) fn input(&mut self, length: usize) -> *mut u8 {
        if self.input.len() < length {
            self.input.resize(length, 0);
        }
        self.input.as_mut_ptr()
    }

    pub(crate) fn track(&mut self, length: usize, level3: bool, depth: usize, price: i32, qty: i32) -> i32 {
        let precision = u8::try_from(price).ok().zip(u8::try_from(qty).ok());
        let channel = if level3 { Channel::Level3 } else { Channel::Book };
        let symbol = written(&self.input, length);
        if !symbol.is_ascii() {
            return -1;
        }
        // Much smaller than what finds out whether bytes are UTF-8.
        let symbol: String = symbol.iter().map(|byte| char::from(*byte)).collect();
        let Ok(id) = self.engine.track(&symbol, Settings { channel, depth, precision }) else { return -1 };
        if id.index() == self.books.len() {
            self.books.push(id);
        }
        self.updated = None;
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

    /// With `levels` of 0 or more, the book of a proven message is written into the output, too.
    pub(crate) fn receive(&mut self, length: usize, ms: f64, levels: i32) -> Code {
        let result = self.engine.receive(written(&self.input, length), nanoseconds(ms));
        self.updated = None;
        let (code, outcome) = match result {
            Ok(Outcome::Ignored) => (Code::Ignored, [0; 7]),
            Ok(Outcome::Update { book, snapshot }) => {
                self.updated = Some(book);
                let mut outcome = [book.index(), 0, 0, 0, 0, 0, 0];
                if let (Ok(levels), Ok(number)) = (usize::try_from(levels), u32::try_from(book.index())) {
                    outcome[6] = self.read(number, levels);
                    outcome[5] = self.output.as_ptr() as usize;
                }
                (if snapshot { Code::Snapshot } else { Code::Update }, outcome)
            }
            Ok(Outcome::Desync { book, fault }) => (Code::Desync, desync(book, &fault)),
            Err(refused) => {
                let expected = refused.0.expected;
                (Code::Malformed, [refused.0.offset, expected.as_ptr() as usize, expected.len(), 0, 0, 0, 0])
            }
        };
        self.outcome = outcome;
        code
    }

    /// What the last frame came to, as seven numbers. For an update or a snapshot: its book; the last two are the
    /// address of the output and its length, if it was asked for. For a desync: its (first) book, and [`ladder::fault`].
    /// For a malformed frame: the offset at which reading failed, the address and the length of the words for what was
    /// expected there.
    pub(crate) fn outcome(&self) -> &[usize; 7] {
        &self.outcome
    }

    pub(crate) fn desynced(&self, index: usize) -> i32 {
        self.engine.desynced().get(index).map_or(-1, |id| signed(*id))
    }

    pub(crate) fn state(&self, book: u32) -> u32 {
        self.book(book).map_or(3, |book| ladder::number(book.state()))
    }

    pub(crate) fn read(&mut self, book: u32, levels: usize) -> usize {
        self.tell(book, |id, book, words| ladder::write(id, book, levels, words))
    }

    pub(crate) fn changes(&mut self) -> usize {
        let Self { engine, output, updated, .. } = self;
        output.clear();
        match updated.and_then(|id| engine.book(id)).map(|book| book.settings().channel) {
            Some(Channel::Book) => engine.changes().iter().for_each(|change| ladder::change(change, output)),
            #[cfg(feature = "level3")]
            Some(Channel::Level3) => {
                engine.order_changes().iter().for_each(|change| crate::level3::order_change(change, output));
            }
            _ => {}
        }
        output.len()
    }

    pub(crate) fn output(&self) -> &[u64] {
        &self.output
    }

    /// Has a book written into the output by `write`; how many words that is.
    pub(crate) fn tell(&mut self, book: u32, write: impl FnOnce(BookId, &Book, &mut Vec<u64>)) -> usize {
        self.output.clear();
        // Not through `self.book`: the output is written while the book is read.
        let id = self.books.get(book as usize).copied();
        if let Some((id, book)) = id.and_then(|id| Some((id, self.engine.book(id)?))) {
            write(id, book, &mut self.output);
        }
        self.output.len()
    }

    fn book(&self, book: u32) -> Option<&Book> {
        self.engine.book(*self.books.get(book as usize)?)
    }
}

/// The first bytes of the input, or all of them if more are asked for.
pub(crate) fn written(input: &[u8], length: usize) -> &[u8] {
    &input[..length.min(input.len())]
}

fn desync(book: BookId, fault: &Fault) -> [usize; 7] {
    let [reason, known, expected, computed] = ladder::fault(fault).map(|part| part as usize);
    [book.index(), reason, known, expected, computed, 0, 0]
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
