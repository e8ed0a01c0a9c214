//! The event daemon's socket as the dissector shows it: packets of every machine, and damaged ones.

use legacy_codec::Abi;
use legacy_codec::event::{Answer, Command, StatusReply};

use super::compare::compare;
use super::program::{run, with_dissector};
use super::temporary;
use crate::support::{Sent, answer, file, script, session};

const ABI: Abi = Abi::LP64_LE;

#[test]
fn events_of_every_machine_are_shown_as_they_are_decoded() {
    let machines = [(Abi::LP64_LE, "64-bit"), (Abi::LP64_BE, "64-bit"), (Abi::I386, "32-bit x86")];
    for (abi, machine) in machines {
        let (_folder, path) = temporary("events.pcapng", &file(&session(abi)));
        let preference = format!("tablecloth_ctdb.machine:{machine}");
        for passes in [&["-o", &preference][..], &["-2", "-o", &preference]] {
            let compared = compare(&path, Some(abi), passes);
            assert_eq!((compared.packets, compared.pairs, compared.malformed), (15, 7, 0), "{abi:?}");
        }
    }
}

#[test]
fn a_column_says_what_a_packet_is_and_what_failed_stands_out() {
    let (_folder, path) = temporary("events.pcapng", &file(&session(ABI)));
    let lines = with_dissector(&path, &[]).text;
    for text in ["EVENT_REQUEST RUN", "EVENT_REPLY STATUS", "EVENT_REQUEST COMMAND_9"] {
        assert!(lines.contains(text), "{text}: {lines}");
    }
    let failed =
        with_dissector(&path, &["-Y", "ctdbx.failed", "-T", "fields", "-e", "_ws.expert.message"]).text;
    let expected =
        ["STATUS failed with 2", "RUN failed with 8", "SCRIPT failed with -22", "COMMAND_9 failed with 71"];
    assert_eq!(failed.lines().count(), expected.len(), "{failed}");
    for (line, text) in failed.lines().zip(expected) {
        assert!(line.contains(text), "{text}: {line}");
    }
}

#[test]
fn wireshark_without_the_dissector_calls_them_what_they_are() {
    let (_folder, path) = temporary("events.pcapng", &file(&session(ABI)));
    let shown = run(&path, &["-T", "fields", "-e", "_ws.col.Protocol", "-e", "data.len"]).text;
    let expected =
        session(ABI).iter().map(|sent| format!("CTDB-EVENTD\t{}", sent.bytes.len())).collect::<Vec<_>>();
    assert_eq!(shown.lines().collect::<Vec<_>>(), expected);
}

/// One packet of each kind, replies with what a status can hold.
fn kinds() -> Vec<Sent> {
    let scripts = vec![script("00.good", 7, 0, "fine"), script("50.bad", 8, -8, "")];
    let full = Answer::Status(StatusReply { summary: 1, scripts });
    [session(ABI), vec![answer(ABI, 1, 99, Command::STATUS, 0, full)]].concat()
}

fn damaged(change: impl Fn(&Sent) -> Vec<Vec<u8>>) {
    let packets: Vec<_> = kinds()
        .iter()
        .flat_map(|sent| change(sent).into_iter().map(|bytes| Sent { bytes, ..sent.clone() }))
        .collect();
    let (_folder, path) = temporary("damaged.pcapng", &file(&packets));
    let compared = compare(&path, None, &[]);
    println!("{compared:?}");
    assert!(compared.malformed > 100 && compared.packets >= compared.malformed, "{compared:?}");
}

#[test]
fn events_cut_at_any_byte_are_shown_as_malformed_where_they_are() {
    // Once the header knows of the cut, once it does not.
    damaged(|sent| {
        (1..sent.bytes.len())
            .flat_map(|cut| {
                let short = sent.bytes[..cut].to_vec();
                let mut told = short.clone();
                if let Some(length) = told.get_mut(..4) {
                    length.copy_from_slice(&u32::try_from(cut).unwrap().to_le_bytes());
                }
                [short, told]
            })
            .collect()
    });
}

#[test]
fn events_whose_lengths_and_counts_lie_are_shown_as_malformed_where_they_do() {
    damaged(|sent| {
        (0..sent.bytes.len() - 3)
            .flat_map(|at| {
                [u32::MAX, 0x8000_0000, 0xFFFF_FFF0, 0, 17].map(|value| {
                    let mut bytes = sent.bytes.clone();
                    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
                    bytes
                })
            })
            .collect()
    });
}
