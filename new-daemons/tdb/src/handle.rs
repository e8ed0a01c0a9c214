//! One open file, in the thread that opened it.
//!
//! A handle is neither `Send` nor `Sync`: libtdb's context has no lock of its own, and a chain's mutex belongs to the
//! thread that took it. While a closure looks at a record the handle refuses everything else, since a store may move the
//! mapped file from under the record. A panic in a closure waits until libtdb has returned.

use std::any::Any;
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Code, Error};
use crate::ffi;
use crate::flags::{OpenFlags, Store};
use crate::registry::{InUse, OpenFile, Opening};

/// How a file that is not there is made.
#[derive(Clone, Copy, Debug)]
pub struct Create {
    /// Permissions, before the umask.
    pub mode: u32,
    /// Number of chains; 0 for libtdb's own.
    pub hash_size: i32,
}

/// An open file.
#[derive(Debug)]
pub struct Tdb {
    open: OpenFile,
    path: PathBuf,
    /// Whether a closure is being called.
    inside: Cell<bool>,
    _thread: PhantomData<*const ()>,
}

impl Tdb {
    /// Opens a file that is there, for reading and writing.
    pub fn open(path: impl AsRef<Path>, flags: OpenFlags) -> Result<Self, Error> {
        Self::open_with(path.as_ref(), Opening { flags, hash_size: 0, create: None })
    }

    /// Opens a file, or makes it.
    pub fn create(path: impl AsRef<Path>, flags: OpenFlags, how: Create) -> Result<Self, Error> {
        let opening = Opening { flags, hash_size: how.hash_size, create: Some(how.mode) };
        Self::open_with(path.as_ref(), opening)
    }

    fn open_with(path: &Path, opening: Opening) -> Result<Self, Error> {
        Ok(Self::from_parts(OpenFile::open(path, opening)?, path.to_owned()))
    }

    pub(crate) const fn from_parts(open: OpenFile, path: PathBuf) -> Self {
        Self { open, path, inside: Cell::new(false), _thread: PhantomData }
    }

    pub(crate) fn into_parts(self) -> (OpenFile, PathBuf) {
        debug_assert!(!self.inside.get(), "a closure of this handle gives it away");
        (self.open, self.path)
    }

    pub(crate) fn in_use(&self) -> Arc<InUse> {
        self.open.in_use().clone()
    }

    /// Whether a closure is being called.
    pub(crate) const fn inside(&self) -> &Cell<bool> {
        &self.inside
    }

    /// The path it was opened by.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The flags it has: those it was opened with, and those that the file says.
    #[must_use]
    pub fn flags(&self) -> OpenFlags {
        // SAFETY: the context is open as long as `self` is.
        #[expect(unsafe_code, reason = "calls libtdb")]
        OpenFlags::from_bits_retain(unsafe { ffi::tdb_get_flags(self.context()) })
    }

    pub(crate) fn context(&self) -> *mut ffi::Context {
        self.open.context()
    }

    /// The context, unless a closure is being called.
    pub(crate) fn enter(&self) -> Result<*mut ffi::Context, Error> {
        if self.inside.get() { Err(Error::InUse) } else { Ok(self.context()) }
    }

    pub(crate) fn failure(&self, operation: &'static str) -> Error {
        // SAFETY: the context is open as long as `self` is.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let code = Code(unsafe { ffi::tdb_error(self.context()) });
        Error::Tdb { operation, code }
    }

    pub(crate) fn done(&self, operation: &'static str, status: c_int) -> Result<(), Error> {
        if status == 0 { Ok(()) } else { Err(self.failure(operation)) }
    }

    /// Looks at a record where it lies, under its lock; `None` when it is not there.
    pub fn parse<R>(&self, key: &[u8], look: impl FnOnce(&[u8]) -> R) -> Result<Option<R>, Error> {
        let context = self.enter()?;
        let mut look = Some(look);
        let mut once = |_: &[u8], data: &[u8]| {
            look.take().map_or(ControlFlow::Break(None), |look| ControlFlow::Break(Some(look(data))))
        };
        let mut call = Call::new(&self.inside, &mut once);
        // SAFETY: the context is open and used by this thread only; `parse_one` gets the pointer to `call`, which lives
        // until the call returns; the key is not written to.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status =
            unsafe { ffi::tdb_parse_record(context, bytes(key), parse_one::<Option<R>>, call.pointer()) };
        match call.finish() {
            Some(found) => Ok(found),
            None if status == 0 => Ok(None),
            None => match self.failure("fetch") {
                Error::Tdb { code: Code::NOEXIST, .. } => Ok(None),
                error => Err(error),
            },
        }
    }

    /// A copy of a record; `None` when it is not there.
    pub fn fetch(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.parse(key, <[u8]>::to_vec)
    }

    /// Stores a record made of these parts, one behind the other.
    pub fn store(&self, key: &[u8], parts: &[&[u8]], how: Store) -> Result<(), Error> {
        let context = self.enter()?;
        let parts: Vec<ffi::Data> = parts.iter().map(|part| bytes(part)).collect();
        let refused = || Error::Tdb { operation: "store", code: Code::EINVAL };
        let count = c_int::try_from(parts.len()).map_err(|_| refused())?;
        // SAFETY: the context is open and used by this thread only; key and parts outlive the call and are only read.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_storev(context, bytes(key), parts.as_ptr(), count, how.number()) };
        self.done("store", status)
    }

    /// Removes a record; `false` when it was not there.
    pub fn delete(&self, key: &[u8]) -> Result<bool, Error> {
        let context = self.enter()?;
        // SAFETY: the context is open and used by this thread only; the key is only read.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_delete(context, bytes(key)) };
        match self.done("delete", status) {
            Err(Error::Tdb { code: Code::NOEXIST, .. }) => Ok(false),
            result => result.map(|()| true),
        }
    }

    /// Shows all records, key and data, until one is answered with a break; says how many were shown.
    ///
    /// No transaction can be committed meanwhile, and each chain is locked while it is looked at: the closure must be
    /// short. What else is stored meanwhile may be shown or not.
    pub fn traverse(&self, mut visit: impl FnMut(&[u8], &[u8]) -> ControlFlow<()>) -> Result<usize, Error> {
        let context = self.enter()?;
        let mut count = 0_usize;
        let mut each = |key: &[u8], data: &[u8]| {
            count += 1;
            visit(key, data)
        };
        let mut call = Call::new(&self.inside, &mut each);
        // SAFETY: as in `parse`, with `visit_one`.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_traverse_read(context, visit_one, call.pointer()) };
        call.finish();
        if status < 0 { Err(self.failure("traverse")) } else { Ok(count) }
    }

    /// Counts changes of files that were opened with [`OpenFlags::SEQNUM`]; 0 for others.
    #[must_use]
    pub fn seqnum(&self) -> i32 {
        // SAFETY: the context is open; the number is read from the mapped file.
        #[expect(unsafe_code, reason = "calls libtdb")]
        unsafe {
            ffi::tdb_get_seqnum(self.context())
        }
    }

    /// Looks for damage, with the whole file locked against writers.
    pub fn check(&self) -> Result<(), Error> {
        let context = self.enter()?;
        // SAFETY: the context is open and used by this thread only; no callback.
        #[expect(unsafe_code, reason = "calls libtdb")]
        let status = unsafe { ffi::tdb_check(context, None, std::ptr::null_mut()) };
        self.done("check", status)
    }

    /// Reads bytes of the file without touching its locks; fewer than asked at its end.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Error> {
        self.open.in_use().file().read_at(buffer, offset).map_err(Error::Read)
    }
}

/// The bytes as libtdb takes them. It writes to none that are given to it.
pub(crate) fn bytes(bytes: &[u8]) -> ffi::Data {
    ffi::Data { ptr: bytes.as_ptr().cast_mut(), len: bytes.len() }
}

pub(crate) type Look<'a, B> = &'a mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<B>;

/// A closure on its way through C.
pub(crate) struct Call<'a, B> {
    inside: &'a Cell<bool>,
    look: Look<'a, B>,
    broke: Option<B>,
    panic: Option<Box<dyn Any + Send>>,
}

impl<'a, B> Call<'a, B> {
    pub(crate) fn new(inside: &'a Cell<bool>, look: Look<'a, B>) -> Self {
        Self { inside, look, broke: None, panic: None }
    }

    pub(crate) fn pointer(&mut self) -> *mut c_void {
        std::ptr::from_mut(self).cast()
    }

    /// Calls the closure; 1 means that it wants no more.
    fn call(&mut self, key: &[u8], data: &[u8]) -> c_int {
        self.inside.set(true);
        let result = catch_unwind(AssertUnwindSafe(|| (self.look)(key, data)));
        self.inside.set(false);
        match result {
            Ok(ControlFlow::Continue(())) => 0,
            Ok(ControlFlow::Break(value)) => {
                self.broke = Some(value);
                1
            }
            Err(panic) => {
                self.panic = Some(panic);
                1
            }
        }
    }

    /// What the closure broke with. Goes on with its panic, if that is how it ended.
    pub(crate) fn finish(self) -> Option<B> {
        if let Some(panic) = self.panic {
            resume_unwind(panic);
        }
        self.broke
    }
}

/// What libtdb points at, for as long as its callback runs.
///
/// # Safety
/// `data` comes from libtdb, in a callback that has not returned.
#[expect(unsafe_code, reason = "reads what libtdb points at")]
unsafe fn slice<'a>(data: &ffi::Data) -> &'a [u8] {
    if data.ptr.is_null() || data.len == 0 {
        return &[];
    }
    // SAFETY: libtdb has checked that the bytes lie inside the file, and holds the lock of their chain, under which no
    // process changes them, until the callback returns.
    unsafe { std::slice::from_raw_parts(data.ptr, data.len) }
}

/// # Safety
/// `private` is the pointer of a `Call<B>` that nobody else uses now.
#[expect(unsafe_code, reason = "is called by libtdb")]
unsafe extern "C" fn parse_one<B>(key: ffi::Data, data: ffi::Data, private: *mut c_void) -> c_int {
    // SAFETY: as promised above; the slices do not outlive this call.
    let (call, key, data) = unsafe { (&mut *private.cast::<Call<'_, B>>(), slice(&key), slice(&data)) };
    call.call(key, data);
    // libtdb hands this on as the result of the whole: 0 is good.
    0
}

/// # Safety
/// `private` is the pointer of a `Call<()>` that nobody else uses now.
#[expect(unsafe_code, reason = "is called by libtdb")]
pub(crate) unsafe extern "C" fn visit_one(
    _: *mut ffi::Context,
    key: ffi::Data,
    data: ffi::Data,
    private: *mut c_void,
) -> c_int {
    // SAFETY: as promised above; the slices do not outlive this call.
    let (call, key, data) = unsafe { (&mut *private.cast::<Call<'_, ()>>(), slice(&key), slice(&data)) };
    call.call(key, data)
}
