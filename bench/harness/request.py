"""The one request sent by tools that cannot read a job."""

from dataclasses import dataclass

from harness import jobs
from harness.measure import run
from harness.project import KOOBATCH


@dataclass(frozen=True)
class Request:
    path: str
    headers: tuple  # of (name, value), without Host and Content-Length, which every client writes itself
    body: str


def parse(shown):
    """Reads what `koobatch run --dry-run` prints of a job with one operation."""
    head, body = shown.strip().split("\n\n", 1)
    lines = [line for line in head.splitlines() if not line.startswith("#")]
    path = "/" + lines[0].split(" ")[1].split("/", 3)[3]
    headers = [tuple(line.split(": ", 1)) for line in lines[1:]]
    kept = tuple((name, value) for name, value in headers if name.lower() not in ("host", "content-length"))
    return Request(path, kept, body.splitlines()[0])


def sample(folder, token):
    """The request koobatch itself would send for the first operation of a job, so that all send as many bytes."""
    job = folder / "sample.ndjson"
    job.write_text(jobs.line(0, 1))
    command = [str(KOOBATCH), "run", str(job), "--dry-run", "-q", "--endpoint", "http://127.0.0.1:1", "--user-id", "1"]
    return parse(run(command).output.replace("***", token))


def raw(request, host):
    """The bytes on the wire."""
    lines = [f"POST {request.path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    lines += [f"Content-Length: {len(request.body.encode())}", "", request.body]
    return "\r\n".join(lines).encode()


def wrk_script(request):
    """The request as a script for wrk."""
    headers = "".join(f"wrk.headers[{lua(name)}] = {lua(value)}\n" for name, value in request.headers)
    return f'wrk.method = "POST"\nwrk.body = {lua(request.body)}\n{headers}'


def lua(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
