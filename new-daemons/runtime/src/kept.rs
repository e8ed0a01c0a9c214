//! Files in which a daemon keeps something for the daemon that comes after it, as JSON.
//!
//! They are written beside their place and then moved there, so that a kill leaves the old one or the new one. A file that
//! cannot be read is as if it were not there, and is said in the log.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes that such a file may have: more than any has.
const MOST: u64 = 64 << 20;

/// What is kept in a file.
#[must_use]
pub fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
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

/// Keeps something in a file; `for_good`: it is to outlive the machine's power, too.
///
/// # Errors
/// When it cannot be written; what was kept before is still there then.
pub fn write(path: &Path, what: &impl Serialize, for_good: bool) -> io::Result<()> {
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

    #[test]
    fn what_is_kept_is_there_again_and_a_file_that_is_broken_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kept.json");
        assert_eq!(read::<Vec<u8>>(&path), None);
        for kept in [vec![1, 2], vec![3]] {
            write(&path, &kept, true).unwrap();
            assert_eq!(read(&path), Some(kept));
        }
        fs::write(&path, "[1,").unwrap();
        assert_eq!(read::<Vec<u8>>(&path), None);
        assert_eq!(read::<Vec<u8>>(dir.path()), None);
    }
}
