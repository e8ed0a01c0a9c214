//! Tests of the tables: laws over every type, layouts against a C compiler, bytes seen on real sockets.
//!
//! One list of types and one list of machine types serve all of them.

mod event;
mod framing;
mod generated;
mod golden;
mod hostile;
mod hostile_payloads;
mod laws;
mod layout;
mod messages;
mod names;
mod operations;
mod values;
mod view;

use crate::Abi;

/// The machine types every law is tried on.
pub(crate) const ABIS: [Abi; 3] = [Abi::LP64_LE, Abi::LP64_BE, Abi::I386];

/// Names of all structs that `wire!` makes, as they stand in the sources.
pub(crate) fn structs() -> Vec<&'static str> {
    let sources = [
        include_str!("../packet.rs"),
        include_str!("../operation.rs"),
        include_str!("../event.rs"),
        include_str!("../server_id.rs"),
        include_str!("../types/addresses.rs"),
        include_str!("../types/databases.rs"),
        include_str!("../types/db_statistics.rs"),
        include_str!("../types/ifaces.rs"),
        include_str!("../types/nodes.rs"),
        include_str!("../types/notices.rs"),
        include_str!("../types/records.rs"),
        include_str!("../types/statistics.rs"),
        include_str!("../types/time.rs"),
        include_str!("../types/traverse.rs"),
        include_str!("../types/tunables.rs"),
    ];
    let blocks = sources.into_iter().flat_map(|source| source.split("\nwire! {").skip(1));
    let names: Vec<_> = blocks
        .filter_map(|block| {
            let mut lines = block.lines().map(str::trim);
            let line = lines.find(|l| !l.is_empty() && !l.starts_with("///") && !l.starts_with("#["))?;
            line.split_whitespace().next()
        })
        .collect();
    assert_eq!(names.len(), 73, "a struct was added or not found");
    names
}
