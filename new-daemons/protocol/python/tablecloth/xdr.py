"""XDR (RFC 4506) as the generated modules need it: bytes to values, values to bytes, values to plain JSON data.

Bounds are checked in both directions, padding is zero, a bool is 0 or 1, a string is UTF-8 without NUL, and whatever is
wrong with bytes or with a value is an XdrError. Values of enums that have no name are kept.
"""

import base64
import enum
import struct

# How deep values that hold themselves may be nested.
DEPTH_MAX = 32


class XdrError(ValueError):
    """Bytes that are no such message, or a value that may not be written."""


def _write(what, kind, value, out, depth):
    """A value of another type than it should have is an XdrError too."""
    try:
        kind.write(value, out, depth)
    except XdrError:
        raise
    except (AttributeError, TypeError, ValueError) as error:
        raise XdrError(f"{what}: {error}") from None


class Reader:
    """A place in some bytes."""

    def __init__(self, data, depth=0):
        self.data = memoryview(data)
        self.at = 0
        self.depth = depth

    @property
    def left(self):
        return len(self.data) - self.at

    def take(self, size):
        if size > self.left:
            raise XdrError("the packet ends too early")
        taken = self.data[self.at : self.at + size]
        self.at += size
        return taken

    def unpack(self, form):
        return form.unpack(self.take(form.size))[0]

    def opaque(self, size):
        data = bytes(self.take(size))
        if any(self.take(-size % 4)):
            raise XdrError("padding is not zero")
        return data

    def finish(self):
        if self.left:
            raise XdrError(f"{self.left} bytes are left behind the message")


def _type(t):
    """The type behind a lambda, which stands where a type may be defined below."""
    return t if isinstance(t, (Codec, type)) else t()


def _deeper(depth, recursive):
    if recursive and depth == DEPTH_MAX:
        raise XdrError("nested too deeply")
    return depth + recursive


class Codec:
    """A type: write(value, out, depth), read(reader), plain(value)."""

    min_len = 4

    def encode(self, value):
        out = bytearray()
        _write(type(self).__name__, self, value, out, 0)
        return bytes(out)

    def decode(self, data):
        reader = Reader(data)
        value = self.read(reader)
        reader.finish()
        return value

    def plain(self, value):
        return value


class _Void(Codec):
    min_len = 0

    def write(self, value, out, depth):
        if value is not None:
            raise XdrError("nothing belongs here")

    def read(self, reader):
        return None


class _Number(Codec):
    def __init__(self, form, kind):
        self.form = struct.Struct(form)
        self.kind = kind
        self.min_len = self.form.size

    def write(self, value, out, depth):
        try:
            out += self.form.pack(self.kind(value))
        except (struct.error, OverflowError, TypeError, ValueError) as error:
            raise XdrError(f"{value!r}: {error}") from None

    def read(self, reader):
        return reader.unpack(self.form)


class _Bool(Codec):
    def write(self, value, out, depth):
        out += b"\0\0\0\1" if value else b"\0\0\0\0"

    def read(self, reader):
        word = bytes(reader.take(4))
        if word not in (b"\0\0\0\0", b"\0\0\0\1"):
            raise XdrError("a bool is 0 or 1")
        return word == b"\0\0\0\1"


VOID = _Void()
INT = _Number(">i", int)
UINT = _Number(">I", int)
HYPER = _Number(">q", int)
UHYPER = _Number(">Q", int)
FLOAT = _Number(">f", float)
DOUBLE = _Number(">d", float)
BOOL = _Bool()


def _length(size, bound):
    if size > bound:
        raise XdrError(f"length {size} is more than {bound}")
    return size


class Fixed(Codec):
    """opaque x[n]"""

    def __init__(self, size):
        self.size = size
        self.min_len = size + -size % 4

    def write(self, value, out, depth):
        if len(value) != self.size:
            raise XdrError(f"{len(value)} bytes instead of {self.size}")
        out += bytes(value) + bytes(-self.size % 4)

    def read(self, reader):
        return reader.opaque(self.size)

    def plain(self, value):
        return base64.b64encode(value).decode()


class Opaque(Codec):
    """opaque x<n>"""

    def __init__(self, bound):
        self.bound = bound

    def write(self, value, out, depth):
        UINT.write(_length(len(value), self.bound), out, depth)
        out += bytes(value) + bytes(-len(value) % 4)

    def read(self, reader):
        return reader.opaque(_length(UINT.read(reader), self.bound))

    def plain(self, value):
        return base64.b64encode(value).decode()


class Text(Opaque):
    """string x<n>"""

    def write(self, value, out, depth):
        if "\0" in value:
            raise XdrError("a string has no NUL")
        try:
            super().write(value.encode(), out, depth)
        except UnicodeEncodeError as error:
            raise XdrError(str(error)) from None

    def read(self, reader):
        try:
            text = super().read(reader).decode()
        except UnicodeDecodeError as error:
            raise XdrError(str(error)) from None
        if "\0" in text:
            raise XdrError("a string has no NUL")
        return text

    def plain(self, value):
        return value


class _Items(Codec):
    def __init__(self, item, bound):
        self.item = item
        self.bound = bound

    def write_items(self, value, out, depth):
        item = _type(self.item)
        for one in value:
            item.write(one, out, depth)

    def read_items(self, reader, size):
        item = _type(self.item)
        if size * item.min_len > reader.left:
            raise XdrError("the packet ends too early")
        return [item.read(reader) for _ in range(size)]

    def plain(self, value):
        item = _type(self.item)
        return [item.plain(one) for one in value]


class Array(_Items):
    """T x[n]"""

    def write(self, value, out, depth):
        if len(value) != self.bound:
            raise XdrError(f"{len(value)} items instead of {self.bound}")
        self.write_items(value, out, depth)

    def read(self, reader):
        return self.read_items(reader, self.bound)


class List(_Items):
    """T x<n>"""

    def write(self, value, out, depth):
        UINT.write(_length(len(value), self.bound), out, depth)
        self.write_items(value, out, depth)

    def read(self, reader):
        return self.read_items(reader, _length(UINT.read(reader), self.bound))


class Optional(Codec):
    """T *x, or None"""

    def __init__(self, item):
        self.item = item

    def write(self, value, out, depth):
        BOOL.write(value is not None, out, depth)
        if value is not None:
            _type(self.item).write(value, out, depth)

    def read(self, reader):
        return _type(self.item).read(reader) if BOOL.read(reader) else None

    def plain(self, value):
        return None if value is None else _type(self.item).plain(value)


class Held(Codec):
    """An opaque that holds exactly one T."""

    def __init__(self, item, bound):
        self.item = item
        self.bound = bound

    def write(self, value, out, depth):
        inner = bytearray()
        _type(self.item).write(value, inner, depth)
        UINT.write(_length(len(inner), self.bound), out, depth)
        out += inner

    def read(self, reader):
        size = _length(UINT.read(reader), self.bound)
        inner = Reader(reader.opaque(size), reader.depth)
        value = _type(self.item).read(inner)
        inner.finish()
        return value

    def plain(self, value):
        return _type(self.item).plain(value)


class Alias(Codec):
    """A typedef: another name for a type."""

    def __init__(self, kind, recursive=False):
        self.kind = kind
        self.min_len = kind.min_len
        self.recursive = recursive

    def write(self, value, out, depth):
        self.kind.write(value, out, _deeper(depth, self.recursive))

    def read(self, reader):
        reader.depth = _deeper(reader.depth, self.recursive)
        value = self.kind.read(reader)
        reader.depth -= self.recursive
        return value

    def plain(self, value):
        return self.kind.plain(value)


class Enum(enum.IntEnum):
    """An enum that keeps the values it does not know, as members without a name."""

    @classmethod
    def _missing_(cls, value):
        if not isinstance(value, int) or not -(1 << 31) <= value < 1 << 31:
            return None
        member = int.__new__(cls, value)
        member._name_ = None
        member._value_ = value
        return member

    @classmethod
    def write(cls, value, out, depth):
        INT.write(value, out, depth)

    @classmethod
    def read(cls, reader):
        return cls(INT.read(reader))

    @classmethod
    def plain(cls, value):
        name = cls(value).name
        return int(value) if name is None else name.lower()

    @classmethod
    def encode(cls, value):
        return INT.encode(value)

    @classmethod
    def decode(cls, data):
        return cls(INT.decode(data))


# A class body would make it a member.
Enum.min_len = 4


class _Compound:
    min_len = 4

    def encode(self):
        """The value as bytes."""
        out = bytearray()
        self.write(self, out, 0)
        return bytes(out)

    @classmethod
    def decode(cls, data):
        """The value that the bytes are; bytes behind it are an error."""
        reader = Reader(data)
        value = cls.read(reader)
        reader.finish()
        return value

    def to_plain(self):
        """As the JSON door shows it: for json.dumps()."""
        return self.plain(self)

    @classmethod
    def write(cls, value, out, depth):
        if not isinstance(value, cls):
            raise XdrError(f"{value!r} is no {cls.__name__}")
        cls.write_body(value, out, _deeper(depth, cls.RECURSIVE))

    @classmethod
    def read(cls, reader):
        reader.depth = _deeper(reader.depth, cls.RECURSIVE)
        value = cls.read_body(reader)
        reader.depth -= cls.RECURSIVE
        return value

    # True when a value may contain another of its own type.
    RECURSIVE = False


class Struct(_Compound):
    """FIELDS: (name, type) in the order of the wire."""

    FIELDS = ()

    @classmethod
    def write_body(cls, value, out, depth):
        for name, kind in cls.FIELDS:
            _write(f"{cls.__name__}.{name}", kind, getattr(value, name), out, depth)

    @classmethod
    def read_body(cls, reader):
        return cls(*[kind.read(reader) for _, kind in cls.FIELDS])

    @classmethod
    def plain(cls, value):
        return {name: kind.plain(getattr(value, name)) for name, kind in cls.FIELDS}


class Union(_Compound):
    """SWITCH: (name, type) of the discriminant. ARMS: value -> (name, type). DEFAULT: (name, type) or None."""

    SWITCH = None
    ARMS = {}
    DEFAULT = None

    @classmethod
    def arm(cls, tag):
        arm = cls.ARMS.get(int(tag), cls.DEFAULT)
        if arm is None:
            raise XdrError(f"{cls.SWITCH[0]}: value {tag} has no meaning here")
        return arm[1]

    @classmethod
    def write_body(cls, value, out, depth):
        name, kind = cls.SWITCH
        tag = getattr(value, name)
        _write(f"{cls.__name__}.{name}", kind, tag, out, depth)
        _write(f"{cls.__name__}.value", cls.arm(tag), value.value, out, depth)

    @classmethod
    def read_body(cls, reader):
        tag = cls.SWITCH[1].read(reader)
        return cls(tag, cls.arm(tag).read(reader))

    @classmethod
    def plain(cls, value):
        name, kind = cls.SWITCH
        tag = getattr(value, name)
        arm = cls.ARMS.get(int(tag))
        if arm is None:
            inner = {name: kind.plain(tag)}
            if cls.DEFAULT[1] is not VOID:
                inner[cls.DEFAULT[0]] = cls.DEFAULT[1].plain(value.value)
            return {name: "other", "value": inner}
        word, kind = arm
        empty = kind is VOID or (isinstance(kind, Held) and kind.item is VOID)
        return {name: word} if empty else {name: word, "value": kind.plain(value.value)}
