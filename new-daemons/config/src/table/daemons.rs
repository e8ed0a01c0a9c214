//! The sections that new daemons read. `[logging]` and `[event]` are older than they: C's daemons read them too. That of a
//! daemon is the name of its program without `ctdb-`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::section;
use crate::schema::Value;
use crate::value::{Level, Location, Program, Size};

const HOUR: Duration = Duration::from_secs(3600);

section! {
    /// What every daemon reads: where its log goes, and how much of it.
    Logging ["logging", named false] {
        /// Where the log goes: `syslog`, `syslog:nonblocking`, `syslog:udp`, `syslog:udp-rfc5424`, or `file:` and a path.
        /// The new daemons know `journal` and `stderr` too, which only a file in conf.d may say. Without it they use the
        /// journal when systemd has started them, and else standard error.
        location: Option<Location> = "location", Value::LogLocation, Some("file:/var/log/ctdb/log.ctdb"),
            AtRunTime, Both, ours None;
        /// The least important messages that are logged: ERROR, WARNING, NOTICE, INFO or DEBUG.
        level: Level = "log level", Value::LogLevel, Some("ERROR"), AtRunTime, Both, ours Some("NOTICE");
    }
}

section! {
    /// What was there before ctdb-eventd, and what it reads like the event daemon of C.
    Event ["event", named false] {
        /// A program in the configuration's directory that is run when an event script takes too long.
        debug_script: Option<String> = "debug script", Value::Script, None, AtRunTime, Both;
    }
}

section! {
    /// What ctdb-eventd reads.
    Eventd ["eventd", named false] {
        /// How many of the last runs of each script are kept to be shown for each event: so many that went well, and so many that
        /// failed; of those that failed within a day, up to 100.
        history: u64 = "history", Value::Count { least: 1, most: 1000 }, Some("10"), AtRunTime, New;
        /// How much of what one script prints is kept; the rest is counted.
        output_limit: Size = "output limit", Value::Size { least: 1024, most: 1 << 20 }, Some("64K"), AtRunTime, New;
        /// An address and a port of its HTTP door, besides the Unix socket. Anybody who reaches it may do everything.
        http_listen: Option<SocketAddr> = "http listen", Value::Listen, None, AtStart, New;
    }
}

section! {
    /// What ctdb-tunneld reads.
    Tunneld ["tunneld", named false] {
        /// The socket of the local ctdbd; without it `$CTDB_SOCKET`, or /run/ctdb/ctdbd.socket.
        ctdb_socket: Option<PathBuf> = "ctdb socket", Value::Path, None, AtStart, New;
        /// The directory of the daemons' sockets; without it `bus` beside the socket of ctdbd.
        bus_directory: Option<PathBuf> = "bus directory", Value::Path, None, AtStart, New;
        /// How long a node may be silent until it is given up and what waits for it fails.
        peer_timeout: Duration = "peer timeout", Value::Duration { least: Duration::from_secs(3), most: HOUR },
            Some("10s"), AtRunTime, New;
        /// A file with the key that all nodes share: 32 random bytes, which only its owner may read. The tunnelds seal
        /// with it what they say to each other. Up to four keys may stand one behind the other: the first one seals, all
        /// are taken, so that a key can be changed node by node. It is read again at SIGHUP.
        cluster_key: Option<PathBuf> = "cluster key", Value::Path, None, AtRunTime, New;
        /// How far the key has come: `accept` takes what is sealed and seals nothing, `seal` seals and takes what is not
        /// sealed, too, `require` heeds nothing that is not sealed. Without a cluster key it says nothing.
        cluster_key_use: String = "cluster key use", Value::Choice(&["accept", "seal", "require"]), Some("require"),
            AtRunTime, New;
        /// An address and a port of its HTTP door, besides the Unix socket. Anybody who reaches it may do everything.
        http_listen: Option<SocketAddr> = "http listen", Value::Listen, None, AtStart, New;
    }
}

section! {
    /// The HTTP door of each daemon.
    Http ["http", named false] {
        /// Whether there is one.
        enabled: bool = "enabled", Value::Bool, Some("true"), AtStart, New;
        /// The directory of the doors' sockets, NAME.INSTANCE.http; without it the directory of the daemons' sockets.
        directory: Option<PathBuf> = "directory", Value::Path, None, AtStart, New;
        /// Whether `http listen` of a daemon may be an address that other hosts reach. Then all of them may do everything.
        beyond_loopback: bool = "beyond loopback", Value::Bool, Some("false"), AtStart, New;
        /// The largest body of a request.
        body_limit: Size = "body limit", Value::Size { least: 1024, most: 64 << 20 }, Some("1M"), AtStart, New;
    }
}

section! {
    /// A program that daemons run on their events.
    Callback ["callback", named true] {
        /// The events on which it is run: their names, or the beginning of names and `*`.
        events: Vec<String> = "events", Value::Patterns, None, AtRunTime, New;
        /// The program and its arguments; the event's name and arguments come behind them, and the event as JSON on its
        /// standard input.
        program: Program = "program", Value::Program, None, AtRunTime, New;
        /// The user as whom it is run; without it the daemon's. Only a daemon that is root can run it as another.
        user: Option<String> = "user", Value::Text, None, AtRunTime, New;
        /// How long it may run until it is ended, with all that it has started.
        time_limit: Duration = "time limit", Value::Duration { least: Duration::from_millis(100), most: HOUR },
            Some("30s"), AtRunTime, New;
        /// How its runs follow one another: `serial` one event after the other, `parallel` several at the same time,
        /// `coalesce` once for all that has come while it ran, with the latest event of each subject.
        order: String = "order", Value::Choice(&["serial", "parallel", "coalesce"]), Some("serial"), AtRunTime, New;
        /// How often it is run again for the same event when it fails.
        retries: u64 = "retries", Value::Count { least: 0, most: 100 }, Some("3"), AtRunTime, New;
        /// The pause before it is run again; each further one is twice as long, up to 5 minutes.
        backoff: Duration = "backoff",
            Value::Duration { least: Duration::from_millis(10), most: Duration::from_secs(300) }, Some("1s"), AtRunTime, New;
    }
}
