//! What SQLite really does with a file: each write and each sync, in the order of the calls.
//!
//! It stands before SQLite's own way to the operating system, for every database of this process,
//! and changes nothing but for files that are watched. There is no safe interface for that, which
//! is why the workspace's ban on unsafe code is a mere denial in this package.

#![allow(
    unsafe_code,
    reason = "SQLite's files are C structures, and nothing safe shows their calls"
)]

use std::collections::HashMap;
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use rusqlite::ffi;

/// A file under observation.
pub(super) struct Watched(Arc<File>);

/// A call for the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Bytes were handed to the operating system.
    Write,
    /// It was asked to bring them to the disk.
    Sync,
}

#[derive(Default)]
struct File {
    calls: Mutex<Vec<Call>>,
    syncs_fail: AtomicBool,
}

/// The interface to the operating system that SQLite comes with.
struct System(*mut ffi::sqlite3_vfs);

// SAFETY: SQLite never changes or frees it, and calls it from all threads itself.
unsafe impl Send for System {}
// SAFETY: as above.
unsafe impl Sync for System {}

/// Files that are watched, by their paths.
static FILES: LazyLock<Mutex<HashMap<PathBuf, Arc<File>>>> = LazyLock::new(Mutex::default);

/// Files that are open and watched, by the addresses of their structures.
static OPEN: LazyLock<Mutex<HashMap<usize, Arc<File>>>> = LazyLock::new(Mutex::default);

/// What watched files do in truth, and what SQLite is given instead.
static METHODS: OnceLock<(ffi::sqlite3_io_methods, ffi::sqlite3_io_methods)> = OnceLock::new();

// === impl Watched ===

impl Watched {
    /// Watches a file of a directory that exists, from the next time that it is opened.
    pub(super) fn new(path: &Path) -> Self {
        LazyLock::force(&SYSTEM);
        let directory = path.parent().unwrap().canonicalize().unwrap();
        let file = Arc::<File>::default();
        let path = directory.join(path.file_name().unwrap());
        FILES.lock().unwrap().insert(path, Arc::clone(&file));
        Self(file)
    }

    /// The calls since this was asked last.
    pub(super) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.0.calls.lock().unwrap())
    }

    /// From now on syncs fail, as on a broken disk; or do not.
    pub(super) fn fail_syncs(&self, fail: bool) {
        self.0.syncs_fail.store(fail, Ordering::SeqCst);
    }
}

/// Puts the watch before the system's own interface, once.
static SYSTEM: LazyLock<System> = LazyLock::new(|| {
    // SAFETY: the default interface always exists and stays. The copy is leaked, so it stays too,
    // and differs in how files are opened alone.
    unsafe {
        let system = ffi::sqlite3_vfs_find(std::ptr::null());
        assert!(!system.is_null(), "SQLite has an interface to the system");
        let watching = Box::leak(Box::new(*system));
        watching.zName = c"watching".as_ptr();
        watching.xOpen = Some(open);
        let registered = ffi::sqlite3_vfs_register(watching, 1);
        assert_eq!(registered, ffi::SQLITE_OK);
        System(system)
    }
});

/// Opens a file as the system does, and gives a watched one our methods.
unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let system = SYSTEM.0;
    // SAFETY: the arguments are SQLite's own, passed on to whom they are meant for.
    let result = unsafe { (*system).xOpen.unwrap()(system, name, file, flags, out_flags) };
    if result == ffi::SQLITE_OK
        && let Some(watched) = unsafe { watched(name) }
    {
        // SAFETY: a file that was opened has methods, which stay as long as the program.
        let real = unsafe { *(*file).pMethods };
        let (_, watching) = METHODS.get_or_init(|| {
            let watching = ffi::sqlite3_io_methods {
                xClose: Some(close),
                xWrite: Some(write),
                xSync: Some(sync),
                ..real
            };
            (real, watching)
        });
        OPEN.lock().unwrap().insert(file.addr(), watched);
        // SAFETY: the methods are in a static.
        unsafe { (*file).pMethods = watching };
    }
    result
}

/// # Safety
/// `name` is null or ends with a zero.
unsafe fn watched(name: *const c_char) -> Option<Arc<File>> {
    if name.is_null() {
        return None;
    }
    // SAFETY: it is not null, and the rest is asked of the caller.
    let name = OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes());
    FILES.lock().unwrap().get(Path::new(name)).cloned()
}

fn real() -> &'static ffi::sqlite3_io_methods {
    &METHODS
        .get()
        .expect("these are methods of a watched file")
        .0
}

fn called(file: *mut ffi::sqlite3_file, call: Call) -> Arc<File> {
    let watched = Arc::clone(&OPEN.lock().unwrap()[&file.addr()]);
    watched.calls.lock().unwrap().push(call);
    watched
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    called(file, Call::Write);
    // SAFETY: the arguments are SQLite's own, for a file that the system opened.
    unsafe { real().xWrite.unwrap()(file, bytes, amount, offset) }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    let watched = called(file, Call::Sync);
    if watched.syncs_fail.load(Ordering::SeqCst) {
        return ffi::SQLITE_IOERR_FSYNC;
    }
    // SAFETY: as above.
    unsafe { real().xSync.unwrap()(file, flags) }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    OPEN.lock().unwrap().remove(&file.addr());
    // SAFETY: as above.
    unsafe { real().xClose.unwrap()(file) }
}
