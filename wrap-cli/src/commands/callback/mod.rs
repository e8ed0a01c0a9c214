//! `callback`: the programs that the new daemons of a node run on their events, as the daemons tell it over the bus.
//!
//! Every daemon of the node is asked. One that has no callbacks says that it does not know the question, and is left out;
//! one that does not answer is told beside the answers of the others.

mod history;
mod list;
mod status;

use bus::calls::CallError;
use bus::{Address, Daemon, Node};
use bytes::Bytes;
use clap::Args;
use clap_complete::ArgValueCompleter;
use protocol::callback::{CallbackList, CallbackName, CallbackRequest, CallbackWhich};
use protocol::common::Code;
use protocol::xdr::Xdr;
use runtime::FindError;
use schemars::JsonSchema;
use serde::Serialize;

use super::row::rows;
use crate::app::note;
use crate::context::Context;
use crate::error::{Error, one_line};
use crate::exit::Exit;
use crate::live;
use crate::nodes::{Item, NodeList};
use futures_util::future::join_all;

rows! {
    "callback" "list": One Asks, "List the programs that daemons run on their events; exit status 1 when one cannot be run",
        [], Whose => list::List = list::list;
    "callback" "status": One Asks, "Show what callbacks do and have done; exit status 1 when one failed the last time", [],
        Which => status::Status = status::status;
    "callback" "history": One Asks, "Show the last runs of callbacks, and the events that were given up", [],
        Which => history::History = history::history;
}

/// Arguments of `callback list`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Whose {
    /// Daemon to ask, as NAME or NAME/INSTANCE [default: all of the node]
    #[arg(long, value_name = "DAEMON", value_parser = daemon)]
    daemon: Option<Daemon>,
}

/// Arguments of the others.
#[derive(Args, Clone, Debug)]
pub(crate) struct Which {
    /// Callback [default: all]
    #[arg(value_name = "CALLBACK", add = ArgValueCompleter::new(live::callbacks))]
    name: Option<String>,

    #[command(flatten)]
    whose: Whose,
}

/// The names of the callbacks of the node, each with the daemon that has it.
pub(crate) async fn names(cx: &Context) -> Result<Vec<(String, String)>, Error> {
    let (answered, _) = ask::<CallbackList>(cx, &Whose { daemon: None }, CallbackRequest::List, None).await?;
    let of = |(daemon, list): (String, CallbackList)| {
        list.callbacks.into_iter().map(move |entry| (entry.row.name.0, daemon.clone()))
    };
    Ok(answered.into_iter().flat_map(of).collect())
}

fn daemon(text: &str) -> Result<Daemon, String> {
    let (name, instance) = text.split_once('/').unwrap_or((text, "0"));
    let instance = instance.parse().map_err(|_| "the instance is a number".to_owned())?;
    let name = name.parse().map_err(|error: bus::AddressError| error.to_string())?;
    Ok(Daemon { name, instance })
}

/// A daemon that was asked in vain.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Silent {
    /// The daemon.
    pub(crate) daemon: String,
    /// For scripts.
    pub(crate) code: &'static str,
    /// For a person: what went wrong.
    pub(crate) message: String,
    #[serde(skip)]
    exit: Exit,
}

/// What the daemons of a node say: those that answered, in order, and those that did not.
type Answers<A> = (Vec<(String, A)>, Vec<Silent>);

/// Lines about the daemons that did not answer.
fn complaints(silent: &[Silent]) -> String {
    silent.iter().map(|silent| format!("{}: {}\n", silent.daemon, one_line(&silent.message))).collect()
}

/// How a command ended with these daemons left out.
fn exit<A>(answered: &[A], silent: &[Silent], good: bool) -> Exit {
    match silent.first() {
        Some(silent) if answered.is_empty() => silent.exit,
        Some(_) => Exit::Partly,
        None if good => Exit::Done,
        None => Exit::No,
    }
}

/// Microseconds in a time, of which there are fewer than a number can hold.
const fn moment(time: protocol::common::Time) -> crate::model::Moment {
    crate::model::Moment { seconds: time.0.div_euclid(1_000_000), micros: time.0.rem_euclid(1_000_000) }
}

/// Asks the daemons of the node that `-n` names, or of this one. Those that know no callback of the name that is asked for
/// are left out, and it is an error when none does.
async fn ask<A: Xdr>(
    cx: &Context,
    whose: &Whose,
    request: CallbackRequest,
    which: Option<Option<&str>>,
) -> Result<Answers<A>, Error> {
    let settings = &cx.settings;
    let local =
        |message: String, code, exit| Error::Local { what: settings.run_dir.clone(), message, code, exit };
    if !settings.run_dir.is_dir() {
        return Err(local("no new daemon was ever started here".into(), "no_daemon", Exit::NoDaemon));
    }
    let name: bus::Name =
        "ctdbctl".parse().map_err(|error: bus::AddressError| Error::Words(error.to_string()))?;
    let bus = cx.bus()?;
    let node = match settings.nodes.as_ref().map(NodeList::single) {
        None => Node::LOCAL,
        Some(Some(Item::Range(pnn, _))) => Node(pnn),
        Some(_) => return Err(Error::OneNode { command: settings.command.clone() }),
    };
    let daemons = match whose.daemon {
        Some(daemon) => vec![daemon],
        None => bus.daemons(node, settings.timeout).await.map_err(|error| {
            let exit = if matches!(error, FindError::Malformed) { Exit::Refused } else { Exit::NoAnswer };
            local(error.to_string(), "no_answer", exit)
        })?,
    };
    let named = which.flatten();
    let question = which.map(|name| CallbackWhich { name: name.map(|name| CallbackName(name.to_owned())) });
    let body = question.map_or_else(|| Ok(Bytes::new()), |question| question.to_bytes());
    let (Ok(number), Ok(body)) = (u32::try_from(request.value()), body) else {
        return Err(Error::Words("a callback's name has at most 32 bytes".into()));
    };
    let asked = daemons.into_iter().filter(|daemon| daemon.name != name);
    let answers = join_all(asked.map(|it| {
        note(settings, format_args!("asking {it} in {}", settings.run_dir.display()));
        let (bus, body) = (&bus, body.clone());
        async move { (it, bus.call(Address { node, daemon: it }, number, body, settings.timeout).await) }
    }));
    let (mut answered, mut silent, mut unnamed) = (Vec::new(), Vec::new(), false);
    for (it, answer) in answers.await {
        let unreadable = |error: protocol::xdr::XdrError| {
            ("malformed_answer", format!("malformed answer: {error}"), Exit::Refused)
        };
        match answer.map_err(reason).and_then(|body| A::from_bytes(&body).map_err(unreadable)) {
            Ok(answer) => answered.push((it.to_string(), answer)),
            Err(("no_such_request", ..)) if whose.daemon.is_none() => {}
            Err(("not_found", ..)) if named.is_some() => unnamed = true,
            Err((code, message, exit)) => silent.push(Silent { daemon: it.to_string(), code, message, exit }),
        }
    }
    match named {
        Some(name) if answered.is_empty() && silent.is_empty() => {
            let who = if unnamed {
                "no daemon of the node has"
            } else {
                "no daemon of the node that has callbacks has"
            };
            Err(local(format!("{who} a callback '{name}'"), "not_there", Exit::Refused))
        }
        _ => Ok((answered, silent)),
    }
}

/// What a call that failed means for scripts.
fn reason(error: CallError) -> (&'static str, String, Exit) {
    let message = error.to_string();
    match error {
        CallError::NoSuchRequest => ("no_such_request", "it has no callbacks".into(), Exit::Refused),
        CallError::Refused(refusal) => match refusal.code {
            Code::UnknownRequest => ("no_such_request", "it has no callbacks".into(), Exit::Refused),
            Code::NotFound => ("not_found", message, Exit::Refused),
            _ => ("refused", message, Exit::Refused),
        },
        CallError::NoSuchDaemon => ("no_such_daemon", message, Exit::NoDaemon),
        CallError::Timeout => ("no_answer", "no answer in time".into(), Exit::NoAnswer),
        CallError::PeerGone => ("daemon_ended", message, Exit::NoAnswer),
        CallError::Undelivered(_) => ("undelivered", message, Exit::NoAnswer),
        _ => ("refused", message, Exit::Refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_is_a_name_with_or_without_an_instance() {
        assert_eq!(daemon("event").unwrap().to_string(), "event/0");
        assert_eq!(daemon("event/3").unwrap().to_string(), "event/3");
        for text in ["", "/", "event/x", "../x", "A"] {
            assert!(daemon(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_exit_status_says_who_answered_and_whether_all_is_well() {
        let silent =
            || Silent { daemon: "a/0".into(), code: "no_answer", message: "m".into(), exit: Exit::NoAnswer };
        assert_eq!(exit(&[1], &[], true), Exit::Done);
        assert_eq!(exit(&[1], &[], false), Exit::No);
        assert_eq!(exit(&[1], &[silent()], true), Exit::Partly);
        assert_eq!(exit::<u8>(&[], &[silent()], true), Exit::NoAnswer);
        assert_eq!(exit::<u8>(&[], &[], true), Exit::Done);
    }
}
