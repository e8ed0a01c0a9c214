//! Whole runs: from the command line to a verdict.

use std::process::Command;
use std::time::Duration;

use compat_tests::{ToolOutput, binary, run};

fn faults(words: &[&str], dir: &std::path::Path) -> ToolOutput {
    let mut command = Command::new(binary("compat-faults", "faults").unwrap());
    command.arg("run").arg("--keep").arg(dir).args(words);
    run(command, Duration::from_secs(600)).unwrap()
}

/// What becomes of the cluster is Samba's affair, and differs from run to run: docs/reliability.md says what was seen. Ours is
/// that a run comes to a verdict, that its status says the same, and that the history alone gives it again.
#[test]
fn a_run_in_which_a_node_is_paused_comes_to_a_verdict_that_its_history_gives_again() {
    let dir = tempfile::tempdir().unwrap();
    let plan = "seed=1 mix=CC profile=fast workloads=W1,W4,W6 keys=4 faults=F4:1@1000+6000";
    let said = faults(&["--attempts", "0", "--plan", plan], dir.path());
    let word = said.stdout.lines().rev().find_map(|line| line.strip_prefix("seed 1: ")).unwrap_or_default();
    let status = match word {
        "GREEN" | "KNOWN LOSSES ONLY" => 0,
        "RED" => 1,
        _ => panic!("no verdict: {}\n{}", said.stdout, said.stderr),
    };
    assert_eq!(said.code, Some(status), "{}\n{}", said.stdout, said.stderr);
    // The history can be judged again, and one that is cut off is not judged at all.
    let history = dir.path().join("seed-1.history");
    let judge = |path: &std::path::Path| {
        let mut command = Command::new(binary("compat-faults", "judge").unwrap());
        command.arg(path);
        run(command, Duration::from_secs(60)).unwrap()
    };
    assert_eq!(judge(&history).code, Some(status), "{}", said.stdout);
    let whole = std::fs::read(&history).unwrap();
    let half = dir.path().join("half");
    std::fs::write(&half, &whole[..whole.len() / 2]).unwrap();
    let said = judge(&half);
    assert!(said.code == Some(2) && said.stderr.contains("cut off"), "{said:?}");
}

#[test]
fn a_record_that_is_overwritten_behind_the_clusters_back_turns_a_run_red_and_the_run_is_made_smaller() {
    let dir = tempfile::tempdir().unwrap();
    let plan = "seed=2 mix=CC profile=fast workloads=W1 keys=4 faults=F17:all@300+500,F17:all@1000+500";
    let said = faults(&["--harm", "--attempts", "1", "--plan", plan], dir.path());
    assert_eq!(said.code, Some(1), "{}\n{}", said.stdout, said.stderr);
    assert!(said.stdout.contains("RED Counter"), "{}", said.stdout);
    let repeat = said.stdout.lines().find(|line| line.starts_with("repeat: ")).unwrap();
    assert!(repeat.contains("--harm") && repeat.matches("F17").count() == 1, "{repeat}");
}

#[test]
fn a_plan_with_a_node_of_ours_is_refused_and_no_verdict() {
    let dir = tempfile::tempdir().unwrap();
    let said = faults(&["--mix", "CCR", "--faults", "F1"], dir.path());
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("there is no cluster daemon of this project yet"), "{}", said.stderr);
    assert!(said.stdout.contains("seed 1: NOT MADE"), "{}", said.stdout);
}
