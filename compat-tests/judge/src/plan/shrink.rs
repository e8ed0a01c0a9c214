//! Plans that are smaller than one that failed: without some faults, then with fewer records, then with fewer nodes.

use super::{Plan, Victim};

/// The next plans to try, the smallest first. The first that still fails takes the plan's place; when none does, the plan
/// cannot be made smaller.
#[must_use]
pub fn smaller(plan: &Plan) -> Vec<Plan> {
    let mut all = Vec::new();
    // Halves before single ones.
    let count = plan.faults.len();
    let mut part = count.div_ceil(2);
    while part > 0 && count > 1 {
        for first in (0..count).step_by(part) {
            let mut without = plan.clone();
            without.faults.drain(first..(first + part).min(count));
            if !without.faults.is_empty() && !all.contains(&without) {
                all.push(without);
            }
        }
        part /= 2;
    }
    if plan.workloads.len() > 1 {
        for index in 0..plan.workloads.len() {
            let mut without = plan.clone();
            without.workloads.remove(index);
            all.push(without);
        }
    }
    if plan.keys > 1 {
        all.push(Plan { keys: plan.keys / 2, ..plan.clone() });
    }
    // The last node goes, if no fault names it.
    let last = plan.nodes().saturating_sub(1);
    if last >= 2 && plan.faults.iter().all(|planned| planned.victim != Victim::Node(last)) {
        let mut without = plan.clone();
        without.mix.pop();
        all.push(without);
    }
    all
}
