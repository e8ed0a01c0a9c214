//! Programs of others, run to their end: scripts of events, callbacks.
//!
//! A [`Program`] says what to run, a [`Running`] is one that was started: in a process group of its own, with its output
//! in a buffer of bounded size. Ends when the program ends, even if something that it has left behind keeps its output
//! open. Never decides how long a program may take; the caller waits with [`Running::wait`] as long as it likes and then
//! calls [`Running::terminate`]. No shell and no search path are involved.

mod inherited;
mod orphans;
mod output;
mod program;
mod running;

pub use inherited::close_inherited;
pub use orphans::adopt;
pub use output::Output;
pub use program::{Program, StartError};
pub use running::{Ended, How, Running, leave_running};
