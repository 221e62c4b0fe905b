"""Servers to measure against, each in a process of its own that is gone at the end."""

import shutil
import socket
import subprocess
import time

from harness.measure import Failed, pinned
from harness.project import KOOBATCH

# The documented answer to an album update, and to a rename as well: an `id` would have to be the one asked for.
ANSWER = '{"code":0,"msg":"success"}'

NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; multi_accept on; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  default_type application/json;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  server {{
    listen 127.0.0.1:{plain} backlog=4096;
    listen 127.0.0.1:{tls} ssl backlog=4096;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    location / {{ return 200 '{answer}'; }}
  }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process that is ended with the `with` block. `command` is started by the subclass's __enter__."""

    process = None

    def start(self, command, **options):
        self.process = subprocess.Popen(command, **options)

    def __exit__(self, *_):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Nginx(Server):
    """nginx on one processor, answering every request alike, with and without TLS."""

    def __init__(self, folder, core):
        self.folder = folder
        self.core = core
        self.ports = {"http": free_port(), "https": free_port()}
        self.certificate = folder / "certificate.pem"

    def url(self, scheme):
        return f"{scheme}://127.0.0.1:{self.ports[scheme]}"

    def __enter__(self):
        self._make_certificate()
        configuration = self.folder / "nginx.conf"
        configuration.write_text(
            NGINX.format(folder=self.folder, plain=self.ports["http"], tls=self.ports["https"], answer=ANSWER)
        )
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.start(pinned([program, "-c", str(configuration), "-e", str(self.folder / "nginx.log")], self.core))
        for port in self.ports.values():
            self._wait_for(port)
        return self

    def _make_certificate(self):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-days", "30", "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1"]
        command += ["-keyout", str(self.folder / "key.pem"), "-out", str(self.certificate)]
        subprocess.run(command, stderr=subprocess.DEVNULL, check=True)

    def _wait_for(self, port):
        for _ in range(200):
            if self.process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise Failed(f"nginx does not listen on port {port}; see {self.folder / 'nginx.log'}")


class Simulator(Server):
    """`koobatch simulate` with these flags."""

    def __init__(self, flags=()):
        self.flags = flags
        self.url = ""

    def __enter__(self):
        self.start([str(KOOBATCH), "simulate", *self.flags], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip().removeprefix("listening on ")
        if not self.url:
            raise Failed("koobatch simulate did not start")
        return self
