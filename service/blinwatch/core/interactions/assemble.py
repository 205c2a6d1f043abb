"""The drug book and the facts of a moment as the questions that the interaction check answers.

What:      one `InteractionFindings` for each drug on board: the same record that a pharmacist would chart.
Source:    rule reference sections 0 (interaction fields) and E.
Inputs:    the drug book, `InteractionFacts`.
Caveats:   a running infusion counts as given now. A vaccine before the first drop of cycle 2 or later lies in a
           treatment-free interval, which counts as treatment. A corticosteroid given as treatment is judged by the
           worst grade of the episode that it treats, so that the taper after a severe CRS stays expected use. QT drugs
           are counted among all drugs on board.
"""

from dataclasses import dataclass

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.findings import InteractionFindings, RunningSedative
from blinwatch.core.interactions.drug_book import HOUR_MS, DrugBook, DrugOnBook, is_on_board, profile_of
from blinwatch.core.interactions.facts import InteractionFacts
from blinwatch.core.interactions.verdict import HOURS_PER_DAY

DAY_MS = HOURS_PER_DAY * HOUR_MS
_SEDATIVES: dict[str, RunningSedative] = {"propofol": "propofol", "dexmedetomidine": "dexmedetomidine"}
"""Section 0: the drugs that `running` can name."""


@dataclass(frozen=True, slots=True)
class Company:
    """The drugs on board, and what they mean for each other."""

    on_board: tuple[DrugOnBook, ...]
    qt_drugs: tuple[str, ...]
    il6_blocker_ms: int | None
    """The latest exposure to an IL-6 blocker."""
    inhibitors: tuple[str, ...]
    """Inhibitors of CYP3A4."""


def company_at(book: DrugBook, at_ms: int, rulebook: Rulebook) -> Company:
    """The drugs on board at a moment."""
    on_board = tuple(entry for entry in book.drugs if is_on_board(entry, at_ms, rulebook))
    classes = {entry.key: profile_of(entry, rulebook).classes for entry in on_board}
    return Company(
        on_board=on_board,
        qt_drugs=tuple(sorted({entry.drug for entry in on_board if "qt_drug" in classes[entry.key]})),
        il6_blocker_ms=max(
            (exposed_ms(entry, at_ms) for entry in on_board if "il6_blocker" in classes[entry.key]), default=None
        ),
        inhibitors=tuple(sorted({entry.drug for entry in on_board if "cyp_inhibitor" in classes[entry.key]})),
    )


def exposed_ms(entry: DrugOnBook, at_ms: int) -> int:
    """When the drug last reached the patient: now while it runs."""
    return at_ms if entry.running else min(entry.last_ms, at_ms)


def findings_for(
    entry: DrugOnBook, company: Company, facts: InteractionFacts, at_ms: int, rulebook: Rulebook
) -> InteractionFindings:
    """The question about one drug at a moment."""
    profile = profile_of(entry, rulebook)
    sedative = _SEDATIVES.get(entry.drug)
    asks_il6 = "il6_blocker" in profile.classes or any(part.cyp is not None for part in profile.entries)
    is_live = "live_vaccine" in profile.classes
    before_d, after_d, on_infusion = _around_treatment(entry, facts, at_ms) if is_live else (None, None, None)
    return InteractionFindings(
        drug=entry.drug,
        atc=entry.atc,
        cycle=facts.cycle,
        hours_since_cycle_start=_hours_since(facts.cycle_start_ms, at_ms),
        hours_since_restart_or_step=_latest_hours(facts.last_step_ms, facts.last_restart_after_4h_ms, at_ms),
        crs_grade_now=_treated(facts.crs_grade_now, facts.crs_episode_grade, entry, "crs_treatment"),
        days_since_crs=_days_since(facts.crs_last_g1_ms, at_ms),
        icans_grade_now=_treated(facts.icans_grade_now, facts.icans_episode_grade, entry, "neuro_treatment"),
        purpose=entry.purpose,
        hours_since_dose=(at_ms - exposed_ms(entry, at_ms)) / HOUR_MS,
        route=entry.route,
        vaccine=entry.vaccine,
        days_before_start=before_d,
        days_after_last_dose=after_d,
        b_cell_recovered=facts.b_cell_recovered,
        on_infusion=on_infusion,
        same_lumen=_still_shown(entry, entry.same_lumen_ms, at_ms, rulebook),
        days_since_il6_blocker=_days_since(company.il6_blocker_ms, at_ms) if asks_il6 else None,
        alt_x_uln=facts.alt_x_uln,
        ast_x_uln=facts.ast_x_uln,
        qtc_ms=facts.qtc_ms,
        potassium_mmol_l=facts.potassium_mmol_l,
        magnesium_mmol_l=facts.magnesium_mmol_l,
        qt_drug_count=len(company.qt_drugs) if entry.drug in company.qt_drugs else None,
        benzyl_alcohol_source=(
            None if facts.infusing is False else _still_shown(entry, entry.benzyl_alcohol_ms, at_ms, rulebook)
        ),
        benzyl_min_weight_kg=facts.benzyl_min_weight_kg,
        weight_kg=facts.weight_kg,
        age_years=facts.age_years,
        preservative=facts.preservative,
        bag_type_h=facts.bag_type_h,
        label_region=facts.label_region,
        running=(sedative,) if sedative is not None and entry.running else (),
        dose_g_m2=_high_dose_g_m2(entry, at_ms, rulebook),
        cranial_rt_history=facts.cranial_rt_history,
        daily_dose_g=None if entry.daily_dose is None else entry.daily_dose.amount,
    )


def _hours_since(moment_ms: int | None, at_ms: int) -> float | None:
    return None if moment_ms is None or moment_ms > at_ms else (at_ms - moment_ms) / HOUR_MS


def _days_since(moment_ms: int | None, at_ms: int) -> float | None:
    return None if moment_ms is None else max(0, at_ms - moment_ms) / DAY_MS


def _latest_hours(one_ms: int | None, other_ms: int | None, at_ms: int) -> float | None:
    past = [moment for moment in (one_ms, other_ms) if moment is not None and moment <= at_ms]
    return _hours_since(max(past), at_ms) if past else None


def _treated(now: int | None, episode: int | None, entry: DrugOnBook, purpose: str) -> int | None:
    """The grade of now; for a drug given as its treatment the worst grade of the episode."""
    if entry.purpose != purpose or episode is None:
        return now
    return episode if now is None else max(now, episode)


def _still_shown(entry: DrugOnBook, moment_ms: int | None, at_ms: int, rulebook: Rulebook) -> bool | None:
    """Whether what a dose did wrong still stands: while it runs, and for `past_dose_h` after it."""
    if moment_ms is None:
        return None
    runs_so = entry.running and entry.started_ms is not None and moment_ms >= entry.started_ms
    shown = runs_so or at_ms - moment_ms <= round(rulebook.interactions.past_dose_h * HOUR_MS)
    return True if shown else None


def _high_dose_g_m2(entry: DrugOnBook, at_ms: int, rulebook: Rulebook) -> float | None:
    """The high dose that still counts: a small dose after it does not prolong its time."""
    within_ms = round(rulebook.interactions.neurotoxic_within_d * DAY_MS)
    high = entry.high_dose
    return None if high is None or at_ms - high.at_ms > within_ms else high.amount


def _around_treatment(
    entry: DrugOnBook, facts: InteractionFacts, at_ms: int
) -> tuple[float | None, float | None, bool | None]:
    """A live vaccine's days before the start, days after the last dose, and whether it fell into treatment."""
    given_ms, start_ms, ended_ms = entry.last_ms, facts.cycle_start_ms, facts.therapy_ended_ms
    if ended_ms is not None and given_ms >= ended_ms:
        return None, (given_ms - ended_ms) / DAY_MS, False
    first_cycle = facts.cycle is None or facts.cycle <= 1
    if not first_cycle or (start_ms is not None and given_ms >= start_ms):
        return None, None, True
    # Not started yet: the start cannot be earlier than now, so this many days at least lie between.
    start_or_now_ms = at_ms if start_ms is None else min(start_ms, at_ms)
    return (start_or_now_ms - given_ms) / DAY_MS, None, False
