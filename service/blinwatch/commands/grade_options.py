"""The options of `blinwatch grade`: one finding each, in the words of the rule reference's vocabulary."""

from typing import Annotated, Literal

import typer

from blinwatch.core.findings import (
    CerebralEdema,
    DeathCause,
    IcpSign,
    LevelOfConsciousness,
    MotorWeakness,
    NotDoneReason,
    O2Device,
    O2Reason,
    Seizure,
    TempSite,
    VentReason,
)

Json = Annotated[
    str | None,
    typer.Option(
        "--json", metavar="JSON", help="Findings as one JSON object in the rule reference's vocabulary; options win."
    ),
]
Output = Annotated[Literal["text", "json"], typer.Option("--output", help="text: for people. json: for machines.")]

Age = Annotated[float | None, typer.Option("--age", metavar="YEARS", help="Age; 0.5 is half a year.")]
DeathDueTo = Annotated[DeathCause | None, typer.Option("--death-due-to", help="Principal cause of a death.")]

Temp = Annotated[float | None, typer.Option("--temp", metavar="CELSIUS", help="Temperature.")]
TempF = Annotated[float | None, typer.Option("--temp-f", metavar="FAHRENHEIT", help="Temperature.")]
Site = Annotated[TempSite | None, typer.Option("--temp-site", help="Where it was measured.")]
Sbp = Annotated[float | None, typer.Option("--sbp", metavar="MMHG", help="Systolic pressure.")]
Dbp = Annotated[float | None, typer.Option("--dbp", metavar="MMHG", help="Diastolic pressure.")]
Map = Annotated[float | None, typer.Option("--map", metavar="MMHG", help="Mean arterial pressure.")]
BaselineSbp = Annotated[
    float | None, typer.Option("--baseline-sbp", metavar="MMHG", help="The patient's own systolic pressure.")
]
FluidBolus = Annotated[
    bool | None, typer.Option("--fluid-bolus/--no-fluid-bolus", help="A fluid bolus was given for hypotension.")
]
Vasopressors = Annotated[
    list[str] | None, typer.Option("--vasopressor", metavar="NAME", help="A running vasopressor; one option each.")
]
Spo2 = Annotated[float | None, typer.Option("--spo2", metavar="PERCENT", help="Oxygen saturation.")]
BaselineSpo2 = Annotated[
    float | None, typer.Option("--baseline-spo2", metavar="PERCENT", help="The patient's own saturation.")
]
Device = Annotated[O2Device | None, typer.Option("--o2-device", help="What gives the oxygen.")]
Flow = Annotated[float | None, typer.Option("--o2-flow", metavar="L/MIN", help="Oxygen flow.")]
OxygenReason = Annotated[O2Reason | None, typer.Option("--o2-reason", help="Why oxygen is given.")]
SupportReason = Annotated[VentReason | None, typer.Option("--vent-reason", help="Why pressure support is given.")]
OpenEpisode = Annotated[bool | None, typer.Option("--open-episode/--no-open-episode", help="A CRS episode is open.")]
AntipyreticH = Annotated[
    float | None, typer.Option("--antipyretic-h", metavar="HOURS", help="Hours since an antipyretic.")
]
SteroidH = Annotated[float | None, typer.Option("--steroid-h", metavar="HOURS", help="Hours since a corticosteroid.")]
TocilizumabD = Annotated[float | None, typer.Option("--tocilizumab-d", metavar="DAYS", help="Days since tocilizumab.")]
FeverOther = Annotated[
    bool | None, typer.Option("--fever-other-cause/--fever-is-crs", help="Whether the fever has another cause.")
]
HypotensionOther = Annotated[
    bool | None, typer.Option("--hypotension-other-cause/--hypotension-is-crs", help="The same of hypotension.")
]
HypoxiaOther = Annotated[
    bool | None, typer.Option("--hypoxia-other-cause/--hypoxia-is-crs", help="The same of hypoxia.")
]
SinceStopH = Annotated[
    float | None, typer.Option("--since-stop-h", metavar="HOURS", help="Hours since the infusion stopped.")
]

Ice = Annotated[int | None, typer.Option("--ice", metavar="0-10", help="ICE score (from 12 years on).")]
IceNotDone = Annotated[NotDoneReason | None, typer.Option("--ice-not-done", help="Why ICE could not be done.")]
Capd = Annotated[int | None, typer.Option("--capd", metavar="0-32", help="CAPD score (under 12 years).")]
CapdNotDone = Annotated[NotDoneReason | None, typer.Option("--capd-not-done", help="Why CAPD could not be done.")]
Delay = Annotated[
    bool | None, typer.Option("--developmental-delay/--no-developmental-delay", help="Known before treatment.")
]
BaselineIce = Annotated[int | None, typer.Option("--baseline-ice", metavar="0-10", help="ICE score before treatment.")]
Consciousness = Annotated[LevelOfConsciousness | None, typer.Option("--loc", help="Level of consciousness.")]
Sedated = Annotated[
    bool | None, typer.Option("--sedated/--not-sedated", help="Marked as sedated by a nurse or doctor.")
]
SeizureKind = Annotated[Seizure | None, typer.Option("--seizure", help="Seizure.")]
SeizureS = Annotated[float | None, typer.Option("--seizure-s", metavar="SECONDS", help="How long the seizure lasted.")]
Motor = Annotated[MotorWeakness | None, typer.Option("--motor", help="Motor findings.")]
Oedema = Annotated[CerebralEdema | None, typer.Option("--oedema", help="Cerebral oedema on imaging.")]
PressureSign = Annotated[IcpSign | None, typer.Option("--icp-sign", help="Sign of raised pressure in the brain.")]
Haemorrhage = Annotated[bool | None, typer.Option("--haemorrhage/--no-haemorrhage", help="Bleeding in the brain.")]
DueToHaemorrhage = Annotated[
    list[str] | None,
    typer.Option(
        "--due-to-haemorrhage",
        metavar="PART",
        help="A part explained by it (cognition, loc, seizure, motor); one option each.",
    ),
]
