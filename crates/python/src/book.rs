//! `Book`: a handle on one book of an engine.

use crate::engine::Shared;
use crate::values::{BookArrays, BookSnapshot, Level, Peek, SnapshotData, Sweep, Top, argument, decimal_or_none};
use crate::{errors, names};
use havklo_engine::{BookId, Reason, Side, State};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

type Kept = havklo_engine::Book;

/// An order book that answers only while every message up to now was proven.
#[pyclass(frozen, subclass, module = "havklo._engine")]
pub struct Book {
    shared: Arc<Shared>,
    id: BookId,
    symbol: Py<PyString>,
}

impl Book {
    pub fn new(shared: Arc<Shared>, id: BookId, symbol: Py<PyString>) -> Self {
        Self { shared, id, symbol }
    }

    /// Reads the book if it is live. Nothing of Python may be touched in `read`.
    #[inline]
    pub fn live<T>(&self, py: Python<'_>, read: impl FnOnce(&Kept) -> T) -> PyResult<T> {
        let live = |book: &&Kept| book.state() == State::Live;
        let value = self.shared.lock().engine.book(self.id).filter(live).map(read);
        value.ok_or_else(|| self.not_live(py))
    }

    /// Does something to the book's engine. Nothing of Python may be touched in `act`.
    pub fn with_engine<T>(&self, act: impl FnOnce(&mut havklo_engine::Engine, BookId) -> T) -> T {
        act(&mut self.shared.lock().engine, self.id)
    }

    /// Reads the book unless it is closed.
    fn tracked<T>(&self, read: impl FnOnce(&Kept) -> T) -> Option<T> {
        self.shared.lock().engine.book(self.id).map(read)
    }

    #[cold]
    fn not_live(&self, py: Python<'_>) -> PyErr {
        let (state, reason) = self.standing();
        match names::state(py, state) {
            Ok(state) => errors::not_live(py, state, reason, &self.symbol.to_string()),
            Err(error) => error,
        }
    }

    fn standing(&self) -> (Option<State>, String) {
        match self.tracked(|book| (book.state(), book.reason())) {
            Some((state, reason)) => (Some(state), reason),
            None => (None, "it is no longer subscribed".to_string()),
        }
    }

    fn sweep_failed(py: Python<'_>) -> PyErr {
        errors::too_large(py, "these prices and quantities are beyond 256-bit arithmetic")
    }
}

fn first(book: &Kept, side: Side) -> Option<Level> {
    let level = if side == Side::Bid { book.bids() } else { book.asks() }.first()?;
    let (price, qty) = book.decimals(level);
    Some(Level::new(price, qty, true))
}

fn age(recv_ns: i64, now_ns: Option<i64>) -> i64 {
    let now = now_ns.unwrap_or_else(|| {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX)
    });
    now - recv_ns
}

#[pymethods]
impl Book {
    /// The symbol.
    #[getter]
    fn symbol(&self, py: Python<'_>) -> Py<PyString> {
        self.symbol.clone_ref(py)
    }

    /// Levels a side, as subscribed; 0 once closed.
    #[getter]
    fn depth(&self) -> usize {
        self.tracked(|book| book.settings().depth).unwrap_or(0)
    }

    /// The state; only a live book answers reads.
    #[getter]
    fn state(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        names::state(py, self.tracked(Kept::state))
    }

    /// Why the book is not live; None if it is.
    #[getter]
    fn reason(&self) -> Option<String> {
        let (state, reason) = self.standing();
        (state != Some(State::Live)).then_some(reason)
    }

    /// How many levels a side Kraken's checksum proves.
    #[getter]
    fn proven_depth(&self) -> usize {
        self.tracked(Kept::proven_depth).unwrap_or(0)
    }

    /// Whether the book is crossed, and a fresh snapshot was, too.
    #[getter]
    fn crossed(&self, py: Python<'_>) -> PyResult<bool> {
        self.live(py, Kept::crossed)
    }

    /// The best bid; None while there is none.
    #[getter]
    fn best_bid(&self, py: Python<'_>) -> PyResult<Option<Level>> {
        self.live(py, |book| first(book, Side::Bid))
    }

    /// The best ask; None while there is none.
    #[getter]
    fn best_ask(&self, py: Python<'_>) -> PyResult<Option<Level>> {
        self.live(py, |book| first(book, Side::Ask))
    }

    /// Best bid and best ask of one instant; None while a side is empty or the book is not live.
    #[getter]
    fn top(&self, py: Python<'_>) -> PyResult<Option<Top>> {
        let read = |book: &Kept| first(book, Side::Bid).zip(first(book, Side::Ask));
        let live = |book: &Kept| (book.state() == State::Live).then(|| read(book)).flatten();
        let Some((bid, ask)) = self.tracked(live).flatten() else { return Ok(None) };
        Ok(Some(Top { bid: Py::new(py, bid)?, ask: Py::new(py, ask)? }))
    }

    /// Best ask minus best bid; None while a side is empty.
    #[getter]
    fn spread(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let spread = self.live(py, Kept::spread)?;
        decimal_or_none(py, spread)
    }

    /// The middle of best bid and best ask, exact; None while a side is empty.
    #[getter]
    fn mid(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let mid = self.live(py, Kept::mid)?;
        decimal_or_none(py, mid)
    }

    /// The weighted mid price `Pa·I + Pb·(1 - I)` with `I = Qb / (Qb + Qa)`; None while a side is empty.
    #[getter]
    fn microprice(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let microprice = self.live(py, Kept::microprice)?.map_err(|_| Self::sweep_failed(py))?;
        decimal_or_none(py, microprice)
    }

    /// Queue imbalance `(Qb - Qa) / (Qb + Qa)` over the best levels a side; None of an empty book.
    #[pyo3(signature = (levels = 10))]
    fn imbalance(&self, py: Python<'_>, levels: usize) -> PyResult<Option<Py<PyAny>>> {
        if levels == 0 {
            return Err(errors::configuration(py, "imbalance needs at least one level"));
        }
        let imbalance = self.live(py, |book| book.imbalance(levels))?.map_err(|_| Self::sweep_failed(py))?;
        decimal_or_none(py, imbalance)
    }

    /// The bids, best first, at most `n`.
    #[pyo3(signature = (n = None))]
    fn bids(&self, py: Python<'_>, n: Option<usize>) -> PyResult<Vec<Level>> {
        self.live(py, |book| Level::list(book, Side::Bid, n))
    }

    /// The asks, best first, at most `n`.
    #[pyo3(signature = (n = None))]
    fn asks(&self, py: Python<'_>, n: Option<usize>) -> PyResult<Vec<Level>> {
        self.live(py, |book| Level::list(book, Side::Ask, n))
    }

    /// What it costs to take `qty` from the book at once: a buy takes from the asks, a sell from the bids.
    fn vwap(&self, side: &str, qty: &Bound<'_, PyAny>) -> PyResult<Sweep> {
        let py = qty.py();
        let taken = match side {
            "buy" => Side::Ask,
            "sell" => Side::Bid,
            _ => return Err(errors::configuration(py, format!("side is 'buy' or 'sell', not '{side}'"))),
        };
        let qty = argument(qty, "qty")?;
        let sweep = self.live(py, |book| book.sweep(taken, qty))?;
        sweep.map(Sweep).map_err(|_| Self::sweep_failed(py))
    }

    /// Levels, checksum and times of one instant.
    #[pyo3(signature = (n = None))]
    fn snapshot(&self, py: Python<'_>, n: Option<usize>) -> PyResult<BookSnapshot> {
        let data = self.live(py, |book| SnapshotData::take(book, n))?;
        data.into_object(py, self.symbol.clone_ref(py))
    }

    /// The last verified state with its age, whatever the state is now.
    #[pyo3(signature = (now_ns = None))]
    fn peek(&self, py: Python<'_>, now_ns: Option<i64>) -> PyResult<Peek> {
        let taken = self.tracked(|book| {
            let held = book.recv_ns().map(|recv_ns| (SnapshotData::take(book, None), recv_ns));
            (held, book.state(), book.reason())
        });
        let Some((held, state, reason)) = taken else {
            let (_, reason) = self.standing();
            return Ok(Peek { snapshot: None, age_ns: None, state: names::state(py, None)?, reason: Some(reason) });
        };
        let (data, recv_ns) = held.unzip();
        let snapshot = data.map(|data| Py::new(py, data.into_object(py, self.symbol.clone_ref(py))?)).transpose()?;
        Ok(Peek {
            snapshot,
            age_ns: recv_ns.map(|recv_ns| age(recv_ns, now_ns)),
            state: names::state(py, Some(state))?,
            reason: (state != State::Live).then_some(reason),
        })
    }

    /// Nanoseconds since the last verified message came; None before the first.
    #[pyo3(signature = (now_ns = None))]
    fn age_ns(&self, now_ns: Option<i64>) -> Option<i64> {
        self.tracked(Kept::recv_ns).flatten().map(|recv_ns| age(recv_ns, now_ns))
    }

    /// Kraken's checksum of the last message, which the book's equals.
    #[getter]
    fn checksum(&self, py: Python<'_>) -> PyResult<u32> {
        self.live(py, Kept::checksum)
    }

    /// The time in the last verified message as Kraken sent it, or None.
    #[getter]
    fn timestamp(&self) -> Option<String> {
        self.tracked(|book| book.timestamp().map(|stamp| stamp.as_str().to_string())).flatten()
    }

    /// When the last verified message came, in nanoseconds since the epoch; None before the first.
    #[getter]
    fn recv_ns(&self) -> Option<i64> {
        self.tracked(Kept::recv_ns).flatten()
    }

    /// Ticks and lots as int64 arrays with their scales.
    fn to_numpy(&self, py: Python<'_>) -> PyResult<BookArrays> {
        let (columns, scales) = self.live(py, |book| {
            let column = |levels: &[havklo_engine::Level], pick: fn(&havklo_engine::Level) -> u128| {
                levels.iter().map(|level| i64::try_from(pick(level)).ok()).collect::<Option<Vec<i64>>>()
            };
            let (bids, asks) = (book.bids(), book.asks());
            let columns = [
                column(bids, |l| l.price),
                column(bids, |l| l.qty),
                column(asks, |l| l.price),
                column(asks, |l| l.qty),
            ];
            (columns, book.scales())
        })?;
        let mut arrays = Vec::with_capacity(4);
        for column in columns {
            let column = column.ok_or_else(|| errors::too_large(py, "a price or quantity does not fit in 64 bits"))?;
            let bytes: Vec<u8> = column.iter().flat_map(|number| number.to_ne_bytes()).collect();
            arrays.push(array(py, &bytes, "int64")?);
        }
        let [bid_price, bid_qty, ask_price, ask_qty] =
            <[_; 4]>::try_from(arrays).map_err(|_| errors::too_large(py, "four columns were expected"))?;
        Ok(BookArrays { bid_price, bid_qty, ask_price, ask_qty, price_scale: scales.0, qty_scale: scales.1 })
    }

    /// Bids and asks as two float64 arrays of shape (levels, 2): price and quantity.
    fn to_floats(&self, py: Python<'_>) -> PyResult<(Py<PyAny>, Py<PyAny>)> {
        let (bids, asks) = self.live(py, |book| {
            let bytes = |levels: &[havklo_engine::Level]| -> Vec<u8> {
                let numbers = levels.iter().flat_map(|level| {
                    let (price, qty) = book.decimals(level);
                    [price.to_f64(), qty.to_f64()]
                });
                numbers.flat_map(f64::to_ne_bytes).collect()
            };
            (bytes(book.bids()), bytes(book.asks()))
        })?;
        let shaped = |bytes: &[u8]| array(py, bytes, "float64")?.call_method1(py, "reshape", (-1, 2));
        Ok((shaped(&bids)?, shaped(&asks)?))
    }

    /// Counters since the symbol was tracked.
    fn statistics(&self, py: Python<'_>) -> PyResult<BookStatistics> {
        let statistics = self.tracked(|book| *book.statistics()).unwrap_or_default();
        let desyncs = PyDict::new(py);
        for (reason, count) in Reason::ALL.iter().zip(statistics.desyncs) {
            if count > 0 {
                desyncs.set_item(names::reason(py, *reason)?, count)?;
            }
        }
        Ok(BookStatistics {
            messages: statistics.messages,
            verified: statistics.verified,
            snapshots: statistics.snapshots,
            ignored: statistics.ignored,
            desyncs: desyncs.unbind(),
        })
    }

    pub fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let state = self.state(py)?;
        Ok(format!("<Book {} depth {} {}>", self.symbol, self.depth(), state.bind(py).str()?))
    }
}

/// A read-only numpy array over a copy of these bytes.
fn array(py: Python<'_>, bytes: &[u8], dtype: &str) -> PyResult<Py<PyAny>> {
    let numpy = py.import("numpy")?;
    Ok(numpy.call_method1("frombuffer", (PyBytes::new(py, bytes), dtype))?.unbind())
}

/// Counters of one book since it was tracked.
#[pyclass(frozen, get_all, module = "havklo._engine")]
pub struct BookStatistics {
    /// Book messages addressed to it.
    pub messages: u64,
    /// Messages proven, snapshots among them.
    pub verified: u64,
    /// Snapshots proven.
    pub snapshots: u64,
    /// Updates that came while it was not live.
    pub ignored: u64,
    /// Desyncs by reason; reasons that never occurred are absent.
    pub desyncs: Py<PyDict>,
}

#[pymethods]
impl BookStatistics {
    fn __repr__(&self, py: Python<'_>) -> String {
        let desyncs = self.desyncs.bind(py).len();
        format!(
            "BookStatistics(messages={}, verified={}, snapshots={}, ignored={}, kinds_of_desync={desyncs})",
            self.messages, self.verified, self.snapshots, self.ignored
        )
    }
}
