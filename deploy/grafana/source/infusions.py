"""The infusions themselves: do they run, at the right rate, what is due, and how much time was lost."""

from deploy.grafana.source.frame import Page, Row
from deploy.grafana.source.look import HIGH, LOW, MEDIUM, Step
from deploy.grafana.source.panels import Bars, Graph, Size, Tile

WARD = 'ward=~"$ward"'
WRONG_DOSE = "INF_RATE_DEVIATION|INF_DOSE_MISMATCH|INF_DOSE_OVER_CAP|INF_BOLUS_SUSPECT|INF_FLUSH|INF_DOSE_STEP_EARLY"
STOPPED = "INF_INTERRUPT_SHORT|INF_INTERRUPT_4H|INF_INTERRUPT_GT7D|INF_OCCLUSION|INF_AIR|INF_CUMULATIVE_GAP"


def _in_state(state: str) -> str:
    return f'sum(blinwatch_infusions{{{WARD},state="{state}"}}) or vector(0)'


def _due(kind: str) -> str:
    return f'sum(blinwatch_infusions_due{{{WARD},due="{kind}"}}) or vector(0)'


def _standing(codes: str) -> str:
    """Standing alerts by code; a row `none` at zero where there is none."""
    alerts = f'blinwatch_alerts_active{{{WARD},code=~"{codes}"}}'
    none = f'label_replace(vector(0), "code", "none", "", "") unless on () (sum({alerts}) > 0)'
    return f"sum by (code) ({alerts}) or {none}"


GAP = f"sum by (ward) (blinwatch_infusion_gap_seconds{{{WARD}}})"

NOW = Row(
    "Now",
    (
        Tile(
            title="Running",
            about="Infusions that run.",
            unit="short",
            decimals=0,
            query=_in_state("running"),
        ),
        Tile(
            title="◆ Interrupted",
            about="Infusions that stand still and should not. After four hours the label asks for more than starting "
            "again "
            "(INF-9): look at the pump.",
            unit="prefix:◆ ",
            steps=(Step(1, MEDIUM),),
            words={0: "none"},
            query=_in_state("interrupted"),
        ),
        Tile(
            title="◆ Pumps not heard",
            about="Infusions whose pump does not report: whether they run is not known.",
            unit="prefix:◆ ",
            steps=(Step(1, MEDIUM),),
            words={0: "none"},
            query=f'sum(blinwatch_patients_silent{{{WARD},kind="pump"}}) or vector(0)',
            runbook="BlinwatchPumpsSilent",
        ),
        Tile(
            title="Bags due within 4 h",
            about="Bags that have to be changed within four hours, or are overdue: order them from the pharmacy.",
            unit="short",
            decimals=0,
            query=_due("bag"),
        ),
        Tile(
            title="Steps due within 24 h",
            about="Infusions whose dose steps up within a day.",
            unit="short",
            decimals=0,
            query=_due("step"),
        ),
        Tile(
            title="Ends within 24 h",
            about="Infusions whose cycle ends within a day.",
            unit="short",
            decimals=0,
            query=_due("end"),
        ),
    ),
)

WRONG = Row(
    "What is wrong",
    (
        Bars(
            title="Interruptions and what causes them",
            about="Standing alerts about infusions that stand still, by code.",
            unit="short",
            decimals=0,
            query=_standing(STOPPED),
            names="{{code}}",
            coloured=(("INF_INTERRUPT_4H|INF_INTERRUPT_GT7D|INF_AIR|INF_OCCLUSION", HIGH), ("INF_.*SHORT", MEDIUM)),
        ),
        Bars(
            title="Rate and dose",
            about="Standing alerts about a rate, a dose, a bolus or a flush that is not what was ordered, by code.",
            unit="short",
            decimals=0,
            query=_standing(WRONG_DOSE),
            names="{{code}}",
            coloured=(("INF_FLUSH|INF_BOLUS.*|INF_DOSE.*", HIGH), ("INF_RATE_DEVIATION", MEDIUM)),
        ),
        Bars(
            title="Everything else about infusions",
            about="All other standing infusion alerts: bags, line, premedication, cycle length, setting; by code.",
            unit="short",
            decimals=0,
            query=_standing(
                "INF_(BAG|RECON|PREMED|LUMEN|FILTER|SETTING|COMM|OVER|INTERVAL|BENZYL|CYCLE|DOSE_STEP_[DO]).*"
            ),
            names="{{code}}",
            coloured=((".*", LOW),),
        ),
    ),
)

COURSE = Row(
    "The last hours",
    (
        Graph(
            title="Infusions by state",
            about="What the infusions do. `unknown`: the pump has not said.",
            unit="short",
            decimals=0,
            queries={"{{state}}": f"sum by (state) (blinwatch_infusions{{{WARD}}})"},
        ),
        Graph(
            title="Due soon",
            about="Bags within four hours, steps and ends within a day: what the pharmacy and the next shift will be "
            "asked for.",
            unit="short",
            decimals=0,
            queries={"{{due}}": f"sum by (due) (blinwatch_infusions_due{{{WARD}}})"},
        ),
        Graph(
            title="Infusion alerts raised in an hour",
            about="Alerts about infusions raised in the hour before, by code, over all wards; the eight most frequent.",
            unit="short",
            decimals=1,
            queries={
                "{{code}}": 'topk(8, sum by (code) (increase(blinwatch_alerts_raised_total{code=~"INF_.+"}[1h])))'
                ' or label_replace(vector(0), "code", "none", "", "") unless on ()'
                ' (sum(blinwatch_alerts_raised_total{code=~"INF_.+"}) > 0)'
            },
        ),
        Graph(
            title="Time lost, by ward",
            about="How long the infusions have stood still in their present cycles, all together. Falls when a cycle "
            "ends.",
            unit="s",
            queries={"{{ward}}": GAP},
            size=Size(12, 8),
        ),
        Graph(
            title="Time lost, for each infusion",
            about="The same for each patient with an infusion, on average. The dashed line: four hours, from where the "
            "label "
            "counts a pause as an interruption.",
            unit="s",
            steps=(Step(4 * 3600, MEDIUM),),
            queries={
                "{{ward}}": f"{GAP} / clamp_min(sum by (ward) "
                f'(blinwatch_infusions{{{WARD},state!~"not_started|ended"}}), 1)'
            },
            size=Size(12, 8),
        ),
    ),
)

PAGE = Page(
    name="infusions",
    title="Infusions",
    about="Do the infusions run, at the right rate; what is due; how much time was lost. Numbers only: which patient "
    "it is "
    "stands on the board and in the alerts.",
    rows=(NOW, WRONG, COURSE),
)
