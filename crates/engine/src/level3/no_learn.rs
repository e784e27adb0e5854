//! What stands for `learn` where the feature `estimate` is off: books of orders that learn nothing, so that a module for
//! the browser does not carry the estimator.
#![expect(clippy::unused_self, reason = "the other one needs it")]

use crate::apply::Workspace;
use crate::book::Book;
use crate::level3::Level3;
use crate::staged::Timestamp;

impl Book {
    pub(crate) fn teach(&mut self, _: bool, _: Option<&Timestamp>, _: i64, _: &Workspace) {}
}

impl Level3 {
    pub(crate) fn interrupted(&mut self) {}
}
