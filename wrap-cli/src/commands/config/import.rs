//! `config import`: from the one file of shell variables to the files of today, shown or written.
//!
//! Nothing that exists is overwritten: then nothing at all is written.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Finding, directory, read};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::{Error, one_line, system};

/// Arguments of `config import`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Wanted {
    /// Old file: /etc/sysconfig/ctdb, /etc/default/ctdb or ctdbd.conf
    #[arg(value_name = "FILE")]
    file: PathBuf,

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
    /// What did not come over, with the lines of the old file.
    pub(crate) findings: Vec<Finding>,
}

/// One new file.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct File {
    /// `ctdb.sysconfig` belongs to where the service is started: `/etc/default/ctdb` or the like.
    pub(crate) name: &'static str,
    pub(crate) content: String,
    /// Where it was written to.
    pub(crate) written: Option<String>,
}

impl Shown for Made {
    fn table(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            text += &match &file.written {
                Some(path) => format!("{} was written\n", one_line(path)),
                None => format!("==> {} <==\n{}\n", file.name, file.content),
            };
        }
        for command in &self.commands {
            text += &format!("to do: {}\n", one_line(command));
        }
        for found in &self.findings {
            text += &format!("line {}: {}\n", found.line, one_line(&found.message));
        }
        if text.is_empty() { "there is nothing to import\n".into() } else { text }
    }
}

pub(crate) async fn run(_: &Context, wanted: Wanted) -> Result<Made, Error> {
    let Some(text) = read(&wanted.file)? else {
        return Err(Error::File { path: wanted.file, message: "there is no such file".into() });
    };
    let made = config::import(&text, &directory(None).display().to_string());
    let files = [
        ("ctdb.conf", made.ctdb_conf),
        ("script.options", made.script_options),
        ("ctdb.tunables", made.tunables),
        ("ctdb.sysconfig", made.service),
    ];
    let files = files.into_iter().filter(|(_, content)| !content.is_empty());
    let mut files: Vec<File> = files.map(|(name, content)| File { name, content, written: None }).collect();
    if let Some(directory) = &wanted.write {
        write(directory, &mut files)?;
    }
    let findings = made.findings.into_iter().map(Finding::from).collect();
    Ok(Made { files, commands: made.commands, findings })
}

fn write(directory: &Path, files: &mut [File]) -> Result<(), Error> {
    if let Some(file) = files.iter().find(|file| directory.join(file.name).symlink_metadata().is_ok()) {
        let path = directory.join(file.name);
        return Err(Error::File { path, message: "it exists already; nothing was written".into() });
    }
    for file in files {
        let path = directory.join(file.name);
        let created = OpenOptions::new().write(true).create_new(true).open(&path);
        let done = created.and_then(|mut to| to.write_all(file.content.as_bytes()));
        done.map_err(|error| Error::File { path: path.clone(), message: system(&error) })?;
        file.written = Some(path.display().to_string());
    }
    Ok(())
}
