//! `faults`: runs from seeds, judged by `judge`, made smaller when they fail.
//!
//! Exit status: 0 when every run was green or showed what is known of C alone, 1 when one was red, 2 when one could not be
//! made or judged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser;
use compat_faults::minimise::minimise;
use compat_faults::options::{Options, Run, What};
use compat_faults::{campaign, faults, run};
use compat_tests::{ToolOutput, binary, target_dir};
use judge::plan::Plan;

/// How long the judge may read.
const READ: Duration = Duration::from_secs(600);
/// Its status when a promise was broken.
const RED: i32 = 1;

fn main() -> ExitCode {
    let done = match Options::parse().what {
        What::Run(options) => runs(&options),
        What::Campaign(options) => campaign::campaign(&options),
        What::List => {
            list();
            Ok(0)
        }
        What::Hold { file } => faults::hold_lock(&file).map(|()| 0),
        What::Hostile { address, seed } => faults::be_hostile(&address, seed).map(|()| 0),
    };
    match done {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("faults: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn list() {
    for (fault, _) in faults::TABLE {
        println!("{fault}: {}", fault.about());
    }
    for (fault, why) in faults::MISSING {
        println!("{fault}: {}; cannot be done: {why}", fault.about());
    }
}

/// Makes a run and has it judged.
fn judged(plan: &Plan, history: &Path, harm: bool) -> Result<ToolOutput> {
    run::make(plan, history, harm)?;
    let mut command = Command::new(binary("compat-faults", "judge")?);
    command.arg(history);
    let said = compat_tests::run(command, READ)?;
    let known = matches!(said.code, Some(0 | RED));
    anyhow::ensure!(known, "{} was not judged: {}", history.display(), said.stderr);
    if said.stdout.ends_with("\nGREEN\n") {
        let logs = run::logs(history);
        fs::remove_dir_all(&logs).with_context(|| logs.display().to_string())?;
    }
    Ok(said)
}

fn runs(options: &Run) -> Result<u8> {
    let kept = options.keep.clone();
    let dir = kept.map_or_else(|| target_dir().map(|dir| dir.join("faults")), Ok)?;
    fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
    let (mut worst, mut table) = (0, Vec::new());
    for plan in options.plans() {
        println!("--- {plan}");
        let history = dir.join(format!("seed-{}.history", plan.seed));
        let (status, word) = match judged(&plan, &history, options.harm) {
            Ok(said) => {
                print!("{}", said.stdout);
                let word = said.stdout.trim_end().lines().last().unwrap_or("RED").to_owned();
                if said.code == Some(RED) {
                    smallest(options, &plan, &dir);
                }
                (u8::from(said.code == Some(RED)), word)
            }
            Err(error) => {
                eprintln!("faults: {error:#}");
                println!("repeat: {}", command(&plan, options.harm));
                (2, "NOT MADE".to_owned())
            }
        };
        worst = worst.max(status);
        table.push(format!("seed {}: {word}", plan.seed));
    }
    println!("--- histories are in {}", dir.display());
    table.iter().for_each(|line| println!("{line}"));
    Ok(worst)
}

/// Finds the smallest plan that fails, and says how to repeat it.
fn smallest(options: &Run, plan: &Plan, dir: &Path) {
    let mut count = 0;
    let found = minimise(plan, options.attempts, |candidate| {
        count += 1;
        println!("smaller? {candidate}");
        let history: PathBuf = dir.join(format!("seed-{}.smaller-{count}.history", plan.seed));
        // One that cannot be made says nothing about what fails.
        let red = match judged(candidate, &history, options.harm) {
            Ok(said) => said.code == Some(RED),
            Err(error) => {
                eprintln!("faults: {error:#}");
                false
            }
        };
        println!("  {}", if red { "still red" } else { "not red" });
        Ok(red)
    });
    match found {
        Ok(smallest) => println!("repeat: {}", command(&smallest, options.harm)),
        Err(error) => eprintln!("faults: {error:#}"),
    }
}

/// What to type to make this run again.
fn command(plan: &Plan, harm: bool) -> String {
    let harm = if harm { " --harm" } else { "" };
    format!("cargo run -p compat-faults --bin faults -- run{harm} --plan '{plan}'")
}
