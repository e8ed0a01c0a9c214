//! The file of the cluster's key: who may read it, and what stands in it.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::geteuid;
use thiserror::Error;
use tunnel_core::seal::{KEY_LEN, KEYS_MAX, KeyError};
use tunnel_core::{KeyUse, Keys};

/// Why there are no keys.
#[derive(Debug, Error)]
pub(crate) enum Unusable {
    #[error("cluster key {}: {error}", path.display())]
    Unreadable { path: PathBuf, error: std::io::Error },
    #[error("cluster key {}: not a file", .0.display())]
    NoFile(PathBuf),
    #[error("cluster key {}: it belongs to another user", .0.display())]
    Foreign(PathBuf),
    #[error("cluster key {}: others may read or write it (mode {mode:03o}); chmod 600", path.display())]
    Open { path: PathBuf, mode: u32 },
    #[error("cluster key {}: {error}", path.display())]
    NoKey { path: PathBuf, error: KeyError },
}

/// What the section says of keys.
pub(crate) fn keys(said: &config::Tunneld) -> Result<Keys, Unusable> {
    let how = match said.cluster_key_use.as_str() {
        "accept" => KeyUse::Accept,
        "seal" => KeyUse::Seal,
        _ => KeyUse::Require,
    };
    said.cluster_key.as_deref().map_or_else(|| Ok(Keys::default()), |path| read(how, path))
}

fn read(how: KeyUse, path: &Path) -> Result<Keys, Unusable> {
    let unreadable = |error| Unusable::Unreadable { path: path.to_owned(), error };
    // Whatever lies there, nobody waits for it.
    let flags = OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let file = File::options().read(true).custom_flags(flags.bits()).open(path).map_err(unreadable)?;
    // Of the file that is open: its name may mean another one by now.
    let meta = file.metadata().map_err(unreadable)?;
    let mode = meta.mode() & 0o777;
    if !meta.is_file() {
        return Err(Unusable::NoFile(path.to_owned()));
    }
    if meta.uid() != geteuid().as_raw() && meta.uid() != 0 {
        return Err(Unusable::Foreign(path.to_owned()));
    }
    if mode & 0o077 != 0 {
        return Err(Unusable::Open { path: path.to_owned(), mode });
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(KEY_LEN * KEYS_MAX).unwrap_or(u64::MAX);
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Keys::read(how, &bytes).map_err(|error| Unusable::NoKey { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn file(dir: &Path, bytes: &[u8], mode: u32) -> PathBuf {
        let path = dir.join("cluster.key");
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn told(path: &Path) -> String {
        let told = read(KeyUse::Require, path).map(|keys| format!("{keys:?}"));
        told.unwrap_or_else(|why| why.to_string()).replace(&path.display().to_string(), "KEY")
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_none_is_told_in_one_line() {
        let dir = tempfile::tempdir().unwrap();
        let good: Vec<u8> = (0..32).collect();
        assert_eq!(told(&file(dir.path(), &good, 0o600)), "Keys(Require, 1)");
        let open = "cluster key KEY: others may read or write it (mode 640); chmod 600";
        assert_eq!(told(&file(dir.path(), &good, 0o640)), open);
        let short = "cluster key KEY: 31 bytes are no keys: each has 32";
        assert_eq!(told(&file(dir.path(), &good[..31], 0o600)), short);
        // Of a file that never ends no more is read than keys may have.
        let long = "cluster key KEY: 129 bytes are no keys: each has 32";
        assert_eq!(told(&file(dir.path(), &[7; 1 << 16], 0o600)), long);
        assert_eq!(told(dir.path()), "cluster key KEY: not a file");
        assert_eq!(
            told(Path::new("/nowhere/key")),
            "cluster key KEY: No such file or directory (os error 2)"
        );
        assert_eq!(told(Path::new("/dev/zero")), "cluster key KEY: not a file");
    }
}
