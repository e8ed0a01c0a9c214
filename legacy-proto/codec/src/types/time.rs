//! Times: `struct timeval`, and the answer to UPTIME.
//!
//! Both members of a timeval are `long`: 16 bytes on 64-bit machines, 8 on i386.

use crate::macros::wire;
use crate::prim::CLong;

wire! {
    /// `struct timeval`.
    #[derive(Copy, Default, PartialOrd, Ord)]
    Timeval {
        /// Seconds since 1970.
        sec: CLong,
        /// Microseconds.
        usec: CLong,
    }
}

wire! {
    /// `struct ctdb_uptime`.
    UptimeInfo {
        /// When the answer was made.
        current_time: Timeval,
        /// When ctdbd started.
        ctdbd_start_time: Timeval,
        /// When the last recovery began.
        last_recovery_started: Timeval,
        /// When the last recovery ended.
        last_recovery_finished: Timeval,
    }
}
