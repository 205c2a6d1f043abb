"""`python -m tests.fuzz [TARGET ...] --seconds S`: fuzz the readers; what breaks one is printed and ends the run.

`--atheris` lets coverage guide it (Google's atheris, `pip install atheris`, on Linux), one target a run; inputs that
break it are left in the working directory. Without it seeds are made worse at random, by a number that is told.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.mutate import mutated
from tests.fuzz.targets import SEEDS, TARGETS


def main() -> None:
    """Fuzz until the time is over or something breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=60.0, help="for each target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--atheris", action="store_true")
    asked = parser.parse_args()
    for name in asked.targets or sorted(TARGETS):
        if asked.atheris:
            _guided(name, asked.seconds)
        else:
            _at_random(name, asked.seconds, asked.seed)


def _at_random(name: str, seconds: float, seed: int) -> None:
    chance = random.Random(f"{name} {seed}")  # noqa: S311 - told, so that a run can be had again
    until_s, count, slowest_s = time.monotonic() + seconds, 0, 0.0
    while time.monotonic() < until_s:
        content = mutated(chance.choice(SEEDS[name]), chance)
        started_s = time.monotonic()
        try:
            TARGETS[name](content)
        except Exception:
            sys.stdout.write(f"{name}, seed {seed}, input {count}: {content!r}\n")
            raise
        slowest_s = max(slowest_s, time.monotonic() - started_s)
        count += 1
    sys.stdout.write(f"{name}: {count} inputs, none broke it; the slowest took {slowest_s:.2f} s\n")


def _guided(name: str, seconds: float) -> None:
    import atheris  # noqa: PLC0415 - only where it was asked for, and is installed

    def one(content: bytes) -> None:
        TARGETS[name](content)

    def worse(content: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)  # noqa: S311 - libFuzzer gives the seed
        return mutated(content or chance.choice(SEEDS[name]), chance)[:most]

    atheris.instrument_all()
    corpus = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
    for number, seed in enumerate(SEEDS[name]):
        (corpus / str(number)).write_bytes(seed)
    limits = (f"-max_total_time={round(seconds)}", "-timeout=10", "-max_len=65536")
    atheris.Setup([sys.argv[0], *limits, str(corpus)], one, custom_mutator=worse)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
