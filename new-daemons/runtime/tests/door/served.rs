//! What is served, and what is refused with which words.

use runtime::frame::Sockets;
use runtime::http::{Door, DoorError, Limits, Places};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::client::{Answer, exchange, get, post, request};
use super::{House, base64};

#[tokio::test]
async fn a_request_reaches_the_handler_and_its_answer_comes_back_as_json() {
    let house = House::open(Limits::default());
    let data = base64(&[0, 1, 254, 255]);
    let answer = post(&house.path, "/v1/tunnel/echo", &json!({ "data": data }).to_string()).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "data": data })));
    let answer = post(&house.path, "/v1/tunnel/status", "").await;
    assert_eq!((answer.status, answer.json()), (503, json!({ "error": "busy", "detail": "ask again" })));
    let answer = post(&house.path, "/v1/tunnel/peers?timeout=0.1", "null").await;
    assert_eq!((answer.status, answer.error()), (504, "timed_out".to_owned()));
    assert_eq!(answer.json()["in_doubt"], true);
}

#[tokio::test]
async fn what_is_not_understood_is_told_in_json_with_a_fitting_status() {
    let house = House::open(Limits { body_size: 1024, ..Limits::default() });
    let echo = "/v1/tunnel/echo";
    let large = format!("{{\"data\":\"{}\"}}", "A".repeat(1024));
    for (target, body, status, error) in [
        ("/v1/tunnel/nothing", "", 404, "unknown_request"),
        ("/v1/event/status", "", 404, "not_found"),
        ("/v1/tunnel", "", 404, "not_found"),
        ("/", "", 404, "not_found"),
        ("/../../etc/passwd", "", 404, "not_found"),
        ("/health", "", 405, "method_not_allowed"),
        ("/v1/nodes/1/tunnel/events", "", 405, "method_not_allowed"),
        (echo, "", 400, "bad_request"),
        (echo, "{", 400, "bad_request"),
        (echo, "[]", 400, "bad_request"),
        (echo, "{\"data\":\"not base64!\"}", 400, "bad_request"),
        (echo, "{\"data\":7}", 400, "bad_request"),
        (echo, &large, 413, "too_large"),
        ("/v1/tunnel/status", "{\"x\":1}", 400, "bad_request"),
        ("/v1/tunnel/status?timeout=0", "", 400, "bad_request"),
        ("/v1/tunnel/status?timeout=nan", "", 400, "bad_request"),
        ("/v1/tunnel/status?timeout=1e9", "", 400, "bad_request"),
        ("/v1/tunnel/%ff", "", 400, "bad_request"),
        ("/v1/nodes/1/tunnel/status", "", 503, "no_way"),
        ("/v1/nodes/1/nobody/status", "", 404, "no_such_daemon"),
        ("/v1/nodes/x/tunnel/status", "", 400, "bad_request"),
        ("/v1/nodes/1/tunnel/nothing", "", 404, "unknown_request"),
    ] {
        let answer = post(&house.path, target, body).await;
        assert_eq!((answer.status, answer.error()), (status, error.to_owned()), "{target} {body}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(!detail.is_empty() && !detail.contains(char::is_control), "{target}: {detail}");
    }
    let plain = request("POST", echo, "content-type: text/plain\r\n", b"{\"data\":\"\"}");
    assert_eq!(exchange(&house.path, &plain).await.status, 415);
    let page = request("POST", "/v1/tunnel/status", "origin: https://example.org\r\n", b"");
    assert_eq!(exchange(&house.path, &page).await.status, 403);
    assert_eq!(get(&house.path, echo).await.status, 405);
}

#[tokio::test]
async fn health_is_503_with_reasons_as_long_as_something_is_wrong() {
    let house = House::open(Limits::default());
    let well = get(&house.path, "/health").await;
    let expected = json!({ "healthy": true, "daemon": "tunnel/0", "node": null, "reasons": {} });
    assert_eq!((well.status, well.json()), (200, expected));
    house.station.health().set("ctdbd", Some("it is gone".to_owned()));
    let ill = get(&house.path, "/health").await;
    assert_eq!((ill.status, &ill.json()["reasons"]), (503, &json!({ "ctdbd": "it is gone" })));
    house.station.health().set("ctdbd", None);
    assert_eq!(get(&house.path, "/health").await.status, 200);
}

#[tokio::test]
async fn numbers_are_open_metrics() {
    let house = House::open(Limits::default());
    get(&house.path, "/nowhere").await;
    house.station.tell(&super::peer(1));
    let page = get(&house.path, "/metrics").await;
    assert!(page.head.contains("content-type: application/openmetrics-text"), "{}", page.head);
    for line in [
        "# TYPE tablecloth_events counter",
        "tablecloth_events_total 1",
        "tablecloth_healthy 1",
        "tablecloth_seven 7",
        "tablecloth_http_answers_total{status=\"404\"} 1",
        "tablecloth_http_connections 1",
    ] {
        assert!(page.body.lines().any(|l| l == line), "{line}\n{}", page.body);
    }
    assert!(page.body.ends_with("# EOF\n"));
}

#[tokio::test]
async fn every_path_of_the_description_is_served() {
    let house = House::open(Limits::default());
    let description = get(&house.path, "/openapi.json").await.json();
    assert_eq!(description["openapi"], "3.1.0");
    for (path, operations) in description["paths"].as_object().unwrap() {
        let target = path.replace("{node}", "1").replace("{daemon}", "tunnel");
        let other = if operations.get("get").is_some() { "POST" } else { "GET" };
        let answer = exchange(&house.path, &request(other, &target, "", b"")).await;
        assert_eq!(answer.status, 405, "{other} {target}");
    }
}

#[tokio::test]
async fn the_socket_belongs_to_its_user_and_goes_with_the_door() {
    let house = House::open(Limits::default());
    let mode = std::fs::metadata(&house.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(house.door);
    assert!(!house.path.exists());
    assert!(house.dir.path().exists());
}

#[tokio::test]
async fn another_user_is_not_heard() {
    if !nix::unistd::geteuid().is_root() {
        panic!("this test has to become another user: run it as root");
    }
    let house = House::open(Limits::default());
    let open = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open(house.dir.path(), 0o755);
    open(&house.path, 0o666);
    let script = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n\
        try: s.sendall(b'GET /health HTTP/1.0\\r\\n\\r\\n'); print(len(s.recv(100)))\n\
        except OSError: print(0)";
    let mut command = tokio::process::Command::new("python3");
    let output = command.args(["-c", script]).arg(&house.path).uid(65534).output().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n", "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(get(&house.path, "/health").await.status, 200);
    let page = get(&house.path, "/metrics").await.body;
    assert!(page.contains("tablecloth_http_refused_total 1\n"), "{page}");
}

#[tokio::test]
async fn tcp_is_for_this_host_and_for_those_who_name_an_address() {
    let house = House::open(Limits::default());
    let address = house.door.address().unwrap();
    for (host, status) in [("127.0.0.1", 200), ("localhost:1", 200), ("evil.example.org", 421)] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET /health HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert_eq!(Answer::parse(&answer).status, status, "{host}");
    }
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let listen = Some(listen.parse().unwrap());
        let places = Places { listen, ..Places::default() };
        let door = Door::open(house.station.clone(), &places, Limits::default(), &mut Sockets::default());
        assert!(matches!(door, Err(DoorError::NotLoopback(_))), "{listen:?}");
    }
}
