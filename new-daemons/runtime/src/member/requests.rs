//! Requests of others, and the handle by which each gets its one reply.

use std::sync::Arc;
use std::time::Duration;

use bus::Address;
use bus::calls::{Refusal, RequestId};
use bytes::Bytes;
use protocol::common::Code;
use tokio::sync::mpsc;

use super::desk::Desk;
use crate::hub::Guard;

/// A request as it waits to be taken.
pub(super) struct Asked {
    pub(super) request: RequestId,
    pub(super) from: Address,
    pub(super) number: u32,
    pub(super) body: Bytes,
    pub(super) patience: Duration,
}

/// Requests in the order in which they came. When it is dropped, this daemon serves nothing.
pub struct Requests {
    hub: Arc<Guard<Desk>>,
    queue: mpsc::UnboundedReceiver<Asked>,
}

/// Somebody asks for something.
#[derive(Debug)]
pub struct Request {
    /// The daemon that asks.
    pub from: Address,
    /// For what.
    pub number: u32,
    /// What belongs to it.
    pub body: Bytes,
    /// How long somebody waits for the answer, counted from when it came.
    pub patience: Duration,
    /// Where the answer goes.
    pub reply: Reply,
}

/// The answer's way back. Dropped without an answer, it says so.
#[must_use]
pub struct Reply {
    hub: Arc<Guard<Desk>>,
    request: Option<RequestId>,
}

impl std::fmt::Debug for Requests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Requests").field("waiting", &self.queue.len()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply").field("request", &self.request).finish_non_exhaustive()
    }
}

impl Requests {
    pub(super) const fn new(hub: Arc<Guard<Desk>>, queue: mpsc::UnboundedReceiver<Asked>) -> Self {
        Self { hub, queue }
    }

    fn taken(&self, asked: Asked) -> Request {
        let Asked { request, from, number, body, patience } = asked;
        let reply = Reply { hub: self.hub.clone(), request: Some(request) };
        Request { from, number, body, patience, reply }
    }

    /// The next request.
    pub async fn next(&mut self) -> Option<Request> {
        let asked = self.queue.recv().await?;
        Some(self.taken(asked))
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        self.hub.with(Desk::serve_no_more);
        self.queue.close();
        while let Ok(asked) = self.queue.try_recv() {
            self.taken(asked).reply.refuse(Code::Stopping, "this daemon has just ceased to serve");
        }
    }
}

impl Reply {
    fn answer(&mut self, answer: Result<Bytes, Refusal>) {
        if let Some(request) = self.request.take() {
            self.hub.with(|desk, now| desk.reply(now, request, answer));
        }
    }

    /// It was done.
    pub fn done(mut self, body: impl Into<Bytes>) {
        self.answer(Ok(body.into()));
    }

    /// It was not, and why.
    pub fn refuse(mut self, code: Code, text: impl Into<String>) {
        self.answer(Err(Refusal { code, text: text.into() }));
    }

    /// Waits until nobody waits for the answer any more.
    pub async fn withdrawn(&self) {
        let Some(request) = self.request else { return };
        if let Some(end) = self.hub.with(|desk, _| desk.withdrawal(request)) {
            // The sender is dropped when the request ends.
            let _ = end.await;
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        let text = "the daemon gave no answer".to_owned();
        self.answer(Err(Refusal { code: Code::Failed, text }));
    }
}
