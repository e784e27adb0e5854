//! The shared vectors of level 3: literal bytes in, the answers beside them.
#![cfg(feature = "level3")]

use havklo_engine::{
    Book, Cause, Channel, Engine, Event, Fixed, Level, OrderChange, OrderId, Outcome, Rule, Rules, Settings, Side,
    State, Verdict,
};
use serde_json::{Value, json};
use std::path::Path;

type Tested = Result<(), Box<dyn std::error::Error>>;

/// Every step of every story has the answer that its file tells.
#[test]
fn every_story_is_told_right() -> Tested {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/level3");
    let mut stories = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let file: Value = serde_json::from_slice(&std::fs::read(path)?)?;
        for story in file.as_array().ok_or("a file is a list of stories")? {
            follow(story)?;
            stories += 1;
        }
    }
    assert!(stories > 50, "the stories were found");
    Ok(())
}

fn follow(story: &Value) -> Tested {
    let mut engine = Engine::new(rules(&story["rules"]));
    for tracked in story["track"].as_array().ok_or("track is a list")? {
        track(&mut engine, tracked)?;
    }
    for (index, step) in story["steps"].as_array().ok_or("steps are a list")?.iter().enumerate() {
        let place = format!("{} step {index}: {step}", story["name"]);
        if let Some(frame) = step["frame"].as_str() {
            let said = answer(&mut engine, frame);
            assert!(agrees(&said, &step["expect"]), "{place}\nsaid {said}");
        } else if let Some(reason) = step["reason"].as_str() {
            match step["suspend"].as_str() {
                Some(symbol) => assert!(engine.suspend(symbol, reason), "{place}"),
                None => engine.suspend_all(reason),
            }
        } else if let Some(symbol) = step["untrack"].as_str() {
            assert!(engine.untrack(symbol), "{place}");
        } else if step["priority"].is_object() {
            assert_eq!(priority(&engine, &step["priority"]), step["priority"], "{place}");
        } else {
            assert_eq!(read(&engine, &step["read"]), step["read"], "{place}");
        }
    }
    Ok(())
}

fn rules(watched: &Value) -> Rules {
    let Some(watched) = watched.as_array() else { return Rules::ALL };
    let on = |name: &str| watched.iter().any(|rule| rule == name);
    Rules {
        unknown_delete: on("unknown_delete"),
        unchanged_level: on("unchanged_level"),
        short_side: on("short_side"),
        better_refill: on("better_refill"),
    }
}

fn track(engine: &mut Engine, tracked: &Value) -> Tested {
    let decimals = |index: usize| tracked["precision"][index].as_u64().and_then(|count| u8::try_from(count).ok());
    let depth = usize::try_from(tracked["depth"].as_u64().ok_or("depth is a number")?)?;
    let precision = decimals(0).zip(decimals(1));
    let settings = Settings { depth, precision, channel: Channel::Level3 };
    engine.track(tracked["symbol"].as_str().ok_or("symbol is a text")?, settings)?;
    Ok(())
}

fn answer(engine: &mut Engine, frame: &str) -> Value {
    match engine.receive(frame.as_bytes(), 0) {
        Err(_) => json!("malformed"),
        Ok(Outcome::Ignored) => json!("none"),
        Ok(Outcome::Update { book, snapshot }) => {
            let Some(book) = engine.book(book) else { return Value::Null };
            let changes: Vec<_> = engine.order_changes().iter().map(|change| told(book, change)).collect();
            let mut pushed_out: Vec<_> = engine.pushed_out().iter().map(OrderId::as_str).collect();
            pushed_out.sort_unstable();
            json!({"update": {
                "symbol": book.symbol(), "type": if snapshot { "snapshot" } else { "update" },
                "bids": orders(book, book.bids()), "asks": orders(book, book.asks()),
                "changes": changes, "pushed_out": pushed_out, "checksum": book.checksum(), "crossed": book.crossed(),
                "timestamp": book.timestamp().map(havklo_engine::Timestamp::as_str),
            }})
        }
        Ok(Outcome::Desync { fault, .. }) => {
            let symbols: Vec<_> =
                engine.desynced().iter().filter_map(|id| engine.book(*id)).map(Book::symbol).collect();
            json!({"desync": {
                "symbols": symbols, "reason": fault.reason.name(), "expected": fault.expected, "computed": fault.computed,
            }})
        }
    }
}

fn price(book: &Book, ticks: u128) -> String {
    Fixed::new(ticks, book.scales().0).to_string()
}

fn qty(book: &Book, lots: u128) -> String {
    Fixed::new(lots, book.scales().1).to_string()
}

fn orders(book: &Book, levels: &[Level]) -> Value {
    levels
        .iter()
        .flat_map(|level| book.orders(level))
        .map(|order| json!([price(book, order.price), qty(book, order.qty), order.id.as_str()]))
        .collect()
}

fn told(book: &Book, change: &OrderChange) -> Value {
    json!([
        if change.side == Side::Bid { "bid" } else { "ask" },
        Event::name(change.event),
        change.id.as_str(),
        Cause::name(change.cause),
        price(book, change.price),
        qty(book, change.qty),
        qty(book, change.before),
        change.timestamp_ns,
        change.entered_ns,
        change.level,
        change.orders_ahead,
        qty(book, change.qty_ahead),
    ])
}

/// A sum that is null in the file is not judged.
fn agrees(said: &Value, expected: &Value) -> bool {
    let mut said = said.clone();
    for key in ["expected", "computed"] {
        if expected["desync"].is_object() && expected["desync"][key].is_null() {
            said["desync"][key] = Value::Null;
        }
    }
    said == *expected
}

fn read(engine: &Engine, expected: &Value) -> Value {
    let symbol = expected["symbol"].as_str().unwrap_or_default();
    let book = engine.id(symbol).and_then(|id| engine.book(id));
    let state = match book.map(Book::state) {
        Some(State::Awaiting) => "awaiting",
        Some(State::Live) => "live",
        Some(State::Desynced) => "desynced",
        None => "closed",
    };
    let (bids, asks, places) = match book {
        Some(book) if book.state() == State::Live => {
            (ladder(book, book.bids()), ladder(book, book.asks()), places(book))
        }
        _ => (Value::Null, Value::Null, Value::Null),
    };
    json!({"symbol": symbol, "state": state, "bids": bids, "asks": asks, "places": places})
}

fn ladder(book: &Book, levels: &[Level]) -> Value {
    levels.iter().map(|level| json!([price(book, level.price), qty(book, level.qty)])).collect()
}

fn places(book: &Book) -> Value {
    let levels = || book.bids().iter().chain(book.asks());
    assert_eq!(
        levels().map(|level| book.order_count(level) as usize).sum::<usize>(),
        levels().map(|level| book.orders(level).count()).sum::<usize>()
    );
    let row = |id: &OrderId| {
        let place = book.place(id)?;
        let exactness = if place.proven { "exact" } else { "bounded" };
        let (ahead, level) = (qty(book, place.qty_ahead), qty(book, place.qty_level));
        Some((id.as_str().to_string(), json!([place.level, place.orders_ahead, ahead, level, exactness])))
    };
    levels().flat_map(|level| book.orders(level)).filter_map(|order| row(&order.id)).collect()
}

fn priority(engine: &Engine, expected: &Value) -> Value {
    let symbol = &expected["symbol"];
    let book = symbol.as_str().and_then(|symbol| engine.id(symbol)).and_then(|id| engine.book(id));
    let Some(oracle) = book.and_then(Book::oracle) else { return Value::Null };
    let [down, up, price] = Rule::ALL.map(|rule| Verdict::name(oracle.evidence(rule).verdict()));
    json!({"symbol": symbol, "qty_down": down, "qty_up": up, "price": price})
}
