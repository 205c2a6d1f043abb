"""Python's cyclic garbage collector, kept from stopping the alert path.

What:      a patient's state is some thousand small objects without cycles, which reference counts free at once. A full
           run of the collector looks at every one of them all the same, and nothing is judged meanwhile: alerts of
           a worker with 400 patients came a quarter of a second late, whatever the load. Here full runs come when they
           are asked for, not when many objects have come and gone.
Caveats:   cycles that outlive their youth stay until the next full run. A worker's own are a few connections and
           exceptions; a soak watches its memory (docs/reliability.md).
"""

import gc

YOUNG_OBJECTS = 10_000
"""New objects after which the young ones are looked through: the work of some hundred events."""
YOUNG_RUNS = 20
"""Runs over the young after which the middle generation is looked through as well."""
NEVER = 2_000_000_000
"""A full run by itself after so many of the middle generation: not in a worker's life."""
FULL_RUN_EVERY_S = 6 * 3600.0
"""A pause of some tenths of a second, no longer than a rebalance, four times a day."""


def keep_out_of_the_way() -> None:
    """Call once everything that lasts as long as the process (code, rulebook) has been loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_RUNS, NEVER)


def full_run() -> None:
    """Free what only a full run finds."""
    gc.collect()
