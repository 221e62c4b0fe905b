"""How much of a limit a run used, from its report."""

import json
from dataclasses import dataclass
from datetime import datetime

START = 3  # seconds in which the limit is searched for
REFUSALS = (429, 503)


@dataclass(frozen=True)
class Course:
    """The outcomes of a run's requests, by when they were sent: seconds since the first of them."""

    accepted: list
    refused: list
    last_fresh: float  # when the last operation was sent for the first time


@dataclass(frozen=True)
class Score:
    accepted: int
    utilisation: float  # accepted to permitted, from START until the last operation was sent for the first time
    early: int  # refused, until START
    late: int  # refused, after that
    seconds: float  # until the last was accepted


def read(report):
    """The course of the run with this report."""
    accepted, refused, fresh = [], [], []
    with open(report) as lines:
        for line in lines:
            if '"type":"result"' not in line:
                continue
            result = json.loads(line)
            attempts = result.get("history") or [result]
            sent = [_seconds(attempt["at"]) - attempt.get("latency_ms", 0) / 1000 for attempt in attempts]
            fresh.append(min(sent))
            for at, attempt in zip(sent, attempts):
                if attempt.get("http") in REFUSALS:
                    refused.append(at)
                elif attempt.get("http") == 200:
                    accepted.append(at)
    begin = min(fresh)
    return Course([at - begin for at in accepted], [at - begin for at in refused], max(fresh) - begin)


def permitted(steps, begin, end):
    """How many requests a limit lets through from `begin` to `end`: `steps` are (from when, requests a second)."""
    ends = [at for at, _ in steps[1:]] + [float("inf")]
    return sum(rate * max(min(until, end) - max(at, begin), 0) for (at, rate), until in zip(steps, ends))


def score(course, steps):
    used = sum(START <= at < course.last_fresh for at in course.accepted)
    may = permitted(steps, START, course.last_fresh)
    early = sum(at < START for at in course.refused)
    return Score(
        accepted=len(course.accepted),
        utilisation=used / may if may else 0,
        early=early,
        late=len(course.refused) - early,
        seconds=max(course.accepted, default=0),
    )


def _seconds(timestamp):
    return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()
