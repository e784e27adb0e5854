//! The two string enums, made once from the engine's own names.

use havklo_engine::{Reason, State};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};

const STATES: [(&str, &str); 4] =
    [("AWAITING", "awaiting"), ("LIVE", "live"), ("DESYNCED", "desynced"), ("CLOSED", "closed")];

struct Names {
    class: Py<PyAny>,
    members: Vec<Py<PyAny>>,
}

fn build(py: Python<'_>, name: &str, doc: &str, members: &[(String, String)]) -> PyResult<Names> {
    let keywords = PyDict::new(py);
    keywords.set_item("module", "havklo._engine")?;
    let listed = PyList::new(py, members)?;
    let class = py.import("enum")?.getattr("StrEnum")?.call((name, listed), Some(&keywords))?;
    class.setattr("__doc__", doc)?;
    let members = members.iter().map(|(key, _)| Ok(class.getattr(key.as_str())?.unbind())).collect::<PyResult<_>>()?;
    Ok(Names { class: class.unbind(), members })
}

fn states(py: Python<'_>) -> PyResult<&Names> {
    static NAMES: PyOnceLock<Names> = PyOnceLock::new();
    let doc = "What a book can be relied on for: only a live one answers reads.";
    NAMES.get_or_try_init(py, || {
        let members = STATES.map(|(key, value)| (key.to_string(), value.to_string()));
        build(py, "BookState", doc, &members)
    })
}

fn reasons(py: Python<'_>) -> PyResult<&Names> {
    static NAMES: PyOnceLock<Names> = PyOnceLock::new();
    let doc = "Why a book was given up.";
    NAMES.get_or_try_init(py, || {
        let members = Reason::ALL.map(|reason| (reason.name().to_uppercase(), reason.name().to_string()));
        build(py, "DesyncReason", doc, &members)
    })
}

/// The class `BookState`.
pub fn book_state(py: Python<'_>) -> PyResult<Py<PyAny>> {
    Ok(states(py)?.class.clone_ref(py))
}

/// The class `DesyncReason`.
pub fn desync_reason(py: Python<'_>) -> PyResult<Py<PyAny>> {
    Ok(reasons(py)?.class.clone_ref(py))
}

/// A member of `BookState`; None is a book that is no longer tracked.
pub fn state(py: Python<'_>, state: Option<State>) -> PyResult<Py<PyAny>> {
    let index = match state {
        Some(State::Awaiting) => 0,
        Some(State::Live) => 1,
        Some(State::Desynced) => 2,
        None => 3,
    };
    Ok(states(py)?.members[index].clone_ref(py))
}

/// A member of `DesyncReason`.
pub fn reason(py: Python<'_>, reason: Reason) -> PyResult<Py<PyAny>> {
    Ok(reasons(py)?.members[reason as usize].clone_ref(py))
}
