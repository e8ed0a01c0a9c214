//! `make bench`: the tunnel beside plain messages of ctdbd, over the same two daemons, the bus beside raw datagrams, our
//! `ctdb` beside the C tool, the event daemon beside C's, and what services cost the service daemon.
//!
//! Each figure of the tunnel stands beside one of the plain clients that was measured right before it, because a machine
//! is never the same for long. First with every process on one CPU, which measures work; then with all CPUs, which
//! measures this machine's wake-ups as well. docs/performance.md says how to read it. Times are printed as they
//! came. `bench tool` measures the command line alone, `bench events` the event
//! daemon, `bench services` the service daemon, `bench bus` the bus, `bench memory` what idle daemons take.

mod bus;
mod cpu;
mod daemon;
mod end;
mod events;
mod measure;
mod memory;
mod on_reactor;
mod plain;
mod raw;
mod report;
mod services;
mod tool;

use std::process::ExitCode;

use anyhow::ensure;

use crate::cpu::Cpus;
use crate::measure::Bench;

const ROUNDS: usize = 7;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: FAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let rounds = std::env::var("ROUNDS").ok().map_or(Ok(ROUNDS), |text| text.parse())?;
    ensure!(rounds > 0, "ROUNDS must be at least 1");
    if std::env::args().nth(1).as_deref() == Some("tool") {
        print!("{}", tool::compare(rounds)?);
        return Ok(());
    }
    if std::env::args().nth(1).as_deref() == Some("events") {
        print!("{}", events::compare(rounds)?);
        return Ok(());
    }
    if std::env::args().nth(1).as_deref() == Some("services") {
        print!("{}", services::measure(rounds)?);
        return Ok(());
    }
    if std::env::args().nth(1).as_deref() == Some("memory") {
        print!("{}", memory::measure(std::env::args().nth(2).as_deref() == Some("apart"))?);
        return Ok(());
    }
    let cpus = Cpus::allowed()?;
    if std::env::args().nth(1).as_deref() == Some("bus") {
        let one = cpus.pin_to_last()?;
        print!("# One CPU (number {one})\n\n{}", bus::compare(rounds)?);
        cpus.unpin()?;
        print!("\n# All CPUs\n\n{}", bus::compare(rounds)?);
        return Ok(());
    }
    let one = cpus.pin_to_last()?;
    println!("# All processes on one CPU (number {one})\n");
    print!("{}", report::markdown(&Bench::start()?.all(rounds)?));
    println!("\n## Daemons of one node\n\n{}", bus::compare(rounds)?);
    cpus.unpin()?;
    println!("\n# All processes on CPUs {:?}\n", cpus.numbers());
    print!("{}", report::markdown(&Bench::start()?.all(rounds)?));
    println!("\n# The command line beside the C tool\n");
    print!("{}", tool::compare(rounds)?);
    println!("\n# The event daemon beside C's\n");
    print!("{}", events::compare(rounds)?);
    println!("\n# The service daemon\n");
    print!("{}", services::measure(rounds)?);
    println!("\n# Idle daemons\n");
    print!("{}", memory::measure(false)?);
    println!("\nbench: OK");
    Ok(())
}
