# os, as on Linux, with no variable set in the environment but PATH.
import os.path as path
import sys

import _host

name = "posix"
sep = "/"
altsep = None
extsep = "."
pathsep = ":"
linesep = "\n"
curdir = "."
pardir = ".."
devnull = "/dev/null"
defpath = "/bin:/usr/bin"
RTLD_LAZY = 1
RTLD_NOW = 2
RTLD_NOLOAD = 4
RTLD_DEEPBIND = 8
RTLD_GLOBAL = 0x100
RTLD_NODELETE = 0x1000
RTLD_LOCAL = 0
F_OK, X_OK, W_OK, R_OK = 0, 1, 2, 4
O_RDONLY, O_WRONLY, O_RDWR = 0, 1, 2
SEEK_SET, SEEK_CUR, SEEK_END = 0, 1, 2
EX_OK = 0
error = OSError
supports_follow_symlinks = supports_fd = supports_dir_fd = supports_effective_ids = set()


class _Environ(dict):
    def copy(self):
        return dict(self)


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
environ = _Environ(PATH=_PATH)
environb = _Environ({b"PATH": _PATH.encode()})


def getenv(key, default=None):
    return environ.get(key, default)


def putenv(key, value):
    pass


def unsetenv(key):
    pass


def fspath(path):
    if isinstance(path, (str, bytes)):
        return path
    try:
        method = type(path).__fspath__
    except AttributeError:
        raise TypeError("expected str, bytes or os.PathLike object")
    return method(path)


def fsencode(filename):
    filename = fspath(filename)
    return filename.encode("utf-8") if isinstance(filename, str) else filename


def fsdecode(filename):
    filename = fspath(filename)
    return filename.decode("utf-8") if isinstance(filename, bytes) else filename


class PathLike:
    def __class_getitem__(cls, item):
        return cls


def getcwd():
    return _host.prefix


def _missing(path):
    return FileNotFoundError(2, "No such file or directory")


def listdir(path="."):
    path = fspath(path)
    if _host.kind(path) != "directory":
        raise _missing(path)
    return _host.listing(path)


class DirEntry:
    def __init__(self, directory, name):
        self.name = name
        self.path = directory.rstrip("/") + "/" + name

    def __fspath__(self):
        return self.path

    def is_file(self, *, follow_symlinks=True):
        return _host.kind(self.path) == "file"

    def is_dir(self, *, follow_symlinks=True):
        return _host.kind(self.path) == "directory"

    def is_symlink(self):
        return _host.unknown("whether it is a link")

    def stat(self, *, follow_symlinks=True):
        return _host.unknown("what stat() says")


class _Scan(list):
    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def close(self):
        pass


def scandir(path="."):
    path = fspath(path)
    return _Scan([DirEntry(path, each) for each in listdir(path)])


def walk(top, topdown=True, onerror=None, followlinks=False):
    top = fspath(top)
    if _host.kind(top) != "directory":
        return
    directories, files = [], []
    for each in _host.listing(top):
        kind = _host.kind(path.join(top, each))
        (directories if kind == "directory" else files).append(each)
    if topdown:
        yield top, directories, files
    for each in directories:
        yield from walk(path.join(top, each), topdown)
    if not topdown:
        yield top, directories, files


def stat(path, **options):
    if _host.kind(fspath(path)) is None:
        raise _missing(path)
    return _host.unknown("what stat() says")


lstat = stat


def access(path, mode, **options):
    return _host.kind(fspath(path)) is not None


def readlink(path, **options):
    if _host.kind(fspath(path)) is None:
        raise _missing(path)
    return _host.unknown("what readlink() says")


def _change(path, *args, **options):
    return None


makedirs = mkdir = chdir = remove = unlink = rename = replace = chmod = symlink = rmdir = _change
removedirs = utime = link = _change


class uname_result(tuple):
    sysname = property(lambda self: self[0])
    nodename = property(lambda self: self[1])
    release = property(lambda self: self[2])
    version = property(lambda self: self[3])
    machine = property(lambda self: self[4])


def uname():
    unknown = _host.unknown("os.uname()")
    return uname_result(("Linux", unknown, unknown, unknown, _host.machine))


def register_at_fork(**functions):
    pass


def _exit(status):
    raise SystemExit(status)


def system(command):
    _host.program(command, True)
    return _host.unknown("os.system()")


def popen(command, *args, **names):
    _host.program(command, True)
    return _host.unknown("the output of a program")


def _run(file, *args, **names):
    _host.program(fspath(file))
    return _host.unknown("what a program does")


def _spawn(mode, file, *args, **names):
    return _run(file)


execl = execle = execlp = execlpe = execv = execve = execvp = execvpe = _run
posix_spawn = posix_spawnp = _run
spawnl = spawnle = spawnlp = spawnlpe = spawnv = spawnve = spawnvp = spawnvpe = _spawn

# what else each Python on Linux has
globals().update({each: _host.unknown("os." + each) for each in """
    CLD_CONTINUED CLD_DUMPED CLD_EXITED CLD_KILLED CLD_STOPPED CLD_TRAPPED EFD_CLOEXEC
    EFD_NONBLOCK EFD_SEMAPHORE EX_CANTCREAT EX_CONFIG EX_DATAERR EX_IOERR EX_NOHOST EX_NOINPUT
    EX_NOPERM EX_NOUSER EX_OSERR EX_OSFILE EX_PROTOCOL EX_SOFTWARE EX_TEMPFAIL EX_UNAVAILABLE
    EX_USAGE F_LOCK F_TEST F_TLOCK F_ULOCK GRND_NONBLOCK GRND_RANDOM GenericAlias
    MFD_ALLOW_SEALING MFD_CLOEXEC MFD_HUGETLB MFD_HUGE_16GB MFD_HUGE_16MB MFD_HUGE_1GB
    MFD_HUGE_1MB MFD_HUGE_256MB MFD_HUGE_2GB MFD_HUGE_2MB MFD_HUGE_32MB MFD_HUGE_512KB
    MFD_HUGE_512MB MFD_HUGE_64KB MFD_HUGE_8MB MFD_HUGE_MASK MFD_HUGE_SHIFT Mapping
    MutableMapping NGROUPS_MAX O_ACCMODE O_APPEND O_ASYNC O_CLOEXEC O_CREAT O_DIRECT
    O_DIRECTORY O_DSYNC O_EXCL O_FSYNC O_LARGEFILE O_NDELAY O_NOATIME O_NOCTTY O_NOFOLLOW
    O_NONBLOCK O_PATH O_RSYNC O_SYNC O_TMPFILE O_TRUNC POSIX_FADV_DONTNEED POSIX_FADV_NOREUSE
    POSIX_FADV_NORMAL POSIX_FADV_RANDOM POSIX_FADV_SEQUENTIAL POSIX_FADV_WILLNEED
    POSIX_SPAWN_CLOSE POSIX_SPAWN_DUP2 POSIX_SPAWN_OPEN PRIO_PGRP PRIO_PROCESS PRIO_USER P_ALL
    P_NOWAIT P_NOWAITO P_PGID P_PID P_PIDFD P_WAIT RWF_APPEND RWF_DSYNC RWF_HIPRI RWF_NOWAIT
    RWF_SYNC SCHED_BATCH SCHED_FIFO SCHED_IDLE SCHED_OTHER SCHED_RESET_ON_FORK SCHED_RR
    SEEK_DATA SEEK_HOLE SPLICE_F_MORE SPLICE_F_MOVE SPLICE_F_NONBLOCK ST_APPEND ST_MANDLOCK
    ST_NOATIME ST_NODEV ST_NODIRATIME ST_NOEXEC ST_NOSUID ST_RDONLY ST_RELATIME ST_SYNCHRONOUS
    ST_WRITE TMP_MAX WCONTINUED WCOREDUMP WEXITED WEXITSTATUS WIFCONTINUED WIFEXITED
    WIFSIGNALED WIFSTOPPED WNOHANG WNOWAIT WSTOPPED WSTOPSIG WTERMSIG WUNTRACED XATTR_CREATE
    XATTR_REPLACE XATTR_SIZE_MAX abort chown chroot close closerange confstr confstr_names
    copy_file_range cpu_count ctermid device_encoding dup dup2 eventfd eventfd_read
    eventfd_write fchdir fchmod fchown fdatasync fdopen fork forkpty fpathconf fstat fstatvfs
    fsync ftruncate fwalk get_blocking get_exec_path get_inheritable get_terminal_size getcwdb
    getegid getenvb geteuid getgid getgrouplist getgroups getloadavg getlogin getpgid getpgrp
    getpid getppid getpriority getrandom getresgid getresuid getsid getuid getxattr initgroups
    isatty kill killpg lchown listxattr lockf lseek major makedev memfd_create minor mkfifo
    mknod nice open openpty pathconf pathconf_names pidfd_open pipe pipe2 posix_fadvise
    posix_fallocate pread preadv pwrite pwritev read readv removexattr renames
    sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getparam
    sched_getscheduler sched_param sched_rr_get_interval sched_setaffinity sched_setparam
    sched_setscheduler sched_yield sendfile set_blocking set_inheritable setegid seteuid setgid
    setgroups setpgid setpgrp setpriority setregid setresgid setresuid setreuid setsid setuid
    setxattr splice stat_result statvfs statvfs_result strerror supports_bytes_environ sync
    sysconf sysconf_names tcgetpgrp tcsetpgrp terminal_size times times_result truncate ttyname
    umask urandom wait wait3 wait4 waitid waitid_result waitpid waitstatus_to_exitcode write
    writev
    """.split()})

_of_some = """
    CLONE_NEWNET POSIX_SPAWN_CLOSEFROM TFD_CLOEXEC TFD_NONBLOCK TFD_TIMER_ABSTIME
    TFD_TIMER_CANCEL_ON_SET grantpt login_tty posix_openpt process_cpu_count ptsname setns
    timerfd_create timerfd_gettime timerfd_gettime_ns timerfd_settime timerfd_settime_ns
    unlockpt unshare
    """.split()


def __getattr__(name):
    # what only other systems have, or nobody, is not there
    if name in _of_some or name[:1] == "_":
        return _host.unknown("os." + name)
    raise AttributeError(name)
