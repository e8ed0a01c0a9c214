"""What ctdb-eventd can be asked and tells: events are run, how they went, which scripts there are.

Texts are UTF-8. Where a script has another name, or prints something else, each byte that does not fit is shown as U+FFFD.

Written by xdr-gen from event.x; changes here are lost.
"""

from dataclasses import dataclass

from . import xdr
from . import common


# Longest name of a component, an event or a script.
EVENT_NAME_MAX = 255

# Longest argument, and most bytes of all arguments of an event together.
EVENT_ARGUMENT_MAX = 262144

# Most arguments of an event.
EVENT_ARGUMENTS_MAX = 262144

# Most scripts of a component.
EVENT_SCRIPTS_MAX = 4096

# Most components.
EVENT_COMPONENTS_MAX = 1024

# Most runs of one script that are remembered.
EVENT_RUNS_MAX = 1000

# Longest output of one script in an answer.
EVENT_OUTPUT_MAX = 1048576

# Longest output of one script in something that is told.
EVENT_TOLD_MAX = 4096

# An argument of an event.
EventArgument = xdr.Alias(xdr.Text(262144))


class EventResult(xdr.Enum):
    """What came of an event."""

    # All scripts went well.
    OK = 0
    # A script failed.
    FAILED = 1
    # Its time was over.
    TIMED_OUT = 2
    # Another event came first: only "monitor" gives way.
    CANCELLED = 3
    # Its scripts could not be read.
    NOT_RUN = 4



class EventOutcome(xdr.Enum):
    """What became of a script."""

    # It went well.
    OK = 0
    # It ended with another exit status than 0.
    FAILED = 1
    # It was not run, because it is not executable.
    DISABLED = 2
    # It took too long.
    TIMED_OUT = 3
    # A signal ended it.
    KILLED = 4
    # It could not be run.
    CANNOT_RUN = 5



@dataclass
class EventEnding(xdr.Struct):
    """How a script went."""

    # In a word.
    outcome: "EventOutcome"
    # The exit status, the signal, or the error number of Linux why it could not be run; else 0.
    code: "int"



@dataclass
class EventOutput(xdr.Struct):
    """The end of what a script has printed."""

    # The last of it.
    text: "str"
    # So many bytes before it were left out.
    omitted: "int"



@dataclass
class EventScriptRun(xdr.Struct):
    """A script of an event that was run."""

    # Its name, without ".script".
    script: "str"
    # How it went.
    ending: "EventEnding"
    # When it was started.
    began: "int"
    # How long it took, in microseconds.
    took: "int"
    # What it printed.
    output: "EventOutput"



@dataclass
class EventReport(xdr.Struct):
    """An event that was run, up to the script that ended it."""

    # How the script went that failed last; "ok" when none did.
    ending: "EventEnding"
    # In the order in which they ran.
    scripts: "list[EventScriptRun]"



@dataclass
class EventAbout(xdr.Struct):
    """What the event daemon is."""

    # Its version.
    release: "str"
    # Its process id.
    pid: "int"
    # Whether it serves ctdbd and C's tools at eventd.socket, too.
    ctdbd: "bool"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class EventRun(xdr.Struct):
    """Run the scripts of an event. The answer comes when they have ended."""

    # Whose scripts.
    component: "str"
    # The event: their first argument.
    event: "str"
    # Their other arguments.
    args: "list[str]"
    # How long all of them together may take, the time in the queue included, in microseconds; at most a day.
    limit: "int"
    # Go on behind a script that fails.
    all: "bool"



@dataclass
class EventRan(xdr.Struct):
    """What came of it."""

    # In a word.
    result: "EventResult"
    # Its number among the runs of this daemon; 0 when it never began.
    run: "int"
    # Its scripts, if any were run to their end.
    report: "EventReport | None"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class EventWhich(xdr.Struct):
    """How did an event go the last time?"""

    # Whose scripts.
    component: "str"
    # The event.
    event: "str"



@dataclass
class EventLast(xdr.Struct):
    """How it went."""

    # Nothing when it was not run since the daemon was started.
    report: "EventReport | None"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class EventPast(xdr.Struct):
    """How did scripts go in the past?"""

    # Whose scripts.
    component: "str"
    # One of them by its name, with or without ".script"; all of them when empty.
    script: "str"



@dataclass
class EventPastRun(xdr.Struct):
    """A run of a script."""

    # For this event.
    event: "str"
    # How it went.
    ending: "EventEnding"
    # When it was started.
    began: "int"
    # How long it took, in microseconds.
    took: "int"
    # The end of what it printed.
    output: "EventOutput"



@dataclass
class EventPastScript(xdr.Struct):
    """The runs of a script."""

    # Its name, without ".script".
    script: "str"
    # The oldest first.
    runs: "list[EventPastRun]"



@dataclass
class EventHistory(xdr.Struct):
    """The runs of scripts, as far as they are remembered."""

    # By name.
    scripts: "list[EventPastScript]"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class EventComponent(xdr.Struct):
    """A component of the event daemon."""

    # Its name.
    component: "str"



@dataclass
class EventScript(xdr.Struct):
    """A script of a component."""

    # Its name, without ".script".
    script: "str"
    # Whether it is run: it is executable.
    enabled: "bool"



@dataclass
class EventScripts(xdr.Struct):
    """The scripts of a component, in the order in which they run."""

    # All of them.
    scripts: "list[EventScript]"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class EventNamed(xdr.Struct):
    """A script that is to run from now on, or not any more."""

    # Whose script.
    component: "str"
    # Its name, with or without ".script".
    script: "str"



@dataclass
class EventQueue(xdr.Struct):
    """A component and what it does now."""

    # Its name.
    component: "str"
    # The event that runs; empty when none does.
    running: "str"
    # Events that wait.
    waiting: "int"



@dataclass
class EventComponents(xdr.Struct):
    """The components: each has a directory of scripts, a queue and a history."""

    # By name.
    components: "list[EventQueue]"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class EventTold(xdr.Struct):
    """An event of which something is told."""

    # Its number among the runs of this daemon.
    run: "int"
    # Whose scripts.
    component: "str"
    # The event.
    event: "str"
    # Its arguments.
    args: "list[str]"
    # When it began to run.
    began: "int"



@dataclass
class EventRunStarted(xdr.Struct):
    """The scripts of an event begin to run."""

    # Which event.
    told: "EventTold"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class EventLine(xdr.Struct):
    """One script in the account of an event."""

    # Its name, without ".script".
    script: "str"
    # How it went.
    ending: "EventEnding"
    # How long it took, in microseconds.
    took: "int"



@dataclass
class EventRunFinished(xdr.Struct):
    """An event has ended, or was cancelled."""

    # Which event.
    told: "EventTold"
    # What came of it.
    result: "EventResult"
    # The error number of Linux when it was not run; else 0.
    code: "int"
    # How long it took, in microseconds.
    took: "int"
    # The script that failed or took too long; empty when none did.
    culprit: "str"
    # Its scripts in the order in which they ran, without what they printed.
    scripts: "list[EventLine]"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class EventScriptFinished(xdr.Struct):
    """A script of an event has ended, or was given up."""

    # Which event.
    told: "EventTold"
    # How its script went.
    line: "EventLine"
    # The end of what it printed, at most TC_EVENT_TOLD_MAX bytes.
    output: "EventOutput"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class EventScriptHung(xdr.Struct):
    """A script takes too long; it is given up, and will be ended."""

    # Which event.
    told: "EventTold"
    # Its name, without ".script".
    script: "str"
    # Its process id, if it is known.
    pid: "int | None"
    # How long it has run, in microseconds.
    took: "int"
    # Room to grow.
    more: "list[common.Addition]"


EventEnding.min_len = 8
EventEnding.FIELDS = (
    ("outcome", EventOutcome),
    ("code", xdr.INT),
)
EventOutput.min_len = 12
EventOutput.FIELDS = (
    ("text", xdr.Text(1048576)),
    ("omitted", xdr.UHYPER),
)
EventScriptRun.min_len = 40
EventScriptRun.FIELDS = (
    ("script", xdr.Text(255)),
    ("ending", EventEnding),
    ("began", common.Time),
    ("took", common.Span),
    ("output", EventOutput),
)
EventReport.min_len = 12
EventReport.FIELDS = (
    ("ending", EventEnding),
    ("scripts", xdr.List(lambda: EventScriptRun, 4096)),
)
EventAbout.min_len = 16
EventAbout.FIELDS = (
    ("release", xdr.Text(255)),
    ("pid", xdr.INT),
    ("ctdbd", xdr.BOOL),
    ("more", common.More),
)
EventRun.min_len = 24
EventRun.FIELDS = (
    ("component", xdr.Text(255)),
    ("event", xdr.Text(255)),
    ("args", xdr.List(lambda: EventArgument, 262144)),
    ("limit", common.Span),
    ("all", xdr.BOOL),
)
EventRan.min_len = 20
EventRan.FIELDS = (
    ("result", EventResult),
    ("run", xdr.UHYPER),
    ("report", xdr.Optional(lambda: EventReport)),
    ("more", common.More),
)
EventWhich.min_len = 8
EventWhich.FIELDS = (
    ("component", xdr.Text(255)),
    ("event", xdr.Text(255)),
)
EventLast.min_len = 8
EventLast.FIELDS = (
    ("report", xdr.Optional(lambda: EventReport)),
    ("more", common.More),
)
EventPast.min_len = 8
EventPast.FIELDS = (
    ("component", xdr.Text(255)),
    ("script", xdr.Text(255)),
)
EventPastRun.min_len = 40
EventPastRun.FIELDS = (
    ("event", xdr.Text(255)),
    ("ending", EventEnding),
    ("began", common.Time),
    ("took", common.Span),
    ("output", EventOutput),
)
EventPastScript.min_len = 8
EventPastScript.FIELDS = (
    ("script", xdr.Text(255)),
    ("runs", xdr.List(lambda: EventPastRun, 1000)),
)
EventHistory.min_len = 8
EventHistory.FIELDS = (
    ("scripts", xdr.List(lambda: EventPastScript, 4096)),
    ("more", common.More),
)
EventComponent.min_len = 4
EventComponent.FIELDS = (
    ("component", xdr.Text(255)),
)
EventScript.min_len = 8
EventScript.FIELDS = (
    ("script", xdr.Text(255)),
    ("enabled", xdr.BOOL),
)
EventScripts.min_len = 8
EventScripts.FIELDS = (
    ("scripts", xdr.List(lambda: EventScript, 4096)),
    ("more", common.More),
)
EventNamed.min_len = 8
EventNamed.FIELDS = (
    ("component", xdr.Text(255)),
    ("script", xdr.Text(255)),
)
EventQueue.min_len = 12
EventQueue.FIELDS = (
    ("component", xdr.Text(255)),
    ("running", xdr.Text(255)),
    ("waiting", xdr.UINT),
)
EventComponents.min_len = 8
EventComponents.FIELDS = (
    ("components", xdr.List(lambda: EventQueue, 1024)),
    ("more", common.More),
)
EventTold.min_len = 28
EventTold.FIELDS = (
    ("run", xdr.UHYPER),
    ("component", xdr.Text(255)),
    ("event", xdr.Text(255)),
    ("args", xdr.List(lambda: EventArgument, 262144)),
    ("began", common.Time),
)
EventRunStarted.min_len = 32
EventRunStarted.FIELDS = (
    ("told", EventTold),
    ("more", common.More),
)
EventLine.min_len = 20
EventLine.FIELDS = (
    ("script", xdr.Text(255)),
    ("ending", EventEnding),
    ("took", common.Span),
)
EventRunFinished.min_len = 56
EventRunFinished.FIELDS = (
    ("told", EventTold),
    ("result", EventResult),
    ("code", xdr.INT),
    ("took", common.Span),
    ("culprit", xdr.Text(255)),
    ("scripts", xdr.List(lambda: EventLine, 4096)),
    ("more", common.More),
)
EventScriptFinished.min_len = 64
EventScriptFinished.FIELDS = (
    ("told", EventTold),
    ("line", EventLine),
    ("output", EventOutput),
    ("more", common.More),
)
EventScriptHung.min_len = 48
EventScriptHung.FIELDS = (
    ("told", EventTold),
    ("script", xdr.Text(255)),
    ("pid", xdr.Optional(xdr.INT)),
    ("took", common.Span),
    ("more", common.More),
)

# Every type by its name in the .x file.
TYPES = {
    "tc_event_argument": EventArgument,
    "tc_event_result": EventResult,
    "tc_event_outcome": EventOutcome,
    "tc_event_ending": EventEnding,
    "tc_event_output": EventOutput,
    "tc_event_script_run": EventScriptRun,
    "tc_event_report": EventReport,
    "tc_event_about": EventAbout,
    "tc_event_run": EventRun,
    "tc_event_ran": EventRan,
    "tc_event_which": EventWhich,
    "tc_event_last": EventLast,
    "tc_event_past": EventPast,
    "tc_event_past_run": EventPastRun,
    "tc_event_past_script": EventPastScript,
    "tc_event_history": EventHistory,
    "tc_event_component": EventComponent,
    "tc_event_script": EventScript,
    "tc_event_scripts": EventScripts,
    "tc_event_named": EventNamed,
    "tc_event_queue": EventQueue,
    "tc_event_components": EventComponents,
    "tc_event_told": EventTold,
    "tc_event_run_started": EventRunStarted,
    "tc_event_line": EventLine,
    "tc_event_run_finished": EventRunFinished,
    "tc_event_script_finished": EventScriptFinished,
    "tc_event_script_hung": EventScriptHung,
}
