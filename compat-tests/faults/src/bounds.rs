//! What a run is held to, by its profile, and the tunables of the profile.
//!
//! The figures are those of a machine of two cores that does other work as well.

use compat_tests::{Builder, Timing};
use judge::history::Bounds;
use judge::plan::Profile;

/// What the fast profile sets beside the timing of the harness.
const FAST: [(&str, u32); 3] = [("RecoverTimeout", 10), ("VacuumInterval", 2), ("RecoveryBanPeriod", 10)];

/// The tunables of a profile.
#[must_use]
pub fn tuned(builder: Builder, profile: Profile) -> Builder {
    match profile {
        Profile::Fast => FAST
            .iter()
            .fold(builder.timing(Timing::Fast), |builder, (name, value)| builder.tunable(name, *value)),
        Profile::Default => builder.timing(Timing::Stock),
    }
}

/// What a run of a profile is held to.
#[must_use]
pub const fn of(profile: Profile) -> Bounds {
    match profile {
        Profile::Fast => Bounds {
            settle_ms: 10_000,
            normal_ms: 40_000,
            unhosted_ms: 20_000,
            two_leaders_ms: 8_000,
            memory_kib: 16_384,
            descriptors: 64,
            dead_records: 1_000,
        },
        Profile::Default => Bounds {
            settle_ms: 40_000,
            normal_ms: 120_000,
            unhosted_ms: 120_000,
            two_leaders_ms: 40_000,
            memory_kib: 16_384,
            descriptors: 64,
            dead_records: 1_000,
        },
    }
}
