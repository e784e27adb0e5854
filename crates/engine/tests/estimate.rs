//! The estimator against situations whose answers are known by hand.

use havklo_engine::Side;
use havklo_engine::estimate::{
    Ahead, Amount, Definition, End, Estimate, Estimator, Kind, Model, Options, OrderEvent, Query, RestingOrder, Until,
    View, ViewLevel, cumulative_incidence,
};
use std::collections::BTreeMap;

const SECOND: i64 = 1_000_000_000;
const TOUCH: Definition = Definition { amount: Amount::FirstTouch, until: Until::PriceHeld };

/// A market of unit orders at one price a side, driven by hand.
struct Bench {
    estimator: Estimator,
    queues: [BTreeMap<u64, i64>; 2],
    next: u64,
    now_ns: i64,
    tell_trades: bool,
}

fn options() -> Options {
    Options { half_life_s: None, outcomes_half_life_s: None, horizons_s: vec![0.25, 1.0], ..Options::default() }
}

impl Bench {
    fn new(orders: u64, options: Options) -> Self {
        let mut bench = Self {
            estimator: Estimator::new(options),
            queues: [BTreeMap::new(), BTreeMap::new()],
            next: 1,
            now_ns: 1_000 * SECOND,
            tell_trades: true,
        };
        for _ in 0..orders {
            for queue in &mut bench.queues {
                queue.insert(bench.next, bench.now_ns);
                bench.next += 1;
            }
        }
        bench.snapshot();
        bench
    }

    fn snapshot(&mut self) {
        let mut orders = Vec::new();
        for (side, queue) in [Side::Bid, Side::Ask].into_iter().zip(&self.queues) {
            for (sequence, entered_ns) in queue {
                let price = price(side);
                orders.push(RestingOrder { side, price, qty: 1.0, sequence: *sequence, entered_ns: *entered_ns });
            }
        }
        let (bids, asks) = self.levels();
        self.estimator.snapshot(self.now_ns, &View { bids: &bids, asks: &asks }, orders.into_iter());
    }

    fn levels(&self) -> (Vec<ViewLevel>, Vec<ViewLevel>) {
        let level = |side: Side| {
            let orders = u32::try_from(self.queues[side as usize].len()).unwrap_or(u32::MAX);
            if orders == 0 { vec![] } else { vec![ViewLevel { price: price(side), qty: f64::from(orders), orders }] }
        };
        (level(Side::Bid), level(Side::Ask))
    }

    fn tell(&mut self, events: &[OrderEvent]) {
        let (bids, asks) = self.levels();
        self.estimator.message(self.now_ns, &View { bids: &bids, asks: &asks }, events);
    }

    fn wait(&mut self, seconds: f64) {
        #[expect(clippy::cast_possible_truncation, reason = "a time of a test")]
        let passed = (seconds * 1e9) as i64;
        self.now_ns += passed;
    }

    fn come(&mut self, side: Side) {
        let sequence = self.next;
        self.next += 1;
        self.queues[side as usize].insert(sequence, self.now_ns);
        self.tell(&[event(side, Kind::New, true, sequence, self.now_ns)]);
    }

    /// The last order is canceled.
    fn cancel(&mut self, side: Side) {
        let (sequence, entered_ns) = self.queues[side as usize].pop_last().unwrap_or_default();
        self.tell(&[event(side, Kind::Cancel, false, sequence, entered_ns)]);
    }

    /// The first order is traded.
    fn trade(&mut self, side: Side) {
        let (sequence, entered_ns) = self.queues[side as usize].pop_first().unwrap_or_default();
        self.tell(&[event(side, Kind::Unknown, false, sequence, entered_ns)]);
        if self.tell_trades {
            let taker = if side == Side::Bid { Side::Ask } else { Side::Bid };
            self.estimator.trade(self.now_ns, taker, price(side), 1.0);
        }
    }

    /// A trade, a cancel and two new orders on both sides each second.
    fn run(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.wait(1.0);
            for side in [Side::Bid, Side::Ask] {
                self.come(side);
                self.trade(side);
                self.come(side);
                self.cancel(side);
            }
        }
    }

    fn ask(&self, ahead: &[(f64, f64)], model: Model, within_s: f64) -> Estimate {
        self.estimator.probability(&query(ahead), model, within_s)
    }
}

fn query(ahead: &[(f64, f64)]) -> Query<'_> {
    Query { side: Side::Bid, level: 0, qty: 0.0, ahead: Ahead::Orders(ahead), opposite: 5.0, definition: TOUCH }
}

const fn price(side: Side) -> u128 {
    match side {
        Side::Bid => 100,
        Side::Ask => 101,
    }
}

const fn event(side: Side, kind: Kind, arrival: bool, sequence: u64, entered_ns: i64) -> OrderEvent {
    OrderEvent { side, price: price(side), kind, arrival, qty: 1.0, sequence, entered_ns }
}

fn near(one: f64, other: f64, apart: f64) {
    assert!((one - other).abs() <= apart, "{one} is not {other}");
}

#[test]
fn rates_are_events_over_time() {
    let mut bench = Bench::new(5, options());
    bench.run(400);
    for side in [Side::Bid, Side::Ask] {
        let rates = bench.estimator.rates_of(side, 1.0);
        near(rates.unit, 1.0, 1e-9);
        near(rates.market, 1.0, 0.01);
        near(rates.limit, 2.0, 0.01);
        // One a second of five orders less the first, whose own leaving is a trade or unknown.
        near(rates.cancel, 0.25, 0.005);
        near(rates.seconds, 400.0, 0.5);
        // Trades come like a clock: less than by chance, so nothing clusters.
        assert!(rates.shape.is_infinite());
    }
}

#[test]
fn what_is_old_fades() {
    let mut bench = Bench::new(5, Options { half_life_s: Some(20.0), ..options() });
    bench.run(400);
    let rates = bench.estimator.rates_of(Side::Bid, 1.0);
    // Events that come at the end of each second weigh a little more than the second.
    near(rates.market, 1.0, 0.04);
    near(rates.seconds, 20.0 / core::f64::consts::LN_2, 1.0);
    for _ in 0..200 {
        bench.wait(1.0);
        bench.come(Side::Bid);
        bench.cancel(Side::Bid);
    }
    assert!(bench.estimator.rates_of(Side::Bid, 1.0).market < 0.002);
}

#[test]
fn weights_start_anew_without_a_trace() {
    // Thirty half-lives are more than the weights can bear; what is counted must not jump when they are divided.
    let mut bench = Bench::new(5, Options { half_life_s: Some(4.0), ..options() });
    for _ in 0..50 {
        bench.run(4);
        near(bench.estimator.rates_of(Side::Bid, 1.0).seconds.min(5.0), 5.0, 3.0);
    }
    bench.snapshot();
    near(bench.estimator.rates_of(Side::Bid, 1.0).seconds, 4.0 / core::f64::consts::LN_2, 0.3);
    near(bench.estimator.rates_of(Side::Bid, 1.0).market, 1.0, 0.2);
}

#[test]
fn nothing_is_said_of_nothing() {
    let estimator = Estimator::new(options());
    for model in Model::ALL {
        let said = estimator.probability(&query(&[(1.0, 1.0)]), model, 1.0);
        assert!(said.p.is_nan() && !said.calibrated);
        assert_eq!((said.low, said.high), (0.0, 1.0));
    }
}

#[test]
fn numbers_that_are_none_get_no_probability() {
    let mut bench = Bench::new(5, options());
    bench.run(100);
    for ahead in [(f64::NAN, 1.0), (1.0, f64::INFINITY), (-1.0, 1.0)] {
        assert!(bench.ask(&[ahead], Model::Auto, 1.0).p.is_nan());
    }
    assert!(bench.ask(&[], Model::Auto, 0.0).p.is_nan());
    assert!(bench.ask(&[], Model::Auto, f64::NAN).p.is_nan());
}

#[test]
fn alone_at_a_price_it_takes_a_trade() {
    let mut bench = Bench::new(5, options());
    bench.run(300);
    let said = bench.ask(&[], Model::Cst, 1.0);
    near(said.p, 1.0 - libm::exp(-bench.estimator.rates_of(Side::Bid, 1.0).market), 1e-9);
    assert!(said.low < said.p && said.p < said.high && !said.calibrated);
    assert!(bench.ask(&[(1.0, 1.0); 3], Model::Cst, 1.0).p < said.p);
}

#[test]
fn the_whole_of_an_order_takes_longer_than_a_part() {
    let mut bench = Bench::new(5, options());
    bench.run(300);
    let ahead = [(1.0, 1.0); 3];
    let ask = |qty: f64, within_s: f64, until: Until| {
        let definition = Definition { amount: Amount::FullFill, until };
        bench.estimator.probability(&Query { qty, definition, ..query(&ahead) }, Model::Cst, within_s).p
    };
    for (until, within_s) in [(Until::PriceHeld, 4.0), (Until::BeforeMove, 4.0), (Until::BeforeMove, f64::INFINITY)] {
        // An order a little larger than the unit is filled hardly later than one of its size, however it is computed.
        let (unit, more, much) = (ask(1.0, within_s, until), ask(1.001, within_s, until), ask(4.0, within_s, until));
        near(unit, more, 0.02);
        assert!(0.0 < much && much < more - 0.05, "{much} {more}");
    }
}

#[test]
fn without_trades_there_is_no_fill() {
    let mut bench = Bench::new(5, options());
    for _ in 0..100 {
        bench.wait(1.0);
        bench.come(Side::Bid);
        bench.cancel(Side::Bid);
    }
    assert!(bench.ask(&[(1.0, 1.0)], Model::Auto, 1.0).p <= 0.0);
}

#[test]
fn whoever_is_told_no_trades_is_less_sure() {
    let mut told = Bench::new(5, options());
    let mut untold = Bench::new(5, options());
    untold.tell_trades = false;
    told.run(200);
    untold.run(200);
    let ahead = [(1.0, 2.0); 3];
    let (sure, unsure) = (told.ask(&ahead, Model::Cst, 2.0), untold.ask(&ahead, Model::Cst, 2.0));
    assert!(unsure.high - unsure.low > sure.high - sure.low);
    assert!(unsure.low <= sure.p && sure.p <= unsure.high);
    // Some cancels were expected of the first orders, so some of what left was no trade.
    assert!(unsure.p > 0.0 && unsure.p <= sure.p + 1e-9);
    assert!(!untold.ask(&ahead, Model::Auto, 1.0).calibrated);
}

#[test]
fn enough_outcomes_correct_the_model() {
    // Four trades a second, like a clock, against three orders that are never canceled: filled within a second,
    // and never within a quarter. A Poisson process would not be sure of either.
    let mut bench = Bench::new(3, options());
    let run = |bench: &mut Bench, seconds: u32| {
        for _ in 0..4 * seconds {
            bench.wait(0.25);
            for side in [Side::Bid, Side::Ask] {
                bench.come(side);
                bench.trade(side);
            }
        }
    };
    run(&mut bench, 200);
    let ahead = [(1.0, 0.5), (1.0, 0.25), (1.0, 0.1)];
    assert!(!bench.ask(&ahead, Model::Auto, 1.0).calibrated);
    run(&mut bench, 2_200);
    let (short, long) = (bench.ask(&ahead, Model::Auto, 0.25), bench.ask(&ahead, Model::Auto, 1.0));
    assert!(short.calibrated && long.calibrated, "{short:?} {long:?}");
    assert!(short.p < 0.01 && long.p > 0.99, "{short:?} {long:?}");
    assert!(short.low <= short.p && short.p <= short.high);
    let counted = bench.ask(&ahead, Model::Empirical, 1.0);
    assert!(counted.p > 0.99, "{counted:?}");
    // A horizon that no shadow order is asked about, beyond them, and an amount that they can't tell of.
    assert!(bench.ask(&ahead, Model::Auto, 0.5).calibrated);
    assert!(!bench.ask(&ahead, Model::Auto, 2.0).calibrated);
    let deep = Query { level: 2, ..query(&ahead) };
    assert!(!bench.estimator.probability(&deep, Model::Auto, 1.0).calibrated);
    let whole = Definition { amount: Amount::FullFill, ..TOUCH };
    let large = Query { qty: 4.0, definition: whole, ..query(&ahead) };
    assert!(!bench.estimator.probability(&large, Model::Auto, 1.0).calibrated);
    assert!(bench.estimator.probability(&large, Model::Empirical, 1.0).p.is_nan());
}

#[test]
fn an_interruption_loses_nothing_that_was_learned() {
    let mut bench = Bench::new(5, options());
    bench.run(200);
    let before = bench.estimator.rates_of(Side::Bid, 1.0);
    bench.estimator.interrupted();
    bench.wait(600.0);
    bench.tell(&[]);
    bench.snapshot();
    let after = bench.estimator.rates_of(Side::Bid, 1.0);
    near(after.seconds, before.seconds, 1e-9);
    near(after.market, before.market, 0.003);
    bench.run(200);
    near(bench.estimator.rates_of(Side::Bid, 1.0).seconds, 400.0, 1.0);
}

#[test]
fn levels_that_come_into_the_window_are_no_new_orders() {
    let mut bench = Bench::new(5, options());
    bench.run(100);
    let before = bench.estimator.rates_of(Side::Bid, 1.0);
    let edge = |sequence| OrderEvent { price: 90, ..event(Side::Bid, Kind::Edge, true, sequence, bench.now_ns) };
    let told = [edge(900_001), edge(900_002)];
    bench.tell(&told);
    let after = bench.estimator.rates_of(Side::Bid, 1.0);
    near(after.limit, before.limit, 1e-12);
    assert_eq!(bench.estimator.ahead(Side::Bid, 90, None).len(), 7);
    // Told again under other numbers, it is the same two orders.
    let edge = |sequence| OrderEvent { price: 90, ..event(Side::Bid, Kind::Edge, true, sequence, bench.now_ns) };
    let told = [edge(900_003), edge(900_004)];
    bench.tell(&told);
    assert_eq!(bench.estimator.ahead(Side::Bid, 90, None).len(), 7);
    assert_eq!(bench.estimator.ahead(Side::Bid, 90, Some(900_004)).len(), 6);
}

#[test]
fn what_is_pushed_out_of_the_window_is_ahead_of_nobody() {
    let mut bench = Bench::new(5, options());
    let come = |price, sequence| OrderEvent { price, ..event(Side::Bid, Kind::New, true, sequence, 0) };
    bench.tell(&[come(90, 900_001), come(80, 900_002), come(80, 900_003)]);
    bench.estimator.reaches(Side::Bid, 80);
    assert_eq!(bench.estimator.ahead(Side::Bid, 70, None).len(), 8);
    bench.estimator.reaches(Side::Bid, 90);
    assert_eq!(bench.estimator.ahead(Side::Bid, 70, None).len(), 6);
    // The other side has better prices where this one has worse.
    assert_eq!(bench.estimator.ahead(Side::Ask, 101, None).len(), 5);
    bench.estimator.reaches(Side::Ask, 101);
    assert_eq!(bench.estimator.ahead(Side::Ask, 101, None).len(), 5);
}

#[test]
fn own_orders_are_not_ahead_and_do_not_count() {
    let mut bench = Bench::new(5, options());
    bench.run(100);
    let cancels = bench.estimator.rates_of(Side::Bid, 1.0).cancels;
    let own = bench.next;
    bench.estimator.exclude(own);
    bench.come(Side::Bid);
    assert_eq!(bench.estimator.ahead(Side::Bid, 100, None).len(), 5);
    bench.cancel(Side::Bid);
    near(bench.estimator.rates_of(Side::Bid, 1.0).cancels, cancels, 1e-9);
    assert_eq!(bench.estimator.around(Side::Bid, 99), (1, 5.0));
}

#[test]
fn memory_is_bounded() {
    let mut bench = Bench::new(5, Options { most_orders: 50, ..options() });
    for index in 0..1_000 {
        let far =
            OrderEvent { price: 1 + u128::from(index % 90_u32), ..event(Side::Bid, Kind::New, true, bench.next, 0) };
        bench.next += 1;
        bench.tell(&[far]);
    }
    assert!(bench.estimator.ahead(Side::Bid, 1, None).len() <= 50);
    // The best are kept.
    assert_eq!(bench.estimator.ahead(Side::Bid, 100, None).len(), 5);
}

#[test]
fn aalen_and_johansen_count_both_ends() {
    let all = [(1.0, End::Filled), (2.0, End::Away), (3.0, End::Censored), (4.0, End::Filled)];
    // Four at risk: 1/4. Then 3/4 x 1/3 moves away; one of the last two is lost, and the other is filled for sure.
    let found = cumulative_incidence(&all, &[0.5, 1.0, 3.5, 4.0]);
    for (found, right) in found.iter().zip([0.0, 0.25, 0.25, 0.75]) {
        near(*found, right, 1e-12);
    }
    assert!(cumulative_incidence(&[], &[1.0]).iter().all(|found| *found <= 0.0));
}
