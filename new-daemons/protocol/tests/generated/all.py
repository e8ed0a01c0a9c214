"""Every construct of the language once, for tests.

Written by xdr-gen from all.x; changes here are lost.
"""

from dataclasses import dataclass

from . import xdr


# A bound in hexadecimal.
ALL_MAX = 20

# A number below zero.
ALL_NEGATIVE = -7

# Octal: nine.
ALL_OCTAL = 9


class AllWord(xdr.Enum):
    """An enum with holes and a value below zero."""

    # Below zero.
    LOW = -5
    # Zero.
    ZERO = 0
    # Two words.
    TWO_WORDS = 2
    # By a constant.
    BY_CONSTANT = 20
    # The largest.
    HIGH = 2147483647


# A number by another name.
AllId = xdr.Alias(xdr.UHYPER)

# A bool by another name.
AllFlag = xdr.Alias(xdr.BOOL)

# An alias of an alias.
AllAlias = xdr.Alias(AllId)

# Opaque data of a fixed length that needs padding.
AllKey = xdr.Alias(xdr.Fixed(5))

# Opaque data.
AllBlob = xdr.Alias(xdr.Opaque(9))

# Text.
AllText = xdr.Alias(xdr.Text(20))

# A list of text: only possible by a name.
AllTexts = xdr.Alias(xdr.List(lambda: AllText, 3))

# An array of a fixed length.
AllThree = xdr.Alias(xdr.Array(xdr.INT, 3))

# Something that may be absent.
AllPerhaps = xdr.Alias(xdr.List(xdr.DOUBLE, 1))


@dataclass
class AllNumbers(xdr.Struct):
    """Every number."""

    # 32 bits.
    number: "int"
    # 32 bits without a sign.
    natural: "int"
    # 64 bits.
    large: "int"
    # 64 bits without a sign.
    largest: "int"
    # 32 bits, floating.
    rough: "float"
    # 64 bits, floating.
    fine: "float"
    # Yes or no.
    yes: "bool"
    # A word.
    word: "AllWord"



@dataclass
class AllKinds(xdr.Struct):
    """Every kind of declaration."""

    # A struct.
    numbers: "AllNumbers"
    # A struct that may be absent.
    perhaps: "AllNumbers | None"
    # A number that may be absent.
    perhaps_number: "int | None"
    # A fixed number of structs.
    pair: "list[AllNumbers]"
    # A fixed number of words.
    words: "list[AllWord]"
    # A list of numbers.
    larges: "list[int]"
    # A list of structs.
    list: "list[AllNumbers]"
    # A list of bools.
    flags: "list[bool]"
    # Opaque of a fixed length without padding.
    four: "bytes"
    # Opaque.
    data: "bytes"
    # Text.
    text: "str"
    # By name.
    id: "int"
    # By name.
    flag: "bool"
    # By two names.
    alias: "int"
    # By name.
    key: "bytes"
    # By name.
    blob: "bytes"
    # By name.
    texts: "list[str]"
    # By name.
    three: "list[int]"
    # By name.
    some: "list[float]"
    # A list of opaque data.
    blobs: "list[bytes]"
    # An opaque that holds a struct.
    held: "AllNumbers"
    # An opaque that holds a text.
    held_text: "str"



@dataclass
class AllChain(xdr.Struct):
    """A chain: it may contain itself."""

    # This one.
    item: "int"
    # The others.
    next: "AllChain | None"



@dataclass
class AllTree(xdr.Struct):
    """A tree of two types, one of which is defined below."""

    # This one.
    name: "str"
    # Below it.
    branches: "list[AllBranch]"



@dataclass
class AllBranch(xdr.Struct):
    """What leads to a tree."""

    # How far.
    length: "int"
    # Where to.
    tree: "AllTree | None"



@dataclass
class AllClosed(xdr.Union):
    """A union that closes: another value of the enum has no meaning."""

    # Which arm it is.
    word: "AllWord"
    # What is in it; None where there is nothing.
    value: object = None



@dataclass
class AllKept(xdr.Union):
    """A union that keeps values it does not know, without anything in them."""

    # Which arm it is.
    word: "AllWord"
    # What is in it; None where there is nothing.
    value: object = None



@dataclass
class AllByInt(xdr.Union):
    """A union by a number, with a struct by default."""

    # Which arm it is.
    number: "int"
    # What is in it; None where there is nothing.
    value: object = None



@dataclass
class AllByUint(xdr.Union):
    """A union by a number without a sign."""

    # Which arm it is.
    number: "int"
    # What is in it; None where there is nothing.
    value: object = None



@dataclass
class AllByBool(xdr.Union):
    """A union by a bool."""

    # Which arm it is.
    yes: "bool"
    # What is in it; None where there is nothing.
    value: object = None



@dataclass
class AllByHalf(xdr.Union):
    """A union of which one value has an arm."""

    # Which arm it is.
    yes: "bool"
    # What is in it; None where there is nothing.
    value: object = None



@dataclass
class AllOpen(xdr.Union):
    """A union that can grow: a reader steps over an arm that it does not know."""

    # Which arm it is.
    word: "AllWord"
    # What is in it; None where there is nothing.
    value: object = None



@dataclass
class AllSum(xdr.Struct):
    """What an expression may be: a recursion through a list."""

    # One after the other.
    items: "list[AllExpression]"



@dataclass
class AllExpression(xdr.Union):
    """An expression: a recursion through a union."""

    # Which arm it is.
    kind: "int"
    # What is in it; None where there is nothing.
    value: object = None


AllNumbers.min_len = 44
AllNumbers.FIELDS = (
    ("number", xdr.INT),
    ("natural", xdr.UINT),
    ("large", xdr.HYPER),
    ("largest", xdr.UHYPER),
    ("rough", xdr.FLOAT),
    ("fine", xdr.DOUBLE),
    ("yes", xdr.BOOL),
    ("word", AllWord),
)
AllKinds.min_len = 272
AllKinds.FIELDS = (
    ("numbers", AllNumbers),
    ("perhaps", xdr.Optional(lambda: AllNumbers)),
    ("perhaps_number", xdr.Optional(xdr.UINT)),
    ("pair", xdr.Array(lambda: AllNumbers, 2)),
    ("words", xdr.Array(lambda: AllWord, 9)),
    ("larges", xdr.List(xdr.HYPER, 20)),
    ("list", xdr.List(lambda: AllNumbers, 4)),
    ("flags", xdr.List(xdr.BOOL, 5)),
    ("four", xdr.Fixed(4)),
    ("data", xdr.Opaque(20)),
    ("text", xdr.Text(7)),
    ("id", AllId),
    ("flag", AllFlag),
    ("alias", AllAlias),
    ("key", AllKey),
    ("blob", AllBlob),
    ("texts", AllTexts),
    ("three", AllThree),
    ("some", AllPerhaps),
    ("blobs", xdr.List(lambda: AllBlob, 2)),
    ("held", xdr.Held(lambda: AllNumbers, 64)),
    ("held_text", xdr.Held(lambda: AllText, 32)),
)
AllChain.min_len = 8
AllChain.RECURSIVE = True
AllChain.FIELDS = (
    ("item", xdr.INT),
    ("next", xdr.Optional(lambda: AllChain)),
)
AllTree.min_len = 8
AllTree.RECURSIVE = True
AllTree.FIELDS = (
    ("name", AllText),
    ("branches", xdr.List(lambda: AllBranch, 3)),
)
AllBranch.min_len = 8
AllBranch.RECURSIVE = True
AllBranch.FIELDS = (
    ("length", xdr.UINT),
    ("tree", xdr.Optional(lambda: AllTree)),
)
AllClosed.min_len = 4
AllClosed.SWITCH = ("word", AllWord)
AllClosed.ARMS = {
    -5: ("low", xdr.VOID),
    0: ("zero", AllNumbers),
    2: ("two_words", AllNumbers),
    2147483647: ("high", xdr.Text(6)),
}
AllKept.min_len = 4
AllKept.SWITCH = ("word", AllWord)
AllKept.ARMS = {
    0: ("zero", xdr.Fixed(4)),
    2: ("two_words", xdr.List(xdr.INT, 4)),
    2147483647: ("high", xdr.Optional(xdr.UHYPER)),
}
AllKept.DEFAULT = ("", xdr.VOID)
AllByInt.min_len = 8
AllByInt.SWITCH = ("number", xdr.INT)
AllByInt.ARMS = {
    1: ("case_1", xdr.HYPER),
    2: ("case_2", xdr.BOOL),
    3: ("case_3", xdr.BOOL),
}
AllByInt.DEFAULT = ("numbers", AllNumbers)
AllByUint.min_len = 4
AllByUint.SWITCH = ("number", xdr.UINT)
AllByUint.ARMS = {
    0: ("case_0", xdr.VOID),
    4294967295: ("case_4294967295", xdr.FLOAT),
}
AllByUint.DEFAULT = ("fine", xdr.DOUBLE)
AllByBool.min_len = 4
AllByBool.SWITCH = ("yes", xdr.BOOL)
AllByBool.ARMS = {
    1: ("true", AllThree),
    0: ("false", xdr.VOID),
}
AllByHalf.min_len = 4
AllByHalf.SWITCH = ("yes", xdr.BOOL)
AllByHalf.ARMS = {
    1: ("true", xdr.INT),
}
AllByHalf.DEFAULT = ("", xdr.VOID)
AllOpen.min_len = 8
AllOpen.RECURSIVE = True
AllOpen.SWITCH = ("word", AllWord)
AllOpen.ARMS = {
    -5: ("low", xdr.Held(lambda: AllNumbers, 64)),
    0: ("zero", xdr.Held(xdr.VOID, 64)),
    2: ("two_words", xdr.Opaque(64)),
    2147483647: ("high", xdr.Held(lambda: AllOpen, 64)),
}
AllOpen.DEFAULT = ("rest", xdr.Opaque(64))
AllSum.min_len = 4
AllSum.RECURSIVE = True
AllSum.FIELDS = (
    ("items", xdr.List(lambda: AllExpression, 3)),
)
AllExpression.min_len = 8
AllExpression.RECURSIVE = True
AllExpression.SWITCH = ("kind", xdr.INT)
AllExpression.ARMS = {
    0: ("case_0", xdr.INT),
    -1: ("case_minus_1", AllSum),
}

# Every type by its name in the .x file.
TYPES = {
    "tc_all_word": AllWord,
    "tc_all_id": AllId,
    "tc_all_flag": AllFlag,
    "tc_all_alias": AllAlias,
    "tc_all_key": AllKey,
    "tc_all_blob": AllBlob,
    "tc_all_text": AllText,
    "tc_all_texts": AllTexts,
    "tc_all_three": AllThree,
    "tc_all_perhaps": AllPerhaps,
    "tc_all_numbers": AllNumbers,
    "tc_all_kinds": AllKinds,
    "tc_all_chain": AllChain,
    "tc_all_tree": AllTree,
    "tc_all_branch": AllBranch,
    "tc_all_closed": AllClosed,
    "tc_all_kept": AllKept,
    "tc_all_by_int": AllByInt,
    "tc_all_by_uint": AllByUint,
    "tc_all_by_bool": AllByBool,
    "tc_all_by_half": AllByHalf,
    "tc_all_open": AllOpen,
    "tc_all_sum": AllSum,
    "tc_all_expression": AllExpression,
}
