//! Which orders that left were taken by a trade: trades and orders come on channels that do not wait for each other.

use crate::ladder::Side;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// An order, or a part of one, that may have been taken by a trade.
#[derive(Clone, Copy, Debug)]
pub struct Leave {
    pub side: Side,
    pub price: u128,
    pub sequence: u64,
    pub qty: f64,
    pub at_ns: i64,
    /// Whether the message itself proved a trade: it only uses up what was traded.
    pub known: bool,
}

/// Traded quantity at one price that no order explains yet.
#[derive(Clone, Copy, Debug)]
struct Print {
    side: Side,
    price: u128,
    qty: f64,
    at_ns: i64,
}

/// How long a leave waits for its trade, and a trade for its leave.
pub const WINDOW_NS: i64 = 2_000_000_000;
/// So near in time they belong together at once; what remains is matched when the nearest have had their chance.
const SAME_NS: i64 = 50_000_000;
const PATIENCE_NS: i64 = 250_000_000;
const MOST: usize = 4_096;
const TOLERANCE: f64 = 1e-9;

/// Leaves and trades that wait for each other.
#[derive(Clone, Debug, Default)]
pub struct Resolver {
    leaves: VecDeque<Leave>,
    prints: VecDeque<Print>,
}

impl Resolver {
    pub fn clear(&mut self) {
        self.leaves.clear();
        self.prints.clear();
    }

    /// An order left; true if a trade that is known already took it.
    pub fn left(&mut self, leave: Leave) -> bool {
        if let Some(print) = self.prints.iter_mut().find(|print| fits(print, &leave, SAME_NS)) {
            print.qty -= leave.qty;
            return true;
        }
        if self.leaves.len() < MOST {
            self.leaves.push_back(leave);
        }
        false
    }

    /// So much was traded at a price of this side; gives the orders it took.
    pub fn traded(&mut self, side: Side, price: u128, qty: f64, at_ns: i64, taken: &mut Vec<Leave>) {
        let mut print = Print { side, price, qty, at_ns };
        self.leaves.retain(|leave| !take(&mut print, leave, SAME_NS, taken));
        if print.qty > qty * TOLERANCE && self.prints.len() < MOST {
            self.prints.push_back(print);
        }
    }

    /// It is so late: matches what is not quite of the same time, and gives up what has waited too long.
    pub fn settle(&mut self, now_ns: i64, taken: &mut Vec<Leave>, given_up: &mut Vec<Leave>) {
        while self.prints.front().is_some_and(|print| now_ns - print.at_ns > PATIENCE_NS) {
            let Some(mut print) = self.prints.pop_front() else { break };
            while let Some(nearest) = self.nearest(&print) {
                let Some(leave) = self.leaves.remove(nearest) else { break };
                take(&mut print, &leave, WINDOW_NS, taken);
            }
        }
        while self.leaves.front().is_some_and(|leave| now_ns - leave.at_ns > WINDOW_NS + PATIENCE_NS) {
            given_up.extend(self.leaves.pop_front().filter(|leave| !leave.known));
        }
    }

    fn nearest(&self, print: &Print) -> Option<usize> {
        let fits = self.leaves.iter().enumerate().filter(|(_, leave)| fits(print, leave, WINDOW_NS));
        fits.min_by_key(|(_, leave)| (leave.at_ns - print.at_ns).abs()).map(|(index, _)| index)
    }
}

fn fits(print: &Print, leave: &Leave, apart_ns: i64) -> bool {
    print.side == leave.side
        && print.price == leave.price
        && (print.at_ns - leave.at_ns).abs() <= apart_ns
        && print.qty >= leave.qty * (1.0 - TOLERANCE)
}

fn take(print: &mut Print, leave: &Leave, apart_ns: i64, taken: &mut Vec<Leave>) -> bool {
    if !fits(print, leave, apart_ns) {
        return false;
    }
    print.qty -= leave.qty;
    if !leave.known {
        taken.push(*leave);
    }
    true
}
