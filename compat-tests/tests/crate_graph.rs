//! The arrows between the crates, as one table, against what cargo says.
//!
//! An arrow that is not in the table is a mistake in a Cargo.toml or a decision that belongs in docs/architecture.md
//! first. deny.toml names the crates that may use tokio as well, for tools; both lists are compared here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// Whether a crate may do input and output, and with it use tokio.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Io {
    /// No tokio anywhere below it.
    Pure,
    /// Sockets, files, clocks: tokio is allowed.
    Tokio,
    /// Joins programs that may, and uses no tokio itself.
    Joins,
}
use Io::{Joins, Pure, Tokio};

/// A crate, its kind, the crates of ours that it may use, and those that only its tests may use besides.
type Row = (&'static str, Io, &'static [&'static str], &'static [&'static str]);

const TABLE: &[Row] = &[
    ("legacy-codec", Pure, &[], &[]),
    ("legacy-session", Pure, &["legacy-codec", "machine"], &[]),
    ("legacy-client", Tokio, &["legacy-codec", "legacy-session", "machine"], &[]),
    ("databases", Tokio, &["legacy-client", "legacy-codec", "tdb"], &[]),
    ("machine", Pure, &[], &[]),
    ("protocol", Pure, &[], &["protocol-generator"]),
    ("protocol-generator", Pure, &[], &[]),
    ("bus", Pure, &["machine", "protocol"], &[]),
    ("bus-sockets", Pure, &["bus", "machine", "reactor"], &[]),
    ("callback", Pure, &["machine"], &[]),
    ("runtime", Tokio, &["bus", "bus-sockets", "callback", "config", "machine", "protocol", "reactor"], &[]),
    ("reactor", Pure, &[], &[]),
    ("tdb", Pure, &[], &[]),
    ("tunnel-core", Pure, &["bus", "legacy-codec", "legacy-session", "machine", "protocol"], &["simulation"]),
    (
        "tunneld",
        Tokio,
        &["bus", "bus-sockets", "config", "machine", "protocol", "reactor", "runtime", "tunnel-core"],
        &[],
    ),
    (
        "simulation",
        Pure,
        &[
            "bus",
            "callback",
            "event",
            "legacy-codec",
            "legacy-session",
            "machine",
            "protocol",
            "service",
            "tunnel-core",
        ],
        &[],
    ),
    ("captures", Pure, &["legacy-codec"], &[]),
    ("config", Pure, &[], &[]),
    ("event", Pure, &["machine", "protocol"], &[]),
    ("service", Pure, &["config", "machine", "protocol"], &[]),
    (
        "daemons",
        Tokio,
        &["bus", "config", "event", "legacy-codec", "machine", "protocol", "runtime", "service"],
        &[],
    ),
    ("old", Tokio, &["config", "databases", "legacy-client", "legacy-codec"], &[]),
    (
        "ctdbctl",
        Tokio,
        &[
            "bus",
            "captures",
            "config",
            "databases",
            "legacy-client",
            "legacy-codec",
            "old",
            "protocol",
            "runtime",
        ],
        &["tdb"],
    ),
    ("tablecloth", Joins, &["ctdbctl", "daemons", "tunneld"], &["protocol"]),
    (
        "compat-tests",
        Tokio,
        &[
            "bus",
            "bus-sockets",
            "captures",
            "config",
            "gate",
            "judge",
            "legacy-client",
            "legacy-codec",
            "machine",
            "protocol",
            "reactor",
            "runtime",
        ],
        &["legacy-session", "protocol-generator", "tdb", "tunnel-core"],
    ),
    ("compat-faults", Joins, &["compat-tests", "judge", "tdb"], &[]),
    ("compat-client", Tokio, &["databases", "judge", "legacy-client", "legacy-codec", "tdb"], &[]),
    ("gate", Pure, &["bus", "legacy-codec", "machine", "tunnel-core"], &[]),
    ("judge", Pure, &[], &[]),
];

/// Crates that bring a reactor or an executor.
const ASYNC_IO: [&str; 3] = ["tokio", "mio", "async-io"];

/// Crates of others that use tokio: what the HTTP door of `runtime` is made of, and the way to systemd.
const OTHERS: [&str; 5] = ["axum", "hyper", "hyper-util", "tower", "zbus"];

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

pub(crate) fn metadata() -> Metadata {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    MetadataCommand::new()
        .current_dir(root())
        .other_options(["--locked".to_owned(), "--filter-platform".to_owned(), target])
        .exec()
        .expect("cargo metadata")
}

/// Member -> (crates of ours that it uses, crates of ours that only its tests use).
fn arrows(metadata: &Metadata) -> BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> {
    let members: BTreeSet<String> =
        metadata.workspace_packages().iter().map(|p| p.name.to_string()).collect();
    let ours = |package: &cargo_metadata::Package, dev: bool| -> BTreeSet<String> {
        let wanted = |kind| (kind == DependencyKind::Development) == dev;
        let deps = package.dependencies.iter().filter(|dep| wanted(dep.kind) && members.contains(&dep.name));
        deps.map(|dep| dep.name.clone()).collect()
    };
    let packages = metadata.workspace_packages();
    packages.into_iter().map(|p| (p.name.to_string(), (ours(p, false), ours(p, true)))).collect()
}

/// The names of all crates that `from` needs at run time or to be built.
fn closure(metadata: &Metadata, from: &PackageId) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().expect("a resolved graph");
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut seen = BTreeSet::new();
    let mut next = vec![from];
    while let Some(id) = next.pop() {
        for dep in &nodes[id].deps {
            let needed = dep.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development);
            if needed && seen.insert(&dep.pkg) {
                next.push(&dep.pkg);
            }
        }
    }
    seen.into_iter().map(|id| metadata[id].name.to_string()).collect()
}

#[test]
fn every_crate_has_a_row_and_every_row_a_crate() {
    let members: BTreeSet<String> = arrows(&metadata()).into_keys().collect();
    let rows: BTreeSet<String> = TABLE.iter().map(|row| row.0.to_owned()).collect();
    assert_eq!(members, rows);
}

#[test]
fn no_crate_uses_another_that_the_table_does_not_allow() {
    let arrows = arrows(&metadata());
    let mut wrong = Vec::new();
    for (name, _, normal, dev) in TABLE {
        let (used, used_by_tests) = &arrows[*name];
        wrong.extend(
            used.iter().filter(|to| !normal.contains(&to.as_str())).map(|to| format!("{name} -> {to}")),
        );
        let for_tests = |to: &&String| normal.contains(&to.as_str()) || dev.contains(&to.as_str());
        wrong.extend(
            used_by_tests.iter().filter(|to| !for_tests(to)).map(|to| format!("tests of {name} -> {to}")),
        );
    }
    assert!(wrong.is_empty(), "arrows that are not allowed: {wrong:#?}");
}

/// Who may use what nothing of the product may.
const WANTED: [(&str, &str); 3] =
    [("compat-tests", "gate"), ("compat-faults", "compat-tests"), ("tablecloth", "ctdbctl")];

#[test]
fn nothing_of_the_product_uses_the_simulation_the_command_line_or_these_tests() {
    for (name, _, normal, _) in TABLE {
        for forbidden in ["simulation", "ctdbctl", "compat-tests", "gate"] {
            assert!(
                WANTED.contains(&(*name, forbidden)) || !normal.contains(&forbidden),
                "{name} -> {forbidden}"
            );
        }
    }
}

#[test]
fn pure_crates_have_no_reactor_anywhere_below_them() {
    let metadata = metadata();
    for (name, io, _, _) in TABLE.iter().filter(|row| row.1 == Pure) {
        assert!(*io == Pure);
        let package = metadata.workspace_packages().into_iter().find(|p| p.name.as_str() == *name).unwrap();
        let below = closure(&metadata, &package.id);
        let found: Vec<&str> = ASYNC_IO.into_iter().filter(|bad| below.contains(*bad)).collect();
        assert!(found.is_empty(), "{name} needs {found:?}");
        let direct = package.dependencies.iter().find(|dep| ASYNC_IO.contains(&dep.name.as_str()));
        assert!(direct.is_none(), "{name} uses {:?}, if only in tests", direct.map(|dep| &dep.name));
    }
}

#[test]
fn the_executable_joins_programs_and_nothing_is_built_upon_it() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    for (name, io, normal, dev) in TABLE {
        assert!(!normal.contains(&"tablecloth") && !dev.contains(&"tablecloth"), "{name}");
        let package = packages.iter().find(|p| p.name.as_str() == *name).unwrap();
        let direct = package.dependencies.iter().find(|dep| ASYNC_IO.contains(&dep.name.as_str()));
        assert!(*io != Joins || direct.is_none(), "{name} uses {:?} itself", direct.map(|dep| &dep.name));
    }
}

#[test]
fn the_walk_over_the_graph_sees_what_is_there() {
    let metadata = metadata();
    let me = metadata.workspace_packages().into_iter().find(|p| p.name.as_str() == "compat-tests").unwrap();
    let below = closure(&metadata, &me.id);
    assert!(below.contains("libc"), "through nix: {below:?}");
    assert!(!below.contains("cargo_metadata"), "only tests use it");
}

#[test]
fn deny_toml_lets_the_same_crates_use_tokio() {
    let deny = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let entry = deny.split("{ crate = \"tokio\"").nth(1).expect("an entry for tokio");
    let list =
        entry.split_once("wrappers = [").and_then(|(_, rest)| rest.split_once(']')).expect("wrappers").0;
    let words =
        list.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(|line| line.split(','));
    let words = words.map(|word| word.trim().trim_matches('"')).filter(|word| !word.is_empty());
    let wrappers: BTreeSet<&str> = words.filter(|word| !OTHERS.contains(word)).collect();
    let table: BTreeSet<&str> = TABLE.iter().filter(|row| row.1 == Tokio).map(|row| row.0).collect();
    assert_eq!(wrappers, table);
}
