//! Records in an answer, with what stands before their data.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::octets::Octets;
use crate::args::{Output, Settings};
use crate::backend::databases::StoredRecord;
use crate::commands::Answer;
use crate::exit::Exit;
use crate::render::table::{Column, each_line};
use crate::render::{json, shade};

/// Bytes of a key and of data that a table shows; JSON has all.
const KEY_SHOWN: usize = 128;
const DATA_SHOWN: usize = 1024;

/// Data may be wide, so they are the last.
const COLUMNS: [Column; 5] =
    [("KEY", false), ("RSN", true), ("DMASTER", true), ("FLAGS", false), ("DATA", false)];

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

impl Record {
    fn row(&self) -> [String; COLUMNS.len()] {
        let flags = if self.flags_raw == 0 {
            "-".to_owned()
        } else if self.flags.is_empty() {
            format!("{:#010x}", self.flags_raw)
        } else {
            self.flags.join("|")
        };
        [
            self.key.brief(KEY_SHOWN),
            self.rsn.to_string(),
            // -1 for those that nobody may change.
            if self.dmaster == u32::MAX { "-".into() } else { self.dmaster.to_string() },
            flags,
            self.data.brief(DATA_SHOWN),
        ]
    }
}

impl Answer for Dump {
    fn exit(&self) -> Exit {
        if self.wanted && self.records.is_empty() { Exit::No } else { Exit::Done }
    }

    fn remark(&self) -> Option<String> {
        None
    }

    /// Record by record: a large database needs no large text.
    fn write(&self, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
        match settings.output {
            Output::Table => each_line(
                &COLUMNS,
                || self.records.iter().map(Record::row),
                |line| out.write_all(shade(line, settings.color).as_bytes()),
            ),
            output => json::write(self, output, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::tests::fake::settings;

    fn dump(sizes: impl Iterator<Item = usize>) -> Dump {
        let record = |(n, size): (usize, usize)| Record {
            key: Bytes::from(format!("key {n}")).into(),
            data: Bytes::from(vec![b'x'; size]).into(),
            rsn: 1,
            dmaster: 0,
            flags_raw: 0,
            flags: Vec::new(),
        };
        Dump { of: "x.tdb".into(), records: sizes.enumerate().map(record).collect(), wanted: false }
    }

    fn written(dump: &Dump, output: Output) -> String {
        let mut out = Vec::new();
        dump.write(&Settings { output, ..settings("db cat", None) }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn one_wide_record_among_many_small_ones_makes_no_wide_table() {
        let small = || std::iter::repeat_n(1, 2000);
        let dump = dump(small().chain([200_000]));
        let table = written(&dump, Output::Table);
        assert!(table.len() < 100_000, "{} bytes", table.len());
        assert!(table.contains("xxx... (200000 bytes)\n"), "cut and told");
        assert_eq!(table.lines().next(), Some("KEY       RSN  DMASTER  FLAGS  DATA"));
        let json = written(&dump, Output::Json);
        assert!(json.contains(&"x".repeat(200_000)) && json.contains(&"78".repeat(200_000)), "all of it");
    }

    /// A place to write that counts how much comes at once.
    #[derive(Default)]
    struct Pieces {
        largest: usize,
        total: usize,
    }

    impl Write for Pieces {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.largest = self.largest.max(bytes.len());
            self.total += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_long_is_written_in_pieces() {
        let dump = dump(std::iter::repeat_n(500, 2000));
        for output in [Output::Table, Output::Json, Output::Jsonl] {
            let mut pieces = Pieces::default();
            dump.write(&Settings { output, ..settings("db cat", None) }, &mut pieces).unwrap();
            assert!(
                pieces.total > 1_000_000 && pieces.largest < 1000,
                "{} of {}",
                pieces.largest,
                pieces.total
            );
        }
    }
}
