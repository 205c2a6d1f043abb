"""Does the early warning (rules EW-1 to EW-4) earn its place? Lead time against false notices, in simulated wards.

    python -m benchmarks.early_warning_yield [--patients 60] [--seed 1] [--sweep] [--record FILE.csv]

Virtual patients of five kinds are judged for three days each by the whole judgement (`step`), in event time:

    crs          fever and what goes with it, drawn anew for each patient: when it begins, how steep it is, how far
                 breathing and saturation go along
    paracetamol  the same, with a dose before that for 6 h takes most of the fever away and some of the heart rate
    metoprolol   the same, with a drug that halves the rise of the heart rate
    quiet        no CRS, but effort, pain, visits, warm evenings; a third have a fast heart for hours (pain, bleeding)
    restless     no CRS, all of that twice as often and twice as long

What counts: a notice between the beginning of the rise and the first charted grade 1; of these also those before the
temperature itself reached 38.0 °C, which a thermometer every 4 h sees later. A notice before the rise, or in a
patient without CRS, is false. NEWS2 alerts are counted in the same way for comparison.

Caution: lead time here is what the drawn courses contain. It shows how the rule behaves when heart rate and breathing
go with the fever as drawn; it proves nothing about patients. False notices in a simulated quiet patient are a floor.
"""

import argparse
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from blinwatch.clinical.early_warning_rules import EarlyWarningRules
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.decisions import AlertTransition, Decision, GradeAssigned
from blinwatch.core.early_warning.judge_rise import RiseFacts, judge_rise
from blinwatch.core.early_warning.live import EARLY_WARNING, facts_of, is_asked, told
from blinwatch.core.early_warning.trends import HOUR_MS, Trends
from blinwatch.core.events import AnyEvent, TherapyOrdered
from blinwatch.core.evidence import to_ms
from blinwatch.core.evolve import evolve
from blinwatch.core.patient_state import PatientState, new_patient
from blinwatch.core.pump_events import DeliveryStarted
from blinwatch.core.step import step
from blinwatch.core.time_order import place_of
from blinwatch.receive.monitor_csv import read_monitor_csv
from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.curve import Curve, seeded
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import VirtualPatient, adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, give, tell_story
from blinwatch.simulate.vitals import Course
from blinwatch.simulate.ward import Bed, tell_ward

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOURS = 72.0
MONITOR_INTERVAL_S = 300
"""The trend keeps one value in ten minutes; a denser monitor is judged alike and takes longer."""
FEVER_C = 38.0
BEATS_PER_DEGREE = 9.0
"""As the simulator couples them (simulate/vitals.py)."""
POINTS_PER_RISE = 12
FEW = 4
"""So few have no quartiles."""
CRS_KINDS = ("crs", "paracetamol", "metoprolol")
QUIET_KINDS = ("quiet", "restless")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One patient's course and what is true of it."""

    course: Course
    onset_h: float | None = None
    fever_h: float | None = None
    """When the noise-free temperature reaches 38.0 °C."""
    drugs: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """The trends at the end of one bucket, so that other limits can be tried on them."""

    at_ms: int
    trends: Trends
    facts: RiseFacts
    asked: bool


@dataclass(slots=True)
class Outcome:
    """What one patient was told."""

    kind: str
    onset_ms: int | None
    fever_ms: int | None
    until_ms: int
    """The end of the time in which a notice may come: grade 1, or the end of the record."""
    from_ms: int
    grade_1_ms: int | None = None
    notices_ms: list[int] = field(default_factory=list[int])
    scores_ms: list[int] = field(default_factory=list[int])
    looks: list[Look] = field(default_factory=list[Look])


# --- courses -----------------------------------------------------------------------------------------------------


def draw_crs(kind: str, chance: Random, patient: VirtualPatient) -> Drawn:
    """A fever that begins within the first two and a half days and peaks after 2 to 10 hours."""
    onset_h, rise_h = chance.uniform(4, 58), chance.uniform(2, 10)
    peak_c = chance.uniform(1.7, 3.0)
    breaths, points, later = chance.uniform(1, 8), chance.uniform(0, 4), chance.uniform(0, 0.5)
    hours = [onset_h + rise_h * part / POINTS_PER_RISE for part in range(2 * POINTS_PER_RISE + 1)]
    fever = [peak_c * min(1.0, part / POINTS_PER_RISE) for part in range(2 * POINTS_PER_RISE + 1)]
    drugs: tuple[tuple[float, str], ...] = ()
    shown, heart = fever, [0.0 for _ in fever]
    if kind == "paracetamol":
        dose_h = onset_h - chance.uniform(0, 2)
        drugs = ((dose_h, "paracetamol"),)
        # Most of the fever is taken away while the dose acts; of the heart rate that goes with it about half.
        shown = [value * (0.35 if hour < dose_h + 6 else 1.0) for hour, value in zip(hours, fever, strict=True)]
        heart = [BEATS_PER_DEGREE * (true - seen) * 0.5 for true, seen in zip(fever, shown, strict=True)]
    elif kind == "metoprolol":
        drugs = tuple((hour, "metoprolol") for hour in (1.0, 25.0, 49.0))
        heart = [-BEATS_PER_DEGREE * value * 0.5 for value in fever]
    course = Course(
        temperature_c=Curve(tuple(zip(hours, shown, strict=True))),
        heart_rate_bpm=Curve(tuple(zip(hours, heart, strict=True))),
        respiratory_rate_per_min=Curve(((onset_h + later * rise_h, 0.0), (onset_h + rise_h, breaths))),
        spo2_pct=Curve(((onset_h + later * rise_h, 0.0), (onset_h + rise_h, -points))),
    )
    needed = FEVER_C - patient.temperature_c
    reached = [hour for hour, value in zip(hours, shown, strict=True) if value >= needed]
    return Drawn(course, onset_h, reached[0] if reached else None, drugs)


def draw_quiet(kind: str, chance: Random, patient: VirtualPatient) -> Drawn:
    """Days without CRS: effort and pain move the heart and breathing for a while, evenings are a little warm."""
    del patient
    heart, breath, warm = [(0.0, 0.0)], [(0.0, 0.0)], [(0.0, 0.0)]
    much = 2.0 if kind == "restless" else 1.0
    hour = chance.uniform(1, 6)
    while hour < HOURS - 1:
        lasts = chance.uniform(0.1, 0.7) * much
        beats, more = chance.uniform(8, 32), chance.uniform(0, 6)
        heart += _bump(hour, lasts, beats)
        breath += _bump(hour, lasts, more)
        hour += lasts + chance.expovariate(4 * much / 24) + 0.2
    for day in range(3):
        evening = 24 * day + 9 + chance.uniform(-2, 2)
        warm += _bump(evening, chance.uniform(2, 5), chance.uniform(0, 0.5))
    if chance.random() < much / 3:
        # A fast heart for hours that is no CRS.
        heart = [(0.0, 0.0), *_bump(chance.uniform(12, 60), chance.uniform(2, 6), chance.uniform(14, 28))]
    return Drawn(
        Course(temperature_c=Curve(tuple(warm)), heart_rate_bpm=Curve(tuple(heart)),
               respiratory_rate_per_min=Curve(tuple(breath))),
        drugs=((chance.uniform(2, 40), "paracetamol"),) if chance.randrange(2) else (),
    )  # fmt: skip


def _bump(from_h: float, lasts_h: float, height: float) -> list[tuple[float, float]]:
    return [(from_h, 0.0), (from_h + 0.05, height), (from_h + 0.05 + lasts_h, height), (from_h + 0.1 + lasts_h, 0.0)]


def bed(kind: str, number: int, seed: int, rulebook: Rulebook) -> tuple[Bed, Drawn]:
    setting = StorySetting(
        seed=seed,
        patient_id=f"{kind}-{number:03d}",
        start=START,
        rulebook=rulebook,
        duration_h=HOURS,
        monitor_interval_s=MONITOR_INTERVAL_S,
        pump_interval_s=MONITOR_INTERVAL_S * 2,
    )
    patient = adult(seed, setting.patient_id, setting.ward)
    draw = draw_crs if kind in CRS_KINDS else draw_quiet
    drawn = draw(kind, seeded(seed, setting.patient_id, "course"), patient)
    story = Story(name=kind, summary="", expects="", tell=partial(_tell, patient, drawn))
    return Bed(0, story, setting), drawn


def _tell(patient: VirtualPatient, drawn: Drawn, setting: StorySetting) -> Iterator[Arrival]:
    doses = [give(setting, hour, drug, dose_mg=1000.0, route="oral") for hour, drug in drawn.drugs]
    return tell_story(patient, setting, plan=InfusionPlan(), course=drawn.course, extra=doses)


# --- judging -----------------------------------------------------------------------------------------------------


def judge(events: Iterator[AnyEvent], outcome: Outcome, patient_id: str, rulebook: Rulebook) -> Outcome:
    """Every event through `step`; what was told is noted until grade 1."""
    state = new_patient(patient_id)
    for event in events:
        state, said = step(state, event, rulebook)
        _note(outcome, said)
        _look(outcome, state, rulebook)
        if outcome.grade_1_ms is not None:
            break
    outcome.until_ms = outcome.grade_1_ms or outcome.until_ms
    return outcome


def _note(outcome: Outcome, said: tuple[Decision, ...]) -> None:
    for one in said:
        if isinstance(one, GradeAssigned) and one.code in {f"CRS_G{level}" for level in range(1, 6)}:
            outcome.grade_1_ms = outcome.grade_1_ms or to_ms(one.occurred_at)
        if isinstance(one, AlertTransition) and one.transition == "raised":
            at_ms = to_ms(one.occurred_at)
            if one.alert.key == EARLY_WARNING:
                outcome.notices_ms.append(at_ms)
            elif one.alert.key == "NEWS2":
                outcome.scores_ms.append(at_ms)


def _look(outcome: Outcome, state: PatientState, rulebook: Rulebook) -> None:
    j = state.head
    if j.trends.origin_ms is None or (outcome.looks and outcome.looks[-1].trends.next_ms == j.trends.next_ms):
        return
    moment = Moment(j.patient_id, None, j.clock_ms, None, rulebook)
    outcome.looks.append(Look(j.clock_ms, j.trends, facts_of(j, moment, rulebook), is_asked(j, j.clock_ms, rulebook)))


def judge_bed(kind: str, number: int, seed: int, rulebook: Rulebook) -> Outcome:
    one, drawn = bed(kind, number, seed, rulebook)
    start_ms = to_ms(START)

    def ms(hour: float | None) -> int | None:
        return None if hour is None else start_ms + round(hour * HOUR_MS)

    end_ms = start_ms + round(HOURS * HOUR_MS)
    outcome = Outcome(kind, ms(drawn.onset_h), ms(drawn.fever_h), end_ms, start_ms)
    return judge((sending.event for sending in tell_ward((one,))), outcome, one.setting.patient_id, rulebook)


def judge_record(path: Path, rulebook: Rulebook) -> Outcome:
    """A real monitor's record with an infusion of cycle 1 running beside it."""

    def header(number: int, minutes: float) -> dict[str, object]:
        at = START + timedelta(minutes=minutes)
        return {"event_id": f"i{number}", "patient_id": "record", "occurred_at": at, "source": "record"}

    order = TherapyOrdered(
        **header(0, -2), phase="rr", cycle=1, age_years=60, weight_kg=70, bag_type_h=48, location="inpatient",
        cycle_start_premed_documented=True,
    )  # type: ignore[arg-type]  # fmt: skip
    started = DeliveryStarted(**header(1, -1), rate_ml_h=5, programmed_dose_mcg_day=9)  # type: ignore[arg-type]
    vitals = list(read_monitor_csv(path, patient_id="record", start=START))
    end_ms = to_ms(vitals[-1].occurred_at)
    outcome = Outcome("record", None, None, end_ms, to_ms(START))
    events = sorted([order, started, *vitals], key=place_of)
    return judge(iter(events), outcome, "record", rulebook)


def notices_with(outcome: Outcome, rules: EarlyWarningRules) -> list[int]:
    """When notices would have begun with other limits, on the trends that were seen."""
    found: list[int] = []
    signs: tuple[str, ...] = ()
    raised_ms: int | None = None
    left_ms: int | None = None
    for look in outcome.looks:
        trends = evolve(look.trends, signs=signs, raised_ms=raised_ms)
        before, held = raised_ms, bool(signs)
        if look.asked:
            standing = left_ms is not None and look.at_ms - left_ms < HOUR_MS
            verdict = judge_rise(trends, look.facts, rules)
            signs, raised_ms = told(trends, verdict, look.at_ms, standing=standing, rest_h=rules.again_after_h)
        else:
            signs = ()
        left_ms = look.at_ms if held and not signs else None if signs else left_ms
        if raised_ms is not None and raised_ms != before:
            found.append(raised_ms)
    return found


# --- telling -----------------------------------------------------------------------------------------------------


def crs_row(outcomes: list[Outcome], notices: list[list[int]]) -> str:
    """Yield and lead time in patients who reach grade 1, and false notices before the rise."""
    reached = [(one, said) for one, said in zip(outcomes, notices, strict=True) if one.grade_1_ms is not None]
    leads: list[float] = []
    before_fever = false = 0
    days = 0.0
    for one, said in reached:
        onset, graded = one.onset_ms or 0, one.grade_1_ms or 0
        false += sum(at < onset for at in said)
        days += (onset - one.from_ms) / (24 * HOUR_MS)
        in_time = [at for at in said if onset <= at < graded]
        if in_time:
            leads.append((graded - in_time[0]) / HOUR_MS)
            before_fever += one.fever_ms is None or in_time[0] < one.fever_ms
    if not reached:
        return "no patient reached grade 1"
    return (
        f"{len(leads)}/{len(reached)} = {len(leads) / len(reached):4.0%} told before grade 1, "
        f"{before_fever / len(reached):4.0%} before 38.0 °C; lead {_spread(leads)}; "
        f"{false} false in {days:.0f} days before the rise"
    )


def _spread(leads: list[float]) -> str:
    """Median and quartiles; a handful is told as it is."""
    if len(leads) <= FEW:
        return " and ".join(f"{lead:.1f} h" for lead in sorted(leads)) or "none"
    low, middle, high = statistics.quantiles(leads, n=4)
    return f"{middle:.1f} h ({low:.1f} to {high:.1f})"


def quiet_row(outcomes: list[Outcome], notices: list[list[int]]) -> str:
    days = sum((one.until_ms - one.from_ms) / (24 * HOUR_MS) for one in outcomes)
    count = sum(len(said) for said in notices)
    return f"{count} false in {days:.0f} patient-days = {count / days:.3f} a patient-day"


SWEEP: tuple[tuple[str, dict[str, float]], ...] = (
    ("as published", {}),
    ("one sign is enough", {"signs_from": 1}),
    ("three signs are needed", {"signs_from": 3}),
    ("heart rate +15 %", {"heart_rate_rise_fraction": 0.15, "heart_rate_rise_masked_fraction": 0.15}),
    ("heart rate +25 %", {"heart_rate_rise_fraction": 0.25}),
    ("breathing +20 %", {"respiratory_rate_rise_fraction": 0.20}),
    ("breathing +40 %", {"respiratory_rate_rise_fraction": 0.40}),
    ("breathing left out", {"respiratory_rate_rise_fraction": 9.0}),
    ("temperature +0.4 °C", {"temperature_rise_c": 0.4}),
    ("temperature +0.8 °C", {"temperature_rise_c": 0.8}),
    ("SpO2 -1 point", {"spo2_fall_pct": 1}),
    ("SpO2 -3 points", {"spo2_fall_pct": 3}),
    ("last 4 h not in the baseline", {"baseline_gap_h": 4}),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=60, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sweep", action="store_true", help="also with other limits")
    parser.add_argument("--record", type=Path, help="a monitor's record as CSV (blinwatch import)")
    options = parser.parse_args()
    rulebook = load_rulebook()
    rulebook = replace(rulebook, early_warning=replace(rulebook.early_warning, on=True))
    wards = {
        kind: [judge_bed(kind, number, options.seed, rulebook) for number in range(options.patients)]
        for kind in (*CRS_KINDS, *QUIET_KINDS)
    }
    if options.record:
        wards["record"] = [judge_record(options.record, rulebook)]
    for kind, outcomes in wards.items():
        row = crs_row if kind in CRS_KINDS else quiet_row
        print(f"{kind:12} notice {row(outcomes, [one.notices_ms for one in outcomes])}")
        print(f"{'':12} NEWS2  {row(outcomes, [one.scores_ms for one in outcomes])}")
    if options.sweep:
        for words, changes in SWEEP:
            rules = replace(rulebook.early_warning, **changes)
            print(f"\n{words}")
            for kind, outcomes in wards.items():
                row = crs_row if kind in CRS_KINDS else quiet_row
                print(f"    {kind:12} {row(outcomes, [notices_with(one, rules) for one in outcomes])}")


if __name__ == "__main__":
    main()
