//! Clients that misbehave: nobody else notices.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use compat_tests::eventd::{EventClient, Kind, run_request, status_request};
use compat_tests::wait_until;
use legacy_codec::Abi;
use legacy_codec::event::{Answer, EventReply, EventRequest};

use super::{OK, STEP, number, ours, ours_of_another, status};

#[test]
fn a_client_that_leaves_while_its_event_runs_ends_neither_the_event_nor_the_monitoring() {
    let (site, daemon) = ours();
    let script = "[ \"$1\" = long ] || exit 0\necho $$ >\"$CTDB_BASE/pid\"\n\
        until [ -e \"$CTDB_BASE/go\" ]; do sleep 0.05; done\necho done";
    site.script("10.long", script).unwrap();
    let mut tool = daemon.client().unwrap();
    tool.send(run_request(Some("legacy"), Some("long"), None, 600, 0)).unwrap();
    // Behind it, and never begun.
    tool.send(run_request(Some("legacy"), Some("behind"), None, 600, 0)).unwrap();
    number(&site, "pid");
    drop(tool);
    assert_eq!(daemon.client().unwrap().run("monitor", "", 60).unwrap(), nix::libc::ECANCELED, "it runs");
    site.write("go", "").unwrap();
    wait_until(STEP, "the monitor event runs again", || {
        match daemon.client().unwrap().run("monitor", "", 60).unwrap() {
            OK => Ok(()),
            other => Err(other),
        }
    })
    .unwrap();
    assert_eq!(status(&daemon, "long"), [("10.long".to_owned(), 0, "done\n".to_owned())]);
    let behind =
        daemon.client().unwrap().ask(status_request(Some("legacy"), Some("behind"))).unwrap().unwrap();
    assert_eq!(behind.result, nix::libc::EINVAL, "never run");
}

#[test]
fn two_hundred_hostile_clients_delay_nobody() {
    let (site, daemon, _ctdbd) = ours_of_another();
    site.script("10.quick", "exit 0").unwrap();
    // ctdbd is there before them.
    let mut ctdbd = daemon.client().unwrap();
    assert_eq!(ctdbd.run("monitor", "", 60).unwrap(), OK);
    let mut hostile = Vec::new();
    for n in 0..200_u32 {
        // Some are turned away, and some before they have said anything.
        let Ok(mut stream) = UnixStream::connect(daemon.socket()) else { continue };
        let words: Vec<u8> = match n % 8 {
            0 => Vec::new(),
            1 => vec![0; 100],
            2 => vec![0xff; 100],
            3 => 0x7fff_ffff_u32.to_ne_bytes().to_vec(),
            4 => [&20_u32.to_ne_bytes()[..], &[0; 8], &2_u32.to_ne_bytes(), &u32::MAX.to_ne_bytes()].concat(),
            5 => [&1_000_000_u32.to_ne_bytes()[..], &[7; 4096]].concat(),
            6 => b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            _ => 3_u32.to_ne_bytes().to_vec(),
        };
        let _ = stream.write_all(&words);
        hostile.push(stream);
    }
    let began = Instant::now();
    for _ in 0..50 {
        assert_eq!(ctdbd.run("monitor", "", 60).unwrap(), OK);
    }
    assert!(began.elapsed() < STEP / 2, "{:?}", began.elapsed());
    assert!(daemon.own_memory() < 12 << 10, "{} KiB", daemon.own_memory());
    drop(hostile);
    assert_eq!(daemon.client().unwrap().run("monitor", "", 60).unwrap(), OK);
}

/// Nanoseconds that all threads of a process have run.
fn used(pid: u32) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let of = |thread: std::io::Result<std::fs::DirEntry>| -> u64 {
        let text = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap_or_default();
        text.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or_default()
    };
    threads.map(of).sum()
}

#[test]
fn a_request_that_comes_byte_by_byte_is_waited_for_without_work_host_43() {
    let (site, daemon) = ours();
    site.script("10.quick", "exit 0").unwrap();
    let request = run_request(Some("legacy"), Some("slow"), None, 60, 0);
    let bytes = EventRequest { version: 0, reqid: 9, request }.encode(Abi::NATIVE).unwrap();
    let mut slow = UnixStream::connect(daemon.socket()).unwrap();
    let mut quick = daemon.client().unwrap();
    for (at, byte) in bytes.iter().enumerate().take(bytes.len() - 1) {
        slow.write_all(&[*byte]).unwrap();
        if at % 16 == 0 {
            assert_eq!(quick.run("monitor", "", 60).unwrap(), OK, "others are served meanwhile");
        }
    }
    // Half a second in which no answer may come: the daemon sleeps.
    slow.set_read_timeout(Some(std::time::Duration::from_millis(500))).unwrap();
    let before = used(daemon.pid());
    let nothing = slow.read(&mut [0; 64]).unwrap_err();
    let work = used(daemon.pid()) - before;
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
    assert!(work < 50_000_000, "{work} ns of work for half a request");
    slow.write_all(&bytes[bytes.len() - 1..]).unwrap();
    slow.set_read_timeout(Some(STEP)).unwrap();
    let mut answer = [0; 4096];
    let len = slow.read(&mut answer).unwrap();
    let reply = EventReply::decode(&bytes::Bytes::copy_from_slice(&answer[..len]), Abi::NATIVE).unwrap();
    assert_eq!((reply.reqid, reply.result), (9, OK));
}

#[test]
fn a_client_that_does_not_read_costs_one_answer() {
    let (site, daemon) = ours();
    site.script("10.loud", "head -c 60000 /dev/zero | tr '\\0' x").unwrap();
    for n in 0..9 {
        site.script(&format!("2{n}.loud"), "head -c 50000 /dev/zero | tr '\\0' x").unwrap();
    }
    assert_eq!(daemon.client().unwrap().run("monitor", "", 60).unwrap(), OK);
    let mut deaf: Vec<EventClient> = (0..10).map(|_| daemon.client().unwrap()).collect();
    for client in &mut deaf {
        for _ in 0..100 {
            client.send(status_request(Some("legacy"), Some("monitor"))).unwrap();
        }
    }
    assert_eq!(daemon.client().unwrap().run("quiet", "", 60).unwrap(), OK);
    assert!(daemon.own_memory() < 32 << 10, "{} KiB", daemon.own_memory());
    // What was asked is answered as soon as somebody reads.
    for count in 1..=100 {
        let reply = deaf[0].receive().unwrap().unwrap();
        let Answer::Status(status) = reply.answer else { panic!("{reply:?}") };
        assert_eq!((reply.reqid, status.scripts.len()), (count, 10));
    }
}

#[test]
fn ctdbd_sends_hundreds_of_events_ahead_and_all_are_answered_in_their_order() {
    let (site, daemon) = ours();
    site.script("10.note", "echo \"$1 $3\" >>\"$CTDB_BASE/order\"").unwrap();
    let mut ctdbd = daemon.client().unwrap();
    let many = 400;
    for n in 0..many {
        let args = format!("eth0 10.0.{}.{} 24", n / 200, n % 200);
        ctdbd.send(run_request(Some("legacy"), Some("releaseip"), Some(&args), 600, 0)).unwrap();
    }
    for n in 1..=many {
        let reply = ctdbd.receive().unwrap().unwrap();
        assert_eq!((reply.reqid, reply.result), (n, OK));
    }
    let order = std::fs::read_to_string(site.base().join("order")).unwrap();
    let expected: Vec<String> =
        (0..many).map(|n| format!("releaseip 10.0.{}.{}", n / 200, n % 200)).collect();
    assert_eq!(order.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn evt_13_cli_02_only_one_event_daemon_at_a_time_whichever_of_the_two_it_is() {
    for (first, second) in [(Kind::Ours, Kind::Theirs), (Kind::Theirs, Kind::Ours), (Kind::Ours, Kind::Ours)]
    {
        let site = compat_tests::eventd::EventSite::new().unwrap();
        let daemon = site.start(first).unwrap();
        let mut client = daemon.client().unwrap();
        let mut command = std::process::Command::new(second.program().unwrap());
        command.env("CTDB_TEST_MODE", "yes").env("CTDB_BASE", site.base());
        let refused = compat_tests::run(command, STEP).unwrap();
        assert_eq!(refused.code, Some(nix::libc::EEXIST), "{second:?} beside {first:?}: {refused:?}");
        assert_eq!(client.run("monitor", "", 60).unwrap(), OK);
        // One of C that is refused takes away the socket of the other, of whichever kind.
        assert_eq!(daemon.socket().exists(), second == Kind::Ours);
    }
}

#[test]
fn the_socket_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_site, daemon) = ours();
    let mode = std::fs::metadata(daemon.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let own = daemon.own_memory();
    assert!((1..4 << 10).contains(&own), "{own} KiB idle");
}
