//! Files of shell variables: what they say for certain, and what they may do besides.

use super::*;
use proptest::prelude::*;

fn told(text: &str) -> Vec<String> {
    let script = read(text);
    let mut told: Vec<String> = script
        .steps
        .iter()
        .map(|step| {
            let within = step.within.map(|w| format!(" in {} of {}", w.word, w.line)).unwrap_or_default();
            let what = match &step.what {
                What::Set(name, Some(value)) => format!("{name}={value}"),
                What::Set(name, None) => format!("{name}=?"),
                What::Unset(name) => format!("-{name}"),
                What::End => "end".into(),
                What::Run(word) => format!("run {word}"),
            };
            format!("{}: {what}{within}", step.line)
        })
        .collect();
    told.extend(script.broken.map(|(line, why)| format!("{line}! {why}")));
    told
}

#[test]
fn values_are_those_of_the_shell() {
    for (text, wanted) in [
        ("X=a", "X=a"),
        ("X='a b'", "X=a b"),
        ("X=\"a 'b'\"\\ c", "X=a 'b' c"),
        ("X=\"a\\b\\\"\"", "X=a\\b\""),
        ("X=a # b", "X=a"),
        ("X=a#b", "X=a#b"),
        ("X=", "X="),
        ("export X=a", "X=a"),
        ("X=$x", "X=?"),
        ("X='$x'", "X=$x"),
        ("X=`rm -f a;b`", "X=?"),
        ("X=\"${x:-a b}\"", "X=?"),
        ("X=$(a (b) ')')", "X=?"),
        ("X=a \\\n", "X=a"),
        ("X=a\\\nb", "X=ab"),
        ("X=a >/dev/null", "X=a"),
    ] {
        assert_eq!(told(text), [format!("1: {wanted}")], "{text}");
    }
    assert_eq!(told("X=a Y=b; Z=c"), ["1: X=a", "1: Y=b", "1: Z=c"]);
    assert_eq!(
        told("X=a prog\nprog X=b\n. /x\nX = a\nX+=a"),
        ["1: X=?", "2: run prog", "3: run .", "4: run X", "5: run X+=a"]
    );
    assert_eq!(told("X='a\nb'\nY=c"), ["1: X=a\nb", "3: Y=c"]);
}

#[test]
fn what_is_not_done_in_any_case_is_told_apart() {
    assert_eq!(
        told("if false; then\nX=9\nfi\nY=1"),
        ["1: run false in if of 1", "2: X=9 in if of 1", "4: Y=1"]
    );
    assert_eq!(
        told("if [ \"$(hostname)\" = a ]; then X=1; elif b; then\n  X=2\nelse X=3; fi; Y=4"),
        [
            "1: run [ in if of 1",
            "1: X=1 in if of 1",
            "1: run b in if of 1",
            "2: X=2 in if of 1",
            "2: X=3 in if of 1",
            "3: Y=4",
        ]
        .map(|line| line.replace("2: X=3", "3: X=3"))
    );
    assert_eq!(
        told("case `hostname` in\na|b) X=1;;\n(c) X=2\n;;\n*)\n X=3;;\nesac\nY=1"),
        ["2: X=1 in case of 1", "3: X=2 in case of 1", "6: X=3 in case of 1", "8: Y=1"]
    );
    assert_eq!(
        told("case x in a|b) X=1;; c) X=2; esac; Y=1"),
        ["1: X=1 in case of 1", "1: X=2 in case of 1", "1: Y=1"]
    );
    assert_eq!(
        told("f() {\n X=1\n}\nfunction g {\nX=2\n}\nh ( )\n{\nX=3; }\nY=1"),
        ["2: X=1 in a function of 1", "5: X=2 in a function of 4", "9: X=3 in a function of 8", "10: Y=1"]
    );
    assert_eq!(
        told("for i in 1 2; do X=$i; done\nwhile a\ndo X=1\ndone\n(X=2)\n{ X=3; }"),
        [
            "1: X=? in for of 1",
            "2: run a in while of 2",
            "3: X=1 in while of 2",
            "5: X=2 in ( of 5",
            "6: X=3"
        ]
    );
    assert_eq!(
        told("a && X=1\na || X=2\na ||\n\nX=3\nX=4 | b\nX=5 &\nX=6"),
        [
            "1: run a",
            "1: X=1 in && of 1",
            "2: run a",
            "2: X=2 in || of 2",
            "3: run a",
            "5: X=3 in || of 5",
            "6: X=4 in | of 6",
            "6: run b in | of 6",
            "7: X=5 in & of 7",
            "8: X=6",
        ]
    );
    assert_eq!(
        told("cat <<END >/x <<-'E F'\nX=1\nEND\n\tX=2\n\tE F\nX=3\n"),
        [
            "1: run cat",
            "2: X=? in a text for a program of 1",
            "4: X=? in a text for a program of 3",
            "6: X=3"
        ]
    );
    assert_eq!(told("X=1\nunset X Y\nexit 0\nX=2"), ["1: X=1", "2: -X", "2: -Y", "3: end", "4: X=2"]);
}

#[test]
fn what_is_never_closed_is_told_with_the_line_where_it_begins() {
    for (text, wanted) in [
        ("X=1\nif a\nthen X=2\n", "2! 'if' without 'fi'"),
        ("X='a\nY=1\n", "1! a quotation mark is never closed"),
        ("X=\"a", "1! a quotation mark is never closed"),
        ("\nX=$(a\n", "2! a '$(' is never closed"),
        ("X=${a", "1! a '}' is never closed"),
        ("fi\n", "1! 'fi' without what it ends"),
        ("for i in a\ndo b\n", "1! 'for' without 'done'"),
        ("if a; then b; done", "1! 'done' without what it ends"),
        (")", "1! a ')' without '('"),
    ] {
        let told = told(text);
        assert_eq!(told.last().map(String::as_str), Some(wanted), "{text}: {told:?}");
    }
}

#[test]
fn a_file_is_of_this_form_by_what_stands_in_it() {
    assert!(is_shell("# x\n export CTDB_RECOVERY_LOCK=/x/l\nCTDB_MANAGES_NFS=yes\n"));
    for text in ["", "# CTDB_X=1\n", "[cluster]\nCTDB_X=1\n", "root:x:0:0::/:/bin/sh\n", "CTDB_X = 1\n"] {
        assert!(!is_shell(text), "{text}");
    }
}

proptest! {
    #[test]
    fn whatever_stands_there_it_is_read_to_its_end(text in "(?s)(if |fi|case x in|esac|X=1|<<E|\n|;|[(){}'\"`$&|\\\\]|.){0,60}") {
        let lines = text.split('\n').count();
        let script = read(&text);
        prop_assert!(script.steps.iter().all(|step| (1..=lines).contains(&step.line)));
        prop_assert!(script.broken.is_none_or(|(line, _)| (1..=lines).contains(&line)));
    }
}
