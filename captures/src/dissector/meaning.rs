//! What numbers of a named type mean, as Lua: names of values, names of bits, and whether to show them in hexadecimal.
//!
//! The names themselves are those that the codec prints. A type without a line here is shown as a plain number; a test
//! makes sure that each type of the tables has one.

use std::fmt::{Display, Write as _};

use legacy_codec::{
    AttachFlags, CallFlags, CallId, Capabilities, ControlFlags, DbFlags, DebugLevel, Dest, Generation,
    NodeFlags, Pnn, PublicIpFlags, RecMode, RecordFlags, RunState, TunnelFlags,
};

/// Types whose values have no names, and whether they are shown in hexadecimal.
const PLAIN: &[(&str, bool)] = &[
    ("CDouble", false),
    ("ClientId", true),
    ("DbId", true),
    ("Pid", false),
    ("ReqId", true),
    ("SrvId", true),
    ("TunnelId", true),
];

const HEX: &str = ", hex = true";
/// Few values of many have a name.
const FEW: &str = ", sparse = true";
const FEW_HEX: &str = ", hex = true, sparse = true";

/// The Lua table of all named types.
pub(super) fn lua() -> String {
    let mut out = String::from("T.named = {\n");
    for (name, hex) in PLAIN {
        line(&mut out, name, if *hex { HEX } else { "" });
    }
    let nodes = || (0xF000_0001..=0xF000_0005).chain([u32::MAX]);
    values(&mut out, "Pnn", FEW, nodes().map(|n| (n.into(), Pnn(n))));
    values(&mut out, "Dest", FEW, nodes().map(|n| (n.into(), Dest(n))));
    values(&mut out, "CallId", FEW_HEX, (0xFF00_0001..=0xFF00_0003_u32).map(|n| (n.into(), CallId(n))));
    values(&mut out, "Generation", FEW, [(1, Generation::INVALID)]);
    values(&mut out, "RecMode", "", (0..=1_u32).map(|n| (n.into(), RecMode(n))));
    values(&mut out, "RunState", "", (1..=6_u32).map(|n| (n.into(), RunState(n))));
    values(&mut out, "DebugLevel", "", (0..=10_i32).map(|n| (n.into(), DebugLevel(n))));
    values(&mut out, "CBool", "", [(0, "no"), (1, "yes")]);
    values(&mut out, "Exists", "", [(0, "yes"), (-1, "no")]);
    macro_rules! flags {
        ($($ty:ident)+) => { $(
            let named = $ty::all().iter_names().map(|(name, flag)| (u64::from(flag.bits()), name));
            bits(&mut out, stringify!($ty), named);
        )+ };
    }
    flags! { AttachFlags CallFlags Capabilities ControlFlags DbFlags NodeFlags PublicIpFlags RecordFlags TunnelFlags }
    out.push_str("}\n\n");
    out
}

fn line(out: &mut String, name: &str, rest: &str) {
    let abbr = super::tables::snake(name);
    // Writing to a String does not fail.
    let _ = writeln!(out, "    {name} = {{ abbr = \"{abbr}\"{rest} }},");
}

fn values(out: &mut String, name: &str, how: &str, values: impl IntoIterator<Item = (i64, impl Display)>) {
    let names: Vec<_> = values.into_iter().map(|(n, text)| format!("[{n}] = \"{text}\"")).collect();
    line(out, name, &format!("{how}, names = {{ {} }}", names.join(", ")));
}

fn bits(out: &mut String, name: &str, flags: impl IntoIterator<Item = (u64, &'static str)>) {
    let flags: Vec<_> = flags.into_iter().map(|(bit, text)| format!("{{ {bit:#x}, \"{text}\" }}")).collect();
    line(out, name, &format!("{HEX}, flags = {{ {} }}", flags.join(", ")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_type_of_the_tables_is_said_once() {
        let said = lua();
        let tables = super::super::tables::lua();
        let used = tables.split("as = \"").skip(1).filter_map(|rest| rest.split('"').next());
        for name in used {
            assert_eq!(said.matches(&format!("    {name} = {{")).count(), 1, "{name}");
        }
    }

    #[test]
    fn names_are_those_that_the_codec_prints() {
        let said = lua();
        assert!(
            said.contains("RunState = { abbr = \"run_state\", names = { [1] = \"INIT\", [2] = \"SETUP\""),
            "{said}"
        );
        assert!(said.contains("[4026531841] = \"CURRENT\""), "{said}");
        assert!(said.contains("{ 0x2, \"UNHEALTHY\" }"), "{said}");
    }
}
