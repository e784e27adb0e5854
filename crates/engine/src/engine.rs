//! All books of one connection.

use crate::apply::Workspace;
use crate::book::{Book, Channel, Settings, State};
use crate::fault::{Fault, Malformed, Reason, Rules};
use crate::frame;
use crate::json::{Cursor, Syntax};
#[cfg(feature = "level3")]
use crate::level3::{OrderChange, OrderId};
use crate::staged::Change;
#[cfg(feature = "estimate")]
use crate::{ladder::Side, number::Fixed};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// A tracked symbol's number in its engine. Never given twice, so that it can't name another book later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BookId(usize);

impl BookId {
    /// The number: 0, 1, 2 … in the order of tracking.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Another channel, a symbol that is not tracked, or an update while its book is not live.
    Ignored,
    /// A proven message; [`Engine::changes`] tells what it changed.
    Update {
        /// The book.
        book: BookId,
        /// Whether it was a snapshot.
        snapshot: bool,
    },
    /// A book was given up; [`Engine::desynced`] tells if more than one was.
    Desync {
        /// The (first) book.
        book: BookId,
        /// What was wrong.
        fault: Fault,
    },
}

/// A depth that Kraken does not offer, or a precision beyond 28 decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadSettings(pub Settings);

impl fmt::Display for BadSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { channel, depth, .. } = self.0;
        if channel.depths().contains(&depth) {
            return formatter.write_str("a precision has at most 28 decimals");
        }
        write!(formatter, "depth {depth} is not offered; Kraken's depths ")?;
        if channel == Channel::Level3 {
            formatter.write_str("of level3 ")?;
        }
        formatter.write_str("are ")?;
        for (place, depth) in channel.depths().iter().enumerate() {
            let between =
                ["", ", ", " and "][usize::from(place > 0) + usize::from(place + 1 == channel.depths().len())];
            write!(formatter, "{between}{depth}")?;
        }
        Ok(())
    }
}

impl core::error::Error for BadSettings {}

/// The books of one connection. Frames go in, in the order of the wire; [`Outcome`]s come out.
#[derive(Debug)]
pub struct Engine {
    books: Vec<Option<Box<Book>>>,
    index: Index,
    /// The book of the last frame: on most connections also that of the next.
    last: Option<BookId>,
    work: Workspace,
    desynced: Vec<BookId>,
    rules: Rules,
    untracked: u64,
}

impl Engine {
    /// An engine that tracks nothing yet.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            books: Vec::new(),
            index: Index::default(),
            last: None,
            work: Workspace::new(),
            desynced: Vec::new(),
            rules,
            untracked: 0,
        }
    }

    /// Starts to keep a symbol's book, or starts anew with other settings.
    ///
    /// # Errors
    /// The depth is none of its [`Channel::depths`], or a precision is beyond 28.
    pub fn track(&mut self, symbol: &str, settings: Settings) -> Result<BookId, BadSettings> {
        let precise = settings.precision.is_none_or(|(price, qty)| price.max(qty) <= 28);
        if !settings.channel.depths().contains(&settings.depth) || !precise {
            return Err(BadSettings(settings));
        }
        if let Some(id) = self.id(symbol) {
            match self.book_mut(id) {
                Some(book) if book.settings.channel == settings.channel => {
                    book.retrack(settings);
                    return Ok(id);
                }
                // A book of levels and one of orders are two books, whoever holds the old one must not read the new.
                _ => drop(self.untrack(symbol)),
            }
        }
        let id = BookId(self.books.len());
        self.books.push(Some(Box::new(Book::new(symbol, settings))));
        self.index.insert(symbol, id);
        Ok(id)
    }

    /// Stops keeping a symbol's book. False: it was not tracked.
    pub fn untrack(&mut self, symbol: &str) -> bool {
        let id = self.index.remove(symbol);
        if let Some(slot) = id.and_then(|id| self.books.get_mut(id.0)) {
            *slot = None;
        }
        self.last = None;
        id.is_some()
    }

    /// A tracked symbol's number.
    #[must_use]
    pub fn id(&self, symbol: &str) -> Option<BookId> {
        self.index.get(symbol.as_bytes())
    }

    /// A book; None once it is no longer tracked.
    #[inline]
    #[must_use]
    pub fn book(&self, id: BookId) -> Option<&Book> {
        self.books.get(id.0)?.as_deref()
    }

    fn book_mut(&mut self, id: BookId) -> Option<&mut Book> {
        self.books.get_mut(id.0)?.as_deref_mut()
    }

    /// All tracked books.
    pub fn books(&self) -> impl Iterator<Item = &Book> {
        self.books.iter().filter_map(Option::as_deref)
    }

    /// Frames for symbols that are not tracked.
    #[must_use]
    pub fn untracked(&self) -> u64 {
        self.untracked
    }

    /// Makes a book wait for a snapshot: its connection ended, stalled, or it is being subscribed anew. False: it is
    /// not tracked.
    pub fn suspend(&mut self, symbol: &str, reason: &str) -> bool {
        let book = self.id(symbol).and_then(|id| self.book_mut(id));
        book.map(|book| book.suspend(reason)).is_some()
    }

    /// Makes all books wait for a snapshot.
    pub fn suspend_all(&mut self, reason: &str) {
        for book in self.books.iter_mut().flatten() {
            book.suspend(reason);
        }
    }

    /// Takes in one frame. When it returns, the frame is applied whole and proven, or not applied at all.
    ///
    /// # Errors
    /// The bytes are no Kraken frame, and the fault can't be put to a tracked book.
    #[inline]
    pub fn receive(&mut self, frame: &[u8], recv_ns: i64) -> Result<Outcome, Malformed> {
        self.desynced.clear();
        let mut cursor = Cursor::new(frame);
        let head = match frame::read(&mut cursor, &self.work.digits, &mut self.work.staged) {
            Ok(Some(head)) => head,
            Ok(None) => return Ok(Outcome::Ignored),
            Err(syntax) => return self.blame(&mut cursor, syntax),
        };
        let Some(id) = self.find(cursor.text(head.symbol)) else {
            self.untracked += 1;
            return Ok(Outcome::Ignored);
        };
        let Some(book) = self.books.get_mut(id.0).and_then(Option::as_deref_mut) else {
            return Ok(Outcome::Ignored);
        };
        if book.settings.channel != head.channel {
            self.untracked += 1;
            return Ok(Outcome::Ignored);
        }
        match book.receive(&head, &mut self.work, self.rules, recv_ns) {
            Ok(true) => Ok(Outcome::Update { book: id, snapshot: head.snapshot }),
            Ok(false) => Ok(Outcome::Ignored),
            Err(fault) => {
                book.desync(fault);
                self.desynced.push(id);
                Ok(Outcome::Desync { book: id, fault })
            }
        }
    }

    /// The changes of a level-2 message that gave the last [`Outcome::Update`], in the order of the message.
    #[inline]
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.work.staged.changes
    }

    /// The changes of a level-3 message that gave the last [`Outcome::Update`], in the order of the message.
    #[cfg(feature = "level3")]
    #[inline]
    #[must_use]
    pub fn order_changes(&self) -> &[OrderChange] {
        &self.work.level3.told
    }

    /// The orders that it pushed out of the book's depth: they may well rest on.
    #[cfg(feature = "level3")]
    #[inline]
    #[must_use]
    pub fn pushed_out(&self) -> &[OrderId] {
        &self.work.level3.pushed_out
    }

    /// Has a level-3 book learn how its orders are filled, from now on or anew. False: there is no such book.
    #[cfg(feature = "estimate")]
    pub fn learn(&mut self, id: BookId, options: crate::estimate::Options) -> bool {
        let book = self.book_mut(id).filter(|book| book.settings().channel == Channel::Level3);
        book.map(|book| book.learn(options)).is_some()
    }

    /// Tells a book that learns of a print of the `trade` channel: when, on the exchange's clock, and the taker's side.
    #[cfg(feature = "estimate")]
    pub fn traded(&mut self, id: BookId, now_ns: i64, taker: Side, price: Fixed, qty: Fixed) {
        if let Some(book) = self.book_mut(id) {
            book.traded(now_ns, taker, price, qty);
        }
    }

    /// Tells a book that learns which order is its user's own.
    #[cfg(feature = "estimate")]
    pub fn own(&mut self, id: BookId, order: &OrderId) {
        if let Some(book) = self.book_mut(id) {
            book.own(order);
        }
    }

    /// The books that the last [`Outcome::Desync`] gave up.
    #[must_use]
    pub fn desynced(&self) -> &[BookId] {
        &self.desynced
    }

    #[inline]
    fn find(&mut self, symbol: &[u8]) -> Option<BookId> {
        let last = self.last.filter(|last| self.book(*last).is_some_and(|book| book.symbol().as_bytes() == symbol));
        if last.is_some() {
            return last;
        }
        let found = self.index.get(symbol);
        self.last = found.or(self.last);
        found
    }

    /// Puts an unreadable frame to the tracked books it named.
    #[cold]
    fn blame(&mut self, cursor: &mut Cursor<'_>, syntax: Syntax) -> Result<Outcome, Malformed> {
        let fault = Fault { reason: Reason::Malformed, expected: None, computed: None, syntax: Some(syntax) };
        for name in frame::named(cursor) {
            if let Some(id) = self.find(cursor.text(name)).filter(|id| !self.desynced.contains(id)) {
                self.desynced.push(id);
            }
        }
        for index in 0..self.desynced.len() {
            let id = self.desynced[index];
            if let Some(book) = self.book_mut(id) {
                book.desync(fault);
            }
        }
        match self.desynced.first() {
            Some(book) => Ok(Outcome::Desync { book: *book, fault }),
            None => Err(Malformed(syntax)),
        }
    }

    /// How many books are in a state.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        self.books().filter(|book| book.state() == state).count()
    }
}

/// Books by symbol: a sorted list, which is enough for the few hundred symbols of a connection and saves the browser a
/// hash table (2.3 KB of its module, compressed).
#[derive(Debug, Default)]
struct Index(Vec<(u64, Box<str>, BookId)>);

impl Index {
    /// The first eight bytes, which tell most symbols apart in one comparison.
    fn key(symbol: &[u8]) -> u64 {
        symbol.iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte))
    }

    fn place(&self, symbol: &[u8]) -> Result<usize, usize> {
        let key = Self::key(symbol);
        self.0.binary_search_by(|(other, text, _)| other.cmp(&key).then_with(|| text.as_bytes().cmp(symbol)))
    }

    fn get(&self, symbol: &[u8]) -> Option<BookId> {
        let place = self.place(symbol).ok()?;
        self.0.get(place).map(|entry| entry.2)
    }

    fn insert(&mut self, symbol: &str, id: BookId) {
        if let Err(place) = self.place(symbol.as_bytes()) {
            self.0.insert(place, (Self::key(symbol.as_bytes()), symbol.into(), id));
        }
    }

    fn remove(&mut self, symbol: &str) -> Option<BookId> {
        let place = self.place(symbol.as_bytes()).ok()?;
        Some(self.0.remove(place).2)
    }
}
