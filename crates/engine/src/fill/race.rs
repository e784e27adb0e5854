//! The race of an order's queue against the opposite one: filled first, or has the price moved away?

use super::special::remainder;
use super::{BadArgument, not_negative};
use alloc::{vec, vec::Vec};
use core::f64::consts::PI;
use libm::{ceil, exp, floor, log1p, sqrt};

/// The longest queues that are followed order by order.
pub const MAX_ORDERS: u32 = 4096;

/// The rates of both best queues, in one unit: events per second for times in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BeforeMove {
    /// New orders at the own price. They stand behind the own order, so no answer here depends on them.
    pub limit_rate: f64,
    /// Trades that take from the own side.
    pub market_rate: f64,
    /// Cancels of each order ahead of the own one.
    pub cancel_rate: f64,
    /// New orders at the opposite best price.
    pub opposite_limit_rate: f64,
    /// Trades that take from the opposite side.
    pub opposite_market_rate: f64,
    /// Cancels of each order of the opposite queue.
    pub opposite_cancel_rate: f64,
}

impl BeforeMove {
    fn check(&self, queue: u32, opposite: u32) -> Result<(), BadArgument> {
        for (name, orders) in [("queue", queue), ("opposite", opposite)] {
            if !(1..=MAX_ORDERS).contains(&orders) {
                return Err(BadArgument { name, must: "a whole number from 1 to 4096" });
            }
        }
        not_negative("limit_rate", self.limit_rate)?;
        not_negative("market_rate", self.market_rate)?;
        not_negative("cancel_rate", self.cancel_rate)?;
        not_negative("opposite_limit_rate", self.opposite_limit_rate)?;
        not_negative("opposite_market_rate", self.opposite_market_rate)?;
        not_negative("opposite_cancel_rate", self.opposite_cancel_rate)
    }

    /// At which rate the own order, as number `place` of its queue, comes nearer to the front by one.
    fn ahead(&self, place: usize) -> f64 {
        self.market_rate + count(place - 1) * self.cancel_rate
    }

    /// At which rate an opposite queue of so many orders loses one.
    fn opposite(&self, orders: usize) -> f64 {
        self.opposite_market_rate + count(orders) * self.opposite_cancel_rate
    }
}

/// The probability that an order is filled before the opposite queue is empty, if it is not cancelled: P(ε_b < σ_a).
///
/// `queue` counts the orders from the front to the own one, `opposite` all those of the opposite best price. This is
/// proposition 5 of the paper (section 4.3), whose transform need not be inverted: with `e(i) = μ + (i - 1)θ` and
/// `D(j) = μ' + jθ'` the probability u(i, j) solves, for each i in turn, the tridiagonal system
/// `(λ' + D(j) + e(i)) u(i, j) = λ' u(i, j + 1) + D(j) u(i, j - 1) + e(i) u(i - 1, j)`, `u(0, j) = 1`, `u(i, 0) = 0`,
/// all of whose terms are positive. The paper's table 4 prints `P(σ_b < ε_a)` in its place.
///
/// The opposite queue has no end, the system must: where it is cut, the order is taken as filled once, and new orders as
/// refused once. The truth lies between the two answers, and they differ by less than 1e-12 or the cut is moved out.
///
/// # Errors
/// [`BadArgument`] for a queue of no or more than [`MAX_ORDERS`] orders, for a rate that is negative or not finite, and
/// for rates with which even 65,536 opposite orders decide nothing: next to no trades, and hardly a cancel.
pub fn before_move(queue: u32, opposite: u32, rates: &BeforeMove) -> Result<f64, BadArgument> {
    rates.check(queue, opposite)?;
    if rates.market_rate <= 0.0 {
        return Ok(0.0);
    }
    if rates.opposite_market_rate <= 0.0 && rates.opposite_cancel_rate <= 0.0 {
        return Ok(1.0);
    }
    match cut(queue as usize, opposite as usize, LONGEST, rates) {
        Some((_, probability)) => Ok(probability),
        None => Err(BadArgument {
            name: "market_rate",
            must: "larger, compared with the opposite rates: the opposite queue may grow without bound before a trade",
        }),
    }
}

/// The probabilities that, within a time, an order is filled before the opposite queue is empty, and that the opposite
/// queue is empty before the order is filled. What is left to 1 is undecided by then.
///
/// Both queues are one Markov chain, which jumps at most at a rate L; after n jumps, with n from Poisson(LT), it stands
/// where the n-th power of one matrix says (uniformization). The error is below 1e-11. For a long time the answers are
/// those of [`before_move`]; the work is in proportion to L times the time until all is decided.
///
/// # Errors
/// [`BadArgument`] as for [`before_move`], for a time that is negative or not finite, and for one in which so much happens
/// that it can't be followed: more than two million states, or about a second of computing.
pub fn before_move_within(
    queue: u32,
    opposite: u32,
    within: f64,
    rates: &BeforeMove,
) -> Result<(f64, f64), BadArgument> {
    rates.check(queue, opposite)?;
    not_negative("within", within)?;
    let too_long = BadArgument { name: "within", must: "shorter: too much happens in it at these rates" };
    let (queue, opposite) = (queue as usize, opposite as usize);
    // So many new orders do not come in the time (Bernstein's bound of the Poisson tail is below e^-40).
    let comers = rates.opposite_limit_rate * within;
    let comers = ceil(comers + 9.0 * sqrt(comers) + 27.0);
    let room = if comers < count(LONGEST) { opposite + whole(comers) } else { usize::MAX };
    let room = if room <= opposite + SHORTEST {
        room
    } else {
        cut(queue, opposite, room.min(LONGEST).min(STATES / queue), rates).map_or(room, |(size, _)| size)
    };
    if room > LONGEST || queue * room > STATES {
        return Err(too_long);
    }
    let mut chain = Chain::new(queue, opposite, room, rates);
    let jumps = chain.rate * within;
    if jumps <= 0.0 || within <= 0.0 {
        return Ok((0.0, 0.0));
    }
    if !jumps.is_finite() {
        return Err(too_long);
    }
    let (mut n, last) = (0.0, ceil(jumps + 9.0 * sqrt(jumps) + 27.0));
    let first = floor(jumps - 9.0 * sqrt(jumps) - 27.0).max(0.0);
    let (mut weight, mut seen, mut filled, mut away) = (0.0, 0.0, 0.0, 0.0);
    for done in 0.. {
        if n >= last || (done % LOOK == 0 && chain.is_decided()) {
            break;
        }
        if done * queue * room > WORK {
            return Err(too_long);
        }
        if n >= first {
            weight = if n > first { weight * jumps / n } else { poisson(n, jumps) };
            seen += weight;
            filled += weight * chain.filled;
            away += weight * chain.away;
        }
        chain.jump();
        n += 1.0;
    }
    // From here on nothing changes, or no more jumps are to be expected.
    let rest = (1.0 - seen).max(0.0);
    Ok(((filled + rest * chain.filled).min(1.0), (away + rest * chain.away).min(1.0)))
}

/// How many orders the opposite queue is followed to at first, beyond those it has, and how many it may at most have.
const SHORTEST: usize = 32;
const LONGEST: usize = 65_536;
/// How far the two answers at a cut may differ.
const AGREED: f64 = 1e-12;
/// After how many jumps it is asked whether all is decided.
const LOOK: usize = 16;
/// How many states there may be: two tables of this many doubles are kept.
const STATES: usize = 2_000_000;
/// How many states may be visited, counted with each jump.
const WORK: usize = 400_000_000;

#[expect(clippy::cast_precision_loss, reason = "counts of orders are far below 2^52")]
fn count(orders: usize) -> f64 {
    orders as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number from 0 to LONGEST")]
fn whole(orders: f64) -> usize {
    orders as usize
}

/// The length to which the opposite queue has to be followed, if it is not above `longest`, and the probability of a fill.
fn cut(queue: usize, opposite: usize, longest: usize, rates: &BeforeMove) -> Option<(usize, f64)> {
    let mut room = opposite + SHORTEST;
    while room <= longest {
        let (low, high) = bracket(queue, opposite, room, rates);
        if high - low < AGREED {
            return Some((room, f64::midpoint(low, high)));
        }
        room *= 2;
    }
    None
}

/// The probability of a fill if an opposite queue of `room` orders takes no more, and if it is given up for good at one
/// order more. The truth is between them.
fn bracket(queue: usize, opposite: usize, room: usize, rates: &BeforeMove) -> (f64, f64) {
    let comes = rates.opposite_limit_rate;
    // By the length of the opposite queue; a row is of one place of the own order, first that of an order filled.
    let (mut low, mut high) = (vec![1.0; room + 1], vec![1.0; room + 1]);
    (low[0], high[0]) = (0.0, 0.0);
    let mut share = vec![0.0; room + 1];
    for place in 1..=queue {
        let nearer = rates.ahead(place);
        // 1 - share of the length before, and the pivot where no more orders come: sums of what is positive.
        let (mut other, mut closed) = (1.0, 1.0);
        for orders in 1..=room {
            let leaves = rates.opposite(orders);
            closed = nearer + leaves * other;
            let pivot = comes + closed;
            (share[orders], other) = (comes / pivot, closed / pivot);
            low[orders] = (nearer * low[orders] + leaves * low[orders - 1]) / pivot;
            high[orders] = (nearer * high[orders] + leaves * high[orders - 1]) / pivot;
        }
        low[room] *= (comes + closed) / closed;
        high[room] += share[room];
        for orders in (1..room).rev() {
            low[orders] += share[orders] * low[orders + 1];
            high[orders] += share[orders] * high[orders + 1];
        }
    }
    (low[opposite], high[opposite])
}

/// Where both queues stand after some jumps, as probabilities.
struct Chain {
    /// No state is left at a higher rate.
    rate: f64,
    /// Of the opposite orders, none to one more than there is room for, by the own order's place from 1 to one more than
    /// it has: row after row. What can't be is 0, so that every state has all its neighbours.
    states: Vec<f64>,
    next: Vec<f64>,
    /// By the opposite orders: how probably a jump is one of them leaving, and how probably it is not theirs.
    leaves: Vec<f64>,
    stays: Vec<f64>,
    /// By the own order's place: how probably a jump is a step of its.
    nearer: Vec<f64>,
    comes: f64,
    filled: f64,
    away: f64,
}

impl Chain {
    fn new(queue: usize, opposite: usize, room: usize, rates: &BeforeMove) -> Self {
        let width = room + 2;
        let mut states = vec![0.0; (queue + 1) * width];
        states[(queue - 1) * width + opposite] = 1.0;
        let rate = rates.ahead(queue) + rates.opposite(room) + rates.opposite_limit_rate;
        let comes = rates.opposite_limit_rate / rate;
        let leaves: Vec<f64> = (0..width).map(|orders| rates.opposite(orders) / rate).collect();
        let stays = (0..width).map(|at| 1.0 - leaves[at] - if at < room { comes } else { 0.0 }).collect();
        let nearer = (1..=queue + 1).map(|place| rates.ahead(place) / rate).collect();
        let next = states.clone();
        Self { rate, states, next, leaves, stays, nearer, comes, filled: 0.0, away: 0.0 }
    }

    fn jump(&mut self) {
        // Numbers smaller than this mean nothing, and the smallest of them take a processor a hundred times as long.
        const NOTHING: f64 = 1e-60;
        let (width, comes) = (self.leaves.len(), self.comes);
        self.filled += self.nearer[0] * self.states[..width].iter().sum::<f64>();
        let rows = self.next.chunks_exact_mut(width).zip(self.states.chunks_exact(width));
        let behind = self.states.chunks_exact(width).skip(1);
        for (((new, row), behind), nearer) in rows.zip(behind).zip(self.nearer.windows(2)) {
            self.away += self.leaves[1] * row[1];
            let (nearer, from_behind) = (nearer[0], nearer[1]);
            let ends = self.stays[1..].iter().zip(&self.leaves[2..]);
            let around = row.windows(3).zip(&behind[1..]).zip(ends);
            for (new, ((around, behind), (stays, leaves))) in new[1..].iter_mut().zip(around) {
                let state =
                    around[1] * (stays - nearer) + around[0] * comes + around[2] * leaves + behind * from_behind;
                *new = if state > NOTHING { state } else { 0.0 };
            }
        }
        core::mem::swap(&mut self.states, &mut self.next);
    }

    /// Whether next to nothing is left in the queues.
    fn is_decided(&self) -> bool {
        // What may be left when a walk is ended early.
        const DECIDED: f64 = 1e-15;
        self.filled + self.away > 0.5 && self.states.iter().sum::<f64>() < DECIDED
    }
}

/// The probability of n, not too far from the mean, in the Poisson distribution (Loader 2000).
fn poisson(n: f64, mean: f64) -> f64 {
    if n <= 0.0 {
        return exp(-mean);
    }
    let more = (n - mean) / mean;
    exp(n - mean - n * log1p(more) - remainder(n)) / sqrt(2.0 * PI * n)
}
