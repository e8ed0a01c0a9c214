//! The configuration files of CTDB and of the daemons that take its place: read with their lines, checked, merged, compared,
//! and made from files of older versions.
//!
//! Pure: texts come in, findings, values and texts go out. What a check has to know about the host (is there such a
//! directory?) it asks of [`Host`]. The truth about `ctdb.conf` is C's own reader: `tini_parse`, `conf_load_option` and
//! the `*_conf_validate_*` functions; about the new daemons' options it is the table of this crate.

mod check;
mod document;
mod files;
mod import;
mod judge;
mod page;
mod schema;
mod services;
mod settings;
mod shown;
mod sources;
mod table;
mod value;
mod words;

pub use check::{Finding, Host, Role, Severity};
pub use document::{Document, Entry, Kind};
pub use files::{
    NAMES as TUNABLES, check_nodes, check_public_addresses, check_script_options, check_tunables,
};
pub use import::{Imported, Old, OldFile, import, is_wrong};
pub use judge::level;
pub use page::{commented, reference};
pub use schema::{Change, Readers, Setting, Value, find, has_section, options};
pub use settings::{Changed, MOST_NAMED, Mistake, Said, Scope, Settings};
pub use shown::{Shown, shown};
pub use sources::{Refused, Sources, Told, checked};
pub use table::{Callback, Event, Http, Logging, Section, Service, Serviced, Tunnel};
pub use value::{Level, Location, Program, Size, Syslog, Take};
pub use words::Parameters;
