//! `make demo`: a packet of the new protocol crosses a cluster of real ctdbd, for people to see.
//!
//! It starts three of Debian's ctdbd, each with our ctdb-eventd in place of C's and a ctdb-tunneld beside it, shows them through
//! ctdbctl, sends packets to every
//! node and back, kills a ctdbd under traffic and counts what became of each message. Leaves nothing behind, unless
//! `KEEP=1` is set. `RECORD=FILE` records the traffic between the nodes. Nothing here is needed by the product.

mod goodbye;
mod ledger;
mod script;
mod traffic;

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::traffic::Plan;

const USAGE: &str = "\
Three real ctdbd in a temporary directory, on loopback addresses, with packets of the new kind between them.

  KEEP=1        leave everything running at the end, and say how to talk to it and how to end it
  RECORD=FILE   record what the nodes say to each other in a pcap file (less traffic, to keep it small)";

/// What the environment asks for.
struct Wishes {
    keep: bool,
    record: Option<PathBuf>,
}

impl Wishes {
    fn from_environment() -> anyhow::Result<Self> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let record = set("RECORD").map(std::path::absolute).transpose().context("RECORD")?;
        Ok(Self { keep: set("KEEP").is_some_and(|value| value != "0"), record })
    }

    fn sizes(&self) -> [u32; 3] {
        if self.record.is_some() { [64, 4 << 10, 68 << 10] } else { [64, 64 << 10, 1 << 20] }
    }

    /// Packets of each size on each way.
    fn pings(&self) -> u32 {
        if self.record.is_some() { 1 } else { 5 }
    }

    fn plan(&self) -> Plan {
        if self.record.is_some() {
            Plan { every: Duration::from_millis(250), sizes: &[64, 64, 64, 2000] }
        } else {
            Plan { every: Duration::from_millis(5), sizes: &[64, 64, 1000, 64, 64, 16_000, 64, 200_000] }
        }
    }
}

/// Prints lines with the time since the start.
struct Clock(Instant);

impl Clock {
    fn say(&self, what: impl fmt::Display) {
        println!("[{:5.1} s] {what}", self.0.elapsed().as_secs_f64());
    }
}

fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        println!("{USAGE}");
        return ExitCode::from(2);
    }
    let clock = Clock(Instant::now());
    match Wishes::from_environment().and_then(|wishes| script::play(&wishes, &clock)) {
        Ok(closing) => {
            println!("{closing}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("\ndemo: FAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}
