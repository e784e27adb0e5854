//! Takes a level-3 message into a book whole and proven, or leaves the book as it was.

use crate::apply::{Workspace, checksum, malformed, note};
use crate::book::Book;
use crate::fault::{Fault, Reason, Rules};
use crate::ladder::{PROVEN, Side};
use crate::level3::Level3;
use crate::level3::change::{Cause, Event, OrderChange};
use crate::level3::id::OrderId;
use crate::level3::oracle::{Beliefs, Rule};
use crate::level3::orders::{Order, Orders, Sides};
use crate::level3::queue::Sum;
use crate::number::power_of_ten;
use crate::staged::Change;
use alloc::vec::Vec;

/// What an entry says beside its numbers, which are a [`Change`].
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// None in a snapshot.
    pub(crate) event: Option<Event>,
    pub(crate) id: OrderId,
    pub(crate) timestamp_ns: i64,
    /// A delete may come without its price or quantity.
    pub(crate) complete: bool,
}

/// An amend whose place was a question.
#[derive(Clone, Copy, Debug)]
struct Choice {
    rule: Rule,
    kept: bool,
    handle: u32,
    /// The other answer gives other digits, if nothing else happens at this price.
    tells: bool,
    /// How many entries of the message it consists of.
    entries: usize,
}

/// What is noted of the message that is being taken.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) told: Vec<OrderChange>,
    pub(crate) pushed_out: Vec<OrderId>,
    choices: Vec<Choice>,
}

/// One side while a message is taken.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    filled: bool,
    /// The price of the level that came in from outside.
    edge: Option<u128>,
    /// The entry before was a delete that took a level with it.
    opened: bool,
    /// The side has been longer than its depth in this message.
    overflowed: bool,
}

/// A message while it is taken.
struct Taking<'a> {
    sides: Sides<'a>,
    level3: &'a mut Level3,
    work: &'a mut Workspace,
    rules: Rules,
    depth: usize,
    windows: [Window; 2],
    finding: Option<Reason>,
}

impl Book {
    pub(crate) fn take_order_update(&mut self, expected: u32, work: &mut Workspace, rules: Rules) -> Result<(), Fault> {
        self.fit_update(work).ok_or_else(|| malformed(expected))?;
        let Some(mut level3) = self.level3.take() else { return Err(malformed(expected)) };
        let factors = work.growth(self.scales);
        if let Some((price, qty)) = factors {
            level3.orders.scale(|ticks| ticks * price, |lots| lots * qty);
        }
        let proven = self.prove_orders(&mut level3, expected, work, rules);
        if let (Err(_), Some((price, qty))) = (&proven, factors) {
            level3.orders.scale(|ticks| ticks / price, |lots| lots / qty);
            self.unscale(work);
        }
        self.level3 = Some(level3);
        proven
    }

    fn prove_orders(
        &mut self,
        level3: &mut Level3,
        expected: u32,
        work: &mut Workspace,
        rules: Rules,
    ) -> Result<(), Fault> {
        let beliefs = level3.oracle.beliefs();
        let (mut finding, mut computed) =
            self.try_orders(level3, work, rules, beliefs).ok_or_else(|| malformed(expected))?;
        let first = computed;
        if computed != expected && !work.level3.choices.is_empty() {
            let asked = [Rule::QtyDown, Rule::QtyUp].map(|rule| work.level3.choices.iter().any(|one| one.rule == rule));
            for other in beliefs.others(asked) {
                self.undo_orders(level3, work);
                (finding, computed) = self.try_orders(level3, work, rules, other).ok_or_else(|| malformed(expected))?;
                if computed == expected {
                    break;
                }
            }
        }
        let crossed = self.bids.crosses(&self.asks);
        let reason = if computed == expected {
            finding.or((crossed && !self.crossed).then_some(Reason::Crossed))
        } else {
            Some(Reason::Checksum)
        };
        if let Some(reason) = reason {
            self.undo_orders(level3, work);
            let computed = if reason == Reason::Checksum { first } else { computed };
            return Err(Fault { reason, expected: Some(expected), computed: Some(computed), syntax: None });
        }
        self.weigh(level3, work);
        level3.orders.commit(&mut work.shifts);
        self.crossed = crossed;
        Ok(())
    }

    /// Applies the message, taking amends to do as believed: the first rule that was broken, and the sum. None: it says
    /// what no update can say; nothing is applied then.
    fn try_orders(
        &mut self,
        level3: &mut Level3,
        work: &mut Workspace,
        rules: Rules,
        beliefs: Beliefs,
    ) -> Option<(Option<Reason>, u32)> {
        if work.staged.entries.iter().any(|entry| entry.event.is_none()) {
            return None;
        }
        work.level3.told.clear();
        work.level3.pushed_out.clear();
        work.level3.choices.clear();
        let window = |filled| Window { filled, ..Window::default() };
        let mut taking = Taking {
            sides: Sides { bids: &mut self.bids, asks: &mut self.asks },
            level3,
            work,
            rules,
            depth: self.settings.depth,
            windows: [window(self.filled.0), window(self.filled.1)],
            finding: None,
        };
        for index in 0..taking.work.staged.changes.len() {
            let (change, entry) = (taking.work.staged.changes[index], taking.work.staged.entries[index]);
            match entry.event {
                Some(Event::Delete) => taking.delete(&change, &entry),
                Some(Event::Modify) => taking.modify(&change, &entry, beliefs),
                _ => taking.add(&change, &entry),
            }
        }
        taking.truncate();
        let mut finding = taking.finding;
        note(&mut finding, rules.short_side && self.short_side(), Reason::ShortSide);
        Some((finding, checksum(&mut self.bids, &mut self.asks, &mut work.shifts)))
    }

    #[cold]
    fn undo_orders(&mut self, level3: &mut Level3, work: &mut Workspace) {
        level3.orders.undo(&mut Sides { bids: &mut self.bids, asks: &mut self.asks }, &mut work.shifts);
    }

    /// Counts what the proven message has said about amends.
    fn weigh(&self, level3: &mut Level3, work: &Workspace) {
        for choice in &work.level3.choices {
            let order = level3.orders.get(choice.handle);
            let ladder = if order.side == Side::Bid { &self.bids } else { &self.asks };
            let entries = work.level3.told.iter().filter(|told| told.side == order.side && told.price == order.price);
            let alone = entries.count() == choice.entries;
            let proven = order.alive && ladder.rank(order.price).is_ok_and(|rank| rank < PROVEN);
            level3.oracle.count(choice.rule, choice.kept, choice.tells && alone && proven);
        }
    }

    pub(crate) fn take_order_snapshot(&mut self, expected: u32, work: &mut Workspace) -> Result<(), Fault> {
        let scales = self.fit_snapshot(work).ok_or_else(|| malformed(expected))?;
        let Some(level3) = self.level3.as_deref_mut() else { return Err(malformed(expected)) };
        let mut orders = Orders::after(&level3.orders);
        let Workspace { staged, shifts, fresh: (bids, asks), level3: scratch, .. } = work;
        scratch.told.clear();
        scratch.pushed_out.clear();
        bids.clear();
        asks.clear();
        let mut sides = Sides { bids, asks };
        for (change, entry) in staged.changes.iter().zip(&staged.entries) {
            // A snapshot holds no empty order, each order once, and none that left.
            let other = matches!(entry.event, Some(Event::Modify | Event::Delete));
            if other || change.qty == 0 || !entry.complete || orders.find(&entry.id).is_some() {
                return Err(malformed(expected));
            }
            let stamps = (entry.timestamp_ns, entry.timestamp_ns);
            let order = Order::new(entry.id, change.side, change.price, sum(change), stamps);
            let (handle, rank) = orders.come(&mut sides, order, shifts);
            scratch.told.push(told(Event::Add, Cause::Snapshot, &orders, handle, rank, 0));
        }
        let depth = self.settings.depth;
        let filled = (sides.bids.levels().len() >= depth, sides.asks.levels().len() >= depth);
        truncate(&mut orders, &mut sides, depth, shifts, &mut scratch.pushed_out);
        orders.commit(shifts);
        let computed = checksum(sides.bids, sides.asks, shifts);
        let crossed = sides.bids.crosses(sides.asks);
        let reason = if computed == expected {
            (crossed && !self.crossed && !self.doubted).then_some(Reason::Crossed)
        } else {
            Some(Reason::Checksum)
        };
        if let Some(reason) = reason {
            return Err(Fault { reason, expected: Some(expected), computed: Some(computed), syntax: None });
        }
        level3.orders = orders;
        self.renew(work, scales, filled, crossed);
        Ok(())
    }
}

impl Taking<'_> {
    fn add(&mut self, change: &Change, entry: &Entry) {
        let (side, price) = (change.side, change.price);
        let mut cause = Cause::New;
        let mut entered_ns = entry.timestamp_ns;
        let mut moved = None;
        if let Some(handle) = self.level3.orders.find(&entry.id) {
            let former = *self.level3.orders.get(handle);
            (cause, entered_ns) = (Cause::Amend, former.entered_ns);
            if former.alive {
                let worst = self.sides.of(side).worst().map(|level| level.price);
                // The refill of an earlier delete that an insert has pushed out is sent again after the next delete.
                let same = former.side == side && former.price == price;
                let returns = self.windows[side as usize].overflowed && same && worst == Some(price);
                if returns {
                    cause = Cause::Edge;
                }
                note(&mut self.finding, self.rules.unchanged_level && !returns, Reason::UnchangedLevel);
                self.level3.orders.leave(&mut self.sides, handle, &mut self.work.shifts);
            } else if let Some(left) = self.work.level3.told.get_mut(former.told as usize) {
                // The first of the best level may be an iceberg that shows its next part, which tells nothing of amends.
                let behind = if left.cause == Cause::Unknown { 0 } else { left.orders_behind };
                left.cause = Cause::Amend;
                moved = Some((former, behind));
            }
        }
        let window = self.windows[side as usize];
        let ladder = self.sides.of(side);
        let (held, rank) = (ladder.levels().len(), ladder.rank(price));
        let short = window.filled && held < self.depth;
        let better = ladder.worst().is_some_and(|worst| ladder.is_better(price, worst.price));
        // An order that stood alone at its price and goes to the back of its queue comes back itself.
        let refill = window.opened && short && rank.is_err() && cause == Cause::New;
        note(&mut self.finding, self.rules.better_refill && refill && better, Reason::BetterRefill);
        if cause == Cause::New {
            match rank {
                Err(rank) if short && rank == held => {
                    cause = Cause::Edge;
                    self.windows[side as usize].edge = Some(price);
                }
                Ok(_) if window.edge == Some(price) => cause = Cause::Edge,
                _ => {}
            }
        }
        self.windows[side as usize].opened = false;
        let order = Order::new(entry.id, side, price, sum(change), (entry.timestamp_ns, entered_ns));
        let (handle, rank) = self.level3.orders.come(&mut self.sides, order, &mut self.work.shifts);
        self.windows[side as usize].overflowed |= self.sides.of(side).levels().len() > self.depth;
        let added = told(Event::Add, cause, &self.level3.orders, handle, rank, 0);
        if let Some((former, behind)) = moved {
            self.told_to_move(&former, behind, &added, handle);
        }
        self.work.level3.told.push(added);
    }

    /// Notes what a delete and an add of one order say about amends.
    fn told_to_move(&mut self, former: &Order, behind: u32, added: &OrderChange, handle: u32) {
        if former.timestamp_ns == added.timestamp_ns {
            return;
        }
        let (rule, tells, entries) = if former.price != added.price {
            (Rule::Price, added.orders_ahead > 0, 1)
        } else if former.qty == added.qty {
            return;
        } else {
            (if added.qty < former.qty { Rule::QtyDown } else { Rule::QtyUp }, behind > 0, 2)
        };
        // This is pushed before the add itself is told.
        self.work.level3.choices.push(Choice { rule, kept: false, handle, tells, entries });
    }

    fn delete(&mut self, change: &Change, entry: &Entry) {
        let Some(handle) = self.held(change, entry) else { return };
        let order = *self.level3.orders.get(handle);
        let rank = self.sides.of(order.side).rank(order.price).unwrap_or(0);
        let mut gone = told(Event::Delete, Cause::Cancel, &self.level3.orders, handle, rank, order.qty);
        gone.qty = 0;
        if rank == 0 && gone.orders_ahead == 0 {
            gone.cause = Cause::Unknown;
        }
        let level = self.sides.of(order.side).levels()[rank];
        gone.orders_behind = self.level3.orders.count(&level) - gone.orders_ahead - 1;
        self.level3.orders.get_mut(handle).told = u32::try_from(self.work.level3.told.len()).unwrap_or(u32::MAX);
        self.work.level3.told.push(gone);
        let emptied = self.level3.orders.leave(&mut self.sides, handle, &mut self.work.shifts);
        self.windows[change.side as usize].opened = emptied;
    }

    fn modify(&mut self, change: &Change, entry: &Entry, beliefs: Beliefs) {
        let Some(handle) = self.held(change, entry) else { return };
        self.windows[change.side as usize].opened = false;
        let order = *self.level3.orders.get(handle);
        let amended = order.timestamp_ns != entry.timestamp_ns;
        if order.price != change.price {
            self.requeue(handle, change, entry, Rule::Price);
            return;
        }
        if order.qty == change.qty && !amended {
            note(&mut self.finding, self.rules.unchanged_level, Reason::UnchangedLevel);
        }
        let rule = match change.qty.cmp(&order.qty) {
            _ if !amended => None,
            core::cmp::Ordering::Less => Some(Rule::QtyDown),
            core::cmp::Ordering::Greater => Some(Rule::QtyUp),
            core::cmp::Ordering::Equal => None,
        };
        if let Some(rule) = rule {
            let mut behind = self.level3.orders.behind(handle).peekable();
            let last = behind.peek().is_none();
            let tells = behind.any(|other| (other.register, other.digits) != (change.register, change.digits.into()));
            drop(behind);
            if !last && !beliefs.keeps(rule) {
                self.requeue(handle, change, entry, rule);
                if let Some(choice) = self.work.level3.choices.last_mut() {
                    choice.tells = tells;
                }
                return;
            }
            self.work.level3.choices.push(Choice { rule, kept: true, handle, tells, entries: 1 });
        }
        let cause = if amended || change.qty > order.qty { Cause::Amend } else { Cause::Fill };
        let rank = self.sides.of(order.side).rank(order.price).unwrap_or(0);
        let mut changed = told(Event::Modify, cause, &self.level3.orders, handle, rank, order.qty);
        (changed.qty, changed.timestamp_ns) = (change.qty, entry.timestamp_ns);
        self.work.level3.told.push(changed);
        self.level3.orders.change(&mut self.sides, handle, sum(change), entry.timestamp_ns, &mut self.work.shifts);
    }

    /// Moves an order to the back of the queue at its (new) price.
    fn requeue(&mut self, handle: u32, change: &Change, entry: &Entry, rule: Rule) {
        let former = *self.level3.orders.get(handle);
        self.level3.orders.leave(&mut self.sides, handle, &mut self.work.shifts);
        let stamps = (entry.timestamp_ns, former.entered_ns);
        let order = Order::new(entry.id, change.side, change.price, sum(change), stamps);
        let (handle, rank) = self.level3.orders.come(&mut self.sides, order, &mut self.work.shifts);
        let overflows = self.sides.of(change.side).levels().len() > self.depth;
        self.windows[change.side as usize].overflowed |= overflows;
        let mut moved = told(Event::Modify, Cause::Amend, &self.level3.orders, handle, rank, former.qty);
        moved.former = Some((former.price, former.sequence));
        let tells = moved.orders_ahead > 0;
        self.work.level3.told.push(moved);
        self.work.level3.choices.push(Choice { rule, kept: false, handle, tells, entries: 1 });
    }

    /// The order that an entry is about, if it rests on that side.
    fn held(&mut self, change: &Change, entry: &Entry) -> Option<u32> {
        let orders = &self.level3.orders;
        let found = orders.find(&entry.id).filter(|handle| {
            let order = orders.get(*handle);
            order.alive && order.side == change.side
        });
        note(&mut self.finding, self.rules.unknown_delete && found.is_none(), Reason::UnknownDelete);
        found
    }

    fn truncate(&mut self) {
        let Workspace { shifts, level3: scratch, .. } = &mut *self.work;
        truncate(&mut self.level3.orders, &mut self.sides, self.depth, shifts, &mut scratch.pushed_out);
    }
}

/// Forgets what lies beyond the depth.
fn truncate(
    orders: &mut Orders,
    sides: &mut Sides<'_>,
    depth: usize,
    shifts: &mut crate::crc::ShiftTable,
    pushed_out: &mut Vec<OrderId>,
) {
    for side in [Side::Bid, Side::Ask] {
        while sides.of(side).levels().len() > depth {
            let Some(worst) = sides.of(side).worst().copied() else { return };
            orders.leave_all(sides, &worst, shifts, pushed_out);
        }
    }
}

#[inline]
fn sum(change: &Change) -> Sum {
    Sum { qty: change.qty, register: change.register, digits: change.digits.into(), orders: 1 }
}

fn told(event: Event, cause: Cause, orders: &Orders, handle: u32, rank: usize, before: u128) -> OrderChange {
    let order = orders.get(handle);
    let (orders_ahead, qty_ahead) = orders.ahead(handle);
    OrderChange {
        side: order.side,
        event,
        cause,
        id: order.id,
        price: order.price,
        qty: order.qty,
        before,
        timestamp_ns: order.timestamp_ns,
        level: u32::try_from(rank).unwrap_or(u32::MAX),
        orders_ahead,
        orders_behind: 0,
        qty_ahead,
        sequence: order.sequence,
        former: None,
        entered_ns: order.entered_ns,
    }
}

impl Workspace {
    /// By what prices and quantities were multiplied for the message that is being taken.
    fn growth(&self, scales: (u8, u8)) -> Option<(u128, u128)> {
        let before = self.rescaled.as_ref()?.scales;
        let price = power_of_ten(usize::from(scales.0 - before.0))?;
        let qty = power_of_ten(usize::from(scales.1 - before.1))?;
        Some((price, qty))
    }
}
