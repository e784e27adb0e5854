//! The estimator: what a book and its trades tell, turned into rates and outcomes as it comes.

use crate::estimate::decay::{Moments, Present, nanoseconds, seconds};
use crate::estimate::flow::Flow;
use crate::estimate::hazard::Hazard;
use crate::estimate::orders::{Held, Orders};
use crate::estimate::passing::TICK_NS;
use crate::estimate::record::Record;
use crate::estimate::resolve::{Leave, Resolver, WINDOW_NS};
use crate::estimate::shadow::{HORIZONS, Shadows};
use crate::estimate::types::{Kind, Options, OrderEvent, RestingOrder, View, ViewLevel};
use crate::ladder::Side;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

pub(super) const SIDES: [Side; 2] = [Side::Bid, Side::Ask];
/// How many own orders are known at most.
const MOST_OWN: usize = 10_000;

/// What is known of one side after a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Top {
    pub levels: [Option<ViewLevel>; 2],
}

impl Top {
    pub fn best(&self, side: Side) -> u128 {
        let nowhere = if side == Side::Bid { 0 } else { u128::MAX };
        self.levels[0].map_or(nowhere, |level| level.price)
    }
}

/// Fill probabilities of one book, learned as its messages and trades come.
///
/// Times are the exchange's, in nanoseconds; one that is earlier than the last counts as the last. Memory is bounded by
/// `Options::most_orders`, and nothing that comes later changes what was answered before.
#[derive(Clone, Debug)]
pub struct Estimator {
    pub(super) horizons_s: Vec<f64>,
    pub(super) now_ns: i64,
    live: bool,
    pub(super) present: Present,
    pub(super) orders: Orders,
    pub(super) own: BTreeSet<u64>,
    pub(super) tops: [Top; 2],
    pub(super) flows: [Flow; 2],
    /// At the best price, and one price deeper.
    pub(super) hazards: [Hazard; 2],
    pub(super) sizes: Moments,
    pub(super) exposure_s: f64,
    pub(super) knows_trades: bool,
    /// Cancels that the first orders of both sides were expected to see.
    pub(super) front_cancels: f64,
    pub(super) sweep: Option<(i64, Side, f64)>,
    resolver: Resolver,
    taken: Vec<Leave>,
    given_up: Vec<Leave>,
    pub(super) shadows: Shadows,
    pub(super) record: Record,
    pub(super) next_tick_ns: i64,
    pub(super) ticks: u8,
}

impl Estimator {
    /// An estimator that has seen nothing. Horizons that are no positive numbers, above 600 s or too many are left out.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let mut horizons_s = options.horizons_s;
        horizons_s.retain(|horizon| *horizon > 0.0 && *horizon <= 600.0);
        horizons_s.sort_by(f64::total_cmp);
        horizons_s.dedup();
        horizons_s.truncate(HORIZONS);
        let lengths = || horizons_s.iter().map(|horizon| nanoseconds(*horizon).max(1));
        Self {
            now_ns: i64::MIN,
            live: false,
            present: Present::new(options.half_life_s),
            orders: Orders::new(options.most_orders),
            own: BTreeSet::new(),
            tops: [Top::default(); 2],
            flows: [Flow::new(lengths()), Flow::new(lengths())],
            hazards: [Hazard::default(), Hazard::default()],
            sizes: Moments::default(),
            exposure_s: 0.0,
            knows_trades: false,
            front_cancels: 0.0,
            sweep: None,
            resolver: Resolver::default(),
            taken: Vec::new(),
            given_up: Vec::new(),
            shadows: Shadows::default(),
            record: Record::new(options.outcomes_half_life_s, &horizons_s),
            next_tick_ns: i64::MIN,
            ticks: 0,
            horizons_s,
        }
    }

    /// The book is live from here on, with these orders. What was under way before is not known to its end.
    pub fn snapshot(&mut self, now_ns: i64, view: &View<'_>, orders: impl Iterator<Item = RestingOrder>) {
        if self.live {
            self.advance(now_ns);
        }
        self.interrupted();
        self.now_ns = self.now_ns.max(now_ns);
        self.fade();
        for order in orders {
            let held = Held { sequence: order.sequence, qty: order.qty, entered_ns: order.entered_ns };
            self.orders.arrive(order.side, order.price, held);
        }
        self.look(view);
        for flow in &mut self.flows {
            flow.begin(self.now_ns);
        }
        self.next_tick_ns = self.now_ns.saturating_add(TICK_NS);
        self.live = true;
    }

    /// One message of the book, verified, with the book after it.
    pub fn message(&mut self, now_ns: i64, view: &View<'_>, events: &[OrderEvent]) {
        if !self.live {
            return;
        }
        self.advance(now_ns);
        let mut told_anew = None;
        let mut filled = [0.0; 2];
        for event in events {
            if event.kind == Kind::Edge && told_anew != Some((event.side, event.price)) {
                told_anew = Some((event.side, event.price));
                self.orders.forget(event.side, event.price);
                self.shadows.told_anew(event.side, event.price, self.now_ns);
            }
            if event.arrival {
                self.came(event);
            } else {
                filled[event.side as usize] += self.left(event);
            }
        }
        for (flow, qty) in self.flows.iter_mut().zip(filled).filter(|(_, qty)| *qty > 0.0) {
            flow.fills.add(self.present.weight(), qty);
        }
        self.conclude();
        self.look(view);
    }

    /// The book reaches to this price and no farther: of what lies beyond no message tells.
    pub fn reaches(&mut self, side: Side, worst: u128) {
        self.orders.forget_beyond(side, worst);
    }

    /// One print of the `trade` channel. Prints of one taker at one time count as one sweep.
    ///
    /// Whoever tells of trades must go on to: from then on an order that left, and that no trade took, was canceled.
    pub fn trade(&mut self, now_ns: i64, taker: Side, price: u128, qty: f64) {
        if !self.live || qty.is_nan() || qty <= 0.0 {
            return;
        }
        self.advance(now_ns);
        self.knows_trades = true;
        let hit = if taker == Side::Bid { Side::Ask } else { Side::Bid };
        match &mut self.sweep {
            Some((at_ns, side, sum)) if *at_ns == now_ns && *side == hit => *sum += qty,
            _ => {
                self.end_sweep();
                self.sweep = Some((now_ns, hit, qty));
            }
        }
        self.flows[hit as usize].traded(qty);
        self.resolver.traded(hit, price, qty, now_ns, &mut self.taken);
        self.conclude();
    }

    /// The book is not live any more, or messages may have been lost. What was learned stays; what was under way is
    /// counted for as long as it was seen.
    pub fn interrupted(&mut self) {
        self.end_sweep();
        self.resolver.clear();
        // A trade that took an order just before may not have been told.
        self.shadows.lose(self.now_ns.saturating_sub(WINDOW_NS));
        while let Some(shadow) = self.shadows.over(i64::MAX) {
            self.record.add(&shadow);
        }
        self.orders.clear();
        self.tops = [Top::default(); 2];
        self.live = false;
    }

    /// The order with this sequence is an own one: it counts neither in rates nor as being ahead.
    pub fn exclude(&mut self, sequence: u64) {
        if self.own.len() >= MOST_OWN {
            self.own.pop_first();
        }
        self.own.insert(sequence);
    }

    fn came(&mut self, event: &OrderEvent) {
        if event.kind != Kind::Edge && !self.own.contains(&event.sequence) {
            let better = self.orders.better(event.side, event.price, 10);
            let is_best = better == 0 && self.tops[event.side as usize].best(event.side) != event.price;
            let flow = &mut self.flows[event.side as usize];
            let weight = self.present.weight();
            if is_best {
                flow.improved.add(weight, event.qty);
            } else if let Some(joined) = flow.joined.get_mut(better) {
                joined.add(weight, event.qty);
            }
            if better <= 1 {
                self.sizes.add(weight, event.qty);
            }
        }
        let held = Held { sequence: event.sequence, qty: event.qty, entered_ns: event.entered_ns };
        self.orders.arrive(event.side, event.price, held);
    }

    /// Takes an order, or a part of it, away; gives what a trade took for sure.
    fn left(&mut self, event: &OrderEvent) -> f64 {
        let weight = self.present.weight();
        let is_own = !self.own.is_empty() && self.own.contains(&event.sequence);
        let place = self.orders.leave(event.side, event.price, event.sequence, event.qty);
        let leave = Leave {
            side: event.side,
            price: event.price,
            sequence: event.sequence,
            qty: event.qty,
            at_ns: self.now_ns,
            known: event.kind == Kind::Fill,
        };
        match event.kind {
            Kind::Fill | Kind::Unknown => {
                let is_trade = self.resolver.left(leave) || leave.known;
                if is_trade {
                    self.shadows.hit(event.side, event.price, event.sequence, self.now_ns);
                }
                if !leave.known && !is_own {
                    self.flows[event.side as usize].unknown.add(weight, event.qty);
                }
            }
            Kind::New | Kind::Cancel | Kind::Amend => {
                // The first of the best price is out of this sample, and out of its exposure: whether it was a trade is
                // often not known.
                let counted = place.filter(|place| place.level <= 1 && !(place.level == 0 && place.first) && !is_own);
                if let Some(place) = counted {
                    let age_s = seconds(event.entered_ns, self.now_ns);
                    self.hazards[place.level].canceled(weight * place.share, age_s);
                }
            }
            Kind::Edge => {}
        }
        if is_own && place.is_some_and(|place| place.share >= 1.0) {
            self.own.remove(&event.sequence);
        }
        if leave.known && !is_own { event.qty } else { 0.0 }
    }

    /// What the word of trades has decided meanwhile.
    pub(super) fn conclude(&mut self) {
        self.resolver.settle(self.now_ns, &mut self.taken, &mut self.given_up);
        for leave in self.taken.drain(..) {
            self.shadows.hit(leave.side, leave.price, leave.sequence, leave.at_ns);
        }
        for leave in self.given_up.drain(..) {
            if !self.knows_trades {
                self.shadows.doubt(leave.side, leave.price, leave.sequence, leave.at_ns);
            }
        }
    }

    pub(super) fn end_sweep(&mut self) {
        if let Some((_, side, qty)) = self.sweep.take() {
            self.flows[side as usize].sweeps.add(self.present.weight(), qty);
        }
    }

    /// Looks at the book after a message.
    fn look(&mut self, view: &View<'_>) {
        let before = SIDES.map(|side| self.tops[side as usize].best(side));
        for side in SIDES {
            let levels = view.side(side);
            self.tops[side as usize].levels = [levels.first().copied(), levels.get(1).copied()];
        }
        let bests = SIDES.map(|side| self.tops[side as usize].best(side));
        if bests != before {
            self.shadows.quoted(bests, self.now_ns);
        }
    }
}
