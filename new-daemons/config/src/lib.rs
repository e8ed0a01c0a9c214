//! The configuration files of CTDB: read with their lines, checked, and made from files of older versions.
//!
//! Pure: texts come in, findings and texts go out. What a check has to know about the machine (is there such a directory?)
//! it asks of [`Machine`]. The truth about `ctdb.conf` is C's own reader: `tini_parse`, `conf_load_option` and the
//! `*_conf_validate_*` functions.

mod check;
mod document;
mod files;
mod import;
mod schema;

pub use check::{Finding, Machine, Severity, check_conf, level, values};
pub use document::{Document, Entry, Kind};
pub use files::{
    NAMES as TUNABLES, check_nodes, check_public_addresses, check_script_options, check_tunables,
};
pub use import::{Imported, import};
pub use schema::{OPTIONS, Setting, Value, find, has_section};
