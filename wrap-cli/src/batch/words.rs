//! A line cut into words, as a shell does: blanks part them, quotes hold them together, `#` begins a remark.
//!
//! Single quotes keep everything, double quotes all but `\\` and `"` behind a backslash; outside of quotes a backslash
//! takes the meaning of the next character. Nothing is expanded.

/// Why a line cannot be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WordsError {
    /// A quotation has no end.
    #[error("the {0} quote that was opened is not closed")]
    Open(&'static str),
    /// Nothing is behind a backslash.
    #[error("there is nothing behind the backslash at the end")]
    Backslash,
}

/// Cuts a line.
pub(crate) fn split(line: &str) -> Result<Vec<String>, WordsError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '#' if word.is_none() => break,
            '\'' => quoted(&mut chars, '\'', word.get_or_insert_default())?,
            '"' => quoted(&mut chars, '"', word.get_or_insert_default())?,
            '\\' => word.get_or_insert_default().push(chars.next().ok_or(WordsError::Backslash)?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(chars: &mut std::str::Chars<'_>, quote: char, word: &mut String) -> Result<(), WordsError> {
    let open = WordsError::Open(if quote == '"' { "double" } else { "single" });
    loop {
        match chars.next().ok_or(open)? {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => match chars.next().ok_or(open)? {
                c @ ('\\' | '"') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_cut_as_a_shell_does() {
        let cut = |line: &str| split(line).unwrap();
        assert_eq!(cut("  node\tping  -n 1 "), ["node", "ping", "-n", "1"]);
        assert_eq!(cut("set 'a b' \"c 'd'\" e\\ f"), ["set", "a b", "c 'd'", "e f"]);
        assert_eq!(cut(r#""a\"b\\c\d" ''"#), [r#"a"b\c\d"#, ""]);
        assert_eq!(cut("# all of it"), [""; 0]);
        assert_eq!(cut("ping # the rest"), ["ping"]);
        assert_eq!(cut("a#b '#c'"), ["a#b", "#c"]);
        assert_eq!(cut("a'b'\"c\"d"), ["abcd"]);
    }

    #[test]
    fn what_has_no_end_is_an_error() {
        assert_eq!(split("a 'b"), Err(WordsError::Open("single")));
        assert_eq!(split("a \"b\\"), Err(WordsError::Open("double")));
        assert_eq!(split("a\\"), Err(WordsError::Backslash));
    }

    proptest! {
        #[test]
        fn a_word_in_single_quotes_comes_back(words in proptest::collection::vec("[^']*", 0..5)) {
            let line = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(split(&line).unwrap(), words);
        }

        #[test]
        fn no_line_is_a_panic(line in ".*") {
            let _either = split(&line);
        }
    }
}
