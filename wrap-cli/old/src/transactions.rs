//! Records of persistent and replicated databases: `pfetch`, `pstore`, `pdelete`, `ptrans`.
//!
//! Sources: the `control_*` functions of these names.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;

use bytes::Bytes;

use crate::attached::{For, data, databases, opened, stopped, suitable};
use crate::databases::Database;
use crate::output::{err, out};
use crate::records::printable;
use crate::stop::{Done, Explain, ONE, Stop, words};
use crate::table::misused;
use crate::tool::Tool;
use crate::words::pairs;
use databases::{Access, Databases, DbError, Transaction};

async fn begin(
    tool: &Tool,
    all: &Databases,
    db: &Database,
    open: &databases::Database,
    access: Access,
) -> Result<Transaction, Stop> {
    let begun = all.begin(open, access).await.map_err(|error| stopped(tool, &error));
    begun.explain(words!("Failed to start transaction on db ", db.name, "\n"))
}

async fn commit(tool: &Tool, db: &Database, transaction: Transaction) -> Done {
    let committed = transaction.commit().await.map_err(|error| stopped(tool, &error));
    committed.explain(words!("Failed to commit transaction on db ", db.name, "\n"))
}

/// Gives up: the lock goes, and what went wrong is told.
async fn give_up(tool: &Tool, transaction: Transaction, error: &DbError) -> Stop {
    // The first error is the one that matters.
    let _unlocked = transaction.cancel().await;
    stopped(tool, error)
}

pub(crate) async fn pfetch(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word, key] = args else { return Err(misused("pfetch")) };
    let db = suitable(tool, word, For::Transactions).await?;
    let all = databases(tool);
    let open = opened(tool, &all, &db).await?;
    let bytes = data(key, "key")?;
    let transaction = begin(tool, &all, &db, &open, Access::Read).await?;
    match transaction.fetch(&bytes).await {
        Ok(value) => {
            out!(printable(&value), "\n");
            let _unlocked = transaction.cancel().await;
            Ok(())
        }
        Err(error) => Err(give_up(tool, transaction, &error).await).explain(words!(
            "Failed to read record for key ",
            key,
            "\n"
        )),
    }
}

/// One change in a transaction of its own.
async fn change(tool: &Tool, word: &OsString, key: &OsString, value: Option<&OsString>) -> Done {
    let db = suitable(tool, word, For::Transactions).await?;
    let all = databases(tool);
    let open = opened(tool, &all, &db).await?;
    let bytes = data(key, "key")?;
    let value = value.map(|value| data(value, "value")).transpose()?;
    let mut transaction = begin(tool, &all, &db, &open, Access::Write).await?;
    let what = if value.is_some() { "store" } else { "delete" };
    if let Err(error) = transaction.store(&bytes, value.unwrap_or_default()).await {
        return Err(give_up(tool, transaction, &error).await).explain(words!(
            "Failed to ",
            what,
            " record for key ",
            key,
            "\n"
        ));
    }
    commit(tool, &db, transaction).await
}

pub(crate) async fn pstore(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word, key, value] = args else { return Err(misused("pstore")) };
    change(tool, word, key, Some(value)).await
}

pub(crate) async fn pdelete(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word, key] = args else { return Err(misused("pdelete")) };
    change(tool, word, key, None).await
}

/// The text of a file or of standard input.
async fn text_of(mut file: Option<File>) -> Result<Vec<u8>, Stop> {
    let read = tokio::task::spawn_blocking(move || {
        let mut text = Vec::new();
        // What can be read of it counts.
        let _end = match &mut file {
            Some(file) => file.read_to_end(&mut text),
            None => std::io::stdin().read_to_end(&mut text),
        };
        text
    });
    read.await.map_err(|_| ONE)
}

pub(crate) async fn ptrans(tool: &mut Tool, args: &[OsString]) -> Done {
    let (word, path) = match args {
        [word] => (word, None),
        [word, path] => (word, Some(path)),
        _ => return Err(misused("ptrans")),
    };
    let db = suitable(tool, word, For::Transactions).await?;
    let file = match path.map(File::open).transpose() {
        Ok(file) => file,
        Err(_) => {
            err!("Failed to open file ", path.map(OsString::as_os_str).unwrap_or_default(), "\n");
            return Err(ONE);
        }
    };
    let all = databases(tool);
    let open = opened(tool, &all, &db).await?;
    let mut transaction = begin(tool, &all, &db, &open, Access::Write).await?;
    let changes: Vec<(Bytes, Bytes)> = match text_of(file).await {
        Ok(text) => pairs(&text),
        Err(stop) => {
            let _unlocked = transaction.cancel().await;
            return Err(stop);
        }
    };
    for (key, value) in changes {
        if let Err(error) = transaction.store(&key, value).await {
            return Err(give_up(tool, transaction, &error).await).explain(words!("Failed to store record\n"));
        }
    }
    commit(tool, &db, transaction).await
}
