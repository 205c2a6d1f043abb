"""A broker whose disk is full, then one that is slow: `python -m tests.chaos.disk`. Needs root, for a small tmpfs.

Full:      the broker's log folder lies on a tmpfs of its own, which is filled under it while alarms come and workers
           write. Kafka ends itself, or is ended by the kernel; then there is room again and it is started.
Slow:      no device is slow on demand everywhere, so the whole broker is: stopped and let go on several times a second,
           so that it works a fifth of the time.
Judged as the outages are: everything that was acknowledged to anybody is judged in the end, once.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.aftermath.checker import Verdict
from tests.chaos.fleet import PARTITIONS, WORKERS
from tests.chaos.outages import AlarmRun, alarms_on, keep_going, keep_going_until
from tests.support.apache_kafka import ApacheKafka
from tests.support.telling import commit, say

DISK_MIB = 256
"""Room for the topics' first segments; a minute of alarms takes a tenth of it."""
FULL_S = 15.0
SLOW_S = 30.0
AWAKE_S, ASLEEP_S = 0.05, 0.2


@contextmanager
def small_disk() -> Iterator[Path]:
    """A folder on a tmpfs of its own."""
    with tempfile.TemporaryDirectory(prefix="blinwatch-disk-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "blinwatch-test", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> Path:
    """A file that leaves no byte free."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * (1024 * 1024))
        except OSError:
            pass
        try:
            while True:
                file.write(b"\0")
        except OSError:
            return filler


def play(folder: Path, disk: Path, seed: int) -> tuple[list[str], Verdict, int]:
    """Fill the disk, make room, then slow the broker down; what was seen, what the checker says, and the alarms."""
    seen: list[str] = []
    with ApacheKafka(properties={"log.dirs": str(disk / "data")}, doors=WORKERS) as kafka:
        kafka.create_catalogue_topics(PARTITIONS)
        with alarms_on(kafka, folder, seed) as run:
            seen.append(_full(kafka, run, disk))
            seen.append(_slow(kafka, run))
            verdict = run.finish(kafka)
        seen.append(f"workers that ended by themselves: {dict(run.fleet.tally.ended_by_themselves) or 'none'}")
        return seen, verdict, run.alarms.written


def _full(kafka: ApacheKafka, run: AlarmRun, disk: Path) -> str:
    fleet, alarms, listener = run.fleet, run.alarms, run.listener
    filler = fill(disk)
    heard = listener.alerts
    keep_going(fleet, FULL_S)
    ended = kafka.has_ended(1)
    filler.unlink()
    if ended:
        kafka.forget_ended(1)
        kafka.start_broker(1)
    began_s, missing = time.monotonic(), alarms.written
    keep_going_until(fleet, lambda: listener.alerts >= missing)
    how = "Kafka ended" if ended else "Kafka went on"
    there_s = time.monotonic() - began_s
    return f"disk full for {FULL_S:g} s: {how}; {missing - heard} alarms were missing, all there {there_s:.1f} s later"


def _slow(kafka: ApacheKafka, run: AlarmRun) -> str:
    fleet, alarms, listener = run.fleet, run.alarms, run.listener
    end_s = time.monotonic() + SLOW_S
    longest = 0
    while time.monotonic() < end_s:
        kafka.pause_broker(1)
        keep_going(fleet, ASLEEP_S)
        kafka.resume_broker(1)
        keep_going(fleet, AWAKE_S)
        longest = max(longest, alarms.written - listener.alerts)
    began_s, missing = time.monotonic(), alarms.written
    keep_going_until(fleet, lambda: listener.alerts >= missing)
    there_s = time.monotonic() - began_s
    return f"broker slow for {SLOW_S:g} s: at most {longest} alarms behind, all there {there_s:.1f} s later"


def main() -> int:
    """Play, print, and end with 1 when any promise was broken."""
    argparse.ArgumentParser(prog="python -m tests.chaos.disk", description=__doc__).parse_args()
    if os.geteuid() != 0:
        say("SKIPPED: filling a disk needs root, to mount a small tmpfs")
        return 0
    with small_disk() as disk, tempfile.TemporaryDirectory(prefix="blinwatch-chaos-") as scratch:
        seen, verdict, alarms = play(Path(scratch), disk, seed=1)
    say(f"commit {commit()}: {alarms} alarms, {verdict.decisions} decisions, {verdict.repeats} repeats")
    say("\n".join(seen))
    say("\n".join(f"{fault.kind}: {fault.what[:500]}" for fault in verdict.faults) or "nothing lost, nothing twice")
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
