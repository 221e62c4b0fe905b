"""Where things are, and how to get them ready."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / "build" / "bench"
KOOBATCH = ROOT / "build" / "release" / "koobatch"


def progress(text):
    print(text, file=sys.stderr, flush=True)


def install(*groups):
    """What `.ci/install` lists. Not all of it may be had: what is missing is skipped later, by who needs it."""
    done = subprocess.run([ROOT / ".ci" / "install", *groups], stdout=sys.stderr, check=False)
    if done.returncode != 0:
        progress("not everything could be installed; what needs it is skipped")


def build(*targets, options=()):
    """Builds CMake targets as released."""
    subprocess.run(["cmake", "--preset", "release", *options], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    command = ["cmake", "--build", "--preset", "release", "--target", *targets]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)


def scratch(name):
    """A folder of a benchmark's own, on the disk the project is on."""
    folder = SCRATCH / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
