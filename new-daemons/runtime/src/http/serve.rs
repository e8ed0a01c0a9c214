//! Takes connections and serves HTTP/1.1 on each, within the limits.
//!
//! A connection beyond the last place is told so and closed, without a word of it being read: whoever holds all places
//! loses them when he says nothing, and nobody waits for him meanwhile.

use std::io;

use axum::Router;
use futures_util::FutureExt;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep};
use tracing::{debug, warn};

use super::Shared;
use super::routes::router;
use super::stall::Impatient;

/// Most header lines of a request.
const HEADERS: usize = 64;

/// Most bytes of a request's head.
const HEAD: usize = 16 << 10;

/// After a failure to take a connection, for which there may be no descriptor.
const PAUSE: Duration = Duration::from_millis(100);

/// For whoever finds no place.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: 57\r\n\
    connection: close\r\nretry-after: 1\r\n\r\n{\"error\":\"busy\",\"detail\":\"too many connections are open\"}";

/// Connections from a listener: each is served in a task of its own, which ends with this one.
struct Connections {
    shared: Shared,
    router: Router,
    tasks: JoinSet<()>,
}

impl Connections {
    fn new(shared: Shared, tcp: bool) -> Self {
        let router = router(shared.clone(), tcp);
        Self { shared, router, tasks: JoinSet::new() }
    }

    fn take<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&mut self, mut stream: S) {
        while self.tasks.try_join_next().is_some() {}
        let inner = &self.shared.0;
        let Ok(place) = inner.connections.clone().try_acquire_owned() else {
            inner.counts.turned_away.inc();
            // A new connection has room for this, or it goes without.
            let _ = stream.write_all(FULL).now_or_never();
            return;
        };
        let (shared, router) = (self.shared.clone(), self.router.clone());
        self.tasks.spawn(async move {
            let limits = &shared.0.limits;
            let stream = TokioIo::new(Impatient::new(stream, limits.stall));
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(limits.head)
                .max_headers(HEADERS)
                .max_buf_size(HEAD)
                .serve_connection(stream, TowerToHyperService::new(router))
                .await;
            if let Err(error) = served {
                debug!(%error, "a connection ended");
            }
            drop(place);
        });
    }
}

async fn failed(error: io::Error) {
    warn!(%error, "a connection cannot be taken");
    sleep(PAUSE).await;
}

pub(super) async fn unix(listener: UnixListener, shared: Shared) {
    let me = rustix::process::geteuid().as_raw();
    let mut connections = Connections::new(shared, false);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => match stream.peer_cred() {
                Ok(peer) if peer.uid() == 0 || peer.uid() == me => connections.take(stream),
                Ok(peer) => {
                    connections.shared.0.counts.refused.inc();
                    debug!(uid = peer.uid(), "a connection of another user");
                }
                Err(error) => debug!(%error, "a connection of nobody"),
            },
            Err(error) => failed(error).await,
        }
    }
}

pub(super) async fn tcp(listener: TcpListener, shared: Shared) {
    let mut connections = Connections::new(shared, true);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => connections.take(stream),
            Err(error) => failed(error).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_one_too_many_says_how_long_it_is() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
        assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap()["error"], "busy");
    }
}
