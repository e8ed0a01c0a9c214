//! What is asked of one node and done to it: the controls of C ctdbd.

use std::time::Duration;

use async_trait::async_trait;
use legacy_client::CallError;
use legacy_codec::{
    Abi, BanState, CheckPidSrvid, ContinueNode, Control, Describe, Dest, DisableNode, DumpMemory, EnableNode,
    GetCapabilities, GetDebug, GetNodeMap, GetPid, GetRunState, GetStatHistory, Message, ModifyFlags,
    NodeFlagChange, NodeFlags, Pid, PidSrvid, Pnn, ProcessExists, SetBanState, SetDebug, SetLmasterRole,
    SetRecMasterRole, Shutdown, SrvId, Statistics, StatisticsReset, StopNode, Timeval,
    Uptime as UptimeControl,
};
use tokio::time::{sleep, timeout};

use super::Legacy;
use crate::backend::{Cluster, NodeChange, Nodes};
use crate::error::Failure;
use crate::model::{Capabilities, Facts, Flags, LogLevel, Moment, Uptime};
use futures_util::future::join_all;

/// Between two looks at a node map that is to change.
const LOOK: Duration = Duration::from_millis(100);

impl NodeChange {
    fn is_made(self, flags: &Flags) -> bool {
        match self {
            Self::Disable => flags.disabled,
            Self::Enable => !flags.disabled,
            Self::Stop => flags.stopped,
            Self::Continue => !flags.stopped,
            Self::Ban(_) => flags.banned,
            Self::Unban => !flags.banned,
        }
    }
}

fn moment(time: &Timeval) -> Moment {
    Moment { seconds: time.sec.0, micros: time.usec.0 }
}

impl Legacy {
    /// Before Samba 4.15, and the last releases of 4.13 and 4.14, no node knows this control; what a daemon does not know
    /// it refuses with -1 and no word. There the flags are changed on all connected nodes, as its own tool does.
    async fn set_disabled<C: Control<Arg = ()>>(&self, of: u32, disabled: bool) -> Result<(), Failure> {
        let asked = self.link.client.call_within::<C>(Dest(of), (), self.timeout).await;
        match asked {
            Ok(_) => return Ok(()),
            Err(CallError::Status { status: -1, text, .. }) if text.is_empty() => {}
            Err(error) => return Err(self.failure(error)),
        }
        let map = self.ask::<GetNodeMap>(of).await?;
        let own = map.nodes.iter().find(|node| node.pnn.0 == of).map(|node| node.flags);
        let old_flags =
            own.ok_or_else(|| Failure::Malformed("the node itself is not in its node map".into()))?;
        let mut new_flags = old_flags;
        new_flags.set(NodeFlags::DISABLED, disabled);
        let change = NodeFlagChange { pnn: Pnn(of), new_flags, old_flags };
        let gone = NodeFlags::DISCONNECTED | NodeFlags::DELETED;
        let connected = map.nodes.iter().filter(|node| !node.flags.intersects(gone));
        let changes = connected.map(|node| self.call::<ModifyFlags>(node.pnn.0, change));
        join_all(changes).await.into_iter().collect()
    }

    async fn ban_state(&self, of: u32, time: u32) -> Result<(), Failure> {
        self.call::<SetBanState>(of, BanState { pnn: Pnn(of), time }).await
    }
}

#[async_trait(?Send)]
impl Nodes for Legacy {
    /// The flag is looked for where the change was made: other nodes hear of it later.
    async fn change(&self, of: u32, change: NodeChange) -> Result<(), Failure> {
        if self.shows(of, change).await? {
            return Ok(());
        }
        match change {
            NodeChange::Disable => self.set_disabled::<DisableNode>(of, true).await?,
            NodeChange::Enable => self.set_disabled::<EnableNode>(of, false).await?,
            NodeChange::Stop => self.ask::<StopNode>(of).await?,
            NodeChange::Continue => self.ask::<ContinueNode>(of).await?,
            NodeChange::Ban(seconds) => self.ban_state(of, seconds).await?,
            NodeChange::Unban => self.ban_state(of, 0).await?,
        }
        let waiting = timeout(self.timeout, async {
            while !self.shows(of, change).await? {
                sleep(LOOK).await;
            }
            Ok(())
        });
        waiting.await.unwrap_or(Err(Failure::NoAnswer(self.timeout)))
    }

    async fn shows(&self, of: u32, change: NodeChange) -> Result<bool, Failure> {
        let nodes = self.nodes(of).await?;
        let node = nodes.iter().find(|node| node.pnn == of);
        node.map(|node| change.is_made(&node.flags))
            .ok_or_else(|| Failure::Malformed("the node itself is not in its node map".into()))
    }

    /// A daemon that ends does not answer; that it is gone is the answer.
    async fn shutdown(&self, of: u32) -> Result<(), Failure> {
        let here = self.this_node();
        match self.ask::<Shutdown>(of).await {
            Err(Failure::Lost(_)) if of == here => Ok(()),
            Err(failure) if of != here => {
                let nodes = self.nodes(here).await?;
                let gone = nodes.iter().any(|node| node.pnn == of && node.flags.disconnected);
                if gone { Ok(()) } else { Err(failure) }
            }
            other => other,
        }
    }

    async fn uptime(&self, of: u32) -> Result<Uptime, Failure> {
        let seen = self.ask::<UptimeControl>(of).await?;
        Ok(Uptime {
            now: moment(&seen.current_time),
            started: moment(&seen.ctdbd_start_time),
            recovery_started: moment(&seen.last_recovery_started),
            recovery_finished: moment(&seen.last_recovery_finished),
        })
    }

    async fn run_state(&self, of: u32) -> Result<String, Failure> {
        Ok(self.ask::<GetRunState>(of).await?.to_string())
    }

    async fn pid(&self, of: u32) -> Result<i32, Failure> {
        Ok(self.ask::<GetPid>(of).await?.0)
    }

    async fn capabilities(&self, of: u32) -> Result<Capabilities, Failure> {
        let has = self.ask::<GetCapabilities>(of).await?;
        Ok(Capabilities {
            leader: has.contains(legacy_codec::Capabilities::LEADER),
            lmaster: has.contains(legacy_codec::Capabilities::LMASTER),
            raw: has.bits(),
        })
    }

    async fn set_lmaster_role(&self, of: u32, on: bool) -> Result<(), Failure> {
        self.call::<SetLmasterRole>(of, on.into()).await
    }

    async fn set_leader_role(&self, of: u32, on: bool) -> Result<(), Failure> {
        self.call::<SetRecMasterRole>(of, on.into()).await
    }

    async fn log_level(&self, of: u32) -> Result<LogLevel, Failure> {
        Ok(LogLevel(self.ask::<GetDebug>(of).await?.0))
    }

    async fn set_log_level(&self, of: u32, level: LogLevel) -> Result<(), Failure> {
        self.call::<SetDebug>(of, legacy_codec::DebugLevel(level.0)).await
    }

    async fn memory(&self, of: u32) -> Result<String, Failure> {
        Ok(text(&self.ask::<DumpMemory>(of).await?))
    }

    async fn recovery_daemon_memory(&self, of: u32) -> Result<String, Failure> {
        let data = self.answered(Dest(of), Message::MemDump).await?;
        Ok(text(&data))
    }

    async fn has_process(&self, of: u32, pid: i32, srvid: Option<u64>) -> Result<bool, Failure> {
        let exists = match srvid {
            None => self.call::<ProcessExists>(of, Pid(pid)).await?,
            Some(srvid) => {
                self.call::<CheckPidSrvid>(of, PidSrvid { pid: Pid(pid), srvid: SrvId(srvid) }).await?
            }
        };
        Ok(exists.0)
    }

    async fn statistics(&self, of: u32) -> Result<Facts, Failure> {
        Ok(super::facts(&self.ask::<legacy_codec::GetStatistics>(of).await?.describe(Abi::NATIVE)))
    }

    async fn reset_statistics(&self, of: u32) -> Result<(), Failure> {
        self.ask::<StatisticsReset>(of).await
    }

    async fn statistics_history(&self, of: u32) -> Result<Vec<Facts>, Failure> {
        let seen = self.ask::<GetStatHistory>(of).await?.stats;
        let used = |stats: &&Statistics| stats.start_time.sec.0 != 0;
        Ok(seen.iter().filter(used).map(|stats| super::facts(&stats.describe(Abi::NATIVE))).collect())
    }
}

/// A text of the daemon's making, up to its NUL.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}
