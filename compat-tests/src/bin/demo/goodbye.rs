//! `KEEP=1`: everything runs on, and these are the lines to type.

use compat_tests::{Cluster, Daemon, Tool, product};

/// Lets the cluster and its tunnelds live, and says how to talk to them and how to end them.
pub(crate) fn leave(cluster: Cluster, tunnelds: Vec<Daemon>) -> anyhow::Result<()> {
    let ctdbctl = product("ctdbctl")?;
    let ctdb = Tool::Ctdb.path()?;
    let nodes = cluster.nodes().len();
    let net = cluster.net().to_owned();
    let pids: Vec<String> = tunnelds.iter().map(|daemon| daemon.pid().to_string()).collect();
    let dir = cluster.leave_running()?;
    let (dir, ctdbctl, ctdb) = (dir.display(), ctdbctl.display(), ctdb.display());
    let last = nodes.saturating_sub(1);
    println!("Everything runs on in {dir} (node.0 to node.{last}). Once, in your shell:");
    println!("    export CTDB_TEST_MODE=yes CTDB_BASE={dir}/node.0    # or another node");
    println!("    export CTDB_BUS_DIR=$CTDB_BASE/run/bus");
    println!("Then, for example:");
    println!("    {ctdbctl} status");
    println!("    {ctdbctl} tunnel status");
    println!("    {ctdbctl} tunnel ping {last} --count 10 --size 1000000");
    println!("    {ctdbctl} node ping -n all");
    println!("    {ctdb} status                    # the C tool, on the same daemons");
    println!("    tcpdump -i lo -X 'net {net}.0/24 and tcp port 4379'");
    println!("Logs: {dir}/node.*/*.log. To end it all; the directory goes with the last process:");
    println!(
        "    for n in $(seq 0 {last}); do CTDB_TEST_MODE=yes CTDB_BASE={dir}/node.$n {ctdb} shutdown; done"
    );
    println!("    kill {}\n", pids.join(" "));
    Ok(())
}
