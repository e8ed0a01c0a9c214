//! Tunables: one by name, all names, all values.
//!
//! Sources: `ctdb_tunable_old`, `ctdb_control_get_tunable`, `ctdb_control_list_tunable`, `ctdb_tunable_list`. The values
//! of all tunables travel as a row of numbers whose order never changed from Samba 4.8 on; the names are those that
//! `ctdb listvars` prints. What a tunable does is not said here.

use crate::macros::wire;
use crate::text::Text;

wire! {
    /// `struct ctdb_tunable_old`: a tunable and its new value.
    TunableValue {
        /// The value.
        value: u32,
    }
    counted {
        /// The name.
        name: Text,
    }
}

wire! {
    /// `struct ctdb_control_get_tunable`: which tunable is asked for.
    TunableName {}
    counted {
        /// The name.
        name: Text,
    }
}

wire! {
    /// `struct ctdb_control_list_tunable`: the names of all tunables.
    TunableNames {}
    counted {
        /// The names with colons between them.
        names: Text,
    }
}

impl TunableNames {
    /// Each name.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.names.as_bytes().split(|b| *b == b':').filter(|name| !name.is_empty())
    }
}

wire! {
    /// `struct ctdb_tunable_list`: the values of all tunables, in the order of [`Tunables::NAMES`].
    #[derive(Copy)]
    Tunables {
        /// The values.
        values: [u32; 62],
    }
}

impl Tunables {
    /// The value of a tunable.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<u32> {
        let at = Self::NAMES.iter().position(|n| n.eq_ignore_ascii_case(name))?;
        self.values.get(at).copied()
    }

    /// Names, in the order of the values.
    pub const NAMES: [&'static str; 62] = [
        "MaxRedirectCount",
        "SeqnumInterval",
        "ControlTimeout",
        "TraverseTimeout",
        "KeepaliveInterval",
        "KeepaliveLimit",
        "RecoverTimeout",
        "RecoverInterval",
        "ElectionTimeout",
        "TakeoverTimeout",
        "MonitorInterval",
        "TickleUpdateInterval",
        "EventScriptTimeout",
        "MonitorTimeoutCount",
        "EventScriptUnhealthyOnTimeout",
        "RecoveryGracePeriod",
        "RecoveryBanPeriod",
        "DatabaseHashSize",
        "DatabaseMaxDead",
        "RerecoveryTimeout",
        "EnableBans",
        "DeterministicIPs",
        "ReclockPingPeriod",
        "NoIPFailback",
        "DisableIPFailover",
        "VerboseMemoryNames",
        "RecdPingTimeout",
        "RecdFailCount",
        "LogLatencyMs",
        "RecLockLatencyMs",
        "RecoveryDropAllIPs",
        "VerifyRecoveryLock",
        "VacuumInterval",
        "VacuumMaxRunTime",
        "RepackLimit",
        "VacuumLimit",
        "MaxQueueDropMsg",
        "AllowUnhealthyDBRead",
        "StatHistoryInterval",
        "DeferredAttachTO",
        "VacuumFastPathCount",
        "LCP2PublicIPs",
        "AllowClientDBAttach",
        "RecoverPDBBySeqNum",
        "DeferredRebalanceOnNodeAdd",
        "FetchCollapse",
        "HopcountMakeSticky",
        "StickyDuration",
        "StickyPindown",
        "NoIPTakeover",
        "DBRecordCountWarn",
        "DBRecordSizeWarn",
        "DBSizeWarn",
        "PullDBPreallocation",
        "NoIPHostOnAllDisabled",
        "Samba3AvoidDeadlocks",
        "TDBMutexEnabled",
        "LockProcessesPerDB",
        "RecBufferSizeLimit",
        "QueueBufferSize",
        "IPAllocAlgorithm",
        "AllowMixedVersions",
    ];
}
