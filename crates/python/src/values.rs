//! Frozen values: levels, changes, sweeps and snapshots. Decimals are made when read, and kept.

use crate::{errors, names};
use havklo_engine::{Book, Fixed, Side, State};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyTuple, PyType};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// A `decimal.Decimal` with just these digits.
pub fn decimal(py: Python<'_>, number: Fixed) -> PyResult<Py<PyAny>> {
    static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    Ok(DECIMAL.import(py, "decimal", "Decimal")?.call1((number.to_string(),))?.unbind())
}

/// An optional decimal.
pub fn decimal_or_none(py: Python<'_>, number: Option<Fixed>) -> PyResult<Option<Py<PyAny>>> {
    number.map(|number| decimal(py, number)).transpose()
}

/// A quantity given by a user: str, int or Decimal, never float.
pub fn argument(value: &Bound<'_, PyAny>, what: &str) -> PyResult<Fixed> {
    let py = value.py();
    if value.is_instance_of::<pyo3::types::PyFloat>() {
        return Err(errors::configuration(
            py,
            format!("{what} is a float; give a str, an int or a Decimal, which are exact"),
        ));
    }
    let text = value.str()?;
    match Fixed::parse(text.to_str()?.trim()) {
        Some(number) if number.mantissa > 0 => Ok(number),
        _ => Err(errors::configuration(
            py,
            format!("{what} must be a number above 0 with at most 28 digits, not {}", value.repr()?.to_str()?),
        )),
    }
}

/// A decimal that becomes a Python object when it is first read.
pub struct Lazy {
    number: Fixed,
    object: PyOnceLock<Py<PyAny>>,
}

impl Lazy {
    pub fn new(number: Fixed) -> Self {
        Self { number, object: PyOnceLock::new() }
    }

    pub fn number(&self) -> Fixed {
        self.number
    }

    pub fn get(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(self.object.get_or_try_init(py, || decimal(py, self.number))?.clone_ref(py))
    }

    /// Equal numbers are alike, however many zeros end them.
    pub fn key(&self) -> (u128, u8) {
        let (mut mantissa, mut scale) = (self.number.mantissa, self.number.scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        (mantissa, scale)
    }
}

/// One price of a book and the quantity that stands there.
#[pyclass(frozen, module = "havklo._engine")]
pub struct Level {
    price: Lazy,
    qty: Lazy,
    /// Whether the checksum covers this level: it is among the ten best.
    #[pyo3(get)]
    proven: bool,
}

impl Level {
    pub fn new(price: Fixed, qty: Fixed, proven: bool) -> Self {
        Self { price: Lazy::new(price), qty: Lazy::new(qty), proven }
    }

    /// The levels of a side, best first, at most `count`.
    pub fn list(book: &Book, side: Side, count: Option<usize>) -> Vec<Self> {
        let levels = if side == Side::Bid { book.bids() } else { book.asks() };
        let proven = book.proven_depth();
        let levels = levels.iter().take(count.unwrap_or(usize::MAX)).enumerate();
        levels
            .map(|(rank, level)| {
                let (price, qty) = book.decimals(level);
                Self::new(price, qty, rank < proven)
            })
            .collect()
    }
}

#[pymethods]
impl Level {
    /// The price, with the digits Kraken sent.
    #[getter]
    fn price(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.price.get(py)
    }

    /// The quantity, in units of the base currency.
    #[getter]
    fn qty(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.qty.get(py)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        PyTuple::new(py, [self.price.get(py)?, self.qty.get(py)?])?.call_method0("__iter__")
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            self.price.key() == other.price.key() && self.qty.key() == other.qty.key()
        })
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.price.key(), self.qty.key()).hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        format!("Level(price={}, qty={}, proven={})", self.price.number, self.qty.number, python_bool(self.proven))
    }
}

pub fn python_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// The best bid and the best ask of one instant.
#[pyclass(frozen, get_all, module = "havklo._engine")]
pub struct Top {
    /// The best bid.
    pub bid: Py<Level>,
    /// The best ask.
    pub ask: Py<Level>,
}

#[pymethods]
impl Top {
    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|found| {
            let (py, other) = (other.py(), found.get());
            self.bid.get().__eq__(other.bid.bind(py)) && self.ask.get().__eq__(other.ask.bind(py))
        })
    }

    fn __hash__(&self) -> u64 {
        self.bid.get().__hash__() ^ self.ask.get().__hash__().rotate_left(1)
    }

    fn __repr__(&self) -> String {
        format!("Top(bid={}, ask={})", self.bid.get().__repr__(), self.ask.get().__repr__())
    }
}

/// One entry of a message's `bids` or `asks`.
#[pyclass(frozen, module = "havklo._engine")]
pub struct Change {
    /// `bid` or `ask`.
    #[pyo3(get)]
    side: &'static str,
    price: Lazy,
    qty: Lazy,
}

impl Change {
    pub fn new(change: &havklo_engine::Change) -> Self {
        Self {
            side: if change.side == Side::Bid { "bid" } else { "ask" },
            price: Lazy::new(Fixed::new(change.price, change.price_scale)),
            qty: Lazy::new(Fixed::new(change.qty, change.qty_scale)),
        }
    }
}

#[pymethods]
impl Change {
    /// The price.
    #[getter]
    fn price(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.price.get(py)
    }

    /// The quantity that stands there now; 0 removes the level.
    #[getter]
    fn qty(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.qty.get(py)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            self.side == other.side && self.price.key() == other.price.key() && self.qty.key() == other.qty.key()
        })
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.side, self.price.key(), self.qty.key()).hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        format!("Change(side='{}', price={}, qty={})", self.side, self.price.number, self.qty.number)
    }
}

/// What it costs to take a quantity from a book.
#[pyclass(frozen, module = "havklo._engine")]
pub struct Sweep(pub havklo_engine::Sweep);

#[pymethods]
impl Sweep {
    /// Volume-weighted average price of what was filled; None if nothing was.
    #[getter]
    fn price(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        decimal_or_none(py, self.0.price)
    }

    /// How much of the quantity the book holds.
    #[getter]
    fn filled(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        decimal(py, self.0.filled)
    }

    /// The rest, for which the book is too thin.
    #[getter]
    fn unfilled(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        decimal(py, self.0.unfilled)
    }

    /// How many levels were touched.
    #[getter]
    fn levels(&self) -> usize {
        self.0.levels
    }

    /// What it costs beyond the mid price, in basis points of the mid; None without a mid price.
    #[getter]
    fn slippage_bps(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        decimal_or_none(py, self.0.slippage_bps)
    }

    /// Whether only levels that the checksum covers were touched.
    #[getter]
    fn proven(&self) -> bool {
        self.0.proven
    }

    fn __repr__(&self) -> String {
        let price = self.0.price.map_or("None".to_string(), |price| price.to_string());
        let (filled, unfilled, levels, proven) =
            (self.0.filled, self.0.unfilled, self.0.levels, python_bool(self.0.proven));
        format!("Sweep(price={price}, filled={filled}, unfilled={unfilled}, levels={levels}, proven={proven})")
    }
}

/// Several levels of one instant.
#[pyclass(frozen, get_all, module = "havklo._engine")]
pub struct BookSnapshot {
    /// The symbol.
    pub symbol: Py<PyString>,
    /// The book's depth.
    pub depth: usize,
    /// Bids, best first.
    pub bids: Py<PyTuple>,
    /// Asks, best first.
    pub asks: Py<PyTuple>,
    /// Kraken's sum of the message that made it so.
    pub checksum: u32,
    /// That message's time as Kraken sent it, or None.
    pub timestamp: Option<String>,
    /// When that message came, in nanoseconds since the epoch.
    pub recv_ns: Option<i64>,
    /// The book's state.
    pub state: Py<PyAny>,
    /// Whether it is crossed, and a fresh snapshot was, too.
    pub crossed: bool,
}

/// The engine's side of a [`BookSnapshot`], taken under the lock.
pub struct SnapshotData {
    depth: usize,
    bids: Vec<Level>,
    asks: Vec<Level>,
    checksum: u32,
    timestamp: Option<String>,
    recv_ns: Option<i64>,
    state: State,
    crossed: bool,
}

impl SnapshotData {
    pub fn take(book: &Book, count: Option<usize>) -> Self {
        Self {
            depth: book.settings().depth,
            bids: Level::list(book, Side::Bid, count),
            asks: Level::list(book, Side::Ask, count),
            checksum: book.checksum(),
            timestamp: book.timestamp().map(|stamp| stamp.as_str().to_string()),
            recv_ns: book.recv_ns(),
            state: book.state(),
            crossed: book.crossed(),
        }
    }

    pub fn into_object(self, py: Python<'_>, symbol: Py<PyString>) -> PyResult<BookSnapshot> {
        let tuple = |levels: Vec<Level>| -> PyResult<Py<PyTuple>> {
            let levels = levels.into_iter().map(|level| Py::new(py, level)).collect::<PyResult<Vec<_>>>()?;
            Ok(PyTuple::new(py, levels)?.unbind())
        };
        Ok(BookSnapshot {
            symbol,
            depth: self.depth,
            bids: tuple(self.bids)?,
            asks: tuple(self.asks)?,
            checksum: self.checksum,
            timestamp: self.timestamp,
            recv_ns: self.recv_ns,
            state: names::state(py, Some(self.state))?,
            crossed: self.crossed,
        })
    }
}

#[pymethods]
impl BookSnapshot {
    fn __repr__(&self, py: Python<'_>) -> String {
        let (bids, asks) = (self.bids.bind(py).len(), self.asks.bind(py).len());
        format!("BookSnapshot('{}', {bids} bids, {asks} asks, checksum={})", self.symbol, self.checksum)
    }
}

/// The last verified state of a book, whatever its state is now.
#[pyclass(frozen, get_all, module = "havklo._engine")]
pub struct Peek {
    /// What the book held; None before the first verified snapshot.
    pub snapshot: Option<Py<BookSnapshot>>,
    /// Nanoseconds since that message came; None before the first.
    pub age_ns: Option<i64>,
    /// The book's state now.
    pub state: Py<PyAny>,
    /// Why it is not live; None if it is.
    pub reason: Option<String>,
}

#[pymethods]
impl Peek {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let state = self.state.bind(py).str()?;
        let age = self.age_ns.map_or("None".to_string(), |age| age.to_string());
        Ok(format!("Peek(state='{state}', age_ns={age})"))
    }
}

/// A book as integers: ticks and lots with their scales.
#[pyclass(frozen, get_all, module = "havklo._engine")]
pub struct BookArrays {
    /// Bid prices in ticks, int64, best first.
    pub bid_price: Py<PyAny>,
    /// Bid quantities in lots, int64.
    pub bid_qty: Py<PyAny>,
    /// Ask prices in ticks, int64, best first.
    pub ask_price: Py<PyAny>,
    /// Ask quantities in lots, int64.
    pub ask_qty: Py<PyAny>,
    /// A price is its ticks divided by ten to this.
    pub price_scale: u8,
    /// A quantity is its lots divided by ten to this.
    pub qty_scale: u8,
}

#[pymethods]
impl BookArrays {
    fn __repr__(&self) -> String {
        format!("BookArrays(price_scale={}, qty_scale={})", self.price_scale, self.qty_scale)
    }
}
