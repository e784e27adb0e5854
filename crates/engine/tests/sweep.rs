//! Prices computed from a book, against slow arithmetic on the same levels.
#![expect(clippy::cast_precision_loss, reason = "the numbers drawn are far below 2^53")]

use havklo_engine::{Engine, Fixed, Outcome, Rules, Settings, Side};
use proptest::prelude::*;

fn book(bids: &[(u64, u64)], asks: &[(u64, u64)]) -> Engine {
    let digits: Vec<String> = asks.iter().chain(bids).map(|(price, qty)| format!("{price}{qty}")).collect();
    let side = |levels: &[(u64, u64)]| {
        let level = |(price, qty): &(u64, u64)| {
            format!("{{\"price\":{}.{},\"qty\":{}.{:02}}}", price / 10, price % 10, qty / 100, qty % 100)
        };
        levels.iter().map(level).collect::<Vec<_>>().join(",")
    };
    let frame = format!(
        r#"{{"channel":"book","type":"snapshot","data":[{{"symbol":"A/B","bids":[{}],"asks":[{}],"checksum":{}}}]}}"#,
        side(bids),
        side(asks),
        crc32fast::hash(digits.concat().as_bytes())
    );
    let mut engine = Engine::new(Rules::ALL);
    engine.track("A/B", Settings { depth: 10, ..Settings::default() }).expect("depth 10 is offered");
    assert!(matches!(engine.receive(frame.as_bytes(), 0), Ok(Outcome::Update { .. })), "{frame}");
    engine
}

type Levels = Vec<(u64, u64)>;

/// Bids below and asks above 5,000 ticks, best first.
fn sides() -> impl Strategy<Value = (Levels, Levels)> {
    let side = || proptest::collection::btree_map(1_u64..5_000, 1_u64..100_000, 1..10);
    (side(), side()).prop_map(|(bids, asks)| {
        let bids = bids.into_iter().rev().collect();
        (bids, asks.into_iter().map(|(price, qty)| (price + 5_000, qty)).collect())
    })
}

proptest! {
    /// What is filled, what is left and what it costs add up, and the rounded price is within half a unit of its 28th digit.
    #[test]
    fn a_sweep_adds_up((bids, asks) in sides(), wanted in 1_u64..2_000_000, buy in any::<bool>()) {
        let engine = book(&bids, &asks);
        let book = engine.books().next().expect("one book");
        let taken = if buy { Side::Ask } else { Side::Bid };
        let sweep = book.sweep(taken, Fixed::new(u128::from(wanted), 2)).expect("small numbers");
        let (mut left, mut cost, mut levels) = (wanted, 0_u128, 0);
        for (price, qty) in if buy { &asks } else { &bids } {
            if left == 0 { break; }
            let take = left.min(*qty);
            cost += u128::from(price * take);
            left -= take;
            levels += 1;
        }
        prop_assert_eq!(sweep.filled, Fixed::new(u128::from(wanted - left), 2));
        prop_assert_eq!(sweep.unfilled, Fixed::new(u128::from(left), 2));
        prop_assert_eq!(sweep.levels, levels);
        prop_assert!(sweep.proven);
        let price = sweep.price.expect("something was filled");
        // Cost has one decimal of price and two of quantity; all at three decimals more than the price.
        let filled = u128::from(wanted - left);
        let error = (10 * price.mantissa * filled).abs_diff(cost * 10_u128.pow(u32::from(price.scale)));
        prop_assert!(error <= 5 * filled, "{price} is not {cost} / {filled}");
    }

    /// Spread and mid are exact, and the weighted mid lies between the best prices.
    #[test]
    fn mids_are_exact((bids, asks) in sides()) {
        let engine = book(&bids, &asks);
        let book = engine.books().next().expect("one book");
        let (bid, ask) = (bids[0].0, asks[0].0);
        prop_assert_eq!(book.spread(), Some(Fixed::new(u128::from(ask - bid), 1)));
        prop_assert_eq!(book.mid().and_then(|mid| mid.mantissa_at(2)), Some(u128::from(ask + bid) * 5));
        let micro = book.microprice().expect("small numbers").expect("two sides");
        let between = |number: Fixed| (bid as f64 / 10.0..=ask as f64 / 10.0).contains(&number.to_f64());
        prop_assert!(between(micro), "{micro}");
        let imbalance = book.imbalance(10).expect("small numbers").expect("two sides").to_f64();
        let (bids, asks): (u64, u64) = (bids.iter().map(|level| level.1).sum(), asks.iter().map(|level| level.1).sum());
        let expected = (bids as f64 - asks as f64) / (bids + asks) as f64;
        prop_assert!((imbalance - expected).abs() < 1e-12);
    }
}
