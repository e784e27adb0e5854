//! The exported functions of the engine. The table in [`crate`] says what each does.

use crate::Session;
use core::cell::RefCell;
use core::mem::ManuallyDrop;

/// The engine of this module.
struct Only(RefCell<Option<ManuallyDrop<Session>>>);

// SAFETY: the module is built without threads (its memory is not shared), so no two of them ever meet here.
unsafe impl Sync for Only {}

static ENGINE: Only = Only(RefCell::new(None));

/// Does something with the engine, which watches all rules until it is told otherwise. No job calls back into
/// JavaScript, so no two of them nest.
pub(crate) fn with<T>(job: impl FnOnce(&mut Session) -> T) -> T {
    job(ENGINE.0.borrow_mut().get_or_insert_with(|| ManuallyDrop::new(Session::new(u32::MAX))))
}

/// Begins. An engine ends with its instance, whose memory is given back whole, so no code is carried to take one apart.
// SAFETY: no other symbol of the module has this name, here and below.
#[unsafe(no_mangle)]
pub extern "C" fn engine_new(rules: u32) {
    *ENGINE.0.borrow_mut() = Some(ManuallyDrop::new(Session::new(rules)));
}

/// The address of `length` bytes to write into.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_input(length: usize) -> *mut u8 {
    with(|session| session.input(length))
}

/// Tracks a symbol.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_track(length: usize, level3: u32, depth: usize, price: i32, qty: i32) -> i32 {
    with(|session| session.track(length, level3 != 0, depth, price, qty))
}

/// Closes a book.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_untrack(book: u32) {
    with(|session| session.untrack(book));
}

/// Makes a book, or every one, await a snapshot.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_suspend(book: i32) {
    with(|session| session.suspend(book));
}

/// Takes in a frame.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_receive(length: usize, ms: f64, levels: i32) -> i32 {
    with(|session| session.receive(length, ms, levels)) as i32
}

/// The address of the last frame's outcome.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_outcome() -> *const usize {
    with(|session| session.outcome().as_ptr())
}

/// A book that the last frame took out of step, by index; -1 after the last.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_desynced(index: usize) -> i32 {
    with(|session| session.desynced(index))
}

/// A book's state.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_state(book: u32) -> u32 {
    with(|session| session.state(book))
}

/// Writes a book's best levels.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_read(book: u32, levels: usize) -> usize {
    with(|session| session.read(book, levels))
}

/// Writes what the last frame changed.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_changes() -> usize {
    with(Session::changes)
}

/// The output's address.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
pub extern "C" fn engine_output() -> *const u64 {
    with(|session| session.output().as_ptr())
}
