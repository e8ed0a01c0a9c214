//! Requests to the recovery daemons: a message with a srvid of ours in it, to which each of them answers.
//!
//! An answer is an `int`: the number of the node that did it, or something negative. A request is sent again while nobody
//! has answered, because during an election nobody is there to do it; doing it twice does no harm.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use bytes::Bytes;
use legacy_codec::{Abi, Dest, DisableMessage, Message, Pnn, SrvId, SrvidMessage};
use tokio::time::{Instant, timeout, timeout_at};

use super::Legacy;
use crate::error::Failure;

/// The range of srvids for tools; the number of the process comes below, then a count.
const TOOLS: u64 = 0xCE00_0000_0000_0000;
/// What is asked of all may take this many times as long as one answer: an election or a recovery may come first.
const PATIENCE: u32 = 6;
/// When a request that nobody answered is sent again.
const AGAIN: Duration = Duration::from_secs(3);

fn own_srvid() -> SrvId {
    static COUNT: AtomicU16 = AtomicU16::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    SrvId(TOOLS | u64::from(std::process::id()) << 16 | u64::from(count))
}

impl Legacy {
    /// Has the leader hand out the public addresses, and waits until it has.
    pub(super) async fn takeover_run(&self) -> Result<(), Failure> {
        let srvid = own_srvid();
        let answer_to = SrvidMessage { pnn: Pnn(self.link.this_node), srvid };
        self.request(srvid, &Message::TakeoverRun(answer_to), &[Dest::CONNECTED], None).await
    }

    /// Keeps recoveries from beginning for a while; 0 seconds allows them again.
    pub(super) async fn disable_recoveries(&self, nodes: &[u32], seconds: u32) -> Result<(), Failure> {
        self.disable(Message::DisableRecoveries, nodes, seconds).await
    }

    /// Keeps addresses from being handed out for a while; 0 seconds allows it again.
    pub(super) async fn disable_takeover_runs(&self, nodes: &[u32], seconds: u32) -> Result<(), Failure> {
        self.disable(Message::DisableTakeoverRuns, nodes, seconds).await
    }

    async fn disable(
        &self,
        message: impl Fn(DisableMessage) -> Message,
        nodes: &[u32],
        seconds: u32,
    ) -> Result<(), Failure> {
        let srvid = own_srvid();
        let message = message(DisableMessage { pnn: Pnn(self.link.this_node), srvid, timeout: seconds });
        let dests: Vec<_> = nodes.iter().map(|pnn| Dest(*pnn)).collect();
        let wanted = nodes.iter().copied().collect();
        self.request(srvid, &message, &dests, Some(wanted)).await
    }

    /// Has a recovery daemon answer with data of its own making.
    pub(super) async fn answered(
        &self,
        dest: Dest,
        message: impl Fn(SrvidMessage) -> Message,
    ) -> Result<Bytes, Failure> {
        let srvid = own_srvid();
        let mut listening = self.listen(srvid).await?;
        let asking = async {
            self.tell(dest, &message(SrvidMessage { pnn: Pnn(self.link.this_node), srvid })).await?;
            listening.next().await.map(|answer| answer.data)
        };
        let answer = timeout(self.timeout, asking).await;
        listening.end().await;
        answer.unwrap_or(Err(Failure::NoAnswer(self.timeout)))
    }

    /// Sends a message of this kind; nobody answers it.
    pub(super) async fn tell(&self, dest: Dest, message: &Message) -> Result<(), Failure> {
        let (srvid, data) = encoded(message)?;
        let sent = self.link.client.send(dest, srvid, data).await;
        sent.map_err(|e| Failure::Lost(e.to_string()))
    }

    /// Sends a request and waits for the answers of `wanted`, or for any.
    async fn request(
        &self,
        answers: SrvId,
        message: &Message,
        dests: &[Dest],
        wanted: Option<BTreeSet<u32>>,
    ) -> Result<(), Failure> {
        let mut listening = self.listen(answers).await?;
        let mut missing = wanted.clone().unwrap_or_default();
        let patience = self.timeout * PATIENCE;
        let deadline = Instant::now() + patience;
        let asking = async {
            loop {
                for dest in dests {
                    self.tell(*dest, message).await?;
                }
                let again = (Instant::now() + AGAIN).min(deadline);
                while let Ok(answer) = timeout_at(again, listening.next()).await {
                    let Ok(bytes) = <[u8; 4]>::try_from(&answer?.data[..]) else { continue };
                    match u32::try_from(i32::from_ne_bytes(bytes)) {
                        Ok(node) => {
                            missing.remove(&node);
                        }
                        Err(_) => return Err(Failure::Refused("the recovery daemon could not do it".into())),
                    }
                    if missing.is_empty() {
                        return Ok(());
                    }
                }
            }
        };
        let done = timeout(patience, asking).await;
        listening.end().await;
        done.unwrap_or(Err(Failure::NoAnswer(patience)))
    }
}

fn encoded(message: &Message) -> Result<(SrvId, Bytes), Failure> {
    message.encode(Abi::NATIVE).map_err(|e| Failure::Malformed(e.to_string()))
}
