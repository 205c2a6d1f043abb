"""AE-PANC: pancreatitis.

Definition:  lipase or amylase at least 3 x ULN, with abdominal pain or imaging: suspected (DM-14); the enzyme alone
             alerts.
Source:      label warning [K]; rule reference section F.
Inputs:      lipase, amylase, abdominal pain and imaging as charted.
Caveats:     - one enzyme that is raised is enough; the other one missing then changes nothing.
             - imaging that shows pancreatitis while no enzyme is known is suspected pancreatitis, INCOMPLETE [C].
             - pain that nobody asked about is not "no pain": the enzyme alone is then INCOMPLETE.
"""

from blinwatch.core.adverse_events.verdict import EventVerdict, Part, flags_of, lab_part, missing_words
from blinwatch.core.infusion.verdict import plain
from blinwatch.core.labs.lab_result import LabResult, reaches
from blinwatch.core.labs.lab_view import LabView

RULE_ID = "AE-PANC"
_ENZYMES = ("lipase", "amylase")


def judge_pancreatitis(labs: LabView, *, pain: bool | None, imaging: bool | None) -> EventVerdict:
    """Pancreatic enzymes and the signs beside them."""
    fold = labs.rulebook.adverse_events.pancreas_uln_from
    parts: list[Part] = []
    because: list[str] = []
    missing: list[str] = []
    results: list[LabResult] = []
    raised, assumed = False, False
    for analyte in _ENZYMES:
        found = labs.uln_fold(analyte)
        high = None if found is None else reaches(found.result, fold * found.uln.limit)
        if high is None:
            missing.append(labs.name(analyte))
        if found is not None:
            results.append(found.result)
            assumed = assumed or found.uln.assumed
            parts.append(lab_part(labs.name(analyte), found.result, labs.unit(analyte)))
        if high and found is not None:
            raised = True
            because.append(f"{labs.name(analyte)} {found.text} ({RULE_ID})")
    unknown_enzymes = len(missing) == len(_ENZYMES)
    suspected = (raised and (pain is True or imaging is True)) or (unknown_enzymes and imaging is True)
    if raised:
        missing = []
        if not suspected:
            asked = (("abdominal pain (yes or no)", pain), ("imaging of the pancreas", imaging))
            missing = [name for name, sign in asked if sign is None]
    if suspected:
        signs = [name for name, sign in (("abdominal pain", pain), ("imaging", imaging)) if sign]
        because.append(
            f"{' and '.join(signs)}: pancreatitis suspected, the infusion may need to be interrupted (DM-14)"
        )
    if missing:
        because.append(missing_words(missing, RULE_ID))
    code, level = _code(missing, raised=raised, suspected=suspected)
    return EventVerdict(
        code=code,
        rule_id=RULE_ID,
        holds=level > 0,
        level=level,
        parts=tuple(parts),
        flags=flags_of(missing=missing, results=results, uln_assumed=assumed),
        because=tuple(because) or (f"lipase and amylase are below {plain(fold)} x ULN ({RULE_ID})",),
        missing=tuple(missing),
        threshold=f"lipase or amylase >= {plain(fold)} x ULN",
    )


def _code(missing: list[str], *, raised: bool, suspected: bool) -> tuple[str, int]:
    if suspected:
        return "PANCREATITIS_SUSPECTED", 2
    if raised:
        return "PANCREATIC_ENZYMES", 1
    return ("PANCREATITIS_NOT_EVALUABLE", 0) if missing else ("PANCREATITIS_NONE", 0)
