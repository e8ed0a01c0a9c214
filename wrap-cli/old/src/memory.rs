//! What a daemon says of itself: how much it logs, and what it has allocated.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use legacy_codec::{DebugLevel, Dest, DumpMemory, GetDebug, Pnn, SetDebug, SrvId, SrvidMessage};

use crate::numbers::{debug_level, debug_level_name};
use crate::output::{err, out, write_out};
use crate::stop::{Done, ONE};
use crate::table::misused;
use crate::tool::Tool;

pub(crate) async fn setdebug(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word] = args else { return Err(misused("setdebug")) };
    let Some(level) = debug_level(word.as_bytes()) else {
        err!("Invalid debug level '", word, "'. Valid levels are:\n");
        err!("\tERROR | WARNING | NOTICE | INFO | DEBUG\n");
        return Err(ONE);
    };
    tool.call::<SetDebug>(tool.target, DebugLevel(level)).await
}

pub(crate) async fn getdebug(tool: &mut Tool, args: &[OsString]) -> Done {
    if !args.is_empty() {
        return Err(misused("getdebug"));
    }
    let level = tool.call::<GetDebug>(tool.target, ()).await?;
    out!(debug_level_name(level.0), "\n");
    Ok(())
}

/// The bytes before the first NUL.
fn c_string(data: &[u8]) -> &[u8] {
    data.split(|byte| *byte == 0).next().unwrap_or_default()
}

pub(crate) async fn dumpmemory(tool: &mut Tool, _: &[OsString]) -> Done {
    let text = tool.call::<DumpMemory>(tool.target, ()).await?;
    write_out(c_string(&text));
    Ok(())
}

/// The recovery daemon answers with a message, whenever it likes.
pub(crate) async fn rddumpmemory(tool: &mut Tool, _: &[OsString]) -> Done {
    let srvid = tool.new_srvid();
    tool.listen(srvid).await?;
    let question = SrvidMessage { pnn: Pnn(tool.pnn), srvid };
    tool.send(Dest(tool.target), SrvId::MEM_DUMP, &question).await?;
    let text = tool.message_at_last(srvid).await?;
    write_out(c_string(&text));
    Ok(())
}
