//! The orders of one price, first to be filled first.
//!
//! Each order has a slot; slots are given in sequence and never twice, so an order that leaves vacates one. Over the
//! slots stands a binary tree whose nodes sum up what is below them: how many orders, how much quantity, and the CRC
//! register of their digits. So a place in the queue, and the level's share of the checksum after a change anywhere in
//! it, cost the tree's height and not the queue's length.

use crate::crc::ShiftTable;
use alloc::vec::Vec;

/// The handle that stands in a vacated slot.
const VACANT: u32 = u32::MAX;
const SMALLEST: usize = 4;

/// The sum of some neighbouring orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Their quantity in lots.
    pub qty: u128,
    /// CRC register of their digits as sent, from a zero register.
    pub register: u32,
    /// How many digits that is.
    pub digits: u32,
    /// How many they are.
    pub orders: u32,
}

impl Sum {
    #[inline]
    fn join(self, behind: Self, shifts: &mut ShiftTable) -> Self {
        if behind.orders == 0 {
            return self;
        }
        if self.orders == 0 {
            return behind;
        }
        Self {
            qty: self.qty + behind.qty,
            register: shifts.shift(self.register, behind.digits as usize) ^ behind.register,
            digits: self.digits + behind.digits,
            orders: self.orders + behind.orders,
        }
    }
}

/// One price's orders.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// The orders' handles, in sequence.
    slots: Vec<u32>,
    /// The tree: its root is node 1, the children of `n` are `2n` and `2n + 1`, its second half are the slots.
    nodes: Vec<Sum>,
}

impl Queue {
    fn capacity(&self) -> usize {
        self.nodes.len() / 2
    }

    /// All of it.
    #[inline]
    #[must_use]
    pub fn total(&self) -> Sum {
        self.nodes.get(1).copied().unwrap_or_default()
    }

    /// Puts an order at the end: its slot, and whether the tree had to grow for it.
    #[inline]
    pub fn push(&mut self, handle: u32, order: Sum, shifts: &mut ShiftTable) -> (u32, bool) {
        let slot = self.slots.len();
        let grows = slot == self.capacity();
        if grows {
            self.resize((2 * slot).max(SMALLEST), shifts);
        }
        self.slots.push(handle);
        self.set(slot, order, shifts);
        (index(slot), grows)
    }

    /// Takes the order of the last slot back, and the slot.
    pub fn pop(&mut self, shifts: &mut ShiftTable) {
        if self.slots.pop().is_some() {
            self.set(self.slots.len(), Sum::default(), shifts);
        }
    }

    /// Takes an order out.
    #[inline]
    pub fn vacate(&mut self, slot: u32, shifts: &mut ShiftTable) {
        self.slots[slot as usize] = VACANT;
        self.set(slot as usize, Sum::default(), shifts);
    }

    /// Puts an order back into the slot that it had.
    pub fn restore(&mut self, slot: u32, handle: u32, order: Sum, shifts: &mut ShiftTable) {
        self.slots[slot as usize] = handle;
        self.set(slot as usize, order, shifts);
    }

    /// Changes an order in its place.
    #[inline]
    pub fn change(&mut self, slot: u32, order: Sum, shifts: &mut ShiftTable) {
        self.set(slot as usize, order, shifts);
    }

    /// What stands before a slot; the digits of it are not summed up.
    #[inline]
    #[must_use]
    pub fn ahead(&self, slot: u32) -> (u32, u128) {
        let (mut orders, mut qty) = (0, 0);
        let mut node = self.capacity() + slot as usize;
        while node > 1 {
            if node & 1 == 1 {
                let before = &self.nodes[node - 1];
                orders += before.orders;
                qty += before.qty;
            }
            node >>= 1;
        }
        (orders, qty)
    }

    /// The orders' handles, in sequence.
    pub fn handles(&self) -> impl Iterator<Item = u32> + '_ {
        self.slots.iter().copied().filter(|handle| *handle != VACANT)
    }

    /// The handles behind a slot.
    pub fn behind(&self, slot: u32) -> impl Iterator<Item = u32> + '_ {
        self.slots.iter().skip(slot as usize + 1).copied().filter(|handle| *handle != VACANT)
    }

    /// Multiplies all quantities.
    pub fn scale(&mut self, multiply: impl Fn(u128) -> u128) {
        for node in &mut self.nodes {
            node.qty = multiply(node.qty);
        }
    }

    /// Gives up vacated slots if they are most of the tree; tells each order's new slot.
    pub fn tidy(&mut self, shifts: &mut ShiftTable, mut moved: impl FnMut(u32, u32)) {
        let live = self.total().orders as usize;
        if 4 * live > self.capacity() || self.capacity() <= SMALLEST {
            return;
        }
        let kept: Vec<(u32, Sum)> = (self.slots.iter().zip(&self.nodes[self.capacity()..]))
            .filter(|(handle, _)| **handle != VACANT)
            .map(|(handle, order)| (*handle, *order))
            .collect();
        self.slots.clear();
        self.nodes.clear();
        self.nodes.resize(2 * (2 * live).next_power_of_two().max(SMALLEST), Sum::default());
        let capacity = self.capacity();
        for (slot, (handle, order)) in kept.into_iter().enumerate() {
            self.slots.push(handle);
            self.nodes[capacity + slot] = order;
            moved(handle, index(slot));
        }
        self.sum_up(shifts);
    }

    /// Forgets all orders and keeps the room.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.nodes.fill(Sum::default());
    }

    #[inline]
    fn set(&mut self, slot: usize, order: Sum, shifts: &mut ShiftTable) {
        let mut node = self.capacity() + slot;
        self.nodes[node] = order;
        while node > 1 {
            node >>= 1;
            self.nodes[node] = self.nodes[2 * node].join(self.nodes[2 * node + 1], shifts);
        }
    }

    #[cold]
    fn resize(&mut self, capacity: usize, shifts: &mut ShiftTable) {
        let leaves: Vec<Sum> = self.nodes[self.capacity()..].to_vec();
        self.nodes.clear();
        self.nodes.resize(2 * capacity, Sum::default());
        self.nodes[capacity..capacity + leaves.len()].copy_from_slice(&leaves);
        self.sum_up(shifts);
    }

    fn sum_up(&mut self, shifts: &mut ShiftTable) {
        for node in (1..self.capacity()).rev() {
            self.nodes[node] = self.nodes[2 * node].join(self.nodes[2 * node + 1], shifts);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a message, and so a queue, has far fewer than 2^32 orders")]
fn index(slot: usize) -> u32 {
    slot as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crc::DigitTable;
    use alloc::format;
    use alloc::string::String;
    use proptest::prelude::*;

    proptest! {
        /// Any run of changes gives the places, sums and registers of a plain list.
        #[test]
        fn a_queue_is_a_list(steps in proptest::collection::vec((0_u8..5, 0_usize..40, 1_u128..100_000), 0..200)) {
            let (table, mut shifts) = (DigitTable::new(), ShiftTable::new());
            let mut queue = Queue::default();
            // Handle, slot, quantity.
            let mut list: Vec<(u32, u32, u128)> = Vec::new();
            let sum = |qty: u128| {
                let (register, digits) = table.level(7, qty);
                Sum { qty, register, digits: digits.into(), orders: 1 }
            };
            for (number, (kind, place, qty)) in (0_u32..).zip(steps) {
                match kind {
                    0..=2 => {
                        let (slot, _) = queue.push(number, sum(qty), &mut shifts);
                        list.push((number, slot, qty));
                    }
                    3 if !list.is_empty() => {
                        let (_, slot, _) = list.remove(place % list.len());
                        queue.vacate(slot, &mut shifts);
                        queue.tidy(&mut shifts, |handle, slot| {
                            list.iter_mut().filter(|order| order.0 == handle).for_each(|order| order.1 = slot);
                        });
                    }
                    4 if !list.is_empty() => {
                        let place = place % list.len();
                        list[place].2 = qty;
                        queue.change(list[place].1, sum(qty), &mut shifts);
                    }
                    _ => {}
                }
                let text = list.iter().fold(String::new(), |text, order| format!("{text}7{}", order.2));
                let total = queue.total();
                prop_assert_eq!(total.digits as usize, text.len());
                let initial = shifts.shift(u32::MAX, text.len());
                prop_assert_eq!(!(initial ^ total.register), crc32fast::hash(text.as_bytes()));
                prop_assert!(queue.handles().eq(list.iter().map(|order| order.0)));
                let mut qty = 0;
                for (ahead, order) in (0..).zip(&list) {
                    prop_assert_eq!(queue.ahead(order.1), (ahead, qty));
                    qty += order.2;
                }
                prop_assert_eq!(total.qty, qty);
            }
        }
    }
}
