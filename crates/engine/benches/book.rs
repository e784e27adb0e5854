//! Engine alone: nanoseconds from a frame's bytes to a proven book.
//!
//! `cargo bench -p havklo-engine --bench book -- [--json] DEPTH=FRAMES...`; FRAMES is a file with one frame a line, a
//! snapshot first. Prints the median of several passes over each file, interleaved, so that all files see the same
//! machine.

use havklo_engine::{Engine, Outcome, Rules, Settings};
use std::hint::black_box;
use std::io::Write as _;
use std::time::Instant;

const PASSES: usize = 15;

struct Stream {
    name: String,
    depth: usize,
    frames: Vec<Vec<u8>>,
    nanoseconds: Vec<f64>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut json = false;
    let mut streams = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.split_once('=') {
            Some((depth, path)) => streams.push(load(depth, path)?),
            None if argument == "--json" => json = true,
            // Cargo adds its own flag.
            None if argument == "--bench" => {}
            None => return Err(format!("not DEPTH=FRAMES: {argument}").into()),
        }
    }
    for _ in 0..PASSES {
        for stream in &mut streams {
            let nanoseconds = pass(stream)?;
            stream.nanoseconds.push(nanoseconds);
        }
    }
    let mut out = std::io::stdout();
    for mut stream in streams {
        stream.nanoseconds.sort_by(f64::total_cmp);
        let (name, median, least) = (&stream.name, stream.nanoseconds[PASSES / 2], stream.nanoseconds[0]);
        if json {
            writeln!(out, "{{\"name\": \"{name}\", \"ns\": {median:.1}, \"least_ns\": {least:.1}}}")?;
        } else {
            writeln!(out, "{name}: {median:.1} ns a frame (least {least:.1})")?;
        }
    }
    Ok(())
}

fn load(depth: &str, path: &str) -> Result<Stream, Box<dyn std::error::Error>> {
    let frames =
        std::fs::read(path)?.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect();
    Ok(Stream { name: format!("engine depth {depth}"), depth: depth.parse()?, frames, nanoseconds: Vec::new() })
}

/// Mean nanoseconds of the stream's updates; every one must be proven.
fn pass(stream: &Stream) -> Result<f64, Box<dyn std::error::Error>> {
    let mut engine = Engine::new(Rules::ALL);
    engine.track("BTC/USD", Settings { depth: stream.depth, precision: None, ..Settings::default() })?;
    let (snapshot, updates) = stream.frames.split_first().ok_or("an empty file")?;
    engine.receive(snapshot, 0)?;
    let start = Instant::now();
    let mut verified = 0;
    for frame in updates {
        verified += usize::from(matches!(engine.receive(black_box(frame), 0)?, Outcome::Update { .. }));
        black_box(engine.changes());
    }
    let elapsed = start.elapsed();
    if verified != updates.len() {
        return Err(format!("only {verified} of {} frames were proven", updates.len()).into());
    }
    Ok(elapsed.as_secs_f64() * 1e9 / f64::from(u32::try_from(verified)?))
}
