//! One side of a book: its levels, best first, and the running checksum of the ten best.

use crate::crc::ShiftTable;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// How many levels a side Kraken's checksum covers.
pub const PROVEN: usize = 10;

/// Bids or asks. Prices are compared only through it, so that "better" can't be taken the wrong way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Buyers: the highest price is best.
    Bid,
    /// Sellers: the lowest price is best.
    Ask,
}

/// One price with all that stands there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Price in ticks of the book's price scale.
    pub price: u128,
    /// Quantity in lots of the book's quantity scale.
    pub qty: u128,
    /// CRC register of its digits as sent, from a zero register.
    pub register: u32,
    /// How many digits that is.
    pub digits: u32,
    /// In a level-3 book, which of its queues holds the orders.
    pub(crate) queue: u32,
}

/// Where a price stands.
pub type Rank = Result<usize, usize>;

/// The levels of one side in a window of one buffer: the best may grow to the left, the worst to the right, so that a
/// change moves only the levels on its nearer end.
#[derive(Clone, Debug)]
pub struct Ladder {
    side: Side,
    slots: Vec<Level>,
    start: usize,
    length: usize,
    /// `prefix[n]`: the register after the `n` best levels, from a zero register, and how many digits they have.
    prefix: [(u32, usize); PROVEN + 1],
    /// Ranks below this have a right prefix.
    settled: usize,
}

impl Ladder {
    /// An empty side.
    #[must_use]
    pub fn new(side: Side) -> Self {
        Self { side, slots: Vec::new(), start: 0, length: 0, prefix: [(0, 0); PROVEN + 1], settled: 0 }
    }

    /// The levels, best first.
    #[inline]
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.slots[self.start..self.start + self.length]
    }

    /// The worst level held.
    #[inline]
    #[must_use]
    pub fn worst(&self) -> Option<&Level> {
        self.levels().last()
    }

    /// Whether `price` is better than `other` on this side.
    #[inline]
    #[must_use]
    pub fn is_better(&self, price: u128, other: u128) -> bool {
        match self.side {
            Side::Bid => price > other,
            Side::Ask => price < other,
        }
    }

    /// The rank of a price: Ok where it stands, Err where it would.
    #[inline]
    pub fn rank(&self, price: u128) -> Rank {
        let levels = self.levels();
        // Most changes are near the touch.
        let near = levels.len().min(4);
        for (rank, level) in levels[..near].iter().enumerate() {
            if !self.is_better(level.price, price) {
                return if level.price == price { Ok(rank) } else { Err(rank) };
            }
        }
        let order = |level: &Level| match self.side {
            Side::Bid => price.cmp(&level.price),
            Side::Ask => level.price.cmp(&price),
        };
        match levels[near..].binary_search_by(order) {
            Ok(rank) => Ok(rank + near),
            Err(rank) => Err(rank + near),
        }
    }

    /// Puts a level at a rank that [`Self::rank`] gave as Err.
    pub fn insert(&mut self, rank: usize, level: Level) {
        self.touch(rank);
        if rank * 2 < self.length {
            if self.start == 0 {
                self.make_room();
            }
            self.start -= 1;
            self.slots.copy_within(self.start + 1..self.start + 1 + rank, self.start);
        } else {
            if self.start + self.length == self.slots.len() {
                self.make_room();
            }
            let from = self.start + rank;
            self.slots.copy_within(from..self.start + self.length, from + 1);
        }
        self.length += 1;
        self.slots[self.start + rank] = level;
    }

    /// Replaces the level at a rank and gives the old one.
    #[inline]
    pub fn replace(&mut self, rank: usize, level: Level) -> Level {
        self.touch(rank);
        core::mem::replace(&mut self.slots[self.start + rank], level)
    }

    /// Takes out the level at a rank.
    pub fn remove(&mut self, rank: usize) -> Level {
        self.touch(rank);
        let removed = self.slots[self.start + rank];
        if rank * 2 < self.length {
            self.slots.copy_within(self.start..self.start + rank, self.start + 1);
            self.start += 1;
        } else {
            let from = self.start + rank;
            self.slots.copy_within(from + 1..self.start + self.length, from);
        }
        self.length -= 1;
        removed
    }

    /// Forgets all levels.
    pub fn clear(&mut self) {
        self.start = self.slots.len() / 2;
        self.length = 0;
        self.settled = 0;
    }

    /// The levels with prices and quantities multiplied, for when a message brings more decimals; None where 128 bits
    /// overflow.
    #[must_use]
    pub fn rescaled(&self, price: u128, qty: u128) -> Option<Vec<Level>> {
        let scale = |level: &Level| {
            Some(Level { price: level.price.checked_mul(price)?, qty: level.qty.checked_mul(qty)?, ..*level })
        };
        self.levels().iter().map(scale).collect()
    }

    /// Overwrites the levels with as many others, whose order and digits are the same.
    pub fn set_levels(&mut self, levels: &[Level]) {
        let end = self.start + self.length;
        self.slots[self.start..end].copy_from_slice(levels);
    }

    /// The register of the ten best levels from a zero register, and how many digits they have.
    #[inline]
    pub fn sum(&mut self, shifts: &mut ShiftTable) -> (u32, usize) {
        let proven = self.length.min(PROVEN);
        let levels = &self.slots[self.start..self.start + proven];
        for (rank, level) in levels.iter().enumerate().skip(self.settled) {
            let (register, digits) = self.prefix[rank];
            let more = level.digits as usize;
            self.prefix[rank + 1] = (shifts.shift(register, more) ^ level.register, digits + more);
        }
        self.settled = proven;
        self.prefix[proven]
    }

    #[inline]
    fn touch(&mut self, rank: usize) {
        self.settled = self.settled.min(rank);
    }

    /// Moves the window to the middle of a buffer twice its size.
    #[cold]
    fn make_room(&mut self) {
        let room = (self.length + 8) * 2;
        let start = (room - self.length) / 2;
        let mut slots = Vec::with_capacity(room);
        slots.resize(start, Level::default());
        slots.extend_from_slice(self.levels());
        slots.resize(room, Level::default());
        self.slots = slots;
        self.start = start;
    }

    /// Whether the best of two sides cross or touch.
    #[must_use]
    pub fn crosses(&self, other: &Self) -> bool {
        match (self.levels().first(), other.levels().first()) {
            (Some(one), Some(two)) => match self.side {
                Side::Bid => one.price.cmp(&two.price) != Ordering::Less,
                Side::Ask => one.price.cmp(&two.price) != Ordering::Greater,
            },
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;

    proptest! {
        /// Any run of changes leaves the same levels as a sorted map.
        #[test]
        fn a_ladder_is_a_sorted_map(changes in proptest::collection::vec((0_u128..60, 0_u128..3), 0..300), bids in any::<bool>(), depth in 1_usize..30) {
            let mut ladder = Ladder::new(if bids { Side::Bid } else { Side::Ask });
            let mut map = BTreeMap::new();
            for (price, qty) in changes {
                let level = Level { price, qty, ..Level::default() };
                match (ladder.rank(price), qty) {
                    (Ok(rank), 0) => { ladder.remove(rank); map.remove(&price); }
                    (Err(_), 0) => {}
                    (Ok(rank), _) => { ladder.replace(rank, level); map.insert(price, qty); }
                    (Err(rank), _) => { ladder.insert(rank, level); map.insert(price, qty); }
                }
                while ladder.levels().len() > depth {
                    let worst = ladder.remove(ladder.levels().len() - 1);
                    map.remove(&worst.price);
                }
                let mut expected: Vec<_> = map.iter().map(|(price, qty)| (*price, *qty)).collect();
                if bids { expected.reverse(); }
                let held: Vec<_> = ladder.levels().iter().map(|level| (level.price, level.qty)).collect();
                prop_assert_eq!(held, expected);
            }
        }
    }
}
