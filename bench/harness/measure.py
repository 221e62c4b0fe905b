"""Runs a command and returns what the operating system reports about it afterwards."""

import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass

TIMEOUT = 900  # seconds; no command should take this long


class Failed(Exception):
    """The command failed."""


@dataclass(frozen=True)
class Usage:
    """A finished process, from its start to its end."""

    wall: float  # seconds
    user: float  # CPU seconds
    system: float
    peak_bytes: int  # resident memory
    output: str  # standard output and error


def pinned(command, core):
    """The command on one processor."""
    return ["taskset", "-c", str(core), *command]


def start(command, environment=None):
    """Starts it and discards its output. The caller must end it and wait for it."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env={**os.environ, **(environment or {})})


def run(command, environment=None, statuses=(0,)):
    """Runs it to its end. Raises Failed if its exit status is not in `statuses`."""
    with tempfile.TemporaryFile() as output, tempfile.NamedTemporaryFile("r") as peak:
        started = time.monotonic()
        process = subprocess.Popen(
            # The memory that the system reports for a child includes this interpreter's until the child executes
            # another program. A child of a small process avoids that.
            ["time", "-f", "%M", "-o", peak.name, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        status, resources = _reap(process)
        wall = time.monotonic() - started
        output.seek(0)
        text = output.read().decode(errors="replace")
        if status not in statuses:
            raise Failed(f"{' '.join(command)}\nended with {status}:\n{text[-2000:]}")
        return Usage(wall, resources.ru_utime, resources.ru_stime, int(peak.read().split()[-1]) * 1024, text)


def instructions(command, environment=None):
    """The instructions of all threads of the command, without the kernel, as counted by callgrind."""
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    output = run([*valgrind, *map(str, command)], environment).output
    found = re.search(r"Collected : (\d+)", output)
    if not found:
        raise Failed(f"callgrind counted nothing:\n{output[-2000:]}")
    return int(found[1])


def _reap(process):
    """Like subprocess, but also returns the resources that the process and its children used. A process that takes too
    long is killed, with its children."""
    limit = threading.Timer(TIMEOUT, os.killpg, (process.pid, signal.SIGKILL))
    limit.start()
    _, status, resources = os.wait4(process.pid, 0)
    limit.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, resources
