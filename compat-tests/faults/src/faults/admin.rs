//! Administrators who cannot leave things alone.

use anyhow::Result;

use super::Heal;
use crate::stage::Stage;

/// What they do, in words of C's tool.
const DEEDS: [&[&str]; 8] = [
    &["ban", "60"],
    &["unban"],
    &["stop"],
    &["continue"],
    &["disable"],
    &["enable"],
    &["recover"],
    &["setvar", "MonitorInterval", "3"],
];

/// What ends all of it.
const UNDO: [&[&str]; 4] = [&["unban"], &["continue"], &["enable"], &["setvar", "MonitorInterval", "2"]];

/// Some deeds, one after another.
pub(super) fn storm(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    for pnn in victims {
        for _ in 0..stage.draw(2, 5) {
            let which = usize::try_from(stage.draw(0, u64::try_from(DEEDS.len() - 1)?))?;
            // A node that refuses is as good as one that obeys.
            stage.cluster.node(*pnn).try_ctdb(&[&["-t", "10"], DEEDS[which]].concat())?;
        }
    }
    let victims = victims.to_vec();
    Ok(Box::new(move |stage| {
        for pnn in victims {
            for words in UNDO {
                stage.cluster.node(pnn).try_ctdb(&[&["-t", "10"], words].concat())?;
            }
            stage.back(pnn)?;
        }
        Ok(())
    }))
}
