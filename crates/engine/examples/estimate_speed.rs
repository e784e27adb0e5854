//! What learning costs: nanoseconds of the fill estimator for one message of a book, and for one question.
//!
//! `cargo run --release -p havklo-engine --example estimate_speed`; a made-up market of ten levels a side and some 25
//! orders each, 200 messages a second, a trade in twenty.

use havklo_engine::Side;
use havklo_engine::estimate::{
    Ahead, Amount, Definition, Estimator, Kind, Model, Options, OrderEvent, Query, RestingOrder, Until, View, ViewLevel,
};
use std::collections::VecDeque;
use std::hint::black_box;
use std::io::Write as _;
use std::time::Instant;

const LEVELS: usize = 10;
const ORDERS: u32 = 25;
const MESSAGES: u32 = 400_000;
const STEP_NS: i64 = 5_000_000;

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 >> 33).unwrap_or(0) % bound
    }
}

fn price(side: Side, level: usize) -> u128 {
    let level = u128::try_from(level).unwrap_or(0);
    if side == Side::Bid { 1_000_000 - level } else { 1_000_001 + level }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut estimator = Estimator::new(Options::default());
    let mut books = [const { [const { VecDeque::<u64>::new() }; LEVELS] }; 2];
    let (mut sequence, mut now_ns) = (0, 1_700_000_000_000_000_000);
    let mut resting = Vec::new();
    for side in [Side::Bid, Side::Ask] {
        for (level, queue) in books[side as usize].iter_mut().enumerate() {
            for _ in 0..ORDERS {
                sequence += 1;
                queue.push_back(sequence);
                resting.push(RestingOrder { side, price: price(side, level), qty: 1.0, sequence, entered_ns: now_ns });
            }
        }
    }
    let view = |books: &[[VecDeque<u64>; LEVELS]; 2], side: Side| -> Vec<ViewLevel> {
        let levels = books[side as usize].iter().enumerate().map(|(level, queue)| {
            let orders = u32::try_from(queue.len()).unwrap_or(0);
            ViewLevel { price: price(side, level), qty: f64::from(orders), orders }
        });
        levels.collect()
    };
    let (bids, asks) = (view(&books, Side::Bid), view(&books, Side::Ask));
    estimator.snapshot(now_ns, &View { bids: &bids, asks: &asks }, resting.into_iter());
    let mut spent = Vec::with_capacity(usize::try_from(MESSAGES)?);
    for _ in 0..MESSAGES {
        now_ns += STEP_NS;
        let side = if random.below(2) == 0 { Side::Bid } else { Side::Ask };
        let level = usize::try_from(random.below(10).min(random.below(10)))?;
        let queue = &mut books[side as usize][level];
        let is_trade = level == 0 && random.below(5) == 0 && queue.len() > 2;
        let arrival = !is_trade && queue.len() < usize::try_from(random.below(2 * ORDERS))? + 2;
        let (kind, touched) = if arrival {
            sequence += 1;
            queue.push_back(sequence);
            (Kind::New, sequence)
        } else if is_trade {
            (Kind::Unknown, queue.pop_front().unwrap_or(0))
        } else {
            let place = usize::try_from(random.below(u32::try_from(queue.len())?))?;
            (Kind::Cancel, queue.remove(place).unwrap_or(0))
        };
        let (bids, asks) = (view(&books, Side::Bid), view(&books, Side::Ask));
        let price = price(side, level);
        let event = OrderEvent { side, price, kind, arrival, qty: 1.0, sequence: touched, entered_ns: now_ns };
        let start = Instant::now();
        estimator.message(now_ns, &View { bids: &bids, asks: &asks }, black_box(&[event]));
        if is_trade {
            let taker = if side == Side::Bid { Side::Ask } else { Side::Bid };
            estimator.trade(now_ns, taker, price, 1.0);
        }
        spent.push(u32::try_from(start.elapsed().as_nanos()).unwrap_or(u32::MAX));
    }
    let mut out = std::io::stdout();
    let total: f64 = spent.iter().map(|nanoseconds| f64::from(*nanoseconds)).sum();
    spent.sort_unstable();
    let at = |part: usize| spent[(spent.len() - 1) * part / 1_000];
    writeln!(out, "a message: median {} ns, p99 {} ns, p99.9 {} ns, most {} ns", at(500), at(990), at(999), at(1_000))?;
    writeln!(out, "all of them, shadow orders included: {:.0} ns each", total / f64::from(MESSAGES))?;
    let ahead = estimator.ahead(Side::Bid, price(Side::Bid, 0), None);
    for model in Model::ALL {
        for until in Until::ALL {
            let definition = Definition { amount: Amount::FirstTouch, until };
            let query =
                Query { side: Side::Bid, level: 0, qty: 0.0, ahead: Ahead::Orders(&ahead), opposite: 25.0, definition };
            let start = Instant::now();
            let said = estimator.probability(black_box(&query), model, 10.0);
            let spent = start.elapsed().as_nanos();
            let calibrated = if said.calibrated { "calibrated" } else { "uncalibrated" };
            writeln!(out, "{} {}: {:.3}, {calibrated}, {spent} ns", model.name(), until.name(), said.p)?;
        }
    }
    Ok(())
}
