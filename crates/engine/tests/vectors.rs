//! The shared vectors: literal bytes in, the answers beside them.

use havklo_engine::{Book, Engine, Outcome, Reason, Rules, Settings, State};
use serde_json::{Value, json};
use std::path::Path;

type Tested = Result<(), Box<dyn std::error::Error>>;

/// Every step of every story has the answer that its file tells.
#[test]
fn every_story_is_told_right() -> Tested {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/frames");
    let mut stories = 0;
    for entry in std::fs::read_dir(folder)? {
        let file: Value = serde_json::from_slice(&std::fs::read(entry?.path())?)?;
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
        } else if step["track"].is_object() {
            track(&mut engine, &step["track"])?;
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
    let settings = Settings { depth, precision: decimals(0).zip(decimals(1)), ..Settings::default() };
    engine.track(tracked["symbol"].as_str().ok_or("symbol is a text")?, settings)?;
    Ok(())
}

fn answer(engine: &mut Engine, frame: &str) -> Value {
    match engine.receive(frame.as_bytes(), 0) {
        Err(_) => json!("malformed"),
        Ok(Outcome::Ignored) => json!("none"),
        Ok(Outcome::Update { book, snapshot }) => {
            let Some(book) = engine.book(book) else { return Value::Null };
            let (bids, asks) = ladders(book);
            json!({"update": {
                "symbol": book.symbol(), "type": if snapshot { "snapshot" } else { "update" }, "bids": bids, "asks": asks,
                "checksum": book.checksum(), "crossed": book.crossed(), "timestamp": book.timestamp().map(havklo_engine::Timestamp::as_str),
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

fn ladders(book: &Book) -> (Value, Value) {
    let texts = |levels: &[havklo_engine::Level]| {
        let text = |level: &havklo_engine::Level| {
            let (price, qty) = book.decimals(level);
            json!([price.to_string(), qty.to_string()])
        };
        levels.iter().map(text).collect::<Value>()
    };
    (texts(book.bids()), texts(book.asks()))
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
    let (bids, asks) = match book {
        Some(book) if book.state() == State::Live => ladders(book),
        _ => (Value::Null, Value::Null),
    };
    json!({"symbol": symbol, "state": state, "bids": bids, "asks": asks})
}

/// The names that the files use are all the names there are.
#[test]
fn reasons_have_their_names() {
    let names = Reason::ALL.map(Reason::name);
    assert_eq!(names[0], "checksum");
    assert!(names.iter().enumerate().all(|(index, name)| !names[..index].contains(name)));
}
