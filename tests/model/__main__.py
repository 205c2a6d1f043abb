"""`python -m tests.model`: go through every state within the bounds, then show what each mistake would do."""

import sys

from tests.model.explore import explore
from tests.model.protocol import Protocol, Rules
from tests.model.worlds import KNOWN_RECORD_RULES, KNOWN_RECORD_WORLD, MISTAKES, WORLDS

LONG_MISTAKES = {**MISTAKES, "a known record changes nothing": (KNOWN_RECORD_RULES, KNOWN_RECORD_WORLD)}


def main() -> int:
    """Print what was found; the exit status is 1 when the protocol breaks a promise or a mistake is not caught."""
    failed = False
    for name, world in WORLDS.items():
        found = explore(Protocol(Rules(), world))
        print(f"{name}: {found.states:,} states, {found.steps:,} steps, depth {found.depth}", flush=True)  # noqa: T201 - its output is its purpose
        if found.broken is not None:
            failed = True
            print(f"  BROKEN: {found.broken}", *found.way, sep="\n    ", flush=True)  # noqa: T201 - its output is its purpose
    for name, (rules, world) in LONG_MISTAKES.items():
        found = explore(Protocol(rules, world))
        failed = failed or found.broken is None
        print(f"\nif {name}: {found.broken or 'NOT CAUGHT'}", *found.way, sep="\n    ", flush=True)  # noqa: T201 - its output is its purpose
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
