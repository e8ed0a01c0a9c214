//! All tests beside the sources, as one program: each further one would be linked on its own.

mod asked_events;
mod bus;
mod callbacks;
mod events;
mod services;
mod tunnel;
