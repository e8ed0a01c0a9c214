//! The functions of libtdb that are used here, as `tdb.h` declares them, and those of the C library that `libc` lacks.
//!
//! Only declarations; who may call what, and when, is in `handle.rs` and `registry.rs`. The library's own log is left
//! at its default, which is silent: its callback takes a variable list of arguments.

use std::ffi::{c_char, c_int, c_uchar, c_uint, c_void};

/// `TDB_DATA`: bytes that belong to somebody else.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Data {
    pub(crate) ptr: *mut c_uchar,
    pub(crate) len: usize,
}

/// `struct tdb_context`.
#[repr(C)]
pub(crate) struct Context {
    _opaque: [u8; 0],
}

/// `tdb_traverse_func`.
pub(crate) type Visit = unsafe extern "C" fn(*mut Context, Data, Data, *mut c_void) -> c_int;
/// What `tdb_parse_record` calls.
pub(crate) type Parse = unsafe extern "C" fn(Data, Data, *mut c_void) -> c_int;
/// What `tdb_check` calls for each record.
pub(crate) type Check = unsafe extern "C" fn(Data, Data, *mut c_void) -> c_int;

#[expect(unsafe_code, reason = "declares functions of C")]
#[link(name = "tdb")]
unsafe extern "C" {
    pub(crate) fn tdb_open(
        name: *const c_char,
        hash_size: c_int,
        tdb_flags: c_int,
        open_flags: c_int,
        mode: libc::mode_t,
    ) -> *mut Context;
    pub(crate) fn tdb_close(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_error(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_fd(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_get_flags(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_parse_record(tdb: *mut Context, key: Data, parse: Parse, private: *mut c_void)
    -> c_int;
    pub(crate) fn tdb_storev(
        tdb: *mut Context,
        key: Data,
        parts: *const Data,
        count: c_int,
        flag: c_int,
    ) -> c_int;
    pub(crate) fn tdb_delete(tdb: *mut Context, key: Data) -> c_int;
    pub(crate) fn tdb_traverse_read(tdb: *mut Context, visit: Visit, private: *mut c_void) -> c_int;
    pub(crate) fn tdb_get_seqnum(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_check(tdb: *mut Context, check: Option<Check>, private: *mut c_void) -> c_int;
    pub(crate) fn tdb_chainlock(tdb: *mut Context, key: Data) -> c_int;
    pub(crate) fn tdb_chainlock_nonblock(tdb: *mut Context, key: Data) -> c_int;
    pub(crate) fn tdb_chainunlock(tdb: *mut Context, key: Data) -> c_int;
    pub(crate) fn tdb_transaction_start(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_transaction_start_nonblock(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_transaction_commit(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_transaction_cancel(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_runtime_check_for_robust_mutexes() -> bool;
    pub(crate) fn tdb_chainlock_mark(tdb: *mut Context, key: Data) -> c_int;
    pub(crate) fn tdb_chainlock_unmark(tdb: *mut Context, key: Data) -> c_int;
    pub(crate) fn tdb_lockall_mark(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_lockall_unmark(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_transaction_write_lock_mark(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_transaction_write_lock_unmark(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_add_flags(tdb: *mut Context, flags: c_uint);
    pub(crate) fn tdb_remove_flags(tdb: *mut Context, flags: c_uint);
    pub(crate) fn tdb_lock_nonblock(tdb: *mut Context, list: c_int, kind: c_int) -> c_int;
    pub(crate) fn tdb_unlock(tdb: *mut Context, list: c_int, kind: c_int) -> c_int;
    pub(crate) fn tdb_hash_size(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_traverse_chain(
        tdb: *mut Context,
        chain: c_uint,
        visit: Visit,
        private: *mut c_void,
    ) -> c_int;
    pub(crate) fn tdb_freelist_size(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_repack(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_wipe_all(tdb: *mut Context) -> c_int;
    pub(crate) fn tdb_enable_seqnum(tdb: *mut Context);
    pub(crate) fn tdb_increment_seqnum_nonblock(tdb: *mut Context);
    pub(crate) fn tdb_set_max_dead(tdb: *mut Context, pieces: c_int);
    pub(crate) fn tdb_jenkins_hash(key: *const Data) -> c_uint;
}

#[expect(unsafe_code, reason = "declares functions of C")]
unsafe extern "C" {
    pub(crate) fn pthread_mutex_consistent(mutex: *mut libc::pthread_mutex_t) -> c_int;
    pub(crate) fn pthread_mutex_clocklock(
        mutex: *mut libc::pthread_mutex_t,
        clock: libc::clockid_t,
        until: *const libc::timespec,
    ) -> c_int;
    pub(crate) fn pthread_kill(thread: libc::pthread_t, signal: c_int) -> c_int;
}
