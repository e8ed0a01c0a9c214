//! `config show`: the options of `ctdb.conf`, what holds for each, and where that is said.

use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::{directory, read};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::Error;
use crate::render::table::{or_dash, table};

/// Arguments of `config show`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Wanted {
    /// Directory of the configuration [default: that of this node]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// All options.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Values {
    pub(crate) file: String,
    /// Without a file the defaults hold.
    pub(crate) present: bool,
    pub(crate) options: Vec<Setting>,
}

/// One option.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Setting {
    pub(crate) section: &'static str,
    pub(crate) option: &'static str,
    /// Null when nothing holds.
    pub(crate) value: Option<String>,
    /// The line that says so; null for the default.
    pub(crate) line: Option<usize>,
    /// The first version of Samba that has it, where that is later than 4.17.
    pub(crate) since: Option<String>,
}

impl Shown for Values {
    fn table(&self) -> String {
        let rows = self.options.iter().map(|option| {
            let line = option.line.map_or_else(|| "default".into(), |line| format!("line {line}"));
            vec![option.section.into(), option.option.into(), or_dash(option.value.clone()), line]
        });
        table(&[("SECTION", false), ("OPTION", false), ("VALUE", false), ("FROM", false)], rows)
    }
}

pub(crate) async fn run(_: &Context, wanted: Wanted) -> Result<Values, Error> {
    let path = directory(wanted.directory).join("ctdb.conf");
    let text = read(&path)?;
    let document = config::Document::parse(text.as_deref().unwrap_or_default());
    let options = config::values(&document).into_iter().map(|(setting, value, line)| Setting {
        section: setting.section,
        option: setting.name,
        value,
        line,
        since: setting.since.map(|minor| format!("4.{minor}")),
    });
    // What is old or newer than most, and not set, only confuses.
    let options = options.filter(|option| {
        let known = config::find(option.section, option.option);
        option.line.is_some() || known.is_some_and(|known| known.instead.is_none())
    });
    Ok(Values { file: path.display().to_string(), present: text.is_some(), options: options.collect() })
}
