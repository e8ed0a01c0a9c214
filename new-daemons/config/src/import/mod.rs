//! From the files of an older CTDB to those of today, for C's daemons and for the new ones.
//!
//! Nothing is run and nothing is guessed: what cannot come over is left as a comment where it stood, or left out, and told
//! with its file and line. Comments and the order of lines stay.

mod conf;
mod shell;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::document::{Document, Kind};
use crate::files::{check_nodes, check_public_addresses, check_script_options, check_tunables};
use crate::finding::{Finding, Remark, Severity};
use crate::host::Anywhere;
use crate::registry::has_section;
use crate::shell::is_shell;
use shell::{from_shell, quoted};

/// What an old file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    /// Shell variables, of before Samba 4.9: `/etc/sysconfig/ctdb`, `/etc/default/ctdb`, `ctdbd.conf`.
    Shell,
    /// `ctdb.conf`, since Samba 4.9.
    Conf,
    /// `ctdb.tunables`.
    Tunables,
    /// `nodes`.
    Nodes,
    /// `public_addresses`.
    PublicAddresses,
    /// `script.options`, or the options of one event script.
    ScriptOptions,
}

/// An old file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldFile {
    /// What it is called when something is told about it.
    pub name: String,
    /// What it is.
    pub kind: Old,
    /// What it is to be called below the new directory. For [`Old::Shell`] that is not asked.
    pub target: String,
    /// Its text.
    pub text: String,
}

/// What comes out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The new files: names below the directory of the configuration, and texts. `ctdb.sysconfig` belongs to where the
    /// service is started.
    pub files: Vec<(String, String)>,
    /// What is to be done by hand, as commands.
    pub commands: Vec<String>,
    /// What did not come over, or came over as something else.
    pub findings: Vec<Remark>,
}

impl Old {
    /// What a file is, by its name and by what stands in it: a file of shell variables is one under any name. None when it
    /// is no file of CTDB's.
    #[must_use]
    pub fn of(name: &str, text: &str) -> Option<Self> {
        let section = || text.lines().any(|line| line.trim_start().starts_with('['));
        let has = |check: fn(&str) -> Vec<Finding>| check(text).iter().all(|f| f.severity != Severity::Error);
        match name {
            "script.options" => Some(Self::ScriptOptions),
            _ if name.ends_with(".options") => Some(Self::ScriptOptions),
            "nodes" => Some(Self::Nodes),
            "public_addresses" => Some(Self::PublicAddresses),
            "ctdb.tunables" => Some(Self::Tunables),
            _ if is_shell(text) => Some(Self::Shell),
            "ctdb.conf" => Some(Self::Conf),
            "ctdb" | "ctdbd.conf" => Some(Self::Shell),
            _ if section() => Document::parse(text)
                .entries()
                .iter()
                .any(|entry| matches!(&entry.kind, Kind::Section(name) if has_section(name)))
                .then_some(Self::Conf),
            _ if has(check_nodes) => Some(Self::Nodes),
            _ if !text.trim().is_empty() && has(check_public_addresses) => Some(Self::PublicAddresses),
            _ if !text.trim().is_empty() && has(check_tunables) => Some(Self::Tunables),
            _ => None,
        }
    }
}

impl Imported {
    fn tell(&mut self, source: &str, findings: impl IntoIterator<Item = Finding>) {
        let told = |finding| Remark { source: source.to_owned(), finding };
        self.findings.extend(findings.into_iter().map(told));
    }

    fn put(&mut self, name: &str, text: String) {
        if !text.is_empty() {
            self.files.push((name.to_owned(), text));
        }
    }
}

/// Makes the files of today, for a configuration in `dir`, of old ones. Of files of shell variables the last one counts, as
/// in a shell; what `ctdb.conf`, `ctdb.tunables` or `script.options` say themselves goes before them.
#[must_use]
pub fn import(old: &[OldFile], dir: &str) -> Imported {
    let mut made = Imported::default();
    // A `ctdb.conf` may be one of before 4.9, whoever says what it is.
    let kind = |file: &OldFile| match file.kind {
        Old::Conf if is_shell(&file.text) => Old::Shell,
        kind => kind,
    };
    let of = |wanted: Old| old.iter().filter(move |file| kind(file) == wanted);

    let mut conf = Document::default();
    for file in of(Old::Conf) {
        conf = Document::parse(&file.text);
        let findings = conf::renew(&mut conf);
        made.tell(&file.name, findings);
    }
    let mut tunables = Document::default();
    for file in of(Old::Tunables) {
        tunables = Document::parse(&file.text);
        let findings = conf::renew_tunables(&mut tunables);
        made.tell(&file.name, findings);
    }
    let mut scripts: Vec<(String, String)> = Vec::new();
    for file in of(Old::ScriptOptions) {
        made.tell(&file.name, check_script_options(&file.text, &Anywhere::default()));
        scripts.push((file.target.clone(), file.text.clone()));
    }

    // Of several the last one counts, so it is looked at first, and an earlier one adds what it has left out.
    let mut service = String::new();
    for file in of(Old::Shell).rev() {
        let from = from_shell(&file.text, dir);
        made.tell(&file.name, from.findings);
        let differs = |name: &str, value: &str| {
            let text = format!("{name} = {value} does not come over: it is set to something else already");
            Finding::warning(0, text)
        };
        for (section, name, value, _) in from.conf.options() {
            match conf.get(section, name) {
                None => conf.set(section, name, value),
                Some(there) if there == value => {}
                Some(_) => made.tell(&file.name, [differs(name, value)]),
            }
        }
        let mut lines = tunables.to_string();
        let first = tunables.options().collect::<Vec<_>>().into_iter().rev();
        let mut there: BTreeMap<String, String> =
            first.map(|(_, name, value, _)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        for line in from.tunables.lines() {
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            match there.get(&name.to_ascii_lowercase()) {
                None => {
                    there.insert(name.to_ascii_lowercase(), value.to_owned());
                    add_line(&mut lines, line);
                }
                Some(there) if there == value => {}
                Some(_) => made.tell(&file.name, [differs(name, value)]),
            }
        }
        tunables = Document::parse(&lines);
        if !from.script_options.is_empty() {
            let at = scripts.iter().position(|(target, _)| target == "script.options").unwrap_or_else(|| {
                scripts.push(("script.options".to_owned(), String::new()));
                scripts.len() - 1
            });
            for line in from.script_options.lines() {
                let (name, value) = line.split_once('=').unwrap_or((line, ""));
                let text = scripts.get(at).map(|(_, text)| text.clone()).unwrap_or_default();
                let mut known =
                    text.lines().filter_map(|l| l.trim().trim_start_matches("export ").split_once('='));
                match known.find(|(known, _)| *known == name) {
                    None => {
                        if let Some((_, text)) = scripts.get_mut(at) {
                            add_line(text, line);
                        }
                    }
                    Some((_, there)) if there == value => {}
                    Some(_) => made.tell(&file.name, [differs(name, value)]),
                }
            }
        }
        service += &from.service;
        let new = from.commands.into_iter().filter(|command| !made.commands.contains(command));
        made.commands.extend(new.collect::<Vec<_>>());
    }

    made.put("ctdb.conf", conf.to_string());
    made.put("ctdb.tunables", tunables.to_string());
    for (kind, check) in [
        (Old::Nodes, check_nodes as fn(&str) -> Vec<Finding>),
        (Old::PublicAddresses, check_public_addresses),
    ] {
        for file in of(kind) {
            made.tell(&file.name, check(&file.text));
            made.put(&file.target, file.text.clone());
        }
    }
    scripts.into_iter().for_each(|(target, text)| made.put(&target, text));
    if !service.is_empty() {
        let from = quoted(&format!("{}/ctdb.sysconfig", dir.trim_end_matches('/')));
        made.commands.push(format!("mv {from} /etc/default/ctdb    # Debian; elsewhere /etc/sysconfig/ctdb"));
    }
    made.put("ctdb.sysconfig", service);
    made.findings.sort_by(|a, b| (&a.source, a.finding.line).cmp(&(&b.source, b.finding.line)));
    made
}

fn add_line(text: &mut String, line: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    *text += line;
    text.push('\n');
}

/// Whether a finding says that something is wrong, and not only that it changed.
#[must_use]
pub fn is_wrong(told: &Remark) -> bool {
    told.finding.severity == Severity::Error
}
