"""The tables of a trend store, in the SQL that SQLite (3.35 or later) and PostgreSQL share.

What:      written as PostgreSQL reads it (%s, LEAST, GREATEST); sqlite_store.py translates the three words.
Caveats:   a patient is a small number inside the store, a signal another: they stand in every one of some million rows.
"""

from typing import get_args

from blinwatch.board.trends.trend_store import Signal

SCHEMA_VERSION = 1
SIGNAL_NUMBERS: dict[Signal, int] = {name: number for number, name in enumerate(get_args(Signal), 1)}
"""Never give a number to another signal: stores that exist would read it wrong. Append."""
SIGNAL_NAMES: dict[int, Signal] = {number: name for name, number in SIGNAL_NUMBERS.items()}

CREATE = (
    "CREATE TABLE IF NOT EXISTS about (schema_version INTEGER PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS positions (
        topic TEXT NOT NULL, part INTEGER NOT NULL, next_offset BIGINT NOT NULL, PRIMARY KEY (topic, part))""",
    "CREATE TABLE IF NOT EXISTS signals (number INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS patients (
        number {serial} PRIMARY KEY, patient_id TEXT NOT NULL UNIQUE,
        ward TEXT, ward_as_of_ms BIGINT, born_ms BIGINT, born_as_of_ms BIGINT,
        first_ms BIGINT NOT NULL, last_ms BIGINT NOT NULL, remembered TEXT)""",
    """CREATE TABLE IF NOT EXISTS readings (
        bucket_s INTEGER NOT NULL, patient INTEGER NOT NULL, signal INTEGER NOT NULL, plausible INTEGER NOT NULL,
        start_ms BIGINT NOT NULL, low {real} NOT NULL, high {real} NOT NULL, last {real} NOT NULL,
        last_ms BIGINT NOT NULL,
        PRIMARY KEY (bucket_s, patient, signal, plausible, start_ms)){readings_kind}""",
    """CREATE TABLE IF NOT EXISTS marks (
        mark_id TEXT PRIMARY KEY, patient INTEGER NOT NULL, kind TEXT NOT NULL, at_ms BIGINT NOT NULL, until_ms BIGINT,
        as_of_ms BIGINT NOT NULL, code TEXT NOT NULL, value {real}, series TEXT, scale TEXT, rule_id TEXT,
        priority TEXT, text TEXT NOT NULL, version BIGINT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS marks_of_patient ON marks (patient, at_ms)",
    """CREATE TABLE IF NOT EXISTS transitions (
        decision_id TEXT PRIMARY KEY, alert_id TEXT NOT NULL, patient INTEGER NOT NULL, ward TEXT,
        at_ms BIGINT NOT NULL, step TEXT NOT NULL, alert_key TEXT NOT NULL, code TEXT NOT NULL, rule_id TEXT NOT NULL,
        priority TEXT NOT NULL, inhibited INTEGER NOT NULL, late INTEGER NOT NULL, reason TEXT)""",
    "CREATE INDEX IF NOT EXISTS transitions_in_time ON transitions (at_ms)",
    """CREATE TABLE IF NOT EXISTS watched (
        patient INTEGER NOT NULL, day_ms BIGINT NOT NULL, first_ms BIGINT NOT NULL, last_ms BIGINT NOT NULL,
        PRIMARY KEY (patient, day_ms))""",
)

WRITE_PATIENT = """
    INSERT INTO patients (patient_id, ward, ward_as_of_ms, born_ms, born_as_of_ms, first_ms, last_ms)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (patient_id) DO UPDATE SET
        first_ms = LEAST(patients.first_ms, excluded.first_ms),
        last_ms = GREATEST(patients.last_ms, excluded.last_ms),
        ward = CASE WHEN excluded.ward_as_of_ms >= COALESCE(patients.ward_as_of_ms, 0)
            THEN excluded.ward ELSE patients.ward END,
        ward_as_of_ms = GREATEST(COALESCE(patients.ward_as_of_ms, excluded.ward_as_of_ms),
            COALESCE(excluded.ward_as_of_ms, patients.ward_as_of_ms)),
        born_ms = CASE WHEN excluded.born_as_of_ms >= COALESCE(patients.born_as_of_ms, 0)
            THEN excluded.born_ms ELSE patients.born_ms END,
        born_as_of_ms = GREATEST(COALESCE(patients.born_as_of_ms, excluded.born_as_of_ms),
            COALESCE(excluded.born_as_of_ms, patients.born_as_of_ms))"""

_KEEP_EXTREMES = """
    ON CONFLICT (bucket_s, patient, signal, plausible, start_ms) DO UPDATE SET
        low = LEAST(readings.low, excluded.low),
        high = GREATEST(readings.high, excluded.high),
        last = CASE WHEN excluded.last_ms > readings.last_ms THEN excluded.last
            WHEN excluded.last_ms = readings.last_ms THEN GREATEST(readings.last, excluded.last)
            ELSE readings.last END,
        last_ms = GREATEST(readings.last_ms, excluded.last_ms)"""

WRITE_READING = """
    INSERT INTO readings (bucket_s, patient, signal, plausible, start_ms, low, high, last, last_ms)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) <keep extremes>""".replace("<keep extremes>", _KEEP_EXTREMES)

WRITE_MARK = """
    INSERT INTO marks
        (mark_id, patient, kind, at_ms, until_ms, as_of_ms, code, value, series, scale, rule_id, priority, text,
        version)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (mark_id) DO UPDATE SET
        at_ms = excluded.at_ms, until_ms = excluded.until_ms, as_of_ms = excluded.as_of_ms, code = excluded.code,
        value = excluded.value, series = excluded.series, scale = excluded.scale, rule_id = excluded.rule_id,
        priority = excluded.priority, text = excluded.text, version = excluded.version
    WHERE excluded.version >= marks.version"""

WRITE_TRANSITION = """
    INSERT INTO transitions (decision_id, alert_id, patient, ward, at_ms, step, alert_key, code, rule_id, priority,
        inhibited, late, reason)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (decision_id) DO NOTHING"""

WRITE_WATCH = """
    INSERT INTO watched (patient, day_ms, first_ms, last_ms) VALUES (%s, %s, %s, %s)
    ON CONFLICT (patient, day_ms) DO UPDATE SET
        first_ms = LEAST(watched.first_ms, excluded.first_ms), last_ms = GREATEST(watched.last_ms, excluded.last_ms)"""

WRITE_POSITION = """
    INSERT INTO positions (topic, part, next_offset) VALUES (%s, %s, %s)
    ON CONFLICT (topic, part) DO UPDATE SET next_offset = excluded.next_offset"""

WRITE_REMEMBERED = "UPDATE patients SET remembered = %s WHERE patient_id = %s"
WRITE_SIGNAL = "INSERT INTO signals (number, name) VALUES (%s, %s) ON CONFLICT (number) DO NOTHING"
WRITE_VERSION = "INSERT INTO about (schema_version) VALUES (%s) ON CONFLICT (schema_version) DO NOTHING"
READ_VERSIONS = "SELECT schema_version FROM about"

NUMBERS = "SELECT patient_id, number FROM patients"
READ_POSITIONS = "SELECT topic, part, next_offset FROM positions"
READ_PATIENTS = "SELECT patient_id, ward, born_ms, first_ms, last_ms, remembered FROM patients ORDER BY patient_id"

READ_READINGS = """
    SELECT r.signal, r.plausible, r.start_ms, r.low, r.high, r.last, r.last_ms
    FROM readings AS r JOIN patients AS p ON p.number = r.patient
    WHERE p.patient_id = %s AND r.start_ms < %s AND r.start_ms > %s - r.bucket_s * 1000
    ORDER BY r.signal, r.start_ms"""

READ_MARKS = """
    SELECT m.mark_id, m.kind, m.at_ms, m.until_ms, m.as_of_ms, m.code, m.value, m.series, m.scale, m.rule_id,
        m.priority, m.text, m.version
    FROM marks AS m JOIN patients AS p ON p.number = m.patient
    WHERE p.patient_id = %s AND m.at_ms < %s
        AND (m.at_ms >= %s OR m.until_ms > %s OR (m.kind = 'alert' AND m.until_ms IS NULL))
    ORDER BY m.at_ms, m.mark_id"""

READ_TRANSITIONS = """
    SELECT t.decision_id, t.alert_id, p.patient_id, t.ward, t.at_ms, t.step, t.alert_key, t.code, t.rule_id, t.priority,
        t.inhibited, t.late, t.reason
    FROM transitions AS t JOIN patients AS p ON p.number = t.patient
    WHERE t.at_ms >= %s AND t.at_ms < %s AND (%s = 1 OR t.ward = %s)
    ORDER BY t.at_ms, t.decision_id"""

READ_WATCHED_MS = """
    SELECT SUM(LEAST(w.last_ms, %s) - GREATEST(w.first_ms, %s))
    FROM watched AS w JOIN patients AS p ON p.number = w.patient
    WHERE w.first_ms < %s AND w.last_ms > %s AND (%s = 1 OR p.ward = %s)"""

FOLD = """
    INSERT INTO readings (bucket_s, patient, signal, plausible, start_ms, low, high, last, last_ms)
    SELECT %s, patient, signal, plausible, wide_ms, MIN(low), MAX(high),
        MAX(CASE WHEN age_rank = 1 THEN last END), MAX(last_ms)
    FROM (
        SELECT patient, signal, plausible, start_ms / %s * %s AS wide_ms, low, high, last, last_ms, ROW_NUMBER() OVER (
            PARTITION BY signal, plausible, start_ms / %s ORDER BY last_ms DESC, last DESC) AS age_rank
        FROM readings WHERE bucket_s = %s AND patient = %s AND start_ms < %s
    ) AS narrow
    WHERE age_rank > 0
    GROUP BY patient, signal, plausible, wide_ms <keep extremes>""".replace("<keep extremes>", _KEEP_EXTREMES)
"""`WHERE age_rank > 0` is always true: SQLite's parser takes ON CONFLICT after a bare SELECT for a join's ON."""
FORGET_FOLDED = "DELETE FROM readings WHERE bucket_s = %s AND patient = %s AND start_ms < %s"

FORGET_READINGS = "DELETE FROM readings WHERE bucket_s = %s AND patient = %s AND start_ms <= %s"
FORGET_MARKS = "DELETE FROM marks WHERE at_ms < %s AND as_of_ms < %s AND COALESCE(until_ms, 0) < %s"
FORGET_TRANSITIONS = "DELETE FROM transitions WHERE at_ms < %s"
FORGET_WATCHED = "DELETE FROM watched WHERE last_ms < %s"
FORGET_PATIENTS = """
    DELETE FROM patients WHERE last_ms < %s
        AND NOT EXISTS (SELECT 1 FROM marks WHERE marks.patient = patients.number)
        AND NOT EXISTS (SELECT 1 FROM transitions WHERE transitions.patient = patients.number)
        AND NOT EXISTS (SELECT 1 FROM readings WHERE readings.patient = patients.number)"""
