//! Kraken order books that prove themselves.
//!
//! Bytes of WebSocket v2 `book` frames go in, proven changes or a reason for doubt come out. The engine does no I/O,
//! reads no clock and allocates nothing for a message once it has run for a while: time and bytes are arguments.
//!
//! ```
//! use havklo_engine::{Engine, Outcome, Rules, Settings};
//!
//! let mut engine = Engine::new(Rules::ALL);
//! let id = engine.track("BTC/USD", Settings { depth: 10, ..Settings::default() })?;
//! let frame = br#"{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[],"asks":[],"checksum":0}]}"#;
//! assert_eq!(engine.receive(frame, 0)?, Outcome::Update { book: id, snapshot: true });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The way of a message: `json` finds its parts and `token` its numbers, `frame` reads them into `staged` changes, `apply`
//! takes these into the two `ladder`s of a `book` and asks `crc` for the sum; `engine` finds the book and answers. `number`
//! is what they all count in; `level3` knows the orders behind the levels; `sweep` computes prices from a book, `fill`
//! how likely an order is to be filled, and `estimate` learns what it needs for that; `fault` is what can be wrong.
//!
//! The feature `level3` is what it says, and `estimate`, on by default, lets its books learn how their orders are filled.
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(not(feature = "level3"), allow(dead_code, reason = "what only level 3 reads"))]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod apply;
mod book;
mod crc;
mod engine;
pub mod estimate;
mod fault;
pub mod fill;
mod frame;
mod json;
mod ladder;
#[cfg(feature = "level3")]
mod level3;
#[cfg(not(feature = "level3"))]
#[path = "no_level3.rs"]
mod level3;
mod number;
mod staged;
mod sweep;
mod token;

pub use book::{Book, Channel, Settings, State, Statistics};
pub use engine::{BadSettings, BookId, Engine, Outcome};
pub use fault::{Fault, Malformed, Reason, Rules};
pub use json::Syntax;
pub use ladder::{Level, PROVEN, Side};
#[cfg(feature = "level3")]
pub use level3::{Cause, Event, Evidence, Oracle, Order, OrderChange, OrderId, Place, Rule, Verdict, nanoseconds};
#[cfg(feature = "estimate")]
pub use level3::{NoEstimate, Subject};
pub use number::{Fixed, MAX_DIGITS};
pub use staged::{Change, Timestamp};
pub use sweep::{Overflow, Sweep};
