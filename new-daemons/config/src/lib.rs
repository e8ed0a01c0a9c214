//! The configuration files of CTDB and of the daemons that take its place: read with their lines, checked, merged, compared,
//! and made from files of older versions.
//!
//! Pure: texts come in, findings, values and texts go out. What a check has to know about the host (is there such a
//! directory?) it asks of [`Host`]. The truth about `ctdb.conf` is C's own reader: `tini_parse`, `conf_load_option` and
//! the `*_conf_validate_*` functions; about the new daemons' options it is the table of this crate.

mod changes;
mod check;
mod document;
mod files;
mod finding;
mod host;
mod import;
mod judge;
mod page;
mod registry;
mod schema;
mod services;
mod settings;
mod shell;
mod shown;
mod sources;
mod table;
mod value;
pub mod waiting;
mod words;

pub use changes::Changed;
pub use document::{Document, Entry, Kind, Role};
pub use files::{
    NAMES as TUNABLES, check_nodes, check_public_addresses, check_script_options, check_tunables,
};
pub use finding::{Finding, Remark, Severity};
pub use host::{Anywhere, Host};
pub use import::{Imported, Old, OldFile, import, is_wrong};
pub use page::{manual, reference};
pub use registry::{find, has_section, options};
pub use schema::{Change, Readers, Setting, Value};
pub use settings::{MOST_NAMED, Mistake, Said, Scope, Section, Settings};
pub use shown::{Shown, shown};
pub use sources::{Refused, Sources, checked};
pub use table::{Callback, Event, Eventd, Http, Logging, Service, Serviced, Tunneld};
pub use value::{Level, Location, Program, Size, Syslog, Take, level};
pub use words::{Parameters, nearest, unheard};
