"""The named clinical stories, one file each."""

from blinwatch.simulate.stories import (
    child_on_oxygen,
    crs_grade_3_masked,
    crs_grade_4,
    cumulative_gaps,
    early_step,
    fever_and_liver,
    flush_at_bag_change,
    icans_grade_3,
    late_and_duplicated,
    masked_first_fever,
    missing_premedication,
    monitor_silent,
    occlusion,
    pump_lost,
    rising_risk,
    seizure_in_a_child,
    sensor_off,
    tumour_lysis,
    uneventful,
    warfarin_in_the_first_days,
    wrong_rate,
)
from blinwatch.simulate.storytelling import Story

_IN_ORDER = (
    crs_grade_3_masked.STORY,
    icans_grade_3.STORY,
    warfarin_in_the_first_days.STORY,
    occlusion.STORY,
    uneventful.STORY,
    fever_and_liver.STORY,
    crs_grade_4.STORY,
    flush_at_bag_change.STORY,
    child_on_oxygen.STORY,
    seizure_in_a_child.STORY,
    masked_first_fever.STORY,
    wrong_rate.STORY,
    early_step.STORY,
    pump_lost.STORY,
    tumour_lysis.STORY,
    sensor_off.STORY,
    late_and_duplicated.STORY,
    cumulative_gaps.STORY,
    missing_premedication.STORY,
    monitor_silent.STORY,
    rising_risk.STORY,
)
"""In the order in which a mixed ward is filled: a ward of any size shows something of everything."""

STORIES: dict[str, Story] = {story.name: story for story in _IN_ORDER}
