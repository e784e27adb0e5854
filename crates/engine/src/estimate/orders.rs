//! The resting orders by price and place: who stands ahead, and for how long already.

use crate::estimate::decay::seconds;
use crate::ladder::Side;
use alloc::collections::{BTreeMap, VecDeque};

/// An order, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub sequence: u64,
    pub qty: f64,
    pub entered_ns: i64,
}

/// Where an order stood when it left or shrank.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    /// How many prices of its side were better; counted up to two.
    pub level: usize,
    /// Whether it was the first of its price.
    pub first: bool,
    /// Which part of it went.
    pub share: f64,
}

/// Less than this part of an order is no order, but what floats leave over.
const DUST: f64 = 1e-9;

/// The orders of both sides, as far as the messages told.
#[derive(Clone, Debug)]
pub struct Orders {
    sides: [BTreeMap<u128, VecDeque<Held>>; 2],
    count: usize,
    most: usize,
}

/// Rises from the best price to the worst.
const fn key(side: Side, price: u128) -> u128 {
    match side {
        Side::Bid => !price,
        Side::Ask => price,
    }
}

impl Orders {
    pub fn new(most: usize) -> Self {
        Self { sides: [BTreeMap::new(), BTreeMap::new()], count: 0, most: most.max(1) }
    }

    pub fn clear(&mut self) {
        self.sides = [BTreeMap::new(), BTreeMap::new()];
        self.count = 0;
    }

    /// An order comes, or becomes larger in its place.
    pub fn arrive(&mut self, side: Side, price: u128, order: Held) {
        let queue = self.sides[side as usize].entry(key(side, price)).or_default();
        let place = if queue.back().is_none_or(|last| last.sequence < order.sequence) {
            Err(queue.len())
        } else {
            queue.binary_search_by_key(&order.sequence, |held| held.sequence)
        };
        match place {
            Ok(place) => queue[place].qty += order.qty,
            Err(place) => {
                queue.insert(place, order);
                self.count += 1;
                self.forget_worst();
            }
        }
    }

    /// So much of an order goes; None if it is not held.
    pub fn leave(&mut self, side: Side, price: u128, sequence: u64, qty: f64) -> Option<Left> {
        let level = self.better(side, price, 2);
        let queues = &mut self.sides[side as usize];
        let queue = queues.get_mut(&key(side, price))?;
        let place = queue.binary_search_by_key(&sequence, |held| held.sequence).ok()?;
        let held = &mut queue[place];
        let share = if held.qty > 0.0 { (qty / held.qty).min(1.0) } else { 1.0 };
        held.qty -= qty;
        if share >= 1.0 - DUST {
            queue.remove(place);
            self.count -= 1;
            if queue.is_empty() {
                queues.remove(&key(side, price));
            }
        }
        Some(Left { level, first: place == 0, share })
    }

    /// What was held at this price is out of date.
    pub fn forget(&mut self, side: Side, price: u128) {
        if let Some(queue) = self.sides[side as usize].remove(&key(side, price)) {
            self.count -= queue.len();
        }
    }

    /// Nobody tells any more of prices worse than this one: what was held there is out of date.
    pub fn forget_beyond(&mut self, side: Side, price: u128) {
        let (worst, queues) = (key(side, price), &mut self.sides[side as usize]);
        while let Some(entry) = queues.last_entry().filter(|entry| *entry.key() > worst) {
            self.count -= entry.remove().len();
        }
    }

    /// How many prices of a side are better than this one, counted up to `most`.
    pub fn better(&self, side: Side, price: u128, most: usize) -> usize {
        self.sides[side as usize].range(..key(side, price)).take(most).count()
    }

    /// The orders of a price, in the order of their queue.
    pub fn at(&self, side: Side, price: u128) -> Option<&VecDeque<Held>> {
        self.sides[side as usize].get(&key(side, price))
    }

    /// Quantity and age of all that is filled before an order: at better prices, and at its own before `sequence`.
    pub fn ahead(
        &self,
        side: Side,
        price: u128,
        sequence: u64,
        now_ns: i64,
    ) -> impl Iterator<Item = (u64, f64, f64)> + '_ {
        let own = key(side, price);
        let queues = self.sides[side as usize].range(..=own);
        queues.flat_map(move |(at, queue)| {
            let until = if *at == own { sequence } else { u64::MAX };
            let before = queue.iter().take_while(move |held| held.sequence < until);
            before.map(move |held| (held.sequence, held.qty, seconds(held.entered_ns, now_ns)))
        })
    }

    /// Bounds the memory: the worst prices are let go, of the side that has more of them.
    fn forget_worst(&mut self) {
        while self.count > self.most {
            let more = usize::from(self.sides[1].len() > self.sides[0].len());
            let Some((_, queue)) = self.sides[more].pop_last() else { return };
            self.count -= queue.len();
        }
    }
}
