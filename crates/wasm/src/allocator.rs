//! An allocator in as few bytes as possible: blocks are powers of two, and one that is given back waits for the next of
//! its size. Nothing is joined or split, so a module takes at most twice what it needs of each size. That suits an
//! engine, whose buffers grow to some length and stay there.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::memory_grow;
use core::cell::UnsafeCell;
use core::ptr::{copy_nonoverlapping, null_mut};

const PAGE: usize = 65_536;
/// The smallest block has 16 bytes: no value here is aligned to more.
const SMALLEST: u32 = 4;
const SIZES: usize = 28;

struct State {
    /// The block of each size that was given back last; in its first word the one before it.
    free: [*mut u8; SIZES],
    /// What was never given out: from here to the end.
    next: usize,
    end: usize,
}

/// The memory behind what the linker has laid out.
pub struct Blocks(UnsafeCell<State>);

// SAFETY: the module is built without threads (its memory is not shared), so no two of them ever meet here.
unsafe impl Sync for Blocks {}

impl Blocks {
    pub const fn new() -> Self {
        Self(UnsafeCell::new(State { free: [null_mut(); SIZES], next: 0, end: 0 }))
    }
}

/// The number of a layout's size; a block of it has `1 << (SMALLEST + number)` bytes.
fn size(layout: Layout) -> u32 {
    let wanted = layout.size().max(layout.align()).max(1 << SMALLEST);
    usize::BITS - (wanted - 1).leading_zeros() - SMALLEST
}

impl State {
    /// A block of memory that was never given out.
    fn fresh(&mut self, bytes: usize) -> *mut u8 {
        // Each stands at a multiple of its size, or of a page.
        let aligned = bytes.min(PAGE) - 1;
        let mut start = (self.next + aligned) & !aligned;
        if start + bytes > self.end {
            let pages = bytes.div_ceil(PAGE);
            let before = memory_grow(0, pages);
            if before == usize::MAX {
                return null_mut();
            }
            if before * PAGE != self.end {
                // The first time: all before this is the linker's.
                start = before * PAGE;
            }
            self.end = (before + pages) * PAGE;
        }
        self.next = start + bytes;
        start as *mut u8
    }
}

// SAFETY: a block is given out once until it is given back, is as large as its layout asks or larger, and stands at a
// multiple of the smaller of its size and a page; no layout here asks for more.
#[expect(clippy::cast_ptr_alignment, reason = "a block stands at a multiple of 16")]
unsafe impl GlobalAlloc for Blocks {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: there is one thread, and nothing below allocates.
        let state = unsafe { &mut *self.0.get() };
        let number = size(layout);
        let Some(free) = state.free.get_mut(number as usize) else { return null_mut() };
        if free.is_null() {
            return state.fresh(1 << (SMALLEST + number));
        }
        let block = *free;
        // SAFETY: a block holds at least a word, and one that was given back begins with the one before it.
        *free = unsafe { block.cast::<*mut u8>().read() };
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`.
        let state = unsafe { &mut *self.0.get() };
        if let Some(free) = state.free.get_mut(size(layout) as usize) {
            // SAFETY: the block is nobody's now, and holds at least a word.
            unsafe { block.cast::<*mut u8>().write(*free) };
            *free = block;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: whoever asks has seen to it that the size is none that overflows.
        let wanted = unsafe { Layout::from_size_align_unchecked(bytes, layout.align()) };
        if size(wanted) == size(layout) {
            return block;
        }
        // SAFETY: the new block is another one, and both are as long as the shorter of the two.
        unsafe {
            let other = self.alloc(wanted);
            if !other.is_null() {
                copy_nonoverlapping(block, other, layout.size().min(bytes));
                self.dealloc(block, layout);
            }
            other
        }
    }
}
