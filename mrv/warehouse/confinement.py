"""Walls around a process that runs a stranger's SQL: limits, no network, no files but its own folder, no privileges.

The walls stand behind DuckDB's own settings: the engine has functions that follow a pointer given in the SQL, so what it
promises about files and settings is not all that a query can be held to.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from pathlib import Path

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_PDEATHSIG, _NO_NEW_PRIVILEGES, _DUMPABLE = 1, 38, 4
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION = 0x20080522
_NOBODY = 65534
_FILES = 24
_PAGE = os.sysconf("SC_PAGE_SIZE")
_libc = ctypes.CDLL(None, use_errno=True)


def limit(*, seconds: float, memory_bytes: int) -> None:
    """Limit processor time, memory beyond what the process has now, and the size of files that it writes."""
    cpu = int(seconds) + 2
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * _PAGE
    for kind, most in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, used + memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
    ):
        resource.setrlimit(kind, (most, most))


def enclose(folder: Path) -> Path:
    """Leave the network, and see nothing of the machine's files but a folder; return where that folder now is.

    Where the machine grants neither (a container without user namespaces), the folder stays where it was, and DuckDB's
    settings stand alone.
    """
    flags = _NEW_NET if os.geteuid() == 0 else _NEW_NET | _NEW_USER
    _libc.unshare(flags)  # best effort: chroot below tells whether there are privileges
    try:
        os.chroot(folder)
    except PermissionError:
        os.chdir("/")
        return folder
    os.chdir("/")
    return Path("/")


def drop_privileges() -> None:
    """Give up every privilege, for good; no further process or thread can be made."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    if (number := _CAPSET.get(os.uname().machine)) is not None:
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
        _libc.syscall(number, header, (ctypes.c_uint32 * 6)())
    for option, value in ((_NO_NEW_PRIVILEGES, 1), (_DUMPABLE, 0), (_PDEATHSIG, signal.SIGKILL)):
        _libc.prctl(option, value, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
