"""What koobatch takes a job for, and what is right."""

import itertools
import json
import os
import re
import subprocess

from office import cases

TIMEOUT = 30  # seconds
INVALID = 3  # exit status
USER = "1"  # whose the operations are that name nobody
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("KOOBATCH_")}


class Difference(Exception):
    """A job was taken otherwise than is right."""


# What is to be


def number_lines(rows):
    """With the line on which each starts, the header being one line long."""
    line = 2
    for row in rows:
        yield line, row
        line += 1 + sum(value.count("\n") for value in row.values())


def request_of(line, row):
    if row["op"] == cases.RENAME:
        path = "/koodrive/ose/v1/sharefolder/rename"
        body = {"id": row["id"], "fileName": row["fileName"]}
    else:
        path = f"/koodrive/ose/v1/{row['albumId']}/update"
        body = {"scopeKind": int(row["scopeKind"])}
        if row.get("name"):
            body["name"] = row["name"]
        if row.get("scopeDirList"):
            body["scopeDirList"] = row["scopeDirList"].split(";")
    return line, path, row.get("user_id") or USER, body


def result_of(line, row):
    return line, row["op"], row.get("id") or row.get("albumId"), row.get("ref", ""), "succeeded"


# What is

REQUEST = re.compile(
    r"^# line (\d+)\nPOST http://[^/]*(\S+) HTTP/1\.1\n(?:.+\n)*?X-User-Id: (.*)\n(?:.+\n)*\n(.*)$", re.MULTILINE
)


def requests(printed):
    """Of a dry run."""
    return [(int(line), path, user, json.loads(body)) for line, path, user, body in REQUEST.findall(printed)]


def results(report):
    with report.open(encoding="utf-8") as lines:
        found = [result for result in map(json.loads, lines) if result["type"] == "result"]
    found.sort(key=lambda result: result["line"])
    return [(one["line"], one["op"], one["id"], one.get("ref", ""), one["status"]) for one in found]


def compare(what, found, meant):
    for one, other in itertools.zip_longest(found, meant):
        if one != other:
            raise Difference(f"{what} {one!r} instead of {other!r}")


class Koobatch:
    """The program, and reports of its runs in a folder."""

    def __init__(self, program, folder):
        self._program = program
        self._reports = (folder / f"report-{number}.ndjson" for number in itertools.count(1))

    def check(self, job, case):
        """Against what is right for the case."""
        self._check_words(case, "validate", job)
        if case.meant:
            self._check_read(job, case)
        else:
            self._check_refused(job, case)

    def _check_words(self, case, command, job, *options):
        output, messages = self._call(0 if case.meant else INVALID, command, job, *case.options, *options)
        for expression in case.says:
            if not re.search(expression, output + messages):
                raise Difference(f"{command} does not say {expression}:\n{output}{messages}")

    def _check_read(self, job, case):
        if not case.warned:
            self._call(0, "validate", job, *case.options, "--strict")
        lines = list(number_lines(case.meant))
        run = ("run", job, *case.options, "--simulate", "--user-id", USER)
        compare("request", requests(self._call(0, *run, "--dry-run")[0]), itertools.starmap(request_of, lines))
        report = next(self._reports)
        self._call(0, *run, "--report", report, "--progress", "none")
        compare("result", results(report), itertools.starmap(result_of, lines))

    def _check_refused(self, job, case):
        report = next(self._reports)
        self._check_words(case, "run", job, "--simulate", "--user-id", USER, "--report", report)
        if report.exists():
            raise Difference("a report of a job that was refused")

    def _call(self, status, *arguments):
        """What it printed on standard output and error; it must end with the status."""
        command = [str(argument) for argument in (self._program, *arguments)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False,
                              env=ENVIRONMENT)
        output, messages = done.stdout.decode(), done.stderr.decode()
        if done.returncode != status:
            ended = f"{' '.join(command[1:])}\nended with {done.returncode} instead of {status}"
            raise Difference(f"{ended}:\n{output}{messages}")
        return output, messages
