//! What `receive` gives: frozen facts about one message.

use crate::level3::OrderChange;
use crate::names;
use crate::values::{Change, Level, Top, decimal_or_none};
use havklo_engine::{Book, Fault, Fixed, OrderId, Timestamp, nanoseconds};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use smallvec::SmallVec;

/// What every verified message tells, complete before any Python object is made.
#[derive(Clone)]
pub struct Facts {
    snapshot: bool,
    crossed: bool,
    conflated: u64,
    depth: usize,
    checksum: u32,
    scales: (u8, u8),
    recv_ns: i64,
    timestamp: Option<Timestamp>,
    bid: Option<(u128, u128)>,
    ask: Option<(u128, u128)>,
}

impl Facts {
    #[inline]
    fn take(book: &Book, snapshot: bool, recv_ns: i64) -> Self {
        Self {
            snapshot,
            crossed: book.crossed(),
            conflated: 0,
            depth: book.settings().depth,
            checksum: book.checksum(),
            scales: book.scales(),
            recv_ns,
            timestamp: book.timestamp().copied(),
            bid: book.bids().first().map(|level| (level.price, level.qty)),
            ask: book.asks().first().map(|level| (level.price, level.qty)),
        }
    }

    fn level(&self, level: Option<(u128, u128)>) -> Option<Level> {
        let (price, qty) = level?;
        Some(Level::new(Fixed::new(price, self.scales.0), Fixed::new(qty, self.scales.1), true))
    }

    fn describe(&self, class: &str, symbol: &Py<PyString>) -> String {
        let price = |level: Option<(u128, u128)>| {
            level.map_or("None".to_string(), |(price, _)| Fixed::new(price, self.scales.0).to_string())
        };
        let (bid, ask) = (price(self.bid), price(self.ask));
        let kind = if self.snapshot { "snapshot" } else { "update" };
        format!("{class}('{symbol}', type='{kind}', bid={bid}, ask={ask}, checksum={})", self.checksum)
    }
}

/// The Rust side of a [`BookUpdate`].
#[derive(Clone)]
pub struct UpdateData {
    facts: Facts,
    /// Two fit inline: most messages change one level, or delete one and refill the book.
    changes: SmallVec<[havklo_engine::Change; 2]>,
}

impl UpdateData {
    #[inline]
    pub fn take(book: &Book, snapshot: bool, changes: &[havklo_engine::Change], recv_ns: i64) -> Self {
        Self { facts: Facts::take(book, snapshot, recv_ns), changes: changes.into() }
    }
}

/// The Rust side of a [`Level3Update`].
#[derive(Clone)]
pub struct OrdersData {
    facts: Facts,
    changes: SmallVec<[havklo_engine::OrderChange; 1]>,
    pushed_out: Vec<OrderId>,
}

impl OrdersData {
    #[inline]
    pub fn take(book: &Book, snapshot: bool, engine: &havklo_engine::Engine, recv_ns: i64) -> Self {
        Self {
            facts: Facts::take(book, snapshot, recv_ns),
            changes: engine.order_changes().into(),
            pushed_out: engine.pushed_out().to_vec(),
        }
    }
}

/// A verified book message: what changed, and the top of the book as of this message.
#[pyclass(frozen, module = "havklo._engine")]
pub struct BookUpdate {
    symbol: Py<PyString>,
    data: UpdateData,
}

impl BookUpdate {
    #[inline]
    pub fn new(symbol: Py<PyString>, data: UpdateData) -> Self {
        Self { symbol, data }
    }
}

/// A verified level-3 message: what happened to orders, and the top of the book as of this message.
#[pyclass(frozen, module = "havklo._engine")]
pub struct Level3Update {
    symbol: Py<PyString>,
    data: OrdersData,
}

impl Level3Update {
    #[inline]
    pub fn new(symbol: Py<PyString>, data: OrdersData) -> Self {
        Self { symbol, data }
    }
}

/// What both kinds of update answer, and what each has of its own.
macro_rules! update {
    ($class:ident { $($own:tt)* }) => {
        #[pymethods]
        impl $class {
            /// The symbol.
            #[getter]
            fn symbol(&self, py: Python<'_>) -> Py<PyString> {
                self.symbol.clone_ref(py)
            }

            /// `snapshot` or `update`.
            #[getter]
            fn r#type(&self) -> &'static str {
                if self.data.facts.snapshot { "snapshot" } else { "update" }
            }

            /// The best bid after this message; None while there is none.
            #[getter]
            fn best_bid(&self) -> Option<Level> {
                self.data.facts.level(self.data.facts.bid)
            }

            /// The best ask after this message; None while there is none.
            #[getter]
            fn best_ask(&self) -> Option<Level> {
                self.data.facts.level(self.data.facts.ask)
            }

            /// Best bid and best ask; None while a side is empty.
            #[getter]
            fn top(&self, py: Python<'_>) -> PyResult<Option<Top>> {
                let (Some(bid), Some(ask)) = (self.best_bid(), self.best_ask()) else { return Ok(None) };
                Ok(Some(Top { bid: Py::new(py, bid)?, ask: Py::new(py, ask)? }))
            }

            /// Best ask minus best bid; negative in a crossed book; None while a side is empty.
            #[getter]
            fn spread(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
                let prices = self.data.facts.bid.zip(self.data.facts.ask);
                let spread = prices.map(|((bid, _), (ask, _))| Fixed {
                    mantissa: bid.abs_diff(ask),
                    scale: self.data.facts.scales.0,
                    negative: bid > ask,
                });
                decimal_or_none(py, spread)
            }

            /// The middle of best bid and best ask, exact; None while a side is empty.
            #[getter]
            fn mid(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
                let prices = self.data.facts.bid.zip(self.data.facts.ask);
                let mid = prices.and_then(|((bid, _), (ask, _))| Fixed::middle(bid, ask, self.data.facts.scales.0));
                decimal_or_none(py, mid)
            }

            /// Kraken's checksum, which the book's equals.
            #[getter]
            fn checksum(&self) -> u32 {
                self.data.facts.checksum
            }

            /// The time in the message as Kraken sent it (RFC 3339), or None.
            #[getter]
            fn timestamp(&self) -> Option<&str> {
                self.data.facts.timestamp.as_ref().map(Timestamp::as_str)
            }

            /// When the message came, in nanoseconds since the epoch.
            #[getter]
            fn recv_ns(&self) -> i64 {
                self.data.facts.recv_ns
            }

            /// The book's depth.
            #[getter]
            fn depth(&self) -> usize {
                self.data.facts.depth
            }

            /// Whether the book is crossed, and a fresh snapshot was, too.
            #[getter]
            fn crossed(&self) -> bool {
                self.data.facts.crossed
            }

            /// How many earlier updates a slow reader did not see before this one.
            #[getter]
            fn conflated(&self) -> u64 {
                self.data.facts.conflated
            }

            fn __repr__(&self) -> String {
                self.data.facts.describe(stringify!($class), &self.symbol)
            }

            $($own)*
        }
    };
}

update!(BookUpdate {
    /// The message's entries in their order; empty in a conflated update.
    #[getter]
    fn changes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let changes: Vec<Py<Change>> =
            self.data.changes.iter().map(|change| Py::new(py, Change::new(change))).collect::<PyResult<_>>()?;
        PyTuple::new(py, changes)
    }

    /// The same update standing for `count` earlier ones as well, without changes.
    #[pyo3(signature = (count, /))]
    fn conflate(&self, py: Python<'_>, count: u64) -> Self {
        let facts = Facts { conflated: count, ..self.data.facts.clone() };
        Self { symbol: self.symbol.clone_ref(py), data: UpdateData { facts, changes: SmallVec::new() } }
    }
});

update!(Level3Update {
    /// The message's entries in their order; a snapshot's, one for each order; empty in a conflated update.
    #[getter]
    fn changes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let scales = self.data.facts.scales;
        let changes: Vec<Py<OrderChange>> = (self.data.changes.iter())
            .map(|change| Py::new(py, OrderChange::new(*change, scales)))
            .collect::<PyResult<_>>()?;
        PyTuple::new(py, changes)
    }

    /// The ids of orders that were pushed out of the book's depth: they rest on, unseen.
    #[getter]
    fn pushed_out<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.data.pushed_out.iter().map(OrderId::as_str))
    }

    /// The time in the message in nanoseconds since the epoch, or None.
    #[getter]
    fn timestamp_ns(&self) -> Option<i64> {
        self.data.facts.timestamp.as_ref().and_then(|time| nanoseconds(time.as_bytes()))
    }

    /// The same update standing for `count` earlier ones as well, without changes.
    #[pyo3(signature = (count, /))]
    fn conflate(&self, py: Python<'_>, count: u64) -> Self {
        let facts = Facts { conflated: count, ..self.data.facts.clone() };
        let data = OrdersData { facts, changes: SmallVec::new(), pushed_out: Vec::new() };
        Self { symbol: self.symbol.clone_ref(py), data }
    }
});

/// The Rust side of a [`Desync`].
pub struct DesyncData {
    pub fault: Fault,
    pub timestamp: Option<String>,
    pub recv_ns: i64,
}

/// A message that was not proven: its books can't be read until a verified snapshot comes.
#[pyclass(frozen, get_all, module = "havklo._engine")]
pub struct Desync {
    /// The (first) book's symbol.
    pub symbol: Py<PyString>,
    /// The symbols of all books that this message desynchronised; usually one.
    pub symbols: Py<PyTuple>,
    /// Why, a `DesyncReason`.
    pub reason: Py<PyAny>,
    /// Kraken's checksum, or None where the message had none.
    pub expected: Option<u32>,
    /// The book's checksum after the message, or None where it could not be applied.
    pub computed: Option<u32>,
    /// What was wrong, as a sentence.
    pub detail: String,
    /// The time in the last verified message of the book, or None.
    pub timestamp: Option<String>,
    /// When the message came, in nanoseconds since the epoch.
    pub recv_ns: i64,
}

impl Desync {
    pub fn new(py: Python<'_>, symbols: Vec<Py<PyString>>, data: DesyncData) -> PyResult<Self> {
        let symbols = PyTuple::new(py, symbols)?;
        Ok(Self {
            symbol: symbols.get_item(0)?.cast_into::<PyString>()?.unbind(),
            symbols: symbols.unbind(),
            reason: names::reason(py, data.fault.reason)?,
            expected: data.fault.expected,
            computed: data.fault.computed,
            detail: data.fault.to_string(),
            timestamp: data.timestamp,
            recv_ns: data.recv_ns,
        })
    }
}

#[pymethods]
impl Desync {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let sum = |sum: Option<u32>| sum.map_or("None".to_string(), |sum| sum.to_string());
        let (expected, computed) = (sum(self.expected), sum(self.computed));
        Ok(format!(
            "Desync('{}', reason='{}', expected={expected}, computed={computed})",
            self.symbol,
            self.reason.bind(py).str()?
        ))
    }
}
