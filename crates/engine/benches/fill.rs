//! The fill probabilities alone: nanoseconds a call.
//!
//! `cargo bench -p havklo-engine --bench fill`. Prints the median of several passes, interleaved, so that all functions
//! see the same machine.

use havklo_engine::fill::{
    BadArgument, BeforeMove, before_move, before_move_within, within, within_full, within_mixed,
};
use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

const PASSES: usize = 15;
const LEAST: Duration = Duration::from_millis(5);

const RATES: BeforeMove = BeforeMove {
    limit_rate: 1.85,
    market_rate: 0.94,
    cancel_rate: 0.71,
    opposite_limit_rate: 1.85,
    opposite_market_rate: 0.94,
    opposite_cancel_rate: 0.71,
};

type Call = fn() -> Result<f64, BadArgument>;

const CALLS: [(&str, Call); 12] = [
    ("within, queue 5", || within(black_box(5.0), 2.0, 0.94, 0.71)),
    ("within, queue 5.5, no cancels", || within(black_box(5.5), 4.0, 0.94, 0.0)),
    ("within, queue 50", || within(black_box(50.0), 5.0, 0.94, 0.71)),
    ("within, queue 200, no cancels", || within(black_box(200.0), 200.0, 0.94, 0.0)),
    ("within_mixed, queue 5, shape 2", || within_mixed(black_box(5.0), 2.0, 0.94, 2.0, 0.71)),
    ("within_mixed, queue 50, shape 20", || within_mixed(black_box(50.0), 5.0, 0.94, 20.0, 0.71)),
    ("within_full, queue 5, own 4", || within_full(black_box(5.0), 4.0, 4.0, 0.94, 0.71)),
    ("before_move, 5 and 5", || before_move(black_box(5), 5, &RATES)),
    ("before_move, 50 and 50", || before_move(black_box(50), 50, &RATES)),
    ("before_move_within 1, 5 and 5", || Ok(before_move_within(black_box(5), 5, 1.0, &RATES)?.0)),
    ("before_move_within 20, 5 and 5", || Ok(before_move_within(black_box(5), 5, 20.0, &RATES)?.0)),
    ("before_move_within 5, 50 and 50", || Ok(before_move_within(black_box(50), 50, 5.0, &RATES)?.0)),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut times = vec![Vec::new(); CALLS.len()];
    for _ in 0..PASSES {
        for ((_, call), times) in CALLS.iter().zip(&mut times) {
            let (began, mut calls) = (Instant::now(), 0.0);
            while began.elapsed() < LEAST {
                for _ in 0..8 {
                    black_box(call()?);
                }
                calls += 8.0;
            }
            times.push(began.elapsed().as_secs_f64() * 1e9 / calls);
        }
    }
    let mut out = std::io::stdout();
    for ((name, _), mut times) in CALLS.into_iter().zip(times) {
        times.sort_by(f64::total_cmp);
        writeln!(out, "{name}: {:.0} ns (least {:.0})", times[PASSES / 2], times[0])?;
    }
    Ok(())
}
