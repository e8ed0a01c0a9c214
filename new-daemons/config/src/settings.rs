//! What holds: the options of all files together, each with the place that says it; read by type, compared, kept.

use std::collections::BTreeMap;

use crate::check::{Finding, Host};
use crate::document::Kind;
use crate::judge::level;
use crate::schema::{Change, Setting, find, named};
use crate::services;
use crate::sources::{Sources, Told};
use crate::table::{Callback, Event, Http, Logging, Section, Service, Serviced, Tunnel};
use crate::value::Take;

/// Sections of one kind with names of their own: more are refused.
pub const MOST_NAMED: usize = 64;

/// A value and where it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The value.
    pub value: String,
    /// The file.
    pub source: String,
    /// The line.
    pub line: usize,
}

/// Something that is wrong with the whole rather than with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    source: String,
    line: usize,
    message: String,
}

impl From<Mistake> for Told {
    fn from(mistake: Mistake) -> Self {
        let finding = Finding::error(mistake.line, mistake.message);
        Self { source: mistake.source, finding }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    source: String,
    line: usize,
}

/// What the files of a configuration say together. Names of sections are in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    options: BTreeMap<(String, String), Said>,
    /// Where each section begins first.
    sections: BTreeMap<String, Place>,
}

/// An option that has another value than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its section.
    pub section: String,
    /// Its name.
    pub option: String,
    /// What it was; none when nothing was said.
    pub from: Option<String>,
    /// What it is.
    pub to: Option<String>,
    /// When that holds.
    pub change: Change,
}

impl Settings {
    pub(crate) fn merge(sources: &Sources) -> Self {
        let mut settings = Self::default();
        for source in &sources.all {
            let entries = source.document.entries();
            if entries.iter().any(|entry| matches!(entry.kind, Kind::Broken(_))) {
                continue;
            }
            let mut section = String::new();
            for entry in entries {
                let place = || Place { source: source.name.clone(), line: entry.line };
                match &entry.kind {
                    Kind::Section(name) => {
                        section = name.to_ascii_lowercase();
                        settings.sections.entry(section.clone()).or_insert_with(place);
                    }
                    Kind::Option { name, value } => {
                        let Place { source, line } = place();
                        let said = Said { value: value.clone(), source, line };
                        settings.options.insert((section.clone(), name.clone()), said);
                    }
                    Kind::Words(_) | Kind::Broken(_) => {}
                }
            }
        }
        settings
    }

    /// What is said about an option; none when its default holds.
    #[must_use]
    pub fn said(&self, section: &str, option: &str) -> Option<&Said> {
        self.options.get(&(section.to_ascii_lowercase(), option.to_owned()))
    }

    /// The names of the sections of a kind that have names of their own.
    pub fn names(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.sections.keys().filter_map(move |section| match named(section) {
            Some((first, name)) if first == kind => Some(name),
            _ => None,
        })
    }

    /// A section of which there is one.
    pub fn section<S: Section>(&self) -> Result<S, Mistake> {
        S::read(&Scope { settings: self, section: S::NAME.to_owned(), rows: S::ROWS })
    }

    /// The sections of a kind that have names of their own, with these.
    pub fn sections<S: Section>(&self) -> Result<Vec<(String, S)>, Mistake> {
        if self.names(S::NAME).count() > MOST_NAMED {
            let message = format!("there are more than {MOST_NAMED} sections [{} NAME]", S::NAME);
            let place = self.names(S::NAME).nth(MOST_NAMED).map(|name| format!("{} {name}", S::NAME));
            return Err(self.mistake(&place.unwrap_or_default(), None, message));
        }
        let read = |name: &str| {
            let section = format!("{} {name}", S::NAME);
            let scope = Scope { settings: self, section, rows: S::ROWS };
            Ok((name.to_owned(), S::read(&scope)?))
        };
        self.names(S::NAME).map(read).collect()
    }

    /// What is missing, or wrong in a way that no line shows, in these sections.
    pub(crate) fn mistakes(&self, sections: &[&str], host: &dyn Host) -> Vec<Mistake> {
        let all: [(&str, Option<Mistake>); 6] = [
            (Logging::NAME, self.section::<Logging>().err()),
            (Event::NAME, self.section::<Event>().err()),
            (Tunnel::NAME, self.section::<Tunnel>().err()),
            (Http::NAME, self.section::<Http>().err()),
            (Callback::NAME, self.sections::<Callback>().err()),
            (Serviced::NAME, self.section::<Serviced>().err()),
        ];
        let mine = all.into_iter().filter(|(name, _)| sections.contains(name));
        let mut found: Vec<_> = mine.filter_map(|(_, mistake)| mistake).collect();
        if sections.contains(&Service::NAME) {
            found.extend(services::mistakes(self, host));
        }
        found
    }

    pub(crate) fn mistake(&self, section: &str, option: Option<&str>, message: String) -> Mistake {
        let said = option.and_then(|option| self.said(section, option));
        let (source, line) = match (said, self.sections.get(section)) {
            (Some(said), _) => (said.source.clone(), said.line),
            (None, Some(place)) => (place.source.clone(), place.line),
            (None, None) => ("default".to_owned(), 0),
        };
        Mistake { source, line, message }
    }

    /// What is different from before in these sections.
    #[must_use]
    pub fn changes(&self, before: &Self, sections: &[&str]) -> Vec<Changed> {
        let mut keys: Vec<_> = self.options.keys().chain(before.options.keys()).collect();
        keys.sort();
        keys.dedup();
        let changed = |key: &(String, String)| {
            let (section, option) = key;
            let setting = find(section, option).filter(|setting| sections.contains(&setting.section))?;
            let value = |of: &Self| of.options.get(key).map(|said| said.value.clone());
            let (from, to) = (value(before), value(self));
            let same = same_value(setting, from.as_deref(), to.as_deref());
            (!same).then(|| Changed {
                section: section.clone(),
                option: option.clone(),
                from,
                to,
                change: setting.change,
            })
        };
        keys.into_iter().filter_map(changed).collect()
    }

    /// These settings, but with what was said before where a change has to wait for the next start.
    #[must_use]
    pub fn keeping(mut self, before: &Self, changes: &[Changed]) -> Self {
        for change in changes.iter().filter(|change| change.change == Change::AtStart) {
            let key = (change.section.clone(), change.option.clone());
            match before.options.get(&key) {
                Some(said) => self.options.insert(key, said.clone()),
                None => self.options.remove(&key),
            };
        }
        self
    }
}

/// Whether two values mean the same, an absent one being the default.
fn same_value(setting: &Setting, from: Option<&str>, to: Option<&str>) -> bool {
    let meant = |text: Option<&str>| text.or(setting.default_of_ours()).map(str::to_owned);
    match (meant(from), meant(to)) {
        (Some(a), Some(b)) if setting.value == crate::Value::LogLevel => level(&a) == level(&b),
        (a, b) => a == b,
    }
}

/// One section of the settings, while it is read.
#[derive(Debug)]
pub struct Scope<'a> {
    settings: &'a Settings,
    section: String,
    rows: &'static [Setting],
}

impl Scope<'_> {
    /// Reads one option.
    pub fn take<T: Take>(&self, option: &str) -> Result<T, Mistake> {
        let default = self.rows.iter().find(|row| row.name == option).and_then(Setting::default_of_ours);
        let said = self.settings.said(&self.section, option);
        let taken = match said.map(|said| said.value.as_str()).or(default) {
            Some(text) => T::take(text).map_err(|why| format!("'{option}' cannot be '{text}': {why}")),
            None => T::absent().ok_or_else(|| format!("[{}] needs '{option}'", self.section)),
        };
        taken.map_err(|message| self.settings.mistake(&self.section, Some(option), message))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::check::Role;
    use crate::schema::{Value, options};
    use crate::table::OPTIONS;
    use proptest::prelude::*;

    fn settings(parts: &[&str]) -> Settings {
        let mut sources = Sources::default();
        for (number, text) in parts.iter().enumerate() {
            sources.add(format!("{number}.conf"), Role::Part, text);
        }
        Settings::merge(&sources)
    }

    #[test]
    fn without_any_file_all_defaults_hold() {
        let none = Settings::default();
        assert_eq!(none.section::<Tunnel>().unwrap().peer_timeout, Duration::from_secs(10));
        assert_eq!(none.section::<Logging>().unwrap().location, None);
        assert!(none.section::<Http>().unwrap().enabled && none.section::<Event>().is_ok());
        assert_eq!(none.sections::<Callback>().unwrap(), []);
        assert!(none.section::<Serviced>().is_ok() && none.sections::<Service>().unwrap().is_empty());
        assert_eq!(none.mistakes(&crate::sources::SECTIONS, &Nowhere), []);
    }

    /// A value that an option takes.
    fn example(setting: &Setting) -> String {
        match setting.value {
            Value::Text | Value::Patterns => "word".into(),
            Value::Transport => "tcp".into(),
            Value::Address => "10.0.0.1".into(),
            Value::Number(least) => least.to_string(),
            Value::Bool => "yes".into(),
            Value::LogLevel => "INFO".into(),
            Value::LogLocation => "syslog".into(),
            Value::Directory | Value::Path => "/x".into(),
            Value::Script => "x.sh".into(),
            Value::Duration { least, .. } => format!("{}ms", least.as_millis()),
            Value::Size { least, .. } | Value::Count { least, .. } => least.to_string(),
            Value::Choice(words) => words[0].into(),
            Value::Program | Value::Command => "/x y".into(),
            Value::Component | Value::Names => "word".into(),
            Value::Unit => "x.service".into(),
            Value::Agent => "ocf:x:y".into(),
            Value::Parameters => "x=y".into(),
            Value::Listen => "[::1]:80".into(),
        }
    }

    #[test]
    fn every_option_is_read_as_what_its_row_takes() {
        let mut text = String::new();
        for rows in OPTIONS.iter().filter(|rows| rows[0].is_of_ours()) {
            let named = if rows[0].named { " x" } else { "" };
            text += &format!("[{}{named}]\n", rows[0].section);
            rows.iter().for_each(|row| text += &format!("{} = {}\n", row.name, example(row)));
        }
        let all = settings(&[&text]);
        let but_services = crate::sources::SECTIONS.split_last().unwrap().1;
        assert_eq!(all.mistakes(but_services, &Nowhere), []);
        assert_eq!(all.sections::<Callback>().unwrap().len(), 1);
        assert_eq!(all.sections::<Service>().unwrap()[0].1.fail_after, 1);
        assert_eq!(all.section::<Tunnel>().unwrap().peer_timeout, Duration::from_secs(3));
    }

    #[test]
    fn no_option_stands_twice_in_the_table_and_each_says_what_it_does() {
        let mut names: Vec<_> = options().map(|row| (row.section, row.name)).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(options().all(|row| row.doc.trim().ends_with('.')));
        assert!(options().all(|row| row.section.chars().all(|c| c.is_ascii_lowercase())));
    }

    #[test]
    fn changes_are_told_and_those_that_wait_for_a_start_are_held_back() {
        let before =
            settings(&["[tunnel]\nctdb socket = /a\npeer timeout = 10s\n[logging]\nlog level = NOTICE\n"]);
        let after = settings(&[
            "[tunnel]\nctdb socket = /b\npeer timeout = 20s\n[logging]\nlog level = 3\n[http]\nbody limit = x\n",
        ]);
        let changes = after.changes(&before, &["tunnel", "logging"]);
        let told: Vec<_> = changes.iter().map(|c| (c.option.as_str(), c.to.as_deref(), c.change)).collect();
        assert_eq!(
            told,
            [("ctdb socket", Some("/b"), Change::AtStart), ("peer timeout", Some("20s"), Change::AtRunTime)]
        );
        let kept = after.clone().keeping(&before, &changes).section::<Tunnel>().unwrap();
        assert_eq!(kept.ctdb_socket, Some("/a".into()));
        assert_eq!(kept.peer_timeout, Duration::from_secs(20));
        // What is taken out is the default again; here that is what it was.
        assert_eq!(settings(&[]).changes(&before, &["logging"]), []);
        let out = settings(&[]);
        let kept = out.clone().keeping(&before, &out.changes(&before, &["tunnel"]));
        assert_eq!(kept.section::<Tunnel>().unwrap().ctdb_socket, Some("/a".into()));
    }

    fn file() -> impl Strategy<Value = Vec<(usize, usize, u8)>> {
        proptest::collection::vec((0..3_usize, 0..3_usize, any::<u8>()), 0..12)
    }

    proptest! {
        #[test]
        fn merging_is_the_last_word_of_the_last_file(files in proptest::collection::vec(file(), 0..5)) {
            let mut model = BTreeMap::new();
            let texts: Vec<String> = files.iter().enumerate().map(|(number, file)| {
                let mut text = String::from("# head\n\n");
                for (line, (section, option, value)) in file.iter().enumerate() {
                    text += &format!("[S{section}]\n\to{option} = {value}\n");
                    model.insert((*section, *option), (value.to_string(), format!("{number}.conf"), 2 * line + 4));
                }
                text
            }).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let merged = settings(&texts);
            for section in 0..3 {
                for option in 0..3 {
                    let said = merged.said(&format!("s{section}"), &format!("o{option}"));
                    let said = said.map(|said| (said.value.clone(), said.source.clone(), said.line));
                    prop_assert_eq!(said.as_ref(), model.get(&(section, option)));
                }
            }
        }

        #[test]
        fn whatever_stands_in_a_file_it_is_judged_and_never_panics(text in "(?s)(\\[[a-z ]{0,9}\\]\n|[a-z ]{1,9}= ?.{0,9}\n|.){0,40}") {
            let mut sources = Sources::default();
            sources.add("a", Role::Main, &text);
            sources.add("b", Role::Part, &text);
            let told = crate::sources::checked(&sources, &Nowhere);
            let lines = text.split('\n').count();
            prop_assert!(told.iter().all(|told| (1..=lines).contains(&told.finding.line)));
            let _ = sources.settings(&["logging", "tunnel", "service"], &Nowhere);
        }
    }

    struct Nowhere;

    impl Host for Nowhere {
        fn has_directory(&self, _: &str) -> bool {
            false
        }

        fn has_script(&self, _: &str) -> bool {
            false
        }

        fn can_run(&self, _: &str) -> bool {
            false
        }

        fn has_component(&self, _: &str) -> bool {
            false
        }

        fn has_agent(&self, _: &str, _: &str) -> bool {
            false
        }

        fn version(&self) -> Option<u16> {
            Some(17)
        }
    }
}
