//! What holds for every option, for those who read it, and which line says so: `ctdbctl config show`.

use crate::document::Role;
use crate::registry::options;
use crate::schema::{Readers, Setting};
use crate::settings::{Said, Settings};
use crate::sources::{Source, Sources};

/// What holds for an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The section, with its own name if it has one.
    pub section: String,
    /// The row.
    pub setting: &'static Setting,
    /// For whom; an option that C and the new daemons read has two entries when it is not the same for both.
    pub readers: Readers,
    /// None when nothing holds.
    pub value: Option<String>,
    /// The file and the line that say so; none for the default.
    pub place: Option<(String, usize)>,
}

/// All options in the order of the table, the sections with names of their own each with its name.
#[must_use]
pub fn shown(sources: &Sources) -> Vec<Shown> {
    let ours = sources.merged();
    let main: Vec<Source> = sources.all.iter().filter(|source| source.role == Role::Main).cloned().collect();
    let theirs = Sources { all: main }.merged();
    let mut all = Vec::new();
    for setting in options().filter(|setting| !setting.named) {
        all.extend(of(setting, setting.section, &theirs, &ours));
    }
    let mut kinds: Vec<&str> =
        options().filter(|setting| setting.named).map(|setting| setting.section).collect();
    kinds.dedup();
    for kind in kinds {
        for name in ours.names(kind) {
            let section = format!("{kind} {name}");
            for setting in options().filter(|setting| setting.is_in(&section)) {
                all.extend(of(setting, &section, &theirs, &ours));
            }
        }
    }
    all
}

fn of(setting: &'static Setting, section: &str, theirs: &Settings, ours: &Settings) -> Vec<Shown> {
    let entry = |readers, said: Option<&Said>, default: Option<&str>| Shown {
        section: section.to_owned(),
        setting,
        readers,
        value: said.map(|said| said.value.clone()).or_else(|| default.map(str::to_owned)),
        place: said.map(|said| (said.source.clone(), said.line)),
    };
    let c = entry(Readers::C, theirs.said(section, setting.name), setting.default);
    let new = entry(Readers::New, ours.said(section, setting.name), setting.default_of_ours());
    match setting.readers {
        Readers::C => vec![c],
        Readers::New => vec![new],
        Readers::Both if (&c.value, &c.place) == (&new.value, &new.place) => {
            vec![Shown { readers: Readers::Both, ..new }]
        }
        Readers::Both => vec![c, new],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reader_is_told_what_holds_for_it_and_where_that_is_said() {
        let mut sources = Sources::default();
        sources.add(
            "ctdb.conf",
            Role::Main,
            "[cluster]\nleader timeout = 4\nleader timeout = 9\n[logging]\nlog level = INFO\n",
        );
        sources.add(
            "conf.d/a.conf",
            Role::Part,
            "[logging]\nlocation = stderr\n[callback web]\nprogram = /x\n[cluster]\nleader timeout = 1\n",
        );
        let all = shown(&sources);
        let of = |name: &str| -> Vec<_> {
            let found = all.iter().filter(|shown| shown.setting.name == name);
            found
                .map(|s| (s.readers, s.value.as_deref(), s.place.as_ref().map(|(f, l)| (f.as_str(), *l))))
                .collect()
        };
        assert_eq!(of("leader timeout"), [(Readers::C, Some("9"), Some(("ctdb.conf", 3)))]);
        assert_eq!(of("log level"), [(Readers::Both, Some("INFO"), Some(("ctdb.conf", 5)))]);
        assert_eq!(
            of("location"),
            [
                (Readers::C, Some("file:/var/log/ctdb/log.ctdb"), None),
                (Readers::New, Some("stderr"), Some(("conf.d/a.conf", 2)))
            ]
        );
        assert_eq!(of("tdb mutexes"), [(Readers::C, Some("true"), None)]);
        assert_eq!(of("program"), [(Readers::New, Some("/x"), Some(("conf.d/a.conf", 4)))]);
        assert_eq!(of("peer timeout"), [(Readers::New, Some("10s"), None)]);
    }

    #[test]
    fn of_a_file_with_a_line_that_c_cannot_read_nothing_holds() {
        let mut sources = Sources::default();
        sources.add("ctdb.conf", Role::Main, "[cluster]\nleader timeout = 9\n[event\n");
        assert!(shown(&sources).iter().all(|shown| shown.place.is_none()));
    }
}
