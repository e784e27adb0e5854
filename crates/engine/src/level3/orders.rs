//! All orders of one book, by id and by place.
//!
//! What a message does is noted step by step until it is proven: `undo` takes it back, `commit` makes it last. Until
//! then an order that has left is still found by its id, so that one which comes back in the same message is known.

use crate::book::Book;
use crate::crc::ShiftTable;
use crate::ladder::{Ladder, Level, PROVEN, Side};
use crate::level3::id::OrderId;
use crate::level3::oracle::Oracle;
use crate::level3::queue::{Queue, Sum};
use alloc::vec::Vec;
use hashbrown::HashTable;

/// A resting order.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Which side it is on.
    pub side: Side,
    /// Its price in ticks of the book's price scale.
    pub price: u128,
    /// What it shows of its quantity, in lots of the book's quantity scale.
    pub qty: u128,
    /// Epoch nanoseconds of its insertion or last amend, as Kraken says.
    pub timestamp_ns: i64,
    /// The first `timestamp_ns` that was seen of it.
    pub entered_ns: i64,
    /// Rises with the place in the queue.
    pub sequence: u64,
    pub(crate) register: u32,
    pub(crate) digits: u32,
    /// Which entry of the message told of its leaving.
    pub(crate) told: u32,
    queue: u32,
    slot: u32,
    /// The order of the same id that left in the same message.
    former: Option<u32>,
    pub(crate) alive: bool,
}

impl Order {
    /// An order that has no place yet.
    pub(crate) fn new(id: OrderId, side: Side, price: u128, sum: Sum, stamps: (i64, i64)) -> Self {
        Self {
            id,
            side,
            price,
            qty: sum.qty,
            timestamp_ns: stamps.0,
            entered_ns: stamps.1,
            sequence: 0,
            register: sum.register,
            digits: sum.digits,
            told: 0,
            queue: 0,
            slot: 0,
            former: None,
            alive: true,
        }
    }

    pub(crate) fn sum(&self) -> Sum {
        Sum { qty: self.qty, register: self.register, digits: self.digits, orders: 1 }
    }
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The rank of its price on its side; 0 is the best.
    pub level: usize,
    /// How many orders are filled before it at its price.
    pub orders_ahead: u32,
    /// Their quantity in lots.
    pub qty_ahead: u128,
    /// The quantity of its whole level in lots, its own included.
    pub qty_level: u128,
    /// Whether the checksum covers its level, and so the sequence of the orders in it.
    pub proven: bool,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Came(u32),
    Left(u32),
    Changed(u32, Sum, i64),
}

/// The orders.
#[derive(Debug, Default)]
pub struct Orders {
    slab: Vec<Order>,
    free: Vec<u32>,
    by_id: HashTable<u32>,
    queues: Vec<Queue>,
    free_queues: Vec<u32>,
    sequence: u64,
    steps: Vec<Step>,
    grown: Vec<u32>,
    emptied: Vec<u32>,
    /// A buffer of [`Self::leave_all`].
    leaving: Vec<u32>,
}

/// The two sides of a book.
pub(crate) struct Sides<'a> {
    pub(crate) bids: &'a mut Ladder,
    pub(crate) asks: &'a mut Ladder,
}

impl Sides<'_> {
    #[inline]
    pub(crate) fn of(&mut self, side: Side) -> &mut Ladder {
        match side {
            Side::Bid => self.bids,
            Side::Ask => self.asks,
        }
    }
}

impl Orders {
    /// None yet, that number on from others.
    pub(crate) fn after(others: &Self) -> Self {
        Self { sequence: others.sequence, ..Self::default() }
    }

    /// The handle of an id: of an order that rests, or has left in the message that is being taken.
    #[inline]
    pub(crate) fn find(&self, id: &OrderId) -> Option<u32> {
        self.by_id.find(id.hash(), |handle| self.slab[*handle as usize].id == *id).copied()
    }

    #[inline]
    pub(crate) fn get(&self, handle: u32) -> &Order {
        &self.slab[handle as usize]
    }

    pub(crate) fn get_mut(&mut self, handle: u32) -> &mut Order {
        &mut self.slab[handle as usize]
    }

    /// How many orders, and how much, stand before one.
    #[inline]
    pub(crate) fn ahead(&self, handle: u32) -> (u32, u128) {
        let order = self.get(handle);
        self.queues[order.queue as usize].ahead(order.slot)
    }

    /// The orders behind one, in sequence.
    pub(crate) fn behind(&self, handle: u32) -> impl Iterator<Item = &Order> {
        let order = self.get(handle);
        self.queues[order.queue as usize].behind(order.slot).map(|handle| self.get(handle))
    }

    /// Handles of a level's orders, in sequence.
    pub(crate) fn handles<'a>(&'a self, level: &Level) -> impl Iterator<Item = u32> + use<'a> {
        self.queues[level.queue as usize].handles()
    }

    pub(crate) fn count(&self, level: &Level) -> u32 {
        self.queues[level.queue as usize].total().orders
    }

    /// The latest time that an order was placed or amended at.
    #[cfg(feature = "estimate")]
    pub(crate) fn latest_ns(&self) -> Option<i64> {
        self.slab.iter().filter(|order| order.alive).map(|order| order.timestamp_ns).max()
    }

    // -- steps ----------------------------------------------------------------------------------

    /// Puts an order at the end of the queue at its price; its handle, and the rank of its level.
    #[inline]
    pub(crate) fn come(&mut self, sides: &mut Sides<'_>, mut order: Order, shifts: &mut ShiftTable) -> (u32, usize) {
        let ladder = sides.of(order.side);
        let rank = ladder.rank(order.price);
        order.queue = match rank {
            Ok(rank) => ladder.levels()[rank].queue,
            Err(_) => self.new_queue(),
        };
        self.sequence += 1;
        order.sequence = self.sequence;
        let handle = self.free.pop().unwrap_or_else(|| {
            self.slab.push(order);
            index(self.slab.len() - 1)
        });
        let (slot, grew) = self.queues[order.queue as usize].push(handle, order.sum(), shifts);
        order.slot = slot;
        if grew {
            self.grown.push(order.queue);
        }
        let hash = order.id.hash();
        let slab = &self.slab;
        match self.by_id.find_mut(hash, |other| slab[*other as usize].id == order.id) {
            Some(known) => order.former = Some(core::mem::replace(known, handle)),
            None => {
                self.by_id.insert_unique(hash, handle, |other| slab[*other as usize].id.hash());
            }
        }
        self.slab[handle as usize] = order;
        self.steps.push(Step::Came(handle));
        let level = self.level(order.price, order.queue);
        let rank = match rank {
            Ok(rank) => {
                ladder.replace(rank, level);
                rank
            }
            Err(rank) => {
                ladder.insert(rank, level);
                rank
            }
        };
        (handle, rank)
    }

    /// Takes an order out; whether its level went with it.
    #[inline]
    pub(crate) fn leave(&mut self, sides: &mut Sides<'_>, handle: u32, shifts: &mut ShiftTable) -> bool {
        let order = &mut self.slab[handle as usize];
        order.alive = false;
        let (queue, price, side) = (order.queue, order.price, order.side);
        self.queues[queue as usize].vacate(order.slot, shifts);
        self.steps.push(Step::Left(handle));
        let level = self.level(price, queue);
        let ladder = sides.of(side);
        let Ok(rank) = ladder.rank(price) else { return false };
        let emptied = level.digits == 0;
        if emptied {
            ladder.remove(rank);
            self.emptied.push(queue);
        } else {
            ladder.replace(rank, level);
        }
        emptied
    }

    /// Takes a whole level out and tells whose it was.
    pub(crate) fn leave_all(
        &mut self,
        sides: &mut Sides<'_>,
        level: &Level,
        shifts: &mut ShiftTable,
        pushed_out: &mut Vec<OrderId>,
    ) {
        let mut leaving = core::mem::take(&mut self.leaving);
        leaving.extend(self.handles(level));
        for handle in leaving.drain(..) {
            pushed_out.push(self.get(handle).id);
            self.leave(sides, handle, shifts);
        }
        self.leaving = leaving;
    }

    /// Changes an order in its place.
    #[inline]
    pub(crate) fn change(
        &mut self,
        sides: &mut Sides<'_>,
        handle: u32,
        sum: Sum,
        timestamp_ns: i64,
        shifts: &mut ShiftTable,
    ) {
        let order = *self.get(handle);
        self.steps.push(Step::Changed(handle, order.sum(), order.timestamp_ns));
        self.set(sides, handle, sum, timestamp_ns, shifts);
    }

    fn set(&mut self, sides: &mut Sides<'_>, handle: u32, sum: Sum, timestamp_ns: i64, shifts: &mut ShiftTable) {
        let order = &mut self.slab[handle as usize];
        (order.qty, order.register, order.digits) = (sum.qty, sum.register, sum.digits);
        order.timestamp_ns = timestamp_ns;
        let (queue, price, side, slot) = (order.queue, order.price, order.side, order.slot);
        self.queues[queue as usize].change(slot, sum, shifts);
        let level = self.level(price, queue);
        let ladder = sides.of(side);
        if let Ok(rank) = ladder.rank(price) {
            ladder.replace(rank, level);
        }
    }

    /// Makes all steps last.
    #[inline]
    pub(crate) fn commit(&mut self, shifts: &mut ShiftTable) {
        for step in self.steps.drain(..) {
            match step {
                Step::Left(handle) => {
                    let id = &self.slab[handle as usize].id;
                    // One that came back has another handle now.
                    if let Ok(entry) = self.by_id.find_entry(id.hash(), |other| *other == handle) {
                        entry.remove();
                    }
                    self.free.push(handle);
                }
                Step::Came(handle) => self.slab[handle as usize].former = None,
                Step::Changed(..) => {}
            }
        }
        for queue in self.grown.drain(..) {
            self.queues[queue as usize].tidy(shifts, |handle, slot| self.slab[handle as usize].slot = slot);
        }
        for queue in self.emptied.drain(..) {
            self.queues[queue as usize].clear();
            self.free_queues.push(queue);
        }
    }

    /// Takes all steps back.
    #[cold]
    pub(crate) fn undo(&mut self, sides: &mut Sides<'_>, shifts: &mut ShiftTable) {
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Came(handle) => self.uncome(sides, handle, shifts),
                Step::Left(handle) => self.unleave(sides, handle, shifts),
                Step::Changed(handle, sum, timestamp_ns) => self.set(sides, handle, sum, timestamp_ns, shifts),
            }
        }
        self.emptied.clear();
        for queue in core::mem::take(&mut self.grown) {
            self.queues[queue as usize].tidy(shifts, |handle, slot| self.slab[handle as usize].slot = slot);
        }
    }

    fn uncome(&mut self, sides: &mut Sides<'_>, handle: u32, shifts: &mut ShiftTable) {
        let order = *self.get(handle);
        self.queues[order.queue as usize].pop(shifts);
        let level = self.level(order.price, order.queue);
        let ladder = sides.of(order.side);
        if let Ok(rank) = ladder.rank(order.price) {
            if level.digits == 0 {
                ladder.remove(rank);
                self.free_queues.push(order.queue);
            } else {
                ladder.replace(rank, level);
            }
        }
        if let Ok(mut entry) = self.by_id.find_entry(order.id.hash(), |other| *other == handle) {
            match order.former {
                Some(former) => *entry.get_mut() = former,
                None => {
                    entry.remove();
                }
            }
        }
        self.free.push(handle);
    }

    fn unleave(&mut self, sides: &mut Sides<'_>, handle: u32, shifts: &mut ShiftTable) {
        let order = &mut self.slab[handle as usize];
        order.alive = true;
        let order = *order;
        self.queues[order.queue as usize].restore(order.slot, handle, order.sum(), shifts);
        let level = self.level(order.price, order.queue);
        let ladder = sides.of(order.side);
        match ladder.rank(order.price) {
            Ok(rank) => {
                ladder.replace(rank, level);
            }
            Err(rank) => ladder.insert(rank, level),
        }
    }

    /// Multiplies (or divides) all prices and quantities.
    #[cold]
    pub(crate) fn scale(&mut self, price: impl Fn(u128) -> u128, qty: impl Fn(u128) -> u128) {
        for order in &mut self.slab {
            (order.price, order.qty) = (price(order.price), qty(order.qty));
        }
        for queue in &mut self.queues {
            queue.scale(&qty);
        }
    }

    #[inline]
    fn level(&self, price: u128, queue: u32) -> Level {
        let total = self.queues[queue as usize].total();
        Level { price, qty: total.qty, register: total.register, digits: total.digits, queue }
    }

    fn new_queue(&mut self) -> u32 {
        self.free_queues.pop().unwrap_or_else(|| {
            self.queues.push(Queue::default());
            index(self.queues.len() - 1)
        })
    }
}

/// What a level-3 book answers beside what every book does. A level-2 book has no orders.
impl Book {
    /// An order by its id.
    #[must_use]
    pub fn order(&self, id: &OrderId) -> Option<&Order> {
        let orders = &self.level3.as_deref()?.orders;
        Some(orders.get(orders.find(id)?))
    }

    /// Where an order stands, in time that grows with the logarithm of its queue.
    #[inline]
    #[must_use]
    pub fn place(&self, id: &OrderId) -> Option<Place> {
        let orders = &self.level3.as_deref()?.orders;
        let handle = orders.find(id)?;
        let order = orders.get(handle);
        let ladder = if order.side == Side::Bid { &self.bids } else { &self.asks };
        let level = ladder.rank(order.price).ok()?;
        let (orders_ahead, qty_ahead) = orders.ahead(handle);
        let qty_level = ladder.levels()[level].qty;
        Some(Place { level, orders_ahead, qty_ahead, qty_level, proven: level < PROVEN })
    }

    /// The orders of a level of this book, first to be filled first.
    pub fn orders<'a>(&'a self, level: &Level) -> impl Iterator<Item = &'a Order> + use<'a> {
        let orders = self.level3.as_deref().map(|level3| &level3.orders);
        let handles = orders.map(|orders| orders.handles(level).map(|handle| orders.get(handle)));
        handles.into_iter().flatten()
    }

    /// How many orders make up a level of this book.
    #[must_use]
    pub fn order_count(&self, level: &Level) -> u32 {
        self.level3.as_deref().map_or(0, |level3| level3.orders.count(level))
    }

    /// What was found out about amends; None of a level-2 book.
    #[must_use]
    pub fn oracle(&self) -> Option<&Oracle> {
        Some(&self.level3.as_deref()?.oracle)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a book has far fewer than 2^32 orders")]
fn index(place: usize) -> u32 {
    place as u32
}
