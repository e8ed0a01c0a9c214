//! `callback list`: what is registered, by the configuration or over the bus, and which programs would not be run.

use protocol::callback::{CallbackEntry, CallbackList, CallbackOrder, CallbackRequest};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Answers, Silent, Whose, ask, complaints, exit};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::{Error, one_line};
use crate::exit::Exit;
use crate::render::table::table;

/// What is registered on a node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct List {
    /// By their daemons and names.
    pub(crate) callbacks: Vec<Callback>,
    /// Daemons that did not answer.
    pub(crate) silent: Vec<Silent>,
}

/// A callback.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Callback {
    /// The daemon that runs it.
    pub(crate) daemon: String,
    pub(crate) name: String,
    /// Names of events, or beginnings and `*`.
    pub(crate) events: Vec<String>,
    /// An absolute path, or a name in the directory of callbacks.
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
    /// As whom it is run; null when as the daemon's user.
    pub(crate) user: Option<String>,
    /// `serial`, `parallel` or `coalesce`.
    pub(crate) order: String,
    pub(crate) time_limit_ms: u64,
    pub(crate) retries: u32,
    pub(crate) backoff_ms: u64,
    /// Who has registered it over the bus; null when it is in the configuration.
    pub(crate) owner: Option<String>,
    /// How long the registration holds unless it is renewed.
    pub(crate) lease_ms: Option<u64>,
    /// Why the program would not be run now.
    pub(crate) problem: Option<String>,
}

fn order(order: CallbackOrder) -> String {
    match order {
        CallbackOrder::Serial => "serial".into(),
        CallbackOrder::Parallel => "parallel".into(),
        CallbackOrder::Coalesce => "coalesce".into(),
        CallbackOrder::Unknown(number) => number.to_string(),
    }
}

impl Callback {
    fn new(daemon: &str, entry: CallbackEntry) -> Self {
        let CallbackEntry { row, registered, problem } = entry;
        let texts =
            |texts: Vec<protocol::callback::CallbackText>| texts.into_iter().map(|text| text.0).collect();
        Self {
            daemon: daemon.to_owned(),
            name: row.name.0,
            events: texts(row.events),
            program: row.path.0,
            arguments: texts(row.arguments),
            user: row.user.map(|user| user.0),
            order: order(row.order),
            time_limit_ms: row.time_limit.0 / 1000,
            retries: row.retries,
            backoff_ms: row.backoff.0 / 1000,
            lease_ms: registered.as_ref().map(|registered| registered.left.0 / 1000),
            owner: registered.map(|registered| registered.owner.0),
            problem: problem.map(|problem| problem.0),
        }
    }
}

impl Shown for List {
    fn table(&self) -> String {
        let rows = self.callbacks.iter().map(|callback| {
            let by = callback.owner.clone().unwrap_or_else(|| "configuration".into());
            let program = std::iter::once(&callback.program).chain(&callback.arguments).cloned();
            vec![
                callback.daemon.clone(),
                callback.name.clone(),
                callback.order.clone(),
                callback.events.join(" "),
                by,
                program.collect::<Vec<_>>().join(" "),
            ]
        });
        let columns =
            ["DAEMON", "CALLBACK", "ORDER", "EVENTS", "REGISTERED BY", "PROGRAM"].map(|title| (title, false));
        let mut text = table(&columns, rows);
        for callback in &self.callbacks {
            if let Some(problem) = &callback.problem {
                text += &format!("{}: would not be run: {}\n", one_line(&callback.name), one_line(problem));
            }
        }
        text + &complaints(&self.silent)
    }

    fn exit(&self) -> Exit {
        exit(&self.callbacks, &self.silent, self.callbacks.iter().all(|callback| callback.problem.is_none()))
    }
}

pub(crate) async fn list(cx: &Context, whose: Whose) -> Result<List, Error> {
    let (answered, silent): Answers<CallbackList> = ask(cx, &whose, CallbackRequest::List, None).await?;
    let of_one = |(daemon, list): (String, CallbackList)| {
        list.callbacks.into_iter().map(move |entry| Callback::new(&daemon, entry))
    };
    Ok(List { callbacks: answered.into_iter().flat_map(of_one).collect(), silent })
}
