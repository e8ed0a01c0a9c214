//! The faults: for each a function that begins it, and returns what ends it.
//!
//! Which faults there are, whom they hit and how long they last is the plan's (`judge::plan`); here is how they are done to a
//! real cluster. A fault that cannot be done yet is named with the reason, and a plan with it is refused.

mod admin;
mod files;
mod network;
mod processes;

use anyhow::Result;
use judge::plan::Fault;

use crate::stage::Stage;

pub use files::{SCRIPT, SCRIPT_NAME, hold_lock, overwrite};
pub use network::be_hostile;
pub use processes::lasting;

/// What ends a fault.
pub type Heal = Box<dyn FnOnce(&Stage<'_>) -> Result<()> + Send>;

/// What begins a fault, for its victims.
pub type Begin = fn(&Stage<'_>, &[usize]) -> Result<Heal>;

/// How each fault is done.
pub const TABLE: &[(Fault, Begin)] = &[
    (Fault::F1, processes::crash),
    (Fault::F2, processes::crash),
    (Fault::F3, processes::main_killed),
    (Fault::F4, processes::pause),
    (Fault::F5, processes::main_paused),
    (Fault::F6, network::cut_off),
    (Fault::F7, network::one_way),
    (Fault::F8, network::part),
    (Fault::F9, network::swizzle),
    (Fault::F10, network::bad_links),
    (Fault::F11, processes::restart_unheard),
    (Fault::F13, files::damage),
    (Fault::F14, files::scripts),
    (Fault::F16, files::chain_lock),
    (Fault::F17, processes::clients_killed),
    (Fault::F18, processes::helper_killed),
    (Fault::F19, files::cluster_lock),
    (Fault::F20, admin::storm),
    (Fault::F21, processes::replace),
    (Fault::F22, network::hostile),
    (Fault::F23, processes::few_descriptors),
];

/// What cannot be done, and why.
pub const MISSING: &[(Fault, &str)] = &[
    (Fault::F12, "nodes have no file system of their own that could be full"),
    (Fault::F15, "nodes have no wall clock of their own that could jump"),
];

/// How a fault is done.
///
/// # Errors
/// When it cannot be done, with the reason.
pub fn begin(fault: Fault) -> Result<Begin> {
    if let Some((_, why)) = MISSING.iter().find(|(missing, _)| *missing == fault) {
        anyhow::bail!("{fault} ({}) cannot be done: {why}", fault.about());
    }
    let row = TABLE.iter().find(|(known, _)| *known == fault);
    row.map(|(_, begin)| *begin).ok_or_else(|| anyhow::anyhow!("nobody knows how to do {fault}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_done_in_one_way_or_is_said_to_be_missing() {
        for fault in Fault::ALL {
            let ways = TABLE.iter().filter(|(known, _)| known == fault).count();
            let missing = MISSING.iter().filter(|(known, _)| known == fault).count();
            assert_eq!(ways + missing, 1, "{fault}");
        }
        assert!(begin(Fault::F12).unwrap_err().to_string().starts_with("F12 (the disk of a node is full)"));
    }
}
