//! JSON against a JSON schema, as far as the schemas of `ctdbctl` go: types, members, items, alternatives, constants.
//!
//! A keyword that is not known here fails the check, so that nothing passes unlooked at. Members that the schema does not
//! name are mistakes too: what is printed has to be published.

use serde_json::{Map, Value};

/// Notes for people; they say nothing about values.
const NOTES: [&str; 6] = ["$schema", "$id", "title", "description", "default", "examples"];

/// The definitions that schemas refer to.
pub(crate) struct Shape<'a> {
    pub(crate) definitions: &'a Value,
}

impl Shape<'_> {
    /// Collects what is wrong with `value`, which stands at `at`.
    pub(crate) fn check(&self, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
        self.part(schema, value, at, wrong);
        if let Value::Object(members) = value {
            let mut known = Vec::new();
            if self.members(schema, value, &mut known) {
                let unknown = members.keys().filter(|name| !known.contains(name));
                wrong.extend(unknown.map(|name| format!("{at}/{name} is not in the schema")));
            }
        }
    }

    fn part(&self, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
        let schema = match schema {
            Value::Bool(true) => return,
            Value::Object(schema) => schema,
            other => return wrong.push(format!("{at}: {other} is no schema")),
        };
        for (keyword, says) in schema {
            match keyword.as_str() {
                "type" if !types(says).any(|name| is(name, value)) => {
                    wrong.push(format!("{at}: {value} is not {says}"));
                }
                "const" if value != says => wrong.push(format!("{at}: {value} is not {says}")),
                "enum" if !says.as_array().unwrap().contains(value) => {
                    wrong.push(format!("{at}: {value} is none of {says}"));
                }
                "minimum" if value.as_f64().is_some_and(|n| n < says.as_f64().unwrap()) => {
                    wrong.push(format!("{at}: {value} is below {says}"));
                }
                "maximum" if value.as_f64().is_some_and(|n| n > says.as_f64().unwrap()) => {
                    wrong.push(format!("{at}: {value} is above {says}"));
                }
                "$ref" => self.part(self.definition(says), value, at, wrong),
                "allOf" => says.as_array().unwrap().iter().for_each(|one| self.part(one, value, at, wrong)),
                "anyOf" | "oneOf" => {
                    if !says.as_array().unwrap().iter().any(|one| self.fits(one, value, at)) {
                        wrong.push(format!("{at}: {value} fits none of {says}"));
                    }
                }
                "required" => {
                    let missing = says.as_array().unwrap().iter().filter_map(Value::as_str);
                    let missing = missing.filter(|name| value.is_object() && value.get(name).is_none());
                    wrong.extend(missing.map(|name| format!("{at}/{name} is missing")));
                }
                "properties" => self.each(says, value, at, wrong),
                "items" => {
                    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(says, item, &format!("{at}/{i}"), wrong);
                    }
                }
                "additionalProperties" if says.is_object() => self.others(schema, says, value, at, wrong),
                "patternProperties" => {
                    for one in says.as_object().unwrap().values() {
                        self.others(schema, one, value, at, wrong);
                    }
                }
                "type" | "const" | "enum" | "minimum" | "maximum" | "additionalProperties" | "format" => {}
                note if NOTES.contains(&note) => {}
                unknown => wrong.push(format!("{at}: the keyword {unknown} is not known to this check")),
            }
        }
    }

    fn each(&self, properties: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
        for (name, schema) in properties.as_object().unwrap() {
            if let Some(member) = value.get(name) {
                self.check(schema, member, &format!("{at}/{name}"), wrong);
            }
        }
    }

    /// Members that have no schema of their own: a map, for instance.
    fn others(
        &self,
        schema: &Map<String, Value>,
        of: &Value,
        value: &Value,
        at: &str,
        wrong: &mut Vec<String>,
    ) {
        let own = |name: &String| schema.get("properties").is_some_and(|own| own.get(name).is_some());
        for (name, member) in value.as_object().into_iter().flatten().filter(|(name, _)| !own(name)) {
            self.check(of, member, &format!("{at}/{name}"), wrong);
        }
    }

    fn fits(&self, schema: &Value, value: &Value, at: &str) -> bool {
        let mut wrong = Vec::new();
        self.check(schema, value, at, &mut wrong);
        wrong.is_empty()
    }

    fn definition(&self, reference: &Value) -> &Value {
        let name = reference.as_str().unwrap().rsplit('/').next().unwrap();
        &self.definitions[name]
    }

    /// The members that a schema names for this value; false when it leaves them open.
    fn members<'s>(&'s self, schema: &'s Value, value: &Value, known: &mut Vec<&'s String>) -> bool {
        let Value::Object(schema) = schema else { return false };
        let own = schema.get("properties").and_then(Value::as_object);
        known.extend(own.into_iter().flat_map(Map::keys));
        let map = ["additionalProperties", "patternProperties"];
        let mut closed =
            own.is_some() && !map.iter().any(|word| schema.get(*word).is_some_and(Value::is_object));
        if let Some(reference) = schema.get("$ref") {
            closed |= self.members(self.definition(reference), value, known);
        }
        for list in ["allOf", "anyOf", "oneOf"] {
            for one in schema.get(list).and_then(Value::as_array).into_iter().flatten() {
                // Of alternatives the one that fits names them.
                if list == "allOf" || self.part_fits(one, value) {
                    closed |= self.members(one, value, known);
                }
            }
        }
        closed
    }

    fn part_fits(&self, schema: &Value, value: &Value) -> bool {
        let mut wrong = Vec::new();
        self.part(schema, value, "", &mut wrong);
        wrong.is_empty()
    }
}

fn types(says: &Value) -> impl Iterator<Item = &str> {
    let several = says.as_array().into_iter().flatten().filter_map(Value::as_str);
    says.as_str().into_iter().chain(several)
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn wrong(schema: &Value, value: &Value) -> Vec<String> {
        let definitions = json!({ "Node": {
            "type": "object",
            "properties": { "pnn": { "type": "integer", "minimum": 0 }, "name": { "type": ["string", "null"] } },
            "required": ["pnn"],
        } });
        let mut wrong = Vec::new();
        Shape { definitions: &definitions }.check(schema, value, "", &mut wrong);
        wrong
    }

    #[test]
    fn what_does_not_fit_is_found() {
        let nodes = json!({ "type": "object", "properties": {
            "nodes": { "type": "array", "items": { "$ref": "#/$defs/Node" } },
            "leader": { "anyOf": [{ "$ref": "#/$defs/Node" }, { "type": "null" }] },
        } });
        for (value, found) in [
            (json!({ "nodes": [{ "pnn": 1, "name": null }], "leader": null }), vec![]),
            (json!({ "nodes": [], "leader": { "pnn": 1 } }), vec![]),
            (json!({ "nodes": [{ "pnn": "1" }] }), vec!["/nodes/0/pnn: \"1\" is not \"integer\""]),
            (json!({ "nodes": [{ "pnn": -1 }] }), vec!["/nodes/0/pnn: -1 is below 0"]),
            (json!({ "nodes": [{}] }), vec!["/nodes/0/pnn is missing"]),
            (json!({ "nodes": [{ "pnn": 1, "more": 2 }] }), vec!["/nodes/0/more is not in the schema"]),
            (json!({ "more": 1 }), vec!["/more is not in the schema"]),
        ] {
            assert_eq!(wrong(&nodes, &value), found, "{value}");
        }
        assert_eq!(wrong(&nodes, &json!({ "leader": 7 })).len(), 1);
        assert_eq!(
            wrong(&json!({ "oddity": 1 }), &json!(1)),
            [": the keyword oddity is not known to this check"]
        );
        let map = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
        assert_eq!(wrong(&map, &json!({ "a": 1, "b": "x" })), ["/b: \"x\" is not \"integer\""]);
    }
}
