//! Any run of changes with right checksums, against a sorted map: a live book is the map's window, to the digit.
#![no_main]

use arbitrary::Arbitrary;
use havklo_engine::{Engine, Outcome, Rules, Settings, State};
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use std::collections::BTreeMap;

const DEPTH: usize = 10;

#[derive(Arbitrary, Debug)]
struct Entry {
    bid: bool,
    price: u8,
    qty: u16,
}

type Map = BTreeMap<u32, u16>;

fn apply(bids: &mut Map, asks: &mut Map, entries: &[Entry]) {
    for entry in entries {
        let side = if entry.bid { &mut *bids } else { &mut *asks };
        let price = price(entry);
        if entry.qty == 0 {
            side.remove(&price);
        } else {
            side.insert(price, entry.qty);
        }
    }
    while bids.len() > DEPTH {
        bids.pop_first();
    }
    while asks.len() > DEPTH {
        asks.pop_last();
    }
}

/// Bids stand below 10,000 ticks and asks above, so that the book is never crossed.
fn price(entry: &Entry) -> u32 {
    if entry.bid { 9_999 - u32::from(entry.price) } else { 10_000 + u32::from(entry.price) }
}

fn checksum(bids: &Map, asks: &Map) -> u32 {
    let digits = |(price, qty): (&u32, &u16)| format!("{price}{qty}");
    let text: String = asks.iter().take(10).map(digits).chain(bids.iter().rev().take(10).map(digits)).collect();
    crc32fast::hash(text.as_bytes())
}

fn frame(kind: &str, entries: &[Entry], checksum: u32) -> String {
    let side = |bid: bool| {
        let levels = entries.iter().filter(|entry| entry.bid == bid);
        let level = |entry: &Entry| {
            format!("{{\"price\":{}.{:02},\"qty\":0.{:08}}}", price(entry) / 100, price(entry) % 100, entry.qty)
        };
        levels.map(level).collect::<Vec<_>>().join(",")
    };
    format!(
        r#"{{"channel":"book","type":"{kind}","data":[{{"symbol":"A/B","bids":[{}],"asks":[{}],"checksum":{checksum}}}]}}"#,
        side(true),
        side(false)
    )
}

thread_local! {
    /// One engine for all runs, as its tables take longer to build than a message to read; `track` begins its book anew.
    static ENGINE: RefCell<Engine> = RefCell::new(Engine::new(Rules::NONE));
}

fuzz_target!(|messages: Vec<Vec<Entry>>| ENGINE.with_borrow_mut(|engine| judge(engine, messages)));

fn judge(engine: &mut Engine, messages: Vec<Vec<Entry>>) {
    let id = engine.track("A/B", Settings { depth: DEPTH, precision: None, ..Settings::default() }).expect("depth 10 is offered");
    engine.receive(frame("snapshot", &[], 0).as_bytes(), 0).expect("an empty book is a book");
    let (mut bids, mut asks) = (Map::new(), Map::new());
    for entries in messages {
        apply(&mut bids, &mut asks, &entries);
        let text = frame("update", &entries, checksum(&bids, &asks));
        let outcome = engine.receive(text.as_bytes(), 0);
        assert!(matches!(outcome, Ok(Outcome::Update { .. })), "{outcome:?} of {text}");
        let book = engine.book(id).expect("tracked");
        assert_eq!(book.state(), State::Live);
        let held =
            |levels: &[havklo_engine::Level]| levels.iter().map(|level| (level.price, level.qty)).collect::<Vec<_>>();
        let wanted = |(price, qty): (&u32, &u16)| (u128::from(*price), u128::from(*qty));
        assert_eq!(held(book.bids()), bids.iter().rev().map(wanted).collect::<Vec<_>>());
        assert_eq!(held(book.asks()), asks.iter().map(wanted).collect::<Vec<_>>());
    }
}
