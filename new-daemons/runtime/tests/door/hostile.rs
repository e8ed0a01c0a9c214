//! Those who come to do harm: slowly, in numbers, or with what no JSON should be.

use std::time::Duration;

use runtime::http::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::House;
use super::client::{Answer, SOON, exchange, get, post, request};

async fn alive(house: &House) {
    let answer = timeout(SOON, async {
        loop {
            let answer = get(&house.path, "/health").await;
            if answer.status != 503 {
                return answer;
            }
        }
    });
    assert_eq!(answer.await.unwrap().status, 200);
}

#[tokio::test]
async fn json_that_is_made_to_hurt_is_refused_and_costs_nothing() {
    let house = House::open(Limits::default());
    let deep = "[".repeat(1_000_000);
    let objects = "{\"a\":".repeat(100_000);
    let number = "9".repeat(500_000);
    let name = format!("{{\"{}\":1}}", "\\u0000".repeat(100_000));
    let keys = format!("{{{}\"data\":1}}", "\"data\":\"\",".repeat(50_000));
    for body in [&deep, &objects, &number, &name, &keys, "\"", "{\"data\":\"\\ud800\"}", "1e999999999"] {
        let answer = post(&house.path, "/v1/tunnel/echo", body).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, "bad_request".to_owned()),
            "{}",
            &body[..body.len().min(40)]
        );
        assert!(answer.body.len() < 8192, "{}", answer.body.len());
    }
    let binary = request("POST", "/v1/tunnel/echo", "content-type: application/json\r\n", &[0xff; 1000]);
    assert_eq!(exchange(&house.path, &binary).await.status, 400);
    alive(&house).await;
}

#[tokio::test]
async fn requests_that_are_none_are_refused() {
    let house = House::open(Limits::default());
    let many = "x: y\r\n".repeat(200);
    let long = format!("x: {}\r\n", "y".repeat(100_000));
    for (head, status) in [
        ("\r\n\r\n\r\n".to_owned(), 400),
        ("GET\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), 400),
        ("POST /v1/tunnel/echo HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n".to_owned(), 400),
        (format!("GET /health HTTP/1.1\r\nhost: x\r\n{many}\r\n"), 431),
        (format!("GET /health HTTP/1.1\r\nhost: x\r\n{long}\r\n"), 431),
        (format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(100_000)), 431),
    ] {
        let answer = exchange(&house.path, head.as_bytes()).await;
        // The rest of what was not read may cost the answer.
        assert!(
            [status, 414, 0].contains(&answer.status),
            "{} {}",
            &head[..head.len().min(60)],
            answer.status
        );
    }
    alive(&house).await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let house = House::open(Limits { body: Duration::from_millis(100), ..Limits::default() });
    let head = b"POST /v1/tunnel/echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    let answer = exchange(&house.path, head).await;
    assert_eq!((answer.status, answer.error()), (408, "timed_out".to_owned()));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read_to_its_end() {
    let house = House::open(Limits { body_size: 1000, ..Limits::default() });
    let mut stream = UnixStream::connect(&house.path).await.unwrap();
    let head = b"POST /v1/tunnel/echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let chunk = [b"400\r\n".to_vec(), vec![b' '; 1024], b"\r\n".to_vec()].concat();
    let sent = async {
        for n in 0_u32.. {
            if stream.write_all(&chunk).await.is_err() {
                return n;
            }
        }
        0
    };
    assert!(timeout(SOON, sent).await.unwrap() > 0);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!([413, 0].contains(&Answer::parse(&answer).status));
    alive(&house).await;
}

#[tokio::test]
async fn whoever_sends_his_request_slowly_loses_his_connection() {
    let house = House::open(Limits { head: Duration::from_millis(200), ..Limits::default() });
    let mut slow = UnixStream::connect(&house.path).await.unwrap();
    let drip = async {
        let mut drops = tokio::time::interval(Duration::from_millis(20));
        loop {
            if slow.write_all(b"G").await.is_err() {
                return;
            }
            drops.tick().await;
        }
    };
    timeout(SOON, drip).await.unwrap();
    // Between two requests it is the same.
    let mut idle = UnixStream::connect(&house.path).await.unwrap();
    idle.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    timeout(SOON, idle.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert_eq!(Answer::parse(&answer).status, 200);
}

#[tokio::test]
async fn five_hundred_connections_hold_nobody_up_for_long() {
    let limits = Limits { connections: 32, head: Duration::from_millis(500), ..Limits::default() };
    let house = House::open(limits);
    let mut all = Vec::new();
    for _ in 0..500 {
        let mut stream = timeout(SOON, UnixStream::connect(&house.path)).await.unwrap().unwrap();
        let _ = stream.write_all(b"GET /hea").await;
        all.push(stream);
    }
    alive(&house).await;
    let mut turned_away = 0;
    for mut stream in all {
        let mut answer = Vec::new();
        let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap();
        turned_away += u32::from(answer.starts_with(b"HTTP/1.1 503 "));
    }
    assert!(turned_away >= 300, "{turned_away}");
    alive(&house).await;
    let page = get(&house.path, "/metrics").await.body;
    assert!(page.contains("tablecloth_http_connections 1\n"), "{page}");
}
