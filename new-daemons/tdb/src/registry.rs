//! The files that this process has open: each at most once.
//!
//! libtdb keeps a list of its own without a lock, and finds out about a second open only when it has a second descriptor,
//! whose close drops the locks of the first; with CLEAR_IF_FIRST it has even emptied the file by then. So the question is
//! answered here, from the inode, before libtdb is asked, and opens and closes happen one at a time.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs::{self, File, Metadata};
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::ffi;
use crate::flags::OpenFlags;

/// Device and inode.
type Identity = (u64, u64);

static OPEN: Mutex<BTreeMap<Identity, PathBuf>> = Mutex::new(BTreeMap::new());

fn open_files() -> MutexGuard<'static, BTreeMap<Identity, PathBuf>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

/// How a file is made when it is not there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    pub(crate) flags: OpenFlags,
    pub(crate) hash_size: i32,
    pub(crate) create: Option<libc::mode_t>,
}

/// A descriptor of our own for a file that is in use here. Closing it drops all locks that the process has on the file, so
/// whoever needs it keeps the file in the list, and nobody can open it anew meanwhile.
#[derive(Debug)]
pub(crate) struct InUse {
    file: ManuallyDrop<File>,
    identity: Identity,
}

impl InUse {
    pub(crate) fn file(&self) -> &File {
        &self.file
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut files = open_files();
        // SAFETY: taken once, here, and not used afterwards.
        #[expect(unsafe_code, reason = "orders the two closes")]
        unsafe {
            ManuallyDrop::drop(&mut self.file);
        }
        files.remove(&self.identity);
    }
}

/// A file that is open: libtdb's context, and a descriptor of our own that is closed after it.
#[derive(Debug)]
pub(crate) struct OpenFile {
    context: NonNull<ffi::Context>,
    in_use: Arc<InUse>,
}

impl OpenFile {
    pub(crate) fn open(path: &Path, opening: Opening) -> Result<Self, Error> {
        let fail = |source| Error::Open { path: path.to_owned(), source };
        let flags = opening.flags.shareable()?;
        let name = CString::new(path.as_os_str().as_bytes()).map_err(|e| fail(e.into()))?;
        if opening.flags.contains(OpenFlags::MUTEX_LOCKING) {
            mutexes_work();
        }
        let mut files = open_files();
        match fs::metadata(path) {
            Ok(there) if files.contains_key(&identity(&there)) => {
                return Err(Error::AlreadyOpen(path.to_owned()));
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound && opening.create.is_some() => {}
            Err(error) => return Err(fail(error)),
        }
        let create = if opening.create.is_some() { libc::O_CREAT } else { 0 };
        let open_flags = libc::O_RDWR | libc::O_CLOEXEC | create;
        // SAFETY: `name` ends with a NUL and outlives the call; the registry's lock keeps other threads out of libtdb's
        // list of open files; the inode is open nowhere else in this process.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let context = unsafe {
            ffi::tdb_open(name.as_ptr(), opening.hash_size, flags, open_flags, opening.create.unwrap_or(0))
        };
        let context = NonNull::new(context).ok_or_else(|| fail(io::Error::last_os_error()))?;
        match own_descriptor(context) {
            Ok((file, identity)) => {
                files.insert(identity, path.to_owned());
                let in_use = Arc::new(InUse { file: ManuallyDrop::new(file), identity });
                Ok(Self { context, in_use })
            }
            Err(error) => {
                close(context);
                Err(fail(error))
            }
        }
    }

    pub(crate) fn context(&self) -> *mut ffi::Context {
        self.context.as_ptr()
    }

    pub(crate) const fn in_use(&self) -> &Arc<InUse> {
        &self.in_use
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        // The descriptor of `in_use` goes after this.
        let files = open_files();
        close(self.context);
        drop(files);
    }
}

/// A second descriptor of the same open file.
fn own_descriptor(context: NonNull<ffi::Context>) -> io::Result<(File, Identity)> {
    // SAFETY: the context is open; a file that is not INTERNAL has a descriptor, which is only borrowed for the copy.
    #[expect(unsafe_code, reason = "calls libtdb")]
    let borrowed = unsafe { BorrowedFd::borrow_raw(ffi::tdb_fd(context.as_ptr())) };
    let file = File::from(borrowed.try_clone_to_owned()?);
    let identity = identity(&file.metadata()?);
    Ok((file, identity))
}

fn close(context: NonNull<ffi::Context>) {
    // SAFETY: the context came from `tdb_open`, is closed once, and the registry's lock is held by the caller.
    #[expect(unsafe_code, reason = "calls libtdb")]
    unsafe {
        // An error here is one of unmap or close: there is nothing left to be done with the file.
        ffi::tdb_close(context.as_ptr());
    }
}

/// Whether files with [`OpenFlags::MUTEX_LOCKING`] can be opened on this machine.
///
/// libtdb forks for the first answer and leaves a handler for SIGCHLD behind, which hands on to the one before it. A
/// program that handles SIGCHLD calls this first in `main`; the others need not.
pub fn mutexes_work() -> bool {
    static ANSWER: Mutex<Option<bool>> = Mutex::new(None);
    let mut answer = ANSWER.lock().unwrap_or_else(PoisonError::into_inner);
    *answer.get_or_insert_with(|| {
        // SAFETY: takes nothing; its child only touches a mutex of its own and exits; calls are serialised by the lock.
        #[expect(unsafe_code, reason = "calls libtdb")]
        unsafe {
            ffi::tdb_runtime_check_for_robust_mutexes()
        }
    })
}
