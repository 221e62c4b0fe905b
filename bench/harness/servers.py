"""Servers to measure against, each in a separate process that is ended afterwards."""

import shutil
import socket
import subprocess
import time

from harness.measure import Failed, pinned
from harness.project import KOOBATCH

# The documented answer to an album update, and to a rename as well: an `id` would have to be the one asked for.
ANSWER = '{"code":0,"msg":"success"}'

# Of every nginx here: nothing is written outside its folder, and connections are kept.
NGINX_HTTP = """  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  default_type application/json;
  keepalive_requests 1000000000;
"""

NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; multi_accept on; }}
http {{
""" + NGINX_HTTP + """  keepalive_timeout 600s;
  server {{
    listen 127.0.0.1:{plain} backlog=4096;
    listen 127.0.0.1:{tls} ssl backlog=4096;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    location / {{ return 200 '{answer}'; }}
  }}
  server {{
    # As it is by default, when somebody switches HTTP/2 on.
    listen 127.0.0.1:{http2} http2 backlog=4096;
    keepalive_requests 1000;
    location / {{ return 200 '{answer}'; }}
  }}
}}
"""

NGINX_LIMIT = """
daemon off;
master_process off;
pid {folder}/limit.pid;
error_log {folder}/limit.log crit;
events {{ worker_connections 4096; }}
http {{
""" + NGINX_HTTP + """  limit_req_zone $server_port zone=all:1m rate={rate}r/s;
  limit_req_status {status};
  server {{
    listen 127.0.0.1:{port};
    location / {{
      limit_req zone=all {burst};
      proxy_pass http://127.0.0.1:{behind};
    }}
  }}
  server {{
    listen 127.0.0.1:{behind};
    location / {{ return 200 '{answer}'; }}
  }}
}}
"""

HAPROXY_LIMIT = """
global
  nbthread 1
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
frontend limited
  bind 127.0.0.1:{port}
  stick-table type ip size 1k expire 60s store http_req_rate(1s)
  http-request track-sc0 src
  http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt {rate} }}
  http-request return status 200 content-type application/json string '{answer}'
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder):
    """certificate.pem and key.pem for 127.0.0.1."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "30", "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(command, stderr=subprocess.DEVNULL, check=True)


class Server:
    """A process that is ended with the `with` block. `command` is started by the subclass's __enter__."""

    process = None

    def start(self, command, **options):
        self.process = subprocess.Popen(command, **options)

    def wait_for(self, port):
        for _ in range(200):
            if self.process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise Failed(f"{self.process.args} does not listen on port {port}")

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
    """nginx on one processor, answering every request alike, with and without TLS; and over HTTP/2 without TLS, ending
    connections after 1,000 requests."""

    def __init__(self, folder, core):
        self.folder = folder
        self.core = core
        self.ports = {"http": free_port(), "https": free_port(), "http2": free_port()}
        self.certificate = folder / "certificate.pem"

    def url(self, scheme):
        return f"{scheme}://127.0.0.1:{self.ports[scheme]}"

    @property
    def http2_url(self):
        return f"http://127.0.0.1:{self.ports['http2']}"

    def __enter__(self):
        make_certificate(self.folder)
        configuration = self.folder / "nginx.conf"
        configuration.write_text(
            NGINX.format(folder=self.folder, answer=ANSWER, plain=self.ports["http"],
                         tls=self.ports["https"], http2=self.ports["http2"])
        )
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.start(pinned([program, "-c", str(configuration), "-e", str(self.folder / "nginx.log")], self.core))
        for port in self.ports.values():
            self.wait_for(port)
        return self


class Nghttpd(Server):
    """nghttpd on one processor, speaking HTTP/2, with or without TLS: one file is its answer to every request for
    `path`."""

    def __init__(self, folder, core, path, tls):
        self.folder = folder
        self.core = core
        self.path = path
        self.port = free_port()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.certificate = folder / "certificate.pem" if tls else None

    def __enter__(self):
        documents = self.folder / "documents"
        document = documents / self.path.lstrip("/")
        document.parent.mkdir(parents=True, exist_ok=True)
        document.write_text(ANSWER)
        command = ["nghttpd", "--address=127.0.0.1", f"--htdocs={documents}", str(self.port)]
        if self.certificate:
            make_certificate(self.folder)
            command += [str(self.folder / "key.pem"), str(self.certificate)]
        else:
            command.insert(1, "--no-tls")
        self.start(pinned(command, self.core), stdout=subprocess.DEVNULL)
        self.wait_for(self.port)
        return self


class Limited(Server):
    """A server that accepts a limited number of requests a second, on one port."""

    def __init__(self, program, arguments, configuration, **values):
        self.command = [shutil.which(program) or f"/usr/sbin/{program}", *arguments]
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.configuration = configuration.format(port=self.port, answer=ANSWER, **values)

    def __enter__(self):
        path = self.command[-1]
        path.write_text(self.configuration)
        self.start(self.command)
        self.wait_for(self.port)
        return self


class NginxLimit(Limited):
    """nginx's limit_req: a leaky bucket that holds `burst` requests."""

    def __init__(self, folder, rate, burst, status):
        super().__init__("nginx", ["-e", str(folder / "limit.log"), "-c", folder / "limit.conf"], NGINX_LIMIT,
                         folder=folder, behind=free_port(), rate=rate, status=status,
                         burst=f"burst={burst} nodelay" if burst else "")


class HaproxyLimit(Limited):
    """HAProxy with a stick table: it counts the requests it refuses, too."""

    def __init__(self, folder, rate):
        super().__init__("haproxy", ["-db", "-f", folder / "haproxy.conf"], HAPROXY_LIMIT, rate=rate)


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
