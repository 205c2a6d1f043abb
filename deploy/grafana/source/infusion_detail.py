"""One infusion: vital signs, grades, pump, drugs and alerts of one patient, from the trend store in PostgreSQL.

The tables are those of service/blinwatch/board/trends/tables.py. Prometheus carries no patients; this page does, and
belongs behind the same login as the board.
"""

from deploy.grafana.source.frame import Page, Row
from deploy.grafana.source.look import HIGH, INK, MEDIUM, in_colour
from deploy.grafana.source.panels import Size
from deploy.grafana.source.sql_panels import (
    HALF,
    PATIENT,
    SqlGraph,
    SqlTable,
    annotation,
    dots,
    patient_variable,
)

NOT_BELIEVED = "not believed"
THIRD = Size(8, 8)


def _readings(signal: str, columns: str, *, plausible: bool) -> str:
    """Buckets of a signal, as wide as a pixel of the graph or wider."""
    return f"""SELECT to_timestamp(MIN(r.start_ms) / 1000.0) AS "time", {columns}
FROM readings AS r
JOIN patients AS p ON p.number = r.patient
JOIN signals AS s ON s.number = r.signal
WHERE p.patient_id = {PATIENT} AND s.name = '{signal}' AND r.plausible = {int(plausible)}
  AND r.bucket_s IN (10, 60, 900) AND r.start_ms BETWEEN $__from AND $__to
GROUP BY r.start_ms / $__interval_ms
ORDER BY 1"""  # noqa: S608 - built here from this file's own words


def _last(name: str) -> str:
    return f'(array_agg(r.last ORDER BY r.last_ms DESC))[1] AS "{name}"'


def _believed(signal: str, name: str) -> str:
    columns = f'MIN(r.low) AS "{name}, lowest", MAX(r.high) AS "{name}, highest", {_last(name)}'
    return _readings(signal, columns, plausible=True)


def _doubted(signal: str) -> str:
    return _readings(signal, _last(NOT_BELIEVED), plausible=False)


def _vital(title: str, signal: str, unit: str, about: str, decimals: int = 0) -> SqlGraph:
    told = "Lowest, highest and last of each point in time; dots are readings that blinwatch did not believe."
    return SqlGraph(
        title=title,
        about=f"{about} {told}",
        unit=unit,
        decimals=decimals,
        queries=(_believed(signal, title), _doubted(signal)),
        coloured=(dots(NOT_BELIEVED),),
    )


def _grade(toxicity: str, name: str) -> str:
    """A grade holds from its mark to the next: from before the span's beginning up to its end."""
    held = f"""FROM marks AS m JOIN patients AS p ON p.number = m.patient
WHERE p.patient_id = {PATIENT} AND m.kind = 'grade' AND m.series = '{toxicity}' AND m.scale = 'ASTCT' AND m.at_ms"""
    return f"""SELECT to_timestamp(GREATEST(m.at_ms, $__from) / 1000.0) AS "time", m.value AS "{name}"
{held} BETWEEN COALESCE((SELECT MAX(m.at_ms) {held} <= $__from), $__from) AND $__to
UNION ALL
(SELECT to_timestamp($__to / 1000.0), m.value {held} <= $__to ORDER BY m.at_ms DESC LIMIT 1)
ORDER BY 1"""


def _marks(columns: str, condition: str) -> str:
    """What happened in the span, or reaches into it; the newest first."""
    return f"""SELECT {columns}
FROM marks AS m JOIN patients AS p ON p.number = m.patient
WHERE p.patient_id = {PATIENT} AND {condition} AND m.at_ms <= $__to
  AND (m.at_ms >= $__from OR m.until_ms >= $__from OR (m.kind = 'alert' AND m.until_ms IS NULL))
ORDER BY m.at_ms DESC
LIMIT 500"""  # noqa: S608 - built here from this file's own words


AT = 'to_timestamp(m.at_ms / 1000.0) AS "time"'
UNTIL = "to_timestamp(m.until_ms / 1000.0)"
SHAPE = "CASE m.priority WHEN 'high' THEN '▲ high' WHEN 'medium' THEN '◆ medium' ELSE '● low' END"

VITALS = Row(
    "Vital signs",
    (
        _vital("Temperature", "temperature_c", "celsius", "Body temperature.", 1),
        _vital("Heart rate", "heart_rate_bpm", "short", "Beats a minute, from the electrocardiogram."),
        SqlGraph(
            title="Blood pressure",
            about="Systolic, mean and diastolic pressure, the last of each point in time; dots are systolic readings "
            "that blinwatch did not believe.",
            unit="suffix: mmHg",
            decimals=0,
            queries=(
                _readings("sbp_mmhg", _last("systolic"), plausible=True),
                _readings("map_mmhg", _last("mean"), plausible=True),
                _readings("dbp_mmhg", _last("diastolic"), plausible=True),
                _doubted("sbp_mmhg"),
            ),
            coloured=(dots(NOT_BELIEVED),),
        ),
        _vital("Oxygen saturation", "spo2_pct", "percent", "Saturation by pulse oximetry."),
        _vital("Respiratory rate", "respiratory_rate_per_min", "short", "Breaths a minute."),
        _vital("Oxygen given", "o2_flow_l_min", "short", "Litres a minute through the device in use.", 1),
    ),
)

INFUSION = Row(
    "Grades and infusion",
    (
        SqlGraph(
            title="Grades",
            about="CRS and ICANS by ASTCT. A line that is missing: no grade could be given, and the table says why.",
            unit="short",
            decimals=0,
            queries=(
                _grade("crs", "CRS"),
                _grade("icans", "ICANS"),
            ),
            coloured=(in_colour("CRS", HIGH), in_colour("ICANS", MEDIUM, (14, 6))),
            stepped=True,
            size=THIRD,
            highest=5,
        ),
        SqlGraph(
            title="Pump rate",
            about="Rate of the infusion in millilitres an hour, 0 while it stands still.",
            unit="short",
            decimals=1,
            queries=(_readings("rate_ml_per_h", _last("mL/h"), plausible=True),),
            stepped=True,
            size=THIRD,
        ),
        SqlGraph(
            title="Programmed dose",
            about="What the pump was programmed to, in micrograms a day.",
            unit="short",
            decimals=0,
            queries=(_readings("dose_mcg_per_day", _last("mcg/day"), plausible=True),),
            stepped=True,
            size=THIRD,
        ),
    ),
)

TOLD = Row(
    "What happened",
    (
        SqlTable(
            title="Alerts",
            about="Every alert that stood in this time, with its rule and the sentence that was told.",
            unit="short",
            query=_marks(
                f'{AT}, {UNTIL} AS "until", {SHAPE} AS "priority", m.code AS "alert", m.rule_id AS "rule", '
                'm.text AS "what was told"',
                "m.kind = 'alert'",
            ),
            widths={"time": 170, "until": 170, "priority": 110, "alert": 230, "rule": 100},
        ),
        SqlTable(
            title="Grades told",
            about="Every change of a grade, on every scale, and what it rests on.",
            unit="short",
            query=_marks(
                f'{AT}, m.series AS "of", m.scale AS "scale", m.code AS "grade", m.text AS "because"',
                "m.kind = 'grade'",
            ),
            widths={"time": 170, "of": 80, "scale": 90, "grade": 210},
            size=HALF,
        ),
        SqlTable(
            title="Drugs",
            about="Drugs given, started and stopped, other than blinatumomab itself.",
            unit="short",
            query=_marks(f'{AT}, m.code AS "drug", m.series AS "action", m.text AS "how"', "m.kind = 'drug'"),
            widths={"time": 170, "drug": 180, "action": 90},
            size=HALF,
        ),
        SqlTable(
            title="Dose advice",
            about="Every change of the standing label advice: advice for qualified staff, never an order.",
            unit="short",
            query=_marks(
                f'{AT}, m.code AS "advice", m.rule_id AS "rule", m.value AS "mcg/day", m.text AS "because"',
                "m.kind = 'advice'",
            ),
            widths={"time": 170, "advice": 200, "rule": 90, "mcg/day": 90},
            size=HALF,
        ),
        SqlTable(
            title="Pump, bags and examinations",
            about="What befell pump, bags and line, and which examinations were charted.",
            unit="short",
            query=_marks(
                f'{AT}, m.kind AS "of", m.code AS "what", m.series AS "more", m.value AS "value", m.text AS "note"',
                "m.kind IN ('flow', 'bag', 'dose', 'pump', 'assessment')",
            ),
            widths={"time": 170, "of": 100, "what": 190, "more": 120, "value": 80},
            size=HALF,
        ),
    ),
)

ANNOTATIONS = (
    annotation(
        "HIGH alerts",
        _marks(
            f"{AT}, {UNTIL} AS timeend, '▲ ' || m.code || ': ' || m.text AS text, m.rule_id AS tags",
            "m.kind = 'alert' AND m.priority = 'high'",
        ),
        HIGH,
    ),
    annotation(
        "Other alerts",
        _marks(
            f"{AT}, {UNTIL} AS timeend, {SHAPE} || ' ' || m.code || ': ' || m.text AS text, m.rule_id AS tags",
            "m.kind = 'alert' AND m.priority <> 'high'",
        ),
        INK,
        shown=False,
    ),
    annotation(
        "Grade changed",
        _marks(f"{AT}, m.code AS text, m.series AS tags", "m.kind = 'grade' AND m.scale = 'ASTCT'"),
        MEDIUM,
    ),
    annotation(
        "Drugs",
        _marks(f"{AT}, m.code || ' ' || m.series || ' ' || m.text AS text, m.series AS tags", "m.kind = 'drug'"),
        INK,
    ),
    annotation(
        "Infusion stopped or started",
        _marks(f"{AT}, m.kind || ' ' || m.code AS text, m.kind AS tags", "m.kind IN ('flow', 'bag')"),
        INK,
    ),
)

PAGE = Page(
    name="infusion-detail",
    title="Infusion detail",
    about="One patient's infusion from the trend store in PostgreSQL: vital signs with the readings that were not "
    "believed, grades, pump, drugs, alerts. Without that store this page is empty.",
    rows=(INFUSION, VITALS, TOLD),
    by_ward=False,
    time_from="now-24h",
    variables=(patient_variable(),),
    annotations=ANNOTATIONS,
)
