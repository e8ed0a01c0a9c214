//! A plan follows from its seed, is one line, and shrinks to what makes it fail.

use judge::history::Workload;
use judge::plan::{ANY_PAUSE_MS, Fault, Plan, Profile, Victim, Wishes, draw, smaller};
use proptest::prelude::*;

fn wishes() -> Wishes {
    Wishes {
        mix: "CCC".to_owned(),
        profile: Profile::Fast,
        workloads: vec![Workload::W4, Workload::W1],
        faults: Fault::ALL.to_vec(),
        minutes: 2,
        most: usize::MAX,
        pause_ms: ANY_PAUSE_MS,
    }
}

#[test]
fn a_seed_gives_the_same_plan_for_ever() {
    let line = draw(7, &wishes()).to_string();
    assert_eq!(line, draw(7, &wishes()).to_string());
    assert_eq!(line, SEED_7);
    assert_ne!(line, draw(8, &wishes()).to_string());
}

/// What seed 7 gave when this was written: a saved seed must mean the same run later.
const SEED_7: &str = "seed=7 mix=CCC profile=fast workloads=W1,W4 keys=8 faults=F18:leader@3444+1528,F1:follower@9193+6352,F8:1@18236+9366,F20:follower@29781+4817,F9:all@38537+8552,F20:0@52500+7208,F2:leader@67462+8642,F3:0@80923+6529,F18:leader@90097+1532,F11:follower@95439+8923,F8:0@106877+12290";

#[test]
fn over_many_seeds_every_fault_comes_and_every_kind_of_victim() {
    let plans: Vec<Plan> = (0..200).map(|seed| draw(seed, &wishes())).collect();
    let all: Vec<_> = plans.iter().flat_map(|plan| &plan.faults).collect();
    for fault in Fault::ALL {
        assert!(all.iter().any(|planned| planned.fault == *fault), "{fault}");
    }
    for victim in [Victim::Leader, Victim::Follower, Victim::All, Victim::Node(0), Victim::Node(2)] {
        assert!(all.iter().any(|planned| planned.victim == victim), "{victim}");
    }
    assert!(plans.iter().all(|plan| !plan.faults.is_empty() && plan.ends_ms() < 140_000));
}

#[test]
fn a_line_that_is_no_plan_is_told_why() {
    let told = |line: &str| line.parse::<Plan>().unwrap_err().to_string();
    let with = |word: &str| format!("seed=1 mix=CCC profile=fast workloads=W1 keys=3 {word}");
    assert_eq!(told("hello"), "'hello' is not one of seed=, mix=, profile=, workloads=, keys=, faults=");
    assert_eq!(told(&with("")), "faults= has to be said, once");
    assert_eq!(told(&with("faults= seed=2")), "seed= has to be said, once");
    let why = "FAULT:VICTIM@BEGIN+LENGTH, in milliseconds, between commas";
    for bad in ["F99:0@1+1", "F1:nobody@1+1", "F1:0@1", "F1:0@x+1", "F1"] {
        assert_eq!(told(&with(&format!("faults={bad}"))), format!("faults={bad}: {why}"));
    }
    assert_eq!(
        told("seed=1 mix=ccc profile=fast workloads=W1 keys=3 faults="),
        "mix=ccc: a capital letter for each of at most 32 nodes, such as CCR"
    );
}

#[test]
fn a_plan_shrinks_to_the_one_fault_that_makes_it_fail() {
    let mut plan = draw(11, &Wishes { minutes: 20, mix: "CCCCC".to_owned(), ..wishes() });
    let fails = |plan: &Plan| {
        plan.faults.iter().any(|planned| planned.fault == Fault::F8) && plan.workloads.contains(&Workload::W4)
    };
    assert!(fails(&plan), "another seed is needed: {plan}");
    let mut runs = 0;
    while let Some(next) = smaller(&plan).into_iter().inspect(|_| runs += 1).find(fails) {
        plan = next;
    }
    assert_eq!(
        (plan.faults.len(), plan.workloads.as_slice(), plan.keys),
        (1, &[Workload::W4][..], 1),
        "{plan}"
    );
    assert_eq!(plan.mix, "CC", "{plan}");
    assert!(runs < 120, "{runs} runs");
}

proptest! {
    #[test]
    fn a_plan_is_read_from_its_line_as_it_was(seed: u64, minutes in 1..10_u64) {
        let plan = draw(seed, &Wishes { minutes, ..wishes() });
        prop_assert_eq!(plan.to_string().parse::<Plan>().unwrap(), plan);
    }

    #[test]
    fn every_smaller_plan_is_smaller(seed: u64) {
        let plan = draw(seed, &wishes());
        let size = |plan: &Plan| {
            u64::from(plan.nodes()) + u64::from(plan.keys)
                + u64::try_from(plan.faults.len() + plan.workloads.len()).unwrap()
        };
        prop_assert!(smaller(&plan).iter().all(|other| size(other) < size(&plan)));
    }
}
