//! A relay between a node's event daemon and its clients, which records what they say.
//!
//! ctdbd starts the program that `CTDB_EVENTD` names and connects to a socket of a fixed name in its run directory
//! (`ctdb_start_eventd`). The program here gives the real event daemon a directory beside the node's own, with the same
//! configuration and scripts, and lets `ctdbctl capture record` listen under the fixed name. It ends when the daemon does.

use std::path::{Path, PathBuf};

use crate::binaries::product;
use crate::error::Result;

/// The file in a node's directory that ctdbd runs as the event daemon.
pub(crate) const PROGRAM: &str = "eventd-behind-relay";
/// The recording in a node's directory.
const RECORDING: &str = "eventd.pcapng";

const SCRIPT: &str = r#"#!/bin/sh
behind=$CTDB_BASE/behind
mkdir -p "$behind/run"
for name in ctdb.conf events functions notify.sh; do
	ln -sf "../$name" "$behind/$name"
done
"CTDBCTL" capture record -v --protocol eventd --listen "$CTDB_BASE/run/eventd.socket" \
	--connect "$behind/run/eventd.socket" --out "$CTDB_BASE/RECORDING" >"$CTDB_BASE/eventd-relay.log" 2>&1 &
relay=$!
until grep -q "passed on" "$CTDB_BASE/eventd-relay.log"; do
	kill -0 $relay || exit 1
	sleep 0.1
done
CTDB_BASE=$behind /usr/libexec/ctdb/ctdb-eventd "$@" &
eventd=$!
trap 'kill $eventd' TERM
# The first is interrupted by the signal.
wait $eventd
wait $eventd
kill $relay
wait $relay
"#;

/// The program that ctdbd starts.
pub(crate) fn program() -> Result<String> {
    let ctdbctl = product("ctdbctl")?;
    Ok(SCRIPT.replace("CTDBCTL", &ctdbctl.display().to_string()).replace("RECORDING", RECORDING))
}

/// Where the recording of a node is.
pub(crate) fn recording(base: &Path) -> PathBuf {
    base.join(RECORDING)
}
