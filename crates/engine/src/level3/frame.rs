//! Reads the entries of `level3` messages: orders with their ids and times.

use crate::book::Channel;
use crate::crc::DigitTable;
use crate::frame::{Head, MAX_CHANGES};
use crate::json::{Cursor, Syntax, Text};
use crate::ladder::Side;
use crate::level3::change::Event;
use crate::level3::id::OrderId;
use crate::level3::take::Entry;
use crate::number::Fixed;
use crate::staged::{Staged, Timestamp};
use crate::token::Token;

/// From the opening of `data`'s element to the end of the frame, in the form in which Kraken sends it. Whatever differs is
/// left to the general reader.
#[inline]
pub(crate) fn usual_data<'a>(
    cursor: &mut Cursor<'a>,
    snapshot: bool,
    table: &DigitTable,
    staged: &mut Staged,
) -> Option<Head<'a>> {
    let symbol = Text::Raw(cursor.short_text()?);
    if !cursor.eat(b",\"checksum\":") {
        return None;
    }
    let checksum = Some(cursor.short_integer()?);
    usual_orders(cursor, b",\"bids\":[", Side::Bid, snapshot, table, staged)?;
    usual_orders(cursor, b",\"asks\":[", Side::Ask, snapshot, table, staged)?;
    let timestamp = if cursor.eat(b",\"timestamp\":\"") { Some(Timestamp::new(cursor.short_text()?)?) } else { None };
    let head = Head { channel: Channel::Level3, snapshot, symbol, checksum, timestamp };
    (cursor.eat(b"}]}") && cursor.at_end()).then_some(head)
}

#[inline]
fn usual_orders(
    cursor: &mut Cursor<'_>,
    key: &[u8],
    side: Side,
    snapshot: bool,
    table: &DigitTable,
    staged: &mut Staged,
) -> Option<()> {
    if !cursor.eat(key) {
        return None;
    }
    if cursor.eat(b"]") {
        return Some(());
    }
    loop {
        if staged.changes.len() == MAX_CHANGES || !cursor.eat(b"{\"") {
            return None;
        }
        let event = if snapshot { None } else { Some(usual_event(cursor)?) };
        if !cursor.eat(b"order_id\":\"") {
            return None;
        }
        let id = OrderId::new(cursor.short_text()?)?;
        if !cursor.eat(b",\"limit_price\":") {
            return None;
        }
        let price = cursor.short_number().filter(|price| price.digits != 0)?;
        if !cursor.eat(b",\"order_qty\":") {
            return None;
        }
        let qty = cursor.short_number()?;
        if qty.digits == 0 && event != Some(Event::Delete) || !cursor.eat(b",\"timestamp\":\"") {
            return None;
        }
        let timestamp_ns = staged.seconds.nanoseconds(cursor.short_text()?)?;
        if !cursor.eat(b"}") {
            return None;
        }
        staged.push_short(side, &price, &qty, table);
        staged.entries.push(Entry { event, id, timestamp_ns, complete: true });
        if !cursor.eat(b",") {
            return cursor.eat(b"]").then_some(());
        }
    }
}

#[inline]
fn usual_event(cursor: &mut Cursor<'_>) -> Option<Event> {
    if !cursor.eat(b"event\":\"") {
        return None;
    }
    if cursor.eat(b"add\",\"") {
        Some(Event::Add)
    } else if cursor.eat(b"modify\",\"") {
        Some(Event::Modify)
    } else if cursor.eat(b"delete\",\"") {
        Some(Event::Delete)
    } else {
        None
    }
}

/// One side's orders in any legal JSON.
pub(crate) fn read_orders(
    cursor: &mut Cursor<'_>,
    side: Side,
    table: &DigitTable,
    staged: &mut Staged,
) -> Result<(), Syntax> {
    let mut first = true;
    cursor.punctuation(b'[', "an array of orders")?;
    while cursor.element(&mut first)? {
        if staged.changes.len() == MAX_CHANGES {
            return Err(cursor.fail("at most 40,000 orders in one message"));
        }
        read_order(cursor, side, table, staged)?;
    }
    Ok(())
}

fn read_order(cursor: &mut Cursor<'_>, side: Side, table: &DigitTable, staged: &mut Staged) -> Result<(), Syntax> {
    let (mut event, mut id, mut price, mut qty, mut stamp) = (None, None, None, None, None);
    let mut first = true;
    cursor.punctuation(b'{', "an order")?;
    while let Some(key) = cursor.member(&mut first)? {
        let repeated = match cursor.text(key) {
            b"event" => event.replace(read_event(cursor)?).is_some(),
            b"order_id" => id.replace(read_id(cursor)?).is_some(),
            b"limit_price" => price.replace(cursor.number()?).is_some(),
            b"order_qty" => qty.replace(cursor.number()?).is_some(),
            b"timestamp" => stamp.replace(read_stamp(cursor, staged)?).is_some(),
            _ => {
                cursor.skip_value()?;
                false
            }
        };
        if repeated {
            return Err(cursor.fail("each key of an order once"));
        }
    }
    let Some(id) = id else { return Err(cursor.fail("an order_id")) };
    let is_delete = event == Some(Event::Delete);
    let nothing = Token { value: Fixed::new(0, 0), exponent: true };
    let complete = price.is_some() && qty.is_some();
    let (price, qty, stamp) = match (price, qty, stamp) {
        (Some(price), Some(qty), Some(stamp)) => (price, qty, stamp),
        (price, qty, stamp) if is_delete => (price.unwrap_or(nothing), qty.unwrap_or(nothing), stamp.unwrap_or(0)),
        _ => return Err(cursor.fail("limit_price, order_qty and timestamp")),
    };
    if !is_delete && price.value.mantissa == 0 {
        return Err(cursor.fail("a price above zero"));
    }
    if !is_delete && qty.value.mantissa == 0 {
        return Err(cursor.fail("a quantity above zero"));
    }
    staged.push_any(side, &price, &qty, table);
    staged.entries.push(Entry { event, id, timestamp_ns: stamp, complete });
    Ok(())
}

fn read_event(cursor: &mut Cursor<'_>) -> Result<Event, Syntax> {
    let start = cursor.offset();
    let word = cursor.string()?;
    Ok(match cursor.text(word) {
        b"add" => Event::Add,
        b"modify" => Event::Modify,
        b"delete" => Event::Delete,
        _ => {
            cursor.rewind(start);
            return Err(cursor.fail("event add, modify or delete"));
        }
    })
}

fn read_id(cursor: &mut Cursor<'_>) -> Result<OrderId, Syntax> {
    let start = cursor.offset();
    let text = cursor.string()?;
    OrderId::new(cursor.text(text)).ok_or_else(|| {
        cursor.rewind(start);
        cursor.fail("an order_id of 1 to 31 ASCII characters")
    })
}

fn read_stamp(cursor: &mut Cursor<'_>, staged: &mut Staged) -> Result<i64, Syntax> {
    let start = cursor.offset();
    let text = cursor.string()?;
    staged.seconds.nanoseconds(cursor.text(text)).ok_or_else(|| {
        cursor.rewind(start);
        cursor.fail("a timestamp in RFC 3339")
    })
}
