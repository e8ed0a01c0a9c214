//! What breaks, and how often.

use std::time::Duration;

use rand::Rng;
use rand::rngs::SmallRng;

/// How unkind a world is. Rates are mean times between two faults of a kind in the whole cluster.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Chance that a message between two ctdbds is lost.
    pub loss: f64,
    /// Chance that a message between two ctdbds is overtaken by later ones.
    pub reorder: f64,
    /// A ctdbd is killed and comes back.
    pub ctdbd_restart: Option<Duration>,
    /// A tunneld is killed and comes back, with a new boot id.
    pub tunneld_restart: Option<Duration>,
    /// A daemon is killed and comes back.
    pub daemon_restart: Option<Duration>,
    /// A daemon does not read for a while.
    pub daemon_stall: Option<Duration>,
    /// Two nodes do not hear each other for a while.
    pub partition: Option<Duration>,
    /// Nobody hears a node for a while, though it hears the others.
    pub mute: Option<Duration>,
    /// A ctdbd does not read for a while.
    pub freeze: Option<Duration>,
    /// A node is deleted from the nodes file and comes back.
    pub delete: Option<Duration>,
    /// One direction between two nodes is slow and loses messages for a while.
    pub link: Option<Duration>,
}

impl Faults {
    /// Everything that can break, in a mixture of its own for each seed.
    pub fn mixture(rng: &mut SmallRng) -> Self {
        let mut rate = |p: f64, seconds: u64| {
            let at_all = rng.random_bool(p);
            at_all.then(|| Duration::from_secs(rng.random_range(seconds / 2..=seconds * 2)))
        };
        let ctdbd_restart = rate(0.6, 8);
        let tunneld_restart = rate(0.4, 12);
        let daemon_restart = rate(0.5, 8);
        let daemon_stall = rate(0.5, 6);
        let partition = rate(0.5, 8);
        let mute = rate(0.3, 15);
        let freeze = rate(0.4, 8);
        let delete = rate(0.2, 15);
        let loss = if rng.random_bool(0.5) { rng.random_range(0.0..0.05) } else { 0.0 };
        let reorder = if rng.random_bool(0.3) { rng.random_range(0.0..0.02) } else { 0.0 };
        Self {
            loss,
            reorder,
            ctdbd_restart,
            tunneld_restart,
            daemon_restart,
            daemon_stall,
            partition,
            mute,
            freeze,
            delete,
            // Each message waits, so a world takes much longer: tests ask for it by name.
            link: None,
        }
    }
}
