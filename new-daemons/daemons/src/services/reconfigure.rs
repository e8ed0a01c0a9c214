//! The program with which a service is told its addresses: the lists are its arguments, and a line of JSON on its standard
//! input.
//!
//! Arguments: `listen ADDRESS/BITS@INTERFACE ... release ADDRESS/BITS@INTERFACE ...`, without `@` where the interface is
//! not known; each word is followed by what is new, or gone. The JSON also has all addresses that the service has now.

use runtime::process::Program;
use serde::Serialize;
use service::{Address, Change, OperationOutcome, Spec};

use super::Place;
use super::operation::{Operation, cannot};

/// What stands on the standard input.
#[derive(Serialize)]
struct InputLine<'a> {
    service: &'a str,
    node: Option<u32>,
    listen: &'a [Address],
    release: &'a [Address],
    all: &'a [Address],
}

fn word(address: &Address) -> String {
    let Address { address, bits, interface } = address;
    if interface.is_empty() { format!("{address}/{bits}") } else { format!("{address}/{bits}@{interface}") }
}

fn arguments(change: &Change) -> Vec<String> {
    let mut words = Vec::with_capacity(change.listen.len() + change.release.len() + 2);
    words.push("listen".to_owned());
    words.extend(change.listen.iter().map(word));
    words.push("release".to_owned());
    words.extend(change.release.iter().map(word));
    words
}

/// Tells a service its addresses.
pub(super) async fn run(
    place: &Place,
    spec: &Spec,
    program: &service::Program,
    change: &Change,
    operation: &mut Operation,
) -> OperationOutcome {
    let Change { listen, release, all } = change;
    let told = InputLine { service: &spec.name, node: place.node, listen, release, all };
    let mut line = match serde_json::to_vec(&told) {
        Ok(line) => line,
        Err(error) => return cannot(error.to_string()),
    };
    line.push(b'\n');
    // An absolute path stays what it is.
    let path = place.configuration.join("callbacks").join(&program.path);
    let program = Program::new(path).args(&program.arguments).args(arguments(change));
    operation.program(program.env("CTDB_BASE", &place.configuration).stdin(line)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_stand_behind_their_words_and_an_unknown_interface_is_left_out() {
        let address = |text: &str, bits, interface: &str| Address {
            address: text.parse().unwrap(),
            bits,
            interface: interface.to_owned(),
        };
        let change = Change {
            listen: vec![address("10.0.0.1", 24, "eth0"), address("fd00::1", 64, "")],
            release: Vec::new(),
            all: vec![address("10.0.0.1", 24, "eth0"), address("fd00::1", 64, "")],
        };
        assert_eq!(arguments(&change), ["listen", "10.0.0.1/24@eth0", "fd00::1/64", "release"]);
        assert_eq!(arguments(&Change::default()), ["listen", "release"]);
    }
}
