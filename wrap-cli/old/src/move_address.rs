//! Public addresses that come, go and move by hand: `addip`, `delip`, `moveip`, `gratarp`.
//!
//! What a daemon refuses is tried again for a while, as it may be busy. Sources: `control_addip`, `control_delip`,
//! `control_moveip`, `moveip`, `control_gratarp`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use legacy_codec::{
    AddPublicIp, AddrInfo, DelPublicIp, Dest, GetPublicIps, IpReallocated, NodeFlags, Pnn, PublicIp,
    PublicIpFlags, ReleaseIp, SendGratuitousArp, SockAddr, SrvId, TakeoverIp, Text,
};

use crate::address;
use crate::addresses::parsed;
use crate::numbers::{low32, unsigned};
use crate::output::err;
use crate::release::Newer;
use crate::reload::{leave_alone, quiet_time};
use crate::stop::{Done, Explain, ONE, Stop, words};
use crate::table::misused;
use crate::tool::{Tool, find, without};
use crate::tunables::c_text;

/// How often something is tried.
const TRIES: usize = 5;
/// How long between two tries.
const PAUSE: Duration = Duration::from_secs(3);

async fn known_ips(tool: &Tool, of: u32) -> Result<Vec<PublicIp>, Stop> {
    let list = tool.call::<GetPublicIps>(of, PublicIpFlags::empty()).await;
    Ok(list.explain(words!(format_args!("Failed to get Public IPs from node {of}\n")))?.ips)
}

fn has(ips: &[PublicIp], addr: &SockAddr) -> bool {
    ips.iter().any(|ip| address::same_ip(&ip.addr, addr))
}

pub(crate) async fn addip(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word, iface] = args else { return Err(misused("addip")) };
    let Some((addr, mask)) = address::parse_with_mask(word.as_bytes()) else {
        err!("Invalid IP/Mask ", word, "\n");
        return Err(ONE);
    };
    let ips = known_ips(tool, tool.target).await.explain_as(1, Vec::new)?;
    if has(&ips, &addr) {
        err!("Node already knows about IP ", address::text(&addr), "\n");
        return Ok(());
    }
    let info = AddrInfo { addr, mask, iface: c_text(iface.as_bytes()) };
    let mut added = Ok(());
    for _ in 0..TRIES {
        added = tool.call::<AddPublicIp>(tool.target, info.clone()).await;
        if !matches!(added, Err(Stop::Failed(_))) {
            break;
        }
        // C quirk: after the last try as well.
        tokio::time::sleep(PAUSE).await;
    }
    added.explain(words!(format_args!("Failed to add public IP to node {}. Giving up\n", tool.target)))?;
    tool.send(Dest::CONNECTED, SrvId::REBALANCE_NODE, &Pnn(tool.target)).await
}

pub(crate) async fn delip(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word] = args else { return Err(misused("delip")) };
    let addr = parsed(word)?;
    let ips = known_ips(tool, tool.target).await.explain_as(1, Vec::new)?;
    if !has(&ips, &addr) {
        err!("Node does not know about IP address ", address::text(&addr), "\n");
        return Ok(());
    }
    let info = AddrInfo { addr, mask: 0, iface: Text::NULL };
    let deleted = tool.call::<DelPublicIp>(tool.target, info).await;
    deleted.explain(words!(format_args!("Failed to delete public IP from node {}\n", tool.target)))
}

async fn move_once(tool: &mut Tool, addr: SockAddr, pnn: u32) -> Done {
    let keeps_runs_away = Newer::MovesTold.is_spoken();
    if !keeps_runs_away {
        let quiet = quiet_time(tool);
        tool.send(Dest::CONNECTED, SrvId::DISABLE_IP_CHECK, &quiet).await?;
    }
    if !has(&known_ips(tool, pnn).await?, &addr) {
        err!(format_args!("Node {pnn} CANNOT host IP address {}\n", address::text(&addr)));
        return Err(ONE);
    }
    let map = tool.nodes().await?;
    let connected = without(&map, NodeFlags::DISCONNECTED);
    let others: Vec<u32> =
        without(&map, NodeFlags::INACTIVE).into_iter().filter(|other| *other != pnn).collect();
    if others.is_empty() {
        err!("Memory allocation error\n");
        return Err(ONE);
    }
    if !keeps_runs_away {
        return hand_over(tool, addr, pnn, &others).await;
    }
    let quiet = quiet_time(tool);
    leave_alone(tool, SrvId::DISABLE_TAKEOVER_RUNS, quiet, &connected)
        .await
        .explain(words!("Failed to disable takeover runs\n"))?;
    hand_over(tool, addr, pnn, &others).await?;
    leave_alone(tool, SrvId::DISABLE_TAKEOVER_RUNS, 0, &connected)
        .await
        .explain(words!("Failed to enable takeover runs\n"))?;
    let told = tool.call_all::<IpReallocated>(&connected, ()).await.map(drop);
    told.explain(words!("Failed to send ipreallocated\n"))
}

async fn hand_over(tool: &Tool, addr: SockAddr, pnn: u32, others: &[u32]) -> Done {
    let ip = PublicIp { pnn: Pnn(pnn), addr };
    let released = tool.call_all::<ReleaseIp>(others, ip.clone()).await;
    released.explain(words!("Failed to release IP on nodes\n"))?;
    let taken = tool.call::<TakeoverIp>(pnn, ip).await;
    taken.explain(words!(format_args!("Failed to takeover IP on node {pnn}\n")))
}

pub(crate) async fn moveip(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word, node] = args else { return Err(misused("moveip")) };
    let addr = parsed(word)?;
    let pnn = match unsigned(node.as_bytes(), 10).map(low32) {
        Ok(pnn) if pnn != Pnn::UNKNOWN.0 => pnn,
        _ => {
            err!("Invalid PNN ", node, "\n");
            return Err(ONE);
        }
    };
    let mut moved = Ok(());
    for _ in 0..TRIES {
        moved = move_once(tool, addr, pnn).await;
        match moved {
            Ok(()) | Err(Stop::End(_)) => return moved,
            Err(Stop::Failed(_)) => tokio::time::sleep(PAUSE).await,
        }
    }
    moved.explain(words!("Failed to move IP ", word, format_args!(" to node {pnn}\n")))
}

pub(crate) async fn gratarp(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word, iface] = args else { return Err(misused("gratarp")) };
    let addr = parsed(word)?;
    // C quirk: the mask is whatever was in memory; nobody looks at it.
    let info = AddrInfo { addr, mask: 0, iface: c_text(iface.as_bytes()) };
    let sent = tool.call::<SendGratuitousArp>(tool.target, info).await;
    sent.explain(words!(format_args!("Unable to send gratuitous arp from node {}\n", tool.target)))
}

/// Whether node `pnn` has any of these flags.
pub(crate) fn has_flag(map: &legacy_codec::NodeMap, pnn: u32, flag: NodeFlags) -> bool {
    find(map, pnn).is_some_and(|node| node.flags.intersects(flag))
}
