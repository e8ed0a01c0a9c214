//! Colours of a table on a terminal: its head, and the words that say how a node is.

/// Words that are well, and the rest of those that nodes are described with.
const WELL: [&str; 3] = ["OK", "OK:", "alive"];
const ILL: [&str; 10] = [
    "DISCONNECTED",
    "UNKNOWN",
    "BANNED",
    "UNHEALTHY",
    "STOPPED",
    "INACTIVE",
    "NOT",
    "RECOVERY",
    "INVALID",
    "TIMEDOUT",
];
const DOUBTFUL: [&str; 2] = ["DISABLED", "PARTIALLYONLINE"];

const GREEN: &str = "32";
const RED: &str = "31";
const YELLOW: &str = "33";
const BOLD: &str = "1";

fn color(word: &str) -> Option<&'static str> {
    let is = |known: &[&str]| word.split('|').any(|part| known.contains(&part));
    if is(&ILL) {
        Some(RED)
    } else if is(&DOUBTFUL) {
        Some(YELLOW)
    } else if is(&WELL) {
        Some(GREEN)
    } else {
        None
    }
}

/// The same text with colours; nothing else is changed, and no width on the screen.
pub(crate) fn paint(text: &str) -> String {
    let mut painted = String::with_capacity(text.len() + 64);
    for line in text.split_inclusive('\n') {
        let is_head = line.trim().chars().any(char::is_alphabetic)
            && line.chars().all(|c| c.is_ascii_uppercase() || matches!(c, ' ' | '/' | '\n'));
        if is_head {
            paint_one(&mut painted, line.trim_end_matches('\n'), BOLD);
            painted.push('\n');
            continue;
        }
        for word in line.split_inclusive([' ', '\n', ';', ',']) {
            let bare = word.trim_end_matches([' ', '\n', ';', ',']);
            match color(bare) {
                Some(color) => paint_one(&mut painted, bare, color),
                None => painted.push_str(bare),
            }
            painted.push_str(&word[bare.len()..]);
        }
    }
    painted
}

fn paint_one(out: &mut String, text: &str, color: &str) {
    out.extend(["\x1b[", color, "m", text, "\x1b[0m"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_bold_and_states_have_the_colour_of_their_worst_word() {
        let table = "PNN  ADDRESS   STATE\n  0  10.0.0.1  OK        (this node)\n  1  10.0.0.2  DISABLED\n  2  10.0.0.3  STOPPED|INACTIVE\n";
        assert_eq!(
            paint(table),
            "\x1b[1mPNN  ADDRESS   STATE\x1b[0m\n  0  10.0.0.1  \x1b[32mOK\x1b[0m        (this node)\n  \
             1  10.0.0.2  \x1b[33mDISABLED\x1b[0m\n  2  10.0.0.3  \x1b[31mSTOPPED|INACTIVE\x1b[0m\n"
        );
        assert_eq!(paint("nothing of that\n"), "nothing of that\n");
    }
}
