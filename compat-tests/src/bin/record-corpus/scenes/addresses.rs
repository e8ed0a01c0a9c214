//! Public addresses: given out, moved, added, taken away. In test mode ctdbd says so and changes no interface.

use compat_tests::rehearsal;

use super::Scene;
use crate::stage::{STEP, Stage};

pub(super) const ADDRESSES: Scene = Scene {
    name: "addresses",
    what: "public addresses on three nodes: moved, failed over, added and deleted, with tickles",
    shows: &[
        "GET_PUBLIC_IPS",
        "TAKEOVER_IP",
        "RELEASE_IP",
        "IPREALLOCATED",
        "ADD_PUBLIC_IP",
        "DEL_PUBLIC_IP",
        "TCP_ADD_DELAYED_UPDATE",
        "TAKEOVER_RUN",
        "SET_TCP_TICKLE_LIST",
    ],
    cluster: |builder| (rehearsal::ADDRESSES.cluster)(builder).tunable("TickleUpdateInterval", 2),
    play: addresses,
};

fn addresses(stage: &Stage) -> anyhow::Result<()> {
    let relay = stage.rehearse(&rehearsal::ADDRESSES)?;
    stage.through(&relay, "moveip 10.99.0.1 1")?.ok()?;
    stage.wait_ctdb(0, "-X ip all", |text| text.contains("|10.99.0.1|1|"))?;
    stage.through(&relay, "ip all")?.ok()?;
    stage.through(&relay, "ipinfo 10.99.0.1")?.ok()?;
    stage.through(&relay, "addtickle 192.0.2.7:40001 10.99.0.1:445 -n 1")?.ok()?;
    stage.through(&relay, "addtickle 192.0.2.7:40002 10.99.0.1:445 -n 1")?.ok()?;
    stage.through(&relay, "gettickles 10.99.0.1 -n 1")?.ok()?;
    stage.wait_shown("SET_TCP_TICKLE_LIST")?;
    stage.through(&relay, "deltickle 192.0.2.7:40002 10.99.0.1:445 -n 1")?.ok()?;
    stage.through(&relay, "disable -n 2")?.ok()?;
    stage.cluster.node(0).wait_flag_of(2, "DISABLED", STEP)?;
    stage.wait_ctdb(0, "-X ip all", |text| given(text, 3) && !text.contains("|2|"))?;
    stage.through(&relay, "enable -n 2")?.ok()?;
    stage.healthy()?;
    for pnn in 0..2 {
        stage.through(&relay, &format!("addip 10.99.0.4/24 lo -n {pnn}"))?.ok()?;
    }
    stage.through(&relay, "ipreallocate")?.ok()?;
    stage.wait_ctdb(0, "-X ip all", |text| given(text, 4))?;
    for pnn in 0..2 {
        stage.through(&relay, &format!("delip 10.99.0.4 -n {pnn}"))?.ok()?;
    }
    stage.through(&relay, "reloadips")?;
    stage.through(&relay, "ifaces")?.ok()?;
    stage.wait_ctdb(0, "-X ip all", |text| given(text, 3))
}

/// Whether so many addresses are listed, each with a node. A line is `|address|node|...`.
pub(super) fn given(text: &str, addresses: usize) -> bool {
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("|10.")).collect();
    lines.len() == addresses && lines.iter().all(|line| line.split('|').nth(2) != Some("-1"))
}
