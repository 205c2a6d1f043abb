"""A length of time as people write it on a command line."""

import re

from blinwatch.commands.failure import CommandError

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(s|m|min|h)?")
_SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}


def duration_s(text: str, option: str) -> float:
    """Seconds of `60s`, `5m` or `1h`. Raises `CommandError` that names the option."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or float(found[1]) <= 0:
        raise CommandError(f"{option} {text!r} is no duration; write for example 60s, 5m or 1h")
    return float(found[1]) * _SECONDS[found[2] or ""]
