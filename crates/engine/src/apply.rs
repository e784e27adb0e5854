//! Takes a message into a book whole and proven, or leaves the book as it was.

use crate::book::{Book, State};
use crate::crc::{DigitTable, INITIAL, ShiftTable};
use crate::fault::{Fault, Reason, Rules};
use crate::frame::Head;
use crate::json::Syntax;
use crate::ladder::{Ladder, Level, Side};
use crate::level3::Scratch;
use crate::number::{Fixed, power_of_ten};
use crate::staged::{Change, Staged};
use alloc::vec::Vec;

/// Tables and buffers that all books of an engine share.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) digits: DigitTable,
    pub(crate) shifts: ShiftTable,
    pub(crate) staged: Staged,
    pub(crate) level3: Scratch,
    pub(crate) rescaled: Option<Rescaled>,
    pub(crate) fresh: (Ladder, Ladder),
    undo: Vec<Undo>,
}

/// A book as it was before a message that brought more decimals.
#[derive(Debug)]
pub(crate) struct Rescaled {
    pub(crate) scales: (u8, u8),
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        Self {
            digits: DigitTable::new(),
            shifts: ShiftTable::new(),
            staged: Staged::default(),
            level3: Scratch::default(),
            rescaled: None,
            fresh: (Ladder::new(Side::Bid), Ladder::new(Side::Ask)),
            undo: Vec::new(),
        }
    }
}

/// How to take back one step of a message that was not proven.
#[derive(Clone, Copy, Debug)]
enum Undo {
    Inserted(Side, usize),
    Replaced(Side, usize, Level),
    Removed(Side, usize, Level),
}

impl Book {
    /// Takes in a message that was read. Ok(false): an update came while not live.
    #[inline]
    pub(crate) fn receive(
        &mut self,
        head: &Head<'_>,
        work: &mut Workspace,
        rules: Rules,
        recv_ns: i64,
    ) -> Result<bool, Fault> {
        self.statistics.messages += 1;
        if !head.snapshot && self.state != State::Live {
            self.statistics.ignored += 1;
            return Ok(false);
        }
        let Some(expected) = head.checksum else {
            return Err(Fault { reason: Reason::MissingChecksum, expected: None, computed: None, syntax: None });
        };
        match (self.level3.is_some(), head.snapshot) {
            (false, false) => self.take_update(expected, work, rules)?,
            (false, true) => self.take_snapshot(expected, work)?,
            (true, false) => self.take_order_update(expected, work, rules)?,
            (true, true) => self.take_order_snapshot(expected, work)?,
        }
        if self.level3.is_some() {
            self.teach(head.snapshot, head.timestamp.as_ref(), recv_ns, work);
        }
        self.checksum = expected;
        self.timestamp = head.timestamp;
        self.recv_ns = Some(recv_ns);
        self.statistics.verified += 1;
        Ok(true)
    }

    #[inline]
    fn take_update(&mut self, expected: u32, work: &mut Workspace, rules: Rules) -> Result<(), Fault> {
        self.fit_update(work).ok_or_else(|| malformed(expected))?;
        work.undo.clear();
        let mut finding = None;
        self.apply(&work.staged.changes, Side::Bid, rules, &mut work.undo, &mut finding);
        self.apply(&work.staged.changes, Side::Ask, rules, &mut work.undo, &mut finding);
        note(&mut finding, rules.short_side && self.short_side(), Reason::ShortSide);
        let computed = checksum(&mut self.bids, &mut self.asks, &mut work.shifts);
        let crossed = self.bids.crosses(&self.asks);
        let reason = if computed == expected {
            finding.or((crossed && !self.crossed).then_some(Reason::Crossed))
        } else {
            Some(Reason::Checksum)
        };
        if let Some(reason) = reason {
            self.take_back(&work.undo);
            self.unscale(work);
            return Err(Fault { reason, expected: Some(expected), computed: Some(computed), syntax: None });
        }
        self.crossed = crossed;
        Ok(())
    }

    /// Applies one side's changes in order, truncates it, and notes the first rule that was broken.
    #[inline]
    fn apply(
        &mut self,
        changes: &[Change],
        side: Side,
        rules: Rules,
        undo: &mut Vec<Undo>,
        finding: &mut Option<Reason>,
    ) {
        let depth = self.settings.depth;
        let (ladder, filled) = match side {
            Side::Bid => (&mut self.bids, self.filled.0),
            Side::Ask => (&mut self.asks, self.filled.1),
        };
        let (mut after_delete, mut overflowed) = (false, false);
        for change in changes.iter().filter(|change| change.side == side) {
            let price = change.price;
            let level =
                Level { price, qty: change.qty, register: change.register, digits: change.digits.into(), queue: 0 };
            let refill = core::mem::replace(&mut after_delete, level.qty == 0);
            let rank = ladder.rank(price);
            if level.qty == 0 {
                match rank {
                    Ok(rank) => undo.push(Undo::Removed(side, rank, ladder.remove(rank))),
                    Err(_) => note(finding, rules.unknown_delete, Reason::UnknownDelete),
                }
                continue;
            }
            if refill && filled && ladder.worst().is_some_and(|worst| ladder.is_better(price, worst.price)) {
                note(finding, rules.better_refill, Reason::BetterRefill);
            }
            match rank {
                Ok(rank) => {
                    let old = ladder.replace(rank, level);
                    undo.push(Undo::Replaced(side, rank, old));
                    // A refill that an insert had pushed out of the window may come back within one message.
                    let returned = refill && overflowed && rank + 1 == ladder.levels().len();
                    if old.qty == level.qty && !returned {
                        note(finding, rules.unchanged_level, Reason::UnchangedLevel);
                    }
                }
                Err(rank) => {
                    ladder.insert(rank, level);
                    undo.push(Undo::Inserted(side, rank));
                    overflowed |= ladder.levels().len() > depth;
                }
            }
        }
        while ladder.levels().len() > depth {
            let worst = ladder.levels().len() - 1;
            undo.push(Undo::Removed(side, worst, ladder.remove(worst)));
        }
    }

    /// Whether a side that the snapshot filled no longer is.
    #[inline]
    pub(crate) fn short_side(&self) -> bool {
        let depth = self.settings.depth;
        self.filled.0 && self.bids().len() < depth || self.filled.1 && self.asks().len() < depth
    }

    #[cold]
    fn take_back(&mut self, undo: &[Undo]) {
        for step in undo.iter().rev() {
            match *step {
                Undo::Inserted(side, rank) => drop(self.ladder(side).remove(rank)),
                Undo::Replaced(side, rank, level) => drop(self.ladder(side).replace(rank, level)),
                Undo::Removed(side, rank, level) => self.ladder(side).insert(rank, level),
            }
        }
    }

    /// Gives the levels back the scales that they had before a message which brought more decimals.
    #[cold]
    pub(crate) fn unscale(&mut self, work: &Workspace) {
        if let Some(before) = &work.rescaled {
            self.bids.set_levels(&before.bids);
            self.asks.set_levels(&before.asks);
            self.scales = before.scales;
        }
    }

    fn ladder(&mut self, side: Side) -> &mut Ladder {
        match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        }
    }

    fn take_snapshot(&mut self, expected: u32, work: &mut Workspace) -> Result<(), Fault> {
        let scales = self.fit_snapshot(work).ok_or_else(|| malformed(expected))?;
        let (bids, asks) = &mut work.fresh;
        bids.clear();
        asks.clear();
        for change in &work.staged.changes {
            let (price, qty) = (change.price, change.qty);
            let ladder = if change.side == Side::Bid { &mut *bids } else { &mut *asks };
            match ladder.rank(price) {
                Err(rank) if qty != 0 => {
                    ladder.insert(
                        rank,
                        Level { price, qty, register: change.register, digits: change.digits.into(), queue: 0 },
                    );
                }
                // A snapshot holds no empty level and each price once.
                _ => return Err(malformed(expected)),
            }
        }
        let depth = self.settings.depth;
        let filled = (bids.levels().len() >= depth, asks.levels().len() >= depth);
        for ladder in [&mut *bids, &mut *asks] {
            while ladder.levels().len() > depth {
                ladder.remove(ladder.levels().len() - 1);
            }
        }
        let computed = checksum(bids, asks, &mut work.shifts);
        let crossed = bids.crosses(asks);
        let reason = if computed == expected {
            (crossed && !self.crossed && !self.doubted).then_some(Reason::Crossed)
        } else {
            Some(Reason::Checksum)
        };
        if let Some(reason) = reason {
            return Err(Fault { reason, expected: Some(expected), computed: Some(computed), syntax: None });
        }
        self.renew(work, scales, filled, crossed);
        Ok(())
    }

    /// Takes over the sides of a proven snapshot.
    pub(crate) fn renew(&mut self, work: &mut Workspace, scales: (u8, u8), filled: (bool, bool), crossed: bool) {
        core::mem::swap(&mut self.bids, &mut work.fresh.0);
        core::mem::swap(&mut self.asks, &mut work.fresh.1);
        self.scales = scales;
        self.filled = filled;
        self.crossed = crossed;
        self.doubted = false;
        self.state = State::Live;
        self.fault = None;
        self.statistics.snapshots += 1;
    }

    /// Brings an update's numbers to the book's scales, or the book to theirs. None: 128 bits do not hold them.
    #[inline]
    pub(crate) fn fit_update(&mut self, work: &mut Workspace) -> Option<()> {
        let staged = &work.staged;
        work.rescaled = None;
        if staged.uniform && self.settings.precision.is_none() && staged.plain_scales == self.scales {
            return Some(());
        }
        if staged.changes.is_empty() {
            return Some(());
        }
        let scales = self.fit(&mut work.staged, &work.digits, self.scales)?;
        if scales != self.scales {
            let price = power_of_ten(usize::from(scales.0 - self.scales.0))?;
            let qty = power_of_ten(usize::from(scales.1 - self.scales.1))?;
            let (bids, asks) = (self.bids.rescaled(price, qty)?, self.asks.rescaled(price, qty)?);
            let before = (self.bids().to_vec(), self.asks().to_vec());
            work.rescaled = Some(Rescaled { scales: self.scales, bids: before.0, asks: before.1 });
            self.bids.set_levels(&bids);
            self.asks.set_levels(&asks);
            self.scales = scales;
        }
        Some(())
    }

    #[inline]
    pub(crate) fn fit_snapshot(&self, work: &mut Workspace) -> Option<(u8, u8)> {
        if work.staged.uniform && self.settings.precision.is_none() {
            return Some(work.staged.plain_scales);
        }
        self.fit(&mut work.staged, &work.digits, (0, 0))
    }

    /// Gives numbers the digits they were meant to have, then one scale for all prices and one for all quantities, at
    /// least `scales`.
    #[cold]
    fn fit(&self, staged: &mut Staged, table: &DigitTable, scales: (u8, u8)) -> Option<(u8, u8)> {
        let plain = (staged.plain_scales.0.max(scales.0), staged.plain_scales.1.max(scales.1));
        let mut common = scales;
        for change in &mut staged.changes {
            let (price, qty) = (Fixed::new(change.price, change.price_scale), Fixed::new(change.qty, change.qty_scale));
            let price = as_sent(price, change.price_exponent, plain.0, self.settings.precision.map(|p| p.0))?;
            let qty = as_sent(qty, change.qty_exponent, plain.1, self.settings.precision.map(|p| p.1))?;
            (change.register, change.digits) = table.level(price.mantissa, qty.mantissa);
            (change.price, change.price_scale) = (price.mantissa, price.scale);
            (change.qty, change.qty_scale) = (qty.mantissa, qty.scale);
            common = (common.0.max(price.scale), common.1.max(qty.scale));
        }
        for change in &mut staged.changes {
            change.price = Fixed::new(change.price, change.price_scale).mantissa_at(common.0)?;
            change.qty = Fixed::new(change.qty, change.qty_scale).mantissa_at(common.1)?;
            (change.price_scale, change.qty_scale) = common;
        }
        Some(common)
    }
}

/// A number with the decimals its sender meant. Exponent notation drops trailing zeros, and so does a source that went
/// through floats, which also shows whole numbers with one decimal.
fn as_sent(number: Fixed, exponent: bool, plain: u8, precision: Option<u8>) -> Option<Fixed> {
    let number = if precision == Some(0) && number.scale == 1 && number.mantissa.is_multiple_of(10) {
        Fixed::new(number.mantissa / 10, 0)
    } else {
        number
    };
    let scale = match precision {
        Some(precision) => number.scale.max(precision),
        None if exponent => number.scale.max(plain),
        None => number.scale,
    };
    Some(Fixed::new(number.mantissa_at(scale)?, scale))
}

/// Kraken's sum: ten best asks, then ten best bids.
#[inline]
pub(crate) fn checksum(bids: &mut Ladder, asks: &mut Ladder, shifts: &mut ShiftTable) -> u32 {
    let (ask_register, ask_digits) = asks.sum(shifts);
    let (bid_register, bid_digits) = bids.sum(shifts);
    let register = shifts.shift(INITIAL, ask_digits) ^ ask_register;
    shifts.shift(register, bid_digits) ^ bid_register ^ INITIAL
}

#[inline]
pub(crate) fn note(finding: &mut Option<Reason>, watched: bool, reason: Reason) {
    if watched && finding.is_none() {
        *finding = Some(reason);
    }
}

#[cold]
pub(crate) fn malformed(expected: u32) -> Fault {
    let syntax = Some(Syntax { offset: 0, expected: "levels that one book can hold" });
    Fault { reason: Reason::Malformed, expected: Some(expected), computed: None, syntax }
}
