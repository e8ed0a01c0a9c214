//! A history as text: read back as it was written; cut off or changed, it is no history.

use judge::history::{Source, merge};
use judge::{History, Unreadable};

use crate::story::good;

fn text() -> String {
    let mut text = Vec::new();
    good().history().write(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn a_history_is_read_as_it_was_written() {
    let again = History::read(text().as_bytes()).unwrap();
    assert_eq!((again.header, again.lines), (good().header, good().lines));
}

#[test]
fn a_history_that_is_cut_off_anywhere_is_never_judged() {
    let text = text();
    for cut in 0..text.len() {
        assert!(History::read(&text.as_bytes()[..cut]).is_err(), "cut at {cut} of {}", text.len());
    }
}

#[test]
fn lines_that_are_missing_doubled_or_in_another_order_are_told() {
    let text = text();
    let lines: Vec<&str> = text.lines().collect();
    let whole = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let mut missing = lines.clone();
    missing.remove(lines.len() / 2);
    let error = History::read(whole(&missing).as_bytes()).unwrap_err();
    assert!(matches!(error, Unreadable::Count { .. } | Unreadable::Contradiction { .. }), "{error}");
    let mut swapped = lines.clone();
    swapped.swap(20, lines.len() - 3);
    let error = History::read(whole(&swapped).as_bytes()).unwrap_err();
    assert!(matches!(error, Unreadable::Contradiction { .. }), "{error}");
    let mut more = lines;
    more.push("{}");
    let error = History::read(whole(&more).as_bytes()).unwrap_err();
    assert!(matches!(error, Unreadable::Behind(_)), "{error}");
}

#[test]
fn words_and_versions_that_nobody_knows_are_told_with_their_line() {
    let wrong = |from: &str, to: &str| {
        let text = text().replacen(from, to, 1);
        History::read(text.as_bytes()).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(
        wrong("\"history\":1", "\"history\":2"),
        "the history has version 2, this judge reads version 1"
    );
    assert!(wrong("\"ev\":\"phase\"", "\"ev\":\"faze\"").contains("unknown variant `faze`"));
    assert!(wrong("\"node\":2", "\"node\":3").ends_with("there is no node 3"));
    assert_eq!(History::read(&b""[..]).unwrap_err().to_string(), "the history is empty");
}

#[test]
fn the_torn_line_of_a_killed_process_is_left_out_and_of_any_other_is_an_error() {
    let history = good().history();
    let lines: Vec<String> =
        history.lines.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect();
    let (first, second) = lines.split_at(lines.len() / 2);
    let source = |lines: &[String], torn: &str, killed| Source { text: lines.concat() + torn, killed };
    let torn = [source(second, "{\"t\":99", true), source(first, "", false)];
    assert_eq!(merge(history.header.clone(), &torn).unwrap().lines, history.lines);
    let torn = [source(second, "{\"t\":99", false), source(first, "", false)];
    assert!(matches!(merge(history.header, &torn), Err(Unreadable::CutOff)));
}
