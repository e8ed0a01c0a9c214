//! What is generated and checked in is what the `.x` files say now; `UPDATE=1` writes it.
//!
//! The files themselves are tested where they are used.

use std::path::Path;

use protocol_generator::project;

#[test]
fn what_is_checked_in_is_what_the_x_files_say() {
    let protocol = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let outputs = project::outputs(protocol).unwrap_or_else(|e| panic!("{e}"));
    let stale = project::stale(&outputs).into_iter().map(|o| (o.path.clone(), o.text.clone().into_bytes()));
    let seeds = project::missing_seeds(protocol).unwrap_or_else(|e| panic!("{e}"));
    let wanted: Vec<_> = stale.chain(seeds).collect();
    if std::env::var_os("UPDATE").is_some() {
        wanted.iter().for_each(|(path, data)| project::write(path, data).unwrap());
        return;
    }
    let paths: Vec<_> = wanted.iter().map(|(path, _)| path.strip_prefix(protocol).unwrap()).collect();
    assert!(paths.is_empty(), "write them with UPDATE=1 cargo test -p protocol-generator: {paths:?}");
}
