"""The clients that are measured: koobatch, load generators, a bare loop, and programs one might write instead."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness import jobs, request
from harness.measure import Failed, Usage, pinned, run
from harness.project import KOOBATCH, ROOT

SOURCES = ROOT / "bench" / "clients"
NODE_MODULES = "/usr/share/nodejs"  # where Debian installs them
KEYS_PER_OPERATION = 1 / 10
TOKEN_VARIABLE = "BENCH_TOKEN"
TOKEN = "secret"


@dataclass(frozen=True)
class Load:
    """The task of a client in a run."""

    url: str
    connections: int
    operations: int  # of the whole job: a slow client gets its share of them
    certificate: Path | None  # to trust; None: plain HTTP


@dataclass(frozen=True)
class Measurement:
    operations: int
    seconds: float
    usage: Usage

    @property
    def throughput(self):
        return self.operations / self.seconds

    @property
    def user_micros(self):
        return self.usage.user / self.operations * 1e6

    @property
    def system_micros(self):
        return self.usage.system / self.operations * 1e6


class Client:
    name = ""
    about = ""
    share = 1.0  # of the job, so that a slow client takes no longer than the others
    tls = True

    def __init__(self, folder, core):
        self.folder = folder
        self.core = core

    def missing(self):
        """The reason why it cannot run; empty if it can."""
        return ""

    def prepare(self):
        """Called once, before the first run."""

    def operations(self, load):
        """Each connection must have something to do."""
        return max(round(load.operations * self.share), load.connections)

    def measure(self, load):
        raise NotImplementedError

    def pinned(self, command):
        return pinned([str(part) for part in command], self.core)


class JobClient(Client):
    """Reads a job, sends its operations, writes a line for each: the time is that of the whole process."""

    environment = {}
    results = "results.ndjson"
    line = staticmethod(jobs.line)  # of the job

    def command(self, job, load):
        raise NotImplementedError

    def counted(self, results):
        """The number of successful results. A client that fails fast must not look fast."""
        with results.open() as lines:
            return sum('"code":0' in line or '"code": 0' in line for line in lines)

    def look_at(self, results):
        """For subclasses: called before the results are removed."""

    def measure(self, load):
        operations = self.operations(load)
        keys = max(round(operations * KEYS_PER_OPERATION), 1)
        job = jobs.write(self.folder / f"{self.line.__name__}s-{operations}.ndjson", operations, keys, self.line)
        results = self.folder / self.results
        results.unlink(missing_ok=True)
        usage = run(self.pinned(self.command(job, load)), self.environment)
        succeeded = self.counted(results)
        self.look_at(results)
        results.unlink()
        if succeeded != operations:
            raise Failed(f"{self.name}: {succeeded} of {operations} operations succeeded\n{usage.output[-2000:]}")
        return Measurement(operations, usage.wall, usage)


def trust(load):
    return [load.certificate] if load.certificate else []


class Koobatch(JobClient):
    name = "koobatch"
    about = "koobatch run: a job file, validated first; a durable report"
    environment = {TOKEN_VARIABLE: TOKEN}
    results = "koobatch.report.ndjson"

    def command(self, job, load):
        command = [KOOBATCH, "run", job, "--endpoint", load.url, "--token-env", TOKEN_VARIABLE, "--user-id", "1"]
        command += ["--connections", load.connections, "--report", self.folder / self.results, "--progress", "none"]
        return command + (["--cacert", load.certificate] if load.certificate else [])


class KoobatchHttp2(Koobatch):
    """Over HTTP/2, with so many streams on each connection."""

    name = "koobatch-2"
    about = "koobatch run over HTTP/2: a job file, validated first; a durable report"
    results = "koobatch-2.report.ndjson"
    line = staticmethod(jobs.rename)

    def __init__(self, folder, core, streams):
        super().__init__(folder, core)
        self.streams = streams

    def command(self, job, load):
        return [*super().command(job, load), "--http", "2", "--streams", self.streams]


class Go(JobClient):
    name = "go"
    about = "Go net/http, a goroutine per connection"
    share = 0.5

    def missing(self):
        return "" if shutil.which("go") else "go is not installed"

    def prepare(self):
        command = ["go", "build", "-o", str(self.folder / "client-go"), str(SOURCES / "client.go")]
        subprocess.run(command, check=True, env={**os.environ, "GOCACHE": str(self.folder / "go-cache")})

    def command(self, job, load):
        program = self.folder / "client-go"
        return [program, job, self.folder / self.results, load.url, load.connections, *trust(load)]


class Node(JobClient):
    name = "node"
    about = "Node undici, a loop per connection"
    share = 0.25
    environment = {"NODE_PATH": NODE_MODULES}

    def missing(self):
        if not shutil.which("node"):
            return "node is not installed"
        return "" if Path(NODE_MODULES, "undici").exists() else "undici is not installed"

    def command(self, job, load):
        program = SOURCES / "client.js"
        return ["node", program, job, self.folder / self.results, load.url, load.connections, *trust(load)]


class Aiohttp(JobClient):
    name = "aiohttp"
    about = "Python aiohttp, a task per connection"
    share = 0.05

    @staticmethod
    def python():
        """Debian's packages are for Debian's interpreter, which need not be the first in the path."""
        for program in ("/usr/bin/python3", sys.executable):
            found = subprocess.run([program, "-c", "import aiohttp"], stderr=subprocess.DEVNULL, check=False)
            if found.returncode == 0:
                return program
        return None

    def missing(self):
        return "" if self.python() else "aiohttp is not installed"

    def command(self, job, load):
        program = SOURCES / "client.py"
        return [self.python(), program, job, self.folder / self.results, load.url, load.connections, *trust(load)]


class LoadGenerator(Client):
    """Sends one request over and over."""

    program = ""

    def missing(self):
        return "" if shutil.which(self.program) else f"{self.program} is not installed"

    def prepare(self):
        self.request = request.sample(self.folder, TOKEN)
        self.body = self.folder / "body.json"
        self.body.write_text(self.request.body)

    def headers(self):
        return [part for name, value in self.request.headers for part in ("-H", f"{name}: {value}")]


class Wrk(LoadGenerator):
    name = "wrk"
    about = "wrk -t1, one request over and over"
    program = "wrk"
    pace = 100_000  # assumed operations a second, from which its duration follows

    def prepare(self):
        super().prepare()
        (self.folder / "request.lua").write_text(request.wrk_script(self.request))

    def measure(self, load):
        seconds = max(round(load.operations / self.pace), 1)
        command = ["wrk", "-t1", f"-c{load.connections}", f"-d{seconds}s", "-s", self.folder / "request.lua"]
        usage = run(self.pinned([*command, load.url + self.request.path]))
        return Measurement(*wrk_result(usage.output), usage)


UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}


def wrk_result(output):
    """The requests and seconds in wrk's output."""
    found = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m|h),", output)
    if not found or "Non-2xx" in output or "Socket errors" in output:
        raise Failed(f"wrk:\n{output}")
    return int(found[1]), float(found[2]) * UNITS[found[3]]


class H2load(LoadGenerator):
    name = "h2load"
    about = "h2load --h1 -t1, one request over and over"
    program = "h2load"
    protocol = ("--h1", "-m1")

    def measure(self, load):
        operations = self.operations(load)
        command = ["h2load", *self.protocol, "-t1", f"-c{load.connections}", f"-n{operations}", "-d", self.body]
        usage = run(self.pinned([*command, *self.headers(), load.url + self.request.path]))
        succeeded = re.search(r"status codes: (\d+) 2xx", usage.output)
        if not succeeded or int(succeeded[1]) != operations:
            raise Failed(f"h2load:\n{usage.output}")
        return Measurement(operations, usage.wall, usage)


class H2loadHttp2(H2load):
    """Over HTTP/2, with the header fields of koobatch, of which it repeats every one."""

    name = "h2load-2"
    about = "h2load -t1, one request over and over, over HTTP/2"

    def __init__(self, folder, core, streams):
        super().__init__(folder, core)
        self.protocol = (f"-m{streams}",)


class Hey(LoadGenerator):
    name = "hey"
    about = "hey, one request over and over"
    program = "hey"
    share = 0.25

    def operations(self, load):
        """It gives each connection the same number of requests."""
        return super().operations(load) // load.connections * load.connections

    def measure(self, load):
        operations = self.operations(load)
        command = ["hey", "-cpus", 1, "-c", load.connections, "-n", operations, "-m", "POST", "-D", self.body]
        command += ["-T", "application/json", *self.headers(), load.url + self.request.path]
        usage = run(self.pinned(command))
        succeeded = re.search(r"\[200\]\s+(\d+) responses", usage.output)
        if not succeeded or int(succeeded[1]) != operations:
            raise Failed(f"hey:\n{usage.output}")
        return Measurement(operations, usage.wall, usage)


class Floor(LoadGenerator):
    name = "floor"
    about = "a bare epoll loop, one request over and over: what the kernel allows"
    tls = False

    def missing(self):
        return "" if self.binary.exists() else f"{self.binary} is not built"

    @property
    def binary(self):
        return ROOT / "build" / "release" / "bench" / "floor"

    def measure(self, load):
        operations = self.operations(load)
        host = load.url.split("//")[1]
        bytes_sent = self.folder / "request.bin"
        bytes_sent.write_bytes(request.raw(self.request, host))
        usage = run(self.pinned([self.binary, host.split(":")[1], load.connections, operations, bytes_sent]))
        return Measurement(operations, usage.wall, usage)


ALL = (Koobatch, Wrk, Floor, H2load, Hey, Go, Node, Aiohttp)
