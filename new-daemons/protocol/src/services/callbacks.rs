//! What every daemon that has callbacks can be asked about them, beside its own requests.
//!
//! The types are those of `spec/callback.x`, where the numbers stand too. Registering, renewing and removing are not rows
//! here: they belong to an address on the bus, which is watched.

use crate::callback::{CallbackHistory, CallbackList, CallbackStatus, CallbackWhich};

crate::service! {
    /// Programs that a daemon runs on its events.
    "callbacks" {
        /// Lists the callbacks that are registered, and says what would not be run.
        60001 "callbacks" callbacks Callbacks (()) -> CallbackList;
        /// Tells what callbacks do now.
        60002 "callback-status" callback_status CallbackStatusOf (CallbackWhich) -> CallbackStatus;
        /// Tells what callbacks have done, and which events were given up.
        60003 "callback-history" callback_history CallbackHistoryOf (CallbackWhich) -> CallbackHistory;
    }
    events {}
}
