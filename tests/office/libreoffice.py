"""LibreOffice without its windows: makes spreadsheets, and saves them as CSV, in a locale."""

import os
import signal
import subprocess
from dataclasses import dataclass

TIMEOUT = 120  # seconds; nothing here takes a tenth of it

# What LibreOffice calls encodings in its filter options.
ENCODINGS = {"utf-8": 76, "utf-16": 65535, "windows-1252": 1, "gb18030": 85}
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
# And the types that the columns of a CSV file are read as.
STANDARD = 1  # what looks like a number becomes one
TEXT = 2


class Failed(Exception):
    """LibreOffice did not do what it was started for."""


@dataclass(frozen=True)
class Export:
    """A way to save as CSV."""

    delimiter: str
    encoding: str  # Python's name for it
    quote_all: bool = False  # "Quote all text cells"
    as_shown: bool = True  # "Save cell content as shown"

    @property
    def name(self):
        looks = ", all quoted" * self.quote_all + ", not as shown" * (not self.as_shown)
        return f"{self.encoding}, {DELIMITERS[self.delimiter]}{looks}"

    @property
    def filter(self):
        options = [ord(self.delimiter), ord('"'), ENCODINGS[self.encoding]]
        if self.quote_all or not self.as_shown:
            options += [1, "", 0, *(str(flag).lower() for flag in (self.quote_all, False, self.as_shown))]
        return "csv:Text - txt - csv (StarCalc):" + ",".join(map(str, options))


def import_filter(types):
    """Reads CSV with columns of these types."""
    columns = "/".join(f"{number}/{type}" for number, type in enumerate(types, 1))
    return f"--infilter=CSV:44,34,{ENCODINGS['utf-8']},1,{columns}"


class Office:
    """LibreOffice in a locale, with a profile and a folder of its own."""

    def __init__(self, folder, locale):
        self._folder = folder
        self._profile = folder / "profile"
        (self._profile / "user").mkdir(parents=True)
        (self._profile / "user" / "registrymodifications.xcu").write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Setup/L10N">'
            f'<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>{locale}</value></prop></item></oor:items>\n'
        )

    def make(self, sources, kind, options=()):
        """Spreadsheets of the files."""
        return self._convert(sources, kind, self._folder / "made", options)

    def save(self, books, export):
        """As CSV; the folder that has it."""
        folder = self._folder / export.name
        self._convert(books, export.filter, folder)
        return folder

    def _convert(self, sources, target, folder, options=()):
        outputs = [folder / f"{source.stem}.{target.partition(':')[0]}" for source in sources]
        printed = self._run([*options, "--convert-to", target, "--outdir", str(folder), *map(str, sources)])
        if missing := [path.name for path in outputs if not path.exists()]:
            raise Failed(f"LibreOffice did not write {', '.join(missing)}:\n{printed}")
        return outputs

    def _run(self, arguments):
        """To its end. Its first process starts others, so what hangs is killed as a group."""
        profile = f"-env:UserInstallation={self._profile.as_uri()}"
        command = ["soffice", profile, "--headless", "--norestore", *arguments]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              start_new_session=True) as process:
            try:
                return process.communicate(timeout=TIMEOUT)[0].decode(errors="replace")
            except subprocess.TimeoutExpired as error:
                raise Failed(f"LibreOffice has not ended after {TIMEOUT} s") from error
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
