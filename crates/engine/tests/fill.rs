//! The fill probabilities against `vectors/fill`, and what must hold of any of them.

use havklo_engine::fill::{
    BadArgument, BeforeMove, MAX_ORDERS, before_move, before_move_within, time, within, within_full, within_mixed,
};
use proptest::prelude::*;
use serde_json::Value;
use std::error::Error;

type Outcome = Result<(), Box<dyn Error>>;

/// Table 2 of the paper, one tick away; per minute.
const SKY_PERFECT: BeforeMove = BeforeMove {
    limit_rate: 1.85,
    market_rate: 0.94,
    cancel_rate: 0.71,
    opposite_limit_rate: 1.85,
    opposite_market_rate: 0.94,
    opposite_cancel_rate: 0.71,
};

fn rows(name: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    let path = format!("{}/../../vectors/fill/{name}.json", env!("CARGO_MANIFEST_DIR"));
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

/// The numbers of a row by their names.
fn numbers<const N: usize>(row: &Value, names: [&str; N]) -> Result<[f64; N], Box<dyn Error>> {
    let mut values = [0.0; N];
    for (value, name) in values.iter_mut().zip(names) {
        *value = row[name].as_f64().ok_or(format!("no number {name} in {row}"))?;
    }
    Ok(values)
}

fn near(got: f64, want: &Value, error: f64, row: &Value) {
    let want = want.as_f64().unwrap_or(f64::NAN);
    assert!((got - want).abs() <= error, "{got} instead of {want}: {row}");
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small counts, written by us")]
fn orders(value: f64) -> u32 {
    value as u32
}

fn race(row: &Value) -> Result<(u32, u32, BeforeMove), Box<dyn Error>> {
    let [queue, opposite, limit_rate, market_rate, cancel_rate] =
        numbers(row, ["queue", "opposite", "limit_rate", "market_rate", "cancel_rate"])?;
    let [opposite_limit_rate, opposite_market_rate, opposite_cancel_rate] =
        numbers(row, ["opposite_limit_rate", "opposite_market_rate", "opposite_cancel_rate"])?;
    let rates = BeforeMove {
        limit_rate,
        market_rate,
        cancel_rate,
        opposite_limit_rate,
        opposite_market_rate,
        opposite_cancel_rate,
    };
    Ok((orders(queue), orders(opposite), rates))
}

#[test]
fn the_closed_form_is_exact() -> Outcome {
    for row in rows("within")? {
        let [queue, time, market, cancel] = numbers(&row, ["queue", "within", "market_rate", "cancel_rate"])?;
        near(within(queue, time, market, cancel)?, &row["answer"], 1e-13, &row);
    }
    Ok(())
}

#[test]
fn an_uncertain_rate_is_integrated() -> Outcome {
    for row in rows("within_mixed")? {
        let names = ["queue", "within", "market_rate", "shape", "cancel_rate"];
        let [queue, time, market, shape, cancel] = numbers(&row, names)?;
        near(within_mixed(queue, time, market, shape, cancel)?, &row["answer"], 1e-12, &row);
    }
    Ok(())
}

#[test]
fn a_larger_order_is_filled_later() -> Outcome {
    for row in rows("within_full")? {
        let [queue, own, time, market, cancel] =
            numbers(&row, ["queue", "own", "within", "market_rate", "cancel_rate"])?;
        near(within_full(queue, own, time, market, cancel)?, &row["answer"], 1e-11, &row);
    }
    Ok(())
}

#[test]
fn the_moments_are_exact() -> Outcome {
    for row in rows("time")? {
        let [queue, market, cancel] = numbers(&row, ["queue", "market_rate", "cancel_rate"])?;
        let moments = time(queue, market, cancel)?;
        near(moments.mean, &row["answer"][0], 1e-12 * moments.mean, &row);
        near(moments.variance, &row["answer"][1], 1e-12 * moments.variance, &row);
    }
    let alone = time(9.0, 0.5, 1e308)?;
    assert!((alone.mean - 2.0).abs() < 1e-12 && (alone.variance - 4.0).abs() < 1e-12, "{alone:?}");
    Ok(())
}

#[test]
fn the_race_is_exact() -> Outcome {
    for row in rows("before_move")? {
        let (queue, opposite, rates) = race(&row)?;
        near(before_move(queue, opposite, &rates)?, &row["answer"], 1e-12, &row);
    }
    Ok(())
}

#[test]
fn the_race_within_a_time_is_exact() -> Outcome {
    for row in rows("before_move_within")? {
        let (queue, opposite, rates) = race(&row)?;
        let [time] = numbers(&row, ["within"])?;
        let (fill, away) = before_move_within(queue, opposite, time, &rates)?;
        near(fill, &row["answer"][0], 1e-11, &row);
        near(away, &row["answer"][1], 1e-11, &row);
    }
    Ok(())
}

/// Without any cancels the opposite queue's life has a transform in closed form, and so has the race of an order alone.
#[test]
fn no_cancels_are_no_special_case() -> Outcome {
    for (comes, takes, market) in [(1.0, 2.0, 0.5), (2.0, 2.0, 0.3), (5.0, 1.0, 0.01), (1.0, 1.0, 1e-5)] {
        let rates = BeforeMove {
            limit_rate: 0.0,
            market_rate: market,
            cancel_rate: 0.0,
            opposite_limit_rate: comes,
            opposite_market_rate: takes,
            opposite_cancel_rate: 0.0,
        };
        let sum: f64 = comes + takes + market;
        let step = (sum - (sum * sum - 4.0 * comes * takes).sqrt()) / (2.0 * comes);
        for opposite in [1, 4] {
            let got = before_move(1, opposite, &rates)?;
            assert!((got - (1.0 - step.powi(opposite.cast_signed()))).abs() < 1e-11, "{got} {rates:?}");
        }
    }
    Ok(())
}

#[test]
fn what_can_not_be_decided_is_refused() {
    let rates = BeforeMove {
        limit_rate: 0.0,
        market_rate: 1e-14,
        cancel_rate: 0.0,
        opposite_limit_rate: 1.0,
        opposite_market_rate: 1.0,
        opposite_cancel_rate: 0.0,
    };
    assert_eq!(before_move(1, 1, &rates).map_err(|error| error.name), Err("market_rate"));
    assert_eq!(before_move_within(3, 3, 1e9, &rates).map_err(|error| error.name), Err("within"));
    let wild = BeforeMove { market_rate: 1e308, opposite_market_rate: 1e308, ..rates };
    assert_eq!(before_move_within(3, 3, 1.0, &wild).map_err(|error| error.name), Err("within"));
    assert_eq!(before_move_within(3, 3, 0.0, &wild), Ok((0.0, 0.0)));
    let crowd = BeforeMove { market_rate: 1e-6, opposite_limit_rate: 1.001, ..rates };
    assert_eq!(before_move_within(MAX_ORDERS, 9, 1e4, &crowd).map_err(|error| error.name), Err("within"));
}

#[test]
fn a_long_time_and_a_lost_race_are_limits() -> Outcome {
    for (queue, opposite, minutes) in [(1, 1, 2e3), (3, 9, 1e12), (40, 5, 2e3)] {
        let (fill, away) = before_move_within(queue, opposite, minutes, &SKY_PERFECT)?;
        assert!((fill - before_move(queue, opposite, &SKY_PERFECT)?).abs() < 1e-11);
        assert!((fill + away - 1.0).abs() < 1e-11);
    }
    let no_trades = BeforeMove { market_rate: 0.0, ..SKY_PERFECT };
    assert_eq!(before_move(3, 3, &no_trades), Ok(0.0));
    let frozen = BeforeMove { opposite_market_rate: 0.0, opposite_cancel_rate: 0.0, ..SKY_PERFECT };
    assert_eq!(before_move(3, 3, &frozen), Ok(1.0));
    let still = BeforeMove { opposite_limit_rate: 0.0, market_rate: 0.0, cancel_rate: 0.0, ..frozen };
    assert_eq!(before_move_within(3, 3, 9.0, &still), Ok((0.0, 0.0)));
    assert_eq!(before_move_within(3, 3, 0.0, &SKY_PERFECT), Ok((0.0, 0.0)));
    Ok(())
}

/// With an opposite side that never empties, the race within a time is the closed form.
#[test]
fn the_walk_agrees_with_the_closed_form() -> Outcome {
    let frozen = BeforeMove { opposite_market_rate: 0.0, opposite_cancel_rate: 0.0, ..SKY_PERFECT };
    for (queue, minutes) in [(1, 0.1), (7, 2.0), (30, 4.0), (30, 400.0), (100, 3000.0)] {
        let (fill, away) = before_move_within(queue, 2, minutes, &frozen)?;
        let want = within(f64::from(queue), minutes, 0.94, 0.71)?;
        assert!((fill - want).abs() < 1e-11, "{queue} in {minutes}: {fill} instead of {want}");
        assert!(away.abs() < 1e-15);
    }
    Ok(())
}

#[test]
fn what_can_not_be_meant_is_refused_by_name() {
    let refused = |answer: Result<f64, BadArgument>| answer.map_err(|error| error.name);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
        assert_eq!(refused(within(bad, 1.0, 1.0, 1.0)), Err("queue"));
        assert_eq!(refused(within(1.0, bad, 1.0, 1.0)), Err("within"));
        assert_eq!(refused(within(1.0, 1.0, bad, 1.0)), Err("market_rate"));
        assert_eq!(refused(within(1.0, 1.0, 1.0, bad)), Err("cancel_rate"));
        assert_eq!(refused(within_mixed(1.0, 1.0, 1.0, bad, 1.0)), Err("shape"));
        assert_eq!(refused(within_full(1.0, bad, 1.0, 1.0, 1.0)), Err("own"));
        let rates = |at: usize| {
            let rate = |number: usize| if number == at { bad } else { 1.0 };
            BeforeMove {
                limit_rate: rate(0),
                market_rate: rate(1),
                cancel_rate: rate(2),
                opposite_limit_rate: rate(3),
                opposite_market_rate: rate(4),
                opposite_cancel_rate: rate(5),
            }
        };
        let names = [
            "limit_rate",
            "market_rate",
            "cancel_rate",
            "opposite_limit_rate",
            "opposite_market_rate",
            "opposite_cancel_rate",
        ];
        for (at, name) in names.into_iter().enumerate() {
            assert_eq!(refused(before_move(1, 1, &rates(at))), Err(name));
        }
        assert_eq!(before_move_within(1, 1, bad, &SKY_PERFECT).map_err(|error| error.name), Err("within"));
        assert_eq!(time(1.0, bad, 1.0).map_err(|error| error.name), Err("market_rate"));
    }
    assert_eq!(refused(within(0.0, 1.0, 1.0, 1.0)), Err("queue"));
    assert_eq!(refused(within(1e7, 1.0, 1.0, 1.0)), Err("queue"));
    assert_eq!(refused(within_mixed(1.0, 1.0, 1.0, 0.0, 1.0)), Err("shape"));
    assert_eq!(refused(within_mixed(1.0, 1.0, 1.0, 1e-310, 1.0)), Err("shape"));
    assert_eq!(refused(before_move(0, 1, &SKY_PERFECT)), Err("queue"));
    assert_eq!(refused(before_move(1, MAX_ORDERS + 1, &SKY_PERFECT)), Err("opposite"));
    assert_eq!(
        time(1.0, 0.0, 1.0).map_err(|error| error.to_string()),
        Err("market_rate must be a finite number above 0".into())
    );
}

fn anything() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), -300.0..300.0f64].prop_map(|power| if power == 0.0 { 0.0 } else { 10f64.powf(power) })
}

proptest! {
    /// Whatever the numbers, the answer is a probability, and a smaller one for a longer queue, a larger order, less
    /// time, fewer trades and fewer cancels.
    #[test]
    fn it_is_a_probability_that_moves_the_right_way(
        queue in prop_oneof![0.01..10.0f64, 1.0..2000.0],
        time in anything(), market in anything(), cancel in anything(), more in 1.0..3.0f64,
    ) {
        let slack = 1e-11;
        let p = within(queue, time, market, cancel)?;
        prop_assert!((0.0..=1.0).contains(&p));
        prop_assert!(within(queue * more, time, market, cancel)? <= p + slack);
        prop_assert!(within(queue, time * more, market, cancel)? >= p - slack);
        prop_assert!(within(queue, time, market * more, cancel)? >= p - slack);
        // An order that counts for less than one is alone, and its model is of no use.
        prop_assert!(queue < 1.0 || within(queue, time, market, cancel * more)? >= p - slack);
        prop_assert!(within_full(queue, more, time, market, cancel)? <= p + slack);
    }
}

proptest! {
    // Each case is many integrals.
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The same where it matters, near the middle of the distribution.
    #[test]
    fn it_is_monotonous_where_it_is_steep(
        queue in 1.0..300.0f64, ratio in -6.0..6.0f64, share in 0.2..3.0f64, more in 1.0..1.2f64, shape in 0.2..500.0f64,
    ) {
        let cancel = 10f64.powf(ratio);
        let at = share * time(queue, 1.0, cancel)?.mean;
        let p = within(queue, at, 1.0, cancel)?;
        prop_assert!(within(queue * more, at, 1.0, cancel)? <= p + 1e-11);
        prop_assert!(within(queue, at * more, 1.0, cancel)? >= p - 1e-11);
        prop_assert!(within(queue, at, 1.0, cancel * more)? >= p - 1e-11);
        let mixed = within_mixed(queue, at, 1.0, shape, cancel)?;
        prop_assert!((0.0..=1.0).contains(&mixed));
        prop_assert!(within_mixed(queue, at * more, 1.0, shape, cancel)? >= mixed - 1e-11);
        prop_assert!((within_mixed(queue, at, 1.0, 1e12, cancel)? - p).abs() < 1e-9);
        prop_assert!((within_full(queue, 1.0 + 1e-9, at, 1.0, cancel)? - p).abs() < 1e-6);
    }
}
