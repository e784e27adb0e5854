//! `havklo._engine`: the engine as Python sees it. No decision is made here: values cross the border, nothing else.

mod book;
mod engine;
mod errors;
mod estimate;
mod events;
mod fill;
mod level3;
mod names;
mod values;

use pyo3::prelude::*;

/// Kraken order books that prove themselves; the compiled part of Havklo.
#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add_class::<engine::Engine>()?;
    module.add_class::<book::Book>()?;
    module.add_class::<book::BookStatistics>()?;
    module.add_class::<events::BookUpdate>()?;
    module.add_class::<events::Level3Update>()?;
    module.add_class::<events::Desync>()?;
    module.add_class::<level3::Level3Book>()?;
    module.add_class::<level3::Order>()?;
    module.add_class::<level3::OrderChange>()?;
    module.add_class::<level3::QueuePosition>()?;
    module.add_class::<level3::Priority>()?;
    module.add_class::<values::Level>()?;
    module.add_class::<values::Top>()?;
    module.add_class::<values::Change>()?;
    module.add_class::<values::Sweep>()?;
    module.add_class::<values::BookSnapshot>()?;
    module.add_class::<values::BookArrays>()?;
    module.add_class::<values::Peek>()?;
    fill::register(module)?;
    estimate::register(module)?;
    module.add("BookState", names::book_state(py)?)?;
    module.add("DesyncReason", names::desync_reason(py)?)?;
    for name in
        ["HavkloError", "BookNotLive", "ConfigurationError", "MalformedFrame", "NumberTooLarge", "UnknownSymbol"]
    {
        module.add(name, errors::class(py, name)?)?;
    }
    Ok(())
}
