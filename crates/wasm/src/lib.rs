//! The engine for the browser and node: plain functions, plain numbers, nothing imported.
//!
//! Several modules are built from this crate. The feature `books` is the engine: one connection's books in an instance,
//! of levels only, and with `level3` of orders, too. Symbols, ids and frames go in through its input buffer, ladders and
//! records come out through its output.
//! Their addresses are asked for anew at each use, because a buffer that grows moves, and the module's memory with it.
//! What names a book that is not (or no longer) there does nothing and gives 0 words. The feature `fill` is the
//! mathematics of fills, which need no books.
//!
//! | function | does |
//! |---|---|
//! | `engine_new(rules)` | begins; `rules` is a sum of 1, 2, 4, 8 for the four structural rules |
//! | `engine_input(length)` | the address of `length` bytes to write a symbol, an order's id or a frame into |
//! | `engine_track(length, level3, depth, price, qty)` | tracks the symbol in the input: its book's number, or -1 for a depth that Kraken does not offer; `price` and `qty` are the pair's decimals, or both -1 |
//! | `engine_untrack(book)` | closes a book; its number is not given again |
//! | `engine_suspend(book)` | makes a book (-1: every one) await a snapshot |
//! | `engine_receive(length, ms, levels)` | takes in the frame in the input, received at `ms` (milliseconds since 1970): a code of [`Code`]; unless `levels` is -1, the book of a proven message is read as by `engine_read` |
//! | `engine_outcome()` | the address of what the last frame came to, as seven 32-bit numbers: [`Session::outcome`] |
//! | `engine_desynced(index)` | the books that it took out of step, by index, then -1 |
//! | `engine_state(book)` | 0 awaiting, 1 live, 2 desynced, 3 closed |
//! | `engine_read(book, levels)` | writes the best levels into the output: [`ladder`] |
//! | `engine_changes()` | writes what the last frame changed, if it was proven: [`ladder::change`], [`level3::order_change`] |
//! | `engine_pushed_out()` | level 3: writes the ids of the orders that it pushed out of the depth |
//! | `engine_orders(book, asks, rank)` | level 3: writes the orders of a level |
//! | `engine_place(book, length)` | level 3: writes where the order stands whose id is in the input; nothing if it is not held |
//! | `engine_oracle(book)` | level 3: writes what amends were seen to do |
//! | `engine_output()` | the output's address |
//! | `fill_ask(question, …)` | the address of an [`Answer`](chances::Answer) to a question about fills |
//!
//! What writes into the output gives its length in 64-bit words.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![expect(unsafe_code, reason = "exported names, and statics in a module that has one thread")]

#[cfg(feature = "books")]
extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod allocator;
#[cfg(feature = "fill")]
pub mod chances;
#[cfg(feature = "books")]
mod engine;
#[cfg(feature = "books")]
pub mod ladder;
#[cfg(feature = "level3")]
pub mod level3;
#[cfg(feature = "books")]
mod session;

#[cfg(feature = "books")]
pub use session::{Code, Session};

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: allocator::Blocks = allocator::Blocks::new();

/// There is nothing to unwind to and nobody to tell: the trap itself is the message.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
