//! Nodes that were asked and did not answer: a part of every answer that is put together from several nodes.
//!
//! No absent answer counts as a good one: who is missing is said in the table, in the JSON form and by the exit status.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Failure, one_line};
use crate::exit::Exit;

/// Why there is no answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Reason {
    /// For scripts: `no_answer`, `refused`, `malformed_answer`, `connection_lost`.
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(skip)]
    pub(crate) exit: Exit,
}

impl From<Failure> for Reason {
    fn from(failure: Failure) -> Self {
        Self { code: failure.code().into(), message: failure.to_string(), exit: failure.exit() }
    }
}

/// A node without an answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Failed {
    pub(crate) pnn: u32,
    pub(crate) error: Reason,
}

/// The nodes without an answer.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Absent(Vec<Failed>);

impl Absent {
    /// Takes the answers that came apart from those that did not.
    pub(crate) fn sift<T>(
        answers: impl IntoIterator<Item = (u32, Result<T, Failure>)>,
    ) -> (Vec<(u32, T)>, Self) {
        let (mut said, mut absent) = (Vec::new(), Vec::new());
        for (pnn, answer) in answers {
            match answer {
                Ok(answer) => said.push((pnn, answer)),
                Err(failure) => absent.push(Failed { pnn, error: failure.into() }),
            }
        }
        (said, Self(absent))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A line about each, for below a table.
    pub(crate) fn lines(&self) -> String {
        let line = |failed: &Failed| format!("node {}: {}\n", failed.pnn, one_line(&failed.error.message));
        self.0.iter().map(line).collect()
    }

    /// How a command ended whose answer has parts of other nodes, or none.
    pub(crate) fn exit(&self, some: bool) -> Exit {
        exit(self.0.iter().map(|failed| failed.error.exit), some)
    }
}

/// Done when all answered, partly when some did, and otherwise the reason.
pub(crate) fn exit(failures: impl Iterator<Item = Exit> + Clone, some: bool) -> Exit {
    match failures.clone().next() {
        None => Exit::Done,
        Some(_) if some => Exit::Partly,
        Some(_) if failures.clone().any(|exit| exit == Exit::NoAnswer) => Exit::NoAnswer,
        Some(first) => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn who_is_missing_is_told_and_never_counts_as_done() {
        let silent = || Err(Failure::NoAnswer(Duration::from_secs(2)));
        let (said, absent) =
            Absent::sift([(0, Ok("fine")), (1, Err(Failure::Refused("no".into()))), (2, silent())]);
        assert_eq!(said, [(0, "fine")]);
        assert_eq!(absent.lines(), "node 1: refused: no\nnode 2: no answer within 2 s\n");
        assert!(!absent.is_empty());
        assert_eq!((absent.exit(true), absent.exit(false)), (Exit::Partly, Exit::NoAnswer));
        let (_, absent) = Absent::sift([(1, Err::<(), _>(Failure::Refused("no".into())))]);
        assert_eq!(absent.exit(false), Exit::Refused);
        assert_eq!(Absent::default().exit(false), Exit::Done);
    }
}
