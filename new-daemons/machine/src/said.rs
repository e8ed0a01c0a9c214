//! What every core says in the same way: lines of the log, and answers to those who asked.

/// How loud a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something is odd.
    Warning,
    /// Worth knowing in normal operation.
    Notice,
    /// Worth knowing sometimes.
    Info,
    /// For whoever looks for a mistake.
    Debug,
}

/// Pairs an answer with its request. The driver gives it, and never twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);
