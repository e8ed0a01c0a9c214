//! What is generated and checked in is what the `.x` files say now; `UPDATE=1` writes it.
//!
//! The files themselves are tested where they are used.

use std::path::Path;

use protocol_generator::project;

#[test]
fn what_is_checked_in_is_what_the_x_files_say() {
    let protocol = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let outputs = project::outputs(protocol).unwrap_or_else(|e| panic!("{e}"));
    let stale = project::stale(&outputs);
    if std::env::var_os("UPDATE").is_some() {
        project::write(&stale).unwrap();
        return;
    }
    let paths: Vec<_> = stale.iter().map(|o| o.path.strip_prefix(protocol).unwrap().display()).collect();
    let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
    assert!(paths.is_empty(), "stale, write them with UPDATE=1 cargo test -p protocol-generator: {paths:?}");
}
