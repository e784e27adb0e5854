//! Any text is either refused or read exactly: what is shown again reads as the same number.
#![no_main]

use havklo_engine::{Fixed, MAX_DIGITS};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some(number) = Fixed::parse(text) else { return };
    let shown = number.to_string();
    assert_eq!(Fixed::parse(&shown), Some(number), "{text} became {shown}");
    assert!(shown.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0').count() <= MAX_DIGITS);
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    assert!(!plain || shown == text, "plain text is kept to the letter: {text} became {shown}");
    assert!(number.to_f64().is_finite());
});
