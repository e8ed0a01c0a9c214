//! Records of a TDB file by its path, whatever any daemon thinks of it: `tfetch`, `tstore`.
//!
//! Sources: `control_tfetch`, `control_tstore`.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use databases::file::Unowned;
use legacy_codec::{Abi, LtdbHeader, Pnn, Wire};

use crate::attached::data;
use crate::dump;
use crate::numbers::{atol, low32, unsigned};
use crate::output::err;
use crate::stop::{Done, ONE, Stop};
use crate::table::misused;
use crate::tool::Tool;

fn open(path: &OsString) -> Result<Unowned, Stop> {
    Unowned::open(Path::new(path)).map_err(|_| {
        err!("Failed to open TDB file ", path, "\n");
        ONE
    })
}

/// Writes the record into a file; says why it cannot, and that is all.
fn save(path: &OsString, record: &[u8]) {
    let file = std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
    let Ok(mut file) = file else {
        err!("Failed to open output file ", path, "\n");
        return;
    };
    if file.write_all(record).is_err() {
        err!("Failed to write record to file\n");
    }
}

pub(crate) async fn tfetch(_: &mut Tool, args: &[OsString]) -> Done {
    let (path, key, file) = match args {
        [path, key] => (path, key, None),
        [path, key, file] => (path, key, Some(file)),
        _ => return Err(misused("tfetch")),
    };
    let tdb = open(path)?;
    let bytes = data(key, "key")?;
    let Ok(Some(record)) = tdb.fetch(&bytes) else {
        err!("No record for key ", key, "\n");
        return Err(ONE);
    };
    drop(tdb);
    let Ok((header, value)) = LtdbHeader::split(&record, Abi::NATIVE) else {
        err!("Invalid record for key ", key, "\n");
        return Err(ONE);
    };
    if let Some(file) = file {
        save(file, &record);
    }
    dump::header(&header);
    dump::data("data", &value);
    Ok(())
}

pub(crate) async fn tstore(_: &mut Tool, args: &[OsString]) -> Done {
    // C quirk: the flags of its help text are one argument too many.
    let (path, key, value, rest) = match args {
        [path, key, value, rest @ ..] if rest.len() < 3 => (path, key, value, rest),
        _ => return Err(misused("tstore")),
    };
    let tdb = open(path)?;
    let (bytes, value) = (data(key, "key")?, data(value, "value")?);
    let mut header = LtdbHeader::default();
    if let Some(rsn) = rest.first() {
        header.rsn = unsigned(rsn.as_bytes(), 0).map_err(Stop::Failed)?;
    }
    if let Some(dmaster) = rest.get(1) {
        header.dmaster = Pnn(low32(atol(dmaster.as_bytes()).cast_unsigned()));
    }
    let stored =
        header.encode(Abi::NATIVE).is_ok_and(|header| tdb.store(&bytes, &[&header.bytes, &value]).is_ok());
    if !stored {
        err!("Failed to write record ", key, " to file ", path, "\n");
        return Err(Stop::Failed(-1));
    }
    Ok(())
}
