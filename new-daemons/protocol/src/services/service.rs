//! What `ctdb-serviced` can be asked and tells, on the bus under the name `service`.
//!
//! The types are those of `spec/service.x`. Services are declared in the configuration; here they are looked at, enabled
//! and disabled, started and stopped together, and told which addresses the node has.

use crate::service::{
    ServiceAddresses, ServiceChecked, ServiceHealth, ServiceHealthChanged, ServiceHistory, ServiceList,
    ServiceReconfigured, ServiceReport, ServiceSettled, ServiceStateChanged, ServiceStatus, ServiceWhich,
};

crate::service! {
    /// Starts, checks and stops the services of a node.
    "service" {
        /// Lists the services with their states.
        1 "list" list List (()) -> ServiceList;
        /// Tells all about one service or about all of them.
        2 "status" status Status (ServiceWhich) -> ServiceStatus;
        /// Tells how one service or all of them came into their states, as far as it is remembered.
        3 "history" history History (ServiceWhich) -> ServiceHistory;
        /// Checks one service or all of them now, and answers when that is done.
        4 "check" check Check (ServiceWhich) -> ServiceChecked;
        /// Has a service wanted from now on, also after a restart of the daemon.
        5 "enable" enable Enable (ServiceWhich) -> ();
        /// Has a service not wanted any more: it is stopped.
        6 "disable" disable Disable (ServiceWhich) -> ();
        /// Starts all services that are wanted, and answers when that is done or has failed.
        7 "startup" startup Startup (()) -> ServiceSettled;
        /// Stops all services, and answers when that is done or has failed.
        8 "shutdown" shutdown Shutdown (()) -> ServiceSettled;
        /// Tells how well the node is.
        9 "health" health Health (()) -> ServiceHealth;
        /// Hears all addresses that the node has for its clients.
        10 "addresses" addresses Addresses (ServiceAddresses) -> ();
        /// Hears from a manager outside how well a service is.
        11 "report" report Report (ServiceReport) -> ();
        /// Stops and starts a service, and answers when that is done or has failed.
        12 "restart" restart Restart (ServiceWhich) -> ServiceSettled;
    }
    events {
        /// A service came into another state.
        "service.state.changed" ServiceStateChanged;
        /// The node is well, or not any more.
        "service.health.changed" ServiceHealthChanged;
        /// A service was told its addresses.
        "service.reconfigured" ServiceReconfigured;
    }
}
