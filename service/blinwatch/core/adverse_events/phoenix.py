"""AE-PHOENIX: sepsis and septic shock in children.

Definition:  suspected infection and a Phoenix score of at least 2 is sepsis; with at least one cardiovascular point
             septic shock. Parts: respiratory 0-3, cardiovascular 0-6, coagulation 0-2, neurological 0-2.
Source:      Phoenix criteria, JAMA 2024 [S16]; rule reference section F.
Inputs:      live signs, laboratory, vasoactive drugs, fixed pupils and suspected infection as charted.
Caveats:     - infection is suspected where staff chart it or febrile neutropenia holds; with fever and no word of
               staff it is assumed (INFECTION_ASSUMED), because the sepsis path runs beside CRS (section I). Charted
               "no" ends it, except for febrile neutropenia.
             - respiratory points need oxygen or breathing support; on room air there are none. The ratio by SpO2 is
               used up to 97 %; of two ratios the worse counts.
             - pupils are asked for only when the coma scale is 10 or less, or not known.
             - leukaemia and its treatment lower platelets too: the coagulation part shows its cause.
"""

from dataclasses import dataclass

from blinwatch.clinical.adverse_event_rules import AdverseEventRules, MeanPressureBand
from blinwatch.core.adverse_events.facts import EventFacts
from blinwatch.core.adverse_events.news2 import on_oxygen
from blinwatch.core.adverse_events.score import Tally, best_points
from blinwatch.core.adverse_events.verdict import (
    EventVerdict,
    Part,
    flags_of,
    lab_part,
    missing_words,
    part_words,
    score_words,
)
from blinwatch.core.infusion.verdict import plain
from blinwatch.core.labs.lab_result import LabResult, exceeds, falls_below, reaches
from blinwatch.core.labs.lab_view import LabView
from blinwatch.core.units import above, below, half_up

RULE_ID = "AE-PHOENIX"
INFECTION_ASSUMED = "INFECTION_ASSUMED"
_HOUR_MS = 3_600_000
_MONTHS_PER_YEAR = 12


@dataclass(frozen=True, slots=True)
class Infection:
    """Whether an infection is suspected; None where nobody says and nothing points to one."""

    suspected: bool | None
    because: str
    assumed: bool = False


def suspected_infection(*, charted: bool | None, febrile_neutropenia: bool, fever: bool) -> Infection:
    """Suspected infection from the chart, febrile neutropenia and fever."""
    if charted:
        return Infection(suspected=True, because="infection suspected by staff")
    if febrile_neutropenia:
        return Infection(suspected=True, because="febrile neutropenia counts as a suspected infection")
    if charted is None and fever:
        return Infection(suspected=True, because="fever, and nobody has excluded an infection", assumed=True)
    if charted is None:
        return Infection(suspected=None, because="nobody says whether an infection is suspected")
    return Infection(suspected=False, because="staff suspect no infection")


def is_ventilated(facts: EventFacts) -> bool:
    """Invasive mechanical ventilation."""
    return facts.invasive_ventilation is True or facts.o2_device == "invasive_ventilation"


def saturation_ratio(facts: EventFacts, rules: AdverseEventRules) -> float | None:
    """SpO2/FiO2 where it may be used."""
    if facts.spo2_pct is None or facts.fio2 is None or facts.fio2 <= 0:
        return None
    return None if above(facts.spo2_pct, rules.phoenix_sf_spo2_max_pct) else facts.spo2_pct / facts.fio2


def saturation_points(facts: EventFacts, rules: AdverseEventRules) -> int | None:
    """Points by SpO2/FiO2 on support; None where the ratio cannot be used."""
    ratio = saturation_ratio(facts, rules)
    limits = rules.phoenix_sf_one_below, rules.phoenix_sf_two_up_to, rules.phoenix_sf_three_below
    return None if ratio is None else _ratio_points(ratio, limits, ventilated=is_ventilated(facts))


def _ratio_points(ratio: float, limits: tuple[float, float, float], *, ventilated: bool) -> int:
    one_below, two_up_to, three_below = limits
    if ventilated and below(ratio, three_below):
        return 3
    if ventilated and not above(ratio, two_up_to):
        return 2
    return 1 if below(ratio, one_below) else 0


def mean_pressure_points(facts: EventFacts, rules: AdverseEventRules) -> int | None:
    """Points by mean arterial pressure for the age; None where it or the age is missing."""
    if facts.map_mmhg is None or facts.age_years is None:
        return None
    band = _pressure_band(facts.age_years, rules.phoenix_map_bands)
    mean = half_up(facts.map_mmhg)
    if below(mean, band.two_points_below_mmhg):
        return 2
    return 0 if above(mean, band.one_point_up_to_mmhg) else 1


def _pressure_band(age_years: float, bands: tuple[MeanPressureBand, ...]) -> MeanPressureBand:
    months = age_years * _MONTHS_PER_YEAR
    return next((band for band in bands if below(months, band.below_months)), bands[-1])


def coma_scale(facts: EventFacts, rules: AdverseEventRules) -> int | None:
    """The Glasgow Coma Scale as charted, else its usual equivalent of the level of consciousness."""
    if facts.gcs is not None:
        return facts.gcs
    return None if facts.consciousness is None else rules.gcs_for_consciousness[facts.consciousness]


def judge_phoenix(facts: EventFacts, labs: LabView, infection: Infection, *, pupils_fixed: bool | None) -> EventVerdict:
    """Phoenix of a child from what is known now."""
    rules = labs.rulebook.adverse_events
    results: list[LabResult | None] = []
    respiratory, cardiovascular, others = Tally(), Tally(), Tally()
    _respiratory(facts, labs, respiratory, results)
    _cardiovascular(facts, labs, cardiovascular, results)
    _coagulation(labs, others, results)
    _neurological(facts, others, rules, pupils_fixed=pupils_fixed)
    tallies = (respiratory, cardiovascular, others)
    score = sum(tally.score for tally in tallies)
    missing = [name for tally in tallies for name in tally.missing]
    parts = tuple(part for tally in tallies for part in tally.parts)
    sepsis = score >= rules.phoenix_sepsis_from and infection.suspected is True
    shock = sepsis and cardiovascular.score >= rules.phoenix_shock_cardiovascular_from
    scoring = [part_words(part) for part in parts if part.points]
    words = f"Phoenix score is {score_words(score, missing)}"
    because = [f"{words}: {', '.join(scoring)} ({RULE_ID})" if scoring else f"{words} ({RULE_ID})"]
    because.append(f"{infection.because} ({RULE_ID})")
    if any(part.name == "platelet count" and part.points for part in parts):
        because.append(f"leukaemia and its treatment lower platelets too ({RULE_ID})")
    if missing:
        because.append(missing_words(missing, RULE_ID))
    return EventVerdict(
        code=_code(score, missing, rules, sepsis=sepsis, shock=shock),
        rule_id=RULE_ID,
        holds=sepsis,
        level=2 if shock else int(sepsis),
        score=score,
        parts=parts,
        flags=flags_of(missing=missing, results=results, more=(INFECTION_ASSUMED,) if infection.assumed else ()),
        because=tuple(because),
        missing=tuple(missing),
        threshold=f"suspected infection and a score of at least {rules.phoenix_sepsis_from}",
    )


def _code(score: int, missing: list[str], rules: AdverseEventRules, *, sepsis: bool, shock: bool) -> str:
    if sepsis:
        return "SEPTIC_SHOCK_PHOENIX" if shock else "SEPSIS_PHOENIX"
    if score >= rules.phoenix_sepsis_from:
        return "PHOENIX_NO_INFECTION"
    return "PHOENIX_NOT_EVALUABLE" if missing else "PHOENIX_NONE"


def _respiratory(facts: EventFacts, labs: LabView, tally: Tally, results: list[LabResult | None]) -> None:
    rules = labs.rulebook.adverse_events
    support = on_oxygen(facts, rules)
    if support is None:
        tally.lacks("oxygen device")
        return
    if not support:
        tally.add(Part(name="breathing", value="room air", points=0))
        return
    worst: Part | None = None
    saturation = saturation_points(facts, rules)
    if (ratio := saturation_ratio(facts, rules)) is not None:
        worst = Part(name="SpO2/FiO2", value=round(ratio, 1), points=saturation)
    oxygen = labs.latest("pao2")
    fresh_ms = round(rules.phoenix_pao2_counts_h * _HOUR_MS)
    if oxygen is not None and facts.fio2 is not None and facts.fio2 > 0 and labs.at_ms - oxygen.at_ms <= fresh_ms:
        limits = rules.phoenix_pf_one_below, rules.phoenix_pf_two_up_to, rules.phoenix_pf_three_below
        pressure_ratio = oxygen.value / facts.fio2
        points = _ratio_points(pressure_ratio, limits, ventilated=is_ventilated(facts))
        results.append(oxygen)
        if worst is None or points > (worst.points or 0):
            worst = Part(
                name="PaO2/FiO2",
                value=round(pressure_ratio, 1),
                unit="mmHg",
                points=points,
                at_ms=oxygen.at_ms,
                event_id=oxygen.event_id,
            )
    if worst is None:
        tally.lacks("SpO2/FiO2 or PaO2/FiO2 (SpO2 up to 97 % with FiO2)")
    else:
        tally.add(worst)


def _cardiovascular(facts: EventFacts, labs: LabView, tally: Tally, results: list[LabResult | None]) -> None:
    rules = labs.rulebook.adverse_events
    agents = facts.vasoactive_agents
    worth = max(
        (points for count, points in rules.phoenix_vasoactive_points.items() if len(agents) >= count), default=0
    )
    tally.add(Part(name="vasoactive drugs", value=", ".join(agents) or "none", points=worth))
    lactate = labs.latest("lactate")
    if lactate is None:
        tally.lacks("lactate")
    else:
        results.append(lactate)
        points, is_open = best_points(
            (
                (reaches(lactate, rules.phoenix_lactate_two_from_mmol_l), 2),
                (reaches(lactate, rules.phoenix_lactate_one_from_mmol_l), 1),
            )
        )
        tally.add(lab_part("lactate", lactate, "mmol/L", points), open_above=is_open)
    pressure_points = mean_pressure_points(facts, rules)
    if pressure_points is None or facts.map_mmhg is None:
        tally.lacks("mean arterial pressure")
    else:
        tally.add(Part(name="mean pressure", value=facts.map_mmhg, unit="mmHg", points=pressure_points))


def _coagulation(labs: LabView, tally: Tally, results: list[LabResult | None]) -> None:
    """At most two points; once they are reached, what is missing does not matter."""
    rules = labs.rulebook.adverse_events
    left = rules.phoenix_coagulation_most
    missing: list[str] = []
    for analyte in ("platelets", "inr", "d_dimer", "fibrinogen"):
        name = labs.name(analyte)
        result = labs.latest(analyte)
        if result is None:
            missing.append(name)
            continue
        results.append(result)
        abnormal = _is_abnormal(analyte, result, rules)
        if abnormal is None:
            missing.append(name)
        points = int(abnormal is True and left > 0)
        left -= points
        tally.add(lab_part(name, result, labs.unit(analyte), points))
    if left > 0:
        for name in missing:
            tally.lacks(name)


def _is_abnormal(analyte: str, result: LabResult, rules: AdverseEventRules) -> bool | None:
    if analyte == "platelets":
        return falls_below(result, rules.phoenix_platelets_below)
    if analyte == "inr":
        return exceeds(result, rules.phoenix_inr_above)
    if analyte == "d_dimer":
        return exceeds(result, rules.phoenix_d_dimer_above_mg_l)
    return falls_below(result, rules.phoenix_fibrinogen_below_g_l)


def _neurological(facts: EventFacts, tally: Tally, rules: AdverseEventRules, *, pupils_fixed: bool | None) -> None:
    """The worse of coma scale and pupils."""
    if pupils_fixed:
        tally.add(Part(name="pupils", value="fixed", points=rules.phoenix_pupils_points))
        return
    scale = coma_scale(facts, rules)
    if scale is None:
        tally.lacks("Glasgow Coma Scale")
        return
    deep = scale <= rules.phoenix_gcs_up_to
    tally.add(Part(name="Glasgow Coma Scale", value=plain(scale), points=rules.phoenix_gcs_points if deep else 0))
    if deep and pupils_fixed is None:
        tally.lacks("pupils")
