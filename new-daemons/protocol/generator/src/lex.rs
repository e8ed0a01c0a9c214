//! The words of a `.x` file, read with nom: names, numbers, signs, and the comments that say something.
//!
//! `/** */` documents what follows, `/*! */` the file, `/*= T */` says what an opaque holds; other comments and lines
//! that begin with `%` are passed over, except `%#include "NAME.h"`. Whatever the words mean is for the parser.

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_till, take_until, take_while, take_while1};
use nom::character::complete::{char, multispace1, one_of};
use nom::combinator::{consumed, map, opt, recognize, value};
use nom::sequence::{delimited, pair, preceded};
use nom::{IResult, Parser};

use crate::error::{Error, Problem};

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Word(String),
    Number(i64),
    Sign(char),
    Doc(Vec<String>),
    FileDoc(Vec<String>),
    Holds(String),
    Include(String),
    End,
}

impl Token {
    /// For messages.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Word(word) => format!("`{word}`"),
            Self::Number(n) => format!("`{n}`"),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::Doc(_) => "a comment /** */".to_owned(),
            Self::FileDoc(_) => "a comment /*! */".to_owned(),
            Self::Holds(_) => "a comment /*= */".to_owned(),
            Self::Include(_) => "%#include".to_owned(),
            Self::End => "the end of the file".to_owned(),
        }
    }
}

/// Where something stands, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

fn place(text: &str, rest: &str) -> Place {
    let before = &text[..text.len() - rest.len()];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Place { line, column }
}

/// The lines of a comment without the stars and blanks at their edges.
fn lines(comment: &str) -> Vec<String> {
    let strip = |line: &str| line.trim().trim_start_matches('*').trim().to_owned();
    let mut lines: Vec<String> = comment.lines().map(strip).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(0);
    lines.split_off(first)
}

fn comment(input: &str) -> IResult<&str, Option<Token>> {
    let (rest, text) = delimited(tag("/*"), take_until("*/"), tag("*/")).parse(input)?;
    let token = match text.as_bytes().first() {
        Some(b'*') => Some(Token::Doc(lines(text))),
        Some(b'!') => Some(Token::FileDoc(lines(&text[1..]))),
        Some(b'=') => Some(Token::Holds(text[1..].trim().to_owned())),
        _ => None,
    };
    Ok((rest, token))
}

/// `%...` to the end of the line.
fn passed_on(input: &str) -> IResult<&str, Option<Token>> {
    let (rest, line) = preceded(char('%'), take_till(|c| c == '\n')).parse(input)?;
    let included = include(line).ok().and_then(|(_, name)| name.strip_suffix(".h"));
    Ok((rest, included.map(|name| Token::Include(name.to_owned()))))
}

fn include(line: &str) -> IResult<&str, &str> {
    delimited(tag("#include \""), is_not("\""), char('"')).parse(line)
}

fn word(input: &str) -> IResult<&str, Option<Token>> {
    let letters = take_while1(|c: char| c.is_ascii_alphabetic() || c == '_');
    let more = take_while(|c: char| c.is_ascii_alphanumeric() || c == '_');
    map(recognize(pair(letters, more)), |w: &str| Some(Token::Word(w.to_owned()))).parse(input)
}

/// Decimal, `0x` hexadecimal, or octal with a leading 0, as in C. None when it is no such number.
fn number(input: &str) -> IResult<&str, Option<Token>> {
    let digits = take_while1(|c: char| c.is_ascii_alphanumeric());
    let (rest, (_, (minus, digits))) = consumed(pair(opt(char('-')), digits)).parse(input)?;
    let parsed = if let Some(hex) = digits.strip_prefix("0x") {
        i64::from_str_radix(hex, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8)
    } else {
        digits.parse()
    };
    let failed = || nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Digit));
    let n: i64 = parsed.map_err(|_| failed())?;
    Ok((rest, Some(Token::Number(if minus.is_some() { -n } else { n }))))
}

fn token(input: &str) -> IResult<&str, Option<Token>> {
    alt((
        value(None, multispace1),
        comment,
        passed_on,
        word,
        number,
        map(one_of("{}[]()<>*=:;,"), |c| Some(Token::Sign(c))),
    ))
    .parse(input)
}

/// All tokens with their places; the last is the end.
pub(crate) fn tokens(file: &str, text: &str) -> Result<Vec<(Token, Place)>, Error> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = place(text, rest);
        // `%` means something at the start of a line only.
        let misplaced = rest.starts_with('%') && at.column != 1;
        match token(rest) {
            Ok((after, token)) if !misplaced => {
                found.extend(token.map(|token| (token, at)));
                rest = after;
            }
            _ => {
                let next: String = rest.chars().take_while(|c| !c.is_whitespace()).take(20).collect();
                let problem = if rest.starts_with("/*") {
                    Problem::Expected { expected: "*/".to_owned(), found: "the end of the file".to_owned() }
                } else if rest.starts_with("//") {
                    Problem::Refused { what: "//".to_owned(), why: "rpcgen knows only /* */ as comments" }
                } else {
                    Problem::Expected {
                        expected: "a name, a number or a sign".to_owned(),
                        found: format!("`{next}`"),
                    }
                };
                return Err(Error::Source {
                    file: file.to_owned(),
                    line: at.line,
                    column: at.column,
                    problem,
                });
            }
        }
    }
    found.push((Token::End, place(text, "")));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Token> {
        tokens("t.x", text).unwrap().into_iter().map(|(token, _)| token).collect()
    }

    #[test]
    fn numbers_are_decimal_hexadecimal_and_octal() {
        let n = Token::Number;
        assert_eq!(read("12 0x1F 017 -3 0"), [n(12), n(31), n(15), n(-3), n(0), Token::End]);
        assert!(tokens("t.x", "12ab").is_err());
    }

    #[test]
    fn comments_that_say_something_are_kept() {
        let text = "/* no */ /** a\n * b\n */ /*= tc_x */\n%#include \"common.h\"\n%other\n";
        let doc = Token::Doc(vec!["a".to_owned(), "b".to_owned()]);
        let holds = Token::Holds("tc_x".to_owned());
        assert_eq!(read(text), [doc, holds, Token::Include("common".to_owned()), Token::End]);
    }

    #[test]
    fn what_is_no_word_is_told_with_its_place() {
        let error = tokens("t.x", "const x = 1;\n  const ?").unwrap_err();
        assert_eq!(error.to_string(), "t.x:2:9: expected a name, a number or a sign, found `?`");
        let error = tokens("t.x", "/* open").unwrap_err();
        assert_eq!(error.to_string(), "t.x:1:1: expected */, found the end of the file");
        let error = tokens("t.x", " // x").unwrap_err();
        assert_eq!(error.to_string(), "t.x:1:2: //: rpcgen knows only /* */ as comments");
    }
}
