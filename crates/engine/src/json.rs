//! Just enough JSON, read in place: a cursor over bytes that may be anything at all.

use alloc::vec::Vec;

/// How deep values nobody asked for may be nested.
const MAX_NESTING: u32 = 64;

/// What was wrong with the bytes, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syntax {
    /// Offset of the byte at which reading failed.
    pub offset: usize,
    /// What was expected there.
    pub expected: &'static str,
}

/// A string as it stands in the frame, or decoded because it held escapes.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    /// Between its quotes, verbatim.
    Raw(&'a [u8]),
    /// `start..end` in the cursor's buffer of decoded strings.
    Decoded(usize, usize),
}

/// A position in a frame.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
    decoded: Vec<u8>,
}

pub(crate) type Parsed<T> = Result<T, Syntax>;

impl<'a> Cursor<'a> {
    /// At the start of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, decoded: Vec::new() }
    }

    /// The offset of the next byte.
    #[inline]
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Goes back to (or on to) an offset this cursor has been at.
    #[inline]
    pub fn rewind(&mut self, offset: usize) {
        self.at = offset;
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The failure at this place.
    #[cold]
    #[must_use]
    pub fn fail(&self, expected: &'static str) -> Syntax {
        Syntax { offset: self.at.min(self.bytes.len()), expected }
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Steps over `literal` if it is what comes next, to the byte.
    #[inline]
    pub fn eat(&mut self, literal: &[u8]) -> bool {
        let found = self.rest().starts_with(literal);
        if found {
            self.at += literal.len();
        }
        found
    }

    /// The bytes up to the next quote, which is stepped over, if they hold no escape and no control character and the
    /// quote comes within 64 bytes; None leaves the cursor where it was.
    #[inline]
    pub fn short_text(&mut self) -> Option<&'a [u8]> {
        for word in 0..8 {
            let at = self.at + word * 8;
            if let Some(place) = special_of(self.word_or_end(at)) {
                let text = self.bytes.get(self.at..at + place)?;
                if self.bytes.get(at + place) != Some(&b'"') {
                    return None;
                }
                self.at = at + place + 1;
                return Some(text);
            }
        }
        None
    }

    /// The 27 bytes of a time in RFC 3339 with microseconds and the quote behind them, if that is what comes next: only
    /// characters from `-` to `Z`, among which there are no quotes, escapes or control characters.
    #[inline]
    pub fn usual_time(&mut self) -> Option<&'a [u8; 27]> {
        const ONES: u64 = 0x0101_0101_0101_0101;
        let (text, rest) = self.rest().split_first_chunk::<27>()?;
        if rest.first() != Some(&b'"') {
            return None;
        }
        let mut outside = 0;
        for start in [0, 8, 16, 19] {
            let word = u64::from_le_bytes(text[start..start + 8].try_into().ok()?);
            outside |=
                word | word.wrapping_add(ONES * (0x7F - u64::from(b'Z'))) | word.wrapping_sub(ONES * u64::from(b'-'));
        }
        if outside & (ONES * 0x80) != 0 {
            return None;
        }
        self.at += 28;
        Some(text)
    }

    /// Steps over white space.
    pub fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Steps over white space and then `byte`.
    pub fn punctuation(&mut self, byte: u8, expected: &'static str) -> Parsed<()> {
        self.space();
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.fail(expected))
        }
    }

    /// Steps over white space and tells whether `byte` comes next.
    pub fn next_is(&mut self, byte: u8) -> bool {
        self.space();
        self.peek() == Some(byte)
    }

    /// Inside an object that was opened: the next key, its colon stepped over, or None at the closing brace.
    pub fn member(&mut self, first: &mut bool) -> Parsed<Option<Text<'a>>> {
        if self.next_item(b'}', first)? {
            let key = self.string()?;
            self.punctuation(b':', "a colon")?;
            self.space();
            Ok(Some(key))
        } else {
            Ok(None)
        }
    }

    /// Inside an array that was opened: whether another element follows; the closing bracket is stepped over.
    pub fn element(&mut self, first: &mut bool) -> Parsed<bool> {
        self.next_item(b']', first)
    }

    fn next_item(&mut self, close: u8, first: &mut bool) -> Parsed<bool> {
        self.space();
        if self.peek() == Some(close) {
            self.at += 1;
            // A comma before this would have asked for an item.
            return Ok(false);
        }
        if !core::mem::take(first) {
            self.punctuation(b',', "a comma or the end of an object or array")?;
            self.space();
            if self.peek() == Some(close) {
                return Err(self.fail("an item after the comma"));
            }
        }
        Ok(true)
    }

    /// A string's bytes, its escapes decoded.
    pub fn string(&mut self) -> Parsed<Text<'a>> {
        self.punctuation(b'"', "a string")?;
        let start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let text = &self.bytes[start..self.at];
                    self.at += 1;
                    return Ok(Text::Raw(text));
                }
                Some(b'\\') => return self.escaped_string(start),
                Some(0x20..) => self.at += 1,
                _ => return Err(self.fail("a closed string")),
            }
        }
    }

    fn escaped_string(&mut self, start: usize) -> Parsed<Text<'a>> {
        let from = self.decoded.len();
        self.decoded.extend_from_slice(&self.bytes[start..self.at]);
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Text::Decoded(from, self.decoded.len()));
                }
                Some(b'\\') => {
                    let character = self.escape()?;
                    self.decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(byte @ 0x20..) => {
                    self.decoded.push(byte);
                    self.at += 1;
                }
                _ => return Err(self.fail("a closed string")),
            }
        }
    }

    fn escape(&mut self) -> Parsed<char> {
        let kind = self.bytes.get(self.at + 1).copied();
        let plain = match kind {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.fail("a JSON escape")),
        };
        self.at += 2;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Parsed<char> {
        let high = self.code_unit()?;
        let code = if (0xD800..0xDC00).contains(&high) {
            let low = self.code_unit()?;
            if !(0xDC00..0xE000).contains(&low) {
                return Err(self.fail("the second half of a surrogate pair"));
            }
            0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00)
        } else {
            high
        };
        char::from_u32(code).ok_or_else(|| self.fail("a Unicode character"))
    }

    fn code_unit(&mut self) -> Parsed<u32> {
        if !self.eat(b"\\u") {
            return Err(self.fail("a \\u escape"));
        }
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.fail("four hexadecimal digits"))?;
            self.at += 1;
        }
        Ok(code)
    }

    /// The bytes of a string this cursor gave.
    #[must_use]
    pub fn text<'b>(&'b self, text: Text<'b>) -> &'b [u8] {
        match text {
            Text::Raw(bytes) => bytes,
            Text::Decoded(start, end) => self.decoded.get(start..end).unwrap_or_default(),
        }
    }

    /// Steps over a value of any kind, checking that it is one.
    pub fn skip_value(&mut self) -> Parsed<()> {
        // One bit a level: 1 in an object, 0 in an array.
        let (mut nesting, mut kinds) = (0_u32, 0_u64);
        loop {
            self.space();
            let opened = match self.peek() {
                Some(byte @ (b'{' | b'[')) => {
                    if nesting == MAX_NESTING {
                        return Err(self.fail("less nesting"));
                    }
                    self.at += 1;
                    nesting += 1;
                    kinds = kinds << 1 | u64::from(byte == b'{');
                    true
                }
                Some(b'"') => {
                    self.string()?;
                    false
                }
                Some(b't') => self.word(b"true")?,
                Some(b'f') => self.word(b"false")?,
                Some(b'n') => self.word(b"null")?,
                _ => {
                    self.skip_number()?;
                    false
                }
            };
            let mut first = opened;
            // Close what ends here; stop at the next item to read.
            loop {
                if nesting == 0 {
                    return Ok(());
                }
                let more = if kinds & 1 == 1 { self.member(&mut first)?.is_some() } else { self.element(&mut first)? };
                if more {
                    break;
                }
                nesting -= 1;
                kinds >>= 1;
                first = false;
            }
        }
    }

    fn word(&mut self, word: &'static [u8]) -> Parsed<bool> {
        if self.eat(word) { Ok(false) } else { Err(self.fail("true, false or null")) }
    }

    fn skip_number(&mut self) -> Parsed<()> {
        let _negative = self.eat(b"-");
        self.whole_digits()?;
        if self.eat(b".") {
            self.some_digits()?;
        }
        if self.eat(b"e") || self.eat(b"E") {
            let _sign = self.eat(b"+") || self.eat(b"-");
            self.some_digits()?;
        }
        Ok(())
    }

    pub(crate) fn some_digits(&mut self) -> Parsed<&'a [u8]> {
        let rest = self.rest();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.fail("a number"));
        }
        self.at += count;
        Ok(&rest[..count])
    }

    pub(crate) fn whole_digits(&mut self) -> Parsed<&'a [u8]> {
        let digits = self.some_digits()?;
        if digits.len() > 1 && digits[0] == b'0' {
            return Err(self.fail("a number without leading zeros"));
        }
        Ok(digits)
    }

    #[inline]
    pub(crate) fn word_at(&self, at: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at + 8)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }

    /// Eight bytes, with zeros behind the end.
    #[inline]
    fn word_or_end(&self, at: usize) -> u64 {
        self.word_at(at).unwrap_or_else(|| {
            let rest = self.bytes.get(at..).unwrap_or_default();
            rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
        })
    }
}

/// Where the first quote, backslash or control character of eight bytes stands.
#[inline]
fn special_of(word: u64) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = ONES * 0x80;
    // The borrow of a hit can only spoil bytes behind it, which do not count.
    let equal = |byte: u64| {
        let difference = word ^ (ONES * byte);
        difference.wrapping_sub(ONES) & !difference
    };
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let hits = (equal(b'"'.into()) | equal(b'\\'.into()) | control) & HIGHS;
    (hits != 0).then(|| (hits.trailing_zeros() / 8) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// No bytes make the cursor panic, and a skipped value is one that a full reader accepts.
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut cursor = Cursor::new(&bytes);
            let _ = cursor.skip_value();
            prop_assert!(cursor.offset() <= bytes.len());
        }
    }

    /// Nested values are stepped over whole, and broken ones are refused.
    #[test]
    fn values_are_skipped() {
        for text in [
            "1",
            "-0.5e+3",
            "\"a\\\"\\u00e9\\ud83d\\ude00\"",
            "true",
            "null",
            "[]",
            "{}",
            "[1,[2,{\"a\":[]}],\"]\"]",
            "{\"a\":{\"b\":[1 , 2]},\"c\" : null}",
            "[[],[],{}]",
        ] {
            let mut cursor = Cursor::new(text.as_bytes());
            assert_eq!(cursor.skip_value(), Ok(()), "{text}");
            assert!(cursor.at_end(), "{text}");
        }
        for text in [
            "",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "{,}",
            "{\"a\":1,}",
            "tru",
            "\"",
            "\"\\x\"",
            "01",
            "-",
            "1.",
            "\"\\ud800\"",
            "[1}",
            "{1:2}",
        ] {
            let mut cursor = Cursor::new(text.as_bytes());
            assert!(cursor.skip_value().is_err(), "{text}");
        }
        let bomb = "[".repeat(10_000);
        assert!(Cursor::new(bomb.as_bytes()).skip_value().is_err());
    }
}
