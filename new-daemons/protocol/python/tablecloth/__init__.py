"""The new protocol of Tablecloth in Python: one module for each .x file, and their runtime in xdr.py.

    >>> from tablecloth import common
    >>> common.Address.decode(packet)

Needs Python 3.10 and nothing else. docs/protocol.md describes the protocol.
"""
