//! A plan as one line, which can be typed: `seed=7 mix=CCC profile=fast workloads=W1,W4 keys=20 faults=F4:2@3000+8000`.

use std::fmt;
use std::str::FromStr;

use super::{Plan, Planned, Profile};
use crate::history::Workload;

/// Why a line is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadPlan {
    /// A word is not `name=value`, or nobody knows its name.
    #[error("'{0}' is not one of seed=, mix=, profile=, workloads=, keys=, faults=")]
    Word(String),
    /// A value makes no sense.
    #[error("{name}={value}: {why}")]
    Value {
        /// Of what.
        name: &'static str,
        /// As it was written.
        value: String,
        /// What it should be.
        why: &'static str,
    },
    /// Something is missing or said twice.
    #[error("{0}= has to be said, once")]
    Once(&'static str),
}

/// Most nodes of a plan.
const NODES: usize = 32;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let workloads: Vec<String> = self.workloads.iter().map(ToString::to_string).collect();
        let faults: Vec<String> = self
            .faults
            .iter()
            .map(|p| format!("{}:{}@{}+{}", p.fault, p.victim, p.at_ms, p.for_ms))
            .collect();
        write!(
            f,
            "seed={} mix={} profile={} workloads={} keys={} faults={}",
            self.seed,
            self.mix,
            self.profile.word(),
            workloads.join(","),
            self.keys,
            faults.join(",")
        )
    }
}

/// Workloads by their names, between commas.
///
/// # Errors
/// When there is none of a name.
pub fn parse_workloads(value: &str) -> Result<Vec<Workload>, BadPlan> {
    use Workload::{W1, W2, W3, W4, W5, W6, W7, W8, W9};
    let one = |word: &str| [W1, W2, W3, W4, W5, W6, W7, W8, W9].into_iter().find(|w| w.to_string() == word);
    let bad = || BadPlan::Value { name: "workloads", value: value.to_owned(), why: "some of W1 to W9" };
    let mut all: Vec<Workload> =
        list(value).map(|word| one(word).ok_or_else(bad)).collect::<Result<_, _>>()?;
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

fn list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').filter(|word| !word.is_empty())
}

fn planned(word: &str) -> Option<Planned> {
    let (fault, rest) = word.split_once(':')?;
    let (victim, times) = rest.split_once('@')?;
    let (at, lasts) = times.split_once('+')?;
    Some(Planned {
        fault: fault.parse().ok()?,
        victim: victim.parse().ok()?,
        at_ms: at.parse().ok()?,
        for_ms: lasts.parse().ok()?,
    })
}

impl FromStr for Plan {
    type Err = BadPlan;

    fn from_str(line: &str) -> Result<Self, BadPlan> {
        let mut values: [(&'static str, Option<&str>); 6] =
            ["seed", "mix", "profile", "workloads", "keys", "faults"].map(|name| (name, None));
        for word in line.split_whitespace() {
            let known = word.split_once('=').and_then(|(name, value)| {
                values.iter_mut().find(|(known, _)| *known == name).map(|slot| (slot, value))
            });
            let Some(((name, slot), value)) = known else { return Err(BadPlan::Word(word.to_owned())) };
            if slot.replace(value).is_some() {
                return Err(BadPlan::Once(name));
            }
        }
        let value = |wanted: &'static str| {
            let found = values.iter().find(|(name, _)| *name == wanted).and_then(|(_, value)| *value);
            found.ok_or(BadPlan::Once(wanted))
        };
        let bad = |name, value: &str, why| BadPlan::Value { name, value: value.to_owned(), why };
        let number = |name| value(name).map(|text| (text, text.parse::<u64>()));
        let (text, seed) = number("seed")?;
        let seed = seed.map_err(|_| bad("seed", text, "a number"))?;
        let (text, keys) = number("keys")?;
        let keys = keys.ok().and_then(|keys| u32::try_from(keys).ok()).filter(|keys| *keys > 0);
        let keys = keys.ok_or_else(|| bad("keys", text, "a number from 1 on"))?;
        let mix = value("mix")?;
        if mix.is_empty() || mix.len() > NODES || !mix.bytes().all(|letter| letter.is_ascii_uppercase()) {
            return Err(bad("mix", mix, "a capital letter for each of at most 32 nodes, such as CCR"));
        }
        let profile = match value("profile")? {
            "fast" => Profile::Fast,
            "default" => Profile::Default,
            other => return Err(bad("profile", other, "fast or default")),
        };
        let workloads = parse_workloads(value("workloads")?)?;
        let why = "FAULT:VICTIM@BEGIN+LENGTH, in milliseconds, between commas";
        let all = value("faults")?;
        let faults: Option<Vec<Planned>> = list(all).map(planned).collect();
        let mut faults = faults.ok_or_else(|| bad("faults", all, why))?;
        faults.sort_by_key(|planned| planned.at_ms);
        Ok(Self { seed, mix: mix.to_owned(), profile, workloads, keys, faults })
    }
}
