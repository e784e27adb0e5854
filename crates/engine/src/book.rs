//! One order book: a state machine that is `live` only while every message has been proven.

use crate::fault::{Fault, Reason};
use crate::ladder::{Ladder, Level, PROVEN, Side};
use crate::level3::Level3;
use crate::number::Fixed;
use crate::staged::Timestamp;
use alloc::boxed::Box;
use alloc::string::{String, ToString};

/// What a book can be relied on for. A book that is no longer tracked is closed, and its owner has no [`Book`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits for a snapshot.
    Awaiting,
    /// Every message up to now was proven.
    Live,
    /// A message was not; waits to be asked for again.
    Desynced,
}

/// Which of Kraken's channels a book is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channel {
    /// `book`: levels.
    #[default]
    Book,
    /// `level3`: single orders, from which the levels are made.
    Level3,
}

impl Channel {
    /// Kraken's name for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Level3 => "level3",
        }
    }

    /// The depths that Kraken offers.
    #[must_use]
    pub const fn depths(self) -> &'static [usize] {
        match self {
            Self::Book => &[10, 25, 100, 500, 1000],
            Self::Level3 if cfg!(feature = "level3") => &[10, 100, 1000],
            Self::Level3 => &[],
        }
    }
}

/// How a book is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// What it is made of.
    pub channel: Channel,
    /// Levels a side, as subscribed.
    pub depth: usize,
    /// The pair's price and quantity decimals, to give back the trailing zeros a float-parsed source lost.
    pub precision: Option<(u8, u8)>,
}

/// Counters of one book since it was tracked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Book messages addressed to it.
    pub messages: u64,
    /// Messages proven, snapshots among them.
    pub verified: u64,
    /// Snapshots proven.
    pub snapshots: u64,
    /// Updates that came while it was not live.
    pub ignored: u64,
    /// Desyncs by [`Reason`], in the order of [`Reason::ALL`].
    pub desyncs: [u64; Reason::ALL.len()],
}

/// An order book of one symbol.
#[derive(Debug)]
pub struct Book {
    pub(crate) symbol: Box<str>,
    pub(crate) settings: Settings,
    pub(crate) state: State,
    pub(crate) reason: String,
    pub(crate) fault: Option<Fault>,
    pub(crate) bids: Ladder,
    pub(crate) asks: Ladder,
    pub(crate) scales: (u8, u8),
    /// Whether the last snapshot filled bids and asks to the depth.
    pub(crate) filled: (bool, bool),
    pub(crate) checksum: u32,
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) recv_ns: Option<i64>,
    pub(crate) crossed: bool,
    /// Whether it was found crossed and no sum has held since: the next snapshot that is proven is believed.
    pub(crate) doubted: bool,
    pub(crate) statistics: Statistics,
    /// The orders behind the levels, of a level-3 book.
    pub(crate) level3: Option<Box<Level3>>,
}

impl Book {
    pub(crate) fn new(symbol: &str, settings: Settings) -> Self {
        Self {
            symbol: symbol.into(),
            settings,
            state: State::Awaiting,
            reason: "no snapshot has come yet".to_string(),
            fault: None,
            bids: Ladder::new(Side::Bid),
            asks: Ladder::new(Side::Ask),
            scales: (0, 0),
            filled: (false, false),
            checksum: 0,
            timestamp: None,
            recv_ns: None,
            crossed: false,
            doubted: false,
            statistics: Statistics::default(),
            level3: Level3::for_channel(settings.channel),
        }
    }

    /// The symbol.
    #[must_use]
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// How it is kept.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Its state. Its levels are what they were at the last proven message, whatever the state.
    #[inline]
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Why it is not live.
    #[must_use]
    pub fn reason(&self) -> String {
        match &self.fault {
            Some(fault) => fault.to_string(),
            None => self.reason.clone(),
        }
    }

    /// Bids, best first, as of the last proven message.
    #[inline]
    #[must_use]
    pub fn bids(&self) -> &[Level] {
        self.bids.levels()
    }

    /// Asks, best first, as of the last proven message.
    #[inline]
    #[must_use]
    pub fn asks(&self) -> &[Level] {
        self.asks.levels()
    }

    /// Decimals of the levels' prices and quantities.
    #[inline]
    #[must_use]
    pub fn scales(&self) -> (u8, u8) {
        self.scales
    }

    /// A level's price and quantity as decimals.
    #[inline]
    #[must_use]
    pub fn decimals(&self, level: &Level) -> (Fixed, Fixed) {
        (Fixed::new(level.price, self.scales.0), Fixed::new(level.qty, self.scales.1))
    }

    /// How many levels a side the checksum proves.
    #[must_use]
    pub fn proven_depth(&self) -> usize {
        self.settings.depth.min(PROVEN)
    }

    /// The sum of the last proven message.
    #[must_use]
    pub fn checksum(&self) -> u32 {
        self.checksum
    }

    /// The engine's time in the last proven message.
    #[must_use]
    pub fn timestamp(&self) -> Option<&Timestamp> {
        self.timestamp.as_ref()
    }

    /// When the last proven message came; None before the first.
    #[must_use]
    pub fn recv_ns(&self) -> Option<i64> {
        self.recv_ns
    }

    /// Whether a fresh snapshot, too, had its best bid at or above its best ask.
    #[inline]
    #[must_use]
    pub fn crossed(&self) -> bool {
        self.crossed
    }

    /// Its counters.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// The fault that desynchronised it, while it is.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    pub(crate) fn suspend(&mut self, reason: &str) {
        self.state = State::Awaiting;
        self.fault = None;
        self.reason = reason.to_string();
        self.interrupted();
    }

    pub(crate) fn retrack(&mut self, settings: Settings) {
        *self = Self::new(&self.symbol, settings);
    }

    pub(crate) fn desync(&mut self, fault: Fault) {
        self.state = State::Desynced;
        self.doubted |= fault.reason == Reason::Crossed;
        self.statistics.desyncs[fault.reason as usize] += 1;
        self.fault = Some(fault);
        self.interrupted();
    }

    fn interrupted(&mut self) {
        if let Some(level3) = &mut self.level3 {
            level3.interrupted();
        }
    }
}
