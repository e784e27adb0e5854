//! Reads one `book` or `level3` frame into changes that can be applied. Nothing here knows any book.

use crate::book::Channel;
use crate::crc::DigitTable;
use crate::json::{Cursor, Syntax, Text};
use crate::ladder::Side;
use crate::level3::{read_orders, usual_data};
use crate::staged::{Staged, Timestamp};
use alloc::vec::Vec;

/// The most level entries one message may carry: twenty times the largest snapshot.
pub(crate) const MAX_CHANGES: usize = 40_000;

/// What a book frame says beside its changes.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Which channel it came over.
    pub channel: Channel,
    /// `snapshot` rather than `update`.
    pub snapshot: bool,
    /// The symbol.
    pub symbol: Text<'a>,
    /// Kraken's sum.
    pub checksum: Option<u32>,
    /// The engine's time, if told.
    pub timestamp: Option<Timestamp>,
}

/// Reads a frame. None: it belongs to another channel.
///
/// # Errors
/// The frame is no JSON object, or is a book frame that says something no book frame can say.
pub fn read<'a>(cursor: &mut Cursor<'a>, table: &DigitTable, staged: &mut Staged) -> Result<Option<Head<'a>>, Syntax> {
    staged.clear();
    if let Some(head) = usual(cursor, table, staged) {
        return Ok(Some(head));
    }
    cursor.rewind(0);
    staged.clear();
    general(cursor, table, staged)
}

/// The symbols that a book frame names as far as it is JSON: whose fault it is when it can't be read. None if it does
/// not say that it is a book frame.
#[cold]
pub fn named<'a>(cursor: &mut Cursor<'a>) -> Vec<Text<'a>> {
    let (mut names, mut is_book) = (Vec::new(), false);
    cursor.rewind(0);
    // Where the JSON ends, so do the names.
    let _ = each_member(cursor, |cursor, key| {
        match cursor.text(key) {
            b"channel" => {
                let channel = cursor.string()?;
                is_book |= channel_of(cursor.text(channel)).is_some();
                return Ok(());
            }
            b"data" => {}
            _ => return cursor.skip_value(),
        }
        if !cursor.next_is(b'[') {
            return cursor.skip_value();
        }
        each_element(cursor, |cursor| {
            if !cursor.next_is(b'{') {
                return cursor.skip_value();
            }
            each_member(cursor, |cursor, key| {
                if cursor.text(key) != b"symbol" || !cursor.next_is(b'"') {
                    return cursor.skip_value();
                }
                names.push(cursor.string()?);
                Ok(())
            })
        })
    });
    if is_book { names } else { Vec::new() }
}

fn each_member<'a>(
    cursor: &mut Cursor<'a>,
    mut read: impl FnMut(&mut Cursor<'a>, Text<'a>) -> Result<(), Syntax>,
) -> Result<(), Syntax> {
    let mut first = true;
    cursor.punctuation(b'{', "an object")?;
    while let Some(key) = cursor.member(&mut first)? {
        read(cursor, key)?;
    }
    Ok(())
}

fn each_element<'a>(
    cursor: &mut Cursor<'a>,
    mut read: impl FnMut(&mut Cursor<'a>) -> Result<(), Syntax>,
) -> Result<(), Syntax> {
    let mut first = true;
    cursor.punctuation(b'[', "an array")?;
    while cursor.element(&mut first)? {
        read(cursor)?;
    }
    Ok(())
}

/// The form in which Kraken sends all its book frames. Whatever differs is left to [`general`].
#[inline]
fn usual<'a>(cursor: &mut Cursor<'a>, table: &DigitTable, staged: &mut Staged) -> Option<Head<'a>> {
    let is_book = cursor.eat(b"{\"channel\":\"book\",\"type\":\"");
    if !is_book && !cursor.eat(b"{\"channel\":\"level3\",\"type\":\"") {
        return None;
    }
    let snapshot = !cursor.eat(b"update\",\"data\":[{\"symbol\":\"");
    if snapshot && !cursor.eat(b"snapshot\",\"data\":[{\"symbol\":\"") {
        return None;
    }
    if !is_book {
        return usual_data(cursor, snapshot, table, staged);
    }
    let symbol = Text::Raw(cursor.short_text()?);
    usual_levels(cursor, b",\"bids\":[", Side::Bid, table, staged)?;
    usual_levels(cursor, b",\"asks\":[", Side::Ask, table, staged)?;
    if !cursor.eat(b",\"checksum\":") {
        return None;
    }
    let checksum = Some(cursor.short_integer()?);
    let timestamp = if cursor.eat(b",\"timestamp\":\"") { Some(Timestamp::usual(cursor.usual_time()?)) } else { None };
    (cursor.eat(b"}]}") && cursor.at_end()).then_some(Head {
        channel: Channel::Book,
        snapshot,
        symbol,
        checksum,
        timestamp,
    })
}

#[inline]
fn usual_levels(
    cursor: &mut Cursor<'_>,
    key: &[u8],
    side: Side,
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
        if staged.changes.len() == MAX_CHANGES || !cursor.eat(b"{\"price\":") {
            return None;
        }
        let start = cursor.offset();
        if !usual_level(cursor, side, table, staged) {
            cursor.rewind(start);
            long_level(cursor, side, table, staged)?;
        }
        if !cursor.eat(b",") {
            return cursor.eat(b"]").then_some(());
        }
    }
}

/// A level whose numbers are short, from its price to its brace.
#[inline]
fn usual_level(cursor: &mut Cursor<'_>, side: Side, table: &DigitTable, staged: &mut Staged) -> bool {
    let Some(price) = cursor.short_number() else { return false };
    if price.digits == 0 || !cursor.eat(b",\"qty\":") {
        return false;
    }
    let Some(qty) = cursor.short_number() else { return false };
    if !cursor.eat(b"}") {
        return false;
    }
    staged.push_short(side, &price, &qty, table);
    true
}

/// A level with more digits, an exponent or quotes, as micro-price tokens have them.
#[inline(never)]
fn long_level(cursor: &mut Cursor<'_>, side: Side, table: &DigitTable, staged: &mut Staged) -> Option<()> {
    let price = cursor.number().ok()?;
    if price.value.mantissa == 0 || !cursor.eat(b",\"qty\":") {
        return None;
    }
    let qty = cursor.number().ok()?;
    if !cursor.eat(b"}") {
        return None;
    }
    staged.push_any(side, &price, &qty, table);
    Some(())
}

/// Any legal JSON: keys in any order, white space, unknown keys, escapes.
fn general<'a>(cursor: &mut Cursor<'a>, table: &DigitTable, staged: &mut Staged) -> Result<Option<Head<'a>>, Syntax> {
    let (mut kept, mut snapshot, mut data, mut head) = (None, None, None, None);
    let (mut first, mut twice) = (true, false);
    cursor.punctuation(b'{', "a JSON object")?;
    while let Some(key) = cursor.member(&mut first)? {
        twice |= match cursor.text(key) {
            b"channel" => {
                let channel = cursor.string()?;
                let Some(channel) = channel_of(cursor.text(channel)) else { return Ok(None) };
                kept.replace(channel).is_some()
            }
            // A response, whatever it is about.
            b"method" => return Ok(None),
            b"type" => snapshot.replace(read_type(cursor)?).is_some(),
            b"data" => {
                let repeated = data.replace(cursor.offset()).is_some();
                match kept {
                    Some(channel) if !repeated => head = Some(read_data(cursor, channel, table, staged)?),
                    _ => cursor.skip_value()?,
                }
                repeated
            }
            _ => {
                cursor.skip_value()?;
                false
            }
        };
    }
    cursor.space();
    if !cursor.at_end() {
        return Err(cursor.fail("the end of the frame"));
    }
    let Some(channel) = kept else { return Ok(None) };
    if twice {
        return Err(cursor.fail("each key once"));
    }
    let (Some(kind), Some(data)) = (snapshot, data) else {
        return Err(cursor.fail("type and data"));
    };
    let head = if let Some(head) = head {
        head
    } else {
        cursor.rewind(data);
        read_data(cursor, channel, table, staged)?
    };
    match kind {
        Some(snapshot) => Ok(Some(Head { snapshot, ..head })),
        None => Err(cursor.fail("type snapshot or update")),
    }
}

/// The channels that are kept here.
fn channel_of(name: &[u8]) -> Option<Channel> {
    [Channel::Book, Channel::Level3].into_iter().find(|channel| channel.name().as_bytes() == name)
}

/// Whether `type` says snapshot (true) or update (false); None for other words, which other channels may use.
fn read_type(cursor: &mut Cursor<'_>) -> Result<Option<bool>, Syntax> {
    let kind = cursor.string()?;
    Ok(match cursor.text(kind) {
        b"snapshot" => Some(true),
        b"update" => Some(false),
        _ => None,
    })
}

/// The `data` array, which holds exactly one element.
fn read_data<'a>(
    cursor: &mut Cursor<'a>,
    channel: Channel,
    table: &DigitTable,
    staged: &mut Staged,
) -> Result<Head<'a>, Syntax> {
    let (mut first, mut head) = (true, None);
    let start = cursor.offset();
    cursor.punctuation(b'[', "an array of data")?;
    let mut elements = 0_usize;
    while cursor.element(&mut first)? {
        elements += 1;
        head = Some(read_element(cursor, channel, table, staged)?);
    }
    match head {
        Some(head) if elements == 1 => Ok(head),
        _ => {
            cursor.rewind(start);
            Err(cursor.fail("exactly one element of data"))
        }
    }
}

fn read_element<'a>(
    cursor: &mut Cursor<'a>,
    channel: Channel,
    table: &DigitTable,
    staged: &mut Staged,
) -> Result<Head<'a>, Syntax> {
    let read_side = if channel == Channel::Book { read_levels } else { read_orders };
    let (mut first, mut symbol, mut checksum, mut timestamp) = (true, None, None, None);
    let (mut bids, mut asks) = (false, false);
    cursor.punctuation(b'{', "an object of data")?;
    while let Some(key) = cursor.member(&mut first)? {
        let repeated = match cursor.text(key) {
            b"symbol" => symbol.replace(cursor.string()?).is_some(),
            b"bids" => {
                read_side(cursor, Side::Bid, table, staged)?;
                core::mem::replace(&mut bids, true)
            }
            b"asks" => {
                read_side(cursor, Side::Ask, table, staged)?;
                core::mem::replace(&mut asks, true)
            }
            b"checksum" => checksum.replace(read_checksum(cursor)?).is_some(),
            b"timestamp" => timestamp.replace(read_timestamp(cursor)?).is_some(),
            _ => {
                cursor.skip_value()?;
                false
            }
        };
        if repeated {
            return Err(cursor.fail("each key once"));
        }
    }
    let symbol = symbol.ok_or_else(|| cursor.fail("a symbol"))?;
    Ok(Head { channel, snapshot: false, symbol, checksum, timestamp: timestamp.flatten() })
}

fn read_levels(cursor: &mut Cursor<'_>, side: Side, table: &DigitTable, staged: &mut Staged) -> Result<(), Syntax> {
    let mut first = true;
    cursor.punctuation(b'[', "an array of levels")?;
    while cursor.element(&mut first)? {
        let (mut price, mut qty, mut inner) = (None, None, true);
        cursor.punctuation(b'{', "a level")?;
        while let Some(key) = cursor.member(&mut inner)? {
            let repeated = match cursor.text(key) {
                b"price" => price.replace(cursor.number()?).is_some(),
                b"qty" => qty.replace(cursor.number()?).is_some(),
                _ => {
                    cursor.skip_value()?;
                    false
                }
            };
            if repeated {
                return Err(cursor.fail("price and qty once each"));
            }
        }
        let (Some(price), Some(qty)) = (price, qty) else {
            return Err(cursor.fail("price and qty"));
        };
        if price.value.mantissa == 0 {
            return Err(cursor.fail("a price above zero"));
        }
        if staged.changes.len() == MAX_CHANGES {
            return Err(cursor.fail("at most 40,000 levels in one message"));
        }
        staged.push_any(side, &price, &qty, table);
    }
    Ok(())
}

fn read_checksum(cursor: &mut Cursor<'_>) -> Result<u32, Syntax> {
    cursor.space();
    let start = cursor.offset();
    let token = cursor.number()?;
    token.value.mantissa_at(0).and_then(|sum| u32::try_from(sum).ok()).ok_or_else(|| {
        cursor.rewind(start);
        cursor.fail("a checksum of 32 bits")
    })
}

fn read_timestamp(cursor: &mut Cursor<'_>) -> Result<Option<Timestamp>, Syntax> {
    if cursor.eat(b"null") {
        return Ok(None);
    }
    let text = cursor.string()?;
    let stamp = Timestamp::new(cursor.text(text)).ok_or_else(|| cursor.fail("a timestamp in RFC 3339"))?;
    Ok(Some(stamp))
}
