//! Any bytes, given to an engine with live books: no panic, and a book changes only by a frame that it can prove.
#![no_main]

use havklo_engine::{Engine, Outcome, Rules, Settings, State};
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;

const SNAPSHOT: &str = r#"{"channel":"book","type":"snapshot","data":[{"symbol":"SYMBOL","bids":[{"price":0.5656,"qty":4831.75496356},{"price":0.5655,"qty":6753.10000000}],"asks":[{"price":0.5668,"qty":4410.79769741},{"price":0.5669,"qty":4655.40412487}],"checksum":CHECKSUM}]}"#;

fn ladder(engine: &Engine, symbol: &str) -> Option<(State, Vec<(u128, u128)>)> {
    let book = engine.book(engine.id(symbol)?)?;
    let levels = book.bids().iter().chain(book.asks()).map(|level| (level.price, level.qty)).collect();
    Some((book.state(), levels))
}

fn checksum() -> u32 {
    crc32fast::hash(b"5668441079769741566946554041248756564831754963565655675310000000")
}

thread_local! {
    /// One engine for all runs, as its tables take longer to build than a frame to read; `track` begins its books anew.
    static ENGINE: RefCell<Engine> = RefCell::new(Engine::new(Rules::ALL));
}

fuzz_target!(|bytes: &[u8]| ENGINE.with_borrow_mut(|engine| judge(engine, bytes)));

fn judge(engine: &mut Engine, bytes: &[u8]) {
    for symbol in ["BTC/USD", "ETH/USD"] {
        engine.track(symbol, Settings { depth: 10, ..Settings::default() }).expect("depth 10 is offered");
        let frame = SNAPSHOT.replace("SYMBOL", symbol).replace("CHECKSUM", &checksum().to_string());
        assert!(matches!(engine.receive(frame.as_bytes(), 0), Ok(Outcome::Update { .. })));
    }
    let before = ["BTC/USD", "ETH/USD"].map(|symbol| ladder(engine, symbol));
    let outcome = engine.receive(bytes, 1);
    let after = ["BTC/USD", "ETH/USD"].map(|symbol| ladder(engine, symbol));
    match outcome {
        Ok(Outcome::Update { book, .. }) => {
            for (index, symbol) in ["BTC/USD", "ETH/USD"].iter().enumerate() {
                assert!(engine.id(symbol) == Some(book) || before[index] == after[index], "another book changed");
            }
        }
        Ok(Outcome::Desync { .. }) => {
            for (before, after) in before.iter().zip(&after) {
                let (before, after) = (before.as_ref().expect("tracked"), after.as_ref().expect("tracked"));
                assert_eq!(before.1, after.1, "an unproven message left something behind");
            }
        }
        Ok(Outcome::Ignored) | Err(_) => assert_eq!(before, after),
    }
}
