"""What two daemons say to each other on the bus: greetings, requests and replies, subscriptions and events, signs of life.

Written by xdr-gen from bus.x; changes here are lost.
"""

from dataclasses import dataclass

from . import xdr
from . import common


# First word of each message: "TCLC".
BUS_MAGIC = 1413696579

# Longest message.
BUS_MAX = 16777216

# Longest body of a request, a reply or an event.
BUS_BODY_MAX = 16773120

# Longest topic, and longest beginning of one.
BUS_TOPIC_MAX = 128


class BusVerb(xdr.Enum):
    """What is said."""

    # The greeting; it goes before the first message to a daemon.
    HELLO = 1
    # Do this.
    REQUEST = 2
    # What became of a request.
    REPLY = 3
    # Nobody waits for the reply any more.
    CANCEL = 4
    # The request was for an earlier run of the receiver, and was not looked at.
    MISDIRECTED = 5
    # Are you there?
    PROBE = 6
    # Yes.
    ALIVE = 7
    # Tell me of events, or go on doing so.
    SUBSCRIBE = 8
    # Events are told; all before a number were told or are lost.
    SUBSCRIBED = 9
    # Events are not told, or not any more.
    UNSUBSCRIBED = 10
    # Tell me no more.
    UNSUBSCRIBE = 11
    # Something has happened.
    EVENT = 12



@dataclass
class BusRequest(xdr.Struct):
    """A request."""

    # The caller's number for it; each is used once.
    id: "int"
    # What is asked for.
    number: "int"
    # So long somebody waits for the reply.
    patience: "int"
    # What belongs to it.
    body: "bytes"



@dataclass
class BusReply(xdr.Struct):
    """The reply to a request."""

    # Of the request.
    id: "int"
    # What became of it.
    code: "common.Code"
    # Why not, for a person.
    text: "str"
    # The answer.
    body: "bytes"



@dataclass
class BusAbout(xdr.Struct):
    """One request or subscription."""

    # Its number.
    id: "int"



@dataclass
class BusSubscribe(xdr.Struct):
    """A wish to be told of events. It holds for a while and has to be repeated."""

    # The subscriber's number for it.
    id: "int"
    # How the topics begin.
    prefix: "str"
    # So long it holds.
    lease: "int"



@dataclass
class BusSubscribed(xdr.Struct):
    """A subscription stands."""

    # Of the subscription.
    id: "int"
    # Which counting of the publisher it is: another one than before means that it had forgotten the subscription.
    series: "int"
    # The number that the next event will have.
    next: "int"



@dataclass
class BusUnsubscribed(xdr.Struct):
    """A subscription does not stand."""

    # Of the subscription.
    id: "int"
    # For a program: why it was refused.
    code: "common.Code"
    # Why, for a person.
    text: "str"



@dataclass
class BusEvent(xdr.Struct):
    """An event."""

    # Of the subscription.
    id: "int"
    # As in tc_bus_subscribed.
    series: "int"
    # Counts the events of this series, with those that were left out.
    number: "int"
    # What has happened.
    topic: "str"
    # What belongs to it.
    body: "bytes"



@dataclass
class BusBody(xdr.Union):
    """What is said, and what belongs to it."""

    # Which arm it is.
    verb: "BusVerb"
    # What is in it; None where there is nothing.
    value: object = None



@dataclass
class BusMessage(xdr.Struct):
    """One message."""

    # TC_BUS_MAGIC.
    magic: "int"
    # Which run of the sender speaks.
    incarnation: "int"
    # Which run of the receiver is meant; 0 while the sender does not know.
    meant: "int"
    # What is said.
    body: "BusBody"


BusRequest.min_len = 24
BusRequest.FIELDS = (
    ("id", xdr.UHYPER),
    ("number", xdr.UINT),
    ("patience", common.Span),
    ("body", xdr.Opaque(16773120)),
)
BusReply.min_len = 20
BusReply.FIELDS = (
    ("id", xdr.UHYPER),
    ("code", common.Code),
    ("text", xdr.Text(1024)),
    ("body", xdr.Opaque(16773120)),
)
BusAbout.min_len = 8
BusAbout.FIELDS = (
    ("id", xdr.UHYPER),
)
BusSubscribe.min_len = 20
BusSubscribe.FIELDS = (
    ("id", xdr.UHYPER),
    ("prefix", xdr.Text(128)),
    ("lease", common.Span),
)
BusSubscribed.min_len = 24
BusSubscribed.FIELDS = (
    ("id", xdr.UHYPER),
    ("series", xdr.UHYPER),
    ("next", xdr.UHYPER),
)
BusUnsubscribed.min_len = 16
BusUnsubscribed.FIELDS = (
    ("id", xdr.UHYPER),
    ("code", common.Code),
    ("text", xdr.Text(1024)),
)
BusEvent.min_len = 32
BusEvent.FIELDS = (
    ("id", xdr.UHYPER),
    ("series", xdr.UHYPER),
    ("number", xdr.UHYPER),
    ("topic", xdr.Text(128)),
    ("body", xdr.Opaque(16773120)),
)
BusBody.min_len = 8
BusBody.SWITCH = ("verb", BusVerb)
BusBody.ARMS = {
    1: ("hello", xdr.Held(lambda: common.Hello, 16777216)),
    2: ("request", xdr.Held(lambda: BusRequest, 16777216)),
    3: ("reply", xdr.Held(lambda: BusReply, 16777216)),
    4: ("cancel", xdr.Held(lambda: BusAbout, 16777216)),
    5: ("misdirected", xdr.Held(lambda: BusAbout, 16777216)),
    6: ("probe", xdr.Held(xdr.VOID, 16777216)),
    7: ("alive", xdr.Held(xdr.VOID, 16777216)),
    8: ("subscribe", xdr.Held(lambda: BusSubscribe, 16777216)),
    9: ("subscribed", xdr.Held(lambda: BusSubscribed, 16777216)),
    10: ("unsubscribed", xdr.Held(lambda: BusUnsubscribed, 16777216)),
    11: ("unsubscribe", xdr.Held(lambda: BusAbout, 16777216)),
    12: ("event", xdr.Held(lambda: BusEvent, 16777216)),
}
BusBody.DEFAULT = ("rest", xdr.Opaque(16777216))
BusMessage.min_len = 28
BusMessage.FIELDS = (
    ("magic", xdr.UINT),
    ("incarnation", xdr.UHYPER),
    ("meant", xdr.UHYPER),
    ("body", BusBody),
)

# Every type by its name in the .x file.
TYPES = {
    "tc_bus_verb": BusVerb,
    "tc_bus_request": BusRequest,
    "tc_bus_reply": BusReply,
    "tc_bus_about": BusAbout,
    "tc_bus_subscribe": BusSubscribe,
    "tc_bus_subscribed": BusSubscribed,
    "tc_bus_unsubscribed": BusUnsubscribed,
    "tc_bus_event": BusEvent,
    "tc_bus_body": BusBody,
    "tc_bus_message": BusMessage,
}
