//! Values of services: names of components, units and agents, lists of names, parameters with quotes.

use std::collections::BTreeMap;

use crate::value::Take;

/// Parameters of an agent: more are refused.
const PARAMETERS_MAX: usize = 64;

/// Bytes of the value of a parameter.
const PARAMETER_MAX: usize = 4096;

/// Names and their values, written as `name=value 'name'="a value"`: quotes and `\` as in a shell, and nothing else of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(pub BTreeMap<String, String>);

impl Take for Parameters {
    fn take(text: &str) -> Result<Self, String> {
        let mut all = BTreeMap::new();
        for word in words(text)? {
            let (name, value) = word.split_once('=').unwrap_or((&word, ""));
            if !is_parameter(name) || !word.contains('=') {
                return Err(format!("'{word}' is no NAME=VALUE"));
            }
            if value.len() > PARAMETER_MAX || all.len() >= PARAMETERS_MAX {
                return Err(format!(
                    "write up to {PARAMETERS_MAX} parameters of up to {PARAMETER_MAX} bytes"
                ));
            }
            if all.insert(name.to_owned(), value.to_owned()).is_some() {
                return Err(format!("'{name}' stands there twice"));
            }
        }
        Ok(Self(all))
    }
}

fn is_parameter(name: &str) -> bool {
    let start = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    start && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
}

/// The words of a text, as a shell would take them apart that knows quotes alone.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut all, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (_, '\0') => return Err("a zero cannot stand there".into()),
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => {
                let next = rest.next().ok_or("there is nothing behind the last '\\'")?;
                word.get_or_insert_default().push(next);
            }
            (None, ' ' | '\t') => all.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if let Some(open) = quote {
        return Err(format!("there is no second {open}"));
    }
    all.extend(word);
    Ok(all)
}

fn is_plain(name: &str, most: usize, besides: &[u8]) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b) || besides.contains(&b);
    (1..=most).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(good)
}

/// Whether a text can be the name of a component of event scripts.
pub(crate) fn is_component(text: &str) -> bool {
    is_plain(text, 255, b"")
}

/// Whether a text can be the name of a unit that is started and stopped.
pub(crate) fn is_unit(text: &str) -> bool {
    let suffix = text.rsplit_once('.').is_some_and(|(name, kind)| !name.is_empty() && !kind.is_empty());
    suffix && is_plain(text, 255, br":@\")
}

/// The provider and the type of `ocf:PROVIDER:TYPE`.
pub(crate) fn agent(text: &str) -> Option<(&str, &str)> {
    let (provider, kind) = text.strip_prefix("ocf:")?.split_once(':')?;
    (is_plain(provider, 64, b"") && is_plain(kind, 64, b"")).then_some((provider, kind))
}

/// The names of services in a list. Like those of sections they are the same in upper and lower case.
pub(crate) fn names(text: &str) -> Vec<String> {
    text.split([',', ' ', '\t']).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// What is to be said when a value that is none has a comment behind it.
pub(crate) fn comment_hint(value: &str) -> &'static str {
    if value.contains(" #") { "; a comment has to stand on a line of its own" } else { "" }
}

/// The word that may have been meant, if one is near enough.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let far = |other: &str| strsim::damerau_levenshtein(word, other);
    let near = known.map(|other| (far(other), other)).min_by_key(|(far, _)| *far);
    near.filter(|(far, other)| *far <= (other.len() / 4).clamp(1, 4)).map(|(_, other)| other)
}

/// What is to be said of a pattern of events that fits none of these topics. Of no topics at all nothing is known.
#[must_use]
pub fn unheard(pattern: &str, topics: &[&str]) -> Option<String> {
    let beginning = pattern.strip_suffix('*');
    let fits = |topic: &&str| beginning.map_or(**topic == *pattern, |start| topic.starts_with(start));
    if topics.is_empty() || topics.iter().any(fits) {
        return None;
    }
    let near = nearest(pattern, topics.iter().copied()).map(|near| format!("; is it {near}?"));
    Some(format!("no daemon tells '{pattern}'{}", near.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_taken_apart_as_a_shell_does_it() {
        let take = |text: &str| {
            let Parameters(all) = Parameters::take(text).unwrap();
            all.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        assert_eq!(take(""), [""; 0]);
        assert_eq!(take("state=/run/x  fail_10=no"), ["fail_10=no", "state=/run/x"]);
        assert_eq!(take(r#"a='x  "y' b="z 'w\"" c=\ d e="#), ["a=x  \"y", "b=z 'w\"", "c= d", "e="]);
        assert_eq!(take("a=b=c 'd'=\"\""), ["a=b=c", "d="]);
        for (text, why) in [
            ("word", "'word' is no NAME=VALUE"),
            ("=x", "'=x' is no"),
            ("1a=x", "'1a=x' is no"),
            ("a$b=x", "is no NAME=VALUE"),
            ("a=1 a=2", "'a' stands there twice"),
            ("a='x", "no second '"),
            ("a=x\\", "behind the last"),
            ("a=\0", "a zero"),
        ] {
            let told = Parameters::take(text).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
        let many: String = (0..65).map(|n| format!("p{n}=x ")).collect();
        assert!(Parameters::take(&many).unwrap_err().contains("up to 64"));
    }

    #[test]
    fn names_of_units_agents_and_components_are_names() {
        assert!(is_unit("nginx.service") && is_unit(r"a\x2db@c:1.service") && is_unit("x.target"));
        assert!(!is_unit("nginx") && !is_unit(".service") && !is_unit("a/b.service") && !is_unit("a."));
        assert_eq!(agent("ocf:heartbeat:Dummy"), Some(("heartbeat", "Dummy")));
        for wrong in
            ["heartbeat:Dummy", "ocf:Dummy", "ocf::x", "ocf:..:x", "ocf:a:../x", "ocf:a:b:c", "lsb:x"]
        {
            assert_eq!(agent(wrong), None, "{wrong}");
        }
        assert!(is_component("legacy") && !is_component("..") && !is_component("a/b") && !is_component(""));
        assert_eq!(names("Web, db\tx"), ["web", "db", "x"]);
    }
}
