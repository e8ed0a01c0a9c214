//! A plan from a seed.

use super::{Fault, Plan, Planned, Profile, Victim};
use crate::history::Workload;
use crate::numbers::Numbers;

/// What a plan is drawn from.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// A letter for each node.
    pub mix: String,
    /// The tunables.
    pub profile: Profile,
    /// What clients do; all that is here.
    pub workloads: Vec<Workload>,
    /// The faults that may come.
    pub faults: Vec<Fault>,
    /// How long faults may come.
    pub minutes: u64,
    /// How many faults may come.
    pub most: usize,
    /// Time between the end of a fault and the beginning of the next, least and most, at the fast profile.
    pub pause_ms: (u64, u64),
}

/// A pause after which the cluster may or may not be normal again.
pub const ANY_PAUSE_MS: (u64, u64) = (1_000, 8_000);

/// The plan of a seed. The same seed and wishes give the same plan, for ever: a change of what is drawn changes all of them,
/// and belongs into the changelog.
#[must_use]
pub fn draw(seed: u64, wishes: &Wishes) -> Plan {
    let mut numbers = Numbers::new(seed);
    let nodes = u64::try_from(wishes.mix.len()).unwrap_or(u64::MAX).max(1);
    let slower = if wishes.profile == Profile::Default { 4 } else { 1 };
    let keys = u32::try_from(numbers.between(3, 40)).unwrap_or(3);
    let (mut faults, mut now) = (Vec::new(), 0);
    let end = wishes.minutes.saturating_mul(60_000);
    while faults.len() < wishes.most
        && let Some(fault) = numbers.one_of(&wishes.faults)
    {
        let (least, most) = fault.lasts();
        let at_ms = now + slower * numbers.between(wishes.pause_ms.0, wishes.pause_ms.1);
        let for_ms = slower * numbers.between(least, most);
        if at_ms + for_ms > end && !faults.is_empty() {
            break;
        }
        // The leader is hit as often as another; a number finds those who think that they are neither.
        let victim = match (fault.victim(), numbers.between(0, 2)) {
            (Victim::All, _) => Victim::All,
            (_, 0) => u32::try_from(numbers.between(0, nodes - 1)).map_or(Victim::Leader, Victim::Node),
            (Victim::Follower, 1) if !matches!(fault, Fault::F1) => Victim::Leader,
            (usual, _) => usual,
        };
        faults.push(Planned { fault, victim, at_ms, for_ms });
        now = at_ms + for_ms;
    }
    let mut workloads = wishes.workloads.clone();
    workloads.sort_unstable();
    workloads.dedup();
    Plan { seed, mix: wishes.mix.clone(), profile: wishes.profile, workloads, keys, faults }
}
