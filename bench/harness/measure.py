"""Runs a command and says what the operating system says of it afterwards."""

import os
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass

TIMEOUT = 900  # seconds; no command is meant to take as long


class Failed(Exception):
    """The command did not do what it was started for."""


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
    """Starts it; what it prints is thrown away. To be ended, and waited for, by the caller."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env={**os.environ, **(environment or {})})


def run(command, environment=None, statuses=(0,)):
    """Runs it to its end. Failed if its exit status is none of `statuses`."""
    with tempfile.TemporaryFile() as output, tempfile.NamedTemporaryFile("r") as peak:
        started = time.monotonic()
        process = subprocess.Popen(
            # What the system says of a child's memory begins with what this interpreter takes before the child becomes
            # something else. A child of a small process is free of that.
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


def _reap(process):
    """As subprocess does it, but with the resources that the process and its children used. One that takes too long is
    killed, with its children."""
    limit = threading.Timer(TIMEOUT, os.killpg, (process.pid, signal.SIGKILL))
    limit.start()
    _, status, resources = os.wait4(process.pid, 0)
    limit.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, resources
