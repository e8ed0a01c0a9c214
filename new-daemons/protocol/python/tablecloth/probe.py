"""What the machine of a tunneld answers by itself, under the name `probe`: an echo and its own state.

Written by xdr-gen from probe.x; changes here are lost.
"""

from dataclasses import dataclass

from . import xdr
from . import common


# Most data of a question or an answer: a message of 16 MiB less what stands before the data.
PROBE_DATA_MAX = 16777200


class ProbeVerb(xdr.Enum):
    """What is asked, or answered."""

    # Send these bytes back.
    ECHO = 1
    # The bytes of an echo.
    ECHO_ANSWER = 2
    # Tell your state.
    STATUS = 3
    # The state as JSON: it is read by people and scripts and changes with each release.
    STATUS_ANSWER = 4



@dataclass
class ProbeWhat(xdr.Union):
    """A question or an answer without its id."""

    # Which arm it is.
    verb: "ProbeVerb"
    # What is in it; None where there is nothing.
    value: object = None



@dataclass
class ProbeBody(xdr.Struct):
    """A message to or from a tunneld."""

    # Chosen by the asker, repeated in the answer.
    id: "int"
    # The question or the answer.
    what: "ProbeWhat"


ProbeWhat.min_len = 8
ProbeWhat.SWITCH = ("verb", ProbeVerb)
ProbeWhat.ARMS = {
    1: ("echo", xdr.Opaque(16777200)),
    2: ("echo_answer", xdr.Opaque(16777200)),
    3: ("status", xdr.Held(xdr.VOID, 16777200)),
    4: ("status_answer", xdr.Opaque(16777200)),
}
ProbeWhat.DEFAULT = ("rest", xdr.Opaque(16777200))
ProbeBody.min_len = 16
ProbeBody.FIELDS = (
    ("id", xdr.UHYPER),
    ("what", ProbeWhat),
)

# Every type by its name in the .x file.
TYPES = {
    "tc_probe_verb": ProbeVerb,
    "tc_probe_what": ProbeWhat,
    "tc_probe_body": ProbeBody,
}
