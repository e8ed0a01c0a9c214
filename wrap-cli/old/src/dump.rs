//! Records as the old tool prints them: quoted bytes, and the header a member a line.
//!
//! Sources: `dump_record`, `dump_ltdb_header`, `dump_tdb_data`.

use legacy_codec::{LtdbHeader, RecordFlags};

use crate::output::out;
use crate::release::Newer;

const FLAGS: &[(RecordFlags, &str)] = &[
    (RecordFlags::MIGRATED_WITH_DATA, " MIGRATED_WITH_DATA"),
    (RecordFlags::VACUUM_MIGRATED, " VACUUM_MIGRATED"),
    (RecordFlags::AUTOMATIC, " AUTOMATIC"),
    (RecordFlags::RO_HAVE_DELEGATIONS, " RO_HAVE_DELEGATIONS"),
    (RecordFlags::RO_HAVE_READONLY, " RO_HAVE_READONLY"),
    (RecordFlags::RO_REVOKING_READONLY, " RO_REVOKING_READONLY"),
    (RecordFlags::RO_REVOKE_COMPLETE, " RO_REVOKE_COMPLETE"),
];

/// Those that came later; that the release is looked for only where one of them is set saves time.
const NEWER: &[(RecordFlags, &str)] = &[
    (RecordFlags::PERSISTENT, " PERSISTENT"),
    (RecordFlags::PERSISTENT_IN_PROGRESS, " PERSISTENT_IN_PROGRESS"),
];

/// Bytes in quotes: what is not printable, and quotes and backslashes, in hexadecimal digits.
pub(crate) fn data(name: &str, data: &[u8]) {
    let mut text = format!("{name}({}) = \"", data.len());
    for byte in data {
        match byte {
            b' '..=b'~' if !matches!(byte, b'"' | b'\\') => text.push(char::from(*byte)),
            byte => text += &format!("\\{byte:02X}"),
        }
    }
    out!(text, "\"\n");
}

pub(crate) fn header(header: &LtdbHeader) {
    let words = |all: &[(RecordFlags, &'static str)]| {
        all.iter().filter(|(flag, _)| header.flags.contains(*flag)).map(|(_, word)| *word).collect::<String>()
    };
    let newer = words(NEWER);
    let newer = if !newer.is_empty() && Newer::Json.is_spoken() { newer } else { String::new() };
    let flags = words(FLAGS) + &newer;
    out!(format_args!(
        "dmaster: {}\nrsn: {}\nflags: 0x{:08x}{flags}\n",
        header.dmaster.0,
        header.rsn,
        header.flags.bits()
    ));
}

pub(crate) fn record(key: &[u8], with: &LtdbHeader, value: &[u8]) {
    data("key", key);
    header(with);
    data("data", value);
    out!("\n");
}
