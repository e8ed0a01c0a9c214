"""What ctdb-tunneld tells of itself: its state, the tunnelds of other nodes, and when they come and go.

Written by xdr-gen from tunnel.x; changes here are lost.
"""

from dataclasses import dataclass

from . import xdr
from . import common


# Most bytes of an echo.
TUNNEL_ECHO_MAX = 524288

# Longest text about something: a path, an address, a reason.
TUNNEL_TEXT_MAX = 1024

# Most nodes, and most daemons of a node.
TUNNEL_LIST_MAX = 65536

# A text that may be absent.
TunnelText = xdr.Alias(xdr.Text(1024))


@dataclass
class TunnelEcho(xdr.Struct):
    """Bytes to be sent back, and the same bytes again."""

    # Any bytes.
    data: "bytes"



class TunnelLinkState(xdr.Enum):
    """How far a tunneld has come with its ctdbd."""

    # There is no connection.
    DOWN = 1
    # It is connected, and the nodes are not known yet.
    CONNECTING = 2
    # The nodes are known, and can be reached.
    ATTACHED = 3



@dataclass
class TunnelLink(xdr.Struct):
    """The connection of a tunneld to its ctdbd."""

    # Path of the socket.
    socket: "str"
    # How far it has come.
    state: "TunnelLinkState"
    # How long it has been in this state, in milliseconds.
    since_ms: "int"
    # How often it was attached, the first time included.
    attached: "int"
    # Why it was last lost, in words.
    last_error: "str | None"



@dataclass
class TunnelDaemon(xdr.Struct):
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



class TunnelPeerState(xdr.Enum):
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
class TunnelPeer(xdr.Struct):
    """Another node as this tunneld sees it."""

    # Its node number.
    node: "int"
    # Its address from the nodes file.
    address: "str"
    # What is known of its tunneld.
    state: "TunnelPeerState"
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
class TunnelCounters(xdr.Struct):
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
class TunnelStatus(xdr.Struct):
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
    ctdbd: "TunnelLink"
    # The daemons of this node that are registered.
    daemons: "list[TunnelDaemon]"
    # The other nodes.
    peers: "list[TunnelPeer]"
    # Totals since the start.
    counters: "TunnelCounters"



@dataclass
class TunnelPeers(xdr.Struct):
    """The tunnelds of the other nodes."""

    # Whose peers they are; absent until ctdbd told it.
    node: "int | None"
    # The other nodes.
    peers: "list[TunnelPeer]"



@dataclass
class TunnelLinkChanged(xdr.Struct):
    """The connection to ctdbd came or went."""

    # Its node number, when known.
    node: "int | None"
    # How far it has come.
    state: "TunnelLinkState"
    # Why it was lost, in words.
    reason: "str | None"



@dataclass
class TunnelPeerChanged(xdr.Struct):
    """The tunneld of another node came or went."""

    # Its node number.
    node: "int"
    # What is known of its tunneld now.
    state: "TunnelPeerState"



@dataclass
class TunnelDaemonChanged(xdr.Struct):
    """A daemon came to this node's tunneld, or left it."""

    # The daemon.
    daemon: "common.Daemon"
    # It is registered.
    registered: "bool"


TunnelEcho.min_len = 4
TunnelEcho.FIELDS = (
    ("data", xdr.Opaque(524288)),
)
TunnelLink.min_len = 28
TunnelLink.FIELDS = (
    ("socket", xdr.Text(1024)),
    ("state", TunnelLinkState),
    ("since_ms", xdr.UHYPER),
    ("attached", xdr.UHYPER),
    ("last_error", xdr.Optional(lambda: TunnelText)),
)
TunnelDaemon.min_len = 32
TunnelDaemon.FIELDS = (
    ("name", xdr.Text(15)),
    ("instance", xdr.UINT),
    ("queued", xdr.UHYPER),
    ("queued_bytes", xdr.UHYPER),
    ("delivered", xdr.UHYPER),
)
TunnelPeer.min_len = 80
TunnelPeer.FIELDS = (
    ("node", xdr.UINT),
    ("address", xdr.Text(1024)),
    ("state", TunnelPeerState),
    ("boot", xdr.Optional(lambda: TunnelText)),
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
TunnelCounters.min_len = 56
TunnelCounters.FIELDS = (
    ("envelopes_out", xdr.UHYPER),
    ("envelopes_in", xdr.UHYPER),
    ("envelopes_bad", xdr.UHYPER),
    ("datagrams_bad", xdr.UHYPER),
    ("delivered", xdr.UHYPER),
    ("failed", xdr.UHYPER),
    ("answers_dropped", xdr.UHYPER),
)
TunnelStatus.min_len = 112
TunnelStatus.FIELDS = (
    ("release", xdr.Text(64)),
    ("node", xdr.Optional(xdr.UINT)),
    ("boot", xdr.Text(16)),
    ("uptime_ms", xdr.UHYPER),
    ("ctdbd", TunnelLink),
    ("daemons", xdr.List(lambda: TunnelDaemon, 65536)),
    ("peers", xdr.List(lambda: TunnelPeer, 65536)),
    ("counters", TunnelCounters),
)
TunnelPeers.min_len = 8
TunnelPeers.FIELDS = (
    ("node", xdr.Optional(xdr.UINT)),
    ("peers", xdr.List(lambda: TunnelPeer, 65536)),
)
TunnelLinkChanged.min_len = 12
TunnelLinkChanged.FIELDS = (
    ("node", xdr.Optional(xdr.UINT)),
    ("state", TunnelLinkState),
    ("reason", xdr.Optional(lambda: TunnelText)),
)
TunnelPeerChanged.min_len = 8
TunnelPeerChanged.FIELDS = (
    ("node", xdr.UINT),
    ("state", TunnelPeerState),
)
TunnelDaemonChanged.min_len = 12
TunnelDaemonChanged.FIELDS = (
    ("daemon", common.Daemon),
    ("registered", xdr.BOOL),
)

# Every type by its name in the .x file.
TYPES = {
    "tc_tunnel_text": TunnelText,
    "tc_tunnel_echo": TunnelEcho,
    "tc_tunnel_link_state": TunnelLinkState,
    "tc_tunnel_link": TunnelLink,
    "tc_tunnel_daemon": TunnelDaemon,
    "tc_tunnel_peer_state": TunnelPeerState,
    "tc_tunnel_peer": TunnelPeer,
    "tc_tunnel_counters": TunnelCounters,
    "tc_tunnel_status": TunnelStatus,
    "tc_tunnel_peers": TunnelPeers,
    "tc_tunnel_link_changed": TunnelLinkChanged,
    "tc_tunnel_peer_changed": TunnelPeerChanged,
    "tc_tunnel_daemon_changed": TunnelDaemonChanged,
}
