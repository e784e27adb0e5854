//! What stands for `level3` where the feature of that name is off: nothing that could be reached, so that a module for
//! the browser does not carry it. Level 3 can't be tracked then, and its frames belong to no book.
#![expect(clippy::unused_self, reason = "the other one needs it")]

use crate::apply::{Workspace, malformed};
use crate::book::Book;
use crate::crc::DigitTable;
use crate::fault::{Fault, Rules};
use crate::frame::Head;
use crate::json::{Cursor, Syntax};
use crate::ladder::Side;
use crate::staged::{Staged, Timestamp};

/// There is none.
#[derive(Debug)]
pub enum Level3 {}

impl Level3 {
    pub(crate) fn for_channel(_: crate::book::Channel) -> Option<alloc::boxed::Box<Self>> {
        None
    }

    pub(crate) fn interrupted(&mut self) {
        match *self {}
    }
}

#[derive(Debug)]
pub enum Entry {}

#[derive(Debug, Default)]
pub struct Scratch(());

#[derive(Debug, Default)]
pub struct Seconds(());

pub(crate) fn usual_data<'a>(_: &mut Cursor<'a>, _: bool, _: &DigitTable, _: &mut Staged) -> Option<Head<'a>> {
    None
}

pub(crate) fn read_orders(cursor: &mut Cursor<'_>, _: Side, _: &DigitTable, _: &mut Staged) -> Result<(), Syntax> {
    cursor.skip_value()
}

impl Book {
    pub(crate) fn take_order_update(&mut self, sum: u32, _: &mut Workspace, _: Rules) -> Result<(), Fault> {
        Err(malformed(sum))
    }

    pub(crate) fn take_order_snapshot(&mut self, sum: u32, _: &mut Workspace) -> Result<(), Fault> {
        Err(malformed(sum))
    }

    pub(crate) fn teach(&mut self, _: bool, _: Option<&Timestamp>, _: i64, _: &Workspace) {}
}
