//! `config show`: all options, what holds for each and for whom, and which file and line say so.

use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::{directory, sources};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::{Error, one_line};
use crate::render::table::{or_dash, table};

/// Arguments of `config show`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ShowArgs {
    /// Directory of the configuration [default: that of this node]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// All options.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Values {
    pub(crate) directory: String,
    /// The files that were read, in their order: what a later one says holds. Without any the defaults hold.
    pub(crate) files: Vec<String>,
    pub(crate) options: Vec<Setting>,
}

/// One option.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Setting {
    pub(crate) section: String,
    pub(crate) option: &'static str,
    /// Null when nothing holds.
    pub(crate) value: Option<String>,
    /// For whom: `ctdbd`, `new daemons`, or `all`.
    #[serde(rename = "for")]
    pub(crate) readers: &'static str,
    /// The file that says so, below the directory; null for the default.
    pub(crate) file: Option<String>,
    /// The line that says so; null for the default.
    pub(crate) line: Option<usize>,
    /// The first version of Samba that has it, where that is later than 4.17.
    pub(crate) since: Option<String>,
}

impl Shown for Values {
    fn table(&self) -> String {
        let rows = self.options.iter().map(|option| {
            let from = match (&option.file, option.line) {
                (Some(file), Some(line)) => format!("{}:{line}", one_line(file)),
                _ => "default".into(),
            };
            let value = or_dash(option.value.as_deref().map(one_line));
            vec![option.section.clone(), option.option.into(), value, option.readers.into(), from]
        });
        let columns = ["SECTION", "OPTION", "VALUE", "FOR", "FROM"].map(|column| (column, false));
        table(&columns, rows)
    }
}

pub(crate) async fn run(_: &Context, wanted: ShowArgs) -> Result<Values, Error> {
    let directory = directory(wanted.directory);
    let sources = sources(&directory)?;
    // What has another name today, and is not set, only confuses.
    let shown = config::shown(&sources).into_iter();
    let shown = shown.filter(|shown| shown.place.is_some() || shown.setting.instead.is_none());
    let options = shown.map(|shown| {
        let (file, line) = shown.place.unzip();
        Setting {
            section: shown.section,
            option: shown.setting.name,
            value: shown.value,
            readers: match shown.readers {
                config::Readers::C => "ctdbd",
                config::Readers::New => "new daemons",
                config::Readers::Both => "all",
            },
            file,
            line,
            since: shown.setting.since.map(|minor| format!("4.{minor}")),
        }
    });
    Ok(Values {
        directory: directory.display().to_string(),
        files: sources.names().map(str::to_owned).collect(),
        options: options.collect(),
    })
}
