//! The thread for files: what is asked of it ends, and what nobody waits for is not done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use legacy_codec::DbId;
use tdb::{Create, OpenFlags, Tdb};

use super::super::error::DbError;
use super::super::owner::{Owner, lock};

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

#[tokio::test]
async fn a_file_is_open_until_it_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.tdb");
    let how = Create { mode: 0o600, hash_size: 0 };
    drop(Tdb::create(&path, OpenFlags::PERSISTENT, how).unwrap());
    let (owner, id) = (Owner::default(), DbId(1));
    let read = |owner: &Owner| {
        let owner = owner.clone();
        async move { owner.run(soon(), move |files, _| Ok(files.get(id)?.fetch(b"key")?)).await }
    };
    assert!(matches!(read(&owner).await, Err(DbError::Closed)));
    owner.open(id, path.clone(), OpenFlags::PERSISTENT, soon()).await.unwrap();
    owner.open(id, path.clone(), OpenFlags::PERSISTENT, soon()).await.unwrap();
    assert_eq!(read(&owner).await.unwrap(), None);
    assert!(matches!(Tdb::open(&path, OpenFlags::PERSISTENT), Err(tdb::Error::AlreadyOpen(_))));
    owner.close(id, soon()).await.unwrap();
    assert!(matches!(read(&owner).await, Err(DbError::Closed)));
    drop(Tdb::open(&path, OpenFlags::PERSISTENT).unwrap());
}

#[tokio::test]
async fn work_that_does_not_end_is_given_up_and_what_waits_behind_it_is_not_done() {
    let owner = Owner::default();
    let (go_on, wait) = mpsc::channel::<()>();
    let stuck = owner.run(Instant::now() + Duration::from_millis(50), move |_, _| {
        // Ends when the test lets go.
        let _ = wait.recv();
        Ok(())
    });
    let error = stuck.await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    let done = Arc::new(AtomicBool::new(false));
    let flag = done.clone();
    let behind = owner.run(Instant::now() + Duration::from_millis(50), move |_, _| {
        flag.store(true, Ordering::SeqCst);
        Ok(())
    });
    assert!(behind.await.unwrap_err().is_timeout());
    drop(go_on);
    owner.run(soon(), |_, _| Ok(())).await.unwrap();
    assert!(!done.load(Ordering::SeqCst), "nobody waited for it any more");
}

#[tokio::test]
async fn a_lock_that_somebody_holds_is_waited_for_until_the_deadline() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.tdb");
    let flags = OpenFlags::VOLATILE | OpenFlags::MUTEX_LOCKING;
    drop(Tdb::create(&path, flags, Create { mode: 0o600, hash_size: 1 }).unwrap());
    let (owner, id) = (Owner::default(), DbId(1));
    owner.open(id, path, flags, soon()).await.unwrap();
    let error = owner
        .run(soon(), move |files, waiting| {
            let tdb = files.get(id)?;
            let held = tdb.try_lock(b"a")?;
            assert!(held.is_some());
            // A thread's own mutex is busy for itself too when it does not wait.
            let mut short = waiting.clone();
            short.deadline = Instant::now() + Duration::from_millis(30);
            drop(held);
            let _lock = lock(tdb, b"a", &short)?;
            let late = Instant::now();
            while Instant::now() < short.deadline {
                std::thread::yield_now();
            }
            let error = lock(tdb, b"a", &short).unwrap_err();
            Ok((error.is_timeout(), late))
        })
        .await;
    assert!(error.unwrap().0);
}
