//! What outlives the daemon: what it was doing, until the machine is started again, and what was decided by command, for good.
//!
//! Files are written beside their place and then moved there, so that a kill leaves the old one or the new one. A file that
//! cannot be read is as if it were not there, and is said in the log.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use service::Saved;

/// More than any of the files has.
const MOST: u64 = 64 << 20;

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

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let told = |why: String| tracing::warn!("{}: {why}; it is passed over", path.display());
    let bytes = match fs::metadata(path) {
        Ok(meta) if meta.is_file() && meta.len() <= MOST => fs::read(path),
        Ok(_) => {
            told("it is no file, or too long".to_owned());
            return None;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => Err(error),
    };
    let read = bytes.map_err(|error| error.to_string());
    read.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| error.to_string()))
        .map_err(told)
        .ok()
}

fn write(path: &Path, what: &impl Serialize, for_good: bool) -> io::Result<()> {
    let beside = path.with_extension("new");
    // What somebody else has put there is not followed.
    if let Err(error) = fs::remove_file(&beside)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(&serde_json::to_vec(what).map_err(io::Error::other)?)?;
    if for_good {
        file.sync_all()?;
    }
    fs::rename(&beside, path)
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
