//! Times in RFC 3339, as nanoseconds since 1970.

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const SECOND_NS: i64 = 1_000_000_000;

/// The length of `2024-01-08T12:26:39`.
const TO_SECONDS: usize = 19;
/// The length of its date.
const TO_DAY: usize = 10;

/// Nanoseconds since 1970 of a time such as `2024-01-08T12:26:39.526146327Z`; None for anything else, and for times
/// that 64 bits do not hold. Digits beyond nanoseconds are dropped.
#[must_use]
pub fn nanoseconds(text: &[u8]) -> Option<i64> {
    let seconds = seconds(text.get(..TO_SECONDS)?)?;
    let (nanos, zone) = fraction(&text[TO_SECONDS..])?;
    seconds.checked_sub(offset(zone)?)?.checked_mul(SECOND_NS)?.checked_add(nanos)
}

/// The day that was read last: nearly all times in a row share it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seconds {
    text: [u8; TO_DAY],
    start_ns: i64,
}

impl Seconds {
    /// [`nanoseconds`], faster for a time in the usual form and on the day of the last one.
    #[inline]
    pub fn nanoseconds(&mut self, text: &[u8]) -> Option<i64> {
        if let Ok(usual) = <&[u8; 30]>::try_from(text)
            && usual[..TO_DAY] == self.text
            && let Some(time_ns) = time_of_day(usual)
        {
            return self.start_ns.checked_add(time_ns);
        }
        self.learn(text)
    }

    #[cold]
    fn learn(&mut self, text: &[u8]) -> Option<i64> {
        let value = nanoseconds(text)?;
        let mut midnight = *b"0000-00-00T00:00:00";
        midnight[..TO_DAY].copy_from_slice(&text[..TO_DAY]);
        if let Some(start_ns) = seconds(&midnight)?.checked_mul(SECOND_NS) {
            let day = text[..TO_DAY].try_into().unwrap_or_default();
            *self = Self { text: day, start_ns };
        }
        Some(value)
    }
}

/// The nanoseconds since midnight of `…T12:26:39.526146327Z`; None for any other form.
#[inline]
fn time_of_day(text: &[u8; 30]) -> Option<i64> {
    let digits =
        [11, 12, 14, 15, 17, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28].map(|place| text[place].wrapping_sub(b'0'));
    let marks = [text[10], text[13], text[16], text[19], text[29]];
    if digits.iter().any(|digit| *digit > 9) || marks != *b"T::.Z" {
        return None;
    }
    let number = |digits: &[u8]| digits.iter().fold(0, |number, digit| number * 10 + i64::from(*digit));
    let (hour, minute, second) = (number(&digits[..2]), number(&digits[2..4]), number(&digits[4..6]));
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some((hour * HOUR + minute * MINUTE + second) * SECOND_NS + number(&digits[6..]))
}

fn digit(byte: u8) -> Option<u8> {
    Some(byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
}

fn number(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |number, byte| Some(number * 10 + i64::from(digit(*byte)?)))
}

fn seconds(text: &[u8]) -> Option<i64> {
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|(place, mark)| text[*place] != *mark) {
        return None;
    }
    let (year, month, day) = (number(&text[..4])?, number(&text[5..7])?, number(&text[8..10])?);
    let (hour, minute, second) = (number(&text[11..13])?, number(&text[14..16])?, number(&text[17..])?);
    // A leap second is 60.
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(days(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second)
}

/// Days since 1970 in the Gregorian calendar, counted from March so that the leap day ends the year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469
}

/// The nanoseconds of `.526146327`, if there are any, and what follows.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(rest) = text.strip_prefix(b".") else { return Some((0, text)) };
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 {
        return None;
    }
    let nanos = rest[..count.min(9)].iter().fold(0, |nanos, byte| nanos * 10 + i64::from(byte - b'0'));
    let missing = 9 - u32::try_from(count.min(9)).ok()?;
    Some((nanos * 10_i64.pow(missing), &rest[count..]))
}

/// Seconds by which a zone is ahead of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    match zone {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let ahead = number(&[*h1, *h2])? * HOUR + number(&[*m1, *m2])? * MINUTE;
            Some(if *sign == b'+' { ahead } else { -ahead })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known moments, by `date -u -d TEXT +%s%N`.
    #[test]
    fn moments_are_counted() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2024-01-08T12:26:39.526146327Z", 1_704_716_799_526_146_327),
            ("2024-02-29T23:59:59.5Z", 1_709_251_199_500_000_000),
            ("2023-10-06T17:35:55.440295221Z", 1_696_613_755_440_295_221),
            ("2026-11-22T00:00:00.000001+02:00", 1_795_298_400_000_001_000),
            ("2100-03-01T00:00:00.1234567899Z", 4_107_542_400_123_456_789),
            ("1969-12-31T23:59:59.000000001Z", -999_999_999),
        ] {
            assert_eq!(nanoseconds(text.as_bytes()), Some(expected), "{text}");
            let mut seconds = Seconds::default();
            assert_eq!(seconds.nanoseconds(text.as_bytes()), Some(expected), "{text}");
            assert_eq!(seconds.nanoseconds(text.as_bytes()), Some(expected), "{text} again");
        }
    }

    /// What is no time is told apart, also in the second of the last one.
    #[test]
    fn nonsense_is_refused() {
        let mut seconds = Seconds::default();
        assert!(seconds.nanoseconds(b"2024-01-08T12:26:39.526146327Z").is_some());
        for text in [
            "",
            "2024",
            "2024-01-08 12:26:39Z",
            "2024-13-08T12:26:39Z",
            "2024-00-08T12:26:39Z",
            "2024-01-08T24:26:39Z",
            "2024-01-08T12:26:39",
            "2024-01-08T12:26:39.Z",
            "2024-01-08T12:26:39.52614632xZ",
            "2024-01-08T12:26:39.526146327X",
            "2024-01-08T12:26:39+2:00",
            "9999-01-08T12:26:39Z",
        ] {
            assert_eq!(nanoseconds(text.as_bytes()), None, "{text}");
            assert_eq!(seconds.nanoseconds(text.as_bytes()), None, "{text}");
        }
    }
}
