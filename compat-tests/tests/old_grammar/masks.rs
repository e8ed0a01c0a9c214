//! What may differ between two runs of one tool, and so between two tools: the table of masks, each with its reason.
//!
//! Everything else is compared byte for byte. A mask hides as little as it can: the place stays, what is in it goes.

/// What is hidden, and why it changes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mask {
    /// Nothing is hidden.
    Exact,
    /// `ping` measures time and counts clients, which others may be too: the numbers behind `time=` and the bracket.
    PingTime,
    /// `uptime` tells the time of day and spans up to it; the generation of a cluster is drawn by lot.
    Clock,
    /// Counters count the question itself, and the heartbeat of the cluster: every number, with the blanks before it.
    Counters,
    /// ctdbd's memory moves with every packet: only the words of each line, without sizes and addresses.
    Memory,
    /// A number of a process that was made up for the run.
    Digits,
}

impl Mask {
    /// The bytes without what changes by itself.
    pub(crate) fn hide(self, text: &[u8]) -> String {
        let text = String::from_utf8_lossy(text).into_owned();
        match self {
            Self::Exact => text,
            Self::PingTime => hide_after(&hide_after(&text, "time="), "  ("),
            Self::Clock => clock(&text),
            Self::Counters => numbers(&text, true),
            Self::Digits => numbers(&text, false),
            Self::Memory => memory(&text),
        }
    }
}

fn is_number(c: char) -> bool {
    c.is_ascii_digit() || c == '.'
}

fn hide_after(text: &str, before: &str) -> String {
    match text.split_once(before) {
        Some((head, tail)) => format!("{head}{before}#{}", tail.trim_start_matches(is_number)),
        None => text.to_owned(),
    }
}

/// A time of day, and the date around it, are `hh:mm:ss` and the day of the month.
fn clock(text: &str) -> String {
    text.split_inclusive('\n').map(|line| numbers(line, false)).collect()
}

/// Every run of digits, and if wanted the blanks before it, as one mark.
fn numbers(text: &str, blanks: bool) -> String {
    let mut hidden = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (head, tail) = rest.split_at(at);
        hidden.push_str(if blanks { head.trim_end_matches(' ') } else { head });
        hidden.push('#');
        rest = tail.trim_start_matches(is_number);
    }
    hidden + rest
}

/// Which kinds of things there are at the top: the rest comes and goes.
fn memory(text: &str) -> String {
    let top = text.lines().filter(|line| !line.starts_with("    "));
    let mut kinds: Vec<&str> = top.filter_map(|line| line.split_ascii_whitespace().next()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.join("\n")
}

#[test]
fn masks_hide_what_they_say_and_no_more() {
    assert_eq!(
        Mask::PingTime.hide(b"from 0 time=0.01 sec  (2 clients)\n"),
        "from 0 time=# sec  (# clients)\n"
    );
    assert_eq!(Mask::Counters.hide(b" frozen          10\n a 0.5/1.5 sec\n"), " frozen#\n a#/# sec\n");
    assert_eq!(Mask::Clock.hide(b"Sun Nov  1 13:46:59 2026\n"), "Sun Nov  # #:#:# #\n");
    assert_eq!(Mask::Exact.hide(b"1 2"), "1 2");
}
