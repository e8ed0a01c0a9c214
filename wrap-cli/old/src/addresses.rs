//! Public addresses and the interfaces they may be on: `ip`, `ipinfo`, `ifaces`, `setifacelink`.
//!
//! For all nodes, an address is where the node says that has it; where nobody says so it is nowhere. Sources:
//! `control_ip`, `get_all_public_ips`, `print_ip`, `control_ipinfo`, `control_ifaces`, `control_setifacelink`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use legacy_codec::{
    GetIfaces, GetPublicIpInfo, GetPublicIps, NodeFlags, Pnn, PublicIp, PublicIpFlags, PublicIpInfo,
    SetIfaceLinkState,
};

use crate::address;
use crate::output::{Piece, err, join, out, row, write_out};
use crate::stop::{Done, Explain, ONE, Stop, words};
use crate::table::misused;
use crate::tool::{Tool, without};

/// `CTDB_IFACE_SIZE`.
const IFACE_SIZE: usize = 16;

async fn of_all_nodes(tool: &mut Tool) -> Result<Vec<PublicIp>, Stop> {
    let map = tool.nodes().await?;
    let active = without(&map, NodeFlags::INACTIVE);
    if active.is_empty() {
        return Err(ONE);
    }
    let mut places = BTreeMap::new();
    for pnn in active {
        let list = tool.call::<GetPublicIps>(pnn, PublicIpFlags::empty()).await.explain_as(1, Vec::new)?;
        for ip in list.ips {
            if ip.pnn.0 == pnn {
                places.insert(ip.addr, ip.pnn);
            } else {
                places.entry(ip.addr).or_insert(Pnn::UNKNOWN);
            }
        }
    }
    Ok(places.into_iter().map(|(addr, pnn)| PublicIp { pnn, addr }).collect())
}

/// Names of interfaces with commas between them.
struct Names {
    active: Vec<u8>,
    available: Vec<u8>,
    configured: Vec<u8>,
}

impl Names {
    fn of(info: Option<&PublicIpInfo>) -> Self {
        let mut names = Self { active: Vec::new(), available: Vec::new(), configured: Vec::new() };
        let Some(info) = info else { return names };
        let add = |list: &mut Vec<u8>, name: &[u8], first: bool| {
            if !first {
                list.push(b',');
            }
            list.extend_from_slice(name);
        };
        let mut none_available = true;
        for (i, iface) in (0..).zip(&info.ifaces) {
            add(&mut names.configured, iface.name.as_bytes(), i == 0);
            if i == info.active {
                names.active = iface.name.as_bytes().to_vec();
            }
            if iface.link_state != 0 {
                add(&mut names.available, iface.name.as_bytes(), none_available);
                none_available = false;
            }
        }
        names
    }
}

fn print(tool: &Tool, ips: &[(PublicIp, Option<PublicIpInfo>)], all: bool) {
    let (sep, verbose, machine) = (&tool.options.separator, tool.options.verbose, tool.options.machine);
    if machine {
        let mut words: Vec<&dyn Piece> = vec![&"Public IP", &"Node"];
        if verbose {
            words.extend([
                &"ActiveInterfaces" as &dyn Piece,
                &"AvailableInterfaces",
                &"ConfiguredInterfaces",
            ]);
        }
        write_out(&row(sep, &words));
    } else if all {
        out!("Public IPs on ALL nodes\n");
    } else {
        out!(format_args!("Public IPs on node {}\n", tool.target));
    }
    for (ip, info) in ips {
        let (address, pnn) = (address::text(&ip.addr), ip.pnn.0.cast_signed());
        let names = Names::of(info.as_ref());
        match (machine, verbose) {
            (true, false) => write_out(&row(sep, &[&address, &pnn])),
            (true, true) => {
                write_out(&row(sep, &[&address, &pnn, &names.active, &names.available, &names.configured]));
            }
            (false, false) => out!(address, " ", pnn, "\n"),
            (false, true) => {
                let (active, available, configured) = (names.active, names.available, names.configured);
                out!(
                    address,
                    " node[",
                    pnn,
                    "] active[",
                    active,
                    "] available[",
                    available,
                    "] configured[",
                    configured,
                    "]\n"
                );
            }
        }
    }
}

pub(crate) async fn ip(tool: &mut Tool, args: &[OsString]) -> Done {
    let all = match args {
        [] => false,
        [word] if word == "all" => true,
        _ => return Err(misused("ip")),
    };
    let mut ips = if all {
        of_all_nodes(tool).await?
    } else {
        tool.call::<GetPublicIps>(tool.target, PublicIpFlags::empty()).await?.ips
    };
    ips.sort_by(|a, b| address::order(&a.addr, &b.addr));
    let mut told = Vec::new();
    for ip in ips {
        // C quirk: asked for whether or not it is shown.
        let of = if all { ip.pnn } else { Pnn(tool.target) };
        let info = match of {
            Pnn::UNKNOWN => None,
            of => Some(tool.call::<GetPublicIpInfo>(of.0, ip.addr).await?),
        };
        told.push((ip, info));
    }
    print(tool, &told, all);
    Ok(())
}

pub(crate) async fn ipinfo(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word] = args else { return Err(misused("ipinfo")) };
    let addr = parsed(word)?;
    let info = match tool.call::<GetPublicIpInfo>(tool.target, addr).await {
        Err(Stop::Failed(-1)) => {
            out!(format_args!("Node {} does not know about IP ", tool.target), word, "\n");
            return Err(ONE);
        }
        info => info?,
    };
    let address = address::text(&info.ip.addr);
    out!(format_args!("Public IP[{address}] info on node {}\n", tool.target));
    out!(format_args!("IP:{address}\nCurrentNode:{}\nNumInterfaces:{}\n", info.ip.pnn.0, info.ifaces.len()));
    for (i, iface) in (0_u32..).zip(&info.ifaces) {
        let name = iface.name.as_bytes();
        let name = name.get(..IFACE_SIZE).unwrap_or(name);
        let link = if iface.link_state == 0 { "down" } else { "up" };
        let active = if i == info.active { " (active)" } else { "" };
        let references = iface.references.cast_signed();
        out!(
            format_args!("Interface[{}]: Name:", i + 1),
            name,
            " Link:",
            link,
            " References:",
            references,
            active,
            "\n"
        );
    }
    Ok(())
}

/// An address of the command line; says so when it is none.
pub(crate) fn parsed(word: &OsString) -> Result<legacy_codec::SockAddr, Stop> {
    address::parse(word.as_bytes()).ok_or_else(|| {
        err!("Invalid IP address ", word, "\n");
        ONE
    })
}

pub(crate) async fn ifaces(tool: &mut Tool, args: &[OsString]) -> Done {
    if !args.is_empty() {
        return Err(misused("ifaces"));
    }
    let list = tool.call::<GetIfaces>(tool.target, ()).await?;
    if list.ifaces.is_empty() {
        out!(format_args!("No interfaces configured on node {}\n", tool.target));
        return Ok(());
    }
    let sep = &tool.options.separator;
    if tool.options.machine {
        write_out(&row(sep, &[&"Name", &"LinkStatus", &"References"]));
    } else {
        out!(format_args!("Interfaces on node {}\n", tool.target));
    }
    for iface in &list.ifaces {
        if tool.options.machine {
            write_out(&row(sep, &[&iface.name, &iface.link_state, &iface.references]));
        } else {
            let link = if iface.link_state == 0 { "down" } else { "up" };
            out!("name:", iface.name, " link:", link, " references:", iface.references, "\n");
        }
    }
    Ok(())
}

pub(crate) async fn setifacelink(tool: &mut Tool, args: &[OsString]) -> Done {
    let [name, link] = args else { return Err(misused("setifacelink")) };
    if name.len() > IFACE_SIZE {
        err!("Interface name '", name, "' too long\n");
        return Err(ONE);
    }
    let list = tool.call::<GetIfaces>(tool.target, ()).await;
    let list = list
        .explain(words!(format_args!("Failed to get interface information from node {}\n", tool.target)))?;
    let iface = list.ifaces.into_iter().find(|iface| iface.name.as_bytes() == name.as_bytes());
    let Some(mut iface) = iface else {
        write_out(&join(&[&"Interface ", name, &format_args!(" not configured on node {}\n", tool.target)]));
        return Err(ONE);
    };
    iface.link_state = match link.as_bytes() {
        b"up" => 1,
        b"down" => 0,
        _ => return Err(misused("setifacelink")),
    };
    iface.references = 0;
    tool.call::<SetIfaceLinkState>(tool.target, iface).await
}
