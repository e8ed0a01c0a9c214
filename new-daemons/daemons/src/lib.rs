//! What the programs of the new daemons share: cores in their shells.
//!
//! [`scripts`] carries out the effects of the event daemon's core, for the program `ctdb-eventd` and for any daemon that
//! runs scripts of its own; [`services`] does so for the service daemon. [`guard`] keeps a daemon alive whose core has a mistake. The programs are in `src/bin`.

pub mod guard;
pub mod scripts;
pub mod services;
