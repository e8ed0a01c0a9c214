//! `migrate`: which daemon serves which function on this node, and the way from C's daemons to the new ones.
//!
//! Who serves what is found by asking, never by a setting. A rung whose daemon does not exist is refused, and services are
//! started and stopped by the system's own means: `step` and `back` say what is to be done.

mod plan;
mod rungs;
mod status;

use super::row::{NoArgs, rows};

rows! {
    "migrate" "status": One Asks, "Show which daemon serves which function on this node or another", [],
        NoArgs => status::Status = status::run;
    "migrate" "plan": None Asks, "Show the rungs from C's daemons to the new ones, and where this node stands", [],
        NoArgs => plan::Plan = plan::run;
    "migrate" "step": None Asks, "Say what takes this node to the next rung, and do nothing; exit status 1 while that is to be done", [],
        NoArgs => plan::Next = plan::step;
    "migrate" "back": None Asks, "Say what takes this node a rung back, and do nothing; exit status 1 while that is to be done", [],
        NoArgs => plan::Next = plan::back;
}
