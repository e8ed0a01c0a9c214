//! The sections that only C's daemons read. Defaults are Debian's; the truth is `ctdb_config_init` and what it calls.

use crate::schema::{Change, Readers, Setting, Value};

macro_rules! rows {
    ($const:ident [$section:literal] {
        $( #[doc = $doc:literal] $name:literal $value:expr, $default:expr $(, since $since:literal)? $(, instead $instead:literal)?; )+
    }) => {
        pub(crate) const $const: &[Setting] = &[ $( Setting {
            section: $section,
            named: false,
            name: $name,
            value: $value,
            default: $default,
            ours: None,
            readers: Readers::C,
            change: Change::AtStart,
            since: super::optional!($($since)?),
            instead: super::optional!($($instead)?),
            doc: $doc,
        }, )+ ];
    };
}

rows! { CLUSTER ["cluster"] {
    /// What carries packets between the nodes.
    "transport" Value::Transport, Some("tcp");
    /// The address of this node, one of those in the nodes file; without it ctdbd tries them all.
    "node address" Value::Address, None;
    /// A file that all nodes share, or `!` and a program, that keeps two halves of a cluster from both working.
    "cluster lock" Value::Lock, None;
    /// The old name of `cluster lock`.
    "recovery lock" Value::Lock, None, instead "cluster lock";
    /// Where the list of the nodes is, or `!` and a program that prints it.
    "nodes list" Value::NodesList, None, since 22;
    /// Seconds without a word of the leader after which another one is elected.
    "leader timeout" Value::Number(1), Some("5");
    /// Whether this node may become the leader.
    "leader capability" Value::Bool, Some("true");
} }

rows! { DATABASE ["database"] {
    /// Databases that are empty after a start: on a fast disk, or in memory.
    "volatile database directory" Value::Directory, Some("/var/lib/ctdb/volatile");
    /// Databases that outlive the cluster.
    "persistent database directory" Value::Directory, Some("/var/lib/ctdb/persistent");
    /// Databases of CTDB's own.
    "state database directory" Value::Directory, Some("/var/lib/ctdb/state");
    /// A program that is run when a lock of a database is not to be had.
    "lock debug script" Value::Script, None;
    /// Whether locks of volatile databases are mutexes.
    "tdb mutexes" Value::Bool, Some("true");
} }

rows! { FAILOVER ["failover"] {
    /// Whether public addresses stay where they are.
    "disabled" Value::Bool, Some("false");
    /// Seconds more for the end of a node's services.
    "shutdown extra timeout" Value::Number(0), Some("0"), since 23;
    /// Seconds that a node which shuts down waits until others have its addresses.
    "shutdown failover timeout" Value::Number(0), Some("10"), since 23;
} }

rows! { LEGACY ["legacy"] {
    /// Whether ctdbd runs before all ordinary processes.
    "realtime scheduling" Value::Bool, Some("true");
    /// Whether this node may look after the places of records.
    "lmaster capability" Value::Bool, Some("true");
    /// Whether the node starts as a member that takes no part until `node continue`.
    "start as stopped" Value::Bool, Some("false");
    /// Whether the node starts without services until `node enable`.
    "start as disabled" Value::Bool, Some("false");
    /// What of the event scripts' output is logged.
    "script log level" Value::LogLevel, Some("ERROR");
} }
