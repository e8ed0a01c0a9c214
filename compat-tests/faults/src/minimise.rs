//! A failing run made smaller: a part is left out for as long as the rest still fails.

use anyhow::Result;
use judge::plan::{Plan, smaller};

/// Tries smaller plans, at most so many; returns the smallest that fails.
///
/// # Errors
/// Those of trying.
pub fn minimise(
    plan: &Plan,
    mut attempts: usize,
    mut fails: impl FnMut(&Plan) -> Result<bool>,
) -> Result<Plan> {
    let mut smallest = plan.clone();
    'smaller: loop {
        for candidate in smaller(&smallest) {
            if attempts == 0 {
                return Ok(smallest);
            }
            attempts -= 1;
            if fails(&candidate)? {
                smallest = candidate;
                continue 'smaller;
            }
        }
        return Ok(smallest);
    }
}

#[cfg(test)]
mod tests {
    use judge::plan::Fault;

    use super::*;

    #[test]
    fn what_does_not_matter_is_left_out_and_no_more_is_tried_than_allowed() {
        let line = "seed=1 mix=CCCC profile=fast workloads=W1,W4,W6 keys=20 \
            faults=F1:0@10+1,F4:1@20+1,F6:0@30+1,F9:all@40+1";
        let plan: Plan = line.parse().unwrap();
        let mut tried = 0;
        let fails = |plan: &Plan| {
            tried += 1;
            Ok(plan.faults.iter().any(|planned| planned.fault == Fault::F6))
        };
        let smallest = minimise(&plan, 100, fails).unwrap().to_string();
        let first = "seed=1 mix=CC profile=fast workloads=";
        assert!(smallest.starts_with(first) && smallest.ends_with("keys=1 faults=F6:0@30+1"), "{smallest}");
        assert!(tried < 40, "{tried}");
        let mut tried = 0;
        let fails = |_: &Plan| {
            tried += 1;
            Ok(false)
        };
        assert_eq!(minimise(&plan, 3, fails).unwrap(), plan);
        assert_eq!(tried, 3);
    }
}
