//! Many runs, some side by side: goes on over red ones and over those that cannot be made, and can be taken up again.
//!
//! Each run is a process of its own, `faults run`, so that nothing of one is left in the next. What it printed is kept beside
//! its history; a seed that has both, of the same plan, is not run again.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use judge::plan::Plan;

use crate::options::Campaign;

/// How long one run may take, with its judging.
const RUN: Duration = Duration::from_secs(900);
/// How much of a history's end is read to see whether it is whole.
const TAIL: i64 = 64;

/// Makes all runs; returns the exit status: 0 when every one was green or showed what is known of C alone, 1 when one was
/// red, 2 when one could not be made.
///
/// # Errors
/// When nothing can be written where the results go.
pub fn campaign(options: &Campaign) -> Result<u8> {
    let dir = &options.out;
    fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    let seeds = Mutex::new(options.seeds.clone());
    let results: Mutex<Vec<(u64, Outcome)>> = Mutex::default();
    let begun = Instant::now();
    let late = |now: Instant| {
        options.minutes.is_some_and(|minutes| now - begun >= Duration::from_secs(60 * minutes))
    };
    let worker = || -> Result<()> {
        loop {
            let next = seeds.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(seed) = next else { return Ok(()) };
            let plan = options.plan(seed);
            let outcome = match before(dir, &plan) {
                Some(outcome) => outcome,
                None if late(Instant::now()) => continue,
                None => make(dir, &plan)?,
            };
            let mut all = results.lock().unwrap_or_else(PoisonError::into_inner);
            println!("seed {seed}: {}", outcome.line);
            all.push((seed, outcome));
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs.max(1)).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(done) => done,
            Err(_) => anyhow::bail!("a run panicked"),
        })
    })?;
    let mut all = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by_key(|(seed, _)| *seed);
    let text: String = all.iter().map(|(seed, outcome)| format!("seed {seed}: {}\n", outcome.line)).collect();
    let path = dir.join("results.txt");
    fs::write(&path, text).with_context(|| path.display().to_string())?;
    let count = |status: u8| all.iter().filter(|(_, outcome)| outcome.status == status).count();
    let wanted = options.seeds.clone().count();
    println!(
        "{} of {wanted} runs: {} acceptable, {} red, {} not made; histories are in {}",
        all.len(),
        count(0),
        count(1),
        count(2),
        dir.display()
    );
    Ok(all.iter().map(|(_, outcome)| outcome.status).max().unwrap_or(0))
}

/// What came of a run.
struct Outcome {
    /// As the exit status of `faults run`.
    status: u8,
    /// The verdict and the first reason for it.
    line: String,
}

fn history(dir: &Path, plan: &Plan) -> PathBuf {
    dir.join(format!("seed-{}.history", plan.seed))
}

fn printed(dir: &Path, plan: &Plan) -> PathBuf {
    dir.join(format!("seed-{}.txt", plan.seed))
}

/// The outcome of this very plan when it was made before and its history is whole.
fn before(dir: &Path, plan: &Plan) -> Option<Outcome> {
    let text = fs::read_to_string(printed(dir, plan)).ok()?;
    let same = text.lines().next() == Some(&format!("--- {plan}"));
    (same && is_whole(&history(dir, plan))).then(|| outcome(plan.seed, &text))
}

/// Whether the last line of a history is the one that counts the others.
fn is_whole(path: &Path) -> bool {
    let end = || -> std::io::Result<String> {
        let mut file = File::open(path)?;
        let length = i64::try_from(file.metadata()?.len()).unwrap_or(i64::MAX);
        file.seek(SeekFrom::End(-TAIL.min(length)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let last = end().unwrap_or_default();
    last.ends_with("}\n")
        && last.trim_end().rsplit('\n').next().is_some_and(|line| line.starts_with("{\"end\":"))
}

/// What a run printed, in one line.
fn outcome(seed: u64, text: &str) -> Outcome {
    let word = text.lines().rev().find_map(|line| line.strip_prefix(&format!("seed {seed}: ")));
    let word = word.unwrap_or("NOT MADE");
    let (status, mark) = match word {
        "GREEN" => (0, None),
        "KNOWN LOSSES ONLY" => (0, Some("known (")),
        "RED" => (1, Some("RED ")),
        _ => (2, Some("faults: ")),
    };
    let reasons: Vec<&str> =
        mark.map_or_else(Vec::new, |mark| text.lines().filter(|line| line.starts_with(mark)).collect());
    let more = match reasons.len() {
        0 | 1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    let reason = reasons.first().map_or_else(String::new, |reason| format!(": {reason}{more}"));
    Outcome { status, line: format!("{word}{reason}") }
}

fn make(dir: &Path, plan: &Plan) -> Result<Outcome> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["run", "--attempts", "0", "--keep"]).arg(dir).arg("--plan").arg(plan.to_string());
    // One that hangs is ended, and counts as one that could not be made.
    let text = match compat_tests::run(command, RUN) {
        Ok(said) => said.stdout + &said.stderr,
        Err(error) => format!("--- {plan}\nfaults: {error}\nseed {}: NOT MADE\n", plan.seed),
    };
    let path = printed(dir, plan);
    let mut file = File::create(&path).with_context(|| path.display().to_string())?;
    file.write_all(text.as_bytes()).with_context(|| path.display().to_string())?;
    Ok(outcome(plan.seed, &text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "seed=7 mix=CC profile=fast workloads=W1 keys=3 faults=F17:all@1+1";

    #[test]
    fn a_seed_is_run_again_unless_its_very_plan_has_a_whole_history() {
        let dir = tempfile::tempdir().unwrap();
        let plan: Plan = PLAN.parse().unwrap();
        let made = |text: &str, history: &str| {
            fs::write(dir.path().join("seed-7.txt"), text).unwrap();
            fs::write(dir.path().join("seed-7.history"), history).unwrap();
            before(dir.path(), &plan).map(|outcome| outcome.line)
        };
        assert!(before(dir.path(), &plan).is_none());
        let text = format!("--- {PLAN}\nRED Sum at 1 s: bad\nRED Sum at 2 s: worse\nRED\nseed 7: RED\n");
        let whole = "{}\n{}\n{\"end\":1}\n";
        assert_eq!(made(&text, whole).as_deref(), Some("RED: RED Sum at 1 s: bad (and 1 more)"));
        assert_eq!(made(&text, "{}\n{}\n{\"end\":1}"), None, "cut off");
        assert_eq!(made(&text, "{}\n{}\n"), None);
        assert_eq!(made(&text.replace("keys=3", "keys=4"), whole), None, "another plan");
    }

    #[test]
    fn a_run_that_could_not_be_made_is_told_with_the_reason() {
        let text = format!("--- {PLAN}\nseed 7: NOT MADE\nfaults: no root\n");
        let told = outcome(7, &text);
        assert_eq!((told.status, told.line.as_str()), (2, "NOT MADE: faults: no root"));
        assert_eq!(outcome(7, "seed 7: GREEN\n").status, 0);
    }
}
