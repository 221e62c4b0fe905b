"""The PostgreSQL that workers share, and what passes between them and it."""

import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

from harness.measure import Failed, pinned
from harness.servers import Server

PROGRAMS = Path("/usr/lib/postgresql")  # where Debian puts those of each version
TICKS = os.sysconf("SC_CLK_TCK")


def programs():
    """The folder with the programs of the newest version."""
    versions = sorted(PROGRAMS.glob("*/bin/postgres"), key=lambda path: int(path.parent.parent.name))
    if not versions:
        raise Failed("PostgreSQL is not installed")
    return versions[-1].parent


class Postgres(Server):
    """A new PostgreSQL on one processor, on a socket in its folder, with the settings that Debian gives it. It syncs
    to the disk that the folder is on."""

    def __init__(self, folder, core):
        self.folder = folder
        self.core = core
        self.data = folder / "data"
        self.log = folder / "server.log"

    @property
    def url(self):
        return f"postgresql://koobatch@/postgres?host={self.folder}"

    @property
    def socket(self):
        return str(self.folder / ".s.PGSQL.5432")

    def __enter__(self):
        shutil.rmtree(self.data, ignore_errors=True)
        self.log.write_text("")
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            for path in (self.folder, self.log):
                os.chown(path, user.pw_uid, user.pw_gid)
        initdb = [programs() / "initdb", "-D", self.data, "-U", "koobatch", "-A", "trust", "-E", "UTF8", "--data-checksums"]
        subprocess.run(self._as_its_user(initdb), cwd=self.folder, stdout=subprocess.DEVNULL, check=True)
        command = [programs() / "postgres", "-D", self.data, "-k", self.folder, "-c", "listen_addresses=",
                   "-c", "log_checkpoints=on", "-c", "log_autovacuum_min_duration=0", "-c", "log_timezone=UTC"]
        with self.log.open("ab") as log:
            self.start(pinned(self._as_its_user(command), self.core), cwd=self.folder, stderr=log)
        for _ in range(500):
            if subprocess.run([programs() / "pg_isready", "-q", "-h", self.folder], check=False).returncode == 0:
                return self
            time.sleep(0.02)
        raise Failed(f"PostgreSQL does not start: {self.log.read_text()[-2000:]}")

    def _as_its_user(self, command):
        """PostgreSQL refuses to run as root."""
        words = [str(word) for word in command]
        if os.geteuid() != 0:
            return words
        user = pwd.getpwnam("postgres")
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *words]

    def __exit__(self, *_):
        if self.process is not None:
            self.process.send_signal(2)  # at once, but cleanly: SIGTERM waits for clients
        super().__exit__()
        shutil.rmtree(self.data, ignore_errors=True)

    def query(self, statement):
        """The rows, each as a text with its columns separated by '|'."""
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", statement]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()

    def table_bytes(self):
        """What all tables and indexes of koobatch take."""
        return int(self.query("SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n"
                              " ON n.oid = relnamespace WHERE nspname = 'koobatch' AND relkind IN ('r', 'm')")[0])

    def cpu_seconds(self):
        """Of all its processes so far, but for connections that are still open."""
        def ticks(pid):
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                return 0  # it has just ended, and its parent will know
            return sum(int(field) for field in fields[11:15])

        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return (ticks(pid) + sum(ticks(child) for child in children)) / TICKS


ANSWERED = b"Z\x00\x00\x00\x05I"  # "ready for the next statement", outside of a transaction


class StatementTimer:
    """Stands before a PostgreSQL and measures how long the groups of a worker take, from the last byte of the
    statement to the last one of the answer."""

    def __init__(self, engine):
        self.engine = engine
        self.times = []  # (when it was answered, seconds it took)
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"postgresql://koobatch@127.0.0.1:{self.listener.getsockname()[1]}/postgres"

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.engine.socket)
            state = {"commits": False, "asked": 0.0}
            threading.Thread(target=self._statements, args=(client, server, state), daemon=True).start()
            threading.Thread(target=self._answers, args=(client, server, state), daemon=True).start()

    @staticmethod
    def _statements(client, server, state):
        try:
            while data := client.recv(1 << 20):
                if b"INSERT INTO koobatch.journal" in data:
                    state["commits"] = True
                server.sendall(data)
                state["asked"] = time.monotonic()
        except OSError:
            pass
        server.close()

    def _answers(self, client, server, state):
        try:
            while data := server.recv(1 << 20):
                client.sendall(data)
                if state["commits"] and data.endswith(ANSWERED):
                    state["commits"] = False
                    self.times.append((time.time(), time.monotonic() - state["asked"]))
        except OSError:
            pass
        client.close()

    def close(self):
        self.listener.close()


def sync_times(folder, seconds, size=8192):
    """What writing and syncing a block takes on the disk of the folder when nobody else uses it."""
    path = folder / "sync"
    times = []
    with path.open("wb", buffering=0) as file:
        os.posix_fallocate(file.fileno(), 0, 16 << 20)
        os.fsync(file.fileno())
        end = time.monotonic() + seconds
        at = 0
        while time.monotonic() < end:
            began = time.monotonic()
            os.pwrite(file.fileno(), b"x" * size, at)
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - began)
            at = (at + size) % (16 << 20)
    path.unlink()
    return times
