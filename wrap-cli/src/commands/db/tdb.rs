//! `db tdb get` and `db tdb set`: single records of files, without any daemon.
//!
//! For a look into the files of a ctdbd that does not run, and for repairs. A record that is stored in the file of a
//! running ctdbd is not known to the other nodes.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::octets::Literal;
use super::record::{Dump, Record};
use crate::backend::databases::StoredRecord;
use crate::backend::legacy::database_files;
use crate::commands::Shown;
use crate::context::Context;
use crate::error::{Error, Failure};

/// Arguments of `db tdb get`.
#[derive(Args, Clone, Debug)]
pub(crate) struct GetArgs {
    /// The TDB file
    file: PathBuf,

    /// The key; bytes as 0x and digits
    key: OsString,

    #[command(flatten)]
    literal: Literal,
}

fn failed(question: &'static str) -> impl Fn(Failure) -> Error {
    move |failure| Error::OnFile { question, failure }
}

pub(crate) async fn get(cx: &Context, args: GetArgs) -> Result<Dump, Error> {
    let key = args.literal.bytes(&args.key)?;
    let found = database_files::file_record(&args.file, &key, cx.timeout).await;
    let records = found.map_err(failed("the record"))?.into_iter().map(Record::from).collect();
    Ok(Dump { of: args.file.display().to_string(), records, wanted: true })
}

/// Arguments of `db tdb set`.
#[derive(Args, Clone, Debug)]
pub(crate) struct SetArgs {
    /// The TDB file
    file: PathBuf,

    /// The key; bytes as 0x and digits
    key: OsString,

    /// The data; bytes as 0x and digits
    data: OsString,

    /// Version of the record
    #[arg(long, default_value = "0")]
    rsn: u64,

    /// The node that may change it
    #[arg(long, default_value = "0", value_name = "NODE")]
    dmaster: u32,

    /// Flags of the record, as a number
    #[arg(long, default_value = "0")]
    flags: u32,

    #[command(flatten)]
    literal: Literal,
}

/// A record was stored.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Stored {
    pub(crate) file: String,
    pub(crate) record: Record,
}

impl Shown for Stored {
    fn table(&self) -> String {
        format!("stored in {}\n", self.file)
    }
}

pub(crate) async fn set(cx: &Context, args: SetArgs) -> Result<Stored, Error> {
    let (key, data) = (args.literal.bytes(&args.key)?, args.literal.bytes(&args.data)?);
    let file = args.file.display().to_string();
    cx.confirm(&format!("This changes {file} without asking any daemon."))?;
    let SetArgs { rsn, dmaster, flags, .. } = args;
    let record = StoredRecord { key, data, rsn, dmaster, flags, flag_names: Vec::new() };
    let stored = database_files::set_file_record(&args.file, record.clone(), cx.timeout).await;
    stored.map_err(failed("the record"))?;
    Ok(Stored { file, record: record.into() })
}
