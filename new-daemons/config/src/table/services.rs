//! The sections of the service daemon: `[serviced]`, and one `[service NAME]` for each service.
//!
//! What the services have to be together, such as free of cycles, is judged in `services`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::section;
use crate::schema::Value;
use crate::value::{Program, Size};
use crate::words::Parameters;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn span(least: Duration, most: Duration) -> Value {
    Value::Duration { least, most }
}

const HOUR: Duration = seconds(3600);
const TENTH: Duration = Duration::from_millis(100);

section! {
    /// What the service daemon reads for itself.
    Serviced ["serviced", named false] {
        /// When services are started: `on request`, when ctdbd starts and asks for it, or `at once` with the daemon.
        start: String = "start", Value::Choice(&["on request", "at once"]), Some("on request"), AtStart, New;
        /// Who starts and stops the services: `ctdb` this daemon, `outside` somebody else, such as Pacemaker or systemd. Then
        /// services are only checked, and `ctdbctl service report` is heard.
        manager: String = "manager", Value::Choice(&["ctdb", "outside"]), Some("ctdb"), AtStart, New;
        /// How many changes of state of each service are kept to be shown.
        history: u64 = "history", Value::Count { least: 1, most: 1000 }, Some("20"), AtRunTime, New;
        /// How much of what one check, start or stop prints is kept; the rest is counted.
        output_limit: Size = "output limit", Value::Size { least: 1024, most: 1 << 20 }, Some("16K"), AtRunTime, New;
        /// How long changes of the node's addresses are gathered before services are told of them.
        settle: Duration = "settle", span(Duration::from_millis(0), seconds(60)), Some("500ms"), AtRunTime, New;
        /// The directory in which it is kept which services were enabled and disabled by command; without it /var/lib/ctdb.
        state_directory: Option<PathBuf> = "state directory", Value::Path, None, AtStart, New;
        /// An address and a port of its HTTP door, besides the Unix socket. Anybody who reaches it may do everything.
        http_listen: Option<SocketAddr> = "http listen", Value::Listen, None, AtStart, New;
    }
}

section! {
    /// A service.
    Service ["service", named true] {
        /// What it is made of: event scripts, a unit of systemd, or an OCF resource agent.
        kind: String = "kind", Value::Choice(&["script", "systemd", "ocf"]), None, AtRunTime, New;
        /// Of kind `script`: the component whose scripts are run, a directory below `events`; without it the service's name.
        scripts: Option<String> = "scripts", Value::Component, None, AtRunTime, New;
        /// Of kind `systemd`: the unit, such as `nginx.service`.
        unit: Option<String> = "unit", Value::Unit, None, AtRunTime, New;
        /// Of kind `ocf`: the agent, such as `ocf:heartbeat:apache`.
        agent: Option<String> = "agent", Value::Agent, None, AtRunTime, New;
        /// Of kind `ocf`: the agent's parameters, such as `port=80 options='-D A'`.
        parameters: Option<Parameters> = "parameters", Value::Parameters, None, AtRunTime, New;
        /// Services that have to be up before it is started, and without which it is not well.
        requires: Option<Vec<String>> = "requires", Value::Names, None, AtRunTime, New;
        /// Services that are started before it and stopped after it, whatever becomes of them.
        after: Option<Vec<String>> = "after", Value::Names, None, AtRunTime, New;
        /// Whether the node is unhealthy when it is not up.
        counts: bool = "counts for health", Value::Bool, Some("true"), AtRunTime, New;
        /// Whether it is wanted, unless `ctdbctl service enable` or `disable` have said otherwise.
        enabled: bool = "enabled", Value::Bool, Some("true"), AtRunTime, New;
        /// Whether it is checked. One that is not is up when its start went well, or when somebody outside reports so.
        checked: bool = "checked", Value::Bool, Some("true"), AtRunTime, New;
        /// How long its start may take, and telling it its addresses.
        start_limit: Duration = "start limit", span(TENTH, HOUR), Some("60s"), AtRunTime, New;
        /// How long its stop may take.
        stop_limit: Duration = "stop limit", span(TENTH, HOUR), Some("60s"), AtRunTime, New;
        /// How long a check may take; then it is ended and has failed.
        check_limit: Duration = "check limit", span(TENTH, HOUR), Some("30s"), AtRunTime, New;
        /// From the beginning of one check to that of the next; there are never two at the same time.
        check_interval: Duration = "check interval", span(TENTH, HOUR), Some("10s"), AtRunTime, New;
        /// So many checks that fail in a row make it fail.
        fail_after: u64 = "fail after", Value::Count { least: 1, most: 1000 }, Some("1"), AtRunTime, New;
        /// So many checks that go well in a row make it be up again.
        recover_after: u64 = "recover after", Value::Count { least: 1, most: 1000 }, Some("1"), AtRunTime, New;
        /// Whether it is stopped and started when it has failed.
        restart: String = "restart", Value::Choice(&["never", "on failure"]), Some("never"), AtRunTime, New;
        /// How often; it is counted anew when it has been up for the `flap window`.
        restart_limit: u64 = "restart limit", Value::Count { least: 1, most: 1000 }, Some("3"), AtRunTime, New;
        /// The pause before it is restarted; each further one is twice as long, up to 5 minutes.
        backoff: Duration = "backoff", span(Duration::from_millis(10), seconds(300)), Some("1s"), AtRunTime, New;
        /// So many changes between well and failed in the `flap window` are too many.
        flap_limit: u64 = "flap limit", Value::Count { least: 2, most: 100 }, Some("5"), AtRunTime, New;
        /// The time in which these changes are counted.
        flap_window: Duration = "flap window", span(seconds(1), seconds(86_400)), Some("5min"), AtRunTime, New;
        /// After too many changes it counts as failed until it has not changed for so long.
        flap_hold: Duration = "flap hold", span(seconds(1), seconds(86_400)), Some("2min"), AtRunTime, New;
        /// A program and its arguments that is run when the node's addresses change, instead of what its kind would do. It
        /// gets `listen ADDRESS... release ADDRESS...` behind them, and the same as JSON on its standard input.
        reconfigure: Option<Program> = "reconfigure", Value::Command, None, AtRunTime, New;
    }
}
