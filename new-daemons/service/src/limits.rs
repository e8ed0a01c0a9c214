//! All bounds on what configurations, peers and programs can make the daemon keep, and its times that nobody sets.

use std::time::Duration;

/// Services of one daemon.
pub const SERVICES_MAX: usize = 64;

/// Bytes of the name of a service.
pub const NAME_MAX: usize = 32;

/// Bytes of a reason. It is one line.
pub const REASON_MAX: usize = 400;

/// Bytes of output that go with a change of state, in the history and in what is told.
pub const TOLD_MAX: usize = 4096;

/// Bytes of output of one operation, whatever the configuration says.
pub const OUTPUT_MAX: usize = 1 << 20;

/// Bytes of output of one operation, unless the configuration says otherwise.
pub const OUTPUT: usize = 16 << 10;

/// Changes of state of one service that are remembered, whatever the configuration says.
pub const HISTORY_MAX: usize = 1000;

/// Changes of state of one service that are remembered, unless the configuration says otherwise.
pub const HISTORY: usize = 20;

/// Addresses of a node. More are refused.
pub const ADDRESSES_MAX: usize = 1024;

/// Bytes of the name of an interface.
pub const INTERFACE_MAX: usize = 15;

/// Requests that wait for an answer.
pub const WAITERS_MAX: usize = 256;

/// Changes of one service that are counted to see whether it changes too often.
pub const FLAP_MAX: usize = 100;

/// The longest pause before a service is restarted, or told its addresses again.
pub const BACKOFF_MAX: Duration = Duration::from_secs(300);

/// How long the driver may take to end an operation that has taken too long. Then its result counts as known, but nothing
/// else is done with the service until the operation has ended.
pub const END_MAX: Duration = Duration::from_secs(10);

/// How long a check may run until it is saved that it does, for a daemon that comes after this one.
pub const CHECK_SAVED_AFTER: Duration = Duration::from_secs(1);
