//! The fill mathematics, called by a number and eight arguments.

use core::cell::Cell;
use havklo_engine::fill::{
    BadArgument, BeforeMove, before_move, before_move_within, time, within, within_full, within_mixed,
};

/// What a question is answered with: two doubles, then four 32-bit numbers.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Answer {
    values: [f64; 2],
    /// Addresses and lengths of an argument's name and of what it must be; all 0 if there is an answer.
    refused: [(*const u8, usize); 2],
}

impl Answer {
    /// Before the first question.
    pub const NONE: Self = Self { values: [0.0; 2], refused: [(core::ptr::null(), 0); 2] };

    /// The answer that stands for a result.
    #[must_use]
    pub fn new(result: Result<[f64; 2], BadArgument>) -> Self {
        match result {
            Ok(values) => Self { values, ..Self::NONE },
            Err(bad) => Self { refused: [bad.name, bad.must].map(|text| (text.as_ptr(), text.len())), ..Self::NONE },
        }
    }
}

/// Answers a question.
///
/// | question | arguments | is |
/// |---|---|---|
/// | 0 | queue, time, market, cancel | `within` |
/// | 1 | queue, time, market, shape, cancel | `within_mixed` |
/// | 2 | queue, own, time, market, cancel | `within_full` |
/// | 3 | queue, market, cancel | `time`: mean and variance |
/// | 4 | queue, opposite, six rates | `before_move` |
/// | 5 | queue, opposite, time, six rates | `before_move_within`: filled, and moved away |
///
/// # Errors
/// What the functions themselves refuse.
#[expect(clippy::many_single_char_names, reason = "what they are depends on the question")]
pub fn ask(question: u32, [a, b, c, d, e, f, g, h, i]: [f64; 9]) -> Result<[f64; 2], BadArgument> {
    let rates = |[
        limit_rate,
        market_rate,
        cancel_rate,
        opposite_limit_rate,
        opposite_market_rate,
        opposite_cancel_rate,
    ]: [f64; 6]| BeforeMove {
        limit_rate,
        market_rate,
        cancel_rate,
        opposite_limit_rate,
        opposite_market_rate,
        opposite_cancel_rate,
    };
    match question {
        0 => Ok([within(a, b, c, d)?, 0.0]),
        1 => Ok([within_mixed(a, b, c, d, e)?, 0.0]),
        2 => Ok([within_full(a, b, c, d, e)?, 0.0]),
        3 => time(a, b, c).map(|moments| [moments.mean, moments.variance]),
        4 => Ok([before_move(count(a), count(b), &rates([c, d, e, f, g, h]))?, 0.0]),
        _ => before_move_within(count(a), count(b), c, &rates([d, e, f, g, h, i])).map(|(fill, away)| [fill, away]),
    }
}

/// A number of orders; what is none becomes 0, which is refused.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and a part of an order is none"
)]
fn count(value: f64) -> u32 {
    if value % 1.0 == 0.0 { value as u32 } else { 0 }
}

/// The answer to the last question.
struct Answered(Cell<Answer>);

// SAFETY: the module is built without threads (its memory is not shared), so no two of them ever meet here.
unsafe impl Sync for Answered {}

static ANSWERED: Answered = Answered(Cell::new(Answer::NONE));

/// Answers a question about fills.
// SAFETY: the only symbol of this name.
#[unsafe(no_mangle)]
#[expect(clippy::many_single_char_names, reason = "what they are depends on the question")]
pub extern "C" fn fill_ask(
    question: u32,
    a: f64,
    b: f64,
    c: f64,
    d: f64,
    e: f64,
    f: f64,
    g: f64,
    h: f64,
    i: f64,
) -> *const Answer {
    ANSWERED.0.set(Answer::new(ask(question, [a, b, c, d, e, f, g, h, i])));
    ANSWERED.0.as_ptr()
}
