//! Runs of real clusters under load and faults.
//!
//! A run follows from a [`judge::plan::Plan`]: the nodes, what clients do, which fault hits whom and when. It is carried out
//! by phases, everything that is asked, done and seen is a line of one history, and the history is judged afterwards by a
//! program of its own. A run that is judged red is made smaller until no part can be left out. Nothing here judges, and no
//! log is read: nodes are seen by their sockets, their tool, their files and `/proc`.

pub mod bounds;
pub mod campaign;
mod clock;
pub mod faults;
pub mod minimise;
pub mod options;
pub mod run;
pub mod stage;
