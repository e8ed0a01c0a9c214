//! The files of a configuration together: `ctdb.conf`, then those of conf.d in the order of their names. What a later one
//! says holds.
//!
//! A daemon takes them all or none ([`Sources::settings`]): every mistake in a section that it reads is told at once, with
//! its file and line.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Judged, judge_file};
use crate::document::{Document, Role};
use crate::finding::{Remark, Severity};
use crate::host::Host;
use crate::registry::{has_section, mistakes};
use crate::settings::{Mistake, Settings};

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) document: Document,
}

/// All files of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub(crate) all: Vec<Source>,
}

/// What such files of conf.d say together.
#[cfg(test)]
pub(crate) fn parts(texts: &[&str]) -> Settings {
    let mut sources = Sources::default();
    for (number, text) in texts.iter().enumerate() {
        sources.add(format!("{number}.conf"), Role::Part, text);
    }
    sources.merged()
}

/// Why a configuration is not taken: every mistake in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Vec<Remark>);

impl Sources {
    /// Puts a file behind the others. `ctdb.conf` comes first, then those of conf.d by their names.
    pub fn add(&mut self, name: impl Into<String>, role: Role, text: &str) {
        self.all.push(Source { name: name.into(), role, document: Document::parse(text) });
    }

    /// The names of the files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|source| source.name.as_str())
    }

    pub(crate) fn merged(&self) -> Settings {
        Settings::merge(self.all.iter().map(|source| (source.name.as_str(), &source.document)))
    }

    fn judged(&self, host: &dyn Host) -> Vec<(&Source, Judged)> {
        let judge = |source: &Source| judge_file(&source.document, source.role, host);
        self.all
            .iter()
            .flat_map(|source| judge(source).into_iter().map(move |found| (source, found)))
            .collect()
    }

    /// What a daemon that reads these sections goes by, and what it warns of; or all that is wrong.
    ///
    /// Sections of others are theirs: a mistake there is told by `ctdbctl config check`, and stops nobody else.
    pub fn settings(&self, sections: &[&str], host: &dyn Host) -> Result<(Settings, Vec<Remark>), Refused> {
        let (mut wrong, mut doubts, mut broken) = (Vec::new(), Vec::new(), false);
        for (source, judged) in self.judged(host) {
            let kind =
                |section: &str| section.split([' ', '\t']).next().unwrap_or_default().to_ascii_lowercase();
            let mine = match &judged.section {
                Some(section) => sections.contains(&kind(section).as_str()),
                None => source.role == Role::Part,
            };
            let unknown = judged.section.as_deref().is_some_and(|section| !has_section(section));
            let told = Remark { source: source.name.clone(), finding: judged.finding };
            let error = told.finding.severity == Severity::Error;
            broken |= judged.broken;
            if judged.broken || (mine && error) {
                wrong.push(told);
            } else if mine || (unknown && source.role == Role::Part) {
                doubts.push(told);
            }
        }
        let settings = self.merged();
        if !broken {
            let found = mistakes(&settings, Some(sections), host);
            let (errors, more) = found.into_iter().partition(Mistake::is_error);
            self.tell(&mut wrong, errors);
            self.tell(&mut doubts, more);
        }
        if wrong.is_empty() { Ok((settings, doubts)) } else { Err(Refused(wrong)) }
    }

    /// Puts mistakes among what was told, in the order of files and lines; a line whose value is wrong for its own sake is
    /// told already.
    fn tell(&self, all: &mut Vec<Remark>, mistakes: Vec<Mistake>) {
        let place = |told: &Remark| (told.source.clone(), told.finding.line);
        let errors = all.iter().filter(|told| told.finding.severity == Severity::Error);
        let before: BTreeSet<_> = errors.map(place).collect();
        all.extend(mistakes.into_iter().map(Remark::from).filter(|told| !before.contains(&place(told))));
        let places: BTreeMap<&str, usize> = self.names().zip(0..).collect();
        let file = |told: &Remark| places.get(told.source.as_str()).copied().unwrap_or(usize::MAX);
        all.sort_by_key(|told| (file(told), told.finding.line));
    }
}

/// What there is to be said about each file, in their order; about all sections, whoever reads them.
#[must_use]
pub fn checked(sources: &Sources, host: &dyn Host) -> Vec<Remark> {
    let judged = sources.judged(host);
    let broken = judged.iter().any(|(_, judged)| judged.broken);
    let told =
        |(source, judged): (&Source, Judged)| Remark { source: source.name.clone(), finding: judged.finding };
    let mut all: Vec<_> = judged.into_iter().map(told).collect();
    if !broken {
        sources.tell(&mut all, mistakes(&sources.merged(), None, host));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Anywhere;

    fn sources(main: &str, parts: &[&str]) -> Sources {
        let mut all = Sources::default();
        all.add("ctdb.conf", Role::Main, main);
        for (name, text) in ["conf.d/10.conf", "conf.d/20.conf"].into_iter().zip(parts) {
            all.add(name, Role::Part, text);
        }
        all
    }

    fn refused(main: &str, parts: &[&str]) -> Vec<String> {
        let taken = sources(main, parts).settings(&["logging", "tunneld", "callback"], &Anywhere::default());
        taken.err().map(|Refused(all)| all.iter().map(Remark::to_string).collect()).unwrap_or_default()
    }

    #[test]
    fn a_later_file_holds_and_every_value_knows_its_line() {
        let sources = sources(
            "[logging]\nlog level = INFO\n[tunneld]\npeer timeout = 20s\n",
            &["# 10\n[Tunneld]\npeer timeout = 30s\nctdb socket = /a\n", "[tunneld]\nctdb socket = /b\n"],
        );
        let (settings, doubts) = sources.settings(&["logging", "tunneld"], &Anywhere::default()).unwrap();
        let place = |section: &str, name: &str| {
            settings.said(section, name).map(|said| (said.value.as_str(), said.source.as_str(), said.line))
        };
        assert_eq!(place("tunneld", "peer timeout"), Some(("30s", "conf.d/10.conf", 3)));
        assert_eq!(place("tunneld", "ctdb socket"), Some(("/b", "conf.d/20.conf", 2)));
        assert_eq!(place("logging", "log level"), Some(("INFO", "ctdb.conf", 2)));
        assert_eq!(place("logging", "location"), None);
        assert_eq!(doubts.len(), 1, "{doubts:?}");
    }

    #[test]
    fn all_mistakes_of_the_sections_that_are_read_are_told_at_once() {
        let told = refused(
            "[logging]\nlog level = loud\n[cluster]\nleader timeout = 0\n",
            &[
                "[tunneld]\npeer timeout = 1s\nctdb socket = x\n[http]\nbody limit = nowhere\n",
                "[callback a]\nprogram = ./none\n[tunnel\n",
            ],
        );
        assert_eq!(
            told,
            [
                "ctdb.conf:2: 'log level' cannot be 'loud': write ERROR, WARNING, NOTICE, INFO or DEBUG",
                "conf.d/10.conf:2: 'peer timeout' cannot be '1s': write 3s to 1h",
                "conf.d/10.conf:3: 'ctdb socket' cannot be 'x': write an absolute path",
                "conf.d/20.conf:2: 'program' cannot be './none': write the absolute path of a program or its name in `callbacks`, \
                    and its arguments",
                "conf.d/20.conf:3: the section's name has no ']' behind it",
            ]
        );
    }

    #[test]
    fn what_is_missing_is_told_at_its_section() {
        assert_eq!(
            refused("", &["\n[callback web]\nprogram = /bin/web\n"]),
            ["conf.d/10.conf:2: [callback web] needs 'events'"]
        );
        let many: String =
            (0..65).map(|n| format!("[callback c{n:02}]\nevents = x\nprogram = /x\n")).collect();
        assert_eq!(
            refused("", &[&many]),
            ["conf.d/10.conf:193: there are more than 64 sections [callback NAME]"]
        );
    }

    #[test]
    fn a_mistake_of_others_stops_nobody_but_is_told_by_the_check() {
        let sources =
            sources("[cluster]\nleader timeout = 0\n", &["[http]\nbody limit = x\n[tunel]\n[callback a]\n"]);
        let (_, doubts) = sources.settings(&["logging", "tunneld"], &Anywhere::default()).unwrap();
        let doubts: Vec<_> = doubts.iter().map(Remark::to_string).collect();
        assert!(doubts.len() == 1 && doubts[0].starts_with("conf.d/10.conf:3: there is no section [tunel]"));
        let all: Vec<_> = checked(&sources, &Anywhere::default())
            .iter()
            .map(|t| (t.source.clone(), t.finding.line))
            .collect();
        let part = |line| ("conf.d/10.conf".to_owned(), line);
        assert_eq!(all, [("ctdb.conf".to_owned(), 2), part(2), part(3), part(4)]);
    }
}
