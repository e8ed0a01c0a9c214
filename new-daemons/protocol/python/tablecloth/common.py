"""What every daemon of the new protocol uses: addresses, times, errors, and the greeting that settles the version.

Written by xdr-gen from common.x; changes here are lost.
"""

from dataclasses import dataclass

from . import xdr


# Version of the protocol: readers of another major version do not understand each other.
PROTOCOL_MAJOR = 1

# What was added since the major version began.
PROTOCOL_MINOR = 0

# Longest name of a daemon.
NAME_MAX = 15

# Longest text that explains something to a person.
TEXT_MAX = 1024

# Longest version of a program.
RELEASE_MAX = 64

# Most additions behind a struct.
MORE_MAX = 16

# Longest addition behind a struct.
ADDITION_MAX = 65536

# Number of a node; 4294967295 is the node of the speaker.
Node = xdr.Alias(xdr.UINT)

# A moment: microseconds since 1970 began, UTC.
Time = xdr.Alias(xdr.HYPER)

# A length of time in microseconds.
Span = xdr.Alias(xdr.UHYPER)


@dataclass
class Daemon(xdr.Struct):
    """A daemon of a node."""

    # 1 to 15 letters a-z, digits and -, beginning with a letter.
    name: "str"
    # Which of several.
    instance: "int"



@dataclass
class Address(xdr.Struct):
    """A daemon of the cluster."""

    # The node it runs on.
    node: "int"
    # The daemon there.
    daemon: "Daemon"



@dataclass
class Addition(xdr.Struct):
    """Something that was added to a struct after its first release."""

    # What it is; the struct says which numbers there are.
    tag: "int"
    # In XDR, for who knows the number.
    data: "bytes"


# The end of a struct that may grow. Who does not know a tag passes it on as it is.
More = xdr.Alias(xdr.List(lambda: Addition, 16))


class Code(xdr.Enum):
    """What became of a request."""

    # It was done.
    OK = 0
    # The receiver does not know this request.
    UNKNOWN_REQUEST = 1
    # The request cannot be read, or says what cannot be.
    BAD_REQUEST = 2
    # What it names does not exist.
    NOT_FOUND = 3
    # The sender may not ask for this.
    DENIED = 4
    # Not now; the same request may succeed later.
    BUSY = 5
    # It took too long.
    TIMED_OUT = 6
    # The receiver knows the request and cannot do it here.
    UNSUPPORTED = 7
    # It was tried and went wrong.
    FAILED = 8
    # The receiver is about to end.
    STOPPING = 9
    # More than the receiver takes or may answer.
    TOO_LARGE = 10
    # Somebody withdrew it.
    CANCELLED = 11
    # The state it was meant for is gone.
    STALE = 12



@dataclass
class Error(xdr.Struct):
    """Why a request failed, for a program and for a person."""

    # For a program.
    code: "Code"
    # For a person: one line.
    text: "str"
    # Room to grow.
    more: "list[Addition]"



@dataclass
class Hello(xdr.Struct):
    """The first thing that two daemons tell each other."""

    # TC_PROTOCOL_MAJOR of the speaker.
    major: "int"
    # TC_PROTOCOL_MINOR of the speaker.
    minor: "int"
    # What the speaker can do beyond its version: one bit each.
    features: "int"
    # Version of the program, for people.
    release: "str"
    # Who speaks.
    speaker: "Address"
    # Identity of this run of the speaker: chance, new at each start, never 0.
    incarnation: "int"
    # Room to grow.
    more: "list[Addition]"


Daemon.min_len = 8
Daemon.FIELDS = (
    ("name", xdr.Text(15)),
    ("instance", xdr.UINT),
)
Address.min_len = 12
Address.FIELDS = (
    ("node", Node),
    ("daemon", Daemon),
)
Addition.min_len = 8
Addition.FIELDS = (
    ("tag", xdr.UINT),
    ("data", xdr.Opaque(65536)),
)
Error.min_len = 12
Error.FIELDS = (
    ("code", Code),
    ("text", xdr.Text(1024)),
    ("more", More),
)
Hello.min_len = 44
Hello.FIELDS = (
    ("major", xdr.UINT),
    ("minor", xdr.UINT),
    ("features", xdr.UHYPER),
    ("release", xdr.Text(64)),
    ("speaker", Address),
    ("incarnation", xdr.UHYPER),
    ("more", More),
)

# Every type by its name in the .x file.
TYPES = {
    "tc_node": Node,
    "tc_time": Time,
    "tc_span": Span,
    "tc_daemon": Daemon,
    "tc_address": Address,
    "tc_addition": Addition,
    "tc_more": More,
    "tc_code": Code,
    "tc_error": Error,
    "tc_hello": Hello,
}
