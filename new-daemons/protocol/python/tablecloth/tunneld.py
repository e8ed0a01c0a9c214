"""What ctdb-tunneld tells of itself: its state, the tunnelds of other nodes, and when they come and go.

Written by xdr-gen from tunneld.x; changes here are lost.
"""

from dataclasses import dataclass

from . import xdr
from . import common


# Most bytes of an echo.
TUNNELD_ECHO_MAX = 524288

# Longest text about something: a path, an address, a reason.
TUNNELD_TEXT_MAX = 1024

# Most nodes, and most daemons of a node.
TUNNELD_LIST_MAX = 65536

# A text that may be absent.
TunneldText = xdr.Alias(xdr.Text(1024))


@dataclass
class TunneldEcho(xdr.Struct):
    """Bytes to be sent back, and the same bytes again."""

    # Any bytes.
    data: "bytes"



class TunneldLinkState(xdr.Enum):
    """How far a tunneld has come with its ctdbd."""

    # There is no connection.
    DOWN = 1
    # It is connected, and the nodes are not known yet.
    CONNECTING = 2
    # The nodes are known, and can be reached.
    ATTACHED = 3



@dataclass
class TunneldLink(xdr.Struct):
    """The connection of a tunneld to its ctdbd."""

    # Path of the socket.
    socket: "str"
    # How far it has come.
    state: "TunneldLinkState"
    # How long it has been in this state, in milliseconds.
    since_ms: "int"
    # How often it was attached, the first time included.
    attached: "int"
    # Why it was last lost, in words.
    last_error: "str | None"



@dataclass
class TunneldDaemon(xdr.Struct):
    """A daemon that is registered at this node's tunneld."""

    # Its name.
    name: "str"
    # Its instance.
    instance: "int"
    # Messages and notices that wait until it reads.
    queued: "int"
    # Bytes that wait until it reads.
    queued_bytes: "int"
    # Fragments handed to it.
    delivered: "int"



class TunneldPeerState(xdr.Enum):
    """What a tunneld knows of that of another node."""

    # It was not heard yet.
    GREETING = 1
    # It answers.
    UP = 2
    # It has answered once, and does not now.
    SILENT = 3
    # No tunneld answers there.
    ABSENT = 4



@dataclass
class TunneldPeer(xdr.Struct):
    """Another node as this tunneld sees it."""

    # Its node number.
    node: "int"
    # Its address from the nodes file.
    address: "str"
    # What is known of its tunneld.
    state: "TunneldPeerState"
    # The boot id of its tunneld, in hexadecimal, when known.
    boot: "str | None"
    # Smoothed round trip between the tunnelds in microseconds.
    rtt_us: "int | None"
    # How long ago it was last heard, in milliseconds.
    heard_ms: "int | None"
    # Open channels towards it.
    channels_out: "int"
    # Open channels from it.
    channels_in: "int"
    # Bytes that wait to be sent or acknowledged.
    queued_bytes: "int"
    # Fragments sent for the first time.
    sent: "int"
    # Fragments sent again.
    resent: "int"
    # Fragments received in order.
    received: "int"
    # Messages whose sender was told that they were not delivered.
    failed: "int"



@dataclass
class TunneldCounters(xdr.Struct):
    """Totals of one tunneld since its start."""

    # Envelopes handed to ctdbd.
    envelopes_out: "int"
    # Envelopes that ctdbd delivered and that were ours.
    envelopes_in: "int"
    # Packets from ctdbd that were no envelope, or not for us.
    envelopes_bad: "int"
    # Datagrams of local daemons that were dropped.
    datagrams_bad: "int"
    # Messages delivered to daemons of this node.
    delivered: "int"
    # Messages that failed and were reported to their sender here.
    failed: "int"
    # Answers of this tunneld that found no room and were left out.
    answers_dropped: "int"



@dataclass
class TunneldStatus(xdr.Struct):
    """The state of one tunneld."""

    # Version of the program.
    release: "str"
    # Its node number; absent until ctdbd told it.
    node: "int | None"
    # Identity of this run, new at each start, in hexadecimal.
    boot: "str"
    # So long this tunneld runs, in milliseconds.
    uptime_ms: "int"
    # Its connection to the local ctdbd.
    ctdbd: "TunneldLink"
    # The daemons of this node that are registered.
    daemons: "list[TunneldDaemon]"
    # The other nodes.
    peers: "list[TunneldPeer]"
    # Totals since the start.
    counters: "TunneldCounters"



@dataclass
class TunneldPeers(xdr.Struct):
    """The tunnelds of the other nodes."""

    # Whose peers they are; absent until ctdbd told it.
    node: "int | None"
    # The other nodes.
    peers: "list[TunneldPeer]"



@dataclass
class TunneldLinkChanged(xdr.Struct):
    """The connection to ctdbd came or went."""

    # Its node number, when known.
    node: "int | None"
    # How far it has come.
    state: "TunneldLinkState"
    # Why it was lost, in words.
    reason: "str | None"



@dataclass
class TunneldPeerChanged(xdr.Struct):
    """The tunneld of another node came or went."""

    # Its node number.
    node: "int"
    # What is known of its tunneld now.
    state: "TunneldPeerState"



@dataclass
class TunneldDaemonChanged(xdr.Struct):
    """A daemon came to this node's tunneld, or left it."""

    # The daemon.
    daemon: "common.Daemon"
    # It is registered.
    registered: "bool"


TunneldEcho.min_len = 4
TunneldEcho.FIELDS = (
    ("data", xdr.Opaque(524288)),
)
TunneldLink.min_len = 28
TunneldLink.FIELDS = (
    ("socket", xdr.Text(1024)),
    ("state", TunneldLinkState),
    ("since_ms", xdr.UHYPER),
    ("attached", xdr.UHYPER),
    ("last_error", xdr.Optional(lambda: TunneldText)),
)
TunneldDaemon.min_len = 32
TunneldDaemon.FIELDS = (
    ("name", xdr.Text(15)),
    ("instance", xdr.UINT),
    ("queued", xdr.UHYPER),
    ("queued_bytes", xdr.UHYPER),
    ("delivered", xdr.UHYPER),
)
TunneldPeer.min_len = 80
TunneldPeer.FIELDS = (
    ("node", xdr.UINT),
    ("address", xdr.Text(1024)),
    ("state", TunneldPeerState),
    ("boot", xdr.Optional(lambda: TunneldText)),
    ("rtt_us", xdr.Optional(xdr.UHYPER)),
    ("heard_ms", xdr.Optional(xdr.UHYPER)),
    ("channels_out", xdr.UHYPER),
    ("channels_in", xdr.UHYPER),
    ("queued_bytes", xdr.UHYPER),
    ("sent", xdr.UHYPER),
    ("resent", xdr.UHYPER),
    ("received", xdr.UHYPER),
    ("failed", xdr.UHYPER),
)
TunneldCounters.min_len = 56
TunneldCounters.FIELDS = (
    ("envelopes_out", xdr.UHYPER),
    ("envelopes_in", xdr.UHYPER),
    ("envelopes_bad", xdr.UHYPER),
    ("datagrams_bad", xdr.UHYPER),
    ("delivered", xdr.UHYPER),
    ("failed", xdr.UHYPER),
    ("answers_dropped", xdr.UHYPER),
)
TunneldStatus.min_len = 112
TunneldStatus.FIELDS = (
    ("release", xdr.Text(64)),
    ("node", xdr.Optional(xdr.UINT)),
    ("boot", xdr.Text(16)),
    ("uptime_ms", xdr.UHYPER),
    ("ctdbd", TunneldLink),
    ("daemons", xdr.List(lambda: TunneldDaemon, 65536)),
    ("peers", xdr.List(lambda: TunneldPeer, 65536)),
    ("counters", TunneldCounters),
)
TunneldPeers.min_len = 8
TunneldPeers.FIELDS = (
    ("node", xdr.Optional(xdr.UINT)),
    ("peers", xdr.List(lambda: TunneldPeer, 65536)),
)
TunneldLinkChanged.min_len = 12
TunneldLinkChanged.FIELDS = (
    ("node", xdr.Optional(xdr.UINT)),
    ("state", TunneldLinkState),
    ("reason", xdr.Optional(lambda: TunneldText)),
)
TunneldPeerChanged.min_len = 8
TunneldPeerChanged.FIELDS = (
    ("node", xdr.UINT),
    ("state", TunneldPeerState),
)
TunneldDaemonChanged.min_len = 12
TunneldDaemonChanged.FIELDS = (
    ("daemon", common.Daemon),
    ("registered", xdr.BOOL),
)

# Every type by its name in the .x file.
TYPES = {
    "tc_tunneld_text": TunneldText,
    "tc_tunneld_echo": TunneldEcho,
    "tc_tunneld_link_state": TunneldLinkState,
    "tc_tunneld_link": TunneldLink,
    "tc_tunneld_daemon": TunneldDaemon,
    "tc_tunneld_peer_state": TunneldPeerState,
    "tc_tunneld_peer": TunneldPeer,
    "tc_tunneld_counters": TunneldCounters,
    "tc_tunneld_status": TunneldStatus,
    "tc_tunneld_peers": TunneldPeers,
    "tc_tunneld_link_changed": TunneldLinkChanged,
    "tc_tunneld_peer_changed": TunneldPeerChanged,
    "tc_tunneld_daemon_changed": TunneldDaemonChanged,
}
