//! Damaged files: whatever is wrong in one, it is opened, read and checked to an end, with a result or an error, and what
//! passes the check can be written to (HOST-52).
//!
//! A crash would end this process and an endless loop would hold it up, so the operations run in a process of their own, which
//! says which seed it is at. Offsets of records are put where others belong, so that chains and the freelist get loops.

use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use tdb::{Create, OpenFlags, Store, Tdb};

const DIR: &str = "TDB_DAMAGED_DIR";
const MARK: &str = "seed: ";
const SEEDS: u64 = 300;
/// One seed takes some milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// Without a mapped file each look at a byte is a system call, of which a search for the next record needs millions.
const UNMAPPED: u64 = 25;

/// Behind the header of the file, which ends with the head of the freelist and those of the chains.
const CHAINS: usize = 13;
const HEADER: usize = 168;
/// What begins a record that is used, one that is free, and the area of a transaction.
const MAGIC: [u32; 3] = [0x2601_1999, !0x2601_1999, 0xf53b_c0e7];

/// Numbers that are the same in every run.
struct Chance(u64);

impl Chance {
    fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// A file with records, free ones between them, and the area of a transaction.
fn whole(path: &Path) -> Vec<u8> {
    let how = Create { mode: 0o600, hash_size: i32::try_from(CHAINS).unwrap() };
    let mut tdb = Tdb::create(path, OpenFlags::PERSISTENT | OpenFlags::NOSYNC, how).unwrap();
    for n in 0..60_usize {
        tdb.store(format!("key{n}").as_bytes(), &[&vec![b'v'; n * 7]], Store::Replace).unwrap();
    }
    for n in (0..60).step_by(3) {
        assert!(tdb.delete(format!("key{n}").as_bytes()).unwrap());
    }
    let transaction = tdb.transaction().unwrap();
    transaction.store(b"late", &[b"value"], Store::Replace).unwrap();
    transaction.commit().unwrap();
    drop(tdb);
    std::fs::read(path).unwrap()
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Where records begin: the magic number is the last of the six words of their head.
fn records(bytes: &[u8]) -> Vec<usize> {
    let heads = (HEADER + 20..bytes.len() - 4).step_by(4).filter(|at| MAGIC.contains(&word(bytes, *at)));
    heads.map(|at| at - 20).collect()
}

fn damage(bytes: &mut Vec<u8>, records: &[usize], chance: &mut Chance) {
    for _ in 0..=chance.below(4) {
        let record = records[chance.below(records.len())];
        let other = u32::try_from(records[chance.below(records.len())]).unwrap();
        let at = match chance.below(6) {
            0 => chance.below(HEADER / 4) * 4,
            1 => HEADER + chance.below(CHAINS + 1) * 4,
            2 => record,
            3 => record + chance.below(6) * 4,
            4 => chance.below(bytes.len() / 4) * 4,
            _ => {
                let end = bytes.len() - chance.below(bytes.len() / 8);
                bytes.truncate(end.max(HEADER));
                continue;
            }
        };
        if at + 4 > bytes.len() {
            continue;
        }
        let value = match chance.below(6) {
            0 => 0,
            1 => u32::MAX,
            2 => other,
            3 => u32::try_from(at).unwrap(),
            4 => word(bytes, at) ^ (1 << chance.below(32)),
            _ => u32::try_from(chance.below(bytes.len())).unwrap(),
        };
        bytes[at..at + 4].copy_from_slice(&value.to_ne_bytes());
    }
}

/// Everything that is done with files, each whatever came of those before it. A store takes from the list of free pieces and
/// believes it, so nothing is stored in a file that has not passed its check.
fn used(path: &Path, flags: OpenFlags) {
    let Ok(mut tdb) = Tdb::open(path, flags) else { return };
    let _ = tdb.traverse(|_, _| ControlFlow::Continue(()));
    for n in 0..60_usize {
        let _ = tdb.fetch(format!("key{n}").as_bytes());
    }
    if tdb.check().is_err() {
        return;
    }
    for n in 0..8_usize {
        let key = format!("key{}", n * 7);
        let _ = tdb.store(key.as_bytes(), &[&vec![b'w'; n * 90]], Store::Replace);
        let _ = tdb.delete(format!("key{}", n * 7 + 1).as_bytes());
    }
    if let Ok(transaction) = tdb.transaction() {
        let _ = transaction.store(b"key2", &[&[b'x'; 2000]], Store::Replace);
        let _ = transaction.delete(b"key4");
        let _ = transaction.commit();
    }
    let _ = tdb.check();
}

#[test]
#[ignore = "run by the other test as a process of its own"]
fn damaged_process() {
    let dir = std::path::PathBuf::from(std::env::var(DIR).expect("a directory"));
    let bytes = whole(&dir.join("whole.tdb"));
    let records = records(&bytes);
    assert!(records.len() > 40, "{}", records.len());
    let seeds = match std::env::var("SIM_SEED") {
        Ok(seed) => {
            let seed = seed.parse().unwrap();
            seed..seed + 1
        }
        Err(_) => 0..SEEDS,
    };
    for seed in seeds {
        println!("{MARK}{seed}");
        let mut copy = bytes.clone();
        damage(&mut copy, &records, &mut Chance::of(seed));
        let unmapped = if seed % UNMAPPED == 1 { OpenFlags::NOMMAP } else { OpenFlags::default() };
        let path = dir.join("damaged.tdb");
        std::fs::write(&path, &copy).unwrap();
        used(&path, OpenFlags::PERSISTENT | OpenFlags::NOSYNC | unmapped);
        std::fs::remove_file(&path).unwrap();
    }
    println!("{MARK}done");
}

#[test]
fn host_52_a_damaged_file_is_read_and_checked_to_an_end_and_one_that_passes_can_be_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "damaged::damaged_process", "--ignored", "--nocapture", "--test-threads=1"])
        .env(DIR, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let (to, lines) = channel();
    std::thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            if let Some((_, said)) = line.split_once(MARK) {
                let _ = to.send(said.to_owned());
            }
        }
    });
    let mut last = String::from("no seed");
    while let Ok(said) = lines.recv_timeout(PATIENCE) {
        last = said;
    }
    let _ = child.kill();
    let status = child.wait().unwrap();
    assert_eq!(last, "done", "seed {last}: {status} (SIM_SEED={last} tries it again)");
    assert!(status.success(), "{status}");
}
