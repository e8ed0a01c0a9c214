//! `judge`: reads histories, and says of each whether the promises were kept.
//!
//! Exit status: 0 when all are green or show what is known of C alone, 1 when one is red, 2 when one cannot be judged.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use judge::measure::measure;
use judge::table::Table;
use judge::{History, Verdict};

/// Reads histories of runs, and says of each whether the promises were kept.
#[derive(Debug, Parser)]
#[command(name = "judge")]
struct Options {
    /// Says instead what faults cost in all of them, as a table in Markdown.
    #[arg(long)]
    table: bool,
    /// The histories, or directories with files that end in .history.
    #[arg(required = true)]
    histories: Vec<PathBuf>,
}

/// Files as they are named; those of a directory by its order.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut all = Vec::new();
    for path in named {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let told = |error: std::io::Error| format!("{}: {error}", path.display());
        let entries = fs::read_dir(path).map_err(told)?;
        let mut inside =
            entries.map(|entry| Ok(entry.map_err(told)?.path())).collect::<Result<Vec<_>, String>>()?;
        inside.retain(|path| path.extension().is_some_and(|extension| extension == "history"));
        inside.sort();
        if inside.is_empty() {
            return Err(format!("{} has no histories", path.display()));
        }
        all.extend(inside);
    }
    Ok(all)
}

fn judged(path: &Path) -> Result<(History, Verdict), String> {
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| told(&error))?;
    let history = History::read(BufReader::new(file)).map_err(|error| told(&error))?;
    let verdict = judge::judge(&history);
    Ok((history, verdict))
}

fn main() -> ExitCode {
    let options = Options::parse();
    let (mut worst, mut table) = (0, Table::default());
    let files = files(&options.histories).unwrap_or_else(|why| {
        eprintln!("judge: {why}");
        worst = 2;
        Vec::new()
    });
    for path in files {
        match judged(&path) {
            Ok((history, verdict)) => {
                worst = worst.max(u8::from(!verdict.acceptable()));
                if options.table {
                    table.add(&verdict, measure(&history, &verdict));
                } else {
                    println!("{}: {verdict}", path.display());
                }
            }
            Err(why) => {
                eprintln!("judge: {why}");
                worst = 2;
            }
        }
    }
    if options.table {
        print!("{table}");
    }
    ExitCode::from(worst)
}
