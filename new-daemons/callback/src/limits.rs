//! All bounds on what events, programs and registrants can make a daemon keep.

use std::time::Duration;

/// Events that may wait for one callback; the oldest is given up for another one.
pub const WAITING_MAX: usize = 4096;

/// Subjects that may wait for one callback that coalesces.
pub const SUBJECTS_MAX: usize = 256;

/// Bytes of events that may wait for one callback.
pub const WAITING_BYTES: usize = 4 << 20;

/// Bytes of events that may wait for all callbacks together.
pub const TOTAL_BYTES: usize = 32 << 20;

/// The largest event: topic, subject, arguments and data together.
pub const EVENT_BYTES: usize = 256 << 10;

/// Arguments of an event.
pub const ARGUMENTS_MAX: usize = 64;

/// Bytes of one argument, a topic, a subject or a pattern.
pub const TEXT_MAX: usize = 4096;

/// Callbacks that the configuration may name.
pub const CONFIGURED_MAX: usize = 64;

/// Callbacks that may be registered over the bus.
pub const REGISTERED_MAX: usize = 32;

/// Callbacks of one registrant.
pub const REGISTERED_BY_ONE: usize = 8;

/// Patterns of one callback.
pub const PATTERNS_MAX: usize = 32;

/// Runs of one callback at the same time, where its row allows more than one.
pub const PARALLEL_MAX: usize = 8;

/// Runs beyond the first of each callback, in all callbacks together. The first needs nobody's leave, so that programs that
/// hang hold up no other callback.
pub const PARALLEL_TOTAL: usize = 32;

/// Attempts, and events given up, that are remembered of each callback.
pub const HISTORY_MAX: usize = 20;

/// Bytes of a program's output that are remembered: the last ones.
pub const OUTPUT_MAX: usize = 4096;

/// The longest pause before a program is run again.
pub const BACKOFF_MAX: Duration = Duration::from_secs(300);

/// The longest time that a program may take.
pub const TIME_LIMIT_MAX: Duration = Duration::from_secs(3600);

/// How often a program may be run again for the same event.
pub const RETRIES_MAX: u32 = 100;

/// The longest lease of a registration.
pub const LEASE_MAX: Duration = Duration::from_secs(600);
