//! The table of commands: name, arguments, what it is for, where it may be sent, and the handler.
//!
//! One row a command, in the order of the help text. A command is `local` (needs no daemon), `here` (only for the local
//! node), `remote` (takes `-n`) or `newer` (as `here`, and in Samba's master only, so that the help text leaves it out).
//! Texts and order are those of `ctdb_commands`.

use std::ffi::{OsStr, OsString};
use std::future::Future;
use std::pin::Pin;

use crate::options::Options;
use crate::stop::{Done, Stop};
use crate::tool::Tool;
use crate::{
    addresses, capabilities, connections, databases, files, helpers, memory, move_address, nodes, processes,
    records, reload, state, statistics, status, tickle, transactions, tunables, usage, whole,
};

/// A handler at work.
pub(crate) type Working<'a> = Pin<Box<dyn Future<Output = Done> + 'a>>;

/// What carries a command out.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// Without a daemon.
    Local(for<'a> fn(&'a Options, &'a [OsString]) -> Working<'a>),
    /// With a connection to the local one.
    Tool(for<'a> fn(&'a mut Tool, &'a [OsString]) -> Working<'a>),
}

/// One command.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// As the help text has them.
    pub(crate) arguments: &'static str,
    pub(crate) about: &'static str,
    /// Whether `-n` may name another node.
    pub(crate) remote: bool,
    /// Whether it can answer in JSON.
    pub(crate) json: bool,
    /// Whether 4.17 does not have it.
    pub(crate) newer: bool,
    pub(crate) handler: Handler,
}

macro_rules! handler {
    (local $run:path) => {
        Handler::Local(|options, args| Box::pin($run(options, args)))
    };
    ($kind:ident $run:path) => {
        Handler::Tool(|tool, args| Box::pin($run(tool, args)))
    };
}

macro_rules! is {
    (remote remote) => {
        true
    };
    (newer newer) => {
        true
    };
    ($kind:ident $other:ident) => {
        false
    };
    (json) => {
        true
    };
    () => {
        false
    };
}

macro_rules! commands {
    ($( $kind:ident $name:literal $arguments:literal $about:literal => $run:path $(, $json:ident)? ; )+) => {
        /// All commands.
        pub(crate) static COMMANDS: &[Row] = &[ $( Row {
            name: $name,
            arguments: $arguments,
            about: $about,
            remote: is!($kind remote),
            json: is!($($json)?),
            newer: is!($kind newer),
            handler: handler!($kind $run),
        }, )+ ];
    };
}

commands! {
    local "version" "" "show version of ctdb" => nodes::version, json;
    remote "status" "" "show node status" => status::status, json;
    remote "uptime" "" "show node uptime" => nodes::uptime;
    remote "ping" "" "ping a node" => nodes::ping;
    remote "runstate" "[setup|first_recovery|startup|running]" "get/check runstate of a node" => nodes::runstate;
    remote "getvar" "<name>" "get a tunable variable" => tunables::getvar;
    remote "setvar" "<name> <value>" "set a tunable variable" => tunables::setvar;
    remote "listvars" "" "list tunable variables" => tunables::listvars;
    remote "statistics" "" "show ctdb statistics" => statistics::statistics;
    remote "statisticsreset" "" "reset ctdb statistics" => statistics::reset;
    remote "stats" "[count]" "show rolling statistics" => statistics::history;
    remote "ip" "[all]" "show public ips" => addresses::ip;
    remote "ipinfo" "<ip>" "show public ip details" => addresses::ipinfo;
    remote "ifaces" "" "show interfaces" => addresses::ifaces;
    remote "setifacelink" "<iface> up|down" "set interface link status" => addresses::setifacelink;
    remote "process-exists" "<pid> [<srvid>]" "check if a process exists on a node" => processes::exists;
    remote "getdbmap" "" "show attached databases" => databases::getdbmap;
    remote "getdbstatus" "<dbname|dbid>" "show database status" => databases::getdbstatus;
    here "catdb" "<dbname|dbid>" "dump cluster-wide ctdb database" => records::catdb;
    here "cattdb" "<dbname|dbid>" "dump local ctdb database" => records::cattdb;
    remote "getcapabilities" "" "show node capabilities" => capabilities::getcapabilities;
    here "pnn" "" "show the pnn of the currnet node" => nodes::pnn;
    here "lvs" "leader|list|status" "show lvs configuration" => helpers::lvs;
    remote "setdebug" "ERROR|WARNING|NOTICE|INFO|DEBUG" "set debug level" => memory::setdebug;
    remote "getdebug" "" "get debug level" => memory::getdebug;
    here "attach" "<dbname> [persistent|replicated]" "attach a database" => records::attach;
    here "detach" "<dbname|dbid> ..." "detach database(s)" => databases::detach;
    remote "dumpmemory" "" "dump ctdbd memory map" => memory::dumpmemory;
    remote "rddumpmemory" "" "dump recoverd memory map" => memory::rddumpmemory;
    remote "getpid" "" "get ctdbd process ID" => nodes::getpid;
    remote "disable" "" "disable a node" => state::disable;
    remote "enable" "" "enable a node" => state::enable;
    remote "stop" "" "stop a node" => state::stop;
    remote "continue" "" "continue a stopped node" => state::continue_;
    remote "ban" "<bantime>" "ban a node" => state::ban;
    remote "unban" "" "unban a node" => state::unban;
    remote "shutdown" "" "shutdown ctdb daemon" => state::shutdown;
    remote "recover" "" "force recovery" => state::recover;
    remote "sync" "" "run ip reallocation (deprecated)" => state::ipreallocate;
    remote "ipreallocate" "" "run ip reallocation" => state::ipreallocate;
    remote "gratarp" "<ip> <interface>" "send a gratuitous arp" => move_address::gratarp;
    local "tickle" "<srcip:port> <dstip:port>" "send a tcp tickle ack" => tickle::tickle;
    remote "gettickles" "<ip> [<port>]" "get the list of tickles" => connections::gettickles;
    remote "addtickle" "<ip>:<port> <ip>:<port>" "add a tickle" => connections::addtickle;
    remote "deltickle" "<ip>:<port> <ip>:<port>" "delete a tickle" => connections::deltickle;
    local "listnodes" "" "list nodes in the cluster" => nodes::listnodes;
    here "reloadnodes" "" "reload the nodes file all nodes" => reload::reloadnodes;
    here "moveip" "<ip> <node>" "move an ip address to another node" => move_address::moveip;
    remote "addip" "<ip/mask> <iface>" "add an ip address to a node" => move_address::addip;
    remote "delip" "<ip>" "delete an ip address from a node" => move_address::delip;
    here "backupdb" "<dbname|dbid> <file>" "backup a database into a file" => whole::backupdb;
    here "restoredb" "<file> [dbname]" "restore a database from a file" => whole::restoredb;
    local "dumpdbbackup" "<file>" "dump database from a backup file" => whole::dumpdbbackup;
    here "wipedb" "<dbname|dbid>" "wipe the contents of a database." => whole::wipedb;
    remote "leader" "" "show the pnn of the leader" => nodes::leader;
    local "event" "" "event and event script commands" => helpers::event;
    local "scriptstatus" "[init|setup|startup|monitor|takeip|releaseip|ipreallocated]" "show event script status"
        => helpers::scriptstatus;
    here "natgw" "leader|list|status" "show natgw configuration" => helpers::natgw;
    remote "getreclock" "" "get recovery lock file" => capabilities::getreclock;
    remote "setlmasterrole" "on|off" "set LMASTER role" => capabilities::setlmasterrole;
    remote "setleaderrole" "on|off" "set LEADER role" => capabilities::setleaderrole;
    remote "setdbreadonly" "<dbname|dbid>" "enable readonly records" => databases::setdbreadonly;
    remote "setdbsticky" "<dbname|dbid>" "enable sticky records" => databases::setdbsticky;
    here "pfetch" "<dbname|dbid> <key>" "fetch record from persistent database" => transactions::pfetch;
    here "pstore" "<dbname|dbid> <key> <value>" "write record to persistent database" => transactions::pstore;
    here "pdelete" "<dbname|dbid> <key>" "delete record from persistent database" => transactions::pdelete;
    here "ptrans" "<dbname|dbid> [<file>]" "update a persistent database (from file or stdin)"
        => transactions::ptrans;
    remote "tfetch" "<tdb-file> <key> [<file>]" "fetch a record" => files::tfetch;
    remote "tstore" "<tdb-file> <key> <data> [<rsn> <dmaster> <flags>]" "store a record" => files::tstore;
    here "readkey" "<dbname|dbid> <key> [readonly]" "read value of a database key" => records::readkey;
    here "writekey" "<dbname|dbid> <key> <value>" "write value for a database key" => records::writekey;
    here "deletekey" "<dbname|dbid> <key>" "delete a database key" => records::deletekey;
    newer "pushrecord" "<dbname|dbid> <key> <value>" "push a record to all nodes" => records::pushrecord;
    local "checktcpport" "<port>" "check if a service is bound to a specific tcp port or not"
        => processes::checktcpport;
    here "getdbseqnum" "<dbname|dbid>" "get database sequence number" => databases::getdbseqnum;
    remote "nodestatus" "[all|<pnn-list>]" "show and return node status" => status::nodestatus;
    remote "dbstatistics" "<dbname|dbid>" "show database statistics" => statistics::of_database;
    here "reloadips" "[all|<pnn-list>]" "reload the public addresses file" => reload::reloadips;
}

/// The command of this name.
pub(crate) fn find(name: &OsStr) -> Option<&'static Row> {
    COMMANDS.iter().find(|row| OsStr::new(row.name) == name)
}

/// Says how a command is used, and ends the program. A name that is no command gets all of them.
pub(crate) fn misused(name: &str) -> Stop {
    match find(OsStr::new(name)) {
        Some(row) => usage::one(row),
        None => usage::all(),
    }
    Stop::End(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_only_two_commands_know_json() {
        let mut names: Vec<_> = COMMANDS.iter().map(|row| row.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!((names.len(), COMMANDS.len()), (78, 78));
        let json: Vec<_> = COMMANDS.iter().filter(|row| row.json).map(|row| row.name).collect();
        assert_eq!(json, ["version", "status"]);
    }
}
