//! What holds: the options of all files together, each with the place that says it; read by type.

use std::collections::BTreeMap;

use crate::document::{Document, Kind};
use crate::finding::{Finding, Remark, Severity};
use crate::schema::{Setting, named};
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
    severity: Severity,
}

impl Mistake {
    pub(crate) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The same as something that is taken, and perhaps not what was meant.
    pub(crate) fn doubt(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }
}

impl From<Mistake> for Remark {
    fn from(mistake: Mistake) -> Self {
        let Mistake { source, line, message, severity } = mistake;
        let finding = Finding { line, severity, message };
        Self { source, finding }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    source: String,
    line: usize,
}

/// A section as a new daemon reads it.
pub trait Section: Sized {
    /// Its name; of several with names of their own the first word.
    const NAME: &'static str;
    /// Its options.
    const ROWS: &'static [Setting];

    /// Reads all of it; what is not said has its default.
    fn read(scope: &Scope<'_>) -> Result<Self, Mistake>;
}

/// What the files of a configuration say together. Names of sections are in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub(crate) options: BTreeMap<(String, String), Said>,
    /// Where each section begins first.
    sections: BTreeMap<String, Place>,
}

impl Settings {
    /// Puts files together, each with its name. Of one with a line that C cannot read nothing holds.
    pub(crate) fn merge<'a>(files: impl Iterator<Item = (&'a str, &'a Document)>) -> Self {
        let mut settings = Self::default();
        for (source, document) in files {
            let entries = document.entries();
            if entries.iter().any(|entry| matches!(entry.kind, Kind::Broken(_))) {
                continue;
            }
            let mut section = String::new();
            for entry in entries {
                let place = || Place { source: source.to_owned(), line: entry.line };
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

    pub(crate) fn mistake(&self, section: &str, option: Option<&str>, message: String) -> Mistake {
        let said = option.and_then(|option| self.said(section, option));
        let (source, line) = match (said, self.sections.get(section)) {
            (Some(said), _) => (said.source.clone(), said.line),
            (None, Some(place)) => (place.source.clone(), place.line),
            (None, None) => ("default".to_owned(), 0),
        };
        Mistake { source, line, message, severity: Severity::Error }
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
    use super::*;
    use crate::document::Role;
    use crate::host::Anywhere;
    use crate::sources::{Sources, parts as settings};
    use proptest::prelude::*;

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
            let told = crate::sources::checked(&sources, &Anywhere::default());
            let lines = text.split('\n').count();
            prop_assert!(told.iter().all(|remark| (1..=lines).contains(&remark.finding.line)));
            let _ = sources.settings(&["logging", "tunneld", "service"], &Anywhere::default());
        }
    }
}
