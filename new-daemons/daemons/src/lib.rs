//! The programs of the new daemons: cores in their shells.
//!
//! [`eventd`] and [`serviced`] are whole programs, each with a `main`; the files in `src/bin` only call it. [`scripts`]
//! carries out the effects of the event daemon's core, for `ctdb-eventd` and for any daemon that runs scripts of its own;
//! [`services`] does so for the service daemon. The loop that drives a core is `runtime::driver`.

pub mod eventd;
mod legacy;
pub mod scripts;
pub mod serviced;
pub mod services;
