//! Replays a file of frames, one a line, through the engine once: what callgrind counts instructions of.
//!
//! `cargo run --release -p havklo-engine --example replay -- FRAMES DEPTH [level3]`

use havklo_engine::{Channel, Engine, Outcome, Rules, Settings};
use std::io::Write as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let usage = "usage: replay FRAMES DEPTH [level3]";
    let mut arguments = std::env::args().skip(1);
    let (path, depth) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?.parse()?);
    let channel = match arguments.next().as_deref() {
        Some("level3") => Channel::Level3,
        None | Some("book") => Channel::Book,
        Some(_) => return Err(usage.into()),
    };
    let bytes = std::fs::read(path)?;
    let mut engine = Engine::new(Rules::ALL);
    engine.track("BTC/USD", Settings { channel, depth, precision: None })?;
    let mut verified = 0_u64;
    for (line, frame) in bytes.split(|byte| *byte == b'\n').filter(|frame| !frame.is_empty()).enumerate() {
        match engine.receive(frame, 0)? {
            Outcome::Update { .. } => verified += 1,
            Outcome::Ignored => {}
            Outcome::Desync { fault, .. } => return Err(format!("line {}: {fault}", line + 1).into()),
        }
    }
    writeln!(std::io::stdout(), "{verified} frames verified")?;
    Ok(())
}
