//! What cargo makes of the tests of each crate: one program of the files below `tests`, and nothing that is in none.
//!
//! A program of tests costs a link of all that the crate stands on, so a crate has one, whose `main.rs` names the files.
//! Cargo looks for no others then, and a file that nobody names would be a test that never runs. Where a manifest says that
//! there are no tests or examples in a target (`test = false`, `doctest = false`), there must be none.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cargo_metadata::{Package, TargetKind};

use crate::crate_graph::{metadata, root};

/// Programs that have to be apart with plain cargo too: one wants the machine for itself, one its process.
const APART: [&str; 2] = ["hundred_thousand", "limits"];

/// The main files of the test programs of a crate.
fn programs(package: &Package) -> Vec<(&str, &Path)> {
    let tests = package.targets.iter().filter(|target| target.kind.contains(&TargetKind::Test));
    tests.map(|target| (target.name.as_str(), target.src_path.as_std_path())).collect()
}

fn sources(dir: &Path, found: &mut BTreeSet<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.insert(path);
        }
    }
}

/// The files that a file names: `mod name;`, with `#[path]` or without.
fn named(file: &Path, is_main: bool) -> Vec<PathBuf> {
    let dir = file.parent().unwrap();
    let owns_dir = is_main || file.file_name().is_some_and(|name| name == "mod.rs");
    let below = if owns_dir { dir.to_owned() } else { file.with_extension("") };
    let text = std::fs::read_to_string(file).unwrap();
    let (mut files, mut path) = (Vec::new(), None);
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("#[path = \"") {
            path = rest.strip_suffix("\"]").map(|at| dir.join(at));
        }
        let words = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ").strip_prefix("mod ");
        let Some(name) = words.and_then(|rest| rest.strip_suffix(';')) else { continue };
        let places = [below.join(format!("{name}.rs")), below.join(name).join("mod.rs")];
        files.extend(path.take().or_else(|| places.into_iter().find(|place| place.exists())));
    }
    files.into_iter().map(|file| file.canonicalize().unwrap()).collect()
}

/// All files that are compiled with a program.
fn reached(main: &Path) -> BTreeSet<PathBuf> {
    let main = main.canonicalize().unwrap();
    let (mut seen, mut next) = (BTreeSet::from([main.clone()]), vec![main.clone()]);
    while let Some(file) = next.pop() {
        next.extend(named(&file, file == main).into_iter().filter(|found| seen.insert(found.clone())));
    }
    seen
}

#[test]
fn a_crate_has_one_program_of_tests_and_those_that_must_be_apart() {
    for package in metadata().workspace_packages() {
        let programs = programs(package);
        let together: Vec<_> = programs.iter().filter(|(name, _)| !APART.contains(name)).collect();
        assert!(together.len() <= 1, "{} has {together:?}", package.name);
    }
}

#[test]
fn no_file_of_tests_is_left_out_of_the_programs() {
    let mut seen = 0;
    for package in metadata().workspace_packages() {
        let dir = package.manifest_path.parent().unwrap().as_std_path().join("tests");
        let mut all = BTreeSet::new();
        sources(&dir, &mut all);
        seen += all.len();
        let reached: BTreeSet<PathBuf> =
            programs(package).into_iter().flat_map(|(_, main)| reached(main)).collect();
        let left: Vec<_> = all.iter().filter(|file| !reached.contains(*file)).collect();
        assert!(left.is_empty(), "in no program (`mod` in tests/main.rs): {left:#?}");
    }
    assert!(seen > 100, "{seen} files below {}", root().display());
}

#[test]
fn a_target_that_is_not_tested_has_no_tests() {
    let mut off = 0;
    for package in metadata().workspace_packages() {
        for target in package.targets.iter().filter(|target| !target.test && !target.is_custom_build()) {
            off += 1;
            for file in reached(target.src_path.as_std_path()) {
                let text = std::fs::read_to_string(&file).unwrap();
                assert!(
                    !text.contains("#[cfg(test)]"),
                    "test = false in {}: {}",
                    package.name,
                    file.display()
                );
            }
        }
    }
    assert!(off > 5, "{off} targets");
}

#[test]
fn a_library_whose_examples_are_not_run_has_none() {
    for package in metadata().workspace_packages() {
        for target in package.targets.iter().filter(|target| target.is_lib() && !target.doctest) {
            for file in reached(target.src_path.as_std_path()) {
                let text = std::fs::read_to_string(&file).unwrap();
                let doc = |line: &str| {
                    let line = line.trim_start();
                    line.strip_prefix("///").or(line.strip_prefix("//!")).map(|doc| doc.trim().to_owned())
                };
                let mut fences = text.lines().filter_map(doc).filter(|doc| doc.starts_with("```"));
                while let Some(begun) = fences.next() {
                    assert_eq!(begun, "```text", "doctest = false in {}: {}", package.name, file.display());
                    fences.next();
                }
            }
        }
    }
}
