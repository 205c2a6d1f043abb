"""Tools that only npm has, installed into .cache/ by a committed lock; without npm the tests that want them say so."""

import shutil
import subprocess
from pathlib import Path

import pytest

MINUTES = 300
"""Seconds; an installation takes some ten."""


def installed(wanted: Path, place: Path, what: str) -> Path:
    """The folder where the packages of `wanted`/package-lock.json are; skips the test where they cannot be had."""
    if shutil.which("npm") is None:
        pytest.skip(f"NOT RUN: no npm here; install Debian's npm to have {what}")
    place.mkdir(parents=True, exist_ok=True)
    names = ("package.json", "package-lock.json")
    same = all(
        (place / name).exists() and (place / name).read_bytes() == (wanted / name).read_bytes() for name in names
    )
    if not (same and (place / "node_modules").exists()):
        for name in names:
            shutil.copyfile(wanted / name, place / name)
        words = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(words, cwd=place, capture_output=True, text=True, check=False, timeout=MINUTES)
        if done.returncode:
            (place / "package-lock.json").unlink()
            pytest.skip(f"NOT RUN: npm could not install what is needed for {what}: {done.stderr.strip()[-300:]}")
    return place
