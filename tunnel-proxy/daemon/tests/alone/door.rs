//! The HTTP door of a tunneld that has no ctdbd, and what the configuration says about it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use protocol::interface::Ask as _;
use protocol::services::tunnel::Peers;
use protocol::tunnel::TunnelPeers;
use protocol::xdr::Xdr;
use runtime::{Bus, Joining};

use super::*;

/// Status and body of an answer.
fn ask(tunneld: &Tunneld, method: &str, target: &str) -> Result<(u16, serde_json::Value), String> {
    let mut stream = UnixStream::connect(tunneld.bus().join("tunnel.0.http")).map_err(|e| e.to_string())?;
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    )
    .and_then(|()| stream.set_read_timeout(Some(SOON)))
    .map_err(|e| e.to_string())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|e| e.to_string())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(&*answer)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(head)?;
    Ok((status, serde_json::from_str(body).map_err(|e| format!("{e}: {body}"))?))
}

#[tokio::test]
async fn without_ctdbd_the_door_tells_the_state_and_what_is_wrong() {
    let tunneld = Tunneld::start().await;
    let (status, state) =
        until("the door is open", async || ask(&tunneld, "POST", "/v1/tunnel/status")).await;
    assert_eq!(
        (status, &state["node"], &state["ctdbd"]["state"]),
        (200, &"null".parse().unwrap(), &"down".into())
    );
    let (status, health) = ask(&tunneld, "GET", "/health").unwrap();
    assert_eq!((status, &health["healthy"]), (503, &false.into()));
    assert!(health["reasons"]["ctdbd"].is_string(), "{health}");
    // It is registered at itself like every other daemon.
    let listed = async || match ask(&tunneld, "POST", "/v1/tunnel/status")?.1["daemons"][0]["name"].as_str() {
        Some("tunnel") => Ok(()),
        other => Err(format!("{other:?}")),
    };
    until("it lists itself", listed).await;
}

#[tokio::test]
async fn a_daemon_asks_the_tunneld_on_the_bus_what_a_script_asks_at_the_door() {
    let tunneld = Tunneld::start().await;
    let daemon = Daemon { name: "asker".parse().unwrap(), instance: 0 };
    let joining = Joining { dir: tunneld.bus(), daemon, release: "1".to_owned(), features: 0 };
    let bus = Bus::join(joining).unwrap();
    let answer = until("it answers", async || {
        bus.call(local("tunnel"), Peers::NUMBER, Bytes::new(), SOON).await.map_err(|e| e.to_string())
    })
    .await;
    let peers = TunnelPeers::from_bytes(&answer).unwrap();
    assert_eq!(peers, TunnelPeers { node: None, peers: Vec::new() });
}

#[tokio::test]
async fn the_configuration_shuts_the_door() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("conf.d")).unwrap();
    fs::write(dir.path().join("conf.d/http.conf"), "[http]\nenabled = false\n").unwrap();
    let socket = dir.path().join("ctdbd.socket");
    let tunneld = Tunneld::start_with(dir, &socket).await;
    // It has done everything of its start when it answers.
    tunneld.status().await;
    assert!(!tunneld.bus().join("tunnel.0.http").exists());
}

#[tokio::test]
async fn an_address_that_other_hosts_reach_stops_the_start_unless_it_is_meant() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("conf.d")).unwrap();
    let part = dir.path().join("conf.d/http.conf");
    fs::write(&part, "[tunneld]\nhttp listen = 0.0.0.0:1\n").unwrap();
    let mut child = spawn(dir.path(), &dir.path().join("ctdbd.socket"));
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let log = fs::read_to_string(dir.path().join("log")).unwrap();
    assert!(log.contains("0.0.0.0:1 can be reached from other hosts"), "{log}");
    assert!(!dir.path().join("bus/tunnel.0.http").exists());
}
