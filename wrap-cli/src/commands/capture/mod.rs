//! `capture`: recorded packets, from a file or into one.
//!
//! What a packet means, what a filter takes and how answers compare is said in the crate `captures`; here are the words
//! of the command line, the files and the sockets. A file is read whole, up to a limit, and nothing in it is trusted.

pub(crate) mod check;
pub(crate) mod diff;
mod events;
mod line;
pub(crate) mod record;
pub(crate) mod replay;
mod shape;
pub(crate) mod show;
pub(crate) mod stats;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use captures::{Capture, Options};
use clap::Args;
use flate2::read::MultiGzDecoder;
use legacy_codec::Abi;

use crate::args::Settings;
use crate::commands::Answer;
use crate::commands::row::rows;
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;

rows! {
    "capture" "show": Many Asks, "Show the packets of a recording", [], show::ShowArgs => show::Show = run_show;
    "capture" "check": None Asks, "Decode every packet of recordings, encode it again and compare the bytes", [],
        check::CheckArgs => check::Checked = run_check;
    "capture" "record": None Changes, "Record clients of ctdbd by standing between them and its socket", [],
        record::RecordArgs => record::Recorded = run_record;
    "capture" "replay": None Changes, "Send recorded clients' requests to ctdbd again and compare its answers", [],
        replay::ReplayArgs => replay::Replayed = run_replay;
    "capture" "stats": None Asks, "Count the packets of a recording and show how long answers took", [],
        FileArgs => stats::Stats = run_stats;
    "capture" "diff": None Asks, "Compare two recordings by their kinds of packets and the answers in them", [],
        diff::DiffArgs => diff::Diff = run_diff;
}

async fn run_show(cx: &Context, args: show::ShowArgs) -> Result<show::Show, Error> {
    show::show(&cx.settings, &args)
}

async fn run_check(_: &Context, args: check::CheckArgs) -> Result<check::Checked, Error> {
    check::check(&args)
}

async fn run_record(cx: &Context, args: record::RecordArgs) -> Result<record::Recorded, Error> {
    record::record(&cx.settings, &args).await
}

async fn run_replay(cx: &Context, args: replay::ReplayArgs) -> Result<replay::Replayed, Error> {
    replay::replay(&cx.settings, &args).await
}

async fn run_stats(_: &Context, args: FileArgs) -> Result<stats::Stats, Error> {
    stats::stats(&args)
}

async fn run_diff(_: &Context, args: diff::DiffArgs) -> Result<diff::Diff, Error> {
    diff::diff(&args)
}

impl Answer for show::Show {
    fn remark(&self) -> Option<String> {
        None
    }

    fn exit(&self) -> Exit {
        Exit::Done
    }

    /// Packet by packet: a large recording needs no large text.
    fn write(&self, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
        show::Show::write(self, settings, out)
    }
}

/// Larger files are refused: their packets are held in memory.
const MAX_FILE: u64 = 1 << 30;

/// How a file is read.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// TCP port of the nodes
    #[arg(long, value_name = "PORT", default_value_t = 4379)]
    port: u16,

    /// Machine type of the nodes: lp64-le, lp64-be or i386 [default: 64 bits, byte order as seen]
    #[arg(long, value_name = "TYPE")]
    abi: Option<Abi>,
}

/// What a file of gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The name of standard input.
const STDIN: &str = "-";

/// All bytes, when they are not too many.
fn whole(path: &Path, from: impl Read, broken: impl Fn(&io::Error) -> Error) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    from.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|e| broken(&e))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE {
        return Err(no_capture(path, "larger than 1 GiB; cut it with editcap"));
    }
    Ok(bytes)
}

fn no_capture(path: &Path, message: impl Into<String>) -> Error {
    let path = if path == Path::new(STDIN) { Path::new("standard input") } else { path };
    Error::NoCapture { path: path.into(), message: message.into() }
}

impl Reading {
    /// The packets of a file, or of standard input; either may be packed.
    pub(crate) fn read(self, path: &Path) -> Result<Capture, Error> {
        let unreadable = |e: &io::Error| Error::file(path, e);
        let bytes = if path == Path::new(STDIN) {
            whole(path, io::stdin().lock(), unreadable)?
        } else {
            whole(path, File::open(path).map_err(|e| unreadable(&e))?, unreadable)?
        };
        let bytes = if bytes.starts_with(&GZIP) {
            let damaged =
                |e: &io::Error| no_capture(path, format!("as a gzip file it is cut short or damaged: {e}"));
            whole(path, MultiGzDecoder::new(&bytes[..]), damaged)?
        } else {
            bytes
        };
        let options = Options { port: self.port, abi: self.abi };
        Capture::read_with(&bytes, options).map_err(|e| no_capture(path, e.to_string()))
    }
}

/// One file and how it is read.
#[derive(Args, Clone, Debug)]
pub(crate) struct FileArgs {
    /// Recording: pcap or pcapng, may be packed with gzip; - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) reading: Reading,
}

impl FileArgs {
    pub(crate) fn read(&self) -> Result<Capture, Error> {
        self.reading.read(&self.file)
    }
}

/// Whatever a reading could not make packets of, in words.
pub(crate) fn remarks(capture: &Capture) -> Vec<String> {
    let counts = capture.counts;
    let mut remarks = Vec::new();
    if counts.damaged {
        remarks.push("the file ends inside a record or is damaged".into());
    }
    if counts.gaps > 0 {
        remarks.push(format!("{} places where packets were not captured", counts.gaps));
    }
    if counts.lost_bytes > 0 {
        remarks.push(format!("{} bytes that belong to no whole packet", counts.lost_bytes));
    }
    for (unread, count) in &capture.unread {
        let (packets, were) = if *count == 1 { ("packet", "was") } else { ("packets", "were") };
        remarks.push(format!("{count} {packets} {unread} {were} not read"));
    }
    remarks
}
