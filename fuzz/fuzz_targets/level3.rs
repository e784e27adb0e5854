//! Any bytes, given to an engine with live level-3 books: no panic, a book changes only by a frame that it can prove, and
//! then its levels are the sums of its orders, each in the place that it is said to have.
#![no_main]

use havklo_engine::{Book, Channel, Engine, Outcome, Rules, Settings, State};
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;

const SYMBOLS: [&str; 2] = ["BTC/USD", "ETH/USD"];
/// Two orders at one bid, so that there is a queue, and one ask; the digits under the sum stand in [`checksum`].
const SNAPSHOT: &str = r#"{"channel":"level3","type":"snapshot","data":[{"symbol":"SYMBOL","checksum":CHECKSUM,"bids":[{"order_id":"OB1","limit_price":44939.4,"order_qty":0.88968699,"timestamp":"2026-08-02T04:23:42.000000000Z"},{"order_id":"OB2","limit_price":44939.4,"order_qty":0.45210000,"timestamp":"2026-08-02T04:23:42.000000000Z"}],"asks":[{"order_id":"OA1","limit_price":44939.5,"order_qty":4.52308393,"timestamp":"2026-08-02T04:23:42.000000000Z"}]}]}"#;

fn checksum() -> u32 {
    crc32fast::hash(b"4493954523083934493948896869944939445210000")
}

type Held = (State, Vec<(String, u128, u128, i64)>);

fn held(engine: &Engine, symbol: &str) -> Option<Held> {
    let book = engine.book(engine.id(symbol)?)?;
    let levels = book.bids().iter().chain(book.asks());
    let orders = levels.flat_map(|level| book.orders(level));
    let rows = orders.map(|order| (order.id.as_str().to_string(), order.price, order.qty, order.timestamp_ns));
    Some((book.state(), rows.collect()))
}

/// Levels are sums, and places what counting gives.
fn check(book: &Book) {
    for side in [book.bids(), book.asks()] {
        for (rank, level) in side.iter().enumerate() {
            let (mut ahead, mut qty_ahead) = (0, 0);
            for order in book.orders(level) {
                let place = book.place(&order.id).expect("an order that is held has a place");
                assert_eq!((place.level, place.orders_ahead, place.qty_ahead), (rank, ahead, qty_ahead));
                assert_eq!((order.price, place.qty_level), (level.price, level.qty));
                (ahead, qty_ahead) = (ahead + 1, qty_ahead + order.qty);
            }
            assert_eq!((ahead, qty_ahead), (book.order_count(level), level.qty));
            assert!(ahead > 0, "a level without orders");
        }
    }
}

thread_local! {
    /// One engine for all runs, as its tables take longer to build than a frame to read; `track` begins its books anew.
    static ENGINE: RefCell<Engine> = RefCell::new(Engine::new(Rules::ALL));
}

fuzz_target!(|bytes: &[u8]| ENGINE.with_borrow_mut(|engine| judge(engine, bytes)));

fn judge(engine: &mut Engine, bytes: &[u8]) {
    for symbol in SYMBOLS {
        let settings = Settings { depth: 10, channel: Channel::Level3, ..Settings::default() };
        engine.track(symbol, settings).expect("depth 10 is offered");
        let frame = SNAPSHOT.replace("SYMBOL", symbol).replace("CHECKSUM", &checksum().to_string());
        assert!(matches!(engine.receive(frame.as_bytes(), 0), Ok(Outcome::Update { .. })));
    }
    let before = SYMBOLS.map(|symbol| held(engine, symbol));
    // The sum that a frame would need is known once it was refused: the same frame is given again with it.
    let mut frame = bytes.to_vec();
    for _ in 0..2 {
        let outcome = engine.receive(&frame, 1);
        let after = SYMBOLS.map(|symbol| held(engine, symbol));
        match outcome {
            Ok(Outcome::Update { book, .. }) => {
                for (index, symbol) in SYMBOLS.iter().enumerate() {
                    assert!(engine.id(symbol) == Some(book) || before[index] == after[index], "another book changed");
                }
                check(engine.book(book).expect("tracked"));
                return;
            }
            Ok(Outcome::Desync { fault, .. }) => {
                for (before, after) in before.iter().zip(&after) {
                    let (before, after) = (before.as_ref().expect("tracked"), after.as_ref().expect("tracked"));
                    assert_eq!(before.1, after.1, "an unproven message left something behind");
                }
                for symbol in SYMBOLS {
                    check(engine.book(engine.id(symbol).expect("tracked")).expect("tracked"));
                }
                let Some((computed, expected)) = fault.computed.zip(fault.expected) else { return };
                let text = String::from_utf8_lossy(&frame).replace(&expected.to_string(), &computed.to_string());
                frame = text.into_bytes();
                for symbol in SYMBOLS {
                    let again = SNAPSHOT.replace("SYMBOL", symbol).replace("CHECKSUM", &checksum().to_string());
                    assert!(matches!(engine.receive(again.as_bytes(), 0), Ok(Outcome::Update { .. })));
                }
            }
            Ok(Outcome::Ignored) | Err(_) => {
                assert_eq!(before, after);
                return;
            }
        }
    }
}
