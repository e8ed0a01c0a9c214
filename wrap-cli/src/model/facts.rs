//! Numbers and texts with names, in the order in which they were told.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::Moment;

/// One fact, or several with names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Facts {
    Nothing,
    Number(i128),
    Text(String),
    List(Vec<Self>),
    Named(Vec<(&'static str, Self)>),
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => serializer.serialize_none(),
            Self::Number(number) => match i64::try_from(*number) {
                Ok(number) => serializer.serialize_i64(number),
                Err(_) => serializer.serialize_u64(u64::try_from(*number).unwrap_or(u64::MAX)),
            },
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(facts) => serializer.collect_seq(facts),
            Self::Named(facts) => serializer.collect_map(facts.iter().map(|(name, fact)| (name, fact))),
        }
    }
}

impl JsonSchema for Facts {
    fn schema_name() -> Cow<'static, str> {
        "Facts".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["object", "array", "integer", "string", "null"] })
    }
}

impl Facts {
    /// Lines of a name and a value; what is inside of something is indented.
    pub(crate) fn lines(&self, name: &str, depth: usize, lines: &mut Vec<String>) {
        let lead = format!("{}{name}", "  ".repeat(depth));
        if let Some(moment) = self.moment() {
            lines.push(format!("{lead:<36} {}", moment.local()));
            return;
        }
        match self {
            Self::Named(facts) => {
                lines.push(lead);
                facts.iter().for_each(|(name, fact)| fact.lines(name, depth + 1, lines));
            }
            Self::List(facts) if facts.iter().any(|fact| matches!(fact, Self::Named(_) | Self::List(_))) => {
                lines.push(lead);
                facts
                    .iter()
                    .zip(0_usize..)
                    .for_each(|(fact, i)| fact.lines(&i.to_string(), depth + 1, lines));
            }
            fact => lines.push(format!("{lead:<36} {}", fact.brief())),
        }
    }

    /// A time of day, which C tells in seconds and microseconds.
    fn moment(&self) -> Option<Moment> {
        let Self::Named(members) = self else { return None };
        match members[..] {
            [("sec", Self::Number(sec)), ("usec", Self::Number(usec))] => {
                Some(Moment { seconds: sec.try_into().ok()?, micros: usec.try_into().ok()? })
            }
            _ => None,
        }
    }

    fn brief(&self) -> String {
        if let Some(moment) = self.moment() {
            return moment.local();
        }
        match self {
            Self::Nothing => "-".into(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::List(facts) => facts.iter().map(Self::brief).collect::<Vec<_>>().join(" "),
            Self::Named(facts) => {
                let named = facts.iter().map(|(name, fact)| format!("{name}={}", fact.brief()));
                named.collect::<Vec<_>>().join(" ")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_a_line_and_no_number_of_seconds() {
        let time = Facts::Named(vec![("sec", Facts::Number(1_700_000_000)), ("usec", Facts::Number(5))]);
        let mut lines = Vec::new();
        Facts::Named(vec![("start_time", time)]).lines("all", 0, &mut lines);
        let moment = Moment { seconds: 1_700_000_000, micros: 5 };
        assert_eq!(lines, ["all".to_owned(), format!("{:<36} {}", "  start_time", moment.local())]);
    }
}
