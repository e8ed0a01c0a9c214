//! `capture check`: every packet of recordings decoded, encoded again and compared.
//!
//! A directory stands for the recordings below it. What lies beside recordings and describes them (`*.md`) is left out,
//! so that a pattern of the shell can name all of a folder.

use std::path::{Path, PathBuf};

use captures::check::{Tally, check as check_capture};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::Reading;
use crate::error::Error;
use crate::exit::Exit;

/// Findings that are told of one file.
const FINDINGS: usize = 10;
/// Directories inside one another.
const DEPTH: usize = 16;

/// Arguments of `capture check`.
#[derive(Args, Clone, Debug)]
pub(crate) struct CheckArgs {
    /// Recordings: pcap or pcapng, may be packed with gzip, or directories of them; - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    reading: Reading,
}

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Checked {
    pub(crate) files: Vec<CheckedFile>,
    pub(crate) total: Numbers,
    pub(crate) perfect: bool,
}

/// What was found in one file.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CheckedFile {
    pub(crate) file: String,
    #[serde(flatten)]
    pub(crate) numbers: Numbers,
    /// The first packets that are not as they should be.
    pub(crate) findings: Vec<String>,
    pub(crate) remarks: Vec<String>,
}

/// Packets by how far they were understood.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct Numbers {
    pub(crate) pdus: usize,
    pub(crate) decoded: usize,
    pub(crate) identical: usize,
    pub(crate) unknown: usize,
    pub(crate) unpaired: usize,
}

impl From<Tally> for Numbers {
    fn from(tally: Tally) -> Self {
        let Tally { pdus, decoded, identical, unknown, unpaired } = tally;
        Self { pdus, decoded, identical, unknown, unpaired }
    }
}

impl Checked {
    pub(crate) fn status(&self) -> Exit {
        if self.perfect { Exit::Done } else { Exit::No }
    }
}

/// Checks all files.
pub(crate) fn check(args: &CheckArgs) -> Result<Checked, Error> {
    let mut paths = Vec::new();
    for path in &args.files {
        find(path, DEPTH, true, &mut paths)?;
    }
    let (mut files, mut total, mut perfect) = (Vec::new(), Tally::default(), !paths.is_empty());
    for path in paths {
        let capture = args.reading.read(&path)?;
        let (tally, findings) = check_capture(&capture, FINDINGS);
        total.add(tally);
        perfect &= tally.is_perfect();
        files.push(CheckedFile {
            file: path.display().to_string(),
            numbers: tally.into(),
            findings: findings
                .iter()
                .map(|found| format!("packet {}: {}", found.index, found.what))
                .collect(),
            remarks: super::remarks(&capture),
        });
    }
    Ok(Checked { files, total: total.into(), perfect })
}

fn find(path: &Path, depth: usize, named: bool, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let has = |wanted: &[&str]| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        wanted.iter().any(|end| name.ends_with(end))
    };
    if path.is_dir() {
        let Some(depth) = depth.checked_sub(1) else { return Ok(()) };
        let entries = std::fs::read_dir(path).map_err(|e| Error::file(path, &e))?;
        let mut inside: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        inside.sort();
        return inside.iter().try_for_each(|path| find(path, depth, false, found));
    }
    if has(&[".pcap", ".pcapng", ".pcap.gz", ".pcapng.gz"]) || (named && !has(&[".md"])) {
        found.push(path.into());
    }
    Ok(())
}
