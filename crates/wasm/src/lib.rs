//! The engine behind a C ABI.
