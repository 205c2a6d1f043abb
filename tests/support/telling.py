"""What the long runs say at a terminal, and of which code they say it."""

import subprocess


def commit() -> str:
    """The commit that is checked out, and whether the files are as it has them."""
    words = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip() or "no commit"


def say(text: str) -> None:
    """Print at once, also into a file."""
    print(text, flush=True)  # noqa: T201 - its output is its purpose
