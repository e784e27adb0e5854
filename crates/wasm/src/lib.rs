//! The engine for the browser and node: plain functions, plain numbers, nothing imported.
//!
//! An engine is one connection's books, and has a number. Symbols and frames go in through its input buffer, ladders
//! come out through its output. Their addresses are asked for anew at each use, because a buffer that grows moves, and
//! the module's memory with it. To the number of an engine that is not (or no longer) there, addresses are 0, counts
//! are 0 and codes are -1.
//!
//! | function | does |
//! |---|---|
//! | `engine_new(rules)` | a new engine's number; `rules` is a sum of 1, 2, 4, 8 for the four structural rules |
//! | `engine_free(engine)` | gives it back |
//! | `engine_input(engine, length)` | the address of `length` bytes to write a symbol or a frame into |
//! | `engine_track(engine, length, depth, price, qty)` | tracks the symbol in the input: its book's number, or -1 for a depth that Kraken does not offer; `price` and `qty` are the pair's decimals, or both -1 |
//! | `engine_untrack(engine, book)` | closes a book; its number is not given again |
//! | `engine_suspend(engine, book)` | makes a book (-1: every one) await a snapshot |
//! | `engine_receive(engine, length, ms)` | takes in the frame in the input, received at `ms` (milliseconds since 1970): a code of [`Code`] |
//! | `engine_outcome(engine)` | the address of what the last frame came to, as five 32-bit numbers: [`Session::outcome`] |
//! | `engine_desynced(engine, index)` | the books that it took out of step, by index, then -1 |
//! | `engine_state(engine, book)` | 0 awaiting, 1 live, 2 desynced, 3 closed |
//! | `engine_read(engine, book, levels)` | writes the best levels into the output; its length in 64-bit words |
//! | `engine_output(engine)` | the output's address: [`ladder`] says what stands there |
#![cfg_attr(target_arch = "wasm32", no_std)]
#![expect(unsafe_code, reason = "exported names, and a static in a module that has one thread")]

extern crate alloc;

pub mod ladder;
mod session;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::RefCell;
pub use session::{Code, Session};

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// There is nothing to unwind to and nobody to tell: the trap itself is the message.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// All engines of this module, by number.
struct Engines(RefCell<Vec<Option<Box<Session>>>>);

// SAFETY: the module is built without threads (its memory is not shared), so no two of them ever meet here.
unsafe impl Sync for Engines {}

static ENGINES: Engines = Engines(RefCell::new(Vec::new()));

/// Does something with an engine, if it is there. No job calls back into JavaScript, so no two of them nest.
fn with<T>(engine: usize, otherwise: T, job: impl FnOnce(&mut Session) -> T) -> T {
    match ENGINES.0.borrow_mut().get_mut(engine) {
        Some(Some(session)) => job(session),
        _ => otherwise,
    }
}

/// A new engine's number.
// SAFETY: no other symbol of the module has this name, here and below.
#[unsafe(no_mangle)]
pub extern "C" fn engine_new(rules: u32) -> usize {
    let session = Some(Box::new(Session::new(rules)));
    let mut engines = ENGINES.0.borrow_mut();
    let free = engines.iter().position(Option::is_none);
    if let Some(slot) = free.and_then(|number| engines.get_mut(number)) {
        *slot = session;
    } else {
        engines.push(session);
    }
    free.unwrap_or(engines.len() - 1)
}

/// Gives an engine back.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_free(engine: usize) {
    if let Some(slot) = ENGINES.0.borrow_mut().get_mut(engine) {
        *slot = None;
    }
}

/// The address of `length` bytes to write into.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_input(engine: usize, length: usize) -> *mut u8 {
    with(engine, core::ptr::null_mut(), |session| session.input(length))
}

/// Tracks a symbol.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_track(engine: usize, length: usize, depth: usize, price: i32, qty: i32) -> i32 {
    with(engine, -1, |session| session.track(length, depth, price, qty))
}

/// Closes a book.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_untrack(engine: usize, book: u32) {
    with(engine, (), |session| session.untrack(book));
}

/// Makes a book, or every one, await a snapshot.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_suspend(engine: usize, book: i32) {
    with(engine, (), |session| session.suspend(book));
}

/// Takes in a frame.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_receive(engine: usize, length: usize, ms: f64) -> i32 {
    with(engine, Code::Malformed, |session| session.receive(length, ms)) as i32
}

/// The address of the last frame's outcome.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_outcome(engine: usize) -> *const usize {
    with(engine, core::ptr::null(), |session| session.outcome().as_ptr())
}

/// A book that the last frame took out of step, by index; -1 after the last.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_desynced(engine: usize, index: usize) -> i32 {
    with(engine, -1, |session| session.desynced(index))
}

/// A book's state.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_state(engine: usize, book: u32) -> i32 {
    with(engine, -1, |session| session.state(book).cast_signed())
}

/// Writes a book's best levels into the output.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_read(engine: usize, book: u32, levels: usize) -> usize {
    with(engine, 0, |session| session.read(book, levels))
}

/// The output's address.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_output(engine: usize) -> *const u64 {
    with(engine, core::ptr::null(), |session| session.output().as_ptr())
}
