//! What SQLite really does with a file: each write and each sync, in the order of the calls. And a
//! disk that fails: at a call of one's choice, once or from then on, or for want of room.
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
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use rusqlite::ffi;

/// A file under observation.
pub(crate) struct Watched(Arc<File>);

/// A call for the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Bytes were handed to the operating system.
    Write,
    /// It was asked to bring them to the disk.
    Sync,
}

#[derive(Default)]
struct File {
    calls: Mutex<Vec<Call>>,
    syncs_fail: AtomicBool,
    disk: Option<Arc<Fate>>,
}

/// The disk on which files of a directory lie: they share a fate.
pub(crate) struct Disk(Arc<Fate>);

struct Fate {
    /// Reads, writes, truncations and syncs since the last change of plans.
    calls: AtomicU64,
    /// Which of them meets the plan; 0 for none.
    at: AtomicU64,
    plan: Mutex<Plan>,
    /// By how many bytes files may still grow.
    room: AtomicI64,
}

/// What happens at the call that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// It fails, and no other.
    Once,
    /// It fails, and all after it.
    Lasting,
    /// The process ends there and then.
    Death,
}

/// An open file, and what the system does with it.
#[derive(Clone)]
struct Open {
    file: Arc<File>,
    real: &'static ffi::sqlite3_io_methods,
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
static OPEN: LazyLock<Mutex<HashMap<usize, Open>>> = LazyLock::new(Mutex::default);

/// What SQLite is given in place of the methods at an address: there is a set for each way of locking.
static METHODS: LazyLock<Mutex<HashMap<usize, &'static ffi::sqlite3_io_methods>>> =
    LazyLock::new(Mutex::default);

// === impl Watched ===

impl Watched {
    /// Watches a file of a directory that exists, from the next time that it is opened.
    pub(crate) fn new(path: &Path) -> Self {
        Self(watch(path, File::default()))
    }

    /// The calls since this was asked last.
    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.0.calls.lock().unwrap())
    }

    /// From now on syncs fail, as on a broken disk; or do not.
    pub(crate) fn fail_syncs(&self, fail: bool) {
        self.0.syncs_fail.store(fail, Ordering::SeqCst);
    }
}

// === impl Disk ===

impl Disk {
    /// The disk of a store in that directory, which exists; it works until told otherwise.
    pub(crate) fn of(directory: &Path) -> Self {
        let fate = Arc::new(Fate {
            calls: AtomicU64::new(0),
            at: AtomicU64::new(0),
            plan: Mutex::new(Plan::Once),
            room: AtomicI64::new(i64::MAX),
        });
        for database in ["config.db", "logs.db"] {
            for end in ["", "-wal", "-journal"] {
                let file = File {
                    disk: Some(Arc::clone(&fate)),
                    ..File::default()
                };
                watch(&directory.join(format!("{database}{end}")), file);
            }
        }
        Self(fate)
    }

    /// The plan for the call of that number, counted from now.
    pub(crate) fn at(&self, number: u64, plan: Plan) {
        *self.0.plan.lock().unwrap() = plan;
        self.0.calls.store(0, Ordering::SeqCst);
        self.0.at.store(number, Ordering::SeqCst);
    }

    /// From now on all is well; answers whether the plan had been met.
    pub(crate) fn heal(&self) -> bool {
        let at = self.0.at.swap(0, Ordering::SeqCst);
        at != 0 && self.0.calls.load(Ordering::SeqCst) >= at
    }

    /// From now on files grow by so many bytes together, and no more.
    pub(crate) fn leave_room(&self, bytes: i64) {
        self.0.room.store(bytes, Ordering::SeqCst);
    }
}

impl Fate {
    /// Whether the call is to fail.
    fn strikes(&self) -> bool {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let at = self.at.load(Ordering::SeqCst);
        if at == 0 || number < at {
            return false;
        }
        match *self.plan.lock().unwrap() {
            Plan::Once => number == at,
            Plan::Lasting => true,
            Plan::Death => std::process::abort(),
        }
    }

    /// Whether there is room for so many bytes more, which is taken then.
    fn has_room(&self, growth: i64) -> bool {
        let take = |room: i64| (growth <= room).then(|| room - growth);
        self.room
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
            .is_ok()
    }
}

fn watch(path: &Path, file: File) -> Arc<File> {
    LazyLock::force(&SYSTEM);
    let directory = path.parent().unwrap().canonicalize().unwrap();
    let file = Arc::new(file);
    let path = directory.join(path.file_name().unwrap());
    FILES.lock().unwrap().insert(path, Arc::clone(&file));
    file
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
        let real: &'static ffi::sqlite3_io_methods = unsafe { &*(*file).pMethods };
        let mut methods = METHODS.lock().unwrap();
        let watching = methods
            .entry(std::ptr::from_ref(real).addr())
            .or_insert_with(|| {
                Box::leak(Box::new(ffi::sqlite3_io_methods {
                    xClose: Some(close),
                    xRead: Some(read),
                    xWrite: Some(write),
                    xTruncate: Some(truncate),
                    xSync: Some(sync),
                    ..*real
                }))
            });
        let open = Open {
            file: watched,
            real,
        };
        OPEN.lock().unwrap().insert(file.addr(), open);
        // SAFETY: the methods were leaked, so they stay.
        unsafe { (*file).pMethods = *watching };
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

fn opened(file: *mut ffi::sqlite3_file) -> Open {
    OPEN.lock().unwrap()[&file.addr()].clone()
}

// === impl Open ===

impl Open {
    fn called(&self, call: Call) {
        self.file.calls.lock().unwrap().push(call);
    }

    fn is_struck(&self) -> bool {
        self.file.disk.as_ref().is_some_and(|disk| disk.strikes())
    }
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    bytes: *mut c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let open = opened(file);
    if open.is_struck() {
        return ffi::SQLITE_IOERR_READ;
    }
    // SAFETY: the arguments are SQLite's own, for a file that the system opened.
    unsafe { open.real.xRead.unwrap()(file, bytes, amount, offset) }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let open = opened(file);
    open.called(Call::Write);
    if open.is_struck() {
        return ffi::SQLITE_IOERR_WRITE;
    }
    if let Some(disk) = &open.file.disk {
        let mut size = 0;
        // SAFETY: as above; the size is ours.
        unsafe { open.real.xFileSize.unwrap()(file, &raw mut size) };
        let growth = (offset + i64::from(amount) - size).max(0);
        if !disk.has_room(growth) {
            return ffi::SQLITE_FULL;
        }
    }
    // SAFETY: as above.
    unsafe { open.real.xWrite.unwrap()(file, bytes, amount, offset) }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    let open = opened(file);
    if open.is_struck() {
        return ffi::SQLITE_IOERR_TRUNCATE;
    }
    // SAFETY: as above.
    unsafe { open.real.xTruncate.unwrap()(file, size) }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    let open = opened(file);
    open.called(Call::Sync);
    if open.file.syncs_fail.load(Ordering::SeqCst) || open.is_struck() {
        return ffi::SQLITE_IOERR_FSYNC;
    }
    // SAFETY: as above.
    unsafe { open.real.xSync.unwrap()(file, flags) }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let open = OPEN.lock().unwrap().remove(&file.addr());
    let open = open.expect("these are methods of a watched file");
    // SAFETY: as above.
    unsafe { open.real.xClose.unwrap()(file) }
}
