//! The rungs from C's daemons to the new ones, and which of them this node stands on: that is asked, never remembered.
//!
//! A rung has steps when its daemon exists. Each of these can be taken and left by itself, in any order; `docs/migration.md`
//! says more about each.

use bus::Node;
use protocol::daemons::{EVENT, Row, SERVICE, TUNNEL};

use crate::backend::native;
use crate::commands::row::NoArgs;
use crate::commands::tunnel;
use crate::context::Context;

/// What is to be done for a rung.
pub(super) struct Steps {
    /// The daemon that tells that a node stands on it.
    of: Row,
    pub(super) up: fn(&Context) -> String,
    pub(super) down: &'static str,
}

/// One rung.
pub(super) struct Rung {
    pub(super) brings: &'static str,
    pub(super) needs: &'static str,
    /// None while its daemon does not exist.
    pub(super) steps: Option<Steps>,
}

const fn later(brings: &'static str, needs: &'static str) -> Rung {
    Rung { brings, needs, steps: None }
}

/// All of them.
pub(super) const RUNGS: &[Rung] = &[
    Rung {
        brings: "The new daemons can talk across the cluster; C's daemons do all they did",
        needs: "ctdb-tunneld beside ctdbd, on each node",
        steps: Some(Steps {
            of: TUNNEL,
            up: |cx| {
                let (socket, dir) = (cx.socket.display(), cx.run_dir.display());
                format!(
                    "start ctdb-tunneld --ctdb-socket {socket} --run-dir {dir} on this node, as a service of the system; \
                     'migrate status' tells when it answers"
                )
            },
            down: "stop ctdb-tunneld on this node; ctdbd forgets it, and no function is lost",
        }),
    },
    Rung {
        brings: "A new daemon runs the event scripts, which stay as they are",
        needs: "a restart of ctdbd, node by node",
        steps: Some(Steps {
            of: EVENT,
            up: |_| {
                "set CTDB_EVENTD to the path of ctdb-eventd in the environment of ctdbd's service, and restart that on this node"
                    .into()
            },
            down: "remove CTDB_EVENTD from the environment of ctdbd's service, and restart that on this node",
        }),
    },
    Rung {
        brings: "A new daemon starts, checks and stops the services; ctdbd hears how well the node is",
        needs: "their scripts in a directory of their own, node by node; no restart",
        steps: Some(Steps {
            of: SERVICE,
            up: |_| {
                "declare the services in conf.d, start ctdb-serviced on this node, and enable the event script that asks it".into()
            },
            down: "enable the event scripts of the services again, disable the one that asks ctdb-serviced, and stop ctdb-serviced",
        }),
    },
    later(
        "The cluster lock is held by a new program",
        "a line in ctdb.conf, and a restart of ctdbd, node by node",
    ),
    later(
        "A new daemon decides who leads, and when to recover",
        "no node of C may lead any more; no restart",
    ),
    later("A new program hands out public addresses", "the daemon that leads calls it; no restart"),
    later("A new program recovers databases", "the daemon that leads calls it; no restart"),
    later("Whole nodes run without C's daemons", "all rungs before, then node by node"),
];

/// Whether this node stands on a rung.
pub(super) async fn stands(cx: &Context, rung: &Rung) -> bool {
    let Some(daemon) = rung.steps.as_ref().map(|steps| steps.of) else { return false };
    match daemon.noun() {
        // One that is there may be in nobody's place yet.
        noun if noun == TUNNEL.noun() => tunnel::status(cx, NoArgs {}).await.is_ok(),
        noun if noun == EVENT.noun() => new_eventd(cx).await.is_some(),
        _ => native::is_here(&cx.run_dir, daemon.service),
    }
}

/// The version of the event daemon of ctdbd, when that is the new one.
pub(super) async fn new_eventd(cx: &Context) -> Option<String> {
    if !native::is_here(&cx.run_dir, EVENT.service) {
        return None;
    }
    let about = native::Eventd::of(Node::LOCAL, cx).ok()?.about().await.ok()?;
    about.ctdbd.then_some(about.release)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::NOUNS;
    use config::{Eventd, Section, Serviced, Tunneld};
    use protocol::daemons::ALL;
    use std::path::Path;

    #[test]
    fn every_daemon_has_its_rung_its_noun_its_section_and_its_unit_by_its_names() {
        let sections = [Tunneld::NAME, Eventd::NAME, Serviced::NAME];
        for (daemon, section) in ALL.iter().zip(sections) {
            let steps = RUNGS[daemon.rung].steps.as_ref().unwrap();
            assert_eq!(steps.of.program, daemon.program);
            assert!(steps.down.contains(daemon.program) || daemon.noun() == EVENT.noun(), "{}", steps.down);
            assert_eq!(section, daemon.section());
            assert!(NOUNS.iter().any(|noun| noun.path == [daemon.noun()]), "{}", daemon.noun());
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
            let unit = format!("systemd/{}.service", daemon.program);
            let places = ["tunnel-proxy/daemon", "new-daemons/daemons"];
            let there = places.iter().any(|place| root.join(place).join(&unit).exists());
            assert!(there, "{unit}");
        }
    }
}
