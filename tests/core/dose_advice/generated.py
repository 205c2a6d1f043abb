"""Reactions as anybody might chart them: every field or none, on and around the limits of section D."""

from hypothesis import strategies as st

from blinwatch.core.findings import ReactionFindings

GRADES = st.none() | st.integers(0, 5)
FLAGS = st.none() | st.booleans()


def hours(*limits: float) -> st.SearchStrategy[float | None]:
    """Nothing, a limit, a hair beside it, or any length."""
    edges = [edge for limit in limits for edge in (limit - 0.001, limit, limit + 0.001)]
    return st.none() | st.sampled_from(edges) | st.floats(0, 1000)


REACTIONS = st.builds(
    ReactionFindings,
    reaction=st.sampled_from(
        ["crs", "neuro", "seizure", "liver", "other", "pancreatitis", "tls_clinical", "neutropenia", "technical"]
    )
    | st.none(),
    weight_kg=st.none() | st.sampled_from([3.0, 44.9, 45.0, 70.0]),
    grade=GRADES,
    episode_grade=GRADES,
    current_grade=GRADES,
    onset_dose_level=st.sampled_from([None, "low", "full"]),
    hours_since_onset=hours(168, 336),
    hours_to_le_g1=hours(168, 336),
    hours_at_le_g1=hours(72),
    interruption_h=hours(4, 168),
    hours_since_restart=hours(168),
    crs_status=st.sampled_from([None, "CRS_OPEN", "CRS_RESOLVED", "CRS_NONE"]),
    recurrence=FLAGS,
    seizure_count=st.none() | st.integers(0, 3),
    alt_x_uln=hours(3, 5, 20),
    ast_x_uln=hours(3, 5, 20),
    bili_x_uln=hours(1.5, 3, 10),
    anc=st.none() | st.sampled_from([0.49, 0.5, 1.0]),
    anc_low_days=st.none() | st.sampled_from([6.9, 7.0, 8.0]),
    age_years=st.none() | st.sampled_from([0.5, 17.9, 18.0, 60.0]),
    label_region=st.sampled_from([None, "US", "EU"]),
)
