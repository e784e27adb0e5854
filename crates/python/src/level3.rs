//! Level 3: a book that knows its orders, and the values it gives.

use crate::book::Book;
use crate::errors;
use crate::estimate::{FillEstimate, SIDES, TAKERS, definition, horizon, one_of};
use crate::values::{Lazy, argument, python_bool};
use havklo_engine::estimate::{Model, Options};
use havklo_engine::{Fixed, NoEstimate, OrderId, Place, Rule, Side, Subject};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

fn side_name(side: Side) -> &'static str {
    if side == Side::Bid { "bid" } else { "ask" }
}

/// One resting order.
#[pyclass(frozen, module = "havklo._engine")]
pub struct Order {
    kept: havklo_engine::Order,
    price: Lazy,
    qty: Lazy,
    /// Whether the checksum covers its level, and with it the sequence of the orders there.
    #[pyo3(get)]
    proven: bool,
}

impl Order {
    fn new(order: havklo_engine::Order, scales: (u8, u8), proven: bool) -> Self {
        let price = Lazy::new(Fixed::new(order.price, scales.0));
        Self { price, qty: Lazy::new(Fixed::new(order.qty, scales.1)), kept: order, proven }
    }
}

#[pymethods]
impl Order {
    /// Its id.
    #[getter]
    fn order_id(&self) -> &str {
        self.kept.id.as_str()
    }

    /// `bid` or `ask`.
    #[getter]
    fn side(&self) -> &'static str {
        side_name(self.kept.side)
    }

    /// Its price.
    #[getter]
    fn limit_price(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.price.get(py)
    }

    /// What it shows of its quantity, in units of the base currency.
    #[getter]
    fn order_qty(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.qty.get(py)
    }

    /// When it was inserted or last amended, in nanoseconds since the epoch, as Kraken says.
    #[getter]
    fn timestamp_ns(&self) -> i64 {
        self.kept.timestamp_ns
    }

    fn __repr__(&self) -> String {
        let (id, side) = (self.kept.id.as_str(), side_name(self.kept.side));
        let (price, qty, proven) = (self.price.number(), self.qty.number(), python_bool(self.proven));
        format!("Order('{id}', '{side}', limit_price={price}, order_qty={qty}, proven={proven})")
    }
}

/// An order's place in the queue at its price.
#[pyclass(frozen, module = "havklo._engine")]
pub struct QueuePosition {
    /// How many orders are filled before it; None if the book does not hold it.
    #[pyo3(get)]
    orders_ahead: Option<u32>,
    qty_ahead: Option<Lazy>,
    qty_level: Option<Lazy>,
    /// The rank of its price on its side, 0 for the best; None if the book does not hold it.
    #[pyo3(get)]
    level: Option<usize>,
    /// `exact`: the checksum covers its level; `bounded`: it lies deeper, and the place is what the messages imply;
    /// `unknown`: the book does not hold it.
    #[pyo3(get)]
    exactness: &'static str,
}

impl QueuePosition {
    fn new(place: Option<(Place, u8)>) -> Self {
        let qty = |pick: fn(&Place) -> u128| place.map(|(place, scale)| Lazy::new(Fixed::new(pick(&place), scale)));
        Self {
            orders_ahead: place.map(|(place, _)| place.orders_ahead),
            qty_ahead: qty(|place| place.qty_ahead),
            qty_level: qty(|place| place.qty_level),
            level: place.map(|(place, _)| place.level),
            exactness: match place {
                Some((place, _)) if place.proven => "exact",
                Some(_) => "bounded",
                None => "unknown",
            },
        }
    }
}

#[pymethods]
impl QueuePosition {
    /// The quantity ahead of it, in units of the base currency; None if the book does not hold the order.
    #[getter]
    fn qty_ahead(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.qty_ahead.as_ref().map(|qty| qty.get(py)).transpose()
    }

    /// The quantity at its price, its own included; None if the book does not hold the order.
    #[getter]
    fn qty_level(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.qty_level.as_ref().map(|qty| qty.get(py)).transpose()
    }

    /// Its place at its price, 1 for the one that is filled next; None if the book does not hold the order.
    #[getter]
    fn rank(&self) -> Option<u32> {
        self.orders_ahead.map(|ahead| ahead + 1)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            let keys = |position: &Self| {
                let key = |qty: &Option<Lazy>| qty.as_ref().map(Lazy::key);
                (position.orders_ahead, position.level, key(&position.qty_ahead), key(&position.qty_level))
            };
            keys(self) == keys(other) && self.exactness == other.exactness
        })
    }

    fn __hash__(&self) -> u64 {
        u64::from(self.orders_ahead.unwrap_or(u32::MAX)) << 32 | self.level.unwrap_or(usize::MAX) as u64
    }

    fn __repr__(&self) -> String {
        let qty = |qty: &Option<Lazy>| qty.as_ref().map_or("None".to_string(), |qty| qty.number().to_string());
        let count = |count: Option<String>| count.unwrap_or("None".to_string());
        format!(
            "QueuePosition(orders_ahead={}, qty_ahead={}, qty_level={}, level={}, exactness='{}')",
            count(self.orders_ahead.map(|ahead| ahead.to_string())),
            qty(&self.qty_ahead),
            qty(&self.qty_level),
            count(self.level.map(|level| level.to_string())),
            self.exactness
        )
    }
}

/// What a verified message did to one order.
#[pyclass(frozen, module = "havklo._engine")]
pub struct OrderChange {
    change: havklo_engine::OrderChange,
    limit_price: Lazy,
    order_qty: Lazy,
    qty_before: Lazy,
    qty_ahead: Lazy,
}

impl OrderChange {
    pub fn new(change: havklo_engine::OrderChange, scales: (u8, u8)) -> Self {
        let qty = |qty: u128| Lazy::new(Fixed::new(qty, scales.1));
        Self {
            limit_price: Lazy::new(Fixed::new(change.price, scales.0)),
            order_qty: qty(change.qty),
            qty_before: qty(change.before),
            qty_ahead: qty(change.qty_ahead),
            change,
        }
    }
}

#[pymethods]
impl OrderChange {
    /// `bid` or `ask`.
    #[getter]
    fn side(&self) -> &'static str {
        side_name(self.change.side)
    }

    /// `add`, `modify` or `delete`.
    #[getter]
    fn event(&self) -> &'static str {
        self.change.event.name()
    }

    /// The order's id.
    #[getter]
    fn order_id(&self) -> &str {
        self.change.id.as_str()
    }

    /// Its price, after the change.
    #[getter]
    fn limit_price(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.limit_price.get(py)
    }

    /// Its quantity after the change, in units of the base currency; 0 for a delete.
    #[getter]
    fn order_qty(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.order_qty.get(py)
    }

    /// Its quantity before; 0 for an add.
    #[getter]
    fn qty_before(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.qty_before.get(py)
    }

    /// When it was inserted or last amended, in nanoseconds since the epoch, as Kraken says.
    #[getter]
    fn timestamp_ns(&self) -> i64 {
        self.change.timestamp_ns
    }

    /// The first such time that was seen of the order.
    #[getter]
    fn entered_ns(&self) -> i64 {
        self.change.entered_ns
    }

    /// The rank of its price on its side when it happened, 0 for the best.
    #[getter]
    fn level(&self) -> u32 {
        self.change.level
    }

    /// How many orders stood before it at its price: before it left or changed, after it came.
    #[getter]
    fn orders_ahead(&self) -> u32 {
        self.change.orders_ahead
    }

    /// Their quantity.
    #[getter]
    fn qty_ahead(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.qty_ahead.get(py)
    }

    /// Why, as far as the message itself proves it: `snapshot`, `new`, `edge`, `amend`, `fill`, `cancel` or `unknown`.
    #[getter]
    fn reason(&self) -> &'static str {
        self.change.cause.name()
    }

    fn __repr__(&self) -> String {
        let (id, event, side) = (self.change.id.as_str(), self.change.event.name(), side_name(self.change.side));
        let (price, qty, before) = (self.limit_price.number(), self.order_qty.number(), self.qty_before.number());
        let reason = self.change.cause.name();
        format!(
            "OrderChange('{event}', '{side}', '{id}', limit_price={price}, order_qty={qty}, qty_before={before}, reason='{reason}')"
        )
    }
}

/// What was found out about the places of amended orders, by the checksum.
#[pyclass(frozen, get_all, module = "havklo._engine")]
pub struct Priority {
    /// After a quantity that became less: `keep`, `back` or `undecided`.
    pub qty_down: &'static str,
    /// After a quantity that became more.
    pub qty_up: &'static str,
    /// After a new price; `back` is the back of the new queue.
    pub price: &'static str,
    /// By these names, how many amends prove `keep`, how many `back`, and how many neither.
    pub evidence: Py<PyDict>,
}

#[pymethods]
impl Priority {
    fn __repr__(&self) -> String {
        format!("Priority(qty_down='{}', qty_up='{}', price='{}')", self.qty_down, self.qty_up, self.price)
    }
}

/// An order book that knows the orders behind its levels; it, too, answers only while every message was proven.
#[pyclass(frozen, extends = Book, module = "havklo._engine")]
pub struct Level3Book;

fn horizon_named(py: Python<'_>, what: &str, seconds: f64) -> PyResult<f64> {
    if seconds > 0.0 && seconds.is_finite() {
        return Ok(seconds);
    }
    Err(errors::configuration(py, format!("{what} is a number of seconds above 0, not {seconds}")))
}

#[pymethods]
impl Level3Book {
    /// The orders of a side, first to be filled first: of one level, 0 for the best price, or of all.
    #[pyo3(signature = (side, level = None))]
    fn orders(self_: &Bound<'_, Self>, side: &str, level: Option<usize>) -> PyResult<Vec<Order>> {
        let py = self_.py();
        let wanted = one_of(py, &SIDES, "side", side)?;
        self_.as_super().get().live(py, |book| {
            let levels = if wanted == Side::Bid { book.bids() } else { book.asks() };
            let (start, count) = level.map_or((0, levels.len()), |level| (level, 1));
            let levels = levels.iter().enumerate().skip(start).take(count);
            let orders = levels.flat_map(|(rank, level)| {
                let proven = rank < book.proven_depth();
                book.orders(level).map(move |order| Order::new(*order, book.scales(), proven))
            });
            orders.collect()
        })
    }

    /// An order by its id; None if the book does not hold it.
    fn order(self_: &Bound<'_, Self>, order_id: &str) -> PyResult<Option<Order>> {
        let py = self_.py();
        let Some(id) = OrderId::new(order_id.as_bytes()) else { return Ok(None) };
        self_.as_super().get().live(py, |book| {
            let proven = book.place(&id).is_some_and(|place| place.proven);
            book.order(&id).map(|order| Order::new(*order, book.scales(), proven))
        })
    }

    /// An order's place in the queue at its price; of exactness `unknown` if the book does not hold it.
    fn queue_position(self_: &Bound<'_, Self>, order_id: &Bound<'_, PyString>) -> PyResult<QueuePosition> {
        let py = self_.py();
        let id = OrderId::new(order_id.to_str()?.as_bytes());
        let place = self_.as_super().get().live(py, |book| Some((book.place(&id?)?, book.scales().1)))?;
        Ok(QueuePosition::new(place))
    }

    /// How many orders stand at a level, 0 for the best price; 0 beyond the book.
    fn order_count(self_: &Bound<'_, Self>, side: &str, level: usize) -> PyResult<u32> {
        let py = self_.py();
        let wanted = one_of(py, &SIDES, "side", side)?;
        self_.as_super().get().live(py, |book| {
            let levels = if wanted == Side::Bid { book.bids() } else { book.asks() };
            levels.get(level).map_or(0, |level| book.order_count(level))
        })
    }

    /// What was found out about amended orders since the symbol was tracked.
    #[getter]
    fn priority(self_: &Bound<'_, Self>) -> PyResult<Priority> {
        let py = self_.py();
        let oracle = self_.as_super().get().live(py, |book| book.oracle().copied().unwrap_or_default())?;
        let evidence = PyDict::new(py);
        for rule in Rule::ALL {
            let seen = oracle.evidence(rule);
            evidence.set_item(rule.name(), (seen.keep, seen.back, seen.ambiguous))?;
        }
        let verdict = |rule| oracle.evidence(rule).verdict().name();
        Ok(Priority {
            qty_down: verdict(Rule::QtyDown),
            qty_up: verdict(Rule::QtyUp),
            price: verdict(Rule::Price),
            evidence: evidence.unbind(),
        })
    }

    /// Starts to learn how orders of this book are filled, anew if it does already.
    #[pyo3(signature = (*, half_life = Some(1800.0), horizons = None),
        text_signature = "($self, *, half_life=1800.0, horizons=None)")]
    fn learn(self_: &Bound<'_, Self>, half_life: Option<f64>, horizons: Option<Vec<f64>>) -> PyResult<()> {
        let py = self_.py();
        let defaults = Options::default();
        if let Some(seconds) = half_life {
            horizon_named(py, "half_life", seconds)?;
        }
        let horizons_s = horizons.unwrap_or(defaults.horizons_s);
        for seconds in &horizons_s {
            horizon_named(py, "a horizon", *seconds)?;
        }
        let options = Options { half_life_s: half_life, horizons_s, ..defaults };
        self_.as_super().get().with_engine(|engine, id| engine.learn(id, options));
        Ok(())
    }

    /// Whether it learns.
    #[getter]
    fn learns(self_: &Bound<'_, Self>) -> bool {
        let book = self_.as_super().get();
        book.with_engine(|engine, id| engine.book(id).is_some_and(|book| book.estimator().is_some()))
    }

    /// Tells the book of a trade of its symbol, so that what it learns does not take cancels for trades.
    fn traded(
        self_: &Bound<'_, Self>,
        side: &str,
        price: &Bound<'_, PyAny>,
        qty: &Bound<'_, PyAny>,
        timestamp_ns: i64,
    ) -> PyResult<()> {
        let taker = one_of(self_.py(), &TAKERS, "side", side)?;
        let (price, qty) = (argument(price, "price")?, argument(qty, "qty")?);
        self_.as_super().get().with_engine(|engine, id| engine.traded(id, timestamp_ns, taker, price, qty));
        Ok(())
    }

    /// Tells the book that an order is the user's own: it counts neither in rates nor as being ahead.
    fn own(self_: &Bound<'_, Self>, order_id: &str) {
        if let Some(order) = OrderId::new(order_id.as_bytes()) {
            self_.as_super().get().with_engine(|engine, id| engine.own(id, &order));
        }
    }

    /// How likely an order is to be filled within so many seconds.
    #[pyo3(signature = (order_id = None, /, *, within, side = None, price = None, qty = None, model = "auto", amount = "first_touch", until = "price_held"))]
    #[expect(clippy::too_many_arguments, reason = "keyword-only in Python")]
    fn fill_probability(
        self_: &Bound<'_, Self>,
        order_id: Option<&str>,
        within: f64,
        side: Option<&str>,
        price: Option<&Bound<'_, PyAny>>,
        qty: Option<&Bound<'_, PyAny>>,
        model: &str,
        amount: &str,
        until: &str,
    ) -> PyResult<FillEstimate> {
        let py = self_.py();
        let model = one_of(py, &Model::ALL.map(|model| (model.name(), model)), "model", model)?;
        let (definition, within) = (definition(py, amount, until)?, horizon(py, within)?);
        let subject = match (order_id, side, price, qty) {
            (Some(id), None, None, None) => {
                Subject::Resting(OrderId::new(id.as_bytes()).ok_or_else(|| errors::not_in_book(py, id))?)
            }
            (None, Some(side), Some(price), Some(qty)) => Subject::Hypothetical {
                side: one_of(py, &SIDES, "side", side)?,
                price: argument(price, "price")?,
                qty: argument(qty, "qty")?,
            },
            _ => {
                let message = "fill_probability is asked of an order_id, or of a side, a price and a qty";
                return Err(errors::configuration(py, message));
            }
        };
        let book = self_.as_super().get();
        let ask = |book: &havklo_engine::Book| book.fill_probability(&subject, definition, model, within);
        let mut answer = book.live(py, ask)?;
        if matches!(answer, Err(NoEstimate::NotLearning)) {
            book.with_engine(|engine, id| engine.learn(id, Options::default()));
            answer = book.live(py, ask)?;
        }
        match answer {
            Ok(estimate) => Ok(FillEstimate::new(&estimate)),
            Err(NoEstimate::UnknownOrder) => Err(errors::not_in_book(py, order_id.unwrap_or_default())),
            Err(NoEstimate::Marketable) => {
                Err(errors::configuration(py, "an order at this price would be traded at once"))
            }
            Err(NoEstimate::BeyondDepth | NoEstimate::NotLearning) => {
                Err(errors::configuration(py, "the book does not reach to this price; subscribe to more depth"))
            }
        }
    }

    fn __repr__(self_: &Bound<'_, Self>) -> PyResult<String> {
        Ok(self_.as_super().get().__repr__(self_.py())?.replacen("<Book", "<Level3Book", 1))
    }
}
