//! A level-3 book that learns from its own messages how likely its orders are to be filled.

use crate::apply::Workspace;
use crate::book::{Book, State};
use crate::estimate::{
    Ahead, Definition, Estimate, Estimator, Kind, Model, Options, OrderEvent, Query, RestingOrder, View, ViewLevel,
};
use crate::ladder::{Ladder, Side};
use crate::level3::Level3;
use crate::level3::change::{Cause, Event, OrderChange};
use crate::level3::id::OrderId;
use crate::level3::orders::Orders;
use crate::level3::stamp::nanoseconds;
use crate::number::Fixed;
use crate::staged::Timestamp;
use alloc::vec::Vec;

/// How many levels a side an estimator looks at.
const SEEN: usize = 2;

/// The estimator of a book, and a buffer for what it is told.
#[derive(Debug)]
pub(crate) struct Learner {
    estimator: Estimator,
    events: Vec<OrderEvent>,
}

/// Which order a probability is asked of.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// One that rests in the book.
    Resting(OrderId),
    /// One that would be placed at the back of the queue at its price.
    Hypothetical {
        /// Its side.
        side: Side,
        /// Its price.
        price: Fixed,
        /// Its quantity.
        qty: Fixed,
    },
}

/// Why there is no probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoEstimate {
    /// The book has not been asked to learn.
    NotLearning,
    /// It does not hold this order.
    UnknownOrder,
    /// An order at this price would be traded at once.
    Marketable,
    /// The book does not reach to this price, so nobody knows what stands there.
    BeyondDepth,
}

impl Book {
    /// Starts to learn how orders are filled, from the orders that rest now. Does nothing to a level-2 book.
    pub(crate) fn learn(&mut self, options: Options) {
        if let Some(mut level3) = self.level3.take() {
            level3.learner = Some(Learner { estimator: Estimator::new(options), events: Vec::new() });
            if self.state == State::Live {
                let now_ns = moment(self.timestamp.as_ref(), &level3.orders, self.recv_ns.unwrap_or(0));
                self.begin_learning(&mut level3, now_ns);
            }
            self.level3 = Some(level3);
        }
    }

    /// What it has learned; None while it does not learn.
    #[must_use]
    pub fn estimator(&self) -> Option<&Estimator> {
        Some(&self.level3.as_deref()?.learner.as_ref()?.estimator)
    }

    /// Is told of a print of the `trade` channel, by its time of the exchange's clock.
    pub(crate) fn traded(&mut self, now_ns: i64, taker: Side, price: Fixed, qty: Fixed) {
        let ticks = price.mantissa_at(self.scales.0);
        let learner = self.level3.as_deref_mut().and_then(|level3| level3.learner.as_mut());
        if let (Some(learner), Some(ticks)) = (learner, ticks) {
            learner.estimator.trade(now_ns, taker, ticks, qty.to_f64());
        }
    }

    /// An order of this id is the user's own: it counts neither in rates nor as being ahead.
    pub(crate) fn own(&mut self, id: &OrderId) {
        let Some(level3) = self.level3.as_deref_mut() else { return };
        if let (Some(learner), Some(handle)) = (&mut level3.learner, level3.orders.find(id)) {
            learner.estimator.exclude(level3.orders.get(handle).sequence);
        }
    }

    /// How likely an order is to be filled within so many seconds; infinite: ever, before a quote moves away.
    ///
    /// # Errors
    /// See [`NoEstimate`].
    pub fn fill_probability(
        &self,
        subject: &Subject,
        definition: Definition,
        model: Model,
        within_s: f64,
    ) -> Result<Estimate, NoEstimate> {
        let estimator = self.estimator().ok_or(NoEstimate::NotLearning)?;
        let (side, ticks, qty, sequence) = match subject {
            Subject::Resting(id) => {
                let order = self.order(id).ok_or(NoEstimate::UnknownOrder)?;
                (order.side, order.price, Fixed::new(order.qty, self.scales.1), Some(order.sequence))
            }
            Subject::Hypothetical { side, price, qty } => {
                let ticks = price.mantissa_at(self.scales.0).ok_or(NoEstimate::BeyondDepth)?;
                (*side, ticks, *qty, None)
            }
        };
        let (own, other) = match side {
            Side::Bid => (&self.bids, &self.asks),
            Side::Ask => (&self.asks, &self.bids),
        };
        if other.levels().first().is_some_and(|best| best.price == ticks || own.is_better(ticks, best.price)) {
            return Err(NoEstimate::Marketable);
        }
        let rank = own.rank(ticks).unwrap_or_else(|rank| rank);
        let filled = if side == Side::Bid { self.filled.0 } else { self.filled.1 };
        if sequence.is_none() && filled && rank >= own.levels().len() {
            return Err(NoEstimate::BeyondDepth);
        }
        let ahead = estimator.ahead(side, ticks, sequence);
        let query = Query {
            side,
            level: u32::try_from(rank).unwrap_or(u32::MAX),
            qty: qty.to_f64(),
            ahead: Ahead::Orders(&ahead),
            opposite: other.levels().first().map_or(0.0, |best| Fixed::new(best.qty, self.scales.1).to_f64()),
            definition,
        };
        Ok(estimator.probability(&query, model, within_s))
    }

    /// Tells the estimator of a message that was just proven.
    #[inline]
    pub(crate) fn teach(&mut self, snapshot: bool, timestamp: Option<&Timestamp>, recv_ns: i64, work: &Workspace) {
        if self.level3.as_deref().is_some_and(|level3| level3.learner.is_some()) {
            self.tell(snapshot || work.rescaled.is_some(), timestamp, recv_ns, &work.level3.told);
        }
    }

    #[inline(never)]
    fn tell(&mut self, anew: bool, timestamp: Option<&Timestamp>, recv_ns: i64, told: &[OrderChange]) {
        let Some(mut level3) = self.level3.take() else { return };
        let now_ns = moment(timestamp, &level3.orders, recv_ns);
        if anew {
            self.begin_learning(&mut level3, now_ns);
        } else {
            let [mut bids, mut asks] = [[ViewLevel::default(); SEEN]; 2];
            let view = self.view(&level3.orders, &mut bids, &mut asks);
            if let Some(Learner { estimator, events }) = &mut level3.learner {
                events.clear();
                for change in told {
                    self.describe(change, events);
                }
                estimator.message(now_ns, &view, events);
                for (side, ladder) in [(Side::Bid, &self.bids), (Side::Ask, &self.asks)] {
                    // What a full side has pushed out goes on elsewhere, and is traded or canceled without a word.
                    if let Some(worst) = ladder.levels().get(self.settings.depth - 1) {
                        estimator.reaches(side, worst.price);
                    }
                }
            }
        }
        self.level3 = Some(level3);
    }

    fn begin_learning(&self, level3: &mut Level3, now_ns: i64) {
        let [mut bids, mut asks] = [[ViewLevel::default(); SEEN]; 2];
        let view = self.view(&level3.orders, &mut bids, &mut asks);
        let Some(learner) = &mut level3.learner else { return };
        let (orders, scale) = (&level3.orders, self.scales.1);
        let both = self.bids.levels().iter().chain(self.asks.levels());
        let resting = both.flat_map(|level| orders.handles(level)).map(|handle| {
            let order = orders.get(handle);
            RestingOrder {
                side: order.side,
                price: order.price,
                qty: Fixed::new(order.qty, scale).to_f64(),
                sequence: order.sequence,
                entered_ns: order.entered_ns,
            }
        });
        learner.estimator.snapshot(now_ns, &view, resting);
    }

    /// The best levels as an estimator sees them.
    fn view<'a>(&self, orders: &Orders, bids: &'a mut [ViewLevel; SEEN], asks: &'a mut [ViewLevel; SEEN]) -> View<'a> {
        let fill = |ladder: &Ladder, room: &mut [ViewLevel; SEEN]| {
            for (level, slot) in ladder.levels().iter().zip(room.iter_mut()) {
                let qty = Fixed::new(level.qty, self.scales.1).to_f64();
                *slot = ViewLevel { price: level.price, qty, orders: orders.count(level) };
            }
            ladder.levels().len().min(SEEN)
        };
        let (bid_count, ask_count) = (fill(&self.bids, bids), fill(&self.asks, asks));
        View { bids: &bids[..bid_count], asks: &asks[..ask_count] }
    }

    /// What one entry of a message means to an estimator: that something left, something came, or both.
    fn describe(&self, change: &OrderChange, events: &mut Vec<OrderEvent>) {
        let lots = |lots: u128| Fixed::new(lots, self.scales.1).to_f64();
        let kind = match change.cause {
            Cause::Snapshot | Cause::New => Kind::New,
            Cause::Edge => Kind::Edge,
            Cause::Amend => Kind::Amend,
            Cause::Fill => Kind::Fill,
            Cause::Cancel => Kind::Cancel,
            Cause::Unknown => Kind::Unknown,
        };
        let event = |arrival: bool, qty: u128, price: u128, sequence: u64| OrderEvent {
            side: change.side,
            price,
            kind,
            arrival,
            qty: lots(qty),
            sequence,
            entered_ns: change.entered_ns,
        };
        let (price, sequence) = (change.price, change.sequence);
        match (change.event, change.former) {
            (Event::Add, _) => events.push(event(true, change.qty, price, sequence)),
            (Event::Delete, _) => events.push(event(false, change.before, price, sequence)),
            (Event::Modify, Some((price_before, sequence_before))) => {
                events.push(event(false, change.before, price_before, sequence_before));
                events.push(event(true, change.qty, price, sequence));
            }
            (Event::Modify, None) if change.qty > change.before => {
                events.push(event(true, change.qty - change.before, price, sequence));
            }
            (Event::Modify, None) => events.push(event(false, change.before - change.qty, price, sequence)),
        }
    }
}

impl Level3 {
    /// What was under way is not known to its end.
    pub(crate) fn interrupted(&mut self) {
        if let Some(learner) = &mut self.learner {
            learner.estimator.interrupted();
        }
    }
}

/// The exchange's time of a message; one without it is as late as the latest order, or as its arrival.
fn moment(timestamp: Option<&Timestamp>, orders: &Orders, recv_ns: i64) -> i64 {
    let told = timestamp.and_then(|stamp| nanoseconds(stamp.as_bytes()));
    told.or_else(|| orders.latest_ns()).unwrap_or(recv_ns)
}
