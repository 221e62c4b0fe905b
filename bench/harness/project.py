"""Where things are, and how to prepare them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / "build" / "bench"
KOOBATCH = ROOT / "build" / "release" / "koobatch"


def progress(text):
    print(text, file=sys.stderr, flush=True)


def install(*groups):
    """Installs what `.ci/install` lists. Some of it may be unavailable: whatever needs that is skipped later."""
    done = subprocess.run([ROOT / ".ci" / "install", "test", *groups], stdout=sys.stderr, check=False)
    if done.returncode != 0:
        progress("not everything could be installed; what needs it is skipped")


def build(*targets, options=()):
    """Builds CMake targets with the release preset."""
    subprocess.run(["cmake", "--preset", "release", *options], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    command = ["cmake", "--build", "--preset", "release", "--target", *targets]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)


def scratch(name):
    """A separate folder for a benchmark, on the project's disk."""
    folder = SCRATCH / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
