//! `Engine`: frames in, events out.

use crate::book::Book;
use crate::errors;
use crate::events::{BookUpdate, Desync, DesyncData, Level3Update, OrdersData, UpdateData};
use crate::level3::Level3Book;
use havklo_engine::{BookId, Channel, Malformed, Outcome, Rules, Settings};
use pyo3::Borrowed;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};
use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What stands behind the one lock that an engine and its books share.
pub struct Kept {
    pub engine: havklo_engine::Engine,
    /// By [`BookId::index`].
    symbols: Vec<Py<PyString>>,
}

/// The lock.
pub struct Shared(Mutex<Kept>);

impl Shared {
    /// The engine. No Python code may run while it is locked.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    pub fn symbol(&self, py: Python<'_>, book: BookId) -> Py<PyString> {
        self.lock().symbols[book.index()].clone_ref(py)
    }
}

/// A depth as it is asked for: one that no machine word holds is none that Kraken offers.
#[derive(Clone, Copy)]
struct Depth(usize);

impl<'py> FromPyObject<'_, 'py> for Depth {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let py = given.py();
        match given.extract::<usize>() {
            Err(error) if error.is_instance_of::<PyOverflowError>(py) => {
                Err(errors::configuration(py, format!("no book has a depth of {}", given.repr()?)))
            }
            depth => depth.map(Self),
        }
    }
}

/// What a frame gave, before any Python object is made.
enum Received {
    Nothing,
    Update(BookId, UpdateData),
    Orders(BookId, OrdersData),
    Desync(Vec<BookId>, DesyncData),
    Malformed(Malformed),
}

/// The books of one connection: Kraken WebSocket v2 frames in, verified updates or desyncs out.
#[pyclass(frozen, module = "havklo._engine")]
pub struct Engine {
    shared: Arc<Shared>,
}

fn run(engine: &mut havklo_engine::Engine, frame: &[u8], recv_ns: i64) -> Received {
    match engine.receive(frame, recv_ns) {
        Ok(Outcome::Ignored) => Received::Nothing,
        Ok(Outcome::Update { book, snapshot }) => match engine.book(book) {
            Some(kept) if kept.settings().channel == Channel::Level3 => {
                Received::Orders(book, OrdersData::take(kept, snapshot, engine, recv_ns))
            }
            Some(kept) => Received::Update(book, UpdateData::take(kept, snapshot, engine.changes(), recv_ns)),
            None => Received::Nothing,
        },
        Ok(Outcome::Desync { book, fault }) => {
            let timestamp = engine.book(book).and_then(|book| book.timestamp());
            let timestamp = timestamp.map(|stamp| stamp.as_str().to_string());
            Received::Desync(engine.desynced().to_vec(), DesyncData { fault, timestamp, recv_ns })
        }
        Err(malformed) => Received::Malformed(malformed),
    }
}

/// A frame's bytes, in place if they are `bytes`, else a copy.
#[inline]
fn frame_bytes<'a>(frame: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, [u8]>> {
    match frame.cast::<PyBytes>() {
        Ok(bytes) => Ok(Cow::Borrowed(bytes.as_bytes())),
        Err(_) => Ok(Cow::Owned(PyBuffer::<u8>::get(frame)?.to_vec(frame.py())?)),
    }
}

impl Engine {
    fn object(&self, py: Python<'_>, result: Received, frame: &[u8]) -> PyResult<Option<Py<PyAny>>> {
        match result {
            Received::Nothing => Ok(None),
            Received::Update(book, data) => {
                Ok(Some(Py::new(py, BookUpdate::new(self.shared.symbol(py, book), data))?.into_any()))
            }
            Received::Orders(book, data) => {
                Ok(Some(Py::new(py, Level3Update::new(self.shared.symbol(py, book), data))?.into_any()))
            }
            Received::Desync(books, data) => {
                let symbols = books.iter().map(|book| self.shared.symbol(py, *book)).collect();
                Ok(Some(Py::new(py, Desync::new(py, symbols, data)?)?.into_any()))
            }
            Received::Malformed(malformed) => Err(errors::malformed(py, &malformed, frame)),
        }
    }

    fn tracked(&self, symbol: &Bound<'_, PyString>) -> PyResult<(BookId, Channel)> {
        let kept = self.shared.lock();
        let id = kept.engine.id(symbol.to_str()?);
        let found = id.and_then(|id| Some((id, kept.engine.book(id)?.settings().channel)));
        drop(kept);
        found.ok_or_else(|| errors::unknown_symbol(symbol.py(), &symbol.to_string()))
    }

    fn handle(&self, symbol: &Bound<'_, PyString>, id: BookId, channel: Channel) -> PyResult<Py<Book>> {
        let book = Book::new(Arc::clone(&self.shared), id, symbol.clone().unbind());
        match channel {
            Channel::Book => Py::new(symbol.py(), book),
            Channel::Level3 => {
                let book = PyClassInitializer::from(book).add_subclass(Level3Book);
                Ok(Bound::new(symbol.py(), book)?.into_super().unbind())
            }
        }
    }

    fn receive_bytes(&self, py: Python<'_>, frame: &[u8], recv_ns: i64) -> PyResult<Option<Py<PyAny>>> {
        let mut kept = self.shared.lock();
        let result = run(&mut kept.engine, frame, recv_ns);
        // The usual cases take the lock once.
        if let Received::Update(book, data) = result {
            let symbol = kept.symbols[book.index()].clone_ref(py);
            drop(kept);
            return Ok(Some(Py::new(py, BookUpdate::new(symbol, data))?.into_any()));
        }
        if let Received::Orders(book, data) = result {
            let symbol = kept.symbols[book.index()].clone_ref(py);
            drop(kept);
            return Ok(Some(Py::new(py, Level3Update::new(symbol, data))?.into_any()));
        }
        drop(kept);
        self.object(py, result, frame)
    }
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (*, rules = None),
        text_signature = "(*, rules=('unknown_delete', 'unchanged_level', 'short_side', 'better_refill'))")]
    fn new(py: Python<'_>, rules: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let mut watched = if rules.is_some() { Rules::NONE } else { Rules::ALL };
        for rule in rules.map(PyAnyMethods::try_iter).transpose()?.into_iter().flatten() {
            match rule?.extract::<String>()?.as_str() {
                "unknown_delete" => watched.unknown_delete = true,
                "unchanged_level" => watched.unchanged_level = true,
                "short_side" => watched.short_side = true,
                "better_refill" => watched.better_refill = true,
                rule => return Err(errors::configuration(py, format!("no structural rule is named '{rule}'"))),
            }
        }
        let kept = Kept { engine: havklo_engine::Engine::new(watched), symbols: Vec::new() };
        Ok(Self { shared: Arc::new(Shared(Mutex::new(kept))) })
    }

    /// Keeps a symbol's book from now on; a symbol that is tracked already starts anew with these settings.
    #[pyo3(signature = (symbol, depth = Depth(10), precision = None, channel = "book"),
        text_signature = "($self, symbol, depth=10, precision=None, channel='book')")]
    fn track(
        &self,
        symbol: &Bound<'_, PyString>,
        depth: Depth,
        precision: Option<(u8, u8)>,
        channel: &str,
    ) -> PyResult<Py<Book>> {
        let py = symbol.py();
        let Some(channel) = [Channel::Book, Channel::Level3].into_iter().find(|one| one.name() == channel) else {
            let message = format!("the engine keeps channels 'book' and 'level3', not '{channel}'");
            return Err(errors::configuration(py, message));
        };
        let tracked =
            self.shared.lock().engine.track(symbol.to_str()?, Settings { channel, depth: depth.0, precision });
        let id = tracked.map_err(|error| errors::configuration(py, error.to_string()))?;
        let mut kept = self.shared.lock();
        if kept.symbols.len() == id.index() {
            kept.symbols.push(symbol.clone().unbind());
        }
        drop(kept);
        self.handle(symbol, id, channel)
    }

    /// Stops keeping a symbol's book, whose handles become closed.
    fn untrack(&self, py: Python<'_>, symbol: &str) -> PyResult<()> {
        let tracked = self.shared.lock().engine.untrack(symbol);
        tracked.then_some(()).ok_or_else(|| errors::unknown_symbol(py, symbol))
    }

    /// The book of a tracked symbol, of either channel.
    fn book(&self, symbol: &Bound<'_, PyString>) -> PyResult<Py<Book>> {
        let (id, channel) = self.tracked(symbol)?;
        self.handle(symbol, id, channel)
    }

    /// The book of a symbol that is tracked at level 3.
    fn level3(&self, symbol: &Bound<'_, PyString>) -> PyResult<Py<Book>> {
        let (id, channel) = self.tracked(symbol)?;
        if channel != Channel::Level3 {
            return Err(errors::unknown_symbol(symbol.py(), &symbol.to_string()));
        }
        self.handle(symbol, id, channel)
    }

    /// Makes a book (or all) wait for a snapshot: the connection ended, stalled, or it is being subscribed anew.
    #[pyo3(signature = (symbol = None, reason = "suspended"))]
    fn suspend(&self, py: Python<'_>, symbol: Option<&str>, reason: &str) -> PyResult<()> {
        let Some(symbol) = symbol else {
            self.shared.lock().engine.suspend_all(reason);
            return Ok(());
        };
        let tracked = self.shared.lock().engine.suspend(symbol, reason);
        tracked.then_some(()).ok_or_else(|| errors::unknown_symbol(py, symbol))
    }

    /// Takes in one frame; when it returns, the frame is applied whole and proven, or not at all.
    fn receive(&self, frame: &Bound<'_, PyAny>, recv_ns: i64) -> PyResult<Option<Py<PyAny>>> {
        self.receive_bytes(frame.py(), &frame_bytes(frame)?, recv_ns)
    }

    /// Takes in many frames without holding the interpreter; the same results, in order.
    #[expect(clippy::needless_pass_by_value, reason = "extracted from Python, so owned")]
    fn receive_many<'py>(
        &self,
        py: Python<'py>,
        frames: Vec<(Bound<'py, PyAny>, i64)>,
    ) -> PyResult<Bound<'py, PyList>> {
        let borrowed = frames.iter().map(|(frame, recv_ns)| Ok((frame_bytes(frame)?, *recv_ns)));
        let inputs: Vec<(Cow<'_, [u8]>, i64)> = borrowed.collect::<PyResult<_>>()?;
        let results: Vec<Received> = py.detach(|| {
            let mut kept = self.shared.lock();
            inputs.iter().map(|(frame, recv_ns)| run(&mut kept.engine, frame, *recv_ns)).collect()
        });
        let objects = PyList::empty(py);
        for (result, (frame, _)) in results.into_iter().zip(inputs) {
            match result {
                Received::Malformed(malformed) => {
                    objects.append(errors::malformed(py, &malformed, &frame).into_value(py))?;
                }
                result => objects.append(self.object(py, result, &frame)?)?,
            }
        }
        Ok(objects)
    }

    /// The tracked symbols, in the order of tracking.
    #[getter]
    fn symbols<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let symbols: Vec<String> = self.shared.lock().engine.books().map(|book| book.symbol().to_string()).collect();
        PyTuple::new(py, symbols)
    }

    /// How many book messages were not used: for symbols that are not tracked, or updates while a book was not live.
    #[getter]
    fn ignored(&self) -> u64 {
        let engine = &self.shared.lock().engine;
        engine.untracked() + engine.books().map(|book| book.statistics().ignored).sum::<u64>()
    }

    fn __repr__(&self) -> String {
        let engine = &self.shared.lock().engine;
        let live = engine.count(havklo_engine::State::Live);
        format!("Engine({} books, {live} live)", engine.books().count())
    }
}
