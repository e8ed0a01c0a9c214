"""Programs that a daemon runs on its events: what is registered, what they do, what they have done.

Written by xdr-gen from callback.x; changes here are lost.
"""

from dataclasses import dataclass

from . import xdr
from . import common


# Longest name of a callback, and of a user.
CALLBACK_NAME_MAX = 32

# Longest path, argument, pattern, topic, subject, and reason.
CALLBACK_TEXT_MAX = 4096

# Most patterns of a callback.
CALLBACK_PATTERNS_MAX = 32

# Most arguments of a callback.
CALLBACK_ARGUMENTS_MAX = 64

# Most callbacks of a daemon; those that are removed and still run are counted too.
CALLBACK_MAX = 1024

# Most runs of a callback at the same time.
CALLBACK_RUNS_MAX = 64

# Most attempts, and most events given up, that are remembered.
CALLBACK_HISTORY_MAX = 64

# Most bytes of a program's output that are remembered.
CALLBACK_OUTPUT_MAX = 16384


class CallbackRequest(xdr.Enum):
    """What a daemon that has callbacks can be asked about them, beside its own requests."""

    # What is registered: nothing, answered by tc_callback_list.
    LIST = 60001
    # What they do: tc_callback_which, answered by tc_callback_status.
    STATUS = 60002
    # What they have done: tc_callback_which, answered by tc_callback_history.
    HISTORY = 60003
    # Have this one, or have it otherwise: tc_callback_register. It is the caller's; nobody else can change it.
    REGISTER = 60004
    # Keep it: tc_callback_renew.
    RENEW = 60005
    # Have it no longer: tc_callback_which, with a name.
    REMOVE = 60006


# A path, argument, pattern, topic, subject, or reason.
CallbackText = xdr.Alias(xdr.Text(4096))

# The name of a callback, or of a user.
CallbackName = xdr.Alias(xdr.Text(32))


class CallbackOrder(xdr.Enum):
    """How the runs of a callback follow one another."""

    # One event after the other, each in a run of its own.
    SERIAL = 1
    # Each event in a run of its own, several at the same time.
    PARALLEL = 2
    # One run after the other, each with the latest event of each subject that has come meanwhile.
    COALESCE = 3



@dataclass
class CallbackRow(xdr.Struct):
    """What a callback is."""

    # Its name: up to 32 letters, digits, '.', '_' and '-'.
    name: "str"
    # The events on which it is run: their names, or their beginnings and '*'.
    events: "list[str]"
    # The absolute path of the program, or its name in the directory of callbacks.
    path: "str"
    # Its first arguments.
    arguments: "list[str]"
    # As whom it is run, when not as the daemon's user.
    user: "str | None"
    # How long it may take.
    time_limit: "int"
    # How its runs follow one another.
    order: "CallbackOrder"
    # How often it is run again for the same event when it fails.
    retries: "int"
    # The pause before it is run again; each further one is twice as long.
    backoff: "int"
    # Room to grow.
    more: "list[common.Addition]"



@dataclass
class CallbackRegister(xdr.Struct):
    """A registration over the bus."""

    # What is to be run, and when.
    row: "CallbackRow"
    # For how long; it ends with the registrant too.
    lease: "int"



@dataclass
class CallbackRenew(xdr.Struct):
    """That a registration is still wanted."""

    # The callback, by its name.
    name: "str"
    # For how long from now.
    lease: "int"



@dataclass
class CallbackWhich(xdr.Struct):
    """One callback, or all of them."""

    # Its name; absent for all.
    name: "str | None"



@dataclass
class CallbackRegistered(xdr.Struct):
    """A registration over the bus, as it stands."""

    # Who has made it.
    owner: "str"
    # How long it holds unless it is renewed.
    left: "int"



@dataclass
class CallbackEntry(xdr.Struct):
    """A callback that is registered."""

    # What it is.
    row: "CallbackRow"
    # Who wants it; absent when it is the configuration.
    registered: "CallbackRegistered | None"
    # Why its program would not be started now.
    problem: "str | None"



@dataclass
class CallbackList(xdr.Struct):
    """The callbacks of a daemon."""

    # All of them.
    callbacks: "list[CallbackEntry]"



class CallbackEnding(xdr.Enum):
    """How a run ended."""

    # With exit status 0.
    DONE = 1
    # With another exit status.
    EXIT = 2
    # By a signal.
    SIGNAL = 3
    # It took too long.
    TIME_LIMIT = 4
    # The daemon ended.
    STOPPED = 5
    # It was not started.
    NOT_STARTED = 6



@dataclass
class CallbackAttempt(xdr.Struct):
    """A run that has ended."""

    # Its number.
    run: "int"
    # The number of its first event.
    first_event: "int"
    # The number of its last event.
    last_event: "int"
    # How many events it was given.
    events: "int"
    # The topic of the last one.
    topic: "str"
    # The number of the attempt, from 1.
    attempt: "int"
    # When it was started.
    started: "int"
    # How long it took.
    took: "int"
    # How it ended.
    ending: "CallbackEnding"
    # The exit status or the number of the signal; 0 when there is none.
    status: "int"
    # How it ended, for a person.
    outcome: "str"
    # The end of what it printed, as text.
    output: "str"
    # Bytes that it printed before that.
    omitted: "int"



class CallbackReason(xdr.Enum):
    """Why an event was given up."""

    # The program failed as often as it may.
    FAILED = 1
    # Too many events were waiting.
    FULL = 2
    # The callback was removed.
    REMOVED = 3
    # The daemon ended.
    STOPPING = 4



@dataclass
class CallbackGivenUp(xdr.Struct):
    """An event that was not delivered and will not be."""

    # Its number.
    event: "int"
    # Its topic.
    topic: "str"
    # Its subject.
    subject: "str"
    # Runs that it was in.
    attempts: "int"
    # Why it was given up.
    reason: "CallbackReason"
    # When.
    at: "int"



@dataclass
class CallbackPast(xdr.Struct):
    """What has become of a callback's runs and events."""

    # The callback.
    name: "str"
    # Its last runs, oldest first.
    attempts: "list[CallbackAttempt]"
    # The last events that were given up, oldest first.
    given_up: "list[CallbackGivenUp]"



@dataclass
class CallbackHistory(xdr.Struct):
    """The past of one callback or of all."""

    # One for each callback.
    callbacks: "list[CallbackPast]"



@dataclass
class CallbackRun(xdr.Struct):
    """A program that runs."""

    # Its number.
    run: "int"
    # When it was started.
    started: "int"
    # How many events it was given.
    events: "int"
    # The number of the attempt, from 1.
    attempt: "int"
    # Whether it was asked to end.
    stopping: "bool"



@dataclass
class CallbackState(xdr.Struct):
    """What a callback does."""

    # The callback.
    name: "str"
    # Its programs that run.
    running: "list[CallbackRun]"
    # Events that wait.
    waiting: "int"
    # When it is run again after a failure.
    next_try: "int | None"
    # Events that it was to be run on.
    taken: "int"
    # Events of runs that succeeded.
    delivered: "int"
    # Events in whose place a later one of the same subject came.
    replaced: "int"
    # Events that were given up.
    given_up: "int"
    # Runs that have ended.
    runs: "int"
    # Those of them that failed.
    failed: "int"
    # Failures since the last success.
    failed_in_a_row: "int"
    # The last run that has ended.
    last: "CallbackAttempt | None"
    # Whether it is removed and only waits for its programs.
    leaving: "bool"



@dataclass
class CallbackStatus(xdr.Struct):
    """What the callbacks of a daemon do."""

    # One for each callback.
    callbacks: "list[CallbackState]"


CallbackRow.min_len = 48
CallbackRow.FIELDS = (
    ("name", CallbackName),
    ("events", xdr.List(lambda: CallbackText, 32)),
    ("path", CallbackText),
    ("arguments", xdr.List(lambda: CallbackText, 64)),
    ("user", xdr.Optional(lambda: CallbackName)),
    ("time_limit", common.Span),
    ("order", CallbackOrder),
    ("retries", xdr.UINT),
    ("backoff", common.Span),
    ("more", common.More),
)
CallbackRegister.min_len = 56
CallbackRegister.FIELDS = (
    ("row", CallbackRow),
    ("lease", common.Span),
)
CallbackRenew.min_len = 12
CallbackRenew.FIELDS = (
    ("name", CallbackName),
    ("lease", common.Span),
)
CallbackWhich.min_len = 4
CallbackWhich.FIELDS = (
    ("name", xdr.Optional(lambda: CallbackName)),
)
CallbackRegistered.min_len = 12
CallbackRegistered.FIELDS = (
    ("owner", CallbackText),
    ("left", common.Span),
)
CallbackEntry.min_len = 56
CallbackEntry.FIELDS = (
    ("row", CallbackRow),
    ("registered", xdr.Optional(lambda: CallbackRegistered)),
    ("problem", xdr.Optional(lambda: CallbackText)),
)
CallbackList.min_len = 4
CallbackList.FIELDS = (
    ("callbacks", xdr.List(lambda: CallbackEntry, 1024)),
)
CallbackAttempt.min_len = 76
CallbackAttempt.FIELDS = (
    ("run", xdr.UHYPER),
    ("first_event", xdr.UHYPER),
    ("last_event", xdr.UHYPER),
    ("events", xdr.UINT),
    ("topic", CallbackText),
    ("attempt", xdr.UINT),
    ("started", common.Time),
    ("took", common.Span),
    ("ending", CallbackEnding),
    ("status", xdr.UINT),
    ("outcome", CallbackText),
    ("output", xdr.Text(16384)),
    ("omitted", xdr.UHYPER),
)
CallbackGivenUp.min_len = 32
CallbackGivenUp.FIELDS = (
    ("event", xdr.UHYPER),
    ("topic", CallbackText),
    ("subject", CallbackText),
    ("attempts", xdr.UINT),
    ("reason", CallbackReason),
    ("at", common.Time),
)
CallbackPast.min_len = 12
CallbackPast.FIELDS = (
    ("name", CallbackName),
    ("attempts", xdr.List(lambda: CallbackAttempt, 64)),
    ("given_up", xdr.List(lambda: CallbackGivenUp, 64)),
)
CallbackHistory.min_len = 4
CallbackHistory.FIELDS = (
    ("callbacks", xdr.List(lambda: CallbackPast, 1024)),
)
CallbackRun.min_len = 28
CallbackRun.FIELDS = (
    ("run", xdr.UHYPER),
    ("started", common.Time),
    ("events", xdr.UINT),
    ("attempt", xdr.UINT),
    ("stopping", xdr.BOOL),
)
CallbackState.min_len = 84
CallbackState.FIELDS = (
    ("name", CallbackName),
    ("running", xdr.List(lambda: CallbackRun, 64)),
    ("waiting", xdr.UHYPER),
    ("next_try", xdr.Optional(lambda: common.Time)),
    ("taken", xdr.UHYPER),
    ("delivered", xdr.UHYPER),
    ("replaced", xdr.UHYPER),
    ("given_up", xdr.UHYPER),
    ("runs", xdr.UHYPER),
    ("failed", xdr.UHYPER),
    ("failed_in_a_row", xdr.UHYPER),
    ("last", xdr.Optional(lambda: CallbackAttempt)),
    ("leaving", xdr.BOOL),
)
CallbackStatus.min_len = 4
CallbackStatus.FIELDS = (
    ("callbacks", xdr.List(lambda: CallbackState, 1024)),
)

# Every type by its name in the .x file.
TYPES = {
    "tc_callback_request": CallbackRequest,
    "tc_callback_text": CallbackText,
    "tc_callback_name": CallbackName,
    "tc_callback_order": CallbackOrder,
    "tc_callback_row": CallbackRow,
    "tc_callback_register": CallbackRegister,
    "tc_callback_renew": CallbackRenew,
    "tc_callback_which": CallbackWhich,
    "tc_callback_registered": CallbackRegistered,
    "tc_callback_entry": CallbackEntry,
    "tc_callback_list": CallbackList,
    "tc_callback_ending": CallbackEnding,
    "tc_callback_attempt": CallbackAttempt,
    "tc_callback_reason": CallbackReason,
    "tc_callback_given_up": CallbackGivenUp,
    "tc_callback_past": CallbackPast,
    "tc_callback_history": CallbackHistory,
    "tc_callback_run": CallbackRun,
    "tc_callback_state": CallbackState,
    "tc_callback_status": CallbackStatus,
}
