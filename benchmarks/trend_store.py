"""How fast a trend store takes a ward in, and how large it grows: `python -m benchmarks.trend_store`.

What:      a ward of 500 patients at 1 Hz, second by second as the reader of the board would write it; and one patient's
           cycle of 28 days, folded along the way as the reader does, weighed at its end.
Caveats:   the cycle writes three readings of each signal in ten seconds instead of ten: a bucket has the same size with
           three as with ten, so the weight is that of 1 Hz.
           PostgreSQL is vacuumed after each day of the cycle: 28 days in a minute leave its autovacuum no time.
           `--postgres ADDRESS ADDRESS` wants two empty databases.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from blinwatch.board.trend_rows import TrendRows
from blinwatch.board.trends.open_store import open_store
from blinwatch.board.trends.trend_store import Reading, Signal, TrendBatch, TrendStore, Watch
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.evidence import to_ms

TOPIC = "vitals.observed.v1"
START = datetime(2026, 3, 1, tzinfo=UTC)
DAY_MS, HOUR_MS = 86_400_000, 3_600_000
SIGNALS: dict[Signal, float] = {
    "heart_rate_bpm": 88,
    "pulse_rate_bpm": 88,
    "respiratory_rate_per_min": 17,
    "spo2_pct": 97,
    "sbp_mmhg": 121,
    "dbp_mmhg": 72,
    "map_mmhg": 88,
}


def ward_second(second: int, patients: int, chance: random.Random) -> list[tuple[bytes, bytes]]:
    """One record of each patient's monitor."""
    moment = (START + timedelta(seconds=second)).isoformat()
    return [
        (
            f"pt-{number:04d}".encode(),
            orjson.dumps(
                {
                    "type": "vitals_observed",
                    "event_id": f"pt-{number:04d}-{second}",
                    "patient_id": f"pt-{number:04d}",
                    "occurred_at": moment,
                    "source": "bench",
                    "monitoring": "continuous",
                    **{name: round(value + chance.uniform(-3, 3)) for name, value in SIGNALS.items()},
                }
            ),
        )
        for number in range(patients)
    ]


def take_a_ward_in(store: TrendStore, patients: int, seconds: int) -> None:
    """Time of decoding and of writing, for each second of the ward."""
    rows, chance = TrendRows(load_rulebook()), random.Random(7)  # noqa: S311 - a measurement must come out the same
    decode_s = write_s = 0.0
    readings = 0
    for second in range(seconds):
        records = ward_second(second, patients, chance)
        before_s = time.perf_counter()
        for offset, (key, value) in enumerate(records):
            rows.take(TOPIC, key, value, offset)
        batch = rows.drain({(TOPIC, 0): (second + 1) * patients})
        decoded_s = time.perf_counter()
        store.write(batch)
        write_s += time.perf_counter() - decoded_s
        decode_s += decoded_s - before_s
        readings += len(batch.readings)
    count = patients * seconds
    print(f"  {patients} patients at 1 Hz, {seconds} s: {count:,} records, {readings:,} readings")
    print(f"    decoding {count / decode_s:,.0f} records/s; writing {readings / write_s:,.0f} readings/s")
    took_s = (decode_s + write_s) / seconds
    print(f"    one second of the ward takes {took_s:.2f} s, {write_s / seconds:.2f} s of it in the store")


def one_cycle(store: TrendStore, days: int, vacuum: Callable[[], None]) -> None:
    """28 days of one patient, an hour a batch, folded every six hours."""
    chance, start_ms = random.Random(7), to_ms(START)  # noqa: S311 - as above
    for hour in range(days * 24):
        begin_ms = start_ms + hour * HOUR_MS
        readings = [
            Reading(
                patient_id="pt-0001", signal=name, at_ms=begin_ms + at_ms, value=round(value + chance.uniform(-3, 3))
            )
            for at_ms in range(0, HOUR_MS, 3_334)
            for name, value in SIGNALS.items()
        ]
        watch = Watch(patient_id="pt-0001", ward="bench", at_ms=begin_ms)
        store.write(TrendBatch(readings=readings, watches=[watch], next_offsets={(TOPIC, 0): hour}))
        if hour % 6 == 0:
            store.fold(begin_ms)
        if hour % 24 == 0:
            vacuum()
    before_s = time.perf_counter()
    trends = store.vitals("pt-0001", start_ms, start_ms + days * DAY_MS, 1_000)
    points = sum(len(trend.plausible) for trend in trends.values())
    print(f"    the whole cycle for a chart: {points:,} points in {time.perf_counter() - before_s:.2f} s")


def vacuum_postgres(address: str) -> None:
    """What autovacuum does within a day."""
    import psycopg  # noqa: PLC0415 - only where PostgreSQL is measured

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM readings")


def weigh_postgres(address: str) -> int:
    """Bytes of the readings with their index."""
    import psycopg  # noqa: PLC0415 - only where PostgreSQL is measured

    with psycopg.connect(address, autocommit=True) as connection:
        row = connection.execute("SELECT pg_total_relation_size('readings'), COUNT(*) FROM readings").fetchone()
    assert row is not None
    print(f"    {row[1]:,} rows")
    return int(row[0])


def main() -> None:
    """Measure SQLite, or the PostgreSQL that is named (two empty databases)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--postgres", nargs=2, metavar="ADDRESS", help="two empty databases")
    parser.add_argument("--patients", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--days", type=int, default=28)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("ward.db", "cycle.db")]
        ward, cycle = asked.postgres or [f"sqlite:///{file}" for file in files]
        print("PostgreSQL" if asked.postgres else "SQLite, a file")
        store = open_store(ward)
        take_a_ward_in(store, asked.patients, asked.seconds)
        store.close()
        print(f"  one patient, {asked.days} days at 1 Hz, {len(SIGNALS)} signals")
        store = open_store(cycle)
        one_cycle(store, asked.days, lambda: vacuum_postgres(cycle) if asked.postgres else None)
        store.close()
        size_bytes = weigh_postgres(cycle) if asked.postgres else files[1].stat().st_size
        print(f"    {size_bytes / 1e6:.1f} MB; 500 such patients: {size_bytes * 500 / 1e9:.1f} GB")


if __name__ == "__main__":
    main()
