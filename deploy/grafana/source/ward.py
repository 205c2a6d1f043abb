"""Who is infusing, with which grades and alerts, how old the data are, and how many alarms the ward has to bear."""

from deploy.grafana.source import look
from deploy.grafana.source.frame import Page, Row
from deploy.grafana.source.look import HIGH, LOW, MEDIUM, Step
from deploy.grafana.source.panels import Bars, Graph, Size, Tile

WARD = 'ward=~"$ward"'
STANDING = f"blinwatch_alerts_active{{{WARD}"
"""An open brace: each query adds what it wants."""
NONE_STANDS = f'label_replace(vector(0), "code", "none", "", "") unless on () (sum({STANDING}}}) > 0)'
"""One row at zero where no alert stands, so that an empty panel always means that something is broken."""


def _priority(name: str, colour: str, wants: str, about: str) -> Tile:
    query = f'sum({STANDING},priority="{name}",state="active"}}) or vector(0)'
    shape = look.SHAPES[colour]
    return Tile(
        title=f"{shape} Alerts {name.upper()}",
        about=f"{about} Alerts that stand and that nobody has acknowledged. {wants} The shape and the word say what "
        f"the "
        "colour says; the colours are those of IEC 60601-1-8.",
        unit=f"prefix:{shape} ",
        steps=(Step(1, colour),),
        words={0: "none"},
        query=query,
    )


AGE = f"clamp_min(time() - max by (ward) (blinwatch_newest_observation_timestamp_seconds{{{WARD}}}), 0)"

NOW = Row(
    "Who needs somebody now",
    (
        _priority("high", HIGH, "Somebody must act at once.", "▲ HIGH."),
        _priority("medium", MEDIUM, "Somebody must act promptly.", "◆ MEDIUM."),
        _priority("low", LOW, "Somebody should know.", "● LOW."),
        Tile(
            title="◆ Patients not seen",
            about="Patients of whom a sensor, the whole monitor feed or the pump has gone quiet; each counts once. "
            "Each has "
            "an alert of its own: look at the bed.",
            unit="prefix:◆ ",
            steps=(Step(1, MEDIUM),),
            words={0: "none"},
            query=f'sum(blinwatch_patients_silent{{{WARD},kind="any"}}) or vector(0)',
            runbook="BlinwatchMonitorsSilent",
        ),
        Tile(
            title="Age of the newest data",
            about="How old the newest vital sign of the ward is; of several wards the oldest. Monitors report every "
            "minute: "
            "after five minutes something is wrong, after fifteen (red) the whole ward is unseen.",
            unit="s",
            decimals=0,
            steps=(Step(300, MEDIUM), Step(900, HIGH)),
            query=f"max({AGE})",
            runbook="BlinwatchWardSilent",
        ),
        Tile(
            title="The monitor: workers",
            about="Workers that answer and judge. ✖: nobody watches; the bedside monitors' own alarms are all there "
            "is.",
            unit="prefix:✔ ",
            steps=(Step(0, HIGH), Step(1, look.GROUND)),
            words={0: "✖ NONE"},
            query='sum(up{job="blinwatch-worker"}) or vector(0)',
            runbook="BlinwatchNoWorker",
        ),
    ),
)

PATIENTS = Row(
    "The patients",
    (
        Bars(
            title="CRS (ASTCT 2019)",
            about="Patients by their current CRS result. Not evaluable and suspect-masked are results: neither is "
            "grade 0.",
            unit="short",
            decimals=0,
            query=f'sum by (grade) (blinwatch_patients{{{WARD},grade!="other"}})',
            names="{{grade}}",
            coloured=(
                ("CRS_G[345]", HIGH),
                ("CRS_G2|CRS_SUSPECT_MASKED", MEDIUM),
                ("CRS_G1|CRS_NOT_EVALUABLE", LOW),
            ),
        ),
        Bars(
            title="ICANS (ASTCT 2019)",
            about="Patients by their current ICANS result. A patient who was never examined is not evaluable.",
            unit="short",
            decimals=0,
            query=f'sum by (grade) (blinwatch_patients_icans{{{WARD},grade!="other"}})',
            names="{{grade}}",
            coloured=(("ICANS_G[345]", HIGH), ("ICANS_G2", MEDIUM), ("ICANS_G1|ICANS_NOT_EVALUABLE", LOW)),
        ),
        Bars(
            title="Infusions",
            about="Patients by what their infusion does. Interrupted and unknown want somebody; a bag change does not.",
            unit="short",
            decimals=0,
            query=f"sum by (state) (blinwatch_infusions{{{WARD}}})",
            names="{{state}}",
            coloured=(("interrupted", MEDIUM), ("unknown", LOW)),
        ),
        Bars(
            title="Standing dose advice",
            about="Patients by the headline of the label advice that stands (DM-16). It informs; it is no order.",
            unit="short",
            decimals=0,
            query=f"sum by (advice) (blinwatch_patients_advised{{{WARD}}})",
            names="{{advice}}",
            coloured=(("DM_DISCONTINUE|DM_INTERRUPT", MEDIUM),),
            size=Size(12, 10),
        ),
        Bars(
            title="What the alerts are about",
            about="Alerts that stand, acknowledged or not, by code; the twelve most frequent.",
            unit="short",
            decimals=0,
            query=f"topk(12, sum by (code) ({STANDING}}})) or {NONE_STANDS}",
            names="{{code}}",
            size=Size(12, 10),
        ),
    ),
)

COURSE = Row(
    "The last hours",
    (
        Graph(
            title="Standing alerts",
            about="Alerts that stand, acknowledged or not, by priority.",
            unit="short",
            decimals=0,
            queries={
                f"{look.SHAPES[colour]} {name}": f'sum({STANDING},priority="{name}"}}) or vector(0)'
                for name, colour in (("high", HIGH), ("medium", MEDIUM), ("low", LOW))
            },
            coloured=look.PRIORITIES,
        ),
        Graph(
            title="Age of the newest data",
            about="How old each ward's newest vital sign is. The dashed lines: five minutes, and fifteen.",
            unit="s",
            steps=(Step(300, MEDIUM), Step(900, HIGH)),
            queries={"{{ward}}": AGE},
            runbook="BlinwatchWardSilent",
        ),
        Graph(
            title="Patients not seen",
            about="Patients of whom a sensor, the whole monitor feed or the pump has gone quiet.",
            unit="short",
            decimals=0,
            queries={"{{kind}}": f'sum by (kind) (blinwatch_patients_silent{{{WARD},kind!="any"}})'},
            runbook="BlinwatchMonitorsSilent",
        ),
    ),
)

LOAD = Row(
    "Alarm load",
    (
        Tile(
            title="Alerts a patient-day, last day",
            about="Alerts raised in 24 hours for each patient and day under watch; of several wards the highest. More "
            "than ten are not heeded any more: bring it to those who are responsible for alarms. No data: less than "
            "one patient-day was watched.",
            unit="short",
            decimals=1,
            steps=(Step(10, MEDIUM),),
            query=f"max(blinwatch:alerts_per_patient_day:ward{{{WARD}}})",
            runbook="BlinwatchAlarmLoadHigh",
            size=Size(6, 8),
        ),
        Graph(
            title="Alerts a patient-day, hour by hour",
            about="The same, of the last hour, by ward. The dashed line is the most that was aimed at.",
            unit="short",
            decimals=1,
            steps=(Step(10, MEDIUM),),
            queries={"{{ward}}": f"blinwatch:alerts_per_patient_day:ward_1h{{{WARD}}}"},
            runbook="BlinwatchAlarmLoadHigh",
            size=Size(9, 8),
        ),
        Graph(
            title="Half of all alerts are acknowledged within",
            about="Median time from an alert's beginning to its acknowledgement in the last day, over all wards. No "
            "line: no "
            "alert of that priority was acknowledged.",
            unit="s",
            queries={
                f"{look.SHAPES[colour]} {name}": "histogram_quantile(0.5, sum by (le) (increase("
                f'blinwatch_alert_acknowledged_seconds_bucket{{priority="{name}"}}[1d])))'
                for name, colour in (("high", HIGH), ("medium", MEDIUM), ("low", LOW))
            },
            coloured=look.PRIORITIES,
            size=Size(9, 8),
        ),
    ),
)

PAGE = Page(
    name="ward",
    title="Ward",
    about="The ward as numbers, readable from three metres. Patients are watched on the alert topics and on the board: "
    "no "
    "patient appears here. Grey asks for nothing.",
    rows=(NOW, PATIENTS, COURSE, LOAD),
)
