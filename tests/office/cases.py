"""What people do to their jobs in a spreadsheet, and what koobatch has to make of it."""

import re
from dataclasses import dataclass

from office.document import Formula, Number

RENAME = "rename_shared_folder"
ALBUM = "update_album"

# First what every encoding has, then what only some have.
NAMES = [
    "plain", "O'Neill & Sons", "'quoted first", "=1+1", "=SUM(A1:A2)", "+49 30", "-x", "@home", "007", "1,5", "1.5",
    "1E5", "2024-01-02", "TRUE", "50%", "a;b,c", "C:\\x", 'say "cheese"', 'a "" b', "what?", "Été “à Zürich”",
    "Größe 5 µ", "Räume, Flure; Höfe", "aus „Köln“ an", "naïve Łódź", "照片 2024", "北京，上海", "𠀀𠮷", "Ελλάδα", "עברית",
    "सभी",
]
FORBIDDEN_IN_FOLDERS = re.compile('[<>|:*?"/\n\t]')
COLUMNS = ["op", "id", "albumId", "fileName", "name", "scopeDirList", "scopeKind", "user_id", "ref", "comment"]


def operations(encoding):
    """With every name that the encoding has."""
    found = []
    for number, name in enumerate(NAMES):
        if name.encode(encoding, errors="ignore").decode(encoding) != name:
            continue
        if not FORBIDDEN_IN_FOLDERS.search(name):
            found.append({
                "op": RENAME,
                "id": str(1757156480072657793 + number * 7919),
                "fileName": name,
                "user_id": str(2850086000000000101 + number) if number % 2 else "",
                "ref": f"ticket {number}, Größe" if number % 3 else "",
            })
        found.append({
            "op": ALBUM,
            "albumId": str(1795607640592646273 + number * 7919),
            "name": name,
            "scopeDirList": ";".join(str(2850086000000000203 + item) for item in range(number % 4)),
            "scopeKind": str(1 + number % 2),
            "comment": "not for the service,\nof two lines" if number % 5 == 0 else "",
        })
    return found


@dataclass(frozen=True)
class Case:
    """A job, and what is right for it: it is read if anything is meant by it, or else refused."""

    name: str
    rows: tuple  # cells; the header first
    options: tuple = ()
    meant: tuple = ()  # operations
    says: tuple = ()  # expressions, of which each matches what `validate` prints
    warned: bool = False


IDS = [str(1757156480072657793 + number * 7919) for number in range(4)]
MEANT = tuple({"op": RENAME, "id": id, "fileName": f"name {number}"} for number, id in enumerate(IDS))
HEADER = ("op", "id", "fileName")
ROWS = tuple((row["op"], row["id"], row["fileName"]) for row in MEANT)


def letters(encoding):
    """A name in letters that not every encoding has: LibreOffice writes question marks then, and says nothing."""
    album = {"op": ALBUM, "albumId": IDS[0], "scopeKind": "1", "name": "照片 2024"}
    rows = (tuple(album), tuple(album.values()))
    if encoding != "windows-1252":
        return Case("letters", rows, meant=(album,))
    return Case("letters", rows, meant=(album | {"name": "?? 2024"},), warned=True,
                says=(":2: warning: name: has question marks for a word",))


def ids_as(change):
    """The job with all IDs changed."""
    return (HEADER, *((op, change(id), name) for op, id, name in ROWS))


def last(**cells):
    """The job with the last row changed."""
    row = dict(zip(HEADER, ROWS[-1])) | cells
    return (HEADER, *ROWS[:-1], tuple(row.values()))


def formatted(name):
    return ids_as(lambda id: Number(id, name))


EXPORT_AGAIN = ": format the column as text and export it again"
SHORTENED = "looks like a number that a spreadsheet has shortened" + EXPORT_AGAIN
DECIMALS = "looks like a number that a program has given decimals" + EXPORT_AGAIN
GROUPS = "looks like a number with its digits in groups" + EXPORT_AGAIN
LOST = "4 of 4 identifiers of 18 to 20 digits end in zeros after the 15th digit, as left by a spreadsheet.*" + EXPORT_AGAIN


def _numbers():
    yield Case("number", ids_as(Number), says=(rf":2: id: .*{SHORTENED}", rf":5: id: .*{SHORTENED}"))
    yield Case("scientific", formatted("scientific"), says=(rf":2: id: .*{SHORTENED}",))
    # If cells are not saved as they are shown, formats do not count.
    yield Case("whole", formatted("whole"), says=(f"{LOST}|:2: id: .*{SHORTENED}",))
    yield Case("decimals", formatted("decimals"), says=(f":2: id: .*({DECIMALS}|{SHORTENED})",))
    yield Case("grouped", formatted("grouped"), says=(f":2: id: .*({GROUPS}|{SHORTENED})",))
    columns = ("op", "albumId", "name", "user_id", "scopeParentFolderId", "scopeDirList")
    rows = (
        (ALBUM, Number(IDS[0]), "name", "42", IDS[2], IDS[3]),
        (ALBUM, IDS[0], "name", Number(IDS[1]), IDS[2], IDS[3]),
        (ALBUM, IDS[0], "name", "42", Number(IDS[2]), IDS[3]),
        (ALBUM, IDS[0], "name", "42", IDS[2], Number(IDS[3])),
    )
    says = tuple(f":{line}: {field}: .*{SHORTENED}" for line, field in
                 ((2, "albumId"), (3, "user_id"), (4, "scopeParentFolderId"), (5, "scopeDirList")))
    yield Case("numbers-elsewhere", (columns, *rows), says=says)


def _marks():
    """What surrounds an ID: refused, and accepted on request."""
    for name, mark, says in (
        ("apostrophe", "'{}", r"begins with an apostrophe .*--trim"),
        ("formula-text", '="{}"', r"is written as a spreadsheet's formula, .*--trim"),
        ("blank-before", " {}", r"begins with .*--trim"),
        ("blank-after", "{} ", r"ends with .*--trim"),
        ("no-break-space", "{}\u00a0", r"ends with U\+00A0 .*--trim"),
        ("zero-width-space", "\u200b{}", r"begins with U\+200B .*--trim"),
    ):
        yield Case(name, ids_as(mark.format), says=(":2: id: " + says,))
        yield Case(name, ids_as(mark.format), ("--trim",), MEANT)


def _other_faults():
    error_value = r":5: id: .* is a spreadsheet's error value: correct the cell"
    for name, formula in (("not-available", "=NA()"), ("division", "=1/0"), ("no-such-name", "=nosuchname")):
        yield Case(name, last(id=Formula(formula)), says=(error_value,))
    yield Case("line-break", last(id="17571564800\n72657793"), says=(r":5: id: contains a line break",))
    yield Case("inner-blank", last(id="17571564800\u00a072657793"), says=(f":5: id: .*{GROUPS}",))
    yield Case("blank-op", last(op=f" {RENAME}"), says=(r":5: op: begins with .*--trim",))
    yield Case("quote-in-name", last(fileName='the "best"'), says=(r""":5: fileName: contains '"'""",))
    commented = ((*HEADER, "comment"), *((*row, "mine") for row in ROWS))
    yield Case("comment", commented, says=(r":2: comment: .*--ignore-columns comment",))
    yield Case("comment", commented, ("--ignore-columns", "comment"), MEANT)
    yield Case("nameless", (HEADER, *ROWS[:-1], (*ROWS[-1], "mine")), says=(r":5: .*column that has no name",))


def _additions():
    """What spreadsheets add, and nobody means."""
    nothing = Formula('=""')
    ends = (*((*row, nothing, nothing) for row in (HEADER, *ROWS)), *[(nothing,) * 5] * 40)
    yield Case("ends", ends, meant=MEANT, says=("40 empty rows ignored",))
    yield Case("header", ((" Op", "ID ", "File Name"), *ROWS), meant=MEANT, says=('column "File Name" as fileName',))
    yield Case("without-op", (HEADER[1:], *(row[1:] for row in ROWS)), ("--op", RENAME), MEANT)
    blank = last(fileName="name 3 ")
    yield Case("blank-in-name", blank, (), (*MEANT[:-1], MEANT[-1] | {"fileName": "name 3 "}), warned=True,
               says=(r":5: warning: fileName: ends with ",))
    yield Case("blank-in-name", blank, ("--trim",), MEANT)
    odd = ("two\nlines", "„Köln“")
    album = {"op": ALBUM, "albumId": IDS[0], "scopeKind": "1"}
    rows = ((*album, "name"), *((*album.values(), name) for name in odd))
    yield Case("odd-names", rows, (), tuple(album | {"name": name} for name in odd), warned=True,
               says=(r":2: warning: name: contains U\+000A", ":4: warning: name: is in quotes"))
    short = tuple((ALBUM, id, Number("1"), Number("42", "whole")) for id in IDS)
    yield Case("short-numbers", (("op", "albumId", "scopeKind", "user_id"), *short),
               meant=tuple({"op": ALBUM, "albumId": id, "scopeKind": "1", "user_id": "42"} for id in IDS))


def cases():
    return [*_numbers(), *_marks(), *_other_faults(), *_additions()]
