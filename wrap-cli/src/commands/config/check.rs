//! `config check`: every file of the configuration, line by line.

use std::path::{Path, PathBuf};

use clap::Args;
use config::Sources;
use runtime::configuration::Here;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Finding, directory, read, sources};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::{Error, one_line};
use crate::exit::Exit;

/// Arguments of `config check`.
#[derive(Args, Clone, Debug)]
pub(crate) struct CheckArgs {
    /// Directory of the configuration [default: that of this node]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,

    /// Version of Samba that is to read it, such as 4.17
    #[arg(long, value_name = "VERSION", value_parser = version)]
    samba: Option<u16>,
}

fn version(text: &str) -> Result<u16, &'static str> {
    let minor = text.strip_prefix("4.").and_then(|rest| rest.split('.').next());
    minor.and_then(|minor| minor.parse().ok()).ok_or("write a version such as 4.17")
}

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Checked {
    pub(crate) directory: String,
    pub(crate) files: Vec<File>,
    /// What a daemon would not start with, or a script would fail on.
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
}

/// One file.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct File {
    /// Below the directory.
    pub(crate) name: String,
    pub(crate) present: bool,
    pub(crate) findings: Vec<Finding>,
}

impl Shown for Checked {
    fn table(&self) -> String {
        let mut text = String::new();
        for file in self.files.iter().filter(|file| file.present) {
            for found in &file.findings {
                let (name, line) = (one_line(&file.name), found.line);
                text += &format!("{name}:{line}: {}: {}\n", found.severity, one_line(&found.message));
            }
        }
        let absent = self.files.iter().filter(|file| !file.present && !file.findings.is_empty());
        for file in absent {
            text += &format!(
                "{}: {}\n",
                file.name,
                file.findings.iter().map(|f| f.message.as_str()).collect::<String>()
            );
        }
        let present = self.files.iter().filter(|file| file.present).count();
        text + &format!(
            "{present} files in {}: {} errors, {} warnings\n",
            self.directory, self.errors, self.warnings
        )
    }

    fn exit(&self) -> Exit {
        if self.errors == 0 { Exit::Done } else { Exit::No }
    }
}

pub(crate) async fn run(_: &Context, wanted: CheckArgs) -> Result<Checked, Error> {
    let directory = directory(wanted.directory);
    let sources = sources(&directory)?;
    let here = Here { directory: directory.clone(), samba: wanted.samba };
    let mut files = conf_files(&sources, &here);
    files.extend(nodes(&directory, nodes_list(&sources, wanted.samba))?);
    let options = |text: &str| config::check_script_options(text, &here);
    files.extend([
        file(&directory, "public_addresses", config::check_public_addresses)?,
        file(&directory, "ctdb.tunables", config::check_tunables)?,
        file(&directory, "script.options", options)?,
    ]);
    for name in option_files(&directory) {
        files.push(file(&directory, &name, options)?);
    }
    let count =
        |severity| files.iter().flat_map(|file| &file.findings).filter(|f| f.severity == severity).count();
    let (errors, warnings) = (count("error"), count("warning"));
    Ok(Checked { directory: directory.display().to_string(), files, errors, warnings })
}

/// Where `ctdb.conf` says that the nodes are, for a Samba that looks there.
fn nodes_list(sources: &Sources, samba: Option<u16>) -> Option<String> {
    let shown = config::shown(sources).into_iter().find(|shown| shown.setting.name == "nodes list")?;
    shown.value.filter(|_| shown.setting.since.is_none_or(|since| samba.is_none_or(|samba| samba >= since)))
}

/// The list of the nodes: a file, unless a program prints it.
fn nodes(directory: &Path, list: Option<String>) -> Result<Option<File>, Error> {
    let name = match &list {
        Some(program) if program.starts_with('!') => return Ok(None),
        Some(path) => path.as_str(),
        None => "nodes",
    };
    let mut nodes = file(directory, name, config::check_nodes)?;
    if !nodes.present {
        let message = "there is no nodes file; ctdbd does not start without one".into();
        nodes.findings.push(Finding { line: 0, severity: "error", message });
    }
    Ok(Some(nodes))
}

/// `ctdb.conf` and the files of conf.d, which are checked together: one may say what another leaves out.
fn conf_files(sources: &Sources, here: &Here) -> Vec<File> {
    let told = config::checked(sources, here);
    let about = |name: &str| {
        let mine = told.iter().filter(|told| told.source == name);
        mine.map(|told| Finding::from(told.finding.clone())).collect()
    };
    let file = |name: &str| File { name: name.to_owned(), present: true, findings: about(name) };
    let mut files: Vec<File> = sources.names().map(file).collect();
    if files.first().is_none_or(|file| file.name != "ctdb.conf") {
        files.insert(0, File { name: "ctdb.conf".to_owned(), present: false, findings: Vec::new() });
    }
    files
}

fn file(directory: &Path, name: &str, check: impl Fn(&str) -> Vec<config::Finding>) -> Result<File, Error> {
    let text = read(&directory.join(name))?;
    let findings = text.as_deref().map(check).unwrap_or_default();
    Ok(File {
        name: name.to_owned(),
        present: text.is_some(),
        findings: findings.into_iter().map(Finding::from).collect(),
    })
}

/// The options that belong to one event script: `events/legacy/50.samba.options`.
pub(super) fn option_files(directory: &Path) -> Vec<String> {
    let below = |path: &Path| {
        let entries = std::fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect::<Vec<_>>()
    };
    let events = directory.join("events");
    let mut names = Vec::new();
    for component in below(&events) {
        let files = below(&events.join(&component));
        let options = files.into_iter().filter(|name| name.ends_with(".options"));
        names.extend(options.map(|name| format!("events/{component}/{name}")));
    }
    names.sort();
    names
}
