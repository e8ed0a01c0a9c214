//! What an operator does to a node and to the cluster: disable, stop, ban and back, shut down, recover, hand out
//! addresses.
//!
//! A change is asked for once and then waited for, as the local node sees it; afterwards the leader hands out the
//! addresses anew. Sources: `control_disable` and its kin, `check_flags`, `wait_for_flags`, `ipreallocate`,
//! `get_generation`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use legacy_codec::{
    BanState, ContinueNode, Control, Dest, DisableNode, EnableNode, Generation, GetRecMode, GetVnnMap,
    NodeFlags, Pnn, RecMode, SetBanState, SetRecMode, Shutdown, SrvId, SrvidMessage, StopNode,
};

use crate::move_address::has_flag;
use crate::numbers::{EINVAL, low32, unsigned};
use crate::output::err;
use crate::stop::{Done, Explain, Stop, words};
use crate::table::misused;
use crate::tool::{FOREVER, Failure, Tool};

/// Between two looks at something that is waited for.
const PAUSE: Duration = Duration::from_millis(200);
/// For a packet that nobody answers to reach the socket.
const GOODBYE: Duration = Duration::from_millis(20);

/// A change of a node's flags.
struct Change {
    flag: NodeFlags,
    /// What a node with the flag is.
    word: &'static str,
    /// Whether the flag is to be there.
    on: bool,
}

impl Change {
    /// Whether all is as wanted already; says so.
    async fn is_done(&self, tool: &mut Tool) -> Result<bool, Stop> {
        let map = match tool.nodes().await {
            // C quirk: the change is tried all the same.
            Err(Stop::Failed(_)) => return Ok(false),
            map => map?,
        };
        let is = has_flag(&map, tool.target, self.flag);
        if is != self.on {
            return Ok(false);
        }
        let how = if is { "already" } else { "not" };
        err!(format_args!("Node {} is {how} {}\n", tool.target, self.word));
        Ok(true)
    }

    /// Waits until the local node sees the change.
    async fn wait(&self, tool: &mut Tool) -> Done {
        loop {
            tool.forget_nodes();
            match tool.nodes().await {
                Ok(map) if has_flag(&map, tool.target, self.flag) == self.on => return Ok(()),
                Ok(_) => {}
                Err(Stop::Failed(_)) => err!("Failed to get nodemap, trying again\n"),
                Err(end @ Stop::End(_)) => return Err(end),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Asks for the change, and sees it through.
    async fn make<C: Control<Reply = ()>>(&self, tool: &mut Tool, arg: C::Arg, failed: &str) -> Done {
        let made = tool.call::<C>(tool.target, arg).await;
        made.explain(words!("Failed to ", failed, format_args!(" {}\n", tool.target)))?;
        self.wait(tool).await?;
        hand_out_addresses(tool).await
    }
}

/// Asks the leader, whoever that is, to hand out the public addresses; again, until it answers.
pub(crate) async fn hand_out_addresses(tool: &mut Tool) -> Done {
    let srvid = tool.new_srvid();
    tool.listen(srvid).await?;
    let question = SrvidMessage { pnn: Pnn(tool.pnn), srvid };
    loop {
        tool.send(Dest::CONNECTED, SrvId::TAKEOVER_RUN, &question).await?;
        let deadline = tool.deadline();
        while let Some(data) = tool.message(srvid, deadline).await? {
            let Ok(word) = <[u8; 4]>::try_from(&data[..]) else { continue };
            let status = i32::from_ne_bytes(word);
            return if status < 0 { Err(Stop::Failed(status)) } else { Ok(()) };
        }
    }
}

const DISABLED: NodeFlags = NodeFlags::DISABLED;

async fn simple<C: Control<Arg = (), Reply = ()>>(
    tool: &mut Tool,
    args: &[OsString],
    (name, failed): (&str, &str),
    change: Change,
) -> Done {
    if !args.is_empty() {
        return Err(misused(name));
    }
    if change.is_done(tool).await? {
        return Ok(());
    }
    change.make::<C>(tool, (), failed).await
}

pub(crate) async fn disable(tool: &mut Tool, args: &[OsString]) -> Done {
    let change = Change { flag: DISABLED, word: "disabled", on: true };
    simple::<DisableNode>(tool, args, ("disable", "disable node"), change).await
}

pub(crate) async fn enable(tool: &mut Tool, args: &[OsString]) -> Done {
    let change = Change { flag: DISABLED, word: "disabled", on: false };
    simple::<EnableNode>(tool, args, ("enable", "enable node"), change).await
}

pub(crate) async fn stop(tool: &mut Tool, args: &[OsString]) -> Done {
    let change = Change { flag: NodeFlags::STOPPED, word: "stopped", on: true };
    simple::<StopNode>(tool, args, ("stop", "stop node"), change).await
}

pub(crate) async fn continue_(tool: &mut Tool, args: &[OsString]) -> Done {
    let change = Change { flag: NodeFlags::STOPPED, word: "stopped", on: false };
    simple::<ContinueNode>(tool, args, ("continue", "continue stopped node"), change).await
}

pub(crate) async fn ban(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word] = args else { return Err(misused("ban")) };
    let change = Change { flag: NodeFlags::BANNED, word: "banned", on: true };
    if change.is_done(tool).await? {
        return Ok(());
    }
    let time = low32(unsigned(word.as_bytes(), 0).map_err(Stop::Failed)?);
    if time == 0 {
        err!("Ban time cannot be zero\n");
        return Err(Stop::Failed(EINVAL));
    }
    let state = BanState { pnn: Pnn(tool.target), time };
    change.make::<SetBanState>(tool, state, "ban node").await
}

pub(crate) async fn unban(tool: &mut Tool, args: &[OsString]) -> Done {
    if !args.is_empty() {
        return Err(misused("unban"));
    }
    let change = Change { flag: NodeFlags::BANNED, word: "banned", on: false };
    if change.is_done(tool).await? {
        return Ok(());
    }
    let state = BanState { pnn: Pnn(tool.target), time: 0 };
    change.make::<SetBanState>(tool, state, "unban node").await
}

/// Nobody answers this: the local daemon hangs up, and from another nothing is heard.
pub(crate) async fn shutdown(tool: &mut Tool, args: &[OsString]) -> Done {
    if !args.is_empty() {
        return Err(misused("shutdown"));
    }
    let limit = if tool.target == tool.pnn { FOREVER } else { GOODBYE };
    let sent = tool.client.call_within::<Shutdown>(Dest(tool.target), (), limit).await;
    match sent.as_ref().map_err(Failure::from) {
        Err(Failure::Status(_)) | Ok(()) if tool.target == tool.pnn => {
            while tool.message(SrvId::LEADER, tokio::time::Instant::now() + FOREVER).await.is_ok() {}
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The generation of a leader that is not recovering; waits for one.
pub(crate) async fn generation(tool: &mut Tool) -> Result<Generation, Stop> {
    loop {
        let leader = tool.leader().await.explain(words!("Failed to find leader\n"))?.0;
        let mode = tool.call::<GetRecMode>(leader, ()).await;
        let mode = mode.explain(words!(format_args!("Failed to get recovery mode from node {leader}\n")))?;
        if mode != RecMode::ACTIVE {
            let map = tool.call::<GetVnnMap>(leader, ()).await;
            let map = map.explain(words!(format_args!("Failed to get generation from node {leader}\n")))?;
            if map.generation != Generation::INVALID {
                return Ok(map.generation);
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

pub(crate) async fn recover(tool: &mut Tool, args: &[OsString]) -> Done {
    if !args.is_empty() {
        return Err(misused("recover"));
    }
    let before = generation(tool).await?;
    let set = tool.call::<SetRecMode>(tool.target, RecMode::ACTIVE).await;
    set.explain(words!("Failed to set recovery mode active\n"))?;
    loop {
        let now = generation(tool).await.explain(words!("Failed to confirm end of recovery\n"))?;
        if now != before {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

pub(crate) async fn ipreallocate(tool: &mut Tool, args: &[OsString]) -> Done {
    if !args.is_empty() {
        return Err(misused("ipreallocate"));
    }
    hand_out_addresses(tool).await
}
