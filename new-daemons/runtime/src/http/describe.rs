//! The description of the door, OpenAPI 3.1, made of the rows from which requests are served.
//!
//! The types of the protocol have schemas of their own (schemars), and the paths are those of the rows: so nothing is
//! described that is not served, and no other tool is needed that would have to be told the same again.

use protocol::interface::{Request, Service};
use protocol::services;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::events::{Gap, State, Told};
use super::problem::Problem;
use super::routes::Condition;

const NODE: &str = "The number of a node, or `local`";
const DAEMON: &str = "A kind of daemon, or one of several: `event.1`";

struct Writer {
    generator: SchemaGenerator,
    paths: Map<String, Value>,
}

fn parameter(place: &str, name: &str, text: &str, schema: Value) -> Value {
    json!({ "name": name, "in": place, "required": place == "path", "description": text, "schema": schema })
}

fn timeout() -> Value {
    let schema = json!({ "type": "number", "minimum": 0.1, "maximum": 60, "default": 10 });
    parameter("query", "timeout", "Seconds to wait for the answer", schema)
}

fn node() -> Value {
    parameter("path", "node", NODE, json!({ "type": "string", "pattern": "^(local|[0-9]+)$" }))
}

fn words(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Writer {
    fn problem(&mut self) -> Value {
        let schema = self.generator.subschema_for::<Problem>();
        let content = json!({ "application/json": { "schema": schema } });
        json!({ "description": "It was not done", "content": content })
    }

    fn request(&mut self, service: &Service, request: &Request, forwarded: bool) {
        let answer =
            request.answer.map_or(json!({ "type": "null" }), |t| t.schema(&mut self.generator).into());
        let content = json!({ "application/json": { "schema": answer } });
        let mut parameters = vec![timeout()];
        let mut path = format!("/v1/{}/{}", service.name, request.name);
        let mut id = format!("{}-{}", service.name, request.name);
        if forwarded {
            parameters.insert(0, node());
            path = format!("/v1/nodes/{{node}}/{}/{}", service.name, request.name);
            id.push_str("-at-node");
        }
        let mut operation = json!({
            "operationId": id,
            "summary": words(request.doc),
            "tags": [service.name],
            "parameters": parameters,
            "responses": {
                "200": { "description": "It was done", "content": content },
                "default": self.problem(),
            },
        });
        if let Some(argument) = request.argument {
            let schema = argument.schema(&mut self.generator);
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        }
        self.paths.insert(path, json!({ "post": operation }));
    }

    fn get(&mut self, path: &str, id: &str, summary: &str, parameters: Value, responses: Value) {
        let operation = json!({
            "operationId": id, "summary": summary, "parameters": parameters, "responses": responses,
        });
        self.paths.insert(path.to_owned(), json!({ "get": operation }));
    }

    /// What the `data` of server-sent events holds.
    fn stream(&mut self, services: &[&Service]) -> Value {
        let mut all = Vec::new();
        for event in services.iter().flat_map(|service| service.events) {
            let body = event.body.schema(&mut self.generator);
            all.push(json!({
                "type": "object",
                "title": event.topic,
                "description": words(event.doc),
                "properties": { "topic": { "const": event.topic }, "from": { "type": "string" }, "body": body },
                "required": ["topic", "from", "body"],
            }));
        }
        all.push(self.generator.subschema_for::<Told>().into());
        all.push(self.generator.subschema_for::<Gap>().into());
        all.push(self.generator.subschema_for::<State>().into());
        let text = "Server-sent events; this is the `data` of one. Those named `gap` tell of lost events, `up` and `down` \
            that events come from now on or do not";
        let content = json!({ "text/event-stream": { "schema": { "anyOf": all } } });
        json!({ "200": { "description": text, "content": content }, "default": self.problem() })
    }
}

/// The description of a daemon's door.
pub(crate) fn describe(service: &'static Service) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into());
    let mut writer = Writer { generator: settings.into_generator(), paths: Map::new() };
    let common = services::COMMON.requests;
    service.requests.iter().chain(common).for_each(|request| writer.request(service, request, false));
    for other in services::ALL {
        other.requests.iter().chain(common).for_each(|request| writer.request(other, request, true));
    }
    let topic =
        parameter("query", "topic", "How the topics begin", json!({ "type": "string", "default": "" }));
    let seen =
        parameter("header", "Last-Event-ID", "The last event that was seen", json!({ "type": "string" }));
    let events = writer.stream(&[service]);
    writer.get("/events", "events", "Events of this daemon, as they happen", json!([topic, seen]), events);
    let kind = parameter("path", "daemon", DAEMON, json!({ "type": "string" }));
    let events = writer.stream(services::ALL);
    let parameters = json!([node(), kind, topic, seen]);
    let summary = "Events of a daemon of any node, as they happen";
    writer.get("/v1/nodes/{node}/{daemon}/events", "events-at-node", summary, parameters, events);
    let condition = writer.generator.subschema_for::<Condition>();
    let condition = json!({ "application/json": { "schema": condition } });
    let states = json!({
        "200": { "description": "It is well", "content": condition },
        "503": { "description": "It is not", "content": condition },
    });
    writer.get("/health", "health", "Whether the daemon is well, and what is wrong", json!([]), states);
    let page = json!({ super::metrics::CONTENT_TYPE: { "schema": { "type": "string" } } });
    let page = json!({ "200": { "description": "OpenMetrics", "content": page } });
    writer.get("/metrics", "metrics", "Numbers about the daemon", json!([]), page);
    let this = json!({ "200": {
        "description": "OpenAPI 3.1", "content": { "application/json": { "schema": { "type": "object" } } },
    } });
    writer.get("/openapi.json", "openapi", "This description", json!([]), this);
    let schemas = writer.generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("ctdb-{}", service.name.trim_start_matches("ctdb-")),
            "description": words(service.doc),
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later" },
        },
        "servers": [{ "url": "/" }],
        "paths": writer.paths,
        "components": { "schemas": schemas },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(value: &Value, all: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                all.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
                map.values().for_each(|value| references(value, all));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, all)),
            _ => {}
        }
    }

    #[test]
    fn every_row_is_described_and_every_reference_leads_somewhere() {
        for service in services::ALL {
            let description = describe(service);
            for request in service.requests.iter().chain(services::COMMON.requests) {
                let path = format!("/v1/{}/{}", service.name, request.name);
                let operation = &description["paths"][&path]["post"];
                assert_eq!(operation["summary"], words(request.doc));
                assert_eq!(operation.get("requestBody").is_some(), request.argument.is_some(), "{path}");
            }
            let mut all = Vec::new();
            references(&description, &mut all);
            assert!(all.iter().any(|r| r == "#/components/schemas/Problem"));
            for reference in all {
                let place = reference.strip_prefix('#').unwrap();
                assert!(description.pointer(place).is_some(), "{reference}");
            }
        }
    }

    #[test]
    fn no_operation_has_the_name_of_another() {
        for service in services::ALL {
            let description = describe(service);
            let operations = description["paths"].as_object().unwrap().values();
            let mut ids: Vec<_> = operations
                .flat_map(|path| path.as_object().unwrap().values().map(|o| &o["operationId"]))
                .collect();
            let count = ids.len();
            ids.sort_by_key(|id| id.to_string());
            ids.dedup();
            assert_eq!(ids.len(), count);
        }
    }
}
