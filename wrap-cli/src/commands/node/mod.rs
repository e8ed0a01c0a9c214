//! `node`: one node or several.

mod capability;
mod change;
pub(crate) mod done;
mod facts;
mod log;
mod memory;
pub(crate) mod ping;
mod process;
mod shutdown;
pub(crate) mod state;
mod statistics;

use self::done::Done;
use super::asked::Answers;
use super::row::{NoArgs, rows};

rows! {
    "node" "status": Many Asks, "Show the state of nodes; exit status 1 when one is not OK", ["nodestatus"],
        NoArgs => Answers<state::State> = state::run;
    "node" "uptime": Many Asks, "Show when the daemons of nodes started and last recovered", ["uptime"],
        NoArgs => Answers<facts::Times> = facts::uptime;
    "node" "ping": Many Asks, "Ask the ctdbd of each node whether it lives", ["ping"],
        NoArgs => Answers<ping::Ping> = ping::run;
    "node" "runstate": Many Asks, "Show how far the start of nodes has come, or ask whether it has come so far", ["runstate"],
        facts::RunStateArgs => Answers<facts::RunState> = facts::run_state;
    "node" "pnn": One Asks, "Show the number of this node", ["pnn"], NoArgs => facts::Number = facts::pnn;
    "node" "pid": Many Asks, "Show the process id of ctdbd", ["getpid"], NoArgs => Answers<facts::Process> = facts::pid;
    "node" "disable": Many Disturbs, "Let nodes host no public addresses", ["disable"],
        NoArgs => Answers<Done> = change::disable;
    "node" "enable": Many Changes, "Let disabled nodes host public addresses again", ["enable"],
        NoArgs => Answers<Done> = change::enable;
    "node" "pause": Many Disturbs, "Take nodes out of the cluster, with their daemons running on", ["stop"],
        NoArgs => Answers<Done> = change::pause;
    "node" "continue": Many Changes, "Take paused nodes into the cluster again", ["continue"],
        NoArgs => Answers<Done> = change::continue_;
    "node" "ban": Many Disturbs, "Ban nodes from the cluster for a while", ["ban"],
        change::BanArgs => Answers<Done> = change::ban;
    "node" "unban": Many Changes, "Lift the ban of nodes", ["unban"], NoArgs => Answers<Done> = change::unban;
    "node" "shutdown": Many Disturbs, "End ctdbd on nodes", ["shutdown"], NoArgs => Answers<Done> = shutdown::run;
    "node" "memory": Many Asks, "Show what the daemons of nodes have allocated", ["dumpmemory", "rddumpmemory"],
        memory::MemoryArgs => Answers<memory::Memory> = memory::run;
    "node" "capability" "list": None Asks, "List the capabilities there are", [],
        NoArgs => capability::Known = capability::list;
    "node" "capability" "get": Many Asks, "Show what nodes may be asked to do", ["getcapabilities"],
        NoArgs => Answers<capability::Held> = capability::get;
    "node" "capability" "set": Many Changes, "Let nodes be leader or location master, or not, until they restart",
        ["setleaderrole", "setlmasterrole"], capability::SetArgs => Answers<Done> = capability::set;
    "node" "log" "get": Many Asks, "Show how much nodes log", ["getdebug"], NoArgs => Answers<log::Level> = log::get;
    "node" "log" "set": Many Changes, "Change how much nodes log, until they restart", ["setdebug"],
        log::SetArgs => Answers<Done> = log::set;
    "node" "process" "check": Many Asks, "Ask whether a process is a client of ctdbd; exit status 1 when it is not",
        ["process-exists"], process::CheckArgs => Answers<process::Found> = process::check;
    "node" "statistics" "show": Many Asks, "Show the counters of nodes", ["statistics"],
        NoArgs => Answers<statistics::Counters> = statistics::show;
    "node" "statistics" "reset": Many Changes, "Set the counters of nodes to 0", ["statisticsreset"],
        NoArgs => Answers<Done> = statistics::reset;
    "node" "statistics" "history": Many Asks, "Show the counters of the last intervals, newest first", ["stats"],
        statistics::HistoryArgs => Answers<statistics::History> = statistics::history;
}
