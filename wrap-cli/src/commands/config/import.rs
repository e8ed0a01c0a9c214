//! `config import`: from the files of an older CTDB to those of today, for C's daemons and the new ones, shown or written.
//!
//! Nothing that exists and says something else is overwritten: then nothing at all is written.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use clap::Args;
use config::{Old, OldFile};
use schemars::JsonSchema;
use serde::Serialize;

use super::{check, directory, read};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::{Error, one_line, system};

/// Where the shell variables of before Samba 4.9 are, on Red Hat's and Debian's systems.
const SHELL: [&str; 2] = ["/etc/sysconfig/ctdb", "/etc/default/ctdb"];

/// Arguments of `config import`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ImportArgs {
    /// Old files and directories: /etc/ctdb, /etc/sysconfig/ctdb, /etc/default/ctdb [default: those of this node]
    #[arg(value_name = "FROM")]
    from: Vec<PathBuf>,

    /// Write the files into this directory; without it they are only shown
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

/// What was made.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Made {
    pub(crate) files: Vec<File>,
    /// What is left to be done by hand.
    pub(crate) commands: Vec<String>,
    /// What did not come over or is called something else today, with the lines of the old files.
    pub(crate) findings: Vec<Finding>,
}

/// One new file.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct File {
    /// Below the directory. `ctdb.sysconfig` belongs to where the service is started: `/etc/default/ctdb` or the like.
    pub(crate) name: String,
    pub(crate) content: String,
    /// Where it was written to, or is already.
    pub(crate) written: Option<String>,
    /// Whether it was there already, just like this.
    pub(crate) unchanged: bool,
}

/// Something about an old file.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Finding {
    pub(crate) file: String,
    /// Number of the line, from 1; 0 when it is about the file as a whole.
    pub(crate) line: usize,
    /// `error` or `warning`.
    pub(crate) severity: &'static str,
    pub(crate) message: String,
}

impl Shown for Made {
    fn table(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            text += &match &file.written {
                Some(path) if file.unchanged => format!("{} is so already\n", one_line(path)),
                Some(path) => format!("{} was written\n", one_line(path)),
                None => format!("==> {} <==\n{}\n", file.name, file.content),
            };
        }
        for command in &self.commands {
            text += &format!("to do: {}\n", one_line(command));
        }
        for found in &self.findings {
            let line = if found.line == 0 { String::new() } else { format!("{}:", found.line) };
            text += &format!("{}:{line} {}\n", one_line(&found.file), one_line(&found.message));
        }
        if text.is_empty() { "there is nothing to import\n".into() } else { text }
    }
}

pub(crate) async fn run(_: &Context, wanted: ImportArgs) -> Result<Made, Error> {
    let named = !wanted.from.is_empty();
    let mut from = wanted.from;
    if !named {
        from.extend(SHELL.map(PathBuf::from));
        from.push(directory(None));
    }
    let (mut old, mut behind) = (Vec::new(), Vec::new());
    let target = wanted.write.clone().unwrap_or_else(|| directory(None));
    for path in from {
        if path.is_dir() {
            behind.extend(left_behind(&path, &target));
        }
        let found =
            if path.is_dir() { old_directory(&path)? } else { old_file(&path, named)?.into_iter().collect() };
        if named && found.is_empty() {
            let message = if path.is_dir() { "it has no file of CTDB" } else { "there is no such file" };
            return Err(Error::File { path, message: message.into() });
        }
        old.extend(found);
    }
    let made = config::import(&old, &target.display().to_string());
    let file = |(name, content)| File { name, content, written: None, unchanged: false };
    let mut files: Vec<File> = made.files.into_iter().map(file).collect();
    if let Some(directory) = &wanted.write {
        write(directory, &mut files)?;
    }
    let finding = |told: config::Remark| {
        let severity = if config::is_wrong(&told) { "error" } else { "warning" };
        let config::Finding { line, message, .. } = told.finding;
        Finding { file: told.source, line, severity, message }
    };
    let findings = made.findings.into_iter().map(finding).chain(behind).collect();
    Ok(Made { files, commands: made.commands, findings })
}

/// Files of a configuration.
const FILES: [(&str, Old); 6] = [
    ("ctdb.conf", Old::Conf),
    ("ctdb.tunables", Old::Tunables),
    ("nodes", Old::Nodes),
    ("public_addresses", Old::PublicAddresses),
    ("script.options", Old::ScriptOptions),
    ("ctdbd.conf", Old::Shell),
];

/// The files of CTDB in a directory.
fn old_directory(directory: &Path) -> Result<Vec<OldFile>, Error> {
    let mut names: Vec<_> = FILES.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
    names.extend(check::option_files(directory).into_iter().map(|name| (name, Old::ScriptOptions)));
    let mut old = Vec::new();
    for (target, kind) in names {
        let path = directory.join(&target);
        if let Some(text) = read(&path)? {
            // One of before 4.9 is known by what stands in it.
            let kind = if kind == Old::Conf { Old::of(&target, &text).unwrap_or(kind) } else { kind };
            old.push(OldFile { name: path.display().to_string(), kind, target, text });
        }
    }
    Ok(old)
}

/// What scripts look for beside the configuration, and what becomes of it: it is not read here.
const BESIDE: &[(&str, &str)] = &[
    ("natgw_nodes", "11.natgw reads it"),
    ("lvs_nodes", "91.lvs reads it"),
    ("home_nodes", "no script of CTDB reads it"),
    ("static-routes", "11.routing reads it"),
    ("policy_routing", "13.per_ip_routing reads it"),
    ("nfs-checks.d", "60.nfs reads it"),
    ("events.d", "an event script of before 4.9: it belongs into events/legacy, as NN.NAME.script"),
    ("events", "an event script"),
    ("callbacks", "a program of callbacks"),
];

/// Files that stay where they are, when that is not where the configuration will be.
fn left_behind(from: &Path, to: &Path) -> Vec<Finding> {
    let same = from.canonicalize().ok().is_some_and(|from| to.canonicalize().ok() == Some(from));
    let mut all: Vec<PathBuf> = Vec::new();
    let mut open = vec![(from.to_owned(), 0)];
    while let Some((directory, depth)) = open.pop() {
        let entries = std::fs::read_dir(&directory).into_iter().flatten().filter_map(Result::ok);
        for path in entries.map(|entry| entry.path()).take(MOST_BESIDE) {
            match path.is_dir() {
                true if depth < 3 => open.push((path, depth + 1)),
                true => {}
                false => all.push(path),
            }
        }
    }
    all.sort();
    let finding = |path: PathBuf| {
        let name = path.strip_prefix(from).ok()?.to_str()?.to_owned();
        let first = name.split('/').next().unwrap_or_default();
        // Those before 4.9 are run by nobody any more, wherever they are.
        let old = first == "events.d";
        if is_read(&name) || (same && !old) {
            return None;
        }
        let about = BESIDE.iter().find(|(known, _)| *known == first).map(|(_, about)| format!(": {about}"));
        let message = format!("it is not copied{}", about.unwrap_or_default());
        Some(Finding { file: path.display().to_string(), line: 0, severity: "warning", message })
    };
    all.into_iter().filter_map(finding).take(MOST_BESIDE).collect()
}

/// Files beside the configuration that are told.
const MOST_BESIDE: usize = 1000;

/// Whether a file of the directory is one that is read here.
fn is_read(name: &str) -> bool {
    FILES.iter().any(|(known, _)| *known == name)
        || (name.starts_with("events/") && name.ends_with(".options"))
}

/// A single file; what it is shows in its name and in itself. One that was named has to be a file of CTDB's.
fn old_file(path: &Path, named: bool) -> Result<Option<OldFile>, Error> {
    let target = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(text) = read(path)? else { return Ok(None) };
    match Old::of(&target, &text) {
        None if named => {
            let message =
                "it is no file of CTDB's: neither its name nor what stands in it is that of one".into();
            Err(Error::File { path: path.to_owned(), message })
        }
        kind => Ok(kind.map(|kind| {
            let target = match kind {
                Old::Nodes => "nodes".to_owned(),
                Old::PublicAddresses => "public_addresses".to_owned(),
                _ => target,
            };
            OldFile { name: path.display().to_string(), kind, target, text }
        })),
    }
}

fn write(directory: &Path, files: &mut [File]) -> Result<(), Error> {
    for file in files.iter_mut() {
        let path = directory.join(&file.name);
        if path.symlink_metadata().is_ok() {
            if read(&path)?.as_deref() != Some(&*file.content) {
                let message = "it exists already and says something else; nothing was written".into();
                return Err(Error::File { path, message });
            }
            file.unchanged = true;
        }
    }
    for file in files {
        let path = directory.join(&file.name);
        if !file.unchanged {
            let parent = path.parent().unwrap_or(directory);
            let done = DirBuilder::new().recursive(true).mode(0o755).create(parent).and_then(|()| {
                let mut to = OpenOptions::new().write(true).create_new(true).open(&path)?;
                to.write_all(file.content.as_bytes())
            });
            done.map_err(|error| Error::File { path: path.clone(), message: system(&error) })?;
        }
        file.written = Some(path.display().to_string());
    }
    Ok(())
}
