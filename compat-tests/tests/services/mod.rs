//! ctdb-serviced beside three real ctdbd: its decisions reach the cluster, and its functions are taken over from ctdbd and
//! given back while the cluster runs.
//!
//! The services are real: Debian's nginx under a script of events, and Debian's resource agent Dummy. What C's own tool says
//! of the nodes is the truth.

mod documented;
mod handover;
mod health;
mod moving;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use compat_tests::{Builder, Cluster, Daemon, Node, ToolOutput, wait_until};
use serde_json::Value;

/// How long one step may take on a busy machine.
pub(crate) const STEP: Duration = Duration::from_secs(60);

/// What is shipped.
pub(crate) const GATE: &str =
    include_str!("../../../new-daemons/daemons/share/events/legacy/50.services.script");
pub(crate) const GATE_NAME: &str = "events/legacy/50.services.script";

/// nginx as a script of events, in the form of those that people have for ctdbd: at the node's own address, port 8080.
pub(crate) const NGINX: &str = r#"#!/bin/sh
web=$CTDB_BASE/web
address=$(sed -n 's/.*node address = //p' "$CTDB_BASE/ctdb.conf")
alive() {
    pid=$(cat "$web/nginx.pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null
}
case "$1" in
startup)
    alive && exit 0
    echo "$$ starts it" >> "$CTDB_BASE/web.starts"
    mkdir -p "$web/html" "$web/logs"
    echo "node $address" > "$web/html/index.html"
    cat > "$web/nginx.conf" <<END
user root;
worker_processes 1;
pid $web/nginx.pid;
error_log $web/logs/error.log;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $web/body;
    proxy_temp_path $web/proxy;
    fastcgi_temp_path $web/fastcgi;
    uwsgi_temp_path $web/uwsgi;
    scgi_temp_path $web/scgi;
    server { listen $address:8080; root $web/html; }
}
END
    exec /usr/sbin/nginx -p "$web" -c "$web/nginx.conf"
    ;;
shutdown)
    alive || exit 0
    kill -TERM "$pid"
    while alive; do sleep 0.1; done
    ;;
monitor)
    if ! alive; then
        echo "nginx does not run"
        exit 1
    fi
    python3 -c "import urllib.request as r; r.urlopen('http://$address:8080/', timeout=5).read()" || exit 1
    ;;
esac
exit 0
"#;

/// A cluster whose nodes have the event script between ctdbd and ctdb-serviced; nobody waits for it.
pub(crate) fn gated(builder: Builder) -> Cluster {
    compat_tests::require(&[compat_tests::Tool::OcfTester, compat_tests::Tool::Nginx]).unwrap();
    let cluster = builder.file(GATE_NAME, GATE).without_waiting().start().unwrap();
    cluster.nodes().iter().for_each(options);
    cluster
}

/// Tells the event script how to call ctdbctl.
pub(crate) fn options(node: &Node) {
    let line = node.ctdbctl_line().unwrap();
    let text = format!("CTDB_SERVICES_CTDBCTL=\"{line}\"\n");
    fs::write(node.base().join("events/legacy/50.services.options"), text).unwrap();
}

/// Writes a file of conf.d; `{base}` is the node's directory.
pub(crate) fn configure(node: &Node, text: &str) {
    let dir = node.base().join("conf.d");
    fs::create_dir_all(&dir).unwrap();
    let text = text.replace("{base}", &node.base().display().to_string());
    fs::write(dir.join("70-services.conf"), text).unwrap();
}

/// Puts a program into a node's directory.
pub(crate) fn program(node: &Node, name: &str, text: &str) -> PathBuf {
    let path = node.base().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Runs `ctdbctl` with these words.
pub(crate) fn ctl(node: &Node, words: &str) -> ToolOutput {
    node.ctdbctl(&words.split(' ').collect::<Vec<_>>()).unwrap()
}

/// What `ctdbctl` answers in JSON.
#[track_caller]
pub(crate) fn told(node: &Node, words: &str) -> Value {
    let run = ctl(node, &format!("{words} -o json"));
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

/// Waits until a command ends so.
#[track_caller]
pub(crate) fn wait_ctl(cluster: &Cluster, node: &Node, words: &str, code: i32) -> ToolOutput {
    let look = || match ctl(node, words) {
        run if run.code == Some(code) => Ok(run),
        run => Err(format!("{run:?}")),
    };
    cluster.wait(STEP, &format!("'{words}' at node {} ends with {code}", node.pnn()), look).unwrap()
}

/// Waits until all nodes say in C's words that one of them has this flag, and the others are well.
#[track_caller]
pub(crate) fn wait_flag(cluster: &Cluster, pnn: u32, flag: &str) {
    for node in cluster.nodes() {
        let look = || {
            let status = node.status().map_err(|error| error.to_string())?;
            let good = status.nodes.iter().all(|line| match line.pnn == pnn {
                true => line.has(flag),
                false => line.is_ok(),
            });
            if good { Ok(()) } else { Err(format!("{:?}", status.nodes)) }
        };
        let what = format!("node {} says that node {pnn}, and no other, is {flag}", node.pnn());
        cluster.wait(STEP, &what, look).unwrap();
    }
}

/// Waits until all nodes are well in the eyes of all.
#[track_caller]
pub(crate) fn wait_well(cluster: &Cluster) {
    for node in cluster.nodes() {
        wait_until(STEP, "all nodes are well", || {
            let status = node.status().map_err(|error| error.to_string())?;
            let good = status.recovered && status.nodes.iter().all(|line| line.is_ok());
            if good { Ok(()) } else { Err(format!("{:?}", status.nodes)) }
        })
        .unwrap();
    }
}

/// Tunnelds of all nodes.
pub(crate) fn tunnelds(cluster: &Cluster) -> Vec<Daemon> {
    (0..3).map(|pnn| cluster.start_tunneld(pnn).unwrap()).collect()
}

/// Does something, and says which nodes were not well in the eyes of C's tool meanwhile.
pub(crate) fn unwell_during(cluster: &Cluster, work: impl FnOnce()) -> BTreeSet<(u32, String)> {
    let (over, seen) = (AtomicBool::new(false), Mutex::new(BTreeSet::new()));
    let looks = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let Ok(status) = cluster.node(0).status() else { continue };
                looks.fetch_add(1, Ordering::Relaxed);
                let bad = status.nodes.iter().filter(|line| !line.is_ok());
                let bad = bad.map(|line| (line.pnn, line.flags.join("|")));
                seen.lock().unwrap_or_else(PoisonError::into_inner).extend(bad);
            }
        });
        let stop = Stop(&over);
        work();
        drop(stop);
    });
    assert!(looks.into_inner() > 0, "nobody has looked");
    seen.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the watching also when the work panics.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The process of a node's nginx.
pub(crate) fn nginx(node: &Node) -> i32 {
    let text = fs::read_to_string(node.base().join("web/nginx.pid")).unwrap();
    text.trim().parse().unwrap()
}

/// How often nginx was started at a node.
pub(crate) fn starts(node: &Node) -> usize {
    fs::read_to_string(node.base().join("web.starts")).unwrap_or_default().lines().count()
}
