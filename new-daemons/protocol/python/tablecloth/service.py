"""What ctdb-serviced can be asked and tells: services are started, checked and stopped, and how well the node is.

Texts are UTF-8. Where a program prints something else, each byte that does not fit is shown as U+FFFD.

Written by xdr-gen from service.x; changes here are lost.
"""

from dataclasses import dataclass

from . import xdr
from . import common


# Longest name of a service.
SERVICE_NAME_MAX = 64

# Most services.
SERVICE_MAX = 1024

# Longest reason, and longest name of what a service is made of.
SERVICE_TEXT_MAX = 1024

# Most reasons of an answer.
SERVICE_REASONS_MAX = 1024

# Most addresses of a node.
SERVICE_ADDRESSES_MAX = 1024

# Longest address, as text.
SERVICE_ADDRESS_MAX = 45

# Longest name of a network interface.
SERVICE_INTERFACE_MAX = 15

# Most transitions of one service that are remembered.
SERVICE_TRANSITIONS_MAX = 1000

# Longest output of an operation in an answer.
SERVICE_OUTPUT_MAX = 1048576

# Longest output of an operation in something that is told, and in what is remembered.
SERVICE_TOLD_MAX = 4096

# The name of a service.
ServiceName = xdr.Alias(xdr.Text(64))

# A reason, for a person: one line.
ServiceText = xdr.Alias(xdr.Text(1024))


class ServiceKind(xdr.Enum):
    """What a service is made of."""

    # Event scripts of a component.
    SCRIPT = 1
    # A unit of systemd.
    SYSTEMD = 2
    # An OCF resource agent.
    OCF = 3



class ServiceState(xdr.Enum):
    """How a service is."""

    # It is not wanted.
    DISABLED = 1
    # It does not run, and is not to run now.
    STOPPED = 2
    # It waits for another service that it requires.
    BLOCKED = 3
    # It is being started.
    STARTING = 4
    # It runs, and its checks go well.
    UP = 5
    # Its last checks have failed, not yet often enough to count.
    FAILING = 6
    # It has failed.
    FAILED = 7
    # It changes too often, and counts as failed until it has been quiet.
    FLAPPING = 8
    # It is being stopped.
    STOPPING = 9



class ServicePhase(xdr.Enum):
    """What the service daemon does as a whole."""

    # Nobody has asked for the services yet.
    WAITING = 1
    # They are being started.
    STARTING = 2
    # They were started, and are checked.
    RUNNING = 3
    # They are being stopped.
    STOPPING = 4
    # They were stopped.
    STOPPED = 5



class ServiceManager(xdr.Enum):
    """Who starts and stops the services."""

    # This daemon.
    CTDB = 1
    # Somebody else; this daemon only checks and listens.
    OUTSIDE = 2



class ServiceOperation(xdr.Enum):
    """What is done with a service, or has changed its state."""

    # It was started.
    START = 1
    # It was checked.
    CHECK = 2
    # It was stopped.
    STOP = 3
    # It was told its addresses.
    RECONFIGURE = 4
    # Somebody outside has reported on it.
    REPORT = 5
    # Somebody has given a command.
    COMMAND = 6
    # A service that it requires has changed.
    REQUIRED = 7
    # The configuration was read again.
    CONFIGURATION = 8
    # It changed too often, or has been quiet for long enough.
    DAMPING = 9
    # The daemon was started again, and has found it.
    ADOPTION = 10



class ServiceOutcome(xdr.Enum):
    """What became of an operation."""

    # It went well.
    OK = 0
    # It failed, with an exit status where there is one.
    FAILED = 1
    # The service does not run.
    NOT_RUNNING = 2
    # It took too long.
    TIMED_OUT = 3
    # A signal ended it.
    KILLED = 4
    # It could not be begun.
    CANNOT_RUN = 5
    # It has ended, and nobody saw how: it was begun by a daemon that is no more.
    UNSEEN = 6



@dataclass
class ServiceEnding(xdr.Struct):
    """How an operation ended."""

    # In a word.
    outcome: "ServiceOutcome"
    # The exit status, or the signal; else 0.
    code: "int"



@dataclass
class ServiceOutput(xdr.Struct):
    """The end of what an operation has printed."""

    # The last of it.
    text: "str"
    # So many bytes before it were left out.
    omitted: "int"



@dataclass
class ServiceDone(xdr.Struct):
    """An operation that has ended."""

    # The operation that has ended.
    operation: "ServiceOperation"
    # How it ended.
    ending: "ServiceEnding"
    # Why it did not go well, for a person; empty when it did.
    reason: "str"
    # When it was begun.
    began: "int"
    # How long it took, in microseconds.
    took: "int"
    # What it printed.
    output: "ServiceOutput"



@dataclass
class ServiceUnderWay(xdr.Struct):
    """An operation that goes on."""

    # The operation that goes on.
    operation: "ServiceOperation"
    # When it was begun.
    began: "int"
    # How long it may take, in microseconds.
    limit: "int"



@dataclass
class ServiceTransition(xdr.Struct):
    """A service came from one state into another."""

    # The state before.
    before: "ServiceState"
    # The state now.
    now: "ServiceState"
    # When.
    at: "int"
    # By what.
    operation: "ServiceOperation"
    # How that ended, when it was an operation.
    ending: "ServiceEnding | None"
    # Why, for a person.
    reason: "str"
    # What it printed, at most TC_SERVICE_TOLD_MAX bytes.
    output: "ServiceOutput"



@dataclass
class ServiceWhich(xdr.Struct):
    """One service, or all of them."""

    # Its name; empty for all, where that makes sense.
    service: "str"



@dataclass
class ServiceEntry(xdr.Struct):
    """A service in short."""

    # Its name.
    service: "str"
    # What it is made of.
    kind: "ServiceKind"
    # How it is.
    state: "ServiceState"
    # Since when.
    since: "int"
    # Whether it is wanted.
    enabled: "bool"
    # Whether the node is unhealthy without it.
    counts: "bool"
    # Why it is not up, for a person; empty when there is nothing to say.
    reason: "str"



@dataclass
class ServiceHealth(xdr.Struct):
    """How well the node is, as far as its services say."""

    # What the daemon does.
    phase: "ServicePhase"
    # Whether the node may serve clients.
    healthy: "bool"
    # Since when.
    since: "int"
    # Why it may not.
    reasons: "list[str]"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class ServiceList(xdr.Struct):
    """All services of a node."""

    # Who starts and stops them.
    manager: "ServiceManager"
    # How well the node is.
    health: "ServiceHealth"
    # In the order in which they are started.
    services: "list[ServiceEntry]"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class ServiceAddress(xdr.Struct):
    """An address on which clients reach this node."""

    # IPv4 or IPv6, as text.
    address: "str"
    # Length of its network's prefix.
    bits: "int"
    # The interface that has it; empty when that is not known.
    interface: "str"



@dataclass
class ServiceAddresses(xdr.Struct):
    """All addresses on which clients reach this node."""

    # All of them: those that are missing are gone.
    addresses: "list[ServiceAddress]"



@dataclass
class ServiceCondition(xdr.Struct):
    """A service in full."""

    # In short.
    entry: "ServiceEntry"
    # The component, the unit or the agent.
    made_of: "str"
    # Services that have to be up before it is started.
    required: "list[str]"
    # Services that are started before it.
    later_than: "list[str]"
    # What is done with it now.
    under_way: "ServiceUnderWay | None"
    # What was done with it last, checks apart.
    last: "ServiceDone | None"
    # How it was checked last.
    last_check: "ServiceDone | None"
    # When it is checked again.
    next_check: "int | None"
    # Checks that have failed in a row.
    failed_in_a_row: "int"
    # So many make it fail.
    fail_after: "int"
    # Checks that went well in a row, since it failed.
    good_in_a_row: "int"
    # So many make it be up again.
    recover_after: "int"
    # How often it was started again since it was last well.
    restarts: "int"
    # When it is started again.
    next_start: "int | None"
    # Until when it counts as failed because it changed too often, unless it changes again.
    held_until: "int | None"
    # Checks since the daemon was started.
    checks: "int"
    # Those of them that failed.
    failed_checks: "int"
    # The addresses of which it was told.
    listen: "list[ServiceAddress]"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class ServiceStatus(xdr.Struct):
    """Services in full."""

    # How well the node is.
    health: "ServiceHealth"
    # In the order in which they are started.
    services: "list[ServiceCondition]"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class ServicePast(xdr.Struct):
    """What became of a service."""

    # Its name.
    service: "str"
    # The oldest first.
    transitions: "list[ServiceTransition]"



@dataclass
class ServiceHistory(xdr.Struct):
    """What became of services, as far as it is remembered."""

    # In the order in which they are started.
    services: "list[ServicePast]"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class ServiceCheck(xdr.Struct):
    """A service that was checked because somebody asked."""

    # Its name.
    service: "str"
    # How it is after the check.
    state: "ServiceState"
    # How the check went.
    done: "ServiceDone"



@dataclass
class ServiceChecked(xdr.Struct):
    """Services that were checked because somebody asked."""

    # In the order in which they are started.
    services: "list[ServiceCheck]"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class ServiceSettled(xdr.Struct):
    """What came of a command that takes its time."""

    # What the daemon does now.
    phase: "ServicePhase"
    # Whether all was done.
    done: "bool"
    # What was not, and why.
    reasons: "list[str]"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class ServiceReport(xdr.Struct):
    """What somebody outside knows of a service."""

    # Its name.
    service: "str"
    # Whether it is well.
    healthy: "bool"
    # Why it is not, for a person.
    reason: "str"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class ServiceStateChanged(xdr.Struct):
    """A service came into another state."""

    # Its name.
    service: "str"
    # What it is made of.
    kind: "ServiceKind"
    # Whether the node is unhealthy without it.
    counts: "bool"
    # From where to where, and why.
    transition: "ServiceTransition"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class ServiceHealthChanged(xdr.Struct):
    """The node is well, or not any more."""

    # Now.
    health: "ServiceHealth"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class ServiceReconfigured(xdr.Struct):
    """A service was told its addresses."""

    # Its name.
    service: "str"
    # Those on which it should listen from now on, and did not.
    listen: "list[ServiceAddress]"
    # Those on which it should not listen any more.
    release: "list[ServiceAddress]"
    # How that went, its output at most TC_SERVICE_TOLD_MAX bytes.
    done: "ServiceDone"
    # Room to grow.
    more: "list[common.Addition]"


ServiceEnding.min_len = 8
ServiceEnding.FIELDS = (
    ("outcome", ServiceOutcome),
    ("code", xdr.INT),
)
ServiceOutput.min_len = 12
ServiceOutput.FIELDS = (
    ("text", xdr.Text(1048576)),
    ("omitted", xdr.UHYPER),
)
ServiceDone.min_len = 44
ServiceDone.FIELDS = (
    ("operation", ServiceOperation),
    ("ending", ServiceEnding),
    ("reason", ServiceText),
    ("began", common.Time),
    ("took", common.Span),
    ("output", ServiceOutput),
)
ServiceUnderWay.min_len = 20
ServiceUnderWay.FIELDS = (
    ("operation", ServiceOperation),
    ("began", common.Time),
    ("limit", common.Span),
)
ServiceTransition.min_len = 40
ServiceTransition.FIELDS = (
    ("before", ServiceState),
    ("now", ServiceState),
    ("at", common.Time),
    ("operation", ServiceOperation),
    ("ending", xdr.Optional(lambda: ServiceEnding)),
    ("reason", ServiceText),
    ("output", ServiceOutput),
)
ServiceWhich.min_len = 4
ServiceWhich.FIELDS = (
    ("service", ServiceName),
)
ServiceEntry.min_len = 32
ServiceEntry.FIELDS = (
    ("service", ServiceName),
    ("kind", ServiceKind),
    ("state", ServiceState),
    ("since", common.Time),
    ("enabled", xdr.BOOL),
    ("counts", xdr.BOOL),
    ("reason", ServiceText),
)
ServiceHealth.min_len = 24
ServiceHealth.FIELDS = (
    ("phase", ServicePhase),
    ("healthy", xdr.BOOL),
    ("since", common.Time),
    ("reasons", xdr.List(lambda: ServiceText, 1024)),
    ("more", common.More),
)
ServiceList.min_len = 36
ServiceList.FIELDS = (
    ("manager", ServiceManager),
    ("health", ServiceHealth),
    ("services", xdr.List(lambda: ServiceEntry, 1024)),
    ("more", common.More),
)
ServiceAddress.min_len = 12
ServiceAddress.FIELDS = (
    ("address", xdr.Text(45)),
    ("bits", xdr.UINT),
    ("interface", xdr.Text(15)),
)
ServiceAddresses.min_len = 4
ServiceAddresses.FIELDS = (
    ("addresses", xdr.List(lambda: ServiceAddress, 1024)),
)
ServiceCondition.min_len = 112
ServiceCondition.FIELDS = (
    ("entry", ServiceEntry),
    ("made_of", ServiceText),
    ("required", xdr.List(lambda: ServiceName, 1024)),
    ("later_than", xdr.List(lambda: ServiceName, 1024)),
    ("under_way", xdr.Optional(lambda: ServiceUnderWay)),
    ("last", xdr.Optional(lambda: ServiceDone)),
    ("last_check", xdr.Optional(lambda: ServiceDone)),
    ("next_check", xdr.Optional(lambda: common.Time)),
    ("failed_in_a_row", xdr.UINT),
    ("fail_after", xdr.UINT),
    ("good_in_a_row", xdr.UINT),
    ("recover_after", xdr.UINT),
    ("restarts", xdr.UINT),
    ("next_start", xdr.Optional(lambda: common.Time)),
    ("held_until", xdr.Optional(lambda: common.Time)),
    ("checks", xdr.UHYPER),
    ("failed_checks", xdr.UHYPER),
    ("listen", xdr.List(lambda: ServiceAddress, 1024)),
    ("more", common.More),
)
ServiceStatus.min_len = 32
ServiceStatus.FIELDS = (
    ("health", ServiceHealth),
    ("services", xdr.List(lambda: ServiceCondition, 1024)),
    ("more", common.More),
)
ServicePast.min_len = 8
ServicePast.FIELDS = (
    ("service", ServiceName),
    ("transitions", xdr.List(lambda: ServiceTransition, 1000)),
)
ServiceHistory.min_len = 8
ServiceHistory.FIELDS = (
    ("services", xdr.List(lambda: ServicePast, 1024)),
    ("more", common.More),
)
ServiceCheck.min_len = 52
ServiceCheck.FIELDS = (
    ("service", ServiceName),
    ("state", ServiceState),
    ("done", ServiceDone),
)
ServiceChecked.min_len = 8
ServiceChecked.FIELDS = (
    ("services", xdr.List(lambda: ServiceCheck, 1024)),
    ("more", common.More),
)
ServiceSettled.min_len = 16
ServiceSettled.FIELDS = (
    ("phase", ServicePhase),
    ("done", xdr.BOOL),
    ("reasons", xdr.List(lambda: ServiceText, 1024)),
    ("more", common.More),
)
ServiceReport.min_len = 16
ServiceReport.FIELDS = (
    ("service", ServiceName),
    ("healthy", xdr.BOOL),
    ("reason", ServiceText),
    ("more", common.More),
)
ServiceStateChanged.min_len = 56
ServiceStateChanged.FIELDS = (
    ("service", ServiceName),
    ("kind", ServiceKind),
    ("counts", xdr.BOOL),
    ("transition", ServiceTransition),
    ("more", common.More),
)
ServiceHealthChanged.min_len = 28
ServiceHealthChanged.FIELDS = (
    ("health", ServiceHealth),
    ("more", common.More),
)
ServiceReconfigured.min_len = 60
ServiceReconfigured.FIELDS = (
    ("service", ServiceName),
    ("listen", xdr.List(lambda: ServiceAddress, 1024)),
    ("release", xdr.List(lambda: ServiceAddress, 1024)),
    ("done", ServiceDone),
    ("more", common.More),
)

# Every type by its name in the .x file.
TYPES = {
    "tc_service_name": ServiceName,
    "tc_service_text": ServiceText,
    "tc_service_kind": ServiceKind,
    "tc_service_state": ServiceState,
    "tc_service_phase": ServicePhase,
    "tc_service_manager": ServiceManager,
    "tc_service_operation": ServiceOperation,
    "tc_service_outcome": ServiceOutcome,
    "tc_service_ending": ServiceEnding,
    "tc_service_output": ServiceOutput,
    "tc_service_done": ServiceDone,
    "tc_service_under_way": ServiceUnderWay,
    "tc_service_transition": ServiceTransition,
    "tc_service_which": ServiceWhich,
    "tc_service_entry": ServiceEntry,
    "tc_service_health": ServiceHealth,
    "tc_service_list": ServiceList,
    "tc_service_address": ServiceAddress,
    "tc_service_addresses": ServiceAddresses,
    "tc_service_condition": ServiceCondition,
    "tc_service_status": ServiceStatus,
    "tc_service_past": ServicePast,
    "tc_service_history": ServiceHistory,
    "tc_service_check": ServiceCheck,
    "tc_service_checked": ServiceChecked,
    "tc_service_settled": ServiceSettled,
    "tc_service_report": ServiceReport,
    "tc_service_state_changed": ServiceStateChanged,
    "tc_service_health_changed": ServiceHealthChanged,
    "tc_service_reconfigured": ServiceReconfigured,
}
