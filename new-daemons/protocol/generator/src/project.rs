//! The files of this project: which `.x` files there are, and what is to be written from them.
//!
//! A file is generated whole or not at all. What is stale is told by its path; writing it is left to the caller.

use std::fs;
use std::path::{Path, PathBuf};

use crate::ast::Schema;
use crate::sample::sample;
use crate::{Error, includes, parse, python, rust};

/// A file that is written by the generator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Where it stands.
    pub path: PathBuf,
    /// What it should say.
    pub text: String,
}

fn file_error(path: &Path, error: &std::io::Error) -> Error {
    Error::File { path: path.display().to_string(), error: error.to_string() }
}

/// Reads one file, and before it those that it includes, from the same folder.
pub fn load(schema: &mut Schema, path: &Path) -> Result<(), Error> {
    load_within(schema, path, &mut Vec::new())
}

fn load_within(schema: &mut Schema, path: &Path, open: &mut Vec<String>) -> Result<(), Error> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let module = name.strip_suffix(".x").unwrap_or(&name).to_owned();
    if schema.file(&module).is_some() {
        return Ok(());
    }
    let text = fs::read_to_string(path).map_err(|e| file_error(path, &e))?;
    open.push(module);
    for include in includes(&name, &text)? {
        // A file that includes itself is told where it does so: its include is not defined.
        if !open.contains(&include) {
            load_within(schema, &path.with_file_name(format!("{include}.x")), open)?;
        }
    }
    open.pop();
    let file = parse(&name, &text, schema)?;
    schema.files.push(file);
    Ok(())
}

/// Every `.x` file of a folder.
pub fn load_folder(folder: &Path) -> Result<Schema, Error> {
    let entries = fs::read_dir(folder).map_err(|e| file_error(folder, &e))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "x"));
    paths.sort();
    let mut schema = Schema::default();
    for path in paths {
        load(&mut schema, &path)?;
    }
    Ok(schema)
}

/// All that is generated in the folder of the crate `protocol`.
pub fn outputs(protocol: &Path) -> Result<Vec<Output>, Error> {
    let schema = load_folder(&protocol.join("spec"))?;
    let mut outputs =
        vec![Output { path: protocol.join("src/generated/mod.rs"), text: rust::index(&schema) }];
    for file in &schema.files {
        let rust = protocol.join(format!("src/generated/{}.rs", file.module));
        let python = protocol.join(format!("python/tablecloth/{}.py", file.module));
        outputs.push(Output { path: rust, text: rust::module(&schema, file) });
        outputs.push(Output { path: python, text: python::module(&schema, file) });
    }
    // What the tests of the crate have, with every construct of the language.
    let tests = protocol.join("tests");
    let schema = load_folder(&tests.join("spec"))?;
    for file in &schema.files {
        let rust = tests.join(format!("generated/{}.rs", file.module));
        outputs.push(Output { path: rust, text: rust::module(&schema, file) });
        let python = tests.join(format!("generated/{}.py", file.module));
        outputs.push(Output { path: python, text: python::module(&schema, file) });
    }
    Ok(outputs)
}

/// Seeds for the fuzzer that are not there yet: a value of each type, in a file of its name.
pub fn missing_seeds(protocol: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, Error> {
    let schema = load_folder(&protocol.join("spec"))?;
    let items = schema.files.iter().flat_map(|file| &file.items).filter(|item| item.is_type());
    let mut missing = Vec::new();
    for item in items {
        let path = protocol.join("fuzz/corpus/messages").join(&item.name);
        // Any choices will do, as long as they are the same each time and differ from type to type.
        let choices: Vec<u8> = item.name.bytes().cycle().take(200).scan(7_u8, spread).collect();
        if !path.exists()
            && let Some(made) = sample(&schema, &item.name, &choices)
        {
            missing.push((path, made.bytes));
        }
    }
    Ok(missing)
}

#[allow(clippy::unnecessary_wraps, reason = "the form that scan wants")]
fn spread(state: &mut u8, byte: u8) -> Option<u8> {
    *state = state.wrapping_mul(73).wrapping_add(byte);
    Some(*state)
}

/// Those that do not say what they should, or are missing.
#[must_use]
pub fn stale(outputs: &[Output]) -> Vec<&Output> {
    outputs.iter().filter(|o| fs::read_to_string(&o.path).ok().as_ref() != Some(&o.text)).collect()
}

/// Writes a file, and its folder when that is missing.
pub fn write(path: &Path, data: &[u8]) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| file_error(folder, &e))?;
    }
    fs::write(path, data).map_err(|e| file_error(path, &e))
}
