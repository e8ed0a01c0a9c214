//! Records of volatile databases: `attach`, `readkey`, `writekey`, `deletekey`, `pushrecord`, `catdb`, `cattdb`.
//!
//! Sources: the `control_*` functions of these names.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use legacy_codec::{Abi, DbFlags, Dest};

use crate::attached::{For, attach as attach_to, data, databases, failure, opened, stopped, suitable};
use crate::databases::say;
use crate::dump;
use crate::output::{err, out};
use crate::stop::{Done, Explain, Stop, words};
use crate::table::misused;
use crate::tool::Tool;
use crate::tunables::c_text;
use databases::{DbError, Reading};

pub(crate) async fn attach(tool: &mut Tool, args: &[OsString]) -> Done {
    let (name, flags) = match args {
        [name] => (name, DbFlags::empty()),
        [name, kind] => {
            let flags = match kind.as_bytes() {
                b"persistent" => DbFlags::PERSISTENT,
                b"readonly" => DbFlags::READONLY,
                b"sticky" => DbFlags::STICKY,
                b"replicated" => DbFlags::REPLICATED,
                _ => return Err(misused("attach")),
            };
            (name, flags)
        }
        _ => return Err(misused("attach")),
    };
    let all = databases(tool);
    attach_to(tool, &all, &c_text(name.as_bytes()), flags).await.map(drop)
}

/// What C's library says when a record cannot be had.
fn no_record(tool: &Tool, name: &legacy_codec::Text, error: &DbError) -> Stop {
    if matches!(error, DbError::NoRecord(_) | DbError::RecordRefused { .. }) {
        say(failure(error), |number| {
            err!("fetch_lock: ", name, format_args!(" CALL failed, ret={number}\n"))
        });
    }
    stopped(tool, error)
}

/// The bytes before the first NUL, as `printf` takes them.
pub(crate) fn printable(data: &[u8]) -> &[u8] {
    data.split(|byte| *byte == 0).next().unwrap_or_default()
}

pub(crate) async fn readkey(tool: &mut Tool, args: &[OsString]) -> Done {
    let (word, key, reading) = match args {
        [db, key] => (db, key, Reading::Move),
        [db, key, how] if how == "readonly" => (db, key, Reading::Copy),
        _ => return Err(misused("readkey")),
    };
    let db = suitable(tool, word, For::Volatile).await?;
    let all = databases(tool);
    let open = opened(tool, &all, &db).await?;
    let bytes = data(key, "key")?;
    let read = open.read(&bytes, reading).await.map_err(|error| no_record(tool, &db.name, &error));
    let value = read.explain(words!("Failed to read record for key ", key, "\n"))?;
    out!(format_args!("Data: size:{} ptr:[", value.len()), printable(&value), "]\n");
    Ok(())
}

pub(crate) async fn writekey(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word, key, value] = args else { return Err(misused("writekey")) };
    let db = suitable(tool, word, For::Volatile).await?;
    let all = databases(tool);
    let open = opened(tool, &all, &db).await?;
    let (key, value) = (data(key, "key")?, data(value, "value")?);
    let written = open.write(&key, value).await.map_err(|error| no_record(tool, &db.name, &error));
    // C quirk: it is the database that it calls the key.
    written.explain(words!("Failed to lock record for key ", word, "\n"))
}

pub(crate) async fn deletekey(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word, key] = args else { return Err(misused("deletekey")) };
    let db = suitable(tool, word, For::Volatile).await?;
    let all = databases(tool);
    let open = opened(tool, &all, &db).await?;
    let bytes = data(key, "key")?;
    let deleted = open.delete(&bytes).await.map_err(|error| no_record(tool, &db.name, &error));
    deleted.map(drop).explain(words!("Failed to fetch record for key ", key, "\n"))
}

/// Of Samba's master; a daemon that is older refuses it.
pub(crate) async fn pushrecord(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word, key, value] = args else { return Err(misused("pushrecord")) };
    let db = suitable(tool, word, For::Volatile).await?;
    let all = databases(tool);
    let open = opened(tool, &all, &db).await?;
    let (bytes, value) = (data(key, "key")?, data(value, "value")?);
    let pushed = open.push(&bytes, value).await.map_err(|error| {
        if matches!(error, DbError::Call(_)) {
            say(failure(&error), |number| err!(format_args!("Control PUSH_RECORD failed, ret={number}\n")));
        }
        no_record(tool, &db.name, &error)
    });
    pushed.explain(words!("Failed to push record for key ", key, "\n"))
}

pub(crate) async fn catdb(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word] = args else { return Err(misused("catdb")) };
    let db = suitable(tool, word, For::All).await?;
    let all = databases(tool);
    let open = opened(tool, &all, &db).await?;
    let mut count = 0_u32;
    let walked = open.traverse(Dest(tool.target), |found| {
        count += 1;
        dump::record(&found.key, &found.header, &found.data);
    });
    let walked = walked.await.map_err(|error| {
        if let DbError::Call(call) = &error {
            let how = if matches!(call, legacy_client::CallError::Status { .. }) {
                "control reply"
            } else {
                "control"
            };
            say(failure(&error), |number| err!(format_args!("traverse: {how} failed, ret={number}\n")));
        }
        stopped(tool, &error)
    });
    out!(format_args!("Dumped {count} records\n"));
    walked.map(drop)
}

pub(crate) async fn cattdb(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word] = args else { return Err(misused("cattdb")) };
    let db = suitable(tool, word, For::All).await?;
    let all = databases(tool);
    let open = opened(tool, &all, &db).await?;
    let mut count = 0_u32;
    let mut done = Ok(());
    match open.local_records().await {
        Ok(records) => {
            for record in records {
                match record.split(Abi::NATIVE) {
                    Ok((header, value)) => {
                        count += 1;
                        dump::record(&record.key, &header, &value);
                    }
                    // `EMSGSIZE`: too short for a header.
                    Err(_) => {
                        done = Err(Stop::Failed(90));
                        break;
                    }
                }
            }
        }
        Err(error) => done = Err(stopped(tool, &error)),
    }
    out!(format_args!("Dumped {count} record(s)\n"));
    done
}
