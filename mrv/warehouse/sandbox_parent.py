"""The warm parent of queries: a process with DuckDB loaded and never used, that forks one child for each query.

It is started by `mrv.warehouse.sandbox` as a program of its own, because a server with threads cannot be forked safely, and
a process that had opened DuckDB would hand its threads' locks to its children. It reads one request per message from the
socket on standard input, with the two pipes of the answer, and kills whatever is not done in time.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import time

import pyarrow as pa

from mrv.warehouse.sandbox_child import Task, answer

MESSAGE_BYTES = 256 * 1024
_NICE = 10


def main() -> None:
    """Serve until the other end of the socket is closed."""
    control = socket.socket(fileno=os.dup(0))
    os.nice(_NICE)  # pages of the data room come first
    _offer_to_be_killed()
    pa.set_cpu_count(1)
    gc.freeze()
    wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the server, which then closes the socket
    running: dict[int, float] = {}
    control.send(b"ready")
    while True:
        ready, _, _ = select.select([control, wake], [], [], _until_next(running))
        if wake in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(wake, 4096)
        _reap(running)
        _kill_late(running)
        if control in ready and not _take(control, running):
            break
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _offer_to_be_killed() -> None:
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123 - proc
        file.write("900")


def _until_next(running: dict[int, float]) -> float | None:
    return max(0.0, min(running.values()) - time.monotonic()) if running else None


def _reap(running: dict[int, float]) -> None:
    while running:
        pid, _ = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        del running[pid]


def _kill_late(running: dict[int, float]) -> None:
    for pid, end in running.items():
        if end <= time.monotonic():
            os.kill(pid, signal.SIGKILL)
            running[pid] = time.monotonic() + 1.0  # it is reaped when it is gone


def _take(control: socket.socket, running: dict[int, float]) -> bool:
    message, pipes, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 2)
    if not message:
        return False
    task = Task(**json.loads(message))
    pid = os.fork()
    if pid == 0:
        _be_child(task, control, pipes)
    for pipe in pipes:
        os.close(pipe)
    running[pid] = time.monotonic() + task.seconds
    return True


def _be_child(task: Task, control: socket.socket, pipes: list[int]) -> None:
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        control.close()
        os.close(0)
        answer(task, *pipes)
    finally:
        os._exit(0)  # whatever happened: a child never returns into the parent's loop


if __name__ == "__main__":
    main()
