"""INF-20: the days on which the infusion belongs into hospital or under supervision.

What:      an alert when the patient is at home (or only supervised) on days that ask for more.
Source:    rule reference A3 (INF-20), essentials in A5.
Inputs:    location, phase, cycle, cycle_day, label_region; a closed gap of 4 h or more with hours_since_restart.
Caveats:   no location = not judged. Hours since the restart unknown = within the first 24 h. A charted restart
           (`context`) counts as one after 4 h or more unless the gap is known to be shorter, because premedication asks
           for that one only.
"""

from blinwatch.clinical.infusion_rules import InfusionRules, SettingWindow
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.bag_rate import region_of
from blinwatch.core.infusion.interruption import closed_long_gap_min, gap_is_known_short
from blinwatch.core.infusion.verdict import (
    ASKED,
    InfusionFinding,
    RuleResult,
    found,
    known,
    listed,
    plain,
    reaches,
)


def judge_setting(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_SETTING_ALERT; not asked without a location."""
    place = findings.location
    if place is None:
        return None
    if place == "inpatient":
        return ASKED
    if place not in rules.restart_watch_places and _restarted_recently(findings, rules):
        reason = f"within {plain(rules.restart_watch_h)} h of a restart after 4 h or more"
        return found(_alert(findings, reason, rules.restart_watch_places))
    missing = tuple(
        words
        for words, value in (
            ("phase", findings.phase),
            ("cycle", findings.cycle),
            ("cycle day", findings.cycle_day),
        )
        if value is None
    )
    if findings.cycle is None or findings.cycle_day is None or missing:
        return RuleResult(missing=missing)
    window = _window(findings, findings.cycle, findings.cycle_day, rules)
    if window is None or place in window.places:
        return ASKED
    reason = f"on day {findings.cycle_day} of cycle {findings.cycle} (watched to day {window.last_day})"
    return found(_alert(findings, reason, window.places))


def _restarted_recently(findings: InfusionFindings, rules: InfusionRules) -> bool:
    charted_restart = findings.context == "restart" and not gap_is_known_short(findings, rules)
    if closed_long_gap_min(findings, rules) is None and not charted_restart:
        return False
    since_h = findings.hours_since_restart
    return since_h is None or reaches(rules.restart_watch_h, since_h)


def _window(findings: InfusionFindings, cycle: int, day: int, rules: InfusionRules) -> SettingWindow | None:
    """The first window that holds on this cycle day; the file lists wider ones first."""
    region = region_of(findings, rules)
    for window in rules.setting_windows:
        in_cycle = window.from_cycle <= cycle and (window.to_cycle is None or cycle <= window.to_cycle)
        if in_cycle and findings.phase in window.phases and region in window.regions and 1 <= day <= window.last_day:
            return window
    return None


def _alert(findings: InfusionFindings, reason: str, places: tuple[str, ...]) -> InfusionFinding:
    return InfusionFinding(
        code="INF_SETTING_ALERT",
        rule_id="INF-20",
        because=f"the patient is charted as {findings.location} {reason}; asked for: {' or '.join(places)}",
        threshold=listed(places),
        evidence=(
            known("location", findings.location),
            known("cycle_day", findings.cycle_day),
            known("cycle", findings.cycle),
            known("phase", findings.phase),
        ),
    )
