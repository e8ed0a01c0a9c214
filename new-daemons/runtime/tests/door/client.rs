//! A client of the door that knows as little HTTP as it can, and may break the rules of it.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

pub(crate) const SOON: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The word of a problem.
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no problem: {self:?}")).to_owned()
    }
}

/// Sends bytes, and reads until the other side closes.
pub(crate) async fn exchange(path: &Path, request: &[u8]) -> Answer {
    let mut stream = UnixStream::connect(path).await.unwrap();
    let mut answer = Vec::new();
    timeout(SOON, async {
        // Whoever is turned away may be so before all is sent.
        let _ = stream.write_all(request).await;
        let _ = stream.read_to_end(&mut answer).await;
    })
    .await
    .unwrap();
    Answer::parse(&answer)
}

pub(crate) fn request(method: &str, target: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

pub(crate) async fn get(path: &Path, target: &str) -> Answer {
    exchange(path, &request("GET", target, "", b"")).await
}

pub(crate) async fn post(path: &Path, target: &str, body: &str) -> Answer {
    exchange(path, &request("POST", target, "content-type: application/json\r\n", body.as_bytes())).await
}

/// A server-sent event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

/// A stream of them.
pub(crate) struct Events(BufReader<UnixStream>);

impl Events {
    pub(crate) async fn open(path: &Path, target: &str, seen: Option<&str>) -> Self {
        let mut stream = UnixStream::connect(path).await.unwrap();
        let seen = seen.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
        let head = format!("GET {target} HTTP/1.0\r\nhost: localhost\r\n{seen}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut events = Self(BufReader::new(stream));
        let first = events.line().await;
        assert!(first.contains(" 200 "), "{first}");
        while !events.line().await.is_empty() {}
        events
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = timeout(SOON, self.0.read_line(&mut line)).await.expect("a line in time").unwrap();
        assert!(read > 0, "the stream has ended");
        line.trim_end().to_owned()
    }

    /// The next event; comments are left out.
    pub(crate) async fn next(&mut self) -> Sent {
        let mut sent = Sent { name: String::new(), id: String::new(), data: Value::Null };
        loop {
            let line = self.line().await;
            match line.split_once(':').map(|(field, value)| (field, value.trim_start())) {
                None if sent.data.is_null() => {}
                None => return sent,
                Some(("event", value)) => value.clone_into(&mut sent.name),
                Some(("id", value)) => value.clone_into(&mut sent.id),
                Some(("data", value)) => sent.data = serde_json::from_str(value).unwrap(),
                Some(_) => {}
            }
        }
    }
}
