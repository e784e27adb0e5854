//! Level 3 alone: nanoseconds from a frame's bytes to a proven book of orders, and to an order's place in its queue.
//!
//! `cargo bench -p havklo-engine --bench level3 -- [--json] [RANK...] [DEPTH=FRAMES...]`; FRAMES is a file with one
//! frame a line, a snapshot first. Each RANK is a place in one queue of 4,096 orders. Prints medians of several passes,
//! interleaved, so that all see the same machine.

use havklo_engine::{BookId, Channel, Engine, OrderId, Outcome, Rules, Settings};
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::time::Instant;

type Failure = Box<dyn std::error::Error>;

const PASSES: usize = 15;
const QUEUE: usize = 4_096;
const ASKED: u32 = 100_000;
const SYMBOL: &str = "BTC/USD";

enum Task {
    Frames { depth: usize, frames: Vec<Vec<u8>> },
    Place(OrderId),
}

struct Measured {
    name: String,
    task: Task,
    nanoseconds: Vec<f64>,
}

fn main() -> Result<(), Failure> {
    let mut json = false;
    let mut all = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.split_once('=') {
            Some((depth, path)) => all.push(load(depth, path)?),
            None if argument == "--json" => json = true,
            // Cargo adds its own flag.
            None if argument == "--bench" => {}
            None => all.push(place(&argument)?),
        }
    }
    let (mut queue, book) = long_queue()?;
    for _ in 0..PASSES {
        for one in &mut all {
            let nanoseconds = match &one.task {
                Task::Frames { depth, frames } => pass(*depth, frames)?,
                Task::Place(id) => ask(&mut queue, book, id)?,
            };
            one.nanoseconds.push(nanoseconds);
        }
    }
    let mut out = std::io::stdout();
    for mut one in all {
        one.nanoseconds.sort_by(f64::total_cmp);
        let (name, median, least) = (&one.name, one.nanoseconds[PASSES / 2], one.nanoseconds[0]);
        if json {
            writeln!(out, "{{\"name\": \"{name}\", \"ns\": {median:.1}, \"least_ns\": {least:.1}}}")?;
        } else {
            writeln!(out, "{name}: {median:.1} ns (least {least:.1})")?;
        }
    }
    Ok(())
}

fn load(depth: &str, path: &str) -> Result<Measured, Failure> {
    let frames =
        std::fs::read(path)?.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect();
    let task = Task::Frames { depth: depth.parse()?, frames };
    Ok(Measured { name: format!("level3 depth {depth}"), task, nanoseconds: Vec::new() })
}

fn place(rank: &str) -> Result<Measured, Failure> {
    let number: usize = rank.parse().map_err(|_| format!("neither RANK nor DEPTH=FRAMES: {rank}"))?;
    if !(1..=QUEUE).contains(&number) {
        return Err(format!("a rank is from 1 to {QUEUE}, not {number}").into());
    }
    let id = OrderId::new(order_id(number - 1).as_bytes()).ok_or("an id of ASCII")?;
    Ok(Measured { name: format!("rank {rank} of {QUEUE}"), task: Task::Place(id), nanoseconds: Vec::new() })
}

fn order_id(index: usize) -> String {
    format!("O{index:05}-ABCDE-FGHIJK")
}

/// A book whose best bid is one long queue.
fn long_queue() -> Result<(Engine, BookId), Failure> {
    let mut orders = String::new();
    let mut digits = String::from("1000550000000000");
    for index in 0..QUEUE {
        let (comma, lots) = (if index == 0 { "" } else { "," }, 100_000_000 + index);
        write!(
            orders,
            r#"{comma}{{"order_id":"{}","limit_price":1000.0,"order_qty":{}.{:08},"timestamp":"2026-08-02T04:23:42.000000001Z"}}"#,
            order_id(index),
            lots / 100_000_000,
            lots % 100_000_000
        )?;
        write!(digits, "10000{lots}")?;
    }
    let ask = r#"{"order_id":"OASK","limit_price":1000.5,"order_qty":500.00000000,"timestamp":"2026-08-02T04:23:42Z"}"#;
    let frame = format!(
        r#"{{"channel":"level3","type":"snapshot","data":[{{"symbol":"{SYMBOL}","checksum":{},"bids":[{orders}],"asks":[{ask}]}}]}}"#,
        crc32fast::hash(digits.as_bytes())
    );
    let (mut engine, book) = tracked(10)?;
    match engine.receive(frame.as_bytes(), 0)? {
        Outcome::Update { .. } => Ok((engine, book)),
        other => Err(format!("the long queue is not proven: {other:?}").into()),
    }
}

fn tracked(depth: usize) -> Result<(Engine, BookId), Failure> {
    let mut engine = Engine::new(Rules::ALL);
    let settings = Settings { depth, precision: None, channel: Channel::Level3 };
    let book = engine.track(SYMBOL, settings)?;
    Ok((engine, book))
}

/// Mean nanoseconds of asking for one order's place by its id.
fn ask(engine: &mut Engine, book: BookId, id: &OrderId) -> Result<f64, Failure> {
    let book = engine.book(book).ok_or("tracked")?;
    let start = Instant::now();
    let mut found = 0;
    for _ in 0..ASKED {
        found += u32::from(black_box(book.place(black_box(id))).is_some());
    }
    let elapsed = start.elapsed();
    if found != ASKED {
        return Err("the order is not held".into());
    }
    Ok(elapsed.as_secs_f64() * 1e9 / f64::from(ASKED))
}

/// Mean nanoseconds of the stream's updates; every one must be proven.
fn pass(depth: usize, frames: &[Vec<u8>]) -> Result<f64, Failure> {
    let (mut engine, _) = tracked(depth)?;
    let (snapshot, updates) = frames.split_first().ok_or("an empty file")?;
    engine.receive(snapshot, 0)?;
    let start = Instant::now();
    let mut verified = 0;
    for frame in updates {
        verified += usize::from(matches!(engine.receive(black_box(frame), 0)?, Outcome::Update { .. }));
        black_box(engine.order_changes());
    }
    let elapsed = start.elapsed();
    if verified != updates.len() {
        return Err(format!("only {verified} of {} frames were proven", updates.len()).into());
    }
    Ok(elapsed.as_secs_f64() * 1e9 / f64::from(u32::try_from(verified)?))
}
