//! `make gate`: instructions of hot paths against the table `counts.txt`, and memory of decoders.
//!
//! Valgrind counts a process that does a piece of work a few times and one that does it many times; the difference is the
//! work, whatever the rest of the process did. A count does not depend on the load of the machine. It does depend on the
//! compiler and on the C library, so the table says with which ones it was made. UPDATE=1 writes it anew.

mod table;
mod valgrind;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use gate::Work;
use gate::codec::{decoding, encoding, growing};

use crate::table::{Made, Table};
use crate::valgrind::Tool;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => check(),
        [valgrind::STEPS, name, times] => steps(name, times).map(|()| true),
        _ => Err(anyhow::anyhow!("unknown arguments")),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("gate: FAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What is run under valgrind.
fn steps(name: &str, times: &str) -> anyhow::Result<()> {
    let decoded = growing().into_iter().flat_map(|(small, large)| [decoding(small), decoding(large)]);
    let encoded = growing().into_iter().map(|(_, large)| encoding(large));
    let Some(work) = gate::all().into_iter().chain(decoded).chain(encoded).find(|work| work.name == name)
    else {
        bail!("no work is called {name:?}");
    };
    let mut step = (work.prepare)();
    (0..times.parse::<u32>()?).for_each(|_| step());
    Ok(())
}

/// Compares all counts with the table; false when one has risen too far.
fn check() -> anyhow::Result<bool> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("counts.txt");
    let set = |name: &str, value: &str| std::env::var(name).is_ok_and(|v| v == value);
    let here = Made::here()?;
    decoders_allocate_the_same()?;
    if set("UPDATE", "1") {
        let rows = gate::all().iter().map(row).collect::<anyhow::Result<_>>()?;
        let table = Table { made: here, rows };
        std::fs::write(&path, table.to_string()).with_context(|| path.display().to_string())?;
        print!("{table}");
        println!("gate: written to {}", path.display());
        return Ok(true);
    }
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let table: Table = text.parse().with_context(|| path.display().to_string())?;
    if table.made != here {
        println!("gate: the counts were made with {}; here is {here}.", table.made);
        println!("Such counts cannot be compared. To see what a change costs here: UPDATE=1 make gate");
        println!(
            "before it, and make gate after it. If this is the project's compiler from now on, keep the"
        );
        println!("table that UPDATE=1 writes, in a commit of its own.");
        return Ok(!set("GATE", "strict"));
    }
    compare(&table)
}

fn row(work: &Work) -> anyhow::Result<(String, u64)> {
    Ok((work.name.clone(), valgrind::each(work, Tool::Callgrind)?))
}

fn compare(table: &Table) -> anyhow::Result<bool> {
    let all = gate::all();
    let (mut risen, mut fallen) = (0, 0);
    println!("{:>10} {:>10} {:>8}  instructions of one step", "table", "now", "");
    for work in &all {
        let (name, now) = row(work)?;
        let before =
            table.rows.get(&name).with_context(|| format!("{name:?} is not in the table: UPDATE=1"))?;
        let change = table::change(*before, now);
        let verdict = change.verdict();
        risen += u32::from(change.is_risen());
        fallen += u32::from(change.is_fallen());
        println!("{before:>10} {now:>10} {:>7.1}%  {name}{verdict}", change.percent());
    }
    ensure!(table.rows.len() == all.len(), "the table has rows that nothing makes any more: UPDATE=1");
    if fallen > 0 {
        println!("gate: {fallen} fell by more than 5 %; UPDATE=1 make gate keeps that.");
    }
    if risen > 0 {
        println!("gate: FAILED: {risen} rose by more than 5 %. If that is the price of something worth it,");
        println!("say so in the commit and put the table that UPDATE=1 make gate writes into it.");
    } else {
        println!("gate: OK, {} counts", all.len());
    }
    Ok(risen == 0)
}

/// Payloads are slices of the packet: the memory that a decoder asks for does not depend on their size.
fn decoders_allocate_the_same() -> anyhow::Result<()> {
    // Encoding has to allocate the packet at least: so the meter works.
    let bytes = |work: &Work| valgrind::each(work, Tool::Memcheck);
    let encoded = growing().map(|(_, large)| (large.bytes.len(), encoding(large)));
    for (len, work) in &encoded {
        ensure!(bytes(work)? >= u64::try_from(*len)?, "{}: fewer bytes allocated than written", work.name);
    }
    for (small, large) in growing() {
        let (small, large) = (decoding(small), decoding(large));
        let (few, many) = (bytes(&small)?, bytes(&large)?);
        println!("{few} and {many} bytes allocated: {}, and {}", small.name, large.name);
        ensure!(few == many, "a decoder allocates memory that grows with the payload");
    }
    Ok(())
}
