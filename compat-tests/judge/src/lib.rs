//! What happened to a cluster, and whether its promises were kept.
//!
//! A run writes one [`History`]: each call and return of each client, each fault, each sample of what can be seen from
//! outside. The [`checkers`] read it later, as often as one likes; they know nothing of how the run was made, and a simulated
//! run is read by the same ones. A history that is cut off or contradicts itself is never judged: [`Unreadable`].

pub mod checkers;
pub mod history;
mod known;
pub mod measure;
mod numbers;
pub mod plan;
mod stale;
pub mod table;
mod tails;
mod verdict;
pub mod work;

pub use history::{History, Unreadable};
pub use known::Known;
pub use numbers::Numbers;
pub use verdict::{Finding, Kind, Report, Verdict};

/// Reads a history to its end with every checker.
#[must_use]
pub fn judge(history: &History) -> Verdict {
    Verdict::new(history, checkers::ALL.iter().map(|checker| checker.run(history)).collect())
}
