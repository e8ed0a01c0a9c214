//! What `ctdb-eventd` can be asked and tells, on the bus under the name `event`.
//!
//! The types are those of `spec/event.x`. Events and scripts belong to components; each component has a directory of
//! scripts, a queue and a history of its own.

use crate::event::{
    EventAbout, EventComponent, EventComponents, EventHistory, EventLast, EventNamed, EventPast, EventRan,
    EventRun, EventRunFinished, EventRunStarted, EventScriptFinished, EventScriptHung, EventScripts,
    EventWhich,
};

crate::service! {
    /// Runs the scripts of events.
    "event" {
        /// Runs the scripts of an event, and answers when they have ended.
        1 "run" run Run (EventRun) -> EventRan;
        /// Tells how an event went the last time.
        2 "status" status Status (EventWhich) -> EventLast;
        /// Tells how scripts went in the past, as far as it is remembered.
        3 "history" history History (EventPast) -> EventHistory;
        /// Lists the scripts of a component.
        4 "scripts" scripts Scripts (EventComponent) -> EventScripts;
        /// Has a script run from now on.
        5 "enable" enable Enable (EventNamed) -> ();
        /// Has a script not run any more.
        6 "disable" disable Disable (EventNamed) -> ();
        /// Lists the components, with what each does now.
        7 "components" components Components (()) -> EventComponents;
        /// Tells what the daemon is, and whom it serves.
        8 "about" about About (()) -> EventAbout;
    }
    events {
        /// The scripts of an event begin to run.
        "event.run.started" EventRunStarted;
        /// An event has ended, or was cancelled.
        "event.run.finished" EventRunFinished;
        /// A script of an event has ended, or was given up.
        "event.script.finished" EventScriptFinished;
        /// A script of an event takes too long.
        "event.script.hung" EventScriptHung;
    }
}
