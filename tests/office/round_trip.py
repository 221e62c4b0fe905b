"""An exported state that is edited in a spreadsheet: what is planned is what was edited, and only that."""

import csv
import itertools
import json
import re
import subprocess
from contextlib import contextmanager

from office import cases
from office.check import ENVIRONMENT, INVALID, TIMEOUT, Difference
from office.libreoffice import STANDARD, TEXT, Export, import_filter

USER = "42"
EDITED = "edited"
PROPOSAL = re.compile(r'mangled\S*\.csv:(\d+): .*its id was probably "(\d+)"')
EXPORTS = (Export(",", "utf-8"), Export(";", "utf-8", quote_all=True), Export(",", "utf-8", as_shown=False))


def folders():
    """Items with every name that a shared folder may have."""
    names = [name for name in cases.NAMES if not cases.FORBIDDEN_IN_FOLDERS.search(name)]
    return [{"type": "shared_folder", "id": str(1757156480072657793 + number * 7919), "user_id": USER, "name": name,
             "ownerId": USER} for number, name in enumerate(names)]


@contextmanager
def service(program, folder):
    """The simulator with those items: its address."""
    items = folder / "items.ndjson"
    items.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in folders()), encoding="utf-8")
    with subprocess.Popen([program, "simulate", "--state", items], stdout=subprocess.PIPE, text=True,
                          env=ENVIRONMENT) as process:
        try:
            yield re.search(r"http://\S+", process.stdout.readline())[0]
        finally:
            process.terminate()


def run(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=TIMEOUT,
                          env=ENVIRONMENT | {"TOKEN": "secret"})


def export(program, url, out):
    finished = run(program, "export", "--endpoint", url, "--token-env", "TOKEN", "--user-id", USER, "--types",
                   "shared_folder", "--out", out, "--progress", "none")
    if finished.returncode:
        raise Difference(f"not exported: {finished.stderr}")
    return out


def edit(source, target, edited):
    """Fills in the new names of some rows, as a person would."""
    with source.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    new_name = header.index("new_name")
    for number in edited:
        rows[number][new_name] = f"{EDITED} {number}"
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return len(header), {row[header.index("id")].lstrip("'") for row in (rows[number] for number in edited)}


def planned(program, desired, state):
    """The IDs of what would be changed."""
    finished = run(program, "plan", desired, "--state", state, "--json", "--max-changes", "100%")
    if finished.returncode:
        raise Difference(f"{desired}: exit status {finished.returncode}\n{finished.stdout}{finished.stderr}")
    types = json.loads(finished.stdout)["types"]
    return {line["id"] for kind in types for line in kind["first_lines"]}


def without_guards(source, target):
    """As if a program had taken the apostrophes off that keep spreadsheets from reading numbers and dates."""
    with source.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([header, *([cell.removeprefix("'") for cell in row] for row in rows)])
    return target, header, [row[header.index("id")].removeprefix("'") for row in rows]


def check_mangled(program, office, folder, kinds, exported, state):
    """Identifiers became numbers, so every row is refused, with the identifier that it had."""
    source, header, ids = without_guards(exported, folder / "mangled.csv")
    for kind in kinds:
        (book,) = office.make([source], kind, [import_filter([STANDARD] * len(header))])
        saved = office.save([book], EXPORTS[0]) / f"{book.stem}.csv"
        finished = run(program, "plan", saved, "--state", state, "-v")
        if finished.returncode != INVALID:
            raise Difference(f"{saved}: exit status {finished.returncode}\n{finished.stdout}{finished.stderr}")
        proposed = {int(line) - 2: id for line, id in PROPOSAL.findall(finished.stderr)}
        if not proposed or any(ids[row] != id for row, id in proposed.items()):
            raise Difference(f"{saved}: proposes {proposed}\n{finished.stderr}")
        if not f"in {len(ids)} of {len(ids)} items" in finished.stderr:
            raise Difference(f"{saved}: not every row was found\n{finished.stderr}")
    return len(kinds)


def check(program, office, folder, kinds):
    """Returns how many spreadsheets were planned from as they are meant."""
    tried = 0
    with service(program, folder) as url:
        state = export(program, url, folder / "state.ndjson")
        exported = export(program, url, folder / "state.csv")
        for edited in ((), (0, 7)):
            source = folder / f"trip-{len(edited)}.csv"
            columns, ids = edit(exported, source, edited)
            # Opened by a double click, what looks like a number would become one.
            for kind, type in itertools.product(kinds, (TEXT, STANDARD)):
                (book,) = office.make([source], kind, [import_filter([type] * columns)])
                for way in EXPORTS:
                    saved = office.save([book], way) / f"{book.stem}.csv"
                    if (found := planned(program, saved, state)) != ids:
                        raise Difference(f"{saved}: plans {sorted(found)} instead of {sorted(ids)}")
                    tried += 1
        tried += check_mangled(program, office, folder, kinds, exported, state)
    return tried
