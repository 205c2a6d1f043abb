"""A disaster drill: everything is lost but a backup, and a new cluster ends with the same alerts and the same courses.

Method: a real worker judges five golden stories; their topics are saved, another broker is filled from the file, and
another worker judges them there. What both told is compared, and what a trend store holds of both.
"""

import asyncio
import contextlib
import gzip
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blinwatch.board.feed_trends import TrendFeed
from blinwatch.board.trends.sqlite_store import open_sqlite
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.commands.backup_file import BackupWriter, SavedRecord, check_backup, saved_records
from blinwatch.commands.failure import CommandError
from tests.stream.test_worker_stories import ids, replayed, standing_alerts, stories, write
from tests.support.brokers import Broker
from tests.support.embedded import PARTITIONS, PlainReader, PlainWriter, catalogue_broker
from tests.support.worker_process import REAL, WorkerProcess

LIFECYCLE, GRADES = "alerts.lifecycle.v1", "toxicity.grades.v1"
RECORDS = (
    SavedRecord("vitals.observed.v1", 1, 7, 1_700_000_000_000, b"anna", b'{"a": 1}', (("h", b"\x00\xff"),)),
    SavedRecord("vitals.observed.v1", 1, 9, 1_700_000_000_001, b"anna", None, ()),
    SavedRecord("pump.events.v1", 0, 0, 1_700_000_000_002, None, b"\xff\xfe", (("h", b""),)),
)


def backup(broker: Broker, *words: object, partitions: int = PARTITIONS) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "blinwatch.cli", "backup", *map(str, words), "--bootstrap", broker.bootstrap],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={"PATH": "", "BLINWATCH_PARTITIONS": str(partitions)},
    )


def written(file: Path) -> Path:
    with BackupWriter(file, "2026-03-01T00:00:00+00:00", 4, ["vitals.observed.v1", "pump.events.v1"]) as writer:
        for record in RECORDS:
            writer.add(record)
    return file


# --- the drill ---------------------------------------------------------------------------------------------------


def judged(broker: Broker, folder: Path, transitions: set[str], grades: set[str]) -> tuple[set[str], set[str]]:
    """A worker judges what is there; the ids of what it told."""
    with WorkerProcess(broker.bootstrap, folder, REAL) as worker:
        worker.until_ready(partitions=PARTITIONS)
        reader = PlainReader(broker.bootstrap, LIFECYCLE, GRADES)
        told = reader.read_until(
            lambda seen: set(ids(seen, LIFECYCLE)) >= transitions and set(ids(seen, GRADES)) >= grades, timeout_s=60
        )
        assert worker.stop() == 0
        reader.close()
    return set(ids(told, LIFECYCLE)), set(ids(told, GRADES))


STEPS = """SELECT decision_id, alert_id, patient_id, transitions.ward, at_ms, step, code, rule_id, priority, late
    FROM transitions JOIN patients ON transitions.patient = patients.number"""
READINGS = """SELECT patient_id, signals.name, plausible, start_ms / 3600000, min(low), max(high), max(readings.last_ms)
    FROM readings JOIN patients ON readings.patient = patients.number JOIN signals ON signal = signals.number
    GROUP BY 1, 2, 3, 4"""
"""By the hour: how wide the buckets are inside it depends on when a store was tidied last."""


async def courses(bootstrap: str, file: Path, steps: int) -> tuple[set[Any], set[Any]]:
    """Every alert step and every reading in a trend store that was filled from the topics."""
    feed = TrendFeed(bootstrap, lambda: open_sqlite(file), load_rulebook(), retention_days=36_500)
    filling = asyncio.create_task(feed.run())
    try:
        async with asyncio.timeout(60):
            while feed.health().state != "well" or feed.health().waiting or len(rows_of(file, STEPS)) < steps:  # noqa: ASYNC110 - a file is watched
                await asyncio.sleep(0.2)
    finally:
        filling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await filling
    return rows_of(file, STEPS), rows_of(file, READINGS)


def rows_of(file: Path, question: str) -> set[Any]:
    with contextlib.closing(sqlite3.connect(file)) as store:
        return set(store.execute(question))


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_from_a_backup_alone_another_cluster_tells_the_same_and_draws_the_same_courses(tmp_path: Path) -> None:
    events = stories(tmp_path)
    transitions, grades, standing = replayed(events)
    file = tmp_path / "ward.backup.gz"
    with catalogue_broker() as lost:
        write(PlainWriter(lost.bootstrap), events)
        before = judged(lost, tmp_path, transitions, grades)
        saved = backup(lost, "save", file)
        assert saved.returncode == 0, saved.stderr
        courses_before = asyncio.run(courses(lost.bootstrap, tmp_path / "before.db", len(transitions)))
        assert standing_alerts(lost.bootstrap) == standing
    audited = [one for one in saved_records(file) if one.topic == "audit.decisions.v1"]
    assert len(audited) >= len(transitions | grades), "what was told at the time is in the file"
    assert file.stat().st_mode & 0o077 == 0, "patients are in it"
    with catalogue_broker() as new:
        restored = backup(new, "restore", file)
        assert restored.returncode == 0, restored.stderr
        assert f"{len(events)} records restored" in restored.stdout
        assert judged(new, tmp_path, transitions, grades) == before == (transitions, grades)
        assert standing_alerts(new.bootstrap) == standing
        courses_after = asyncio.run(courses(new.bootstrap, tmp_path / "after.db", len(transitions)))
        again = backup(new, "restore", file)
    assert courses_after == courses_before
    assert len(courses_before[1]) > 200, "there are courses to compare"
    assert again.returncode == 1
    assert "into empty topics only" in again.stderr


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.fixture
def broker() -> Iterator[Broker]:
    with catalogue_broker() as broker:
        yield broker


@pytest.mark.kafka
def test_a_backup_of_other_partitions_is_refused_and_says_what_to_do(broker: Broker, tmp_path: Path) -> None:
    refused = backup(broker, "restore", written(tmp_path / "a.gz"), partitions=8)
    assert refused.returncode == 1
    assert "Make the topics with BLINWATCH_PARTITIONS=4" in refused.stderr


@pytest.mark.kafka
def test_a_backup_is_never_written_over_another(broker: Broker, tmp_path: Path) -> None:
    file = written(tmp_path / "a.gz")
    refused = backup(broker, "save", file)
    assert refused.returncode == 1
    assert "never written over another" in refused.stderr
    assert check_backup(file).counts == {"vitals.observed.v1": 2, "pump.events.v1": 1}


def test_what_was_saved_comes_back_as_it_was(tmp_path: Path) -> None:
    assert tuple(saved_records(written(tmp_path / "a.gz"))) == RECORDS


def test_a_backup_that_was_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = written(tmp_path / "a.gz").read_bytes()
    for length in range(0, len(whole), 7):
        (tmp_path / "cut.gz").write_bytes(whole[:length])
        with pytest.raises(CommandError, match=r"whole|no backup"):
            check_backup(tmp_path / "cut.gz")


def test_a_backup_that_was_changed_or_lacks_a_record_is_refused(tmp_path: Path) -> None:
    lines = gzip.decompress(written(tmp_path / "a.gz").read_bytes()).splitlines(keepends=True)
    changed = json.loads(lines[1])
    changed["partition"] = 2
    for spoiled in (
        [lines[0], json.dumps(changed, separators=(",", ":")).encode() + b"\n", *lines[2:]],
        [lines[0], *lines[2:]],
        [lines[0], lines[2], lines[1], *lines[3:]],
        lines[1:],
        lines[:-1],
    ):
        (tmp_path / "spoiled.gz").write_bytes(gzip.compress(b"".join(spoiled)))
        with pytest.raises(CommandError):
            check_backup(tmp_path / "spoiled.gz")
