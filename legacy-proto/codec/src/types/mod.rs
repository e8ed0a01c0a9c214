//! The structs that controls and messages carry, one `wire!` each.
//!
//! Only layouts live here. Which control carries which struct is said in `control/table.rs` and `message.rs`.

mod addresses;
mod databases;
mod db_statistics;
mod ifaces;
mod nodes;
mod notices;
mod records;
mod statistics;
mod time;
mod traverse;
mod tunables;

pub use addresses::{AddrInfo, Connection, PublicIp, PublicIpInfo, PublicIpList, TickleList};
pub use databases::{DbIdAndFlags, DbMap, DbSeqnumArgs, DbVacuumArgs, PullDbArgs, PullDbExtArgs, TransDb};
pub use db_statistics::{DbStatistics, HotKey};
#[cfg(test)]
pub(crate) use db_statistics::{DbStatisticsHead, HotKeySlot};
pub use ifaces::{Iface, IfaceList};
pub use nodes::{NodeAndFlags, NodeMap, VnnMap};
pub use notices::{
    BanState, DisableMessage, Echo, ElectionMessage, NodeFlagChange, NotifyData, PidSrvid, SrvidMessage,
};
pub use records::{KeyData, LtdbHeader, PushedRecord, RecBuffer, Record, Records};
pub use statistics::{
    Buckets, ClientPackets, LatencyCounter, LockStatistics, NodePackets, ReclockLatencies, Statistics,
    StatisticsList, TimeoutCounts,
};
pub use time::{Timeval, UptimeInfo};
pub use traverse::{TraverseAllArgs, TraverseAllExtArgs, TraverseStartArgs, TraverseStartExtArgs};
pub use tunables::{TunableName, TunableNames, TunableValue, Tunables};
