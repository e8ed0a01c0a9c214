//! What outlives the daemon: what it was doing, until the machine is started again, and what was decided by command, for good.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use runtime::kept::{read, write};
use serde::{Deserialize, Serialize};
use service::Saved;

/// Which start of the machine this is.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// The files.
#[derive(Debug)]
pub(crate) struct Store {
    doing: PathBuf,
    choices: PathBuf,
    boot: String,
}

#[derive(Deserialize)]
struct Doing {
    boot: String,
    saved: Box<Saved>,
}

#[derive(Serialize)]
struct DoingNow<'a> {
    boot: &'a str,
    saved: &'a Saved,
}

impl Store {
    /// What it does is kept beside the bus, what was decided in the directory of the state.
    pub(crate) fn new(bus: &Path, state: &Path) -> Self {
        let doing = bus.parent().unwrap_or(bus).join("serviced.json");
        let boot = fs::read_to_string(BOOT).unwrap_or_default().trim().to_owned();
        Self { doing, choices: state.join("services.json"), boot }
    }

    /// What tells the operations of this daemon from those of others on the machine.
    pub(crate) fn mark(&self) -> String {
        fs::canonicalize(self.doing.parent().unwrap_or(Path::new("/")))
            .unwrap_or_else(|_| self.doing.clone())
            .display()
            .to_string()
    }

    /// What a daemon before this one has left, since the machine was started.
    pub(crate) fn saved(&self) -> Option<Box<Saved>> {
        let Doing { boot, saved } = read(&self.doing)?;
        (boot == self.boot).then_some(saved)
    }

    pub(crate) fn save(&self, saved: &Saved) -> io::Result<()> {
        write(&self.doing, &DoingNow { boot: &self.boot, saved }, false)
    }

    pub(crate) fn choices(&self) -> BTreeMap<String, bool> {
        read(&self.choices).unwrap_or_default()
    }

    pub(crate) fn keep(&self, choices: &BTreeMap<String, bool>) -> io::Result<()> {
        if let Some(directory) = self.choices.parent() {
            fs::create_dir_all(directory)?;
        }
        write(&self.choices, choices, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use service::Phase;

    fn saved(phase: Phase) -> Saved {
        let saved = serde_json::json!({"phase": phase, "healthy": true, "since": 7, "next_token": 9});
        serde_json::from_value(saved).unwrap()
    }

    #[test]
    fn what_was_done_is_there_again_unless_the_machine_was_started_anew() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::new(&dir.path().join("bus"), &dir.path().join("state"));
        assert_eq!(store.saved(), None);
        for phase in [Phase::Starting, Phase::Running] {
            store.save(&saved(phase)).unwrap();
            assert_eq!(store.saved(), Some(Box::new(saved(phase))));
        }
        store.boot = "another".to_owned();
        assert_eq!(store.saved(), None);
    }

    #[test]
    fn what_was_decided_is_kept_and_a_file_that_is_broken_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(&dir.path().join("bus"), &dir.path().join("a/b"));
        assert_eq!(store.choices(), BTreeMap::new());
        let choices = BTreeMap::from([("web".to_owned(), false)]);
        store.keep(&choices).unwrap();
        assert_eq!(store.choices(), choices);
        fs::write(dir.path().join("a/b/services.json"), "{\"web\":").unwrap();
        assert_eq!(store.choices(), BTreeMap::new());
    }
}
