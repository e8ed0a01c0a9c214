//! `getvar`, `setvar`, `listvars`: tunables by name, in any case of letters.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use bytes::Bytes;
use legacy_codec::{GetTunable, ListTunables, SetTunable, Text, TunableName, TunableValue};

use crate::numbers::{low32, unsigned};
use crate::output::{err, out};
use crate::stop::{Done, Explain, ONE, Stop, words};
use crate::table::misused;
use crate::tool::Tool;

/// A word as C sends it: with the NUL behind it.
pub(crate) fn c_text(word: &[u8]) -> Text {
    word.iter().copied().take_while(|byte| *byte != 0).chain([0]).collect::<Bytes>().into()
}

/// The name, if the node has such a tunable.
async fn known(tool: &Tool, name: &[u8]) -> Result<(), Stop> {
    let names = tool.call::<ListTunables>(tool.target, ()).await;
    let names =
        names.explain(words!(format_args!("Failed to get list of variables from node {}\n", tool.target)))?;
    if names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    out!("No such tunable ", name, "\n");
    Err(ONE)
}

async fn show(tool: &Tool, name: &[u8]) -> Done {
    known(tool, name).await?;
    let value = tool.call::<GetTunable>(tool.target, TunableName { name: c_text(name) }).await?;
    let blanks = " ".repeat(26_usize.saturating_sub(name.len()));
    out!(name, blanks, " = ", value, "\n");
    Ok(())
}

pub(crate) async fn getvar(tool: &mut Tool, args: &[OsString]) -> Done {
    let [name] = args else { return Err(misused("getvar")) };
    show(tool, name.as_bytes()).await
}

pub(crate) async fn setvar(tool: &mut Tool, args: &[OsString]) -> Done {
    let [name, value] = args else { return Err(misused("setvar")) };
    known(tool, name.as_bytes()).await?;
    let value = low32(unsigned(value.as_bytes(), 0).map_err(Stop::Failed)?);
    let tunable = TunableValue { value, name: c_text(name.as_bytes()) };
    match tool.call::<SetTunable>(tool.target, tunable).await {
        Err(ONE) => {
            err!("Setting obsolete tunable variable '", name, "'\n");
            Ok(())
        }
        done => done,
    }
}

pub(crate) async fn listvars(tool: &mut Tool, args: &[OsString]) -> Done {
    if !args.is_empty() {
        return Err(misused("listvars"));
    }
    let names = tool.call::<ListTunables>(tool.target, ()).await?;
    for name in names.iter() {
        // C quirk: each is looked up again, and what one of them fails with does not count.
        match show(tool, name).await {
            Err(end @ Stop::End(_)) => return Err(end),
            _ => continue,
        }
    }
    Ok(())
}
