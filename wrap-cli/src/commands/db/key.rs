//! `db key`: single records, and many at once.
//!
//! A record without data is one that is not there.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use bytes::Bytes;
use clap::Args;
use clap_complete::ArgValueCompleter;
use schemars::JsonSchema;
use serde::Serialize;

use super::failed;
use super::octets::{Literal, Octets, parse};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::live;

/// Arguments of `db key delete`.
#[derive(Args, Clone, Debug)]
pub(crate) struct KeyArgs {
    /// Name of the database, or its id as 0x...
    #[arg(value_name = "DATABASE", value_parser = super::name, add = ArgValueCompleter::new(live::databases))]
    database: String,

    /// The key; bytes as 0x and digits
    key: OsString,

    #[command(flatten)]
    literal: Literal,
}

/// Arguments of `db key get`.
#[derive(Args, Clone, Debug)]
pub(crate) struct GetArgs {
    #[command(flatten)]
    record: KeyArgs,

    /// Leave the record where it is and take a copy, if the database gives out copies
    #[arg(long)]
    copy: bool,
}

/// Arguments of `db key push`.
#[derive(Args, Clone, Debug)]
pub(crate) struct PushArgs {
    #[command(flatten)]
    record: KeyArgs,

    /// The data; bytes as 0x and digits
    data: OsString,
}

/// Arguments of `db key set`.
#[derive(Args, Clone, Debug)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    record: PushArgs,

    /// Only if the record has this data; empty for a record that is not there
    #[arg(long, value_name = "DATA")]
    expect: Option<OsString>,
}

/// Arguments of `db key batch`.
#[derive(Args, Clone, Debug)]
pub(crate) struct BatchArgs {
    /// Name of the database, or its id as 0x...
    #[arg(value_name = "DATABASE", value_parser = super::name, add = ArgValueCompleter::new(live::databases))]
    database: String,

    /// Lines of a key and its data, both in quotation marks [default: standard input]
    file: Option<PathBuf>,
}

/// The data of a record.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Data {
    pub(crate) database: String,
    pub(crate) key: Octets,
    /// Whether there is such a record.
    pub(crate) found: bool,
    pub(crate) data: Octets,
}

impl Shown for Data {
    fn table(&self) -> String {
        if self.found { self.data.shown() + "\n" } else { String::new() }
    }

    fn remark(&self) -> Option<String> {
        (!self.found).then(|| no_such_record(&self.key, &self.database))
    }

    fn exit(&self) -> Exit {
        if self.found { Exit::Done } else { Exit::No }
    }
}

fn no_such_record(key: &Octets, database: &str) -> String {
    format!("there is no record {} in {database}", key.shown())
}

pub(crate) async fn get(cx: &Context, args: GetArgs) -> Result<Data, Error> {
    let KeyArgs { database, key, literal } = args.record;
    let key = literal.bytes(&key)?;
    let cluster = cx.databases().await?;
    let data = cluster.record(&database, &key, args.copy).await.map_err(failed(&*cluster, "the record"))?;
    Ok(Data { database, key: key.into(), found: !data.is_empty(), data: data.into() })
}

/// A record got new data, or not.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Written {
    pub(crate) database: String,
    pub(crate) key: Octets,
    pub(crate) written: bool,
    /// What it has, when that was not what was expected.
    pub(crate) found: Option<Octets>,
}

impl Shown for Written {
    fn table(&self) -> String {
        self.found
            .as_ref()
            .map_or_else(String::new, |found| format!("not written, found: {}\n", found.shown()))
    }

    fn exit(&self) -> Exit {
        if self.written { Exit::Done } else { Exit::No }
    }
}

pub(crate) async fn set(cx: &Context, args: SetArgs) -> Result<Written, Error> {
    let PushArgs { record: KeyArgs { database, key, literal }, data } = args.record;
    let (key, data) = (literal.bytes(&key)?, literal.bytes(&data)?);
    let expected = args.expect.map(|word| literal.bytes(&word)).transpose()?;
    let cluster = cx.databases().await?;
    let set = cluster.set_record(&database, &key, data, expected).await;
    let found = set.map_err(failed(&*cluster, "the record"))?.err();
    Ok(Written { database, key: key.into(), written: found.is_none(), found: found.map(Octets::from) })
}

pub(crate) async fn push(cx: &Context, args: PushArgs) -> Result<Written, Error> {
    let PushArgs { record: KeyArgs { database, key, literal }, data } = args;
    let (key, data) = (literal.bytes(&key)?, literal.bytes(&data)?);
    let cluster = cx.databases().await?;
    cluster.push_record(&database, &key, data).await.map_err(failed(&*cluster, "the record"))?;
    Ok(Written { database, key: key.into(), written: true, found: None })
}

/// A record was deleted.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Deleted {
    pub(crate) database: String,
    pub(crate) key: Octets,
    /// Whether there was one.
    pub(crate) found: bool,
}

impl Shown for Deleted {
    fn table(&self) -> String {
        if self.found { "deleted\n".into() } else { String::new() }
    }

    fn remark(&self) -> Option<String> {
        (!self.found).then(|| no_such_record(&self.key, &self.database))
    }

    fn exit(&self) -> Exit {
        if self.found { Exit::Done } else { Exit::No }
    }
}

pub(crate) async fn delete(cx: &Context, args: KeyArgs) -> Result<Deleted, Error> {
    let KeyArgs { database, key, literal } = args;
    let key = literal.bytes(&key)?;
    let cluster = cx.databases().await?;
    let found = cluster.delete_record(&database, &key).await.map_err(failed(&*cluster, "the record"))?;
    Ok(Deleted { database, key: key.into(), found })
}

/// Many records got new data.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Batch {
    pub(crate) database: String,
    /// Number of records.
    pub(crate) records: usize,
    /// Whether it was one transaction.
    pub(crate) transaction: bool,
}

impl Shown for Batch {
    fn table(&self) -> String {
        let how = if self.transaction { "in one transaction" } else { "one by one" };
        format!("{} records written, {how}\n", self.records)
    }
}

pub(crate) async fn batch(cx: &Context, args: BatchArgs) -> Result<Batch, Error> {
    let records = match &args.file {
        Some(path) => {
            let file = File::open(path).map_err(|e| Error::file(path, &e))?;
            read(BufReader::new(file), &path.display().to_string())?
        }
        None if cx.takes_commands => {
            return Err(Error::Words("standard input has the commands: name a file with the records".into()));
        }
        None => read(std::io::stdin().lock(), "standard input")?,
    };
    let count = records.len();
    let cluster = cx.databases().await?;
    let written = cluster.set_records(&args.database, records).await;
    let transaction = written.map_err(failed(&*cluster, "the records"))?;
    Ok(Batch { database: args.database, records: count, transaction })
}

/// All lines, or the first that makes no sense: then nothing is written.
fn read(lines: impl BufRead, from: &str) -> Result<Vec<(Bytes, Bytes)>, Error> {
    let mut records = Vec::new();
    for (line, number) in lines.split(b'\n').zip(1_u64..) {
        let line = line.map_err(|e| Error::Words(format!("{from}, line {number}: {e}")))?;
        let blank = line.iter().all(u8::is_ascii_whitespace);
        if blank || line.trim_ascii_start().starts_with(b"#") {
            continue;
        }
        let wrong = || Error::Words(format!("{from}, line {number}: write \"KEY\" \"DATA\""));
        let (key, rest) = quoted(&line).filter(|(key, _)| !key.is_empty()).ok_or_else(wrong)?;
        let (data, rest) = quoted(rest).ok_or_else(wrong)?;
        if !rest.iter().all(u8::is_ascii_whitespace) {
            return Err(wrong());
        }
        records.push((key, data));
    }
    Ok(records)
}

/// What stands in quotation marks, and what stands behind them. There is no way to write a quotation mark but 0x22.
fn quoted(line: &[u8]) -> Option<(Bytes, &[u8])> {
    let text = line.trim_ascii_start().strip_prefix(b"\"")?;
    let end = text.iter().position(|byte| *byte == b'"')?;
    Some((parse(&text[..end])?, &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Result<Vec<(Bytes, Bytes)>, String> {
        read(text.as_bytes(), "x").map_err(|e| e.to_string())
    }

    #[test]
    fn lines_are_keys_and_data_in_quotation_marks_as_for_ptrans() {
        let text = "\"key\" \"data\"\n\n# a comment\n  \"0x00ff\"\t\"\"\n\"a b\" \"0x22\"";
        let expected: Vec<(&[u8], &[u8])> = vec![(b"key", b"data"), (b"\x00\xFF", b""), (b"a b", b"\"")];
        let read = lines(text).unwrap();
        let read: Vec<(&[u8], &[u8])> = read.iter().map(|(key, data)| (&key[..], &data[..])).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn the_first_line_that_makes_no_sense_is_named() {
        for bad in
            ["key data", "\"key\"", "\"key\" \"data", "\"\" \"data\"", "\"0x1\" \"d\"", "\"k\" \"d\" x"]
        {
            let text = format!("\"a\" \"b\"\n{bad}\n");
            assert_eq!(lines(&text).unwrap_err(), "x, line 2: write \"KEY\" \"DATA\"", "{bad}");
        }
    }
}
