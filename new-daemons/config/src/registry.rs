//! The sections of the configuration, a row each: its name, its options, who reads it, and what is judged about all of it.
//!
//! Whoever adds a section adds its row here. Checks, the typed reading, `ctdbctl config show`, the reference page and the
//! commented files go by these rows; nothing else lists sections.

use crate::host::Host;
use crate::schema::Setting;
use crate::services;
use crate::settings::{Mistake, Section, Settings};
use crate::table::{Callback, Event, Eventd, Http, Logging, Service, Serviced, Tunneld, legacy};

/// What is missing in a section, or wrong in a way that none of its lines shows alone.
type Whole = fn(&Settings, &dyn Host) -> Vec<Mistake>;

/// A section, or all of a kind that have names of their own.
pub(crate) struct Registered {
    pub(crate) name: &'static str,
    pub(crate) rows: &'static [Setting],
    /// None when only the daemons of C read it.
    whole: Option<Whole>,
}

/// One that only the daemons of C read.
const fn of_c(name: &'static str, rows: &'static [Setting]) -> Registered {
    Registered { name, rows, whole: None }
}

/// One that a new daemon reads by its type.
const fn read<S: Section>(whole: Whole) -> Registered {
    Registered { name: S::NAME, rows: S::ROWS, whole: Some(whole) }
}

fn one<S: Section>(settings: &Settings, _: &dyn Host) -> Vec<Mistake> {
    settings.section::<S>().err().into_iter().collect()
}

fn each<S: Section>(settings: &Settings, _: &dyn Host) -> Vec<Mistake> {
    settings.sections::<S>().err().into_iter().collect()
}

/// All sections, in the order in which they are shown.
pub(crate) const SECTIONS: &[Registered] = &[
    read::<Logging>(one::<Logging>),
    of_c("cluster", legacy::CLUSTER),
    of_c("database", legacy::DATABASE),
    read::<Event>(one::<Event>),
    read::<Eventd>(one::<Eventd>),
    of_c("failover", legacy::FAILOVER),
    of_c("legacy", legacy::LEGACY),
    read::<Tunneld>(one::<Tunneld>),
    read::<Http>(one::<Http>),
    read::<Callback>(each::<Callback>),
    read::<Serviced>(one::<Serviced>),
    read::<Service>(services::mistakes),
];

/// What is missing, or wrong in a way that no line shows, in these sections; without any, in all of them.
pub(crate) fn mistakes(settings: &Settings, sections: Option<&[&str]>, host: &dyn Host) -> Vec<Mistake> {
    let wanted = |section: &&Registered| sections.is_none_or(|names| names.contains(&section.name));
    let whole = SECTIONS.iter().filter(wanted).filter_map(|section| section.whole);
    whole.flat_map(|whole| whole(settings, host)).collect()
}

/// The section of this name, which may have a name of its own behind it.
fn section(name: &str) -> Option<&'static Registered> {
    SECTIONS.iter().find(|section| section.rows.first().is_some_and(|row| row.is_in(name)))
}

/// The option of this name; sections are the same in upper and lower case, names are not.
#[must_use]
pub fn find(section_name: &str, name: &str) -> Option<&'static Setting> {
    section(section_name)?.rows.iter().find(|option| option.name == name)
}

/// Whether there is such a section.
#[must_use]
pub fn has_section(name: &str) -> bool {
    section(name).is_some()
}

/// All options, section by section.
pub fn options() -> impl Iterator<Item = &'static Setting> + Clone {
    SECTIONS.iter().flat_map(|section| section.rows)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::host::Anywhere;
    use crate::schema::Value;
    use crate::sources::parts as settings;

    #[test]
    fn without_any_file_all_defaults_hold() {
        let none = Settings::default();
        assert_eq!(none.section::<Tunneld>().unwrap().peer_timeout, Duration::from_secs(10));
        assert_eq!(none.section::<Logging>().unwrap().location, None);
        assert!(none.section::<Http>().unwrap().enabled && none.section::<Event>().is_ok());
        assert_eq!(none.sections::<Callback>().unwrap(), []);
        assert!(none.section::<Serviced>().is_ok() && none.sections::<Service>().unwrap().is_empty());
        assert_eq!(mistakes(&none, None, &Anywhere::default()), []);
    }

    /// A value that an option takes.
    fn example(setting: &Setting) -> String {
        match setting.value {
            Value::Text | Value::Patterns | Value::Lock | Value::NodesList => "word".into(),
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
        for section in SECTIONS.iter().filter(|section| section.whole.is_some()) {
            let named = if section.rows[0].named { " x" } else { "" };
            text += &format!("[{}{named}]\n", section.name);
            section.rows.iter().for_each(|row| text += &format!("{} = {}\n", row.name, example(row)));
        }
        let all = settings(&[&text]);
        let but_services: Vec<_> =
            SECTIONS.iter().map(|section| section.name).filter(|name| *name != Service::NAME).collect();
        assert_eq!(mistakes(&all, Some(&but_services), &Anywhere::default()), []);
        assert_eq!(all.sections::<Callback>().unwrap().len(), 1);
        assert_eq!(all.sections::<Service>().unwrap()[0].1.fail_after, 1);
        assert_eq!(all.section::<Tunneld>().unwrap().peer_timeout, Duration::from_secs(3));
    }

    #[test]
    fn no_option_stands_twice_in_the_table_and_each_says_what_it_does() {
        let mut names: Vec<_> = options().map(|row| (row.section, row.name)).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(options().all(|row| row.doc.trim().ends_with('.')));
        for section in SECTIONS {
            let first = &section.rows[0];
            assert!(section.rows.iter().all(|row| (row.section, row.named) == (section.name, first.named)));
            assert_eq!(
                section.rows.iter().any(Setting::is_of_ours),
                section.whole.is_some(),
                "{}",
                section.name
            );
        }
        assert!(options().all(|row| row.section.chars().all(|c| c.is_ascii_lowercase())));
    }
}
