"""What happened in a fleet, from the simulator's log and the engine's."""

import json
import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from harness.measure import Failed

PREFIX_BITS, LINE_BITS = 18, 32  # of a trace ID: who, which line, which attempt


@dataclass(frozen=True)
class Request:
    at: float  # when it arrived, in Unix time
    worker: int  # its trace prefix
    line: int  # of the job


def read_log(path):
    """The simulator's log, in the order of arrival."""
    with open(path) as lines:
        return [_request(json.loads(line)) for line in lines]


def _request(entry):
    trace = entry["trace_id"]
    at = datetime.fromisoformat(entry["time"].replace("Z", "+00:00")).timestamp()
    return Request(at, int(trace[:PREFIX_BITS], 2), int(trace[PREFIX_BITS:PREFIX_BITS + LINE_BITS], 2))


def taken_over(requests, lost, killed):
    """How many seconds after the kill another worker sent one of the operations that the lost worker had sent."""
    its = {one.line for one in requests if one.worker == lost}
    for one in requests:
        if one.at > killed and one.worker != lost and one.line in its:
            return one.at - killed
    raise Failed("nobody took over")


def most_within(times, window):
    """The largest number of these ascending times within any window of so many seconds."""
    return max(at - bisect_left(times, time - window, 0, at + 1) + 1 for at, time in enumerate(times))


LOGGED = re.compile(r"^(\S+ \S+) UTC \[\d+\] LOG:  (checkpoint complete|automatic)")
TOOK = re.compile(r"(?:total=|elapsed: )([\d.]+) s")


def busy_times(log):
    """When the engine was writing a checkpoint, or cleaning tables: (from, until, what), from its log."""
    busy = []
    began = None
    for line in log.splitlines():
        if found := LOGGED.match(line):
            at = datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=timezone.utc)
            began = (at, "in a checkpoint" if found[2].startswith("check") else "while tables were cleaned")
        if began and (took := TOOK.search(line)):
            at, what = began
            busy.append(((at - timedelta(seconds=float(took[1]))).timestamp(), at.timestamp(), what))
            began = None
    return busy


def explained(times, busy, limit):
    """How many of the commits (when answered, seconds taken) that took longer than `limit` overlap what."""
    counts = {}
    for at, seconds in times:
        if seconds <= limit:
            continue
        reasons = sorted({what for begin, end, what in busy if begin <= at and at - seconds <= end})
        why = " and ".join(reasons) or "at other times"
        counts[why] = counts.get(why, 0) + 1
    return counts
