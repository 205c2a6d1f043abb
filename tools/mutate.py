#!/usr/bin/env python3
"""Mutation testing of the core: change one thing in the judgement, run the tests that reach it, see whether one fails.

What:      one mutant at a time: a comparison turned or moved over its boundary, a number changed by one, `and` for
           `or`, a `not` dropped, `+` for `-`, a condition always true or never, a returned value dropped, a set flag
           turned (mutation/changes.py).
How:       the tests are collected once; each mutant gets a fork of that process, in which the changed code is put into
           the functions that are loaded already (mutation/forks.py). No file is written, so nobody who works in the
           tree is disturbed. Which tests reach a line is read from a coverage file with contexts, if one is given;
           otherwise the tests of the mutated file's own folder and the stories through `step` are run
           (mutation/reach.py).
Refuses:   where a test that would be asked fails without any change.
Why ours:  mutmut and cosmic-ray start a new pytest for each mutant: with this suite several seconds before the first
           test runs, where a fork takes a tenth of that.
Usage:     tools/mutate.py --sample 200 --seed 1            a sample, spread over all files of the core
           tools/mutate.py --all                            every mutant; see docs/reference/mutation-testing.md
           tools/mutate.py --list --files 'icans/*'         what would be changed
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

from mutation.changes import CORE, ROOT, Mutant, mutants_of, spread
from mutation.forks import Mutations, RedBaselineError, preload, run_mutants, say
from mutation.reach import TestMap

KILLED_LEAST = 0.9
Z_95 = 1.96
"""Standard deviations that hold 95 % of a normal distribution."""


def not_killed(report: Path, every: list[Mutant]) -> list[Mutant]:
    """The mutants of an earlier report that no test had noticed, as far as they still exist."""
    told = [json.loads(line) for line in report.read_text().splitlines()]
    missed = {(one["file"], one["change"]) for one in told if one["outcome"] != "killed"}
    return [mutant for mutant in every if (mutant.file, mutant.change) in missed]


def interval_95(killed: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % confidence interval of a share; everything is possible where nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    share, z2 = killed / total, Z_95**2
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z_95 / (1 + z2 / total) * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    return centre - half, centre + half


def parse_arguments() -> argparse.Namespace:
    """What the caller asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=100, help="how many mutants (default 100)")
    parser.add_argument("--all", action="store_true", help="every mutant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", default="**/*.py", help="which files of the core, e.g. 'icans/*.py'")
    parser.add_argument("--coverage", type=Path, help="coverage file with contexts (make mutation writes one)")
    parser.add_argument("--for-minutes", type=float, default=1e9, help="stop after so long")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many of the sample's first (go on later)")
    parser.add_argument("--again", type=Path, help="only the mutants of this report that were not killed")
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    parser.add_argument("--report", type=Path, help="write one JSON line a mutant here")
    return parser.parse_args()


def main() -> int:
    """Run the sample and print what survived; exit 1 if less than nine of ten were killed, 2 if nothing could be."""
    said = parse_arguments()
    files = sorted(path.relative_to(ROOT) for path in (ROOT / CORE).glob(said.files) if path.name != "__init__.py")
    every = [mutant for file in files for mutant in mutants_of(file)]
    chosen = every if said.all else spread(every, said.sample + said.skip, said.seed)
    chosen = chosen[said.skip :] if said.again is None else not_killed(said.again, every)
    say(f"{len(every)} mutants in {len(files)} files; {len(chosen)} to run")
    if said.list:
        for mutant in chosen:
            say(f"{mutant.file}:{mutant.line}: {mutant.change}")
        return 0
    tests = TestMap(None if said.coverage is None else said.coverage.resolve())
    preload()
    until = time.monotonic() + said.for_minutes * 60
    plugin = Mutations(chosen, tests, until, None if said.report is None else said.report.resolve())
    try:
        run_mutants(plugin)
    except RedBaselineError as error:
        say(str(error))
        return 2
    counts = plugin.counts
    total, dead = sum(counts.values()), counts["killed"]
    least, most = interval_95(dead, total)
    say(
        f"{dead} of {total} killed ({dead / max(1, total):.1%}; "
        f"95 % interval {least:.1%} to {most:.1%}); {dict(counts)}"
    )
    return 0 if dead >= KILLED_LEAST * total else 1


if __name__ == "__main__":
    sys.exit(main())
