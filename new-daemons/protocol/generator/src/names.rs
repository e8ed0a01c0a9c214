//! How names of a `.x` file are written in Rust, Python and JSON, and which names would be words of a language.
//!
//! The prefix `tc_` keeps the names apart from those of the ONC RPC headers that rpcgen includes; it is left out
//! everywhere else.

/// Every name begins with it.
pub const PREFIX: &str = "tc_";

/// The same for constants and members of enums.
pub const CONST_PREFIX: &str = "TC_";

/// Words that C, Rust or Python keep for themselves, and names that generated code uses.
const RESERVED: &[&str] = &[
    "abstract",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "auto",
    "become",
    "bool",
    "box",
    "break",
    "case",
    "catch",
    "char",
    "class",
    "const",
    "continue",
    "crate",
    "def",
    "default",
    "del",
    "do",
    "double",
    "dyn",
    "elif",
    "else",
    "enum",
    "except",
    "extern",
    "false",
    "final",
    "finally",
    "float",
    "fn",
    "for",
    "from",
    "gen",
    "global",
    "goto",
    "hyper",
    "if",
    "impl",
    "import",
    "in",
    "inline",
    "int",
    "is",
    "lambda",
    "let",
    "long",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "nonlocal",
    "not",
    "objp",
    "opaque",
    "or",
    "override",
    "pass",
    "plain",
    "priv",
    "program",
    "pub",
    "quadruple",
    "raise",
    "ref",
    "register",
    "restrict",
    "return",
    "self",
    "short",
    "signed",
    "sizeof",
    "static",
    "string",
    "struct",
    "super",
    "switch",
    "template",
    "this",
    "trait",
    "true",
    "try",
    "type",
    "typedef",
    "typeof",
    "union",
    "unsafe",
    "unsigned",
    "unsized",
    "use",
    "version",
    "virtual",
    "void",
    "volatile",
    "where",
    "while",
    "with",
    "xdrs",
    "yield",
    "encode",
    "decode",
    "linux",
    "unix",
];

/// True when a field of this name would not compile somewhere.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// True for `lower_case` names.
#[must_use]
pub fn is_snake(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// True for `UPPER_CASE` names.
#[must_use]
pub fn is_upper(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && !name.ends_with('_')
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// `tc_node_state` or `NODE_STATE` as `NodeState`.
#[must_use]
pub fn camel(name: &str) -> String {
    let name = name.strip_prefix(PREFIX).unwrap_or(name);
    let word = |word: &str| {
        let mut chars = word.chars();
        let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
        first + &chars.as_str().to_lowercase()
    };
    name.split('_').map(word).collect()
}

/// `TC_NAME_MAX` as `NAME_MAX`.
#[must_use]
pub fn constant(name: &str) -> &str {
    name.strip_prefix(CONST_PREFIX).unwrap_or(name)
}

/// What the members of `tc_verb` begin with: `TC_VERB_`.
#[must_use]
pub fn member_prefix(enum_name: &str) -> String {
    format!("{}_", enum_name.to_uppercase())
}

/// The member `TC_VERB_ECHO` of `tc_verb` as `ECHO`.
#[must_use]
pub fn member<'a>(enum_name: &str, member: &'a str) -> &'a str {
    member.strip_prefix(&member_prefix(enum_name)).unwrap_or(member)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_each_language_has_them() {
        assert_eq!(camel("tc_node_state"), "NodeState");
        assert_eq!(camel("NO_SUCH_NODE"), "NoSuchNode");
        assert_eq!(constant("TC_NAME_MAX"), "NAME_MAX");
        assert_eq!(member("tc_verb", "TC_VERB_ECHO_ANSWER"), "ECHO_ANSWER");
    }
}
