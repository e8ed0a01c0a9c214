//! The HTTP doors of tunnelds over real ctdbd: requests and events of another node as JSON, and the example in Python
//! that docs/json.md shows, as a reader would start it.

use std::path::PathBuf;
use std::process::Command;

use crate::support::watching::Watching;
use crate::support::{Peer, SOON, cluster};
use compat_tests::{Node, wait_until};
use serde_json::{Value, json};

/// Asks the door as a script does, with Python's standard library.
const ASK: &str = "
import http.client, json, socket, sys
path, method, target, body = sys.argv[1:]
door = http.client.HTTPConnection('localhost', timeout=30)
door.sock = socket.socket(socket.AF_UNIX)
door.sock.connect(path)
door.request(method, target, body or None, {'Content-Type': 'application/json'})
answer = door.getresponse()
print(answer.status, answer.read().decode())
";

fn door(node: &Node) -> PathBuf {
    node.bus_dir().join("tunnel.0.http")
}

/// Status and body of an answer.
fn ask(node: &Node, method: &str, target: &str, body: &str) -> Result<(u16, String), String> {
    let mut python = Command::new("python3");
    let out = python.args(["-c", ASK]).arg(door(node)).args([method, target, body]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let (status, body) =
        text.split_once(' ').ok_or_else(|| String::from_utf8_lossy(&out.stderr).into_owned())?;
    Ok((status.parse().map_err(|_| text.clone())?, body.trim_end().to_owned()))
}

fn post(node: &Node, target: &str, body: &Value) -> Result<(u16, Value), String> {
    let (status, text) = ask(node, "POST", target, &body.to_string())?;
    Ok((status, serde_json::from_str(&text).map_err(|e| format!("{e}: {text}"))?))
}

#[test]
fn requests_go_to_the_daemon_behind_the_door_and_to_those_of_other_nodes() {
    let cluster = cluster(2);
    let (near, far) = (cluster.node(0), cluster.node(1));
    let _near = cluster.start_tunneld(0).unwrap();
    let _far = cluster.start_tunneld(1).unwrap();
    let status = |target: &str| post(near, target, &json!({}));
    let other =
        wait_until(SOON, "the other tunneld answers", || match status("/v1/nodes/1/tunnel/status")? {
            (200, status) if status["node"] == 1 => Ok(status),
            other => Err(format!("{other:?}")),
        });
    assert_eq!(other.unwrap()["ctdbd"]["state"], "attached");
    let (code, own) = status("/v1/tunnel/status").unwrap();
    assert_eq!((code, &own["node"], &own["peers"][0]["node"]), (200, &json!(0), &json!(1)));
    let (_, peers) = status("/v1/nodes/local/tunnel/peers").unwrap();
    assert_eq!(peers["peers"][0]["state"], "up");

    let data = json!({ "data": "aGVsbG8=" });
    assert_eq!(post(near, "/v1/nodes/1/tunnel/echo", &data).unwrap(), (200, data));
    let (code, problem) = status("/v1/nodes/9/tunnel/status").unwrap();
    assert_eq!((code, &problem["error"]), (404, &json!("no_such_node")), "{problem}");
    let (code, problem) = status("/v1/nodes/1/tunnel.3/status").unwrap();
    assert_eq!((code, &problem["error"]), (404, &json!("no_such_daemon")), "{problem}");

    let (code, health) = ask(near, "GET", "/health", "").unwrap();
    assert_eq!((code, serde_json::from_str::<Value>(&health).unwrap()["node"].as_u64()), (200, Some(0)));
    let (_, numbers) = ask(far, "GET", "/metrics", "").unwrap();
    for line in ["tablecloth_tunnel_attached 1", "tablecloth_tunnel_peer_up{node=\"0\"} 1"] {
        assert!(numbers.lines().any(|l| l == line), "{line}\n{numbers}");
    }
    far.kill9().unwrap();
    let ill =
        wait_until(SOON, "its health says that ctdbd is gone", || match ask(far, "GET", "/health", "")? {
            (503, reasons) => Ok(reasons),
            other => Err(format!("{other:?}")),
        });
    assert!(ill.unwrap().contains("\"ctdbd\""));
}

#[test]
fn the_example_prints_events_of_another_node_and_what_it_has_missed() {
    let cluster = cluster(2);
    let (near, far) = (cluster.node(0), cluster.node(1));
    let _near = cluster.start_tunneld(0).unwrap();
    let listens = || std::os::unix::net::UnixStream::connect(door(near));
    wait_until(SOON, "the door is open", listens).unwrap();
    let example = Watching::start(near, "tunnel", "1", "tunnel.daemon.");
    // Its tunneld does not run yet.
    example.line(|line| line.starts_with("-- 1/tunnel/0: "));
    let tunneld = cluster.start_tunneld(1).unwrap();
    example.line(|line| line == "-- listening to 1/tunnel/0");

    let guest = Peer::connect(far, "guest");
    let change = |registered: bool| {
        let body = json!({ "daemon": { "instance": 0, "name": "guest" }, "registered": registered });
        format!("1/tunnel/0 tunnel.daemon.changed {}", python(&body))
    };
    example.line(|line| line == change(true));
    drop(guest);
    example.line(|line| line == change(false));

    drop(tunneld);
    example.line(|line| line.starts_with("-- 1/tunnel/0: "));
    let _tunneld = cluster.start_tunneld(1).unwrap();
    example.line(|line| line == "-- listening to 1/tunnel/0");
    example.line(|line| line == "-- some events were lost");
    let _guest = Peer::connect(far, "guest");
    example.line(|line| line == change(true));
}

/// As Python writes JSON.
fn python(value: &Value) -> String {
    value.to_string().replace("\":", "\": ").replace(",\"", ", \"")
}
