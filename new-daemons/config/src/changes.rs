//! What is different between two readings of the configuration, and what of it has to wait for the next start.

use crate::registry::find;
use crate::schema::{Change, Setting, Value};
use crate::settings::Settings;
use crate::value::level;

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
        (Some(a), Some(b)) if setting.value == Value::LogLevel => level(&a) == level(&b),
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sources::parts as settings;
    use crate::table::Tunneld;

    #[test]
    fn changes_are_told_and_those_that_wait_for_a_start_are_held_back() {
        let before =
            settings(&["[tunneld]\nctdb socket = /a\npeer timeout = 10s\n[logging]\nlog level = NOTICE\n"]);
        let after = settings(&[
            "[tunneld]\nctdb socket = /b\npeer timeout = 20s\n[logging]\nlog level = 3\n[http]\nbody limit = x\n",
        ]);
        let changes = after.changes(&before, &["tunneld", "logging"]);
        let told: Vec<_> = changes.iter().map(|c| (c.option.as_str(), c.to.as_deref(), c.change)).collect();
        assert_eq!(
            told,
            [("ctdb socket", Some("/b"), Change::AtStart), ("peer timeout", Some("20s"), Change::AtRunTime)]
        );
        let kept = after.clone().keeping(&before, &changes).section::<Tunneld>().unwrap();
        assert_eq!(kept.ctdb_socket, Some("/a".into()));
        assert_eq!(kept.peer_timeout, Duration::from_secs(20));
        // What is taken out is the default again; here that is what it was.
        assert_eq!(settings(&[]).changes(&before, &["logging"]), []);
        let out = settings(&[]);
        let kept = out.clone().keeping(&before, &out.changes(&before, &["tunneld"]));
        assert_eq!(kept.section::<Tunneld>().unwrap().ctdb_socket, Some("/a".into()));
    }
}
