//! The dissector that is shipped must be the one that the tables make. `UPDATE=1` writes it.

#[test]
fn the_shipped_dissector_is_the_one_that_the_tables_make() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/wireshark/ctdb.lua");
    let made = captures::dissector::lua();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, &made).unwrap();
    }
    let shipped = std::fs::read_to_string(file).unwrap_or_default();
    let differs = made.lines().zip(shipped.lines()).position(|(a, b)| a != b);
    assert!(
        made == shipped,
        "captures/wireshark/ctdb.lua is stale, first in line {}; write it anew with \
         `UPDATE=1 cargo test -p captures dissector::`",
        differs.unwrap_or_else(|| made.lines().count().min(shipped.lines().count())) + 1
    );
}
