//! The probabilities of `havklo_engine::fill` as functions; `havklo.analytics.fill` says what they mean.

use crate::errors;
use havklo_engine::fill::{self, BadArgument, BeforeMove, MAX_ORDERS};
use pyo3::prelude::*;

/// Puts the functions into the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(fill_within, module)?)?;
    module.add_function(wrap_pyfunction!(fill_within_mixed, module)?)?;
    module.add_function(wrap_pyfunction!(fill_within_full, module)?)?;
    module.add_function(wrap_pyfunction!(fill_time, module)?)?;
    module.add_function(wrap_pyfunction!(fill_before_move, module)?)?;
    module.add_function(wrap_pyfunction!(fill_before_move_within, module)?)
}

/// The probability that an order is reached by a trade within a time.
#[pyfunction]
fn fill_within(
    queue: &Bound<'_, PyAny>,
    within: &Bound<'_, PyAny>,
    market_rate: &Bound<'_, PyAny>,
    cancel_rate: &Bound<'_, PyAny>,
) -> PyResult<f64> {
    let answer = fill::within(
        number("queue", queue)?,
        number("within", within)?,
        number("market_rate", market_rate)?,
        number("cancel_rate", cancel_rate)?,
    );
    answer.map_err(|error| bad(queue.py(), error))
}

/// The same with a rate of trades from a gamma distribution.
#[pyfunction]
fn fill_within_mixed(
    queue: &Bound<'_, PyAny>,
    within: &Bound<'_, PyAny>,
    market_rate: &Bound<'_, PyAny>,
    shape: &Bound<'_, PyAny>,
    cancel_rate: &Bound<'_, PyAny>,
) -> PyResult<f64> {
    let answer = fill::within_mixed(
        number("queue", queue)?,
        number("within", within)?,
        number("market_rate", market_rate)?,
        number("shape", shape)?,
        number("cancel_rate", cancel_rate)?,
    );
    answer.map_err(|error| bad(queue.py(), error))
}

/// The probability that an order of several units is filled whole within a time.
#[pyfunction]
fn fill_within_full(
    queue: &Bound<'_, PyAny>,
    own: &Bound<'_, PyAny>,
    within: &Bound<'_, PyAny>,
    market_rate: &Bound<'_, PyAny>,
    cancel_rate: &Bound<'_, PyAny>,
) -> PyResult<f64> {
    let answer = fill::within_full(
        number("queue", queue)?,
        number("own", own)?,
        number("within", within)?,
        number("market_rate", market_rate)?,
        number("cancel_rate", cancel_rate)?,
    );
    answer.map_err(|error| bad(queue.py(), error))
}

/// Mean and variance of the time until an order is reached by a trade.
#[pyfunction]
fn fill_time(
    queue: &Bound<'_, PyAny>,
    market_rate: &Bound<'_, PyAny>,
    cancel_rate: &Bound<'_, PyAny>,
) -> PyResult<(f64, f64)> {
    let answer =
        fill::time(number("queue", queue)?, number("market_rate", market_rate)?, number("cancel_rate", cancel_rate)?);
    answer.map(|time| (time.mean, time.variance)).map_err(|error| bad(queue.py(), error))
}

/// The probability that an order is filled before the opposite queue is empty; `rates` are the own and the opposite ones.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "Python hands its arguments over")]
fn fill_before_move(queue: &Bound<'_, PyAny>, opposite: &Bound<'_, PyAny>, rates: Rates<'_>) -> PyResult<f64> {
    let py = queue.py();
    let (queue, opposite) = (orders("queue", queue)?, orders("opposite", opposite)?);
    let rates = rates.read()?;
    py.detach(|| fill::before_move(queue, opposite, &rates)).map_err(|error| bad(py, error))
}

/// The probabilities that within a time the order is filled first, and that the opposite queue is empty first.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "Python hands its arguments over")]
fn fill_before_move_within(
    queue: &Bound<'_, PyAny>,
    opposite: &Bound<'_, PyAny>,
    within: &Bound<'_, PyAny>,
    rates: Rates<'_>,
) -> PyResult<(f64, f64)> {
    let py = queue.py();
    let (queue, opposite) = (orders("queue", queue)?, orders("opposite", opposite)?);
    let (within, rates) = (number("within", within)?, rates.read()?);
    py.detach(|| fill::before_move_within(queue, opposite, within, &rates)).map_err(|error| bad(py, error))
}

/// Limit, market and cancel rate of the own side, then of the opposite one.
#[derive(FromPyObject)]
struct Rates<'py>([Bound<'py, PyAny>; 6]);

impl Rates<'_> {
    fn read(&self) -> PyResult<BeforeMove> {
        let [limit, market, cancel, opposite_limit, opposite_market, opposite_cancel] = &self.0;
        Ok(BeforeMove {
            limit_rate: number("limit_rate", limit)?,
            market_rate: number("market_rate", market)?,
            cancel_rate: number("cancel_rate", cancel)?,
            opposite_limit_rate: number("opposite_limit_rate", opposite_limit)?,
            opposite_market_rate: number("opposite_market_rate", opposite_market)?,
            opposite_cancel_rate: number("opposite_cancel_rate", opposite_cancel)?,
        })
    }
}

fn bad(py: Python<'_>, error: BadArgument) -> PyErr {
    errors::configuration(py, error.to_string())
}

fn number(name: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    value.extract().map_err(|cause| {
        let error = errors::configuration(value.py(), format!("{name} must be a number"));
        error.set_cause(value.py(), Some(cause));
        error
    })
}

/// A count of orders. One that can't be is passed on as none at all, which the engine refuses by name.
fn orders(name: &str, value: &Bound<'_, PyAny>) -> PyResult<u32> {
    let value = number(name, value)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number that fits")]
    let whole = if value.fract() == 0.0 && (1.0..=f64::from(MAX_ORDERS)).contains(&value) { value as u32 } else { 0 };
    Ok(whole)
}
