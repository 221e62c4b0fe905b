"""Evaluates measurements: medians, spreads, ratios, tables."""

import math
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """Several measurements of the same thing."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values):
        return cls(median(values), min(values), max(values))


def paired_ratios(ours, theirs):
    """Ratios round by round, so that a machine that is slower for a while affects both sides of a ratio. Both arguments
    are by round; rounds that only one of them has are left out."""
    return [ours[i] / theirs[i] for i in sorted(ours.keys() & theirs.keys())]


def rotated(items, by):
    """A different order in each round: no client always follows the same one, which may have heated the machine."""
    if not items:
        return []
    start = by % len(items)
    return [*items[start:], *items[:start]]


def rate_error(arrivals, rate):
    """How far the mean rate of arrivals at these times (seconds, in order) is from `rate`, as a share of it."""
    mean = (len(arrivals) - 1) / (arrivals[-1] - arrivals[0])
    return abs(mean - rate) / rate


def lateness(arrivals, rate, burst=math.inf):
    """How many seconds later each arrived than in the schedule that begins with the first, one every 1 / `rate`. Early
    arrivals count as 0. A limit allows at most `burst` seconds' worth to be made up: a longer stall shifts the schedule
    by the rest, so that later arrivals are not late because of it."""
    late, due = [], arrivals[0]
    for at in arrivals:
        due = max(due, at - burst)
        late.append(max(0.0, at - due))
        due += 1 / rate
    return late


def percentile(values, fraction):
    """The smallest of the values that at least this share of them does not exceed."""
    return sorted(values)[max(math.ceil(fraction * len(values)), 1) - 1]


def thousands(number):
    return f"{number:,.0f}"


def mebibytes(size):
    return f"{size / (1 << 20):.1f}"


def with_spread(figure, show):
    """'120 (110 to 131)'"""
    return f"{show(figure.median)} ({show(figure.least)} to {show(figure.most)})"


def table(headings, rows):
    """A Markdown table with aligned columns: the first to the left, the others to the right."""
    cells = [headings, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headings))]

    def line(row):
        first = row[0].ljust(widths[0])
        return "| " + " | ".join([first, *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]) + " |"

    rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])]) + "|"
    return "\n".join([line(headings), rule, *map(line, rows)])
