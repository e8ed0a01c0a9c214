//! A file of sections and options, kept line by line: what is not edited comes out as it came in.
//!
//! Read as `tini_parse` reads it: comments only at the start of a line, `\` at its end goes on in the next one, runs of
//! blanks count as one, a `#` behind a value belongs to the value.

use std::fmt;

/// Which file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `ctdb.conf`, which C's daemons read too.
    Main,
    /// One of conf.d, which they do not.
    Part,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Each with its end.
    lines: Vec<String>,
    entries: Vec<Entry>,
}

/// Something that a file says, in one line or in several that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Number of the first line, from 1.
    pub line: usize,
    /// Number of the last line.
    pub last: usize,
    /// What it says.
    pub kind: Kind,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A section begins; what stands behind the bracket is ignored.
    Section(String),
    /// An option and its value, each without blanks around it.
    Option {
        /// Its name.
        name: String,
        /// Its value, empty when there is none.
        value: String,
    },
    /// Words without `=`, which C passes over in `ctdb.conf`.
    Words(String),
    /// C reads no further than here.
    Broken(&'static str),
}

fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{b}' | '\u{c}' | '\r')
}

/// A line without its end, with runs of blanks as the first of them.
fn squeeze(text: &mut String, line: &str) {
    for c in line.chars() {
        if !(blank(c) && text.ends_with(blank)) {
            text.push(c);
        }
    }
}

/// Takes the mark that says that the next line belongs to this one.
fn goes_on(text: &mut String) -> bool {
    let end = match text.strip_suffix(blank) {
        Some(rest) if rest.ends_with('\\') => rest.len() - 1,
        _ if text.ends_with('\\') => text.len() - 1,
        _ => return false,
    };
    text.truncate(end);
    true
}

/// One blank before and one behind are no part of a name or value.
fn trim_one(text: &str) -> &str {
    let text = text.strip_prefix(blank).unwrap_or(text);
    text.strip_suffix(blank).unwrap_or(text)
}

fn kind(text: &str) -> Kind {
    if let Some(section) = text.strip_prefix('[') {
        return match section.split_once(']') {
            Some((name, _)) => Kind::Section(name.to_owned()),
            None => Kind::Broken("the section's name has no ']' behind it"),
        };
    }
    match text.split_once('=') {
        Some(("", _)) => Kind::Broken("there is no name before the '='"),
        Some((name, value)) => {
            Kind::Option { name: trim_one(name).to_owned(), value: trim_one(value).to_owned() }
        }
        None => Kind::Words(trim_one(text).to_owned()),
    }
}

impl Document {
    /// Reads a file; nothing is refused here.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let mut entries = Vec::new();
        let mut numbered = lines.iter().zip(1..);
        while let Some((line, first)) = numbered.next() {
            let content = line.trim_end_matches('\n').trim_start_matches(blank);
            if content.is_empty() || content.starts_with(['#', ';']) {
                continue;
            }
            let (mut text, mut last) = (String::new(), first);
            squeeze(&mut text, content);
            while goes_on(&mut text) {
                let Some((line, number)) = numbered.next() else { break };
                squeeze(&mut text, line.trim_end_matches('\n'));
                last = number;
            }
            if !text.is_empty() {
                entries.push(Entry { line: first, last, kind: kind(&text) });
            }
        }
        Self { lines, entries }
    }

    /// What the file says, in its order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The options with their sections and first lines. An option before any section has an empty one.
    pub fn options(&self) -> impl Iterator<Item = (&str, &str, &str, &Entry)> {
        let mut section = "";
        self.entries.iter().filter_map(move |entry| match &entry.kind {
            Kind::Section(name) => {
                section = name;
                None
            }
            Kind::Option { name, value } => Some((section, name.as_str(), value.as_str(), entry)),
            Kind::Words(_) | Kind::Broken(_) => None,
        })
    }

    /// The value of an option: of several the last one counts.
    #[must_use]
    pub fn get(&self, section: &str, name: &str) -> Option<&str> {
        self.place(section, name).map(|(value, _)| value)
    }

    fn place(&self, section: &str, name: &str) -> Option<(&str, &Entry)> {
        let same = |(s, n, _, _): &(&str, &str, &str, &Entry)| s.eq_ignore_ascii_case(section) && *n == name;
        self.options().filter(same).last().map(|(_, _, value, entry)| (value, entry))
    }

    /// Sets an option where it stands, else at the end of its section, else in a new section at the end of the file.
    pub fn set(&mut self, section: &str, name: &str, value: &str) {
        let line = format!("\t{name} = {value}\n");
        if let Some((_, entry)) = self.place(section, name) {
            let (from, to) = (entry.line - 1, entry.last);
            self.lines.splice(from..to, [line]);
            *self = Self::parse(&self.to_string());
            return;
        }
        // A file may end in backslashes, and each of them would take in a line of what is added behind it.
        let open = self.to_string().matches('\\').count();
        let longer = |gap| self.with_line(section, &line, gap);
        let is_there = |gap| gap >= open || longer(gap).place(section, name).is_some();
        // With more empty lines than are needed it is there as well, so the least number is found by halves.
        let (mut least, mut most) = (0, 0);
        while !is_there(most) {
            least = most + 1;
            most = (2 * most + 1).min(open);
        }
        while least < most {
            let half = least.midpoint(most);
            if is_there(half) { most = half } else { least = half + 1 }
        }
        *self = longer(least);
    }

    /// Makes comments of these lines, counted from 1.
    pub fn comment_out(&mut self, lines: impl IntoIterator<Item = usize>) {
        for line in lines {
            if let Some(text) = line.checked_sub(1).and_then(|index| self.lines.get_mut(index)) {
                text.insert_str(0, "# ");
            }
        }
        *self = Self::parse(&self.to_string());
    }

    /// The same with one more line at the end of a section, behind so many empty ones.
    fn with_line(&self, section: &str, line: &str, gap: usize) -> Self {
        let mut lines = self.lines.clone();
        let mut inside = false;
        let mut end = None;
        for entry in &self.entries {
            if let Kind::Section(name) = &entry.kind {
                inside = name.eq_ignore_ascii_case(section);
            }
            if inside {
                end = Some(entry.last);
            }
        }
        if let Some(last) = lines.last_mut()
            && !last.ends_with('\n')
        {
            last.push('\n');
        }
        let gap = "\n".repeat(gap);
        match end {
            Some(end) => lines.insert(end, format!("{gap}{line}")),
            None => {
                let apart = if lines.is_empty() { "" } else { "\n" };
                lines.extend([format!("{gap}{apart}[{section}]\n"), line.to_owned()]);
            }
        }
        Self::parse(&lines.concat())
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| f.write_str(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn options(text: &str) -> Vec<(String, String, String, usize)> {
        let document = Document::parse(text);
        let owned = document.options();
        owned.map(|(s, n, v, e)| (s.to_owned(), n.to_owned(), v.to_owned(), e.line)).collect()
    }

    #[test]
    fn a_value_is_all_behind_the_first_equals_sign_with_single_blanks() {
        let text = "# note\n\n[logging]\n\tlocation   =  file:/a#1.log \t x = y\n; note\n log\tlevel=NOTICE # no comment\n";
        let expected = [
            ("logging", "location", "file:/a#1.log x = y", 4),
            ("logging", "log\tlevel", "NOTICE # no comment", 6),
        ];
        let expected = expected.map(|(s, n, v, l)| (s.to_owned(), n.to_owned(), v.to_owned(), l));
        assert_eq!(options(text), expected);
    }

    #[test]
    fn a_line_that_ends_in_a_backslash_goes_on() {
        let found = options("[a]\nx = 1 \\\n  2\\ \n3\ny = 4\\");
        assert_eq!(found[0], ("a".into(), "x".into(), "1 23".into(), 2), "{found:?}");
        assert_eq!(found[1], ("a".into(), "y".into(), "4".into(), 5), "{found:?}");
    }

    #[test]
    fn what_c_cannot_read_and_what_it_passes_over_is_kept_apart() {
        let kinds: Vec<Kind> = Document::parse("[cluster\n= x\nwords only\n[a] rest\n")
            .entries
            .into_iter()
            .map(|e| e.kind)
            .collect();
        assert!(
            matches!(kinds[..], [Kind::Broken(_), Kind::Broken(_), Kind::Words(_), Kind::Section(_)]),
            "{kinds:?}"
        );
    }

    #[test]
    fn options_are_set_in_place_in_their_section_or_in_a_new_one() {
        let mut document = Document::parse("# top\n[Cluster]\n\tcluster lock = a \\\n\t b\n# end\n[event]\n");
        document.set("cluster", "cluster lock", "/lock");
        document.set("cluster", "leader timeout", "7");
        document.set("legacy", "start as stopped", "true");
        assert_eq!(
            document.to_string(),
            "# top\n[Cluster]\n\tcluster lock = /lock\n\tleader timeout = 7\n# end\n[event]\n\n[legacy]\n\tstart as stopped = true\n"
        );
        assert_eq!(document.get("CLUSTER", "leader timeout"), Some("7"));
    }

    #[test]
    fn what_is_commented_out_says_nothing_and_the_rest_stays() {
        let mut document = Document::parse("[a]\nx = 1 \\\n 2\ny = 3\n");
        document.comment_out([2, 3, 9, 0]);
        assert_eq!(document.to_string(), "[a]\n# x = 1 \\\n#  2\ny = 3\n");
        assert_eq!((document.get("a", "x"), document.get("a", "y")), (None, Some("3")));
    }

    #[test]
    fn backslashes_at_the_end_of_a_file_do_not_take_in_what_is_added() {
        for text in ["=\\\\", "[new section]\n\ta = b\\", "[new section] \\ \\\\", "a = b\\\n\\\\\\ "] {
            let mut document = Document::parse(text);
            document.set("new section", "an option", "value");
            assert_eq!(document.get("new section", "an option"), Some("value"), "{text:?}");
            assert!(document.to_string().starts_with(text));
            let one_by_one =
                |gap| Document::parse(text).with_line("new section", "\tan option = value\n", gap);
            let least = (0..).map(one_by_one).find(|longer| longer.get("new section", "an option").is_some());
            assert_eq!(Some(document), least, "no more empty lines than it takes");
        }
    }

    #[test]
    fn very_many_backslashes_at_the_end_of_a_file_are_not_tried_one_by_one() {
        // Were they, each time the file would be read anew, and this would take hours.
        let mut document = Document::parse(&format!("a = b{}", "\\".repeat(60_000)));
        document.set("new section", "an option", "value");
        assert_eq!(document.get("new section", "an option"), Some("value"));
    }

    proptest! {
        #[test]
        fn what_is_not_edited_comes_out_as_it_came_in(text in "(?s)([\\[\\]=#; \t\\\\\na-z]|.){0,200}") {
            let document = Document::parse(&text);
            prop_assert_eq!(document.to_string(), text);
            let lines = document.lines.len();
            prop_assert!(document.entries.iter().all(|e| e.line >= 1 && e.line <= e.last && e.last <= lines));
        }

        #[test]
        fn what_was_set_is_there(text in "(?s)[\\[\\]=#; \t\\\\\na-z]{0,80}", value in "[a-z]{1,9}") {
            let mut document = Document::parse(&text);
            document.set("new section", "an option", &value);
            prop_assert_eq!(document.get("new section", "an option"), Some(value.as_str()));
        }
    }
}
