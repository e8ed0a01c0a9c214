#!/usr/bin/env python3
"""Prints the events of a daemon of any node as they happen, one a line.

It speaks to the HTTP door of a daemon of this node, which passes on what the other node tells. Python's standard library
is all it needs.

    watch_events.py --door /run/ctdb/bus/tunnel.0.http --node 1 --daemon tunnel --topic tunnel.peer.
"""

import argparse
import http.client
import json
import socket
import sys
import time
from urllib.parse import quote


class Door(http.client.HTTPConnection):
    """HTTP over the Unix socket of a daemon."""

    def __init__(self, path):
        # The door says something each 10 seconds: a silence of 30 is a connection that is gone.
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def fields(lines):
    """Puts the lines of each server-sent event together: its name, its id and its data."""
    event = {}
    for line in lines:
        line = line.decode().rstrip("\r\n")
        if not line:
            if "data" in event:
                yield event.get("event", ""), event.get("id"), json.loads(event["data"])
            event = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            event[name] = value.removeprefix(" ")


def events(path, target):
    """All events, also when the daemon behind the door was started anew in between."""
    seen = None
    while True:
        door = Door(path)
        try:
            door.request("GET", target, headers={"Last-Event-ID": seen} if seen else {})
            answer = door.getresponse()
            if answer.status != 200:
                problem = json.load(answer)
                sys.exit(f"{path}: {problem['detail']} ({problem['error']})")
            for name, number, data in fields(answer):
                # Events of another daemon have no number; that something was seen is enough to be told of a gap.
                seen = number or seen or "0"
                yield name, data
        except (OSError, http.client.HTTPException) as error:
            print(f"{path}: {error}; trying again", file=sys.stderr, flush=True)
        finally:
            door.close()
        time.sleep(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--door", default="/run/ctdb/bus/tunnel.0.http", help="socket of a daemon of this node")
    parser.add_argument("--node", default="local", help="number of the node, or local")
    parser.add_argument("--daemon", default="tunnel", help="whose events")
    parser.add_argument("--topic", default="", help="how the topics begin")
    args = parser.parse_args()
    target = f"/v1/nodes/{quote(args.node, safe='')}/{quote(args.daemon, safe='')}/events?topic={quote(args.topic)}"
    for name, data in events(args.door, target):
        if name == "gap":
            print(f"-- {'some' if data['lost'] is None else data['lost']} events were lost", flush=True)
        elif name == "up":
            print(f"-- listening to {data['from']}", flush=True)
        elif name == "down":
            print(f"-- {data['from']}: {data['why']}", flush=True)
        else:
            print(data["from"], data["topic"], json.dumps(data["body"], sort_keys=True), flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
