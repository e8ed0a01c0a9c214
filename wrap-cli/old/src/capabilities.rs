//! What a node may become: its roles, and the lock of the cluster.

use std::ffi::OsString;

use legacy_codec::{Capabilities, GetCapabilities, GetReclockFile, SetLmasterRole, SetRecMasterRole};

use crate::output::{out, row, write_out};
use crate::stop::{Done, Stop};
use crate::table::misused;
use crate::tool::Tool;

pub(crate) async fn getcapabilities(tool: &mut Tool, args: &[OsString]) -> Done {
    if !args.is_empty() {
        return Err(misused("getcapabilities"));
    }
    let caps = tool.call::<GetCapabilities>(tool.target, ()).await?;
    let (leader, lmaster) = (caps.contains(Capabilities::LEADER), caps.contains(Capabilities::LMASTER));
    if tool.options.machine {
        let sep = &tool.options.separator;
        write_out(&row(sep, &[&"LEADER", &"LMASTER"]));
        write_out(&row(sep, &[&u8::from(leader), &u8::from(lmaster)]));
    } else {
        let word = |has| if has { "YES\n" } else { "NO\n" };
        out!("LEADER: ", word(leader), "LMASTER: ", word(lmaster));
    }
    Ok(())
}

pub(crate) async fn getreclock(tool: &mut Tool, args: &[OsString]) -> Done {
    if !args.is_empty() {
        return Err(misused("getreclock"));
    }
    if let Some(lock) = tool.call::<GetReclockFile>(tool.target, ()).await? {
        out!(lock, "\n");
    }
    Ok(())
}

fn on_or_off(args: &[OsString], name: &str) -> Result<u32, Stop> {
    match args {
        [word] if word == "on" => Ok(1),
        [word] if word == "off" => Ok(0),
        _ => Err(misused(name)),
    }
}

pub(crate) async fn setlmasterrole(tool: &mut Tool, args: &[OsString]) -> Done {
    let role = on_or_off(args, "setlmasterrole")?;
    tool.call::<SetLmasterRole>(tool.target, role).await
}

pub(crate) async fn setleaderrole(tool: &mut Tool, args: &[OsString]) -> Done {
    let role = on_or_off(args, "setleaderrole")?;
    tool.call::<SetRecMasterRole>(tool.target, role).await
}
