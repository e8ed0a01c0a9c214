//! `judge`: reads histories, and says of each whether the promises were kept.
//!
//! Exit status: 0 when all are green or show what is known of C alone, 1 when one is red, 2 when one cannot be judged.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use judge::{History, Verdict};

/// Reads histories of runs, and says of each whether the promises were kept.
#[derive(Debug, Parser)]
#[command(name = "judge")]
struct Options {
    /// The histories.
    #[arg(required = true)]
    histories: Vec<PathBuf>,
}

fn verdict(path: &Path) -> Result<Verdict, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let history = History::read(BufReader::new(file)).map_err(|error| error.to_string())?;
    Ok(judge::judge(&history))
}

fn main() -> ExitCode {
    let mut worst = 0;
    for path in Options::parse().histories {
        match verdict(&path) {
            Ok(verdict) => {
                println!("{}: {verdict}", path.display());
                worst = worst.max(u8::from(!verdict.acceptable()));
            }
            Err(why) => {
                eprintln!("judge: {}: {why}", path.display());
                worst = 2;
            }
        }
    }
    ExitCode::from(worst)
}
