"""The packets that carry messages: the datagram between a daemon and the tunneld or another daemon of its node, and the
envelope between two tunnelds. docs/tunnel.md and docs/bus.md say what they mean.

Both are a head and then frames until the packet ends, which XDR cannot say: read the head, then frame by frame. In
Rust `bus::datagram` and `tunnel_core::envelope` do so by hand, without copying a fragment, and refuse more: names
with other letters, pieces that lie outside their message. Tests hold both against these definitions. A change here
raises the layout's version, because a frame of an unknown kind makes the rest of its packet unreadable.

Written by xdr-gen from frames.x; changes here are lost.
"""

from dataclasses import dataclass

from . import xdr
from . import common


# Longest message.
MESSAGE_MAX = 16777216

# Longest piece of a message.
FRAGMENT_MAX = 65536

# First word of a datagram: "TCLB".
DATAGRAM_MAGIC = 1413696578

# Version of the datagram.
DATAGRAM_LAYOUT = 2

# First word of an envelope: "TCLO".
ENVELOPE_MAGIC = 1413696591

# Version of the envelope.
ENVELOPE_LAYOUT = 1

# Version of an envelope with a seal behind its frames.
ENVELOPE_SEALED = 2


class Failure(xdr.Enum):
    """Why a message was not delivered."""

    # It was.
    NONE = 0
    # Not in the nodes file, or deleted from it.
    NO_SUCH_NODE = 1
    # The far tunneld answered before, but has been silent for too long.
    NODE_UNREACHABLE = 2
    # No tunneld ever answered there.
    NO_TUNNELD = 3
    # Nobody of that name and instance is registered on the node.
    NO_SUCH_DAEMON = 4
    # The receiving daemon has not read anything for too long.
    RECEIVER_STALLED = 5
    # The far tunneld was started anew.
    PEER_RESTARTED = 6
    # No ctdbd runs on the sender's node.
    NO_CTDBD = 7
    # The sender did not keep to its window, or too many send at once.
    QUEUE_FULL = 8
    # Too long, or pieces that do not fit together.
    BAD_MESSAGE = 9
    # The sender's own tunneld does not run or was started anew.
    TUNNELD_GONE = 10
    # The receiving daemon ended before it had taken the message.
    RECEIVER_GONE = 11
    # As many daemons are registered as may be.
    TOO_MANY_DAEMONS = 12



@dataclass
class Fragment(xdr.Struct):
    """A piece of a message."""

    # Length of the whole message.
    total: "int"
    # Where this piece begins.
    offset: "int"
    # The piece; only an empty message has an empty one.
    data: "bytes"



@dataclass
class DatagramHead(xdr.Struct):
    """The beginning of a datagram."""

    # TC_DATAGRAM_MAGIC
    magic: "int"
    # TC_DATAGRAM_LAYOUT
    layout: "int"
    # The daemon at the near end, or the one that is spoken to.
    daemon: "common.Daemon"



@dataclass
class Register(xdr.Struct):
    """A daemon is here."""

    # Differs from one run of the daemon to the next.
    incarnation: "int"



@dataclass
class Send(xdr.Struct):
    """A piece of a message to be carried."""

    # The same for all pieces of a message; comes back in what is said of it.
    token: "int"
    # For whom.
    receiver: "common.Address"
    # The piece of the message, and where it belongs.
    fragment: "Fragment"



class ToTunnelKind(xdr.Enum):
    """What a daemon may say."""

    # I am here.
    REGISTER = 1
    # I am leaving.
    DEREGISTER = 2
    # Carry this.
    SEND = 3



@dataclass
class ToTunnel(xdr.Union):
    """A frame from a daemon to its tunneld."""

    # Which arm it is.
    kind: "ToTunnelKind"
    # What is in it; None where there is nothing.
    value: object = None



@dataclass
class Registered(xdr.Struct):
    """The answer to a registration."""

    # The registration that is meant.
    incarnation: "int"
    # Identity of this run of the tunneld.
    boot: "int"
    # This node, or 4294967295 until it is known.
    node: "int"
    # Whether other nodes can be reached now.
    attached: "bool"



@dataclass
class Refused(xdr.Struct):
    """A registration was not taken."""

    # The registration that is meant.
    incarnation: "int"
    # Why it was not taken.
    reason: "Failure"



@dataclass
class Deliver(xdr.Struct):
    """A piece of a message."""

    # From whom.
    sender: "common.Address"
    # The same for all pieces of a message.
    message: "int"
    # The piece of the message, and where it belongs.
    fragment: "Fragment"



@dataclass
class Accepted(xdr.Struct):
    """The receiver has taken a part of a message."""

    # Of tc_send.
    token: "int"
    # Bytes from the start of the message.
    upto: "int"



@dataclass
class Completed(xdr.Struct):
    """The end of a message's way."""

    # Of tc_send.
    token: "int"
    # Why it was not delivered, or that it was.
    reason: "Failure"
    # Whether it may have been delivered all the same.
    in_doubt: "bool"



@dataclass
class Link(xdr.Struct):
    """The connection to ctdbd came or went."""

    # This node, or 4294967295 until it is known.
    node: "int"
    # Whether other nodes can be reached now.
    attached: "bool"



@dataclass
class Direct(xdr.Struct):
    """A piece of a message of a daemon of this node, said by that daemon itself."""

    # Who speaks.
    sender: "common.Daemon"
    # The same for all pieces of a message.
    message: "int"
    # The piece of the message, and where it belongs.
    fragment: "Fragment"



@dataclass
class Passed(xdr.Struct):
    """A message of a daemon of this node whose body is the file that comes with the datagram."""

    # Who speaks.
    sender: "common.Daemon"
    # Bytes of the body.
    length: "int"



class ToDaemonKind(xdr.Enum):
    """What a tunneld, or a neighbour, may say to a daemon."""

    # You are registered.
    REGISTERED = 16
    # A piece of a message for you.
    DELIVER = 17
    # There is room again.
    ACCEPTED = 18
    # The end of a message's way.
    COMPLETED = 19
    # I am alive.
    ALIVE = 20
    # The connection to ctdbd came or went.
    LINK = 21
    # You are not registered: begin anew.
    FORGOTTEN = 22
    # You are not registered, and why.
    REFUSED = 23
    # A piece of a message of a neighbour.
    DIRECT = 32
    # A message of a neighbour in a file.
    PASSED = 33



@dataclass
class ToDaemon(xdr.Union):
    """A frame from a tunneld, or a neighbour, to a daemon of its node."""

    # Which arm it is.
    kind: "ToDaemonKind"
    # What is in it; None where there is nothing.
    value: object = None



@dataclass
class EnvelopeHead(xdr.Struct):
    """The beginning of an envelope."""

    # TC_ENVELOPE_MAGIC
    magic: "int"
    # TC_ENVELOPE_LAYOUT or TC_ENVELOPE_SEALED
    layout: "int"
    # Node of the sender.
    sender: "int"
    # Node of the receiver.
    receiver: "int"
    # Boot id of the sending tunneld, never 0.
    sender_boot: "int"
    # Boot id of the receiving tunneld as the sender knows it, or 0.
    receiver_boot: "int"



@dataclass
class EnvelopeSeal(xdr.Struct):
    """Behind the last frame of a sealed envelope. docs/tunnel.md says how both are made of a key."""

    # Which key it is.
    key: "bytes"
    # The code of everything before the seal.
    code: "bytes"



@dataclass
class Open(xdr.Struct):
    """Whose channel this is."""

    # The channel.
    channel: "int"
    # The sending daemon.
    sender: "common.Daemon"
    # The receiving daemon.
    receiver: "common.Daemon"



@dataclass
class Data(xdr.Struct):
    """A fragment on its channel."""

    # Its channel.
    channel: "int"
    # Its position.
    seq: "int"
    # The fragment.
    fragment: "Fragment"



@dataclass
class Ack(xdr.Struct):
    """What has come of a channel."""

    # The channel.
    channel: "int"
    # All before this one were taken by the daemon.
    delivered: "int"
    # All before this one were received.
    received: "int"
    # What may be under way from `delivered` on.
    window: "int"



@dataclass
class Reset(xdr.Struct):
    """A channel has ended at the receiver."""

    # The channel.
    channel: "int"
    # All before this one were delivered, none from it on; absent when the receiver does not know.
    next: "int | None"
    # Why it ended.
    reason: "Failure"



class FrameKind(xdr.Enum):
    """What a tunneld may say to another."""

    # Answer me.
    HELLO = 1
    # The answer.
    HELLO_ANSWER = 2
    # Whose channel this is.
    OPEN = 3
    # A fragment.
    DATA = 4
    # What has come of a channel.
    ACK = 5
    # Tell me what has come of this channel.
    ASK = 6
    # The channel has ended.
    RESET = 7
    # The sender will not use the channel again.
    CLOSE = 8



@dataclass
class Frame(xdr.Union):
    """A frame from one tunneld to another."""

    # Which arm it is.
    kind: "FrameKind"
    # What is in it; None where there is nothing.
    value: object = None


Fragment.min_len = 12
Fragment.FIELDS = (
    ("total", xdr.UINT),
    ("offset", xdr.UINT),
    ("data", xdr.Opaque(65536)),
)
DatagramHead.min_len = 16
DatagramHead.FIELDS = (
    ("magic", xdr.UINT),
    ("layout", xdr.UINT),
    ("daemon", common.Daemon),
)
Register.min_len = 8
Register.FIELDS = (
    ("incarnation", xdr.UHYPER),
)
Send.min_len = 32
Send.FIELDS = (
    ("token", xdr.UHYPER),
    ("receiver", common.Address),
    ("fragment", Fragment),
)
ToTunnel.min_len = 4
ToTunnel.SWITCH = ("kind", ToTunnelKind)
ToTunnel.ARMS = {
    1: ("register", Register),
    2: ("deregister", xdr.VOID),
    3: ("send", Send),
}
Registered.min_len = 24
Registered.FIELDS = (
    ("incarnation", xdr.UHYPER),
    ("boot", xdr.UHYPER),
    ("node", common.Node),
    ("attached", xdr.BOOL),
)
Refused.min_len = 12
Refused.FIELDS = (
    ("incarnation", xdr.UHYPER),
    ("reason", Failure),
)
Deliver.min_len = 32
Deliver.FIELDS = (
    ("sender", common.Address),
    ("message", xdr.UHYPER),
    ("fragment", Fragment),
)
Accepted.min_len = 12
Accepted.FIELDS = (
    ("token", xdr.UHYPER),
    ("upto", xdr.UINT),
)
Completed.min_len = 16
Completed.FIELDS = (
    ("token", xdr.UHYPER),
    ("reason", Failure),
    ("in_doubt", xdr.BOOL),
)
Link.min_len = 8
Link.FIELDS = (
    ("node", common.Node),
    ("attached", xdr.BOOL),
)
Direct.min_len = 28
Direct.FIELDS = (
    ("sender", common.Daemon),
    ("message", xdr.UHYPER),
    ("fragment", Fragment),
)
Passed.min_len = 12
Passed.FIELDS = (
    ("sender", common.Daemon),
    ("length", xdr.UINT),
)
ToDaemon.min_len = 4
ToDaemon.SWITCH = ("kind", ToDaemonKind)
ToDaemon.ARMS = {
    16: ("registered", Registered),
    17: ("deliver", Deliver),
    18: ("accepted", Accepted),
    19: ("completed", Completed),
    20: ("alive", xdr.VOID),
    21: ("link", Link),
    22: ("forgotten", xdr.VOID),
    23: ("refused", Refused),
    32: ("direct", Direct),
    33: ("passed", Passed),
}
EnvelopeHead.min_len = 32
EnvelopeHead.FIELDS = (
    ("magic", xdr.UINT),
    ("layout", xdr.UINT),
    ("sender", common.Node),
    ("receiver", common.Node),
    ("sender_boot", xdr.UHYPER),
    ("receiver_boot", xdr.UHYPER),
)
EnvelopeSeal.min_len = 40
EnvelopeSeal.FIELDS = (
    ("key", xdr.Fixed(8)),
    ("code", xdr.Fixed(32)),
)
Open.min_len = 20
Open.FIELDS = (
    ("channel", xdr.UINT),
    ("sender", common.Daemon),
    ("receiver", common.Daemon),
)
Data.min_len = 24
Data.FIELDS = (
    ("channel", xdr.UINT),
    ("seq", xdr.UHYPER),
    ("fragment", Fragment),
)
Ack.min_len = 24
Ack.FIELDS = (
    ("channel", xdr.UINT),
    ("delivered", xdr.UHYPER),
    ("received", xdr.UHYPER),
    ("window", xdr.UINT),
)
Reset.min_len = 12
Reset.FIELDS = (
    ("channel", xdr.UINT),
    ("next", xdr.Optional(xdr.UHYPER)),
    ("reason", Failure),
)
Frame.min_len = 8
Frame.SWITCH = ("kind", FrameKind)
Frame.ARMS = {
    1: ("hello", xdr.UHYPER),
    2: ("hello_answer", xdr.UHYPER),
    3: ("open", Open),
    4: ("data", Data),
    5: ("ack", Ack),
    6: ("ask", xdr.UINT),
    7: ("reset", Reset),
    8: ("close", xdr.UINT),
}

# Every type by its name in the .x file.
TYPES = {
    "tc_failure": Failure,
    "tc_fragment": Fragment,
    "tc_datagram_head": DatagramHead,
    "tc_register": Register,
    "tc_send": Send,
    "tc_to_tunnel_kind": ToTunnelKind,
    "tc_to_tunnel": ToTunnel,
    "tc_registered": Registered,
    "tc_refused": Refused,
    "tc_deliver": Deliver,
    "tc_accepted": Accepted,
    "tc_completed": Completed,
    "tc_link": Link,
    "tc_direct": Direct,
    "tc_passed": Passed,
    "tc_to_daemon_kind": ToDaemonKind,
    "tc_to_daemon": ToDaemon,
    "tc_envelope_head": EnvelopeHead,
    "tc_envelope_seal": EnvelopeSeal,
    "tc_open": Open,
    "tc_data": Data,
    "tc_ack": Ack,
    "tc_reset": Reset,
    "tc_frame_kind": FrameKind,
    "tc_frame": Frame,
}
