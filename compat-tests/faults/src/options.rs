//! The command line.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use judge::history::Workload;
use judge::plan::{ANY_PAUSE_MS, Fault, Plan, Profile, Wishes, draw, parse_workloads};

use crate::faults;

/// Runs real clusters under load and faults, and has them judged.
#[derive(Debug, Parser)]
#[command(name = "faults")]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub what: What,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Makes runs, judges them, and makes those that fail smaller.
    Run(Run),
    /// Makes many runs of few faults each, some side by side, and goes on where it was interrupted.
    Campaign(Campaign),
    /// Says which faults there are.
    List,
    /// Holds the lock of a chain of a database until it is killed (part of F16).
    #[command(hide = true)]
    Hold {
        /// The database's file.
        file: PathBuf,
    },
    /// Sends damaged packets to a ctdbd until it is killed (part of F22).
    #[command(hide = true)]
    Hostile {
        /// Where the ctdbd listens.
        address: String,
        /// From which the packets follow.
        seed: u64,
    },
}

/// Runs.
#[derive(Clone, Debug, Args)]
pub struct Run {
    /// The seed of the first run.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many runs; each has the next seed.
    #[arg(long, default_value_t = 1)]
    pub runs: u64,
    /// A letter for each node: C is Samba's ctdbd.
    #[arg(long, default_value = "CCC")]
    pub mix: String,
    /// Which faults may come, as in F1,F6; all that can be done unless said otherwise.
    #[arg(long, value_delimiter = ',', value_parser = fault)]
    pub faults: Vec<Fault>,
    /// What clients do, as in W1,W4.
    #[arg(long, default_value = WORKLOADS, value_parser = workloads)]
    pub workloads: Workloads,
    /// How long faults may come; the first comes in any case.
    #[arg(long, default_value_t = 1)]
    pub minutes: u64,
    /// The tunables: fast, or default.
    #[arg(long, default_value = "fast", value_parser = profile)]
    pub profile: Profile,
    /// A plan as a run has printed it; nothing is drawn then.
    #[arg(long)]
    pub plan: Option<Plan>,
    /// Where histories are kept; below cargo's target directory unless said otherwise.
    #[arg(long)]
    pub keep: Option<PathBuf>,
    /// How many smaller plans are tried when a run fails.
    #[arg(long, default_value_t = 12)]
    pub attempts: usize,
    /// Overwrites a record behind the cluster's back in each run, to see that it is noticed.
    #[arg(long)]
    pub harm: bool,
}

/// What clients do unless said otherwise.
const WORKLOADS: &str = "W1,W3,W4,W6,W7";

/// Many runs. Each has few faults with time between them, so that what is seen can be told to be one's doing.
#[derive(Clone, Debug, Args)]
pub struct Campaign {
    /// The first and the last seed.
    #[arg(long, default_value = "1-100", value_parser = seeds)]
    pub seeds: RangeInclusive<u64>,
    /// How many runs go on at the same time.
    #[arg(long, default_value_t = 2)]
    pub jobs: usize,
    /// Where histories and results are kept. Runs whose history is there and whole are not made again.
    #[arg(long)]
    pub out: PathBuf,
    /// A letter for each node: C is Samba's ctdbd.
    #[arg(long, default_value = "CCC")]
    pub mix: String,
    /// Which faults may come, as in F1,F6; all that can be done unless said otherwise.
    #[arg(long, value_delimiter = ',', value_parser = fault)]
    pub faults: Vec<Fault>,
    /// What clients do, as in W1,W4.
    #[arg(long, default_value = WORKLOADS, value_parser = workloads)]
    pub workloads: Workloads,
    /// The tunables: fast, or default.
    #[arg(long, default_value = "fast", value_parser = profile)]
    pub profile: Profile,
    /// How many faults a run has.
    #[arg(long, default_value_t = 3)]
    pub most: usize,
    /// After so many minutes no run begins any more.
    #[arg(long)]
    pub minutes: Option<u64>,
}

/// Between two faults of a campaign: mostly enough to get normal again.
const CALM_MS: (u64, u64) = (4_000, 6_000);

impl Campaign {
    /// The plan of a seed.
    #[must_use]
    pub fn plan(&self, seed: u64) -> Plan {
        let wishes = Wishes {
            mix: self.mix.clone(),
            profile: self.profile,
            workloads: self.workloads.0.clone(),
            faults: all_unless(&self.faults),
            minutes: u64::from(u16::MAX),
            most: self.most.max(1),
            pause_ms: CALM_MS,
        };
        draw(seed, &wishes)
    }
}

/// These faults; of none named all that can be done.
fn all_unless(named: &[Fault]) -> Vec<Fault> {
    if named.is_empty() { faults::TABLE.iter().map(|(fault, _)| *fault).collect() } else { named.to_vec() }
}

fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let why = || "a number, or two as in 1-100, is wanted".to_owned();
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last): (u64, u64) = (first.parse().map_err(|_| why())?, last.parse().map_err(|_| why())?);
    if first <= last { Ok(first..=last) } else { Err(why()) }
}

/// Some workloads.
#[derive(Clone, Debug)]
pub struct Workloads(pub Vec<Workload>);

fn workloads(text: &str) -> Result<Workloads, String> {
    match parse_workloads(text).map_err(|error| error.to_string())? {
        all if all.is_empty() => Err("at least one of W1 to W9 is wanted".to_owned()),
        all => Ok(Workloads(all)),
    }
}

fn fault(text: &str) -> Result<Fault, String> {
    let fault: Fault = text.parse().map_err(|()| "one of F1 to F23 is wanted".to_owned())?;
    faults::begin(fault).map(|_| fault).map_err(|error| error.to_string())
}

fn profile(text: &str) -> Result<Profile, String> {
    let all = [Profile::Fast, Profile::Default];
    all.into_iter().find(|profile| profile.word() == text).ok_or_else(|| "fast or default".to_owned())
}

impl Run {
    /// The plans to be made.
    #[must_use]
    pub fn plans(&self) -> Vec<Plan> {
        if let Some(plan) = &self.plan {
            return vec![plan.clone()];
        }
        let wishes = Wishes {
            mix: self.mix.clone(),
            profile: self.profile,
            workloads: self.workloads.0.clone(),
            faults: all_unless(&self.faults),
            minutes: self.minutes,
            most: usize::MAX,
            pause_ms: ANY_PAUSE_MS,
        };
        (self.seed..self.seed.saturating_add(self.runs)).map(|seed| draw(seed, &wishes)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Result<Run, String> {
        let words = ["faults", "run"].into_iter().chain(words.split_whitespace());
        match Options::try_parse_from(words).map_err(|error| error.to_string())?.what {
            What::Run(run) => Ok(run),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn runs_have_one_seed_after_another_and_only_the_wanted_faults() {
        let plans = parsed("--seed 5 --runs 2 --faults F4,F6 --workloads W4").unwrap().plans();
        assert_eq!(plans.iter().map(|plan| plan.seed).collect::<Vec<_>>(), [5, 6]);
        let mut all = plans.iter().flat_map(|plan| &plan.faults);
        assert!(all.all(|planned| matches!(planned.fault, Fault::F4 | Fault::F6)));
        let every = parsed("").unwrap().plans();
        assert!(every[0].faults.iter().all(|planned| faults::begin(planned.fault).is_ok()));
    }

    #[test]
    fn a_hundred_seeds_of_a_campaign_have_each_fault_at_least_five_times_and_end_within_a_minute() {
        let words = ["faults", "campaign", "--out", "x"];
        let What::Campaign(campaign) = Options::try_parse_from(words).unwrap().what else { panic!() };
        let plans: Vec<Plan> = campaign.seeds.clone().map(|seed| campaign.plan(seed)).collect();
        assert_eq!(plans.len(), 100);
        for (fault, _) in faults::TABLE {
            let count =
                plans.iter().flat_map(|plan| &plan.faults).filter(|planned| planned.fault == *fault).count();
            assert!(count >= 5, "{fault} comes {count} times");
        }
        let with =
            |plan: &Plan| plan.workloads == parse_workloads(WORKLOADS).unwrap() && plan.faults.len() == 3;
        assert!(plans.iter().all(with));
        let mean = plans.iter().map(Plan::ends_ms).sum::<u64>() / 100;
        assert!(plans.iter().all(|plan| plan.ends_ms() < 60_000) && mean < 40_000, "{mean} ms");
        assert_eq!(seeds("3"), Ok(3..=3));
        assert!(["", "5-3", "a", "1-2-3"].iter().all(|bad| seeds(bad).is_err()));
    }

    #[test]
    fn what_cannot_be_run_is_refused_on_the_command_line() {
        assert!(parsed("--faults F12").unwrap_err().contains("no file system of their own"));
        assert!(parsed("--faults F99").unwrap_err().contains("one of F1 to F23"));
        assert!(parsed("--workloads W0").is_err() && parsed("--profile slow").is_err());
        assert!(parsed("--plan hello").unwrap_err().contains("is not one of seed="));
    }
}
