"""What the rules of section E ask besides the drugs, at one moment.

What:      the record that the live state fills in before it asks for the view.
Source:    rule reference section 0 (interaction fields).
Caveats:   None always means "not known", never "normal".
"""

from dataclasses import dataclass

from blinwatch.core.findings import LabelRegion


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionFacts:
    """The facts of one moment; times are ms since 1970 UTC and not later than that moment."""

    cycle: int | None = None
    cycle_start_ms: int | None = None
    """First drop of that cycle; None: not started, or not known."""
    last_step_ms: int | None = None
    last_restart_after_4h_ms: int | None = None
    infusing: bool | None = None
    """Whether a bag hangs and runs."""
    therapy_ended_ms: int | None = None
    """When the last infusion ended for good; None while treatment goes on."""
    crs_grade_now: int | None = None
    """Best the announced grade, so that a value that swings does not raise and resolve alerts."""
    crs_last_g1_ms: int | None = None
    """The latest moment at which CRS was grade 1 or more."""
    crs_episode_grade: int | None = None
    """The worst grade of the open, else of the last episode."""
    icans_grade_now: int | None = None
    icans_episode_grade: int | None = None
    weight_kg: float | None = None
    age_years: float | None = None
    bag_type_h: float | None = None
    preservative: bool | None = None
    label_region: LabelRegion | None = None
    benzyl_min_weight_kg: float | None = None
    cranial_rt_history: bool | None = None
    b_cell_recovered: bool | None = None
    alt_x_uln: float | None = None
    """This, and the values below: None once they are stale (section 0: labs 24 h)."""
    ast_x_uln: float | None = None
    potassium_mmol_l: float | None = None
    magnesium_mmol_l: float | None = None
    qtc_ms: float | None = None


NO_FACTS = InteractionFacts()
