//! The fill-probability estimator, for whoever feeds it by hand: research, recorded books, simulated worlds.

use crate::errors;
use havklo_engine::Side;
use havklo_engine::estimate::{
    Ahead, Amount, Definition, End, Estimate, Estimator, Kind, Model, Options, OrderEvent, Query, RestingOrder, Until,
    View, ViewLevel, cumulative_incidence,
};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

type Levels = Vec<(u128, f64, u32)>;
type Rows = Vec<(PyBackedStr, u128, PyBackedStr, bool, f64, u64, i64)>;
type Resting = Vec<(PyBackedStr, u128, f64, u64, i64)>;

const KINDS: [(&str, Kind); 6] = [
    ("new", Kind::New),
    ("edge", Kind::Edge),
    ("fill", Kind::Fill),
    ("cancel", Kind::Cancel),
    ("amend", Kind::Amend),
    ("unknown", Kind::Unknown),
];
const ENDS: [(&str, End); 3] = [("filled", End::Filled), ("away", End::Away), ("censored", End::Censored)];
pub const SIDES: [(&str, Side); 2] = [("bid", Side::Bid), ("ask", Side::Ask)];
pub const TAKERS: [(&str, Side); 2] = [("buy", Side::Bid), ("sell", Side::Ask)];

/// Puts the classes and the function into the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<FillModel>()?;
    module.add_class::<FillEstimate>()?;
    module.add_class::<FillRates>()?;
    module.add_function(wrap_pyfunction!(fill_incidence, module)?)
}

/// A probability of a fill, with how sure it is and of what it is one.
#[pyclass(frozen, get_all, module = "havklo._engine")]
pub struct FillEstimate {
    /// The probability; nan before anything was seen that could tell.
    p: f64,
    /// The lower end of its 95 % interval.
    low: f64,
    /// The upper end.
    high: f64,
    /// `cst`, `auto` or `empirical`.
    model: &'static str,
    /// Whether at least 2,000 effective outcomes of shadow orders stand behind it.
    calibrated: bool,
    /// Effective outcomes, or the traded sweeps behind the rate of trades.
    n_events: f64,
    /// `first_touch` or `full_fill`.
    amount: &'static str,
    /// `price_held` or `before_move`.
    until: &'static str,
}

impl FillEstimate {
    pub fn new(estimate: &Estimate) -> Self {
        Self {
            p: estimate.p,
            low: estimate.low,
            high: estimate.high,
            model: estimate.model.name(),
            calibrated: estimate.calibrated,
            n_events: estimate.n_events,
            amount: estimate.definition.amount.name(),
            until: estimate.definition.until.name(),
        }
    }
}

#[pymethods]
impl FillEstimate {
    fn __repr__(&self) -> String {
        let Self { p, low, high, model, amount, until, .. } = self;
        let calibrated = if self.calibrated { "calibrated" } else { "uncalibrated" };
        format!("FillEstimate({p:.4} in [{low:.4}, {high:.4}], {model}, {calibrated}, {amount}, {until})")
    }
}

/// The rates of one side.
#[pyclass(frozen, get_all, module = "havklo._engine")]
pub struct FillRates {
    /// Mean quantity of a limit order near the best price: the unit of those below.
    unit: f64,
    /// Units traded against this side, per second.
    market: f64,
    /// Units of limit orders that join its best price, per second.
    limit: f64,
    /// Cancels per second of each order at the best price.
    cancel: f64,
    /// Shape of the Gamma law of the trade rate; inf where trades do not cluster.
    shape: f64,
    /// Traded sweeps, decayed.
    sweeps: f64,
    /// Cancels of both sides, decayed.
    cancels: f64,
    /// Seconds of observation, decayed.
    seconds: f64,
}

#[pymethods]
impl FillRates {
    fn __repr__(&self) -> String {
        let Self { unit, market, limit, cancel, shape, .. } = self;
        format!("FillRates(unit={unit:.4}, market={market:.4}, limit={limit:.4}, cancel={cancel:.4}, shape={shape:.4})")
    }
}

/// Fill probabilities of one book, learned as its messages and trades come.
#[pyclass(frozen, module = "havklo._engine")]
pub struct FillModel {
    estimator: Mutex<Estimator>,
}

#[pymethods]
impl FillModel {
    #[new]
    #[pyo3(signature = (
        *, half_life = Some(1_800.0), outcomes_half_life = Some(21_600.0), horizons = vec![1.0, 3.0, 10.0, 60.0]
    ), text_signature = "(*, half_life=1800.0, outcomes_half_life=21600.0, horizons=(1.0, 3.0, 10.0, 60.0))")]
    fn new(
        py: Python<'_>,
        half_life: Option<f64>,
        outcomes_half_life: Option<f64>,
        horizons: Vec<f64>,
    ) -> PyResult<Self> {
        for (name, value) in [("half_life", half_life), ("outcomes_half_life", outcomes_half_life)] {
            if value.is_some_and(|seconds| !seconds.is_finite() || seconds <= 0.0) {
                return Err(errors::configuration(py, format!("{name} must be a number of seconds above 0, or None")));
            }
        }
        let fits = |horizon: &f64| *horizon > 0.0 && *horizon <= 600.0;
        if horizons.is_empty() || horizons.len() > 6 || !horizons.iter().all(fits) {
            return Err(errors::configuration(
                py,
                "horizons must be one to six numbers of seconds, above 0 and at most 600",
            ));
        }
        let options = Options {
            half_life_s: half_life,
            outcomes_half_life_s: outcomes_half_life,
            horizons_s: horizons,
            ..Options::default()
        };
        Ok(Self { estimator: Mutex::new(Estimator::new(options)) })
    }

    /// The book is live from here on, with these orders.
    #[expect(clippy::needless_pass_by_value, reason = "extracted from Python, so owned")]
    fn snapshot(&self, py: Python<'_>, now_ns: i64, bids: Levels, asks: Levels, orders: Resting) -> PyResult<()> {
        let orders = orders.into_iter().map(|(side, price, qty, sequence, entered_ns)| {
            let side = one_of(py, &SIDES, "side", &side)?;
            Ok(RestingOrder { side, price, qty: amount(py, "qty", qty)?, sequence, entered_ns })
        });
        let orders = orders.collect::<PyResult<Vec<_>>>()?;
        let (bids, asks) = (levels(&bids), levels(&asks));
        self.lock().snapshot(now_ns, &View { bids: &bids, asks: &asks }, orders.into_iter());
        Ok(())
    }

    /// One message of the book, with the book after it.
    #[expect(clippy::needless_pass_by_value, reason = "extracted from Python, so owned")]
    fn message(&self, py: Python<'_>, now_ns: i64, bids: Levels, asks: Levels, events: Rows) -> PyResult<()> {
        let events = events.into_iter().map(|(side, price, kind, arrival, qty, sequence, entered_ns)| {
            let (side, kind) = (one_of(py, &SIDES, "side", &side)?, one_of(py, &KINDS, "kind", &kind)?);
            Ok(OrderEvent { side, price, kind, arrival, qty: amount(py, "qty", qty)?, sequence, entered_ns })
        });
        let events = events.collect::<PyResult<Vec<_>>>()?;
        let (bids, asks) = (levels(&bids), levels(&asks));
        self.lock().message(now_ns, &View { bids: &bids, asks: &asks }, &events);
        Ok(())
    }

    /// One print of the `trade` channel.
    fn trade(&self, py: Python<'_>, now_ns: i64, taker: &str, price: u128, qty: f64) -> PyResult<()> {
        let taker = one_of(py, &TAKERS, "taker", taker)?;
        let qty = amount(py, "qty", qty)?;
        self.lock().trade(now_ns, taker, price, qty);
        Ok(())
    }

    /// Messages may have been lost: what was learned stays, what was under way is not followed any more.
    fn interrupted(&self) {
        self.lock().interrupted();
    }

    /// The order with this sequence is an own one.
    fn exclude(&self, sequence: u64) {
        self.lock().exclude(sequence);
    }

    /// The probability that an order is filled within so many seconds.
    #[pyo3(signature = (
        *, side, within, ahead, opposite, level = 0, qty = 0.0, model = "auto", amount = "first_touch",
        until = "price_held"
    ))]
    #[expect(clippy::too_many_arguments, clippy::needless_pass_by_value, reason = "keyword-only in Python")]
    fn probability(
        &self,
        py: Python<'_>,
        side: &str,
        within: f64,
        ahead: Vec<(f64, f64)>,
        opposite: f64,
        level: u32,
        qty: f64,
        model: &str,
        amount: &str,
        until: &str,
    ) -> PyResult<FillEstimate> {
        let numbers = ahead.iter().flat_map(|(qty, age)| [("a quantity ahead", *qty), ("an age ahead", *age)]);
        for (name, number) in numbers.chain([("opposite", opposite), ("qty", qty)]) {
            self::amount(py, name, number)?;
        }
        let query = Query {
            side: one_of(py, &SIDES, "side", side)?,
            level,
            qty,
            ahead: Ahead::Orders(&ahead),
            opposite,
            definition: definition(py, amount, until)?,
        };
        self.asked(py, &query, model, within)
    }

    /// The same for an order at this price of the book as it is now: that with this sequence, or a new one at the back.
    #[pyo3(signature = (
        side, price, within, *, sequence = None, qty = 0.0, model = "auto", amount = "first_touch",
        until = "price_held"
    ))]
    #[expect(clippy::too_many_arguments, reason = "keyword-only in Python")]
    fn probability_at(
        &self,
        py: Python<'_>,
        side: &str,
        price: u128,
        within: f64,
        sequence: Option<u64>,
        qty: f64,
        model: &str,
        amount: &str,
        until: &str,
    ) -> PyResult<FillEstimate> {
        let side = one_of(py, &SIDES, "side", side)?;
        let qty = self::amount(py, "qty", qty)?;
        let definition = definition(py, amount, until)?;
        let (ahead, (level, opposite)) = {
            let estimator = self.lock();
            (estimator.ahead(side, price, sequence), estimator.around(side, price))
        };
        let query = Query { side, level, qty, ahead: Ahead::Orders(&ahead), opposite, definition };
        self.asked(py, &query, model, within)
    }

    /// The rates of one side as they are estimated now.
    #[pyo3(signature = (side, within = 1.0))]
    fn rates(&self, py: Python<'_>, side: &str, within: f64) -> PyResult<FillRates> {
        let rates = self.lock().rates_of(one_of(py, &SIDES, "side", side)?, horizon(py, within)?);
        Ok(FillRates {
            unit: rates.unit,
            market: rates.market,
            limit: rates.limit,
            cancel: rates.cancel,
            shape: rates.shape,
            sweeps: rates.sweeps,
            cancels: rates.cancels,
            seconds: rates.seconds,
        })
    }
}

impl FillModel {
    fn asked(&self, py: Python<'_>, query: &Query<'_>, model: &str, within: f64) -> PyResult<FillEstimate> {
        let model = one_of(py, &Model::ALL.map(|model| (model.name(), model)), "model", model)?;
        let within = horizon(py, within)?;
        Ok(FillEstimate::new(&self.lock().probability(query, model, within)))
    }

    fn lock(&self) -> MutexGuard<'_, Estimator> {
        self.estimator.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The probability of a fill by each of the times, by Aalen and Johansen.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "extracted from Python, so owned")]
fn fill_incidence(py: Python<'_>, histories: Vec<(f64, PyBackedStr)>, times: Vec<f64>) -> PyResult<Vec<f64>> {
    let histories =
        histories.into_iter().map(|(time, end)| Ok((amount(py, "a time", time)?, one_of(py, &ENDS, "end", &end)?)));
    Ok(cumulative_incidence(&histories.collect::<PyResult<Vec<_>>>()?, &times))
}

fn levels(levels: &[(u128, f64, u32)]) -> Vec<ViewLevel> {
    levels.iter().map(|(price, qty, orders)| ViewLevel { price: *price, qty: *qty, orders: *orders }).collect()
}

pub fn one_of<T: Copy>(py: Python<'_>, names: &[(&str, T)], what: &str, given: &str) -> PyResult<T> {
    let found = names.iter().find(|(name, _)| *name == given).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        errors::configuration(py, format!("{what} must be one of {}, not {given:?}", known.join(", ")))
    })
}

pub fn definition(py: Python<'_>, amount: &str, until: &str) -> PyResult<Definition> {
    Ok(Definition {
        amount: one_of(py, &Amount::ALL.map(|amount| (amount.name(), amount)), "amount", amount)?,
        until: one_of(py, &Until::ALL.map(|until| (until.name(), until)), "until", until)?,
    })
}

fn amount(py: Python<'_>, what: &str, number: f64) -> PyResult<f64> {
    if number.is_finite() && number >= 0.0 {
        return Ok(number);
    }
    Err(errors::configuration(py, format!("{what} must be a number that is not negative, not {number}")))
}

pub fn horizon(py: Python<'_>, within: f64) -> PyResult<f64> {
    if within > 0.0 {
        return Ok(within);
    }
    Err(errors::configuration(py, format!("within must be a number of seconds above 0, not {within}")))
}
