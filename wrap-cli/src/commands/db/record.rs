//! Records in an answer, with what stands before their data.

use schemars::JsonSchema;
use serde::Serialize;

use super::octets::Octets;
use crate::backend::databases::StoredRecord;
use crate::commands::Shown;
use crate::exit::Exit;
use crate::render::table::table;

/// A record.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Record {
    pub(crate) key: Octets,
    pub(crate) data: Octets,
    /// Version.
    pub(crate) rsn: u64,
    /// The node that may change it.
    pub(crate) dmaster: u32,
    pub(crate) flags_raw: u32,
    /// Names of the flags, as C has them.
    pub(crate) flags: Vec<String>,
}

impl From<StoredRecord> for Record {
    fn from(record: StoredRecord) -> Self {
        Self {
            key: record.key.into(),
            data: record.data.into(),
            rsn: record.rsn,
            dmaster: record.dmaster,
            flags_raw: record.flags,
            flags: record.flag_names,
        }
    }
}

/// All records of something.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Dump {
    /// The database, or the file.
    pub(crate) of: String,
    pub(crate) records: Vec<Record>,
    /// Whether it is an answer that there are none.
    #[serde(skip)]
    pub(crate) wanted: bool,
}

impl Shown for Dump {
    fn table(&self) -> String {
        let columns = [("KEY", false), ("DATA", false), ("RSN", true), ("DMASTER", true), ("FLAGS", false)];
        let rows = self.records.iter().map(|record| {
            let flags = if record.flags_raw == 0 {
                "-".to_owned()
            } else if record.flags.is_empty() {
                format!("{:#010x}", record.flags_raw)
            } else {
                record.flags.join("|")
            };
            vec![
                record.key.shown(),
                record.data.shown(),
                record.rsn.to_string(),
                // -1 for those that nobody may change.
                if record.dmaster == u32::MAX { "-".into() } else { record.dmaster.to_string() },
                flags,
            ]
        });
        table(&columns, rows)
    }

    fn exit(&self) -> Exit {
        if self.wanted && self.records.is_empty() { Exit::No } else { Exit::Done }
    }
}
