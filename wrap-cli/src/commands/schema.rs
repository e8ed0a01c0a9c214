//! `schema`: the shape of every answer as JSON, made from the answers themselves.

use clap::Args;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Map, Value};

use super::commands;
use super::row::rows;
use crate::commands::Shown;
use crate::context::Context;
use crate::error::Error;

rows! {
    "schema": None Asks, "Print the JSON schema of the answers of all commands, or of one", [],
        SchemaArgs => Schemas = run;
}

/// Arguments of `schema`.
#[derive(Args, Clone, Debug)]
pub(crate) struct SchemaArgs {
    /// A command, such as `cluster list`
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

/// Schemas of answers.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Schemas(Schema);

impl Shown for Schemas {
    /// The same as in JSON: a schema is nothing else.
    fn table(&self) -> String {
        crate::render::json::text(self)
    }
}

async fn run(_: &Context, args: SchemaArgs) -> Result<Schemas, Error> {
    let wanted = args.command.join(" ");
    let known = wanted.is_empty() || commands().any(|row| row.words() == wanted);
    if !known {
        return Err(Error::Words(format!("there is no command '{wanted}'; see --help")));
    }
    Ok(schemas(&wanted))
}

/// One document: a definition for each type, and the answer of each command under `commands`; for one command its
/// answer alone.
pub(crate) fn schemas(wanted: &str) -> Schemas {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut answers = Map::new();
    for row in commands().filter(|row| wanted.is_empty() || row.words() == wanted) {
        answers.insert(row.words(), (row.schema)(&mut generator).to_value());
    }
    let mut document = match answers.remove(wanted) {
        Some(Value::Object(one)) => one,
        _ => Map::from_iter([("commands".to_owned(), Value::Object(answers))]),
    };
    document.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    document.insert("$defs".into(), Value::Object(generator.take_definitions(true)));
    Schemas(Schema::from(document))
}
