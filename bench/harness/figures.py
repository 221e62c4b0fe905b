"""What is made of the measurements: medians, spreads, ratios, tables."""

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
    """Round by round, so that what slows down the machine for a while slows down both sides of a ratio. Both are by
    round; rounds that only one of them has are left out."""
    return [ours[i] / theirs[i] for i in sorted(ours.keys() & theirs.keys())]


def rotated(items, by):
    """In another order each round: nobody always goes after the same neighbour's heat."""
    if not items:
        return []
    start = by % len(items)
    return [*items[start:], *items[:start]]


def rate_error(arrivals, rate):
    """By how much the mean rate of what arrived at these times (seconds, in order) misses `rate`, as a share of it."""
    mean = (len(arrivals) - 1) / (arrivals[-1] - arrivals[0])
    return abs(mean - rate) / rate


def lateness(arrivals, rate, burst=math.inf):
    """By how much each was later (seconds) than the schedule that begins with the first has it, one every 1 / `rate`. Who
    is early is not late. A limit allows no more than `burst` seconds' worth to be made up: a longer stall moves the
    schedule by the rest, and what comes after it is not late for that."""
    late, due = [], arrivals[0]
    for at in arrivals:
        due = max(due, at - burst)
        late.append(max(0.0, at - due))
        due += 1 / rate
    return late


def percentile(values, fraction):
    """The least of the values that at least this share of them does not exceed."""
    return sorted(values)[max(math.ceil(fraction * len(values)), 1) - 1]


def thousands(number):
    return f"{number:,.0f}"


def mebibytes(size):
    return f"{size / (1 << 20):.1f}"


def with_spread(figure, show):
    """'120 (110 to 131)'"""
    return f"{show(figure.median)} ({show(figure.least)} to {show(figure.most)})"


def table(headings, rows):
    """A Markdown table whose columns line up: the first to the left, the others to the right."""
    cells = [headings, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headings))]

    def line(row):
        first = row[0].ljust(widths[0])
        return "| " + " | ".join([first, *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]) + " |"

    rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])]) + "|"
    return "\n".join([line(headings), rule, *map(line, rows)])
