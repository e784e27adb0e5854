//! The typed errors of `havklo.errors`, raised from here.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyModule};

/// A class of `havklo.errors`.
pub fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || PyResult::Ok(py.import("havklo.errors")?.unbind()))?;
    module.bind(py).getattr(name)
}

fn raised<'py>(py: Python<'py>, name: &str, arguments: impl pyo3::call::PyCallArgs<'py>) -> PyErr {
    match class(py, name).and_then(|class| class.call1(arguments)) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// An argument that can never work.
pub fn configuration(py: Python<'_>, message: impl Into<String>) -> PyErr {
    raised(py, "ConfigurationError", (message.into(),))
}

/// A number that does not fit.
pub fn too_large(py: Python<'_>, message: &str) -> PyErr {
    raised(py, "NumberTooLarge", (message,))
}

/// A symbol that is not tracked.
pub fn unknown_symbol(py: Python<'_>, symbol: &str) -> PyErr {
    raised(py, "UnknownSymbol", (symbol,))
}

/// An order that a book does not hold.
pub fn not_in_book(py: Python<'_>, order_id: &str) -> PyErr {
    raised(py, "OrderNotInBook", (order_id,))
}

/// A read of a book that is not live.
pub fn not_live(py: Python<'_>, state: Py<PyAny>, reason: String, symbol: &str) -> PyErr {
    raised(py, "BookNotLive", (state, reason, symbol))
}

/// A frame that can't be put to one book, as an exception object.
pub fn malformed(py: Python<'_>, fault: &havklo_engine::Malformed, frame: &[u8]) -> PyErr {
    let excerpt = PyBytes::new(py, &frame[..frame.len().min(200)]);
    raised(py, "MalformedFrame", (fault.to_string(), excerpt))
}
