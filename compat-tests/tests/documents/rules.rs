//! The rules in `docs/rules`: each id stands once, whoever cites one means one that exists, and the rules of what this project
//! carries out today are shown by a test or waived with a reason.
//!
//! A rule is cited by its id in any text (`VAC-07`), or in a name (`a_second_start_is_refused_cli_02`). What stands in a file of
//! tests, or behind `#[cfg(test)]`, is a citation by a test.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{File, files};

/// The prefixes of all rules; each has a file of its own.
const PREFIXES: [&str; 16] = [
    "REC", "MIG", "RO", "VAC", "RCV", "FRZ", "TXN", "DB", "LDR", "NODE", "IP", "EVT", "NET", "CLI", "HOST",
    "DEF",
];

/// The subjects that this project carries out today: whoever takes over another one adds it here.
const CARRIED_OUT: [&str; 4] = ["EVT", "CLI", "NET", "HOST"];

const WAIVED: &str = "docs/rules/waived.txt";

/// Where an id stands.
#[derive(Debug)]
struct Place {
    id: String,
    file: String,
    line: usize,
    by_test: bool,
}

fn is_id(prefix: &str, digits: &str) -> bool {
    PREFIXES.contains(&prefix) && digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The ids in a text: `EVT-07`.
fn spelled(line: &str) -> Vec<String> {
    let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let id = |word: &str| {
        let (prefix, digits) = word.split_once('-')?;
        is_id(prefix, digits).then(|| word.to_owned())
    };
    words.filter_map(id).collect()
}

/// The ids in names: `host_01_02_net_05` is three.
fn named(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|name| name.contains('_'))
    {
        let mut prefix = None;
        for part in name.split('_') {
            let upper = part.to_ascii_uppercase();
            if part == part.to_ascii_lowercase() && PREFIXES.contains(&upper.as_str()) {
                prefix = Some(upper);
            } else if let Some(prefix) = prefix.as_deref().filter(|prefix| is_id(prefix, part)) {
                found.push(format!("{prefix}-{part}"));
            } else {
                prefix = None;
            }
        }
    }
    found
}

/// Whether a whole file is one of tests.
fn is_of_tests(path: &str) -> bool {
    let folders = ["compat-tests/", "new-daemons/simulation/"];
    path.contains("/tests/")
        || path.ends_with("/tests.rs")
        || path.contains("/fuzz/")
        || folders.iter().any(|folder| path.starts_with(folder))
}

fn citations(file: &File) -> Vec<Place> {
    let mut by_test = is_of_tests(&file.path);
    let mut places = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        by_test |= line == "#[cfg(test)]";
        for id in spelled(line).into_iter().chain(named(line)) {
            places.push(Place { id, file: file.path.clone(), line: number + 1, by_test });
        }
    }
    places
}

/// What code, tests, scripts and pages say about rules. The rules themselves point to one another, too.
fn cited() -> Vec<Place> {
    let all = files(&[".rs", ".py", ".x", ".sh", ".md", ".toml", ".script", ".txt"]);
    // The waivers are judged by themselves.
    all.iter().filter(|file| file.path != WAIVED).flat_map(citations).collect()
}

/// id -> the places where the rules define it: `**EVT-07**` at the begin of a line, or the first cell of a row.
fn defined() -> BTreeMap<String, Vec<String>> {
    let mut defined = BTreeMap::<String, Vec<String>>::new();
    for file in files(&[".md"]).iter().filter(|file| file.path.starts_with("docs/rules/")) {
        for (number, line) in file.text.lines().enumerate() {
            let head = line.strip_prefix("**").and_then(|rest| Some(rest.split_once("** ")?.0));
            let cell = line.strip_prefix("| ").and_then(|rest| Some(rest.split_once(" |")?.0));
            if let Some(id) = head.or(cell).filter(|id| spelled(id) == [*id]) {
                defined.entry(id.to_owned()).or_default().push(format!("{}:{}", file.path, number + 1));
            }
        }
    }
    defined
}

/// id -> why no test shows it.
fn waived() -> BTreeMap<String, String> {
    let list = files(&[".txt"]).into_iter().find(|file| file.path == WAIVED).expect("the list of waivers");
    let mut waived = BTreeMap::new();
    for (number, line) in list.text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (id, why) =
            line.split_once(": ").unwrap_or_else(|| panic!("{WAIVED}:{}: write ID: why", number + 1));
        assert!(why.len() >= 20, "{WAIVED}:{}: {why:?} is no reason", number + 1);
        let twice = waived.insert(id.to_owned(), why.to_owned());
        assert!(twice.is_none(), "{WAIVED}:{}: {id} stands twice", number + 1);
    }
    waived
}

fn prefix(id: &str) -> &str {
    id.split('-').next().unwrap_or_default()
}

#[test]
fn every_rule_stands_once_and_in_the_file_of_its_prefix() {
    let defined = defined();
    for (id, places) in &defined {
        let file = format!("docs/rules/{}.md:", prefix(id).to_lowercase());
        assert!(places.len() == 1 && places[0].starts_with(&file), "{id}: {places:?}");
    }
    for prefix in PREFIXES {
        let numbers: Vec<&String> = defined.keys().filter(|id| self::prefix(id) == prefix).collect();
        assert!(numbers.len() >= 18, "{prefix}: {numbers:?}");
    }
}

#[test]
fn every_rule_that_is_cited_exists() {
    let defined = defined();
    let places = cited();
    let unknown: Vec<String> = places
        .iter()
        .filter(|place| !defined.contains_key(&place.id))
        .map(|place| format!("{}:{}: {}", place.file, place.line, place.id))
        .collect();
    assert!(unknown.is_empty(), "no such rules: {unknown:#?}");
    assert!(places.iter().filter(|place| !place.file.starts_with("docs/")).count() > 150, "{}", places.len());
}

#[test]
fn every_rule_of_what_is_carried_out_is_shown_by_a_test_or_waived_with_a_reason() {
    let (defined, waived, places) = (defined(), waived(), cited());
    let shown: BTreeSet<&str> = places.iter().filter(|place| place.by_test).map(|place| &*place.id).collect();
    let due = defined.keys().filter(|id| CARRIED_OUT.contains(&prefix(id)));
    let missing: Vec<&String> =
        due.filter(|id| !shown.contains(id.as_str()) && !waived.contains_key(*id)).collect();
    assert!(missing.is_empty(), "cited by no test, and not waived in {WAIVED}: {missing:?}");
}

#[test]
fn what_is_waived_exists_is_due_and_is_cited_nowhere() {
    let (defined, waived) = (defined(), waived());
    let places = cited();
    let cited = |id: &str| places.iter().find(|place| place.id == id && !place.file.starts_with("docs/"));
    for id in waived.keys() {
        assert!(defined.contains_key(id), "{id} is waived and does not exist");
        assert!(CARRIED_OUT.contains(&prefix(id)), "{id} is waived and nobody asks for it");
        if let Some(Place { file, line, .. }) = cited(id) {
            panic!("{id} is waived, but {file}:{line} cites it: take the waiver away");
        }
    }
}

#[test]
fn ids_are_seen_in_texts_and_in_names_and_nowhere_else() {
    let text = "// EVT-07, (HOST-40); `RCV-34`'s, EVT-7, EVT-007, XEVT-07, EVT-07-1, UTF-16, ISO-88";
    assert_eq!(spelled(text), ["EVT-07", "HOST-40", "RCV-34"]);
    assert_eq!(
        named("fn host_01_02_net_05() { evt_09_the_end }"),
        ["HOST-01", "HOST-02", "NET-05", "EVT-09"]
    );
    assert_eq!(named("db_size ip_1 EVT_07 evt07 net_5_05 node_0_07 cli_03"), ["CLI-03"]);
    let half = "fn f() {} // REC-01\n#[cfg(test)]\nmod tests { // REC-02\n}";
    let file = |path: &str| File { path: path.to_owned(), text: half.to_owned() };
    let by_test = |path: &str| citations(&file(path)).iter().map(|place| place.by_test).collect::<Vec<_>>();
    assert_eq!(by_test("crate/src/lib.rs"), [false, true]);
    assert_eq!(by_test("crate/tests/all.rs"), [true, true]);
}
