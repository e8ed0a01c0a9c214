//! The names of the programs as symbolic links to the executable.

use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// A link that could not be made.
pub(crate) struct Failed {
    pub(crate) path: PathBuf,
    pub(crate) why: io::Error,
}

/// The way from one absolute directory to a file.
fn way(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| Path::new(".."));
    up.chain(to.components().skip(shared).map(|part| Path::new(part.as_os_str()))).collect()
}

/// Puts a link for each name into a directory. A link of that name is replaced, in one step; another file is not.
pub(crate) fn make(dir: &Path, names: &[OsString]) -> Result<(), Failed> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |why| Failed { path, why }
    };
    fs::create_dir_all(dir).map_err(failed(dir))?;
    let dir = dir.canonicalize().map_err(failed(dir))?;
    let program = env::current_exe().map_err(failed(&dir))?;
    let target = way(&dir, &program);
    for name in names {
        let path = dir.join(name);
        if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_symlink()) {
            return Err(Failed { path, why: io::ErrorKind::AlreadyExists.into() });
        }
        let mut new = OsString::from(".");
        new.push(name);
        new.push(format!(".{}", std::process::id()));
        let new = dir.join(new);
        symlink(&target, &new).map_err(failed(&new))?;
        fs::rename(&new, &path).map_err(failed(&path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_right_when_the_tree_above_both_is_moved() {
        let way = |from: &str, to: &str| way(Path::new(from), Path::new(to)).display().to_string();
        assert_eq!(way("/usr/sbin", "/usr/sbin/tablecloth"), "tablecloth");
        assert_eq!(way("/usr/bin", "/usr/sbin/tablecloth"), "../sbin/tablecloth");
        assert_eq!(way("/t/debug/programs", "/t/debug/tablecloth"), "../tablecloth");
        assert_eq!(way("/a/b", "/c/tablecloth"), "../../c/tablecloth");
    }
}
