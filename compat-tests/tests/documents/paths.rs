//! What a page names is there: the paths of this project, and the pages and headings behind links.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::tree::{File, files, root};

/// The top of the project: what begins so is a path of ours.
const TOPS: [&str; 9] = [
    "captures/",
    "compat-tests/",
    "docs/",
    "legacy-proto/",
    "new-daemons/",
    "scripts/",
    "tunnel-proxy/",
    "wrap-cli/",
    ".config/",
];

fn is_part_of_a_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_./@".contains(c)
}

/// Whether a word stands for many: `NAME.rs`.
fn is_a_pattern(path: &str) -> bool {
    let stands = |part: &str| part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase());
    path.split(['/', '.']).any(stands) && !path.ends_with("README.md") && !path.ends_with(".md")
}

/// The paths of ours in a line, wherever they stand.
fn paths(line: &str) -> Vec<&str> {
    let words = line.split(|c: char| !is_part_of_a_path(c)).map(|word| word.trim_end_matches(['.', '/']));
    words.filter(|word| TOPS.iter().any(|top| word.starts_with(top)) && !is_a_pattern(word)).collect()
}

/// The targets of a line's links.
fn links(line: &str) -> Vec<&str> {
    let behind = line.split("](").skip(1);
    behind.filter_map(|rest| Some(rest.split_once(')')?.0)).filter(|link| !link.contains("://")).collect()
}

/// What a link to a heading is called, by the rules of GitHub.
fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn headings(text: &str) -> BTreeSet<String> {
    let heads = text.lines().filter(|line| line.starts_with('#'));
    heads.map(|line| slug(line.trim_start_matches('#'))).collect()
}

/// A path without `..`, from the top of the project.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// Lines outside of code, each with its number.
fn prose(file: &File) -> Vec<(usize, &str)> {
    let mut code = false;
    let mut lines = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            code = !code;
        } else if !code {
            lines.push((number + 1, line));
        }
    }
    lines
}

#[test]
fn every_path_of_ours_that_a_page_names_exists() {
    let (root, mut seen) = (root(), 0);
    for file in files(&[".md"]) {
        for (number, line) in file.text.lines().enumerate() {
            for path in paths(line) {
                seen += 1;
                // Paths in a page of a crate are from there or from the top.
                let beside = root.join(&file.path).parent().unwrap().join(path);
                let there = root.join(path).exists() || beside.exists();
                assert!(there, "{}:{}: there is no {path}", file.path, number + 1);
            }
        }
    }
    assert!(seen > 100, "{seen} paths");
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    let (root, mut seen) = (root(), 0);
    for file in files(&[".md"]) {
        let here = Path::new(&file.path).parent().unwrap();
        for (number, line) in prose(&file) {
            for link in links(line) {
                seen += 1;
                let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
                let target = if path.is_empty() { file.path.clone().into() } else { plain(&here.join(path)) };
                assert!(root.join(&target).exists(), "{}:{number}: there is no {link}", file.path);
                if !anchor.is_empty() {
                    let text = std::fs::read_to_string(root.join(&target)).unwrap();
                    let known = headings(&text);
                    assert!(known.contains(anchor), "{}:{number}: no heading {link}: {known:?}", file.path);
                }
            }
        }
    }
    assert!(seen > 100, "{seen} links");
}

#[test]
fn paths_and_links_are_found_where_they_stand() {
    let line = "see `docs/bus.md`, new-daemons/event/src/lib.rs. [x](../docs/a.md#b) and docs/generated/NAME.rs, mydocs/x";
    assert_eq!(paths(line), ["docs/bus.md", "new-daemons/event/src/lib.rs"]);
    assert_eq!(links(line), ["../docs/a.md#b"]);
    assert_eq!(slug(" Services: in and out"), "services-in-and-out");
    assert_eq!(slug(" ctdb-eventd"), "ctdb-eventd");
    assert_eq!(plain(Path::new("docs/../docs/./a.md")), Path::new("docs/a.md"));
}
