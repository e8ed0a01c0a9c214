//! `node`: one node or several.

mod done;
pub(crate) mod ping;
mod shutdown;

use super::asked::Answers;
use super::row::{NoArgs, rows};

rows! {
    "node" "ping": Many, "Ask the ctdbd of each node whether it lives", ["ping"],
        NoArgs => Answers<ping::Ping> = ping::run;
    "node" "shutdown": Many, "End ctdbd on nodes", ["shutdown"],
        NoArgs => Answers<done::Done> = shutdown::run;
}
