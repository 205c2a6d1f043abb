"""The named clinical stories, one file each."""

from blinwatch.simulate.stories import (
    child_on_oxygen,
    crs_grade_3_masked,
    crs_grade_4,
    cumulative_gaps,
    early_step,
    flush_at_bag_change,
    late_and_duplicated,
    masked_first_fever,
    missing_premedication,
    monitor_silent,
    occlusion,
    pump_lost,
    sensor_off,
    uneventful,
    wrong_rate,
)
from blinwatch.simulate.storytelling import Story

_IN_ORDER = (
    crs_grade_3_masked.STORY,
    occlusion.STORY,
    uneventful.STORY,
    crs_grade_4.STORY,
    flush_at_bag_change.STORY,
    child_on_oxygen.STORY,
    masked_first_fever.STORY,
    wrong_rate.STORY,
    early_step.STORY,
    pump_lost.STORY,
    sensor_off.STORY,
    late_and_duplicated.STORY,
    cumulative_gaps.STORY,
    missing_premedication.STORY,
    monitor_silent.STORY,
)
"""In the order in which a mixed ward is filled: a ward of any size shows something of everything."""

STORIES: dict[str, Story] = {story.name: story for story in _IN_ORDER}
