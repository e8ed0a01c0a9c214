//! The files of the project, as they lie there: without what a build leaves.

use std::fs;
use std::path::{Path, PathBuf};

/// Directories that are no sources.
const NOT_OURS: [&str; 4] = ["target", ".git", "artifacts", "node_modules"];

/// A file, by its path from the top of the project.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All text files whose names end so, in the order of their paths.
pub(crate) fn files(endings: &[&str]) -> Vec<File> {
    let (root, mut found) = (root(), Vec::new());
    walk(&root, &root, endings, &mut found);
    found.sort_by(|a: &File, b| a.path.cmp(&b.path));
    assert!(found.len() > 10, "{} files in {}", found.len(), root.display());
    found
}

fn walk(root: &Path, dir: &Path, endings: &[&str], found: &mut Vec<File>) {
    for entry in fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())) {
        let (path, kind) = {
            let entry = entry.unwrap();
            (entry.path(), entry.file_type().unwrap())
        };
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if kind.is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                walk(root, &path, endings, found);
            }
        } else if kind.is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
            // A file that is no text has nothing to say here.
            if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.push(File { path, text });
            }
        }
    }
}
